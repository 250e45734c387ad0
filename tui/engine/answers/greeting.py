"""The greeting, and how long the engine stays."""

from __future__ import annotations

import os

from tui import __version__
from tui.answering.handlers import Handlers
from tui.answering.rooms import Rooms
from tui.link.request import PROTOCOL_VERSION, Done, Hello, Stay, Welcome

HANDLERS = Handlers()


@HANDLERS.request(Hello)
async def hello(rooms: Rooms, _request: Hello) -> Welcome:
    """Greet a client."""
    unfinished = rooms.queue.unfinished if rooms.queue else 0
    return Welcome(version=PROTOCOL_VERSION, pid=os.getpid(), program=__version__, unfinished=unfinished)


@HANDLERS.request(Stay)
async def stay(rooms: Rooms, request: Stay) -> Done:
    """Live on for a while without clients."""
    rooms.staying.stay(request.seconds)
    return Done()
