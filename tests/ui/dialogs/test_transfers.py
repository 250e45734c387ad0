"""Strip, panel and the results of one transfer; once with a real copy on the demo."""

from __future__ import annotations

from contextlib import aclosing
from pathlib import Path
from typing import Any

import msgspec
import pytest
from textual import on
from textual.events import MouseScrollDown
from textual.widgets import OptionList

from tests.ui.dialogs.conftest import Pair
from tests.ui.dialogs.host import Host, screen_text, text_of
from tests.ui.dialogs.scripted import HOLD, ScriptedEngine
from tests.ui.dialogs.transfers import (
    ALL,
    ASKING,
    DONE,
    EVERY_KIND,
    FAILED,
    MOVING,
    PAUSED,
    QUEUED,
    RESULTS,
    RUNNING,
    WAITING,
)
from tests.waiting import until
from tui.model.location import Location
from tui.model.plan import CopyOptions, CopyOrder, Destination, Route, Selection
from tui.model.problem import Problem, ProblemKind
from tui.model.transfer import Limits, ObjectResult, Outcome, Transfer, TransferList, TransferState
from tui.protocol.messages import (
    CancelTransfers,
    Done,
    Exported,
    ExportReceipt,
    ForgetTransfers,
    MoveTransfer,
    PauseTransfers,
    ResumeTransfers,
    RetryTransfer,
    SetLimits,
    SubmitCopy,
    WatchResults,
    WatchTransfers,
)
from tui.protocol.session import EngineAccess
from tui.ui.screens.confirm import ConfirmScreen
from tui.ui.screens.limits import LimitsScreen
from tui.ui.screens.problem import ProblemScreen
from tui.ui.screens.receipt import ReceiptScreen
from tui.ui.screens.transfer import TransferScreen
from tui.ui.widgets.key_footer import KeyFooter
from tui.ui.widgets.transfer_groups import Shown
from tui.ui.widgets.transfers_panel import TransfersPanel
from tui.ui.widgets.transfers_strip import TransfersStrip
from tui.ui.widgets.transfers_table import TransfersTable

SMALL, WIDE = (80, 24), (200, 50)

COMMANDS = (
    CancelTransfers,
    ForgetTransfers,
    MoveTransfer,
    PauseTransfers,
    ResumeTransfers,
    RetryTransfer,
    SetLimits,
)


def obedient() -> ScriptedEngine:
    """An engine that does everything it is asked to."""
    answers: dict[type[Any], Any] = {command: Done() for command in COMMANDS}
    return ScriptedEngine({**answers, ExportReceipt: Exported("/tmp/r.jsonl", 2)}, {WatchResults: [HOLD]})


class Watching(Host):
    """Notes what the two widgets say."""

    def __init__(self, engine: EngineAccess, transfers: TransferList = ALL) -> None:
        self.panel, self.strip, self.footer = TransfersPanel(engine), TransfersStrip(), KeyFooter()
        self.panel.transfers = self.strip.transfers = transfers
        self.said: list[Any] = []
        super().__init__(widgets=[self.panel, self.strip, self.footer])

    def on_mount(self) -> None:
        self.panel.focus()

    @on(TransfersPanel.DecisionRequested)
    @on(TransfersStrip.Opened)
    def note(self, event: Any) -> None:
        self.said.append(event)

    @property
    def told(self) -> list[str]:
        """The toasts."""
        return [notice.message for notice in self._notifications]


def cell_of(app: Watching, words: str) -> tuple[int, int]:
    """Where some words stand on the screen."""
    for row, line in enumerate(screen_text(app).split("\n")):
        if words in line:
            return line.index(words), row
    raise AssertionError(f"{words!r} is not on the screen")


async def test_the_groups_follow_the_states_and_the_selection_follows_its_transfer() -> None:
    app = Watching(ScriptedEngine(), TransferList([DONE, QUEUED, RUNNING]))
    async with app.run_test(size=WIDE) as pilot:
        await pilot.pause()
        assert app.panel.order == ["7", "3", "1"]
        assert "active 2" in screen_text(app)
        assert "waiting" not in screen_text(app)
        await pilot.press("j")
        assert app.panel.selected == "3"
        finished = msgspec.structs.replace(RUNNING, state=TransferState.DONE, bytes_done=RUNNING.bytes_total, notes=[])
        app.panel.transfers = TransferList([DONE, QUEUED, finished, FAILED, PAUSED])
        await until(lambda: "70 %" not in screen_text(app), "the new snapshot is shown")
        assert app.panel.order == ["7", "9", "2", "3", "1"]
        assert app.panel.selected == "3"
        assert "waiting 1" in screen_text(app)
        app.panel.transfers = TransferList([FAILED])
        await until(lambda: app.panel.order == ["2"], "what is gone leaves")
        assert app.panel.selected == "2"


