"""The deletion's dialog: no reflex confirms it."""

from __future__ import annotations

from typing import Any

import pytest
from textual.widgets import Button

from tests.ui.dialogs import changing as world
from tests.ui.dialogs.host import Host, screen_text
from tests.ui.dialogs.scripted import HOLD, ScriptedEngine
from tests.ui.pressing import press
from tests.waiting import until
from tui.model.orders import DeleteOrder
from tui.model.plan import Tally
from tui.model.problem import Problem, ProblemKind
from tui.protocol.messages.inspecting import Inspect
from tui.protocol.messages.transfers import DryRun, PlanDelete
from tui.ui.orders.delete import DeleteScreen
from tui.ui.orders.dry_run import DryRunScreen

SMALL = (80, 24)


def host(*tallies: Any, order: DeleteOrder = world.MANY) -> tuple[Host, ScriptedEngine]:
    engine = ScriptedEngine(feeds={PlanDelete: tallies, Inspect: [world.VERSION], DryRun: world.PLAN})
    return Host(dialog=DeleteScreen(engine, order, world.WHO)), engine


@pytest.mark.parametrize(
    "keys", [("enter",), ("f8", "enter"), ("d", "enter"), ("y", "enter"), ("space", "enter"), ("escape",)]
)
async def test_a_reflex_deletes_nothing(keys: tuple[str, ...]) -> None:
    app, _ = host(world.HANDFUL, order=world.FEW)
    async with app.run_test(size=SMALL) as pilot:
        await until(lambda: "Delete 2 objects" in screen_text(app), "they are counted")
        await press(pilot, *keys)
        await until(lambda: app.answers == [None], "the dialog is left")


async def test_a_few_are_deleted_by_the_button_beside() -> None:
    app, _ = host(world.HANDFUL, order=world.FEW)
    async with app.run_test(size=SMALL) as pilot:
        await until(lambda: "Delete 2 objects, 1.42 GiB" in screen_text(app), "they are counted")
        shown = screen_text(app)
        for words in ("intro.mp4", "[b]x␛.mp4", "media-prod", "111111111111", "role/deploy", "has versioning"):
            assert words in shown
        await until(lambda: "Press →, Enter to delete" in screen_text(app), "the count has ended")
        await press(pilot, "right", "enter")
        await until(lambda: app.answers == [world.FEW], "the dialog answers")


async def test_many_are_deleted_only_when_their_number_is_typed() -> None:
    app, _ = host(world.COUNTED)
    async with app.run_test(size=SMALL) as pilot:
        await until(lambda: "to confirm: 80,000" in screen_text(app), "the number is demanded")
        assert "and 37 more" in screen_text(app)
        await press(pilot, "enter", *"8000", "enter")
        await pilot.pause()
        assert "✗ '8000' is not 80,000" in screen_text(app)
        assert app.screen.query_one("#delete-now", Button).disabled
        assert app.answers == []
        await press(pilot, "0", "enter")
        await until(lambda: app.answers == [world.MANY], "the dialog answers")


async def test_while_it_is_counted_nothing_confirms_it() -> None:
    app, engine = host(world.COUNTING, HOLD)
    async with app.run_test(size=SMALL) as pilot:
        await until(lambda: "Delete 8,412 objects, 112 GiB…" in screen_text(app), "it counts")
        assert app.screen.query_one("#delete-now", Button).disabled
        await pilot.click("#stop")
        await until(lambda: PlanDelete(world.MANY) in engine.closed, "the count is stopped")
        await until(lambda: "type the word to confirm: everything" in screen_text(app), "a word is demanded")
        await press(pilot, *"8412", "enter")
        await pilot.pause()
        assert app.answers == []
        await press(pilot, *["backspace"] * 4, *"everything", "enter")
        await until(lambda: app.answers == [world.MANY], "the dialog answers")


async def test_nothing_there_is_nothing_to_delete() -> None:
    app, _ = host(Tally(complete=True))
    async with app.run_test(size=SMALL):
        await until(lambda: "nothing to delete" in screen_text(app), "it says so")
        assert app.screen.query_one("#delete-now", Button).disabled


async def test_a_count_that_is_refused_refuses_the_deletion() -> None:
    app, _ = host(Problem(ProblemKind.DENIED, "access denied: s3:ListBucket"))
    async with app.run_test(size=SMALL) as pilot:
        await until(lambda: "✗ access denied: s3:ListBucket" in screen_text(app), "the refusal is said")
        assert app.screen.query_one("#delete-now", Button).disabled
        await press(pilot, "enter")
        await until(lambda: app.answers == [None], "the dialog is left")


async def test_its_dry_run_shows_and_does_not_do() -> None:
    app, engine = host(world.COUNTED)
    async with app.run_test(size=SMALL) as pilot:
        await until(lambda: "80,000" in screen_text(app), "the number is known")
        await pilot.click("#dry-run")
        await until(lambda: isinstance(app.screen, DryRunScreen), "the dry run is shown")
        assert DryRun(world.MANY) in engine.asked
        await press(pilot, "c", "escape")
        await until(lambda: isinstance(app.screen, DeleteScreen), "the question is back")
    assert app.answers == []
