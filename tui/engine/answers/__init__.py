"""What the engine answers: `tui.engine.answers.links` what `tui.protocol.messages.links` asks, and so on."""

from __future__ import annotations

from importlib import import_module

from tui.engine.answers import (
    access,
    batch,
    changes,
    comparing,
    content,
    finding,
    greeting,
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
from tui.engine.handlers import Handlers

_SUBJECTS = (
    *(access, batch, changes, comparing, content, finding, greeting, identities, inspecting),
    *(links, network, ownership, places, streaming, transfers, uploads, verifying, versions),
)

HANDLERS = Handlers(each.HANDLERS for each in _SUBJECTS)
"""What answers every message."""

ROOMS = ("tui.inspection.inspect",)
"""What is imported only when it is asked for, so that the engine starts fast."""


def import_rooms() -> None:
    """Import them now, while nobody waits for it."""
    for room in ROOMS:
        import_module(room)
