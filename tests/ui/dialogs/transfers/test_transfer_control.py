"""What the keys of the panel have the engine do, and what is asked and said before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.ui.dialogs.host import screen_text
from tests.ui.dialogs.scripted import ScriptedEngine
from tests.ui.dialogs.transfers.world import (
    ASKING,
    DONE,
    FAILED,
    MOVING,
    PAUSED,
    QUEUED,
    RUNNING,
    WAITING,
)
from tests.ui.dialogs.watching import SMALL, Watching, obedient
from tests.ui.pressing import press
from tests.waiting import until
from tui.model.problem import Problem, ProblemKind
from tui.model.transfer import Limits, Transfer, TransferList
from tui.protocol.messages.transfers import (
    CancelTransfers,
    ExportReceipt,
    ForgetTransfers,
    MoveTransfer,
    PauseTransfers,
    ResumeTransfers,
    RetryTransfer,
    SetLimits,
)
from tui.ui.kit.confirm import ConfirmScreen
from tui.ui.transfers.limits import LimitsScreen
from tui.ui.transfers.receipt import ReceiptScreen


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
        await press(pilot, *keys)
        await until(lambda: engine.asked == [asked], f"the engine is asked to {asked}")
    assert app.told == []


@pytest.mark.parametrize(
    ("transfers", "key", "words"),
    [
        ([DONE], "p", "it has already ended"),
        ([DONE], "x", "it has already ended"),
        ([DONE], "X", "no transfer is running"),
        ([DONE], "P", "no transfer is running"),
        ([DONE], "r", "it has no failed objects"),
        ([DONE], "E", "it has no failed objects"),
        ([DONE], "l", "it has already ended"),
        ([DONE], "K", "it has already ended"),
        ([RUNNING], "r", "it has not ended yet"),
        ([RUNNING], "R", "it has not ended yet"),
        ([RUNNING], "D", "no ended transfers are shown"),
    ],
)
async def test_what_cannot_be_done_is_said(transfers: list[Transfer], key: str, words: str) -> None:
    engine = obedient()
    app = Watching(engine, TransferList(transfers))
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, key)
        await until(lambda: bool(app.told), "it says so")
        assert app.told[0].startswith(words)
        assert len(app.screen_stack) == 1
    assert engine.asked == []


async def test_the_first_one_stays_the_first() -> None:
    engine = obedient()
    app = Watching(engine, TransferList([QUEUED, RUNNING]))
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "K", "p")
        await until(lambda: bool(engine.asked), "what came after it is asked for")
    assert engine.asked == [PauseTransfers(["7"])]


async def test_what_the_engine_refuses_is_said() -> None:
    engine = ScriptedEngine(
        {PauseTransfers: Problem(ProblemKind.JOURNAL, "the journal cannot be written", "disk full")}
    )
    app = Watching(engine, TransferList([RUNNING]))
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "p")
        await until(lambda: app.told == ["the journal cannot be written · disk full"], "it says why")


@pytest.mark.parametrize(
    ("key", "transfers", "words", "asked"),
    [
        ("x", [RUNNING], "8,412 of 11,830 objects are already copied and stay so", CancelTransfers(["3"])),
        ("delete", [MOVING], "100 of 500 objects are already moved and stay so", CancelTransfers(["10"])),
        ("X", [RUNNING, PAUSED, DONE], "Cancel 2 transfers?", CancelTransfers(["3", "9"])),
        ("D", [RUNNING, DONE, FAILED], "Remove 2 ended transfers?", ForgetTransfers(["1", "2"])),
    ],
)
async def test_where_something_is_lost_it_asks_first(
    key: str, transfers: list[Transfer], words: str, asked: Any
) -> None:
    engine = obedient()
    app = Watching(engine, TransferList(transfers))
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, key)
        await until(lambda: isinstance(app.screen, ConfirmScreen) and words in screen_text(app), "it asks")
        await press(pilot, "n")
        await until(lambda: len(app.screen_stack) == 1, "the question is gone")
        assert engine.asked == []
        await press(pilot, key)
        await until(lambda: isinstance(app.screen, ConfirmScreen), "it asks again")
        await press(pilot, "y")
        await until(lambda: engine.asked == [asked], "it is done")


async def test_limits_are_typed_and_hold_at_once() -> None:
    engine = obedient()
    app = Watching(engine, TransferList([PAUSED], limits=Limits(2**20, 8)))
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "l")
        await until(lambda: isinstance(app.screen, LimitsScreen), "it asks")
        await until(lambda: "10 MiB" in screen_text(app) and "= 4 at once" in screen_text(app), "as it is now")
        await press(pilot, *"fast", "enter")
        await until(lambda: "'fast' is not a size" in screen_text(app), "what is wrong is said under the line")
        await press(pilot, *["backspace"] * 4, *"1.5M", "tab", "backspace", "enter")
        await until(lambda: engine.asked == [SetLimits(Limits(1536 * 1024), "9")], "they hold")
        await until(lambda: app.told == ["at most 1.50 MiB/s"], "it says so")
        await press(pilot, "L")
        await until(lambda: "all transfers together" in screen_text(app), "it asks about all")
        await press(pilot, "delete", "0", "enter")
        await until(lambda: engine.asked[1:] == [SetLimits(Limits(None, 8), "")], "the rate of all is free")
        await press(pilot, "L", "escape")
        await pilot.pause()
    assert len(engine.asked) == 2


async def test_a_receipt_is_written_where_the_user_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    engine = obedient()
    app = Watching(engine, TransferList([FAILED]))
    async with app.run_test(size=(160, 24)) as pilot:
        await press(pilot, "R")
        await until(lambda: isinstance(app.screen, ReceiptScreen), "it asks where")
        await press(pilot, "enter")
        here = str(tmp_path / "xs3-receipt-2.jsonl")
        await until(lambda: engine.asked == [ExportReceipt("2", here)], "it is written to the current directory")
        await until(lambda: app.told == ["2 objects in /tmp/r.jsonl"], "it says where")
        (tmp_path / "xs3-failed-2.jsonl").touch()
        await press(pilot, "E")
        await until(lambda: "this file exists and will be replaced" in screen_text(app), "it warns")
        await press(pilot, *"/x", "enter")
        await until(lambda: "no directory" in screen_text(app), "it refuses")
        await press(pilot, "backspace", "backspace", "x", "enter")
        failed = str(tmp_path / "xs3-failed-2.jsonlx")
        await until(lambda: engine.asked[1:] == [ExportReceipt("2", failed, True)], "only what failed is written")