async def test_the_neighbour_is_selected_when_the_selected_one_is_gone() -> None:
    app = Watching(ScriptedEngine(), TransferList([RUNNING, QUEUED, ASKING]))
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("j")
        assert app.panel.selected == "7"
        app.panel.transfers = TransferList([RUNNING, ASKING])
        await pilot.pause()
        assert app.panel.selected == "5"


async def test_the_total_stays_in_sight_on_a_small_screen_and_the_selected_one_is_scrolled_to() -> None:
    app = Watching(ScriptedEngine())
    async with app.run_test(size=SMALL) as pilot:
        await pilot.pause()
        assert "total" in screen_text(app)
        await pilot.press(*["down"] * 9)
        await pilot.pause()
        assert app.panel.selected == "1"
        assert "intro.mp4" in screen_text(app)
        await pilot.press("g")
        await pilot.pause()
        assert app.panel.selected == "3"
        assert "active 3" in screen_text(app)


async def test_a_thousand_transfers_are_listed_and_the_wheel_scrolls_them() -> None:
    many = [msgspec.structs.replace(DONE, id=str(number)) for number in range(1000)]
    app = Watching(ScriptedEngine(), TransferList(many))
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("G")
        await pilot.pause()
        assert app.panel.selected == "0"
        await pilot.press("g")
        await pilot.pause()
        assert "ended 1,000" in screen_text(app)
        await pilot._post_mouse_events([MouseScrollDown], TransfersTable, (5, 2))
        await until(lambda: "ended 1,000" not in screen_text(app), "the wheel scrolls")
        assert app.panel.selected == "999"


async def test_an_empty_panel_says_how_to_copy_and_the_strip_is_not_there() -> None:
    app = Watching(ScriptedEngine(), TransferList())
    async with app.run_test(size=SMALL) as pilot:
        await pilot.pause()
        assert "No transfer yet: F5 or c copies" in screen_text(app)
        assert "2 running" not in screen_text(app)
        app.strip.transfers = ALL
        await pilot.pause()
        assert "2 running · 1 asking" in text_of(app.strip)
        await pilot.press("p", "enter", "x", "l", "R")
        await until(lambda: app.told[-1:] == ["no transfer is selected"], "it says so")


async def test_a_click_on_the_strip_opens_the_panel() -> None:
    app = Watching(ScriptedEngine())
    async with app.run_test(size=SMALL) as pilot:
        await pilot.click(app.strip)
        await until(lambda: bool(app.said), "it says so")
    assert isinstance(app.said[0], TransfersStrip.Opened)


async def test_the_footer_has_the_keys_of_the_list_while_that_has_the_focus() -> None:
    app = Watching(ScriptedEngine())
    async with app.run_test(size=SMALL) as pilot:
        await until(lambda: "p pause" in text_of(app.footer), "the keys of the list")
        app.screen.set_focus(None)
        await until(lambda: "F5 copy" in text_of(app.footer), "the keys of the browser")
        app.panel.focus()
        await until(lambda: "p pause" in text_of(app.footer), "the keys of the list again")
        await pilot.pause()


@pytest.mark.parametrize(
    ("transfers", "keys", "asked"),
    [
        ([RUNNING], ["p"], PauseTransfers(["3"])),
        ([WAITING], ["p"], PauseTransfers(["8"])),
        ([PAUSED], ["p"], ResumeTransfers(["9"])),
        ([RUNNING, PAUSED], ["P"], PauseTransfers([])),
        ([PAUSED, DONE], ["P"], ResumeTransfers([])),
        ([FAILED], ["r"], RetryTransfer("2")),
        ([QUEUED, RUNNING], ["j", "K"], MoveTransfer("3", "7")),
        ([QUEUED, RUNNING], ["J"], MoveTransfer("7", "")),
        ([QUEUED, RUNNING, ASKING], ["J"], MoveTransfer("7", "5")),
    ],
)
async def test_a_key_has_the_engine_do_it(transfers: list[Transfer], keys: list[str], asked: Any) -> None:
    engine = obedient()
    app = Watching(engine, TransferList(transfers))
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press(*keys)
        await until(lambda: engine.asked == [asked], f"the engine is asked to {asked}")
    assert app.told == []


