"""The engine's handlers for all messages."""

from __future__ import annotations

import os
from importlib import import_module

from tui import __version__
from tui.answering.handlers import Handlers
from tui.answering.rooms import Rooms
from tui.engine import job_answers, order_answers
from tui.features.access import engine as access_engine
from tui.features.accounts import engine as accounts_engine
from tui.features.archive import engine as archive_engine
from tui.features.buckets import engine as buckets_engine
from tui.features.cluster import engine as cluster_engine
from tui.features.content import engine as content_engine
from tui.features.edit_documents import engine as edit_documents_engine
from tui.features.endpoint import engine as endpoint_engine
from tui.features.find import engine as find_engine
from tui.features.inspect import engine as inspect_engine
from tui.features.links import engine as links_engine
from tui.features.repair import engine as repair_engine
from tui.features.sync import engine as sync_engine
from tui.features.uploads import engine as uploads_engine
from tui.features.verify import engine as verify_engine
from tui.features.versions import engine as versions_engine
from tui.link.request import PROTOCOL_VERSION, Done, Hello, Stay, Welcome

GREETING = Handlers()


@GREETING.request(Hello)
async def hello(rooms: Rooms, _request: Hello) -> Welcome:
    unfinished = rooms.queue.unfinished if rooms.queue else 0
    return Welcome(version=PROTOCOL_VERSION, pid=os.getpid(), program=__version__, unfinished=unfinished)


@GREETING.request(Stay)
async def stay(rooms: Rooms, request: Stay) -> Done:
    rooms.staying.stay(request.seconds)
    return Done()


HANDLERS = Handlers(
    {
        access_engine.HANDLERS,
        archive_engine.HANDLERS,
        job_answers.HANDLERS,
        edit_documents_engine.HANDLERS,
        cluster_engine.HANDLERS,
        sync_engine.HANDLERS,
        content_engine.HANDLERS,
        find_engine.HANDLERS,
        GREETING,
        accounts_engine.HANDLERS,
        inspect_engine.HANDLERS,
        links_engine.HANDLERS,
        endpoint_engine.HANDLERS,
        repair_engine.HANDLERS,
        buckets_engine.HANDLERS,
        uploads_engine.HANDLERS,
        order_answers.HANDLERS,
        verify_engine.HANDLERS,
        versions_engine.HANDLERS,
    }
)
ROOMS = ("tui.features.inspect.inspection",)
"""Modules imported late, so that the engine starts fast."""


def import_rooms() -> None:
    """Import them before they are needed."""
    for room in ROOMS:
        import_module(room)
