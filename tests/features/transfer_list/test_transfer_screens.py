"""Transfers: their list, the strip and one in full; selection, keys, mouse, results, verification, jobs."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from textual import on
from textual.events import MouseScrollDown
from textual.pilot import Pilot
from textual.widgets import OptionList

from tests.browser.host import Host, press, screen_text, text_of, until_shown
from tests.browser.scripted import HOLD, ScriptedEngine
from tests.features.transfer_list.world import (
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
from tui.core.location import Location
from tui.core.orders import RevertOrder, Selection
from tui.core.problem import Problem, ProblemKind
from tui.core.transfer import Limits, ObjectResult, Outcome, Transfer, TransferKind, TransferList, TransferState
from tui.features.transfer_list.control_screen import LimitsScreen, PriorityScreen, ReceiptScreen
from tui.features.transfer_list.screen import HAS_KEYS, TransfersPanel, TransfersStrip, TransfersTable
from tui.features.transfer_list.transfer_lines_view import TransferFilter
from tui.features.transfer_list.transfer_screen import TransferScreen, detail_lines
from tui.features.verify.screen import VerificationScreen, stage_line
from tui.features.verify.values import (
    AnswerReading,
    ReadPolicy,
    VerificationStage,
    Verified,
    VerifiedState,
    Verify,
    VerifyTally,
    VerifyTransfer,
    VerifyUpdate,
)
from tui.kit.dialog import ConfirmScreen
from tui.kit.footer import KeyFooter
from tui.kit.lines import BAD, GOOD
from tui.kit.problem_screen import ProblemScreen
from tui.link.request import Done
from tui.link.session import EngineAccess
from tui.messages.listing_requests import ListUndo, UndoEntry
from tui.messages.order_requests import (
    CancelTransfers,
    ConfirmJob,
    Exported,
    ExportReceipt,
    ForgetTransfers,
    MoveTransfer,
    PauseTransfers,
    ResumeTransfers,
    RetryTransfer,
    SetJobPriority,
    SetLimits,
    WatchResults,
)

SMALL, WIDE = (80, 24), (200, 50)
REVERT = RevertOrder(Selection("c", Location("b")), "1")

COMMANDS = (
    CancelTransfers, ForgetTransfers, MoveTransfer, PauseTransfers, ResumeTransfers, RetryTransfer, SetLimits,
    ConfirmJob, SetJobPriority,
)  # fmt: skip


def obedient() -> ScriptedEngine:
    answers: dict[type[Any], Any] = {command: Done() for command in COMMANDS}
    feeds: dict[type[Any], Any] = {WatchResults: [HOLD], ListUndo: []}
    return ScriptedEngine({**answers, ExportReceipt: Exported("/tmp/r.jsonl", 2)}, feeds)


class Watching(Host):
    def __init__(self, engine: Any, transfers: TransferList) -> None:
        self.engine = engine
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
        return [notice.message for notice in self._notifications]


@asynccontextmanager
async def watching(
    transfers: TransferList, engine: EngineAccess | None = None, size: tuple[int, int] = SMALL
) -> AsyncIterator[tuple[Watching, Pilot[None]]]:
    """Show them while the block lasts, on an engine that does everything unless a test brings one."""
    app = Watching(engine or obedient(), transfers)
    async with app.run_test(size=size) as pilot:
        yield app, pilot


def cell_of(app: Watching, words: str) -> tuple[int, int]:
    for row, line in enumerate(screen_text(app).split("\n")):
        if words in line:
            return line.index(words), row
    raise AssertionError(f"{words!r} is not on the screen")


async def test_the_groups_follow_the_states_and_the_selection_follows_its_transfer() -> None:
    async with watching(TransferList([DONE, QUEUED, RUNNING]), size=WIDE) as (app, pilot):
        await pilot.pause()
        assert app.panel.order == ["7", "3", "1"]
        assert "active 2" in screen_text(app)
        assert "waiting" not in screen_text(app)
        await press(pilot, "j")
        assert app.panel.selected == "3"
        finished = replace(RUNNING, state=TransferState.DONE, bytes_done=RUNNING.bytes_total, notes=[])
        app.panel.transfers = TransferList([DONE, QUEUED, finished, FAILED, PAUSED])
        await until(lambda: "70 %" not in screen_text(app), "the new snapshot is shown")
        assert app.panel.order == ["7", "9", "2", "3", "1"]
        assert app.panel.selected == "3"
        assert "waiting 1" in screen_text(app)
        app.panel.transfers = TransferList([DONE, QUEUED, FAILED, PAUSED])
        await until(lambda: app.panel.selected == "1", "its neighbour is selected when it is gone")
        app.panel.transfers = TransferList([FAILED])
        await until(lambda: app.panel.order == ["2"], "what is gone leaves")
        assert app.panel.selected == "2"


async def test_the_total_stays_in_sight_on_a_small_screen_and_the_selected_one_is_scrolled_to() -> None:
    async with watching(ALL) as (app, pilot):
        await until_shown(pilot, "total")
        await press(pilot, *["down"] * 9)
        await pilot.pause()
        assert app.panel.selected == "1"
        assert "intro.mp4" in screen_text(app)
        await press(pilot, "g")
        await pilot.pause()
        assert app.panel.selected == "3"
        assert "active 3" in screen_text(app)


async def test_a_thousand_transfers_are_listed_and_the_wheel_scrolls_them() -> None:
    async with watching(TransferList([replace(DONE, id=str(number)) for number in range(1000)])) as (app, pilot):
        await press(pilot, "G")
        await pilot.pause()
        assert app.panel.selected == "0"
        await press(pilot, "g", then="ended 1,000")
        await pilot._post_mouse_events([MouseScrollDown], TransfersTable, (5, 2))
        await until(lambda: "ended 1,000" not in screen_text(app), "the wheel scrolls")
        assert app.panel.selected == "999"


async def test_an_empty_panel_says_how_to_copy_and_the_strip_is_not_there() -> None:
    """Once there is something, a click on the strip opens the panel."""
    async with watching(TransferList()) as (app, pilot):
        await until_shown(pilot, "No transfers yet. Press F5 or C to copy")
        assert "2 running" not in screen_text(app)
        app.strip.transfers = ALL
        await pilot.pause()
        assert "2 running · 1 asking" in text_of(app.strip)
        await press(pilot, "P", "enter", "D", "L", "W")
        await until(lambda: app.told[-1:] == ["no transfer is selected"], "it says so")
        await pilot.click(app.strip)
        await until(lambda: bool(app.said), "it says so")
    assert isinstance(app.said[0], TransfersStrip.Opened)


async def test_title_and_footer_say_whose_the_keys_are() -> None:
    async with watching(ALL) as (app, pilot):
        await until(lambda: "P pause" in text_of(app.footer), "the keys of the list")
        await until(lambda: HAS_KEYS in screen_text(app), "the title says so")
        app.screen.set_focus(None)
        await until(lambda: "F5 copy" in text_of(app.footer), "the keys of the browser")
        await until(lambda: HAS_KEYS not in screen_text(app), "the keys are elsewhere")
        app.panel.focus()
        await until(lambda: "P pause" in text_of(app.footer), "the keys of the list again")
        await pilot.pause()


async def act(app: Any, pilot: Any, key: str, front: Any = None) -> None:
    """Press a key, or run the command of the list that has none."""
    await (app.panel.run_action(key) if hasattr(app.panel, f"action_{key}") else press(pilot, key))
    await press(pilot, front=front)


async def test_the_filter_shows_one_group_of_states_and_says_so() -> None:
    async with watching(EVERY_KIND, size=WIDE) as (app, pilot):
        await until_shown(pilot, "transfers 9 ─ all at most 500 MiB/s")
        await press(pilot, "/", "/", then="transfers waiting 2 of 9")
        assert app.panel.order == ["8", "9"]
        await press(pilot, "/", "/")
        assert app.panel.shown is TransferFilter.DONE
        assert app.panel.order == ["11", "1"]
        await act(app, pilot, "forget", front=ConfirmScreen)
        await press(pilot, "y")
        await until(lambda: app.engine.asked[1:] == [ForgetTransfers(["1", "11"])], "only what is shown is forgotten")
        app.panel.transfers = TransferList([RUNNING])
        await until(lambda: "no done transfers; /: other states" in screen_text(app), "an empty list says why")


async def test_one_that_comes_while_the_keys_are_elsewhere_is_selected() -> None:
    async with watching(TransferList([DONE])) as (app, pilot):
        await pilot.pause()
        app.panel.transfers = TransferList([DONE, RUNNING])
        await pilot.pause()
        assert app.panel.selected == "1"
        app.screen.set_focus(None)
        await pilot.pause()
        app.panel.transfers = TransferList([DONE, RUNNING, FAILED])
        await until(lambda: app.panel.selected == "2", "the newest is selected")


async def test_a_click_selects_and_a_double_click_opens() -> None:
    async with watching(TransferList([RUNNING, FAILED]), size=WIDE) as (app, pilot):
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


WORDS = "job 4711 Active: 12,000 of 20,000 objects, 3 failed, active for 35 s"
JOB = replace(RUNNING, engine="batch", elsewhere=WORDS, route=None)
CONFIRMATION = Problem(ProblemKind.CONFIRMATION, "the job waits for your confirmation: 20,000 objects")
UNCONFIRMED = replace(JOB, state=TransferState.WAITING, waits_for=CONFIRMATION)


@pytest.mark.parametrize(
    ("transfers", "keys", "asked"),
    [
        ([RUNNING], ["P"], PauseTransfers(["3"])),
        ([WAITING], ["P"], PauseTransfers(["8"])),
        ([JOB], ["P"], PauseTransfers(["3"])),
        ([PAUSED], ["P"], ResumeTransfers(["9"])),
        ([RUNNING, PAUSED], ["pause_all"], PauseTransfers([])),
        ([PAUSED, DONE], ["pause_all"], ResumeTransfers([])),
        ([FAILED], ["T"], RetryTransfer("2")),
        ([QUEUED, RUNNING], ["j", "K"], MoveTransfer("3", "7")),
        ([QUEUED, RUNNING], ["J"], MoveTransfer("7", "")),
        ([QUEUED, RUNNING], ["K", "P"], PauseTransfers(["7"])),  # the first one stays the first
        ([QUEUED, RUNNING, ASKING], ["J"], MoveTransfer("7", "5")),
    ],
)
async def test_a_key_has_the_engine_do_it(transfers: list[Transfer], keys: list[str], asked: Any) -> None:
    async with watching(TransferList(transfers)) as (app, pilot):
        for key in keys:
            await act(app, pilot, key)
        await until(lambda: app.engine.asked == [asked], f"the engine is asked to {asked}")
    assert app.told == []


OVER, NOT_YET = "it has already ended", "it has not ended yet"
NONE_RUNS, NONE_FAILED = "no transfer is running", "it has no failed objects"


@pytest.mark.parametrize(
    ("transfer", "refusals"),
    [
        (DONE, {"P": OVER, "L": OVER, "K": OVER, "cancel_all": NONE_RUNS, "pause_all": NONE_RUNS}),
        (DONE, {"T": NONE_FAILED, "export_failed": NONE_FAILED}),
        (RUNNING, {"T": NOT_YET, "W": NOT_YET, "forget": "no ended transfers are shown"}),
        (replace(FAILED, kind=TransferKind.DELETE), {"=": "it has copied nothing"}),
    ],
    ids=["ended", "nothing failed", "running", "a deletion"],
)
async def test_what_cannot_be_done_is_said(transfer: Transfer, refusals: dict[str, str]) -> None:
    async with watching(TransferList([transfer])) as (app, pilot):
        for key, words in refusals.items():
            app.clear_notifications()
            await act(app, pilot, key)
            await until(lambda: bool(app.told), f"{key} is answered")
            assert words in app.told[0], key
            assert len(app.screen_stack) == 1, key
    assert app.engine.asked == []


async def test_what_the_engine_refuses_is_said() -> None:
    engine = ScriptedEngine(
        {PauseTransfers: Problem(ProblemKind.JOURNAL, "the journal cannot be written", "disk full")}
    )
    async with watching(TransferList([RUNNING]), engine) as (app, pilot):
        await press(pilot, "P")
        await until(lambda: app.told == ["the journal cannot be written · disk full"], "it says why")


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("key", "transfers", "words", "asked"),
    [
        ("D", [RUNNING], "8,412 of 11,830 objects are already copied and stay", CancelTransfers(["3"])),
        ("delete", [MOVING], "100 of 500 objects are already moved and stay", CancelTransfers(["10"])),
        ("cancel_all", [RUNNING, PAUSED, DONE], "Cancel 2 transfers?", CancelTransfers(["3", "9"])),
        ("f8", [DONE], "Remove 1 ended transfer?", ForgetTransfers(["1"])),
        ("forget", [RUNNING, DONE, FAILED], "Remove 2 ended transfers?", ForgetTransfers(["1", "2"])),
    ],
)
async def test_where_something_is_lost_it_asks_first(
    key: str, transfers: list[Transfer], words: str, asked: Any
) -> None:
    async with watching(TransferList(transfers)) as (app, pilot):
        await act(app, pilot, key)
        await until(lambda: isinstance(app.screen, ConfirmScreen) and words in screen_text(app), "it asks")
        await press(pilot, "enter" if isinstance(asked, CancelTransfers) else "n")
        await until(lambda: len(app.screen_stack) == 1, "the question is gone")
        assert {*map(type, app.engine.asked)} <= {ListUndo}
        await act(app, pilot, key, front=ConfirmScreen)
        await press(pilot, "y")
        await until(lambda: app.engine.asked[-1:] == [asked], "it is done")


@pytest.mark.parametrize(
    ("undo", "lost"),
    [
        ([UndoEntry(DONE, REVERT, 3, 3)], True),
        ([UndoEntry(DONE, REVERT, 3, 3, undone="9", undone_objects=3), UndoEntry(FAILED, REVERT, 1, 1)], False),
        ([Problem(ProblemKind.JOURNAL, "the journal cannot be read")], True),
    ],
)
async def test_a_transfer_whose_undo_is_lost_with_it_is_forgotten_only_on_purpose(undo: list[Any], lost: bool) -> None:
    engine = ScriptedEngine({ForgetTransfers: Done()}, {ListUndo: undo})
    async with watching(TransferList([DONE]), engine) as (app, pilot):
        await press(pilot, "f8", front=ConfirmScreen, then="from the list")
        assert ("Their undo is lost, too." in screen_text(app)) is lost
        await press(pilot, "enter")
        await until(lambda: len(app.screen_stack) == 1, "Enter answers")
        assert (ForgetTransfers(["1"]) in engine.asked) is not lost


async def test_limits_are_typed_and_hold_at_once() -> None:
    async with watching(TransferList([PAUSED], limits=Limits(2**20, 8))) as (app, pilot):
        await press(pilot, "L", front=LimitsScreen)
        await until(lambda: "10 MiB" in screen_text(app) and "= 4 at once" in screen_text(app), "as it is now")
        await press(pilot, *"fast", "enter", then="'fast' is not a size")
        await press(pilot, *["backspace"] * 4, *"1.5M", "tab", "backspace", "enter")
        await until(lambda: app.engine.asked == [SetLimits(Limits(1536 * 1024), "9")], "they hold")
        await until(lambda: app.told == ["at most 1.50 MiB/s"], "it says so")
        await act(app, pilot, "limits_all", front=LimitsScreen)
        await until_shown(pilot, "all transfers together")
        await press(pilot, "delete", "0", "enter")
        await until(lambda: app.engine.asked[1:] == [SetLimits(Limits(None, 8), "")], "the rate of all is free")
        await act(app, pilot, "limits_all", front=LimitsScreen)
        await press(pilot, "escape")
        await pilot.pause()
    assert len(app.engine.asked) == 2


async def test_a_receipt_is_written_where_the_user_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with watching(TransferList([FAILED]), size=(160, 24)) as (app, pilot):
        await press(pilot, "W", front=ReceiptScreen)
        await press(pilot, "enter")
        here = str(tmp_path / "xs3-receipt-2.jsonl")
        await until(lambda: app.engine.asked == [ExportReceipt("2", here)], "it is written to the current directory")
        await until(lambda: app.told == ["2 objects in /tmp/r.jsonl"], "it says where")
        (tmp_path / "xs3-failed-2.jsonl").touch()
        await act(app, pilot, "export_failed", front=ReceiptScreen)
        await until_shown(pilot, "this file exists and will be replaced")
        await press(pilot, *"/x", "enter", then="no directory")
        await press(pilot, "backspace", "backspace", "x", "enter")
        failed = str(tmp_path / "xs3-failed-2.jsonlx")
        await until(lambda: app.engine.asked[1:] == [ExportReceipt("2", failed, True)], "only what failed is written")


async def test_one_that_asks_is_decided_instead() -> None:
    async with watching(TransferList([ASKING])) as (app, pilot):
        await press(pilot, "enter")
        await until(lambda: bool(app.said), "it asks again")
    assert app.said[0].transfer == "5"


async def test_results_are_filtered_by_outcome_and_enter_explains_a_failed_one() -> None:
    engine = ScriptedEngine(feeds={WatchResults: [*RESULTS, HOLD]})
    async with watching(TransferList([FAILED]), engine, size=(120, 30)) as (app, pilot):
        await press(pilot, "enter", front=TransferScreen)
        results = app.screen.query_one(OptionList)
        await until(lambda: results.option_count == 3, "all results are there")
        await pilot.pause()
        shown = screen_text(app)
        for words in ("✓ one.bin  1.00 KiB", "same (CRC64NVME)", "owner bob", "tags were dropped"):
            assert words in shown
        assert "– [b]t␛wo  skipped" in shown
        await press(pilot, "slash", "slash")
        await until(lambda: results.option_count == 1, "only the skipped one is left")
        await until(lambda: "✓ one.bin" not in screen_text(app), "the others are gone")
        assert "– [b]t␛wo" in screen_text(app)
        await press(pilot, "slash", "slash", "slash")
        await until(lambda: "✗ three" in screen_text(app) and results.option_count == 1, "only the failed one is left")
        await press(pilot, "down", "enter", front=ProblemScreen, then="4442587FB7D0A2F9")
        await press(pilot, "escape", "escape")
        await until(lambda: engine.closed == [WatchResults("2")], "nobody follows the results any longer")


async def test_an_open_transfer_follows_its_state_and_is_tried_again_from_there() -> None:
    engine = obedient()
    engine._feeds = {WatchResults: RESULTS}
    async with watching(TransferList([FAILED]), engine, size=WIDE) as (app, pilot):
        await press(pilot, "enter", front=TransferScreen, then="T retry failed")
        await until(lambda: app.screen.query_one(OptionList).option_count == 3, "its results are there")
        await press(pilot, "T")
        await until(lambda: RetryTransfer("2") in engine.asked, "it is tried again")
        engine._feeds = {WatchResults: [RESULTS[0], HOLD]}
        app.panel.transfers = TransferList([replace(FAILED, state=TransferState.RUNNING, problem=None)])
        await until(lambda: "▸ running" in screen_text(app), "its state is shown")
        await until(lambda: app.screen.query_one(OptionList).option_count == 1, "and its new results")
        assert "P pause   D cancel" in screen_text(app)
        await press(pilot, "P")
        await until(lambda: engine.asked[-1] == PauseTransfers(["2"]), "it can be paused from there")
        app.panel.transfers = TransferList([replace(WAITING, id="2")])
        await until(lambda: "aws sso login --profile media-prod" in screen_text(app), "why it waits, and the way out")


@pytest.mark.thorough
async def test_two_hundred_thousand_results_leave_the_keys_alive() -> None:
    many = [
        ObjectResult("2", "s3://a/x", f"s3://analytics-landing/in/old/{at}", Outcome.COPIED) for at in range(200_000)
    ]
    engine = ScriptedEngine(feeds={WatchResults: [*many, RESULTS[2], HOLD]})
    async with watching(TransferList([FAILED]), engine, size=WIDE) as (app, pilot):
        await press(pilot, "enter", front=TransferScreen)
        await until(
            lambda: "and 198,000 more; the receipt has all of them" in screen_text(app), "the rest is a number", 60
        )
        await until(lambda: "all 200,001  copied 200,000  failed 1" in screen_text(app), "all are counted", 60)
        await press(pilot, "slash")
        await until(lambda: app.screen.query_one(OptionList).option_count == 1, "the late failure is among the rows")


BASE = FAILED.target


def result(name: str, state: VerifiedState, evidence: str = "") -> Verified:
    return Verified(FAILED.source + name, BASE + name, state, evidence, 2048)


SEEN = [
    result("one.bin", VerifiedState.SAME, "CRC64NVME as recorded"),
    result("[b]t\x1bwo", VerifiedState.DIFFERS, "size: 1 and 2 bytes"),
    result("three", VerifiedState.MISSING),
]
TALLY = VerifyTally(VerificationStage.ASKING, same=1, differs=1, missing=1, unproven=1, bytes_to_read=5 << 30)
ENDED = replace(TALLY, stage=VerificationStage.DONE, same=2, bytes_read=5 << 30)


class Asking(ScriptedEngine):
    def __init__(self) -> None:
        super().__init__(answers={AnswerReading: Done()})
        self._answered = asyncio.Event()

    async def ask(self, request: Any) -> Any:
        self._answered.set()
        return await super().ask(request)

    async def follow(self, feed: Any) -> AsyncGenerator[Any, None]:
        self.asked.append(feed)
        yield VerifyUpdate(TALLY, SEEN)
        await self._answered.wait()
        yield VerifyUpdate(ENDED, [result("four", VerifiedState.SAME, "ETag, target read")])


async def test_it_asks_before_it_reads_and_shows_first_what_is_not_the_same() -> None:
    engine = Asking()
    async with watching(TransferList([FAILED]), engine) as (app, pilot):
        await press(pilot, "=", front=VerificationScreen, then="read 5.00 GiB?")
        assert engine.asked[-1].order == VerifyTransfer(FAILED.id)
        assert engine.asked[-1].read is ReadPolicy.ASK
        rows = app.screen.query_one(OptionList)
        assert [str(rows.get_option_at_index(at).prompt)[:5] for at in range(3)] == ["✗ [b]", "✗ thr", "✓ one"]
        assert "\x1b" not in screen_text(app)
        await press(pilot, "slash")
        await until(lambda: rows.option_count == 1, "only what differs")
        await press(pilot, "y", then="5.00 GiB read")
        assert engine.asked[-1] == AnswerReading(engine.asked[-2].name, read=True)
        await press(pilot, "slash", "slash", then="✓ four")
        await press(pilot, "escape")
        await until(lambda: not isinstance(app.screen, VerificationScreen), "it closes")


def test_a_transfer_that_has_not_copied_all_is_not_shown_as_good() -> None:
    tally = VerifyTally(VerificationStage.DONE, same=2)
    tones = [stage_line(each).spans[0].style for each in (tally, replace(tally, skipped=1), replace(tally, left_out=1))]
    assert tones == [GOOD, GOOD, BAD]
    assert "1 not copied" in stage_line(VerifyTally(VerificationStage.DONE, left_out=1)).plain


async def test_closing_it_ends_the_verification() -> None:
    engine = ScriptedEngine(feeds={Verify: [VerifyUpdate(VerifyTally(), []), HOLD]})
    async with watching(TransferList([FAILED]), engine) as (_, pilot):
        await press(pilot, "=")
        await until(lambda: bool(engine.asked), "it has begun")
        await press(pilot, "y", "escape")
        await until(lambda: len(engine.closed) == 1, "nobody verifies any longer")
    assert len(engine.asked) == 1, "y answers nothing that was not asked"


def test_in_full_it_says_where_the_job_stands() -> None:
    assert f"there  {WORDS}" in [line.plain for line in detail_lines(JOB, 80, {}, 0.0)]


async def test_one_that_waits_begins_when_it_is_confirmed() -> None:
    async with watching(TransferList([UNCONFIRMED])) as (app, pilot):
        await until(lambda: "P confirm" in text_of(app.footer), "the footer says how")
        assert "pause" not in text_of(app.footer)
        await press(pilot, "P", front=ConfirmScreen, then="job 4711 Active: 12,000 of 20,000 objects")
        assert app.engine.asked == []
        await press(pilot, "y")
        await until(lambda: ConfirmJob("3") in app.engine.asked, "it begins")


async def test_its_priority_can_be_changed() -> None:
    async with watching(TransferList([JOB])) as (app, pilot):
        await press(pilot, "L", front=PriorityScreen)
        await press(pilot, "x", "enter", then="write a number")
        await press(pilot, "backspace", "4", "2", "enter")
        await until(lambda: SetJobPriority("3", 42) in app.engine.asked, "it is changed")