@pytest.mark.parametrize(
    ("transfers", "key", "words"),
    [
        ([DONE], "p", "it has ended already"),
        ([DONE], "x", "it has ended already"),
        ([DONE], "X", "no transfer is under way"),
        ([DONE], "P", "no transfer is under way"),
        ([DONE], "r", "nothing of it failed"),
        ([DONE], "E", "nothing of it failed"),
        ([DONE], "l", "it has ended already"),
        ([DONE], "K", "it has ended already"),
        ([RUNNING], "r", "it has not ended yet"),
        ([RUNNING], "R", "it has not ended yet"),
        ([RUNNING], "D", "none of the transfers that are shown has ended"),
    ],
)
async def test_what_cannot_be_done_is_said(transfers: list[Transfer], key: str, words: str) -> None:
    engine = obedient()
    app = Watching(engine, TransferList(transfers))
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press(key)
        await until(lambda: bool(app.told), "it says so")
        assert app.told[0].startswith(words)
        assert len(app.screen_stack) == 1
    assert engine.asked == []


async def test_the_first_one_stays_the_first() -> None:
    engine = obedient()
    app = Watching(engine, TransferList([QUEUED, RUNNING]))
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("K", "p")
        await until(lambda: bool(engine.asked), "what came after it is asked for")
    assert engine.asked == [PauseTransfers(["7"])]


async def test_what_the_engine_refuses_is_said() -> None:
    engine = ScriptedEngine(
        {PauseTransfers: Problem(ProblemKind.JOURNAL, "the journal cannot be written", "disk full")}
    )
    app = Watching(engine, TransferList([RUNNING]))
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("p")
        await until(lambda: app.told == ["the journal cannot be written · disk full"], "it says why")


@pytest.mark.parametrize(
    ("key", "transfers", "words", "asked"),
    [
        ("x", [RUNNING], "8,412 of 11,830 objects are copied and stay so", CancelTransfers(["3"])),
        ("delete", [MOVING], "100 of 500 objects are moved and stay so", CancelTransfers(["10"])),
        ("X", [RUNNING, PAUSED, DONE], "Cancel 2 transfers?", CancelTransfers(["3", "9"])),
        ("D", [RUNNING, DONE, FAILED], "Forget 2 ended transfers?", ForgetTransfers(["1", "2"])),
    ],
)
async def test_where_something_is_lost_it_asks_first(
    key: str, transfers: list[Transfer], words: str, asked: Any
) -> None:
    engine = obedient()
    app = Watching(engine, TransferList(transfers))
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press(key)
        await until(lambda: isinstance(app.screen, ConfirmScreen) and words in screen_text(app), "it asks")
        await pilot.press("n")
        await until(lambda: len(app.screen_stack) == 1, "the question is gone")
        assert engine.asked == []
        await pilot.press(key)
        await until(lambda: isinstance(app.screen, ConfirmScreen), "it asks again")
        await pilot.press("y")
        await until(lambda: engine.asked == [asked], "it is done")


async def test_the_filter_shows_one_group_of_states_and_says_so() -> None:
    engine = obedient()
    app = Watching(engine, EVERY_KIND)
    async with app.run_test(size=WIDE) as pilot:
        await pilot.pause()
        assert "transfers 9 ─ all at most 500 MiB/s" in screen_text(app)
        await pilot.press("f", "f")
        await until(lambda: "transfers waiting 2 of 9" in screen_text(app), "the title says what is shown")
        assert app.panel.order == ["8", "9"]
        await pilot.press("f", "f")
        assert app.panel.shown is Shown.DONE
        assert app.panel.order == ["11", "1"]
        await pilot.press("D")
        await until(lambda: isinstance(app.screen, ConfirmScreen), "it asks")
        await pilot.press("y")
        await until(lambda: engine.asked == [ForgetTransfers(["1", "11"])], "only what is shown is forgotten")
        app.panel.transfers = TransferList([RUNNING])
        await until(lambda: "none is done; f shows others" in screen_text(app), "an empty list says why")


