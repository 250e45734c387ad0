"""The requests of the protocol and the type of each answer, one module a subject.

A `Request[A]` is answered once with an ``A``; a `Feed[A]` is answered with any number of them until it ends or is
stopped. Both may fail with a `Problem` instead.
"""

from __future__ import annotations

from tui.protocol.messages import (
    access,
    archive,
    changes,
    greeting,
    identities,
    inspecting,
    links,
    network,
    ownership,
    places,
    transfers,
    uploads,
    versions,
)

AnyRequest = (
    greeting.Requests
    | identities.Requests
    | places.Requests
    | inspecting.Requests
    | changes.Requests
    | access.Requests
    | network.Requests
    | uploads.Requests
    | transfers.Requests
    | ownership.Requests
    | versions.Requests
    | links.Requests
    | archive.Requests
)
"""Every request that a client may send."""
