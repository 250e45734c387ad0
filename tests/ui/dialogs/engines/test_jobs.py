"""A transfer by a job of S3, in the panel and in full: where it stands, confirmation, priority, no pause."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from tests.ui.dialogs.host import screen_text
from tests.ui.dialogs.scripted import ScriptedEngine
from tests.ui.dialogs.transfers.world import RUNNING
from tests.ui.dialogs.watching import SMALL, Watching
from tests.ui.pressing import press
from tests.waiting import until
from tui.model.problem import Problem, ProblemKind
from tui.model.transfer import Transfer, TransferList, TransferState
from tui.protocol.messages.base import Done
from tui.protocol.messages.batch import ConfirmJob, SetJobPriority
from tui.protocol.messages.transfers import PauseTransfers
from tui.ui.kit.confirm import ConfirmScreen
from tui.ui.transfers.details import detail_lines
from tui.ui.transfers.limits import PriorityScreen

WORDS = "job 4711 Active: 12,000 of 20,000 objects, 3 failed, active for 35 s"
JOB = replace(RUNNING, engine="batch", elsewhere=WORDS, route=None)
CONFIRMATION = Problem(ProblemKind.CONFIRMATION, "the job waits for your confirmation: 20,000 objects")
UNCONFIRMED = replace(JOB, state=TransferState.WAITING, waits_for=CONFIRMATION)


def watching(transfer: Transfer, answer: object = None) -> tuple[ScriptedEngine, Watching]:
    answers: dict[type[Any], Any] = dict.fromkeys((ConfirmJob, SetJobPriority, PauseTransfers), answer or Done())
    engine = ScriptedEngine(answers)
    return engine, Watching(engine, TransferList([transfer]))


def test_in_full_it_says_where_the_job_stands() -> None:
    lines = [line.plain for line in detail_lines(JOB, 80, {}, 0.0)]
    assert f"there  {WORDS}" in lines


async def test_one_that_waits_begins_when_it_is_confirmed() -> None:
    engine, app = watching(UNCONFIRMED)
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "p")
        await until(lambda: isinstance(app.screen, ConfirmScreen), "it is asked about")
        await until(lambda: "job 4711 Active: 12,000 of 20,000 objects" in screen_text(app), "it says what begins")
        assert engine.asked == []
        await press(pilot, "y")
        await until(lambda: ConfirmJob("3") in engine.asked, "it begins")


async def test_one_that_runs_cannot_be_paused_and_says_so() -> None:
    engine, app = watching(JOB, Problem(ProblemKind.INVALID, "a job of S3 cannot be paused"))
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "p")
        await until(lambda: any("cannot be paused" in said for said in app.told), "the reason is shown")
    assert engine.asked == [PauseTransfers(["3"])]


async def test_its_priority_can_be_changed() -> None:
    engine, app = watching(JOB)
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "l")
        await until(lambda: isinstance(app.screen, PriorityScreen), "it is asked for")
        await press(pilot, "x", "enter")
        await until(lambda: "write a number" in screen_text(app), "what is no number is refused")
        await press(pilot, "backspace", "4", "2", "enter")
        await until(lambda: SetJobPriority("3", 42) in engine.asked, "it is changed")
