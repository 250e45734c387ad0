"""What the engine answers, one module a subject: functions of the rooms and a request, by type of request."""

from __future__ import annotations

from importlib import import_module

from tui.engine.answers import (
    access,
    archive,
    batch,
    batch_roles,
    changes,
    comparing,
    content,
    finding,
    inspecting,
    links,
    network,
    ownership,
    planning,
    removal,
    streaming,
    verifying,
    versions,
    workers,
)
from tui.engine.rooms import Answers, Feeds

ANSWERS: Answers = {
    **inspecting.ANSWERS,
    **network.ANSWERS,
    **changes.ANSWERS,
    **comparing.ANSWERS,
    **content.ANSWERS,
    **streaming.ANSWERS,
    **access.ANSWERS,
    **batch_roles.ANSWERS,
    **ownership.ANSWERS,
    **planning.ANSWERS,
    **verifying.ANSWERS,
    **versions.ANSWERS,
    **links.ANSWERS,
    **batch.ANSWERS,
    **workers.ANSWERS,
}
"""What answers a request once."""

FEEDS: Feeds = {
    **inspecting.FEEDS,
    **changes.FEEDS,
    **comparing.FEEDS,
    **content.FEEDS,
    **streaming.FEEDS,
    **access.FEEDS,
    **ownership.FEEDS,
    **verifying.FEEDS,
    **versions.FEEDS,
    **planning.FEEDS,
    **finding.FEEDS,
    **archive.FEEDS,
    **removal.FEEDS,
    **batch.FEEDS,
}
"""What answers a feed."""


ROOMS = ("tui.inspection.inspect",)
"""What is imported only when it is asked for, so that the engine starts fast."""


def import_rooms() -> None:
    """Import them now, while nobody waits for it."""
    for room in ROOMS:
        import_module(room)