async def test_limits_are_typed_and_hold_at_once() -> None:
    engine = obedient()
    app = Watching(engine, TransferList([PAUSED], limits=Limits(2**20, 8)))
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("l")
        await until(lambda: isinstance(app.screen, LimitsScreen), "it asks")
        await until(lambda: "10 MiB" in screen_text(app) and "= 4 at once" in screen_text(app), "as it is now")
        await pilot.press(*"fast", "enter")
        await until(lambda: "'fast' is no size" in screen_text(app), "what is wrong is said under the line")
        await pilot.press(*["backspace"] * 4, *"1.5M", "tab", "backspace", "enter")
        await until(lambda: engine.asked == [SetLimits(Limits(1536 * 1024), "9")], "they hold")
        await until(lambda: app.told == ["at most 1.50 MiB/s"], "it says so")
        await pilot.press("L")
        await until(lambda: "all transfers together" in screen_text(app), "it asks about all")
        await pilot.press("delete", "0", "enter")
        await until(lambda: engine.asked[1:] == [SetLimits(Limits(None, 8), "")], "the rate of all is free")
        await pilot.press("L", "escape")
        await pilot.pause()
    assert len(engine.asked) == 2


async def test_a_receipt_is_written_where_the_user_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    engine = obedient()
    app = Watching(engine, TransferList([FAILED]))
    async with app.run_test(size=(160, 24)) as pilot:
        await pilot.press("R")
        await until(lambda: isinstance(app.screen, ReceiptScreen), "it asks where")
        await pilot.press("enter")
        here = str(tmp_path / "xs3-receipt-2.jsonl")
        await until(lambda: engine.asked == [ExportReceipt("2", here)], "it is written to the current directory")
        await until(lambda: app.told == ["2 objects in /tmp/r.jsonl"], "it says where")
        (tmp_path / "xs3-failed-2.jsonl").touch()
        await pilot.press("E")
        await until(lambda: "this file exists and would be replaced" in screen_text(app), "it warns")
        await pilot.press(*"/x", "enter")
        await until(lambda: "there is no directory" in screen_text(app), "it refuses")
        await pilot.press("backspace", "backspace", "x", "enter")
        failed = str(tmp_path / "xs3-failed-2.jsonlx")
        await until(lambda: engine.asked[1:] == [ExportReceipt("2", failed, True)], "only what failed is written")


async def test_one_that_comes_while_the_keys_are_elsewhere_is_selected() -> None:
    app = Watching(ScriptedEngine(), TransferList([DONE]))
    async with app.run_test(size=SMALL) as pilot:
        await pilot.pause()
        app.panel.transfers = TransferList([DONE, RUNNING])
        await pilot.pause()
        assert app.panel.selected == "1"
        app.screen.set_focus(None)
        await pilot.pause()
        app.panel.transfers = TransferList([DONE, RUNNING, FAILED])
        await until(lambda: app.panel.selected == "2", "the newest is selected")


async def test_a_click_selects_and_a_double_click_opens() -> None:
    app = Watching(obedient(), TransferList([RUNNING, FAILED]))
    async with app.run_test(size=WIDE) as pilot:
        await pilot.pause()
        app.screen.set_focus(None)
        await pilot.click(offset=cell_of(app, "access denied"))
        await until(lambda: app.panel.selected == "2", "it is selected")
        assert app.panel.has_focus
        await pilot.click(offset=cell_of(app, "ended 1"), times=2)
        assert len(app.screen_stack) == 1
        await pilot.click(offset=cell_of(app, "70 %"), times=2)
        await until(lambda: isinstance(app.screen, TransferScreen), "it opens")
        assert "copy relay" in screen_text(app)


async def test_one_that_asks_is_decided_instead() -> None:
    app = Watching(ScriptedEngine(), TransferList([ASKING]))
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("enter")
        await until(lambda: bool(app.said), "it asks again")
    assert app.said[0].transfer == "5"


