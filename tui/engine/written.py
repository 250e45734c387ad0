"""What is written without a transfer, noted as one that has ended: undo takes it back."""

from __future__ import annotations

import time
from contextlib import suppress

from tui.core.location import Location
from tui.core.orders import Selection, WriteOrder
from tui.core.problem import ProblemError
from tui.core.transfer import ObjectResult, Outcome
from tui.core.versions import NULL_VERSION
from tui.engine.rooms import Rooms


async def note_written(rooms: Rooms, connection: str, location: Location, version: str, size: int, etag: str) -> str:
    """The id of the transfer that undo takes back; empty: no version was kept, or it cannot be noted."""
    if version in ("", NULL_VERSION) or rooms.queue is None:
        return ""
    now = time.time()
    done = ObjectResult(
        transfer="",
        source=location.uri,
        target="",
        outcome=Outcome.WRITTEN,
        size=size,
        etag=etag,
        made=version,
        began=now,
        ended=now,
    )
    order = WriteOrder(Selection(connection, location.parent, keys=[location.key]))
    with suppress(ProblemError):  # the object is written: that this cannot be noted is no failure of it
        return await rooms.queue.submit(order, done=done)
    return ""
