"""The requests of the protocol and the type of each answer, one module a subject.

A `Request[A]` is answered once with an ``A``; a `Feed[A]` is answered with any number of them until it ends or is
stopped. Both may fail with a `Problem` instead.
"""

from __future__ import annotations

from tui.link import request
from tui.protocol.messages import (
    access,
    archive,
    batch,
    changes,
    comparing,
    content,
    finding,
    identities,
    inspecting,
    links,
    network,
    ownership,
    places,
    streaming,
    transfers,
    uploads,
    verifying,
    versions,
)

AnyRequest = (
    request.Requests
    | identities.Requests
    | places.Requests
    | inspecting.Requests
    | changes.Requests
    | comparing.Requests
    | content.Requests
    | streaming.Requests
    | access.Requests
    | network.Requests
    | uploads.Requests
    | transfers.Requests
    | ownership.Requests
    | finding.Requests
    | verifying.Requests
    | versions.Requests
    | links.Requests
    | archive.Requests
    | batch.Requests
)
"""Every request that a client may send."""
