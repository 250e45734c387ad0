"""Pictures of the dialogs that change a bucket, small and large; `pytest --snapshot-update` takes them again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from tests.ui.dialogs import changing as world
from tests.ui.dialogs.host import Host
from tests.ui.dialogs.scripted import HOLD, ScriptedEngine
from tests.ui.dialogs.world import BOOK, ORDER
from tests.ui.pressing import press
from tests.waiting import until
from tui.model.location import Location
from tui.protocol.messages.inspecting import Inspect
from tui.protocol.messages.transfers import DryRun, PlanCopy, PlanDelete
from tui.protocol.messages.uploads import ListUploads, UploadsFound
from tui.ui.orders.delete import DeleteScreen
from tui.ui.orders.dry_run import DryRunScreen
from tui.ui.orders.new_place import NewBucketScreen, NewPrefixScreen, RenameScreen
from tui.ui.orders.route_card import RouteCardScreen
from tui.ui.orders.uploads import UploadsScreen

SIZES = [(80, 24), (200, 50)]


def clock() -> float:
    return world.NOW


def move() -> Host:
    engine = ScriptedEngine(feeds={PlanCopy: [world.MOVE_CARD]})
    return Host(dialog=RouteCardScreen(engine, world.MOVE, BOOK, clock=clock))


def delete(*tallies: Any, order: Any = world.MANY) -> Host:
    engine = ScriptedEngine(feeds={PlanDelete: tallies, Inspect: [world.VERSION]})
    return Host(dialog=DeleteScreen(engine, order, world.WHO))


def dry_run() -> Host:
    return Host(dialog=DryRunScreen(ScriptedEngine(feeds={DryRun: world.PLAN}), ORDER))


def uploads(found: UploadsFound) -> Host:
    engine = ScriptedEngine(feeds={ListUploads: [found]})
    return Host(dialog=UploadsScreen(engine, "a", Location("media"), clock))


Scene = tuple[Callable[[], Host], tuple[str, ...]]

SCENES: dict[str, Scene] = {
    "move": (move, ()),
    "options": (move, ("o", *"*.mov", "tab", *"*.tmp", "tab", *"7d")),
    "options that are wrong": (move, ("o", "tab", "tab", *"7 days")),
    "options put away": (move, ("o", *"*.mov", "enter")),
    "dry run": (dry_run, ()),
    "dry run of one kind": (dry_run, ("f", "f")),
    "delete many": (lambda: delete(world.COUNTED), (*"80,00",)),
    "delete while counting": (lambda: delete(world.COUNTING, HOLD), ()),
    "delete a few": (lambda: delete(world.HANDFUL, order=world.FEW), ()),
    "new bucket": (lambda: Host(dialog=NewBucketScreen("ap-northeast-1", "media-prod")), (*"Media",)),
    "new prefix": (lambda: Host(dialog=NewPrefixScreen(world.MEDIA)), (*"2027/raw",)),
    "rename": (lambda: Host(dialog=RenameScreen(world.MEDIA.child("[b]x\x1b.mp4"))), ()),
    "uploads": (lambda: uploads(world.UPLOADS), ("space",)),
    "no upload": (lambda: uploads(UploadsFound([], complete=True)), ()),
}


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", SCENES)
def test_it_looks_as_it_should(snap_compare: Any, name: str, size: tuple[int, int]) -> None:
    make, keys = SCENES[name]

    async def arrange(pilot: Pilot[None]) -> None:
        await pilot.pause()
        await pilot.pause()
        screen = pilot.app.screen
        for line in screen.query(Input):
            line.cursor_blink = False
        await press(pilot, *keys)
        if isinstance(screen, RouteCardScreen):
            await until(lambda: not screen.planning.is_due, "it is planned again")
        await pilot.pause()

    assert snap_compare(make(), terminal_size=size, run_before=arrange)
