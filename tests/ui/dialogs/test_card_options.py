"""The rarer choices of the route card, and the dry run that leads back to it."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot
from textual.widgets import Button, Input, OptionList

from tests.ui.dialogs import changing as world
from tests.ui.dialogs.host import Host, screen_text, text_of
from tests.ui.dialogs.scripted import HOLD, ScriptedEngine
from tests.ui.dialogs.world import ORDER
from tests.ui.pressing import press
from tests.waiting import until
from tui.model.orders import AclChoice, ConflictPolicy, CopyOrder
from tui.model.plan import PlannedAction
from tui.model.problem import Problem, ProblemKind
from tui.protocol.messages.transfers import DryRun, PlanCopy
from tui.ui.orders import planning
from tui.ui.orders.card_choices import CardMemory
from tui.ui.orders.copy_form import CopyForm
from tui.ui.orders.dry_run import MAX_ROWS, ActionCounts, DryRunScreen
from tui.ui.orders.route_card import RouteCardScreen

SMALL = (80, 24)


def script() -> ScriptedEngine:
    return ScriptedEngine(feeds={PlanCopy: [world.MOVE_CARD], DryRun: world.PLAN})


def card(engine: ScriptedEngine, memory: CardMemory | None = None, order: CopyOrder = ORDER) -> Host:
    return Host(dialog=RouteCardScreen(engine, order, memory=memory, clock=lambda: world.NOW))


async def ready(pilot: Pilot[None]) -> None:
    await until(lambda: "11,830 objects" in screen_text(pilot.app), "all is counted")


async def test_a_move_is_titled_so_and_says_when_the_source_goes() -> None:
    app = card(script(), order=world.MOVE)
    async with app.run_test(size=SMALL) as pilot:
        await ready(pilot)
        shown = " ".join(screen_text(app).split())
        assert "Move 11,830 objects" in shown
        assert "deleted after its copy is verified" in shown
        assert "Move enter" in shown
        await press(pilot, "enter")
        await until(lambda: app.answers == [world.MOVE], "the dialog answers")


async def test_a_label_and_its_choice_are_kept_apart() -> None:
    app = card(script())
    async with app.run_test(size=SMALL) as pilot:
        await ready(pilot)
        await press(pilot, "o")
        await until(lambda: "archived (•)" in screen_text(app), "the tiers are shown")


async def test_all_six_answers_to_what_exists_can_be_taken() -> None:
    app = card(script())
    async with app.run_test(size=SMALL) as pilot:
        await ready(pilot)
        assert "3 of 11,830 exist at the target" in screen_text(app)
        for policy in ("ask", "skip", "overwrite", "newer", "different", "rename"):
            assert f"(•) {policy}" in screen_text(app)
            await press(pilot, "e")
            await pilot.pause()
        assert "(•) ask" in screen_text(app)


async def test_a_filter_is_planned_again_and_enter_in_its_line_does_not_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "TYPING_SECONDS", 2.0)  # a loaded machine may take half a second for a key
    engine = script()
    app = card(engine)
    async with app.run_test(size=SMALL) as pilot:
        await ready(pilot)
        await press(pilot, "o", *"*.mov")
        await until(lambda: len(engine.asked) == 2, "it is planned again, once after the typing")
        assert engine.asked[1].order.selection.filters.include == ["*.mov"]
        await press(pilot, "enter")
        await pilot.pause()
        assert app.answers == []
        assert not app.screen.query_one(CopyForm).display
        assert "▸ include *.mov" in screen_text(app)
        await press(pilot, "enter")
        await until(lambda: bool(app.answers), "the dialog answers")
    assert app.answers[0].selection.filters.include == ["*.mov"]


async def test_what_is_wrong_stays_in_sight_when_folded_and_escape_still_leads_out() -> None:
    app = card(script())
    async with app.run_test(size=SMALL) as pilot:
        await ready(pilot)
        await press(pilot, "o", "tab", "tab", *"soon", "escape")
        await pilot.pause()
        assert not app.screen.query_one(CopyForm).display
        assert "▸ ✗ 'soon' is not a time" in screen_text(app)
        await press(pilot, "e")
        await pilot.pause()
        assert "(•) skip" in screen_text(app)
        assert app.screen.query_one("#newer", Input).value == "soon"
        await press(pilot, "escape")
        await until(lambda: app.answers == [None], "the dialog is left")


async def test_a_wrong_choice_is_shown_and_blocks_the_copy() -> None:
    engine = script()
    app = card(engine)
    async with app.run_test(size=SMALL) as pilot:
        await ready(pilot)
        await press(pilot, "o", "tab", "tab", *"soon")
        await pilot.pause()
        assert "'soon' is not a time" in screen_text(app)
        assert app.screen.query_one("#copy", Button).disabled
        await press(pilot, "enter")
        await pilot.pause()
        assert app.screen.query_one(CopyForm).display
        await press(pilot, *["backspace"] * 4)
        await pilot.pause()
        assert not app.screen.query_one("#copy", Button).disabled
        assert app.answers == []


async def test_a_path_is_typed_letter_by_letter_also_that_of_another_users_home() -> None:
    app = card(script())
    async with app.run_test(size=SMALL) as pilot:
        await ready(pilot)
        await press(pilot, "o")
        app.screen.query_one("#receipt", Input).focus()
        await press(pilot, *"~x")
        await until(lambda: "'~x' is not a path" in screen_text(app), "it is said")
        await press(pilot, "backspace", "/")
        await until(lambda: "is a directory" in screen_text(app), "the next letters are understood")


async def test_escape_puts_the_options_away_before_it_leaves_the_card() -> None:
    app = card(script())
    async with app.run_test(size=SMALL) as pilot:
        await ready(pilot)
        await press(pilot, "o", "escape")
        await pilot.pause()
        assert not app.screen.query_one(CopyForm).display
        await press(pilot, "escape")
        await until(lambda: app.answers == [None], "the card is left")


async def test_the_mouse_unfolds_and_takes_acl_class_and_encryption() -> None:
    engine = script()
    app = card(engine)
    async with app.run_test(size=SMALL) as pilot:
        await ready(pilot)
        await pilot.click("#options")
        await pilot.pause()
        await pilot.click("#acl", offset=(5, 0))
        await pilot.click("#acl", offset=(5, 0))
        await pilot.click("#acl", offset=(5, 0))
        await pilot.click("#class", offset=(0, 0))
        await pilot.click("#encryption", offset=(0, 0))
        await pilot.pause()
        app.screen.query_one("#kms_key", Input).focus()
        await press(pilot, *"alias/x", "enter")
        await until(lambda: engine.asked[-1].order.options.kms_key == "alias/x", "it is planned with all that")
        await press(pilot, "enter")
        await until(lambda: bool(app.answers), "the dialog answers")
    options = app.answers[0].options
    assert (options.acl, options.storage_class) == (AclChoice.PRIVATE, "DEEP_ARCHIVE")
    assert (options.encryption, options.kms_key) == ("aws:kms", "alias/x")


async def test_the_next_card_between_the_same_accounts_begins_with_the_last_filters_and_asks_about_conflicts() -> None:
    memory = CardMemory()
    first = card(script(), memory)
    async with first.run_test(size=SMALL) as pilot:
        await ready(pilot)
        await press(pilot, "e", "o", *"*.mov", "enter", "enter")
        await until(lambda: bool(first.answers), "the first card is confirmed")
    engine = script()
    second = card(engine, memory)
    async with second.run_test(size=SMALL) as pilot:
        await ready(pilot)
        assert "filter   include *.mov" in screen_text(second)
        assert engine.asked[0].order.selection.filters.include == ["*.mov"]
        assert first.answers[0].options.conflict is ConflictPolicy.SKIP
        assert engine.asked[0].order.options.conflict is ConflictPolicy.ASK


async def test_the_dry_run_says_what_would_happen_and_can_be_done_from_there() -> None:
    engine = script()
    app = card(engine)
    async with app.run_test(size=SMALL) as pilot:
        await ready(pilot)
        await press(pilot, "d")
        await until(lambda: "refuse 1" in screen_text(app), "the plan is shown")
        assert engine.asked[-1] == DryRun(ORDER)
        shown = screen_text(app)
        assert "raw/[b]x␛[31m.mov" in shown
        await press(pilot, *["down"] * 5)
        await until(lambda: "refuse: in GLACIER: restore it first" in screen_text(app), "the whole reason is shown")
        await press(pilot, "c")
        await until(lambda: app.answers == [ORDER], "it is done")


async def test_escape_leads_from_the_dry_run_back_to_the_card() -> None:
    app = card(script())
    async with app.run_test(size=SMALL) as pilot:
        await ready(pilot)
        await press(pilot, "d")
        await until(lambda: isinstance(app.screen, DryRunScreen), "the dry run is shown")
        await press(pilot, "escape")
        await until(lambda: isinstance(app.screen, RouteCardScreen), "the card is back")
        assert app.answers == []


async def test_a_kind_of_action_can_be_shown_alone_by_key_and_mouse() -> None:
    app = Host(dialog=DryRunScreen(ScriptedEngine(feeds={DryRun: world.PLAN}), ORDER))
    async with app.run_test(size=SMALL) as pilot:
        rows = app.screen.query_one(OptionList)
        await until(lambda: rows.option_count == len(world.PLAN), "all is listed")
        await press(pilot, "f", "f")
        await pilot.pause()
        assert rows.option_count == 1
        assert "▸overwrite 1" in text_of(app.screen.query_one(ActionCounts))
        await pilot.click(ActionCounts, offset=(2, 0))
        await until(lambda: rows.option_count == len(world.PLAN), "all is shown again")


async def test_the_few_that_matter_are_kept_however_many_others_there_are() -> None:
    copies = [world.PLAN[0]] * (MAX_ROWS + 7)
    app = Host(dialog=DryRunScreen(ScriptedEngine(feeds={DryRun: [*copies, world.PLAN[5]]}), ORDER))
    async with app.run_test(size=SMALL) as pilot:
        await until(lambda: "and 7 more" in screen_text(app), "the rest is a number")
        assert "copy 2,007" in screen_text(app)
        await press(pilot, "F")
        await pilot.pause()
        assert "archive/2019.tar" in screen_text(app)
        assert world.PLAN[5].action is PlannedAction.REFUSE


async def test_a_dry_run_that_fails_keeps_what_it_found() -> None:
    refusal = Problem(ProblemKind.DENIED, "access denied: s3:ListBucket")
    app = Host(dialog=DryRunScreen(ScriptedEngine(feeds={DryRun: [world.PLAN[0], refusal]}), ORDER))
    async with app.run_test(size=SMALL):
        await until(lambda: "✗ access denied: s3:ListBucket" in screen_text(app), "the refusal is said")
        assert "raw/take-01.mov" in screen_text(app)


async def test_a_dry_run_that_is_left_stops_looking() -> None:
    engine = ScriptedEngine(feeds={DryRun: [world.PLAN[0], HOLD]})
    app = Host(dialog=DryRunScreen(engine, ORDER))
    async with app.run_test(size=SMALL) as pilot:
        await until(lambda: "copy 1" in screen_text(app), "one is planned")
        await press(pilot, "escape")
        await until(lambda: engine.closed == [DryRun(ORDER)], "the feed is closed")
