"""The engine's handlers for all messages."""

from __future__ import annotations

import os
from importlib import import_module

from tui import __version__
from tui.answering.handlers import Handlers
from tui.answering.rooms import Rooms
from tui.engine import job_answers, order_answers
from tui.link.engine_paths import environment_mark
from tui.link.request import PROTOCOL_VERSION, Done, Hello, Stay, Welcome

GREETING = Handlers()


@GREETING.request(Hello)
async def hello(rooms: Rooms, _request: Hello) -> Welcome:
    return Welcome(
        version=PROTOCOL_VERSION,
        pid=os.getpid(),
        program=__version__,
        unfinished=rooms.queue.unfinished if rooms.queue else 0,
        idle=len(rooms.clients) == 1 and not rooms.needed,
        environment=environment_mark(os.environ),
    )


@GREETING.request(Stay)
async def stay(rooms: Rooms, request: Stay) -> Done:
    rooms.staying.stay(request.seconds)
    return Done()


_FEATURES = (
    "access accounts archive buckets cluster content edit_documents endpoint find inspect links "
    "repair sync uploads verify versions"
)
"""The features with an `engine.py`."""

_OF_FEATURES = [import_module(f"tui.features.{each}.engine").HANDLERS for each in _FEATURES.split()]
HANDLERS = Handlers([GREETING, job_answers.HANDLERS, order_answers.HANDLERS, *_OF_FEATURES])

ROOMS = ("tui.features.inspect.inspection", "tui.policies.evaluation.explain", "tui.stores.http.http_client")
"""Modules imported late, so that the engine starts fast."""


def import_rooms() -> None:
    """Import them before they are needed."""
    for room in ROOMS:
        import_module(room)
