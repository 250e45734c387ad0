"""What an identity needs is asked for, given to the engine as a secret, and asked again when it was wrong."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from textual.content import Content
from textual.pilot import Pilot
from textual.widgets import Input

from tests.ui.dialogs.host import Host, screen_text
from tests.ui.dialogs.scripted import HOLD, ManyAnswers, ScriptedEngine
from tests.ui.pressing import press
from tests.waiting import until
from tui.model.problem import Need, Problem, ProblemKind
from tui.protocol.messages.base import Done
from tui.protocol.messages.identities import GiveCode, GiveKeys, Secret, SignIn, SignInStep
from tui.ui.kit.confirm import ConfirmScreen
from tui.ui.needs.needs import need_dialog

NOW = 1_764_025_200.0
SMALL = (80, 24)

SERIAL, ROLE = "arn:aws:iam::222222222222:mfa/bob", "arn:aws:iam::111111111111:role/de\x1bploy"

CODE = Problem(
    ProblemKind.NO_CREDENTIALS, "a code is needed", resource=ROLE, identity="deploy",
    needs=Need.MFA_CODE, connection="c", subject=SERIAL,
)  # fmt: skip
SIGN_IN = Problem(
    ProblemKind.EXPIRED, "the sign-in has ended", identity="admin", needs=Need.SIGN_IN, connection="c", subject="corp"
)
KEYS = Problem(
    ProblemKind.NO_CREDENTIALS, "no secret", identity="AKIA1", needs=Need.KEYS, connection="c", subject="AKIA1"
)
WRONG = Problem(ProblemKind.DENIED, "the code was refused", remedy="wait for the next one")
DENIED = Problem(ProblemKind.DENIED, "the sign-in was denied")

STEP = SignInStep(
    "https://corp.awsapps.com/start/#/device", "https://corp.awsapps.com/d?c=ABCD-EFGH", "ABCD-EFGH", NOW + 600
)
URL = STEP.complete_url


def host(engine: ScriptedEngine, problem: Problem) -> Host:
    dialog = need_dialog(engine, problem, lambda: NOW)
    assert dialog
    return Host(dialog=dialog)


async def until_shown(pilot: Pilot[None], text: str) -> None:
    await until(lambda: text in screen_text(pilot.app), f"the screen shows {text!r}")


async def test_a_refused_code_is_said_and_the_next_one_may_be_right() -> None:
    engine = ManyAnswers({GiveCode: [WRONG, Done()]})
    app = host(engine, CODE)
    async with app.run_test(size=SMALL) as pilot:
        await until_shown(pilot, SERIAL)
        await until_shown(pilot, "role/de␛ploy")
        await press(pilot, *"12x3", "enter")
        await until_shown(pilot, "an MFA code has 6 digits")
        assert not engine.asked
        await press(pilot, *"456", "enter")
        await until_shown(pilot, "✗ the code was refused · wait for the next one")
        assert "123456" not in screen_text(app)
        assert app.screen.query_one(Input).value == ""
        await press(pilot, *"654", "space", *"321", "enter")
        await until(lambda: bool(app.answers), "the dialog answers")
    assert app.answers == [True]
    assert engine.asked == [GiveCode("c", Secret("123456")), GiveCode("c", Secret("654321"))]


class SlowEngine(ScriptedEngine):
    """Accepts a code when it may."""

    def __init__(self) -> None:
        super().__init__({GiveCode: Done()})
        self.may_answer = asyncio.Event()

    async def ask(self, request: Any) -> Any:
        await self.may_answer.wait()
        return await super().ask(request)


async def test_a_code_that_is_accepted_below_another_dialog_closes_its_own() -> None:
    engine = SlowEngine()
    app = host(engine, CODE)
    async with app.run_test(size=SMALL) as pilot:
        asks = app.screen
        await press(pilot, *"123456", "enter")
        await until_shown(pilot, "checking…")
        above = ConfirmScreen("above", Content("?"), "Do it")
        app.push_screen(above)
        await until_shown(pilot, "Do it")
        engine.may_answer.set()
        await until(lambda: bool(engine.asked), "the code is accepted")
        await pilot.pause()
        assert app.screen is above
        await press(pilot, "n")
        await until(lambda: not {asks, above} & set(app.screen_stack), "both are closed")
    assert app.answers == [True]


@pytest.mark.parametrize("problem", [CODE, SIGN_IN, KEYS], ids=lambda problem: problem.needs)
async def test_everything_can_be_left(problem: Problem) -> None:
    engine = ManyAnswers(feeds={SignIn: [[STEP, HOLD]]})
    app = host(engine, problem)
    async with app.run_test(size=SMALL) as pilot:
        await pilot.pause()
        await press(pilot, "escape")
        await until(lambda: bool(app.answers), "the dialog answers")
        await until(lambda: engine.closed == engine.asked, "what was begun is given up")
    assert app.answers == [None]


async def test_a_secret_and_a_token_are_hidden_and_given() -> None:
    engine = ManyAnswers({GiveKeys: [Done()]})
    app = host(engine, KEYS)
    async with app.run_test(size=SMALL) as pilot:
        await pilot.pause()
        await press(pilot, "enter")
        await until_shown(pilot, "✗ type or paste the secret")
        await press(pilot, *"s3cret", "tab", *"t0ken")
        shown = screen_text(app)
        assert "s3cret" not in shown
        assert "t0ken" not in shown
        await press(pilot, "enter")
        await until(lambda: bool(app.answers), "the dialog answers")
    assert app.answers == [True]
    assert engine.asked == [GiveKeys("AKIA1", Secret("s3cret"), Secret("t0ken"))]


async def test_a_sign_in_shows_the_whole_address_and_copies_it_once_by_itself() -> None:
    engine = ManyAnswers(feeds={SignIn: [[STEP, STEP, HOLD]]})
    app = host(engine, SIGN_IN)
    async with app.run_test(size=SMALL) as pilot:
        await until_shown(pilot, "10 min left")
        for text in (STEP.url, URL, STEP.code, "corp"):
            assert text in screen_text(app)
        assert app.clipboard == URL
        await until_shown(pilot, "address copied to the clipboard")
        await press(pilot, "c")
        assert app.clipboard == STEP.code
        await until_shown(pilot, "code copied to the clipboard")
        await press(pilot, "y")
        assert app.clipboard == URL


async def test_a_denied_sign_in_may_begin_again_and_ends_by_itself() -> None:
    engine = ManyAnswers(feeds={SignIn: [[STEP, DENIED], [STEP, SignInStep(done=True)]]})
    app = host(engine, SIGN_IN)
    async with app.run_test(size=SMALL) as pilot:
        await until_shown(pilot, "✗ the sign-in was denied")
        assert STEP.code not in screen_text(app)
        await press(pilot, "enter")
        await until(lambda: bool(app.answers), "the dialog answers")
    assert app.answers == [True]
    assert engine.asked == [SignIn("c"), SignIn("c")]


async def test_while_one_waits_no_other_is_begun() -> None:
    engine = ManyAnswers(feeds={SignIn: [[STEP, HOLD]]})
    app = host(engine, SIGN_IN)
    async with app.run_test(size=SMALL) as pilot:
        await until_shown(pilot, STEP.code)
        await press(pilot, "r", "r")
        assert engine.asked == [SignIn("c")]


def test_what_the_user_cannot_enter_is_not_asked_for() -> None:
    assert need_dialog(ScriptedEngine(), DENIED) is None
