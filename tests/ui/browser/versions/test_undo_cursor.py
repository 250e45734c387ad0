"""The list of what can be undone: the cursor stays on its transfer while the objects of others arrive."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

from msgspec.structs import replace

from tests.ui.dialogs.host import Host, screen_text
from tests.ui.dialogs.scripted import ScriptedEngine
from tests.ui.dialogs.transfers.world import RUNNING
from tests.ui.pressing import press
from tests.waiting import until
from tui.model.location import Location
from tui.model.orders import RevertOrder, Selection
from tui.model.plan import PlannedAction, PlannedObject
from tui.model.versions.undo import UndoEntry
from tui.protocol.messages.transfers import DryRun
from tui.protocol.messages.versions import ListUndo
from tui.ui.versions.undo_screen import UndoScreen


def entry(name: str) -> UndoEntry:
    order = RevertOrder(Selection("c", Location("b"), prefixes=[""]), name)
    return UndoEntry(replace(RUNNING, id=name, source=f"s3://{name}/"), order, objects=3, possible=3)


FIRST, SECOND = entry("first"), entry("second")


class SlowEngine(ScriptedEngine):
    """Says what is in a transfer when it may."""

    def __init__(self) -> None:
        objects = [PlannedObject(f"s3://first/{at}", "", PlannedAction.UNDO, why="goes") for at in range(3)]
        super().__init__(feeds={ListUndo: [FIRST, SECOND], DryRun: objects})
        self.may_tell = asyncio.Event()

    async def follow(self, feed: Any) -> AsyncGenerator[Any, None]:
        if isinstance(feed, DryRun):
            await self.may_tell.wait()
        async for answer in super().follow(feed):
            yield answer


async def test_the_cursor_stays_on_its_transfer() -> None:
    engine = SlowEngine()
    app = Host(dialog=UndoScreen(engine, lambda: 0.0))
    async with app.run_test(size=(100, 30)) as pilot:
        await until(lambda: "s3://second/" in screen_text(app), "both are listed")
        await press(pilot, "right", "down")
        engine.may_tell.set()
        await until(lambda: "s3://first/2" in screen_text(app), "the objects of the first are listed")
        await press(pilot, "enter")
        await until(lambda: bool(app.answers), "the dialog answers")
    assert app.answers == [SECOND.order]