async def test_results_are_filtered_by_outcome_and_enter_explains_a_failed_one() -> None:
    engine = ScriptedEngine(feeds={WatchResults: [*RESULTS, HOLD]})
    app = Watching(engine, TransferList([FAILED]))
    async with app.run_test(size=(120, 30)) as pilot:
        await pilot.press("enter")
        await until(lambda: isinstance(app.screen, TransferScreen), "the results open")
        results = app.screen.query_one(OptionList)
        await until(lambda: results.option_count == 3, "all results are there")
        await pilot.pause()
        shown = screen_text(app)
        for words in ("✓ one.bin  1.00 KiB", "same (CRC64NVME)", "owner bob", "tags were dropped"):
            assert words in shown
        assert "– [b]t␛wo  skipped" in shown
        await pilot.press("f", "f")
        await until(lambda: results.option_count == 1, "only the skipped one is left")
        await until(lambda: "✓ one.bin" not in screen_text(app), "the others are gone")
        assert "– [b]t␛wo" in screen_text(app)
        await pilot.press("f", "f", "f")
        await until(lambda: "✗ three" in screen_text(app) and results.option_count == 1, "only the failed one is left")
        await pilot.press("down", "enter")
        await until(lambda: isinstance(app.screen, ProblemScreen), "it is explained")
        await until(lambda: "4442587FB7D0A2F9" in screen_text(app), "with its request id")
        await pilot.press("escape", "escape")
        await until(lambda: engine.closed == [WatchResults("2")], "nobody follows the results any longer")


async def test_an_open_transfer_follows_its_state_and_is_tried_again_from_there() -> None:
    engine = obedient()
    engine._feeds = {WatchResults: RESULTS}
    app = Watching(engine, TransferList([FAILED]))
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("enter")
        await until(lambda: isinstance(app.screen, TransferScreen), "it opens")
        await until(lambda: "r retry failed" in screen_text(app), "it offers what can be done now")
        await until(lambda: app.screen.query_one(OptionList).option_count == 3, "its results are there")
        await pilot.press("r")
        await until(lambda: RetryTransfer("2") in engine.asked, "it is tried again")
        engine._feeds = {WatchResults: [RESULTS[0], HOLD]}
        app.panel.transfers = TransferList([msgspec.structs.replace(FAILED, state=TransferState.RUNNING, problem=None)])
        await until(lambda: "▸ running" in screen_text(app), "its state is shown")
        await until(lambda: app.screen.query_one(OptionList).option_count == 1, "and its new results")
        assert "p pause, resume" in screen_text(app)
        await pilot.press("p")
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
        await pilot.press("enter")
        await until(lambda: isinstance(app.screen, TransferScreen), "it opens")
        await until(
            lambda: "and 198,000 more; the receipt has them all" in screen_text(app), "the rest is a number", 60
        )
        assert "all 200,001  copied 200,000  failed 1" in screen_text(app)
        await pilot.press("f")
        await until(lambda: app.screen.query_one(OptionList).option_count == 1, "the late failure is among the rows")


async def test_the_problem_goes_onto_the_clipboard_with_all_that_a_ticket_needs() -> None:
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
        await pilot.press("y")
        for words in ("access denied\n", "allows it␛", *needed):
            assert words in app.clipboard
        assert len(app.screen_stack) == 2


async def test_a_copy_on_the_demo_runs_to_its_end_in_the_panel(pair: Pair) -> None:
    order = CopyOrder(
        Selection(pair.a, Location("media-prod-assets", "video/2026/"), prefixes=["video/2026/subtitles/"]),
        Destination(pair.b, Location("analytics-reports", "panel/")),
        CopyOptions(route=Route.RELAY),
    )
    app = Watching(pair.engine, TransferList())
    async with app.run_test(size=WIDE) as pilot:
        taken = await pair.engine.ask(SubmitCopy(order))
        async with aclosing(pair.engine.follow(WatchTransfers())) as snapshots:
            async for snapshot in snapshots:
                app.panel.transfers = snapshot
                if snapshot.transfers and all(transfer.state.ended for transfer in snapshot.transfers):
                    break
        await until(lambda: "✓ copy relay" in screen_text(app), "the panel shows it done")
        assert app.panel.order == [taken.transfer]
        await pilot.press("enter")
        await until(lambda: "intro.en.vtt" in screen_text(app), "its objects are listed")
        assert "✓ subtitles/intro.en.vtt" in screen_text(app)
        assert " same (" in screen_text(app)
