"""Questions about what exists at a target: one at a time, withdrawn when decided elsewhere, put off when left."""

from __future__ import annotations

from tests.ui.dialogs.scripted import ScriptedEngine
from tests.unit.ui.controllers.host import Browser
from tui.model.orders import ConflictPolicy
from tui.model.problem import Problem, ProblemKind
from tui.model.transfer import Conflict, ConflictAnswer
from tui.protocol.messages.base import Done
from tui.protocol.messages.transfers import AnswerConflict
from tui.ui.browser.controllers.conflicts import Conflicts
from tui.ui.orders.conflict import ConflictScreen


def conflict(number: int, transfer: str = "t") -> Conflict:
    return Conflict(str(number), transfer, f"s3://a/{number}", f"s3://b/{number}", 1, 0.0, 1, 0.0)


def browser() -> tuple[Browser, Conflicts]:
    made = Browser(ScriptedEngine({AnswerConflict: Done()}))
    return made, Conflicts(made.context)


async def test_one_question_at_a_time_and_the_answer_goes_to_the_engine() -> None:
    made, conflicts = browser()
    conflicts.take([conflict(1), conflict(2)])
    assert made.host.expect(ConflictScreen).conflict == conflict(1)
    answer = ConflictAnswer("1", ConflictPolicy.SKIP)
    made.host.answer(answer)
    await made.host.work()
    assert made.engine.asked == [AnswerConflict(answer)]
    conflicts.take([conflict(2)])
    assert made.host.expect(ConflictScreen).conflict == conflict(2)


def test_nothing_is_asked_while_another_dialog_is_in_front() -> None:
    made, conflicts = browser()
    made.host.in_front = False
    conflicts.take([conflict(1)])
    assert made.host.dialogs == []
    made.host.in_front = True
    conflicts.ask_next()
    assert made.host.expect(ConflictScreen).conflict == conflict(1)


def test_one_that_was_left_without_an_answer_is_put_off_until_the_user_asks_for_it() -> None:
    made, conflicts = browser()
    conflicts.take([conflict(1)])
    made.host.answer(None)
    assert made.words == ["postponed: waiting for your answer: t, then Enter"]
    conflicts.take([conflict(1)])
    assert made.host.dialogs == []
    conflicts.ask_again("another")
    assert made.host.dialogs == []
    conflicts.ask_again("t")
    assert made.host.expect(ConflictScreen).conflict == conflict(1)


async def test_an_answer_for_all_of_a_transfer_asks_no_more_about_it() -> None:
    made, conflicts = browser()
    conflicts.take([conflict(1), conflict(2), conflict(3, "u")])
    made.host.answer(ConflictAnswer("1", ConflictPolicy.OVERWRITE, for_all=True))
    conflicts.ask_next()
    assert made.host.expect(ConflictScreen).conflict == conflict(3, "u")
    await made.host.work()


async def test_an_answer_that_fails_is_reported() -> None:
    made = Browser(ScriptedEngine({AnswerConflict: Problem(ProblemKind.ENGINE, "the engine has ended")}))
    conflicts = Conflicts(made.context)
    conflicts.take([conflict(1)])
    made.host.answer(ConflictAnswer("1", ConflictPolicy.SKIP))
    await made.host.work()
    assert made.host.toasts == [("the engine has ended", "error")]
