"""What an identity needs is asked for once, then what failed is tried again."""

from __future__ import annotations

from typing import Any

from tests.ui.dialogs.scripted import ManyAnswers, ScriptedEngine
from tests.unit.ui.controllers.host import Browser
from tui.model.location import Location
from tui.model.orders import DeleteOrder, Selection
from tui.model.problem import Need, Problem, ProblemKind
from tui.protocol.client import EngineLostError
from tui.protocol.messages.base import Done, Request
from tui.protocol.messages.transfers import SubmitDelete
from tui.ui.browser.controllers.needs import Needs
from tui.ui.kit.messages import NotConnected, Side
from tui.ui.needs.code import CodeScreen

CODE = Problem(ProblemKind.NO_CREDENTIALS, "MFA", needs=Need.MFA_CODE, subject="arn:aws:iam::1:mfa/a", connection="c")
DENIED = Problem(ProblemKind.DENIED, "access denied")
REQUEST = SubmitDelete(DeleteOrder(Selection("c", Location("bucket"), keys=["key"])))


def test_it_is_asked_at_once_where_the_user_has_just_chosen_and_later_where_a_dialog_is_in_front() -> None:
    made = Browser()
    made.host.in_front = False
    made.needs.not_connected(NotConnected(Side.LEFT, CODE))
    assert made.host.dialogs == []
    made.host.in_front = True
    made.needs.ask_next()
    made.host.expect(CodeScreen)
    made.host.answer(None)
    made.needs.ask_next()
    assert made.host.dialogs == [], "it was asked"


def test_a_restored_pane_asks_for_nothing() -> None:
    made = Browser()
    needs = Needs(made.context, made.panes, lambda side: side is not Side.LEFT)
    needs.not_connected(NotConnected(Side.LEFT, CODE))
    assert made.host.dialogs == []
    needs.not_connected(NotConnected(Side.RIGHT, CODE))
    made.host.expect(CodeScreen)


def test_what_meets_both_panes_is_asked_once() -> None:
    made = Browser()
    made.host.in_front = False
    for side in Side:
        made.needs.not_connected(NotConnected(side, CODE))
    made.host.in_front = True
    made.needs.ask_next()
    made.host.answer(True)
    made.needs.ask_next()
    assert made.host.dialogs == []


def test_the_answer_decides_what_follows() -> None:
    made, called = Browser(), list[str]()
    for answer in (True, None):
        assert made.needs.meet(CODE, lambda: called.append("then"), lambda: called.append("otherwise"))
        made.host.answer(answer)
    assert called == ["then", "otherwise"]
    assert not made.needs.meet(DENIED)


async def test_a_request_is_sent_again_when_what_it_needs_was_given() -> None:
    made, done = Browser(ManyAnswers({SubmitDelete: [CODE, Done()]})), list[str]()
    made.needs.request(REQUEST, lambda: done.append("done"))
    await made.host.work()
    assert done == []
    made.host.expect(CodeScreen)
    made.host.answer(True)
    await made.host.work()
    assert done == ["done"]
    assert made.engine.asked == [REQUEST, REQUEST]


async def test_a_request_that_needs_nothing_and_fails_says_why_and_is_not_done() -> None:
    made, done = Browser(ScriptedEngine({SubmitDelete: DENIED})), list[str]()
    made.needs.request(REQUEST, lambda: done.append("done"))
    await made.host.work()
    assert done == []
    assert made.host.toasts == [("access denied", "error")]


class Dying(ScriptedEngine):
    """An engine that ends before it answers."""

    async def ask(self, request: Request[Any]) -> Any:
        self.asked.append(request)
        raise EngineLostError


async def test_an_order_that_an_engine_took_with_it_is_not_forgotten() -> None:
    made, done = Browser(Dying()), list[str]()
    made.needs.request(REQUEST, lambda: done.append("done"))
    await made.host.work()
    assert done == []
    ((said, severity),) = made.host.toasts
    assert "look in the list of transfers" in said
    assert severity == "error"
