"""A transfer verified again: its results, the question before content is read, and what is refused."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import msgspec
from msgspec.structs import replace
from textual.widgets import OptionList

from tests.ui.dialogs.host import screen_text
from tests.ui.dialogs.scripted import HOLD, ScriptedEngine
from tests.ui.dialogs.transfers.world import FAILED
from tests.ui.dialogs.watching import SMALL, Watching
from tests.ui.pressing import press
from tests.waiting import until
from tui.model.transfer import TransferKind, TransferList
from tui.model.verifying.verification import ReadPolicy, Stage, Verified, VerifiedState, VerifyTally, VerifyTransfer
from tui.protocol.messages.base import Done
from tui.protocol.messages.verifying import AnswerReading, Verify, VerifyUpdate
from tui.ui.kit.tones import BAD, GOOD
from tui.ui.transfers.verification import VerificationScreen
from tui.ui.transfers.verified import stage_line

BASE = FAILED.target


def result(name: str, state: VerifiedState, evidence: str = "") -> Verified:
    return Verified(FAILED.source + name, BASE + name, state, evidence, 2048)


SEEN = [
    result("one.bin", VerifiedState.SAME, "CRC64NVME as recorded"),
    result("[b]t\x1bwo", VerifiedState.DIFFERS, "size: 1 and 2 bytes"),
    result("three", VerifiedState.MISSING),
]
TALLY = VerifyTally(Stage.ASKING, same=1, differs=1, missing=1, unproven=1, bytes_to_read=5 << 30)
ENDED = msgspec.structs.replace(TALLY, stage=Stage.DONE, same=2, bytes_read=5 << 30)


class Asking(ScriptedEngine):
    """Ends the verification once it may read."""

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
    app = Watching(engine, TransferList([FAILED]))
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "v")
        await until(lambda: isinstance(app.screen, VerificationScreen), "it opens")
        await until(lambda: "read 5.00 GiB?" in screen_text(app), "it asks first")
        assert engine.asked[-1].order == VerifyTransfer(FAILED.id)
        assert engine.asked[-1].read is ReadPolicy.ASK
        rows = app.screen.query_one(OptionList)
        assert [str(rows.get_option_at_index(at).prompt)[:5] for at in range(3)] == ["✗ [b]", "✗ thr", "✓ one"]
        assert "\x1b" not in screen_text(app)
        await press(pilot, "f")
        await until(lambda: rows.option_count == 1, "only what differs")
        await press(pilot, "y")
        await until(lambda: "5.00 GiB read" in screen_text(app), "it has read")
        assert engine.asked[-1] == AnswerReading(engine.asked[-2].name, read=True)
        await press(pilot, "f", "f")
        await until(lambda: "✓ four" in screen_text(app), "the proven one is the same")
        await press(pilot, "escape")
        await until(lambda: not isinstance(app.screen, VerificationScreen), "it closes")


def test_a_transfer_that_has_not_copied_all_is_not_shown_as_good() -> None:
    tally = VerifyTally(Stage.DONE, same=2)
    tones = [stage_line(each).spans[0].style for each in (tally, replace(tally, skipped=1), replace(tally, left_out=1))]
    assert tones == [GOOD, GOOD, BAD]
    assert "1 not copied" in stage_line(VerifyTally(Stage.DONE, left_out=1)).plain


async def test_closing_it_ends_the_verification() -> None:
    engine = ScriptedEngine(feeds={Verify: [VerifyUpdate(VerifyTally(), []), HOLD]})
    app = Watching(engine, TransferList([FAILED]))
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "v")
        await until(lambda: bool(engine.asked), "it has begun")
        await press(pilot, "y", "escape")
        await until(lambda: len(engine.closed) == 1, "nobody verifies any longer")
    assert len(engine.asked) == 1, "y answers nothing that was not asked"


async def test_a_deletion_has_nothing_to_verify() -> None:
    engine = ScriptedEngine()
    app = Watching(engine, TransferList([msgspec.structs.replace(FAILED, kind=TransferKind.DELETE)]))
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "v")
        await until(lambda: any("it has copied nothing" in said for said in app.told), "it says so")
    assert not engine.asked
