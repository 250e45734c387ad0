"""One transfer in full: its results, its state, and its problems."""

from __future__ import annotations

import msgspec
from textual.widgets import OptionList

from tests.ui.dialogs.host import Host, screen_text
from tests.ui.dialogs.scripted import HOLD, ScriptedEngine
from tests.ui.dialogs.transfers.world import (
    ASKING,
    FAILED,
    RESULTS,
    WAITING,
)
from tests.ui.dialogs.watching import SMALL, WIDE, Watching, obedient
from tests.ui.pressing import press
from tests.waiting import until
from tui.model.problem import Problem, ProblemKind
from tui.model.transfer import ObjectResult, Outcome, TransferList, TransferState
from tui.protocol.messages.transfers import PauseTransfers, RetryTransfer, WatchResults
from tui.ui.inspector.problem import ProblemScreen
from tui.ui.transfers.transfer import TransferScreen


async def test_one_that_asks_is_decided_instead() -> None:
    app = Watching(ScriptedEngine(), TransferList([ASKING]))
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "enter")
        await until(lambda: bool(app.said), "it asks again")
    assert app.said[0].transfer == "5"


async def test_results_are_filtered_by_outcome_and_enter_explains_a_failed_one() -> None:
    engine = ScriptedEngine(feeds={WatchResults: [*RESULTS, HOLD]})
    app = Watching(engine, TransferList([FAILED]))
    async with app.run_test(size=(120, 30)) as pilot:
        await press(pilot, "enter")
        await until(lambda: isinstance(app.screen, TransferScreen), "the results open")
        results = app.screen.query_one(OptionList)
        await until(lambda: results.option_count == 3, "all results are there")
        await pilot.pause()
        shown = screen_text(app)
        for words in ("✓ one.bin  1.00 KiB", "same (CRC64NVME)", "owner bob", "tags were dropped"):
            assert words in shown
        assert "– [b]t␛wo  skipped" in shown
        await press(pilot, "f", "f")
        await until(lambda: results.option_count == 1, "only the skipped one is left")
        await until(lambda: "✓ one.bin" not in screen_text(app), "the others are gone")
        assert "– [b]t␛wo" in screen_text(app)
        await press(pilot, "f", "f", "f")
        await until(lambda: "✗ three" in screen_text(app) and results.option_count == 1, "only the failed one is left")
        await press(pilot, "down", "enter")
        await until(lambda: isinstance(app.screen, ProblemScreen), "it is explained")
        await until(lambda: "4442587FB7D0A2F9" in screen_text(app), "with its request id")
        await press(pilot, "escape", "escape")
        await until(lambda: engine.closed == [WatchResults("2")], "nobody follows the results any longer")


async def test_an_open_transfer_follows_its_state_and_is_tried_again_from_there() -> None:
    engine = obedient()
    engine._feeds = {WatchResults: RESULTS}
    app = Watching(engine, TransferList([FAILED]))
    async with app.run_test(size=WIDE) as pilot:
        await press(pilot, "enter")
        await until(lambda: isinstance(app.screen, TransferScreen), "it opens")
        await until(lambda: "r retry failed" in screen_text(app), "it offers what can be done now")
        await until(lambda: app.screen.query_one(OptionList).option_count == 3, "its results are there")
        await press(pilot, "r")
        await until(lambda: RetryTransfer("2") in engine.asked, "it is tried again")
        engine._feeds = {WatchResults: [RESULTS[0], HOLD]}
        app.panel.transfers = TransferList([msgspec.structs.replace(FAILED, state=TransferState.RUNNING, problem=None)])
        await until(lambda: "▸ running" in screen_text(app), "its state is shown")
        await until(lambda: app.screen.query_one(OptionList).option_count == 1, "and its new results")
        assert "p pause   x cancel" in screen_text(app)
        await press(pilot, "p")
        await until(lambda: engine.asked[-1] == PauseTransfers(["2"]), "it can be paused from there")
        app.panel.transfers = TransferList([msgspec.structs.replace(WAITING, id="2")])
        await until(lambda: "aws sso login --profile media-prod" in screen_text(app), "why it waits, and the way out")


async def test_two_hundred_thousand_results_leave_the_keys_alive() -> None:
    many = [
        ObjectResult("2", "s3://a/x", f"s3://analytics-landing/in/old/{at}", Outcome.COPIED) for at in range(200_000)
    ]
    engine = ScriptedEngine(feeds={WatchResults: [*many, RESULTS[2], HOLD]})
    app = Watching(engine, TransferList([FAILED]))
    async with app.run_test(size=WIDE) as pilot:
        await press(pilot, "enter")
        await until(lambda: isinstance(app.screen, TransferScreen), "it opens")
        await until(
            lambda: "and 198,000 more; the receipt has all of them" in screen_text(app), "the rest is a number", 60
        )
        await until(lambda: "all 200,001  copied 200,000  failed 1" in screen_text(app), "all are counted", 60)
        await press(pilot, "f")
        await until(lambda: app.screen.query_one(OptionList).option_count == 1, "the late failure is among the rows")


async def test_the_problem_is_copied_with_all_that_a_ticket_needs() -> None:
    problem = Problem(
        ProblemKind.DENIED, "access denied", "no statement allows it\x1b", "ask for it", "PutObject", "s3://b/x",
        "analytics", "s3:PutObject", "4442587FB7D0A2F9", 403, "AccessDenied",
    )  # fmt: skip
    app = Host(dialog=ProblemScreen(problem))
    async with app.run_test(size=SMALL) as pilot:
        await pilot.pause()
        needed = ("PutObject", "s3://b/x", "analytics", "AccessDenied", "4442587FB7D0A2F9", "403", "▸ ask for it")
        for words in needed:
            assert words in screen_text(app)
        await press(pilot, "y")
        for words in ("access denied\n", "allows it␛", *needed):
            assert words in app.clipboard
        assert len(app.screen_stack) == 2
