"""Where something fails for want of what the user can give, it is asked for there, and tried again."""

from __future__ import annotations

import msgspec
from textual.pilot import Pilot

from tests.ui.dialogs.host import Host, screen_text
from tests.ui.dialogs.needs.test_needs import CODE
from tests.ui.dialogs.scripted import HOLD, ManyAnswers
from tests.ui.dialogs.transfers.world import WAITING
from tests.ui.dialogs.world import BOOK, ORDER, TARGET, UPDATES, finished_card
from tests.ui.pressing import press
from tests.waiting import until
from tui.protocol.messages.base import Done
from tui.protocol.messages.identities import GiveCode
from tui.protocol.messages.inspecting import Inspect
from tui.protocol.messages.transfers import PlanCopy, WatchResults
from tui.ui.inspector.inspector import Inspector
from tui.ui.inspector.problem import ProblemScreen
from tui.ui.orders.route_card import RouteCardScreen
from tui.ui.transfers.transfer import TransferScreen
from tui.ui.transfers.words import need_of, reason

SMALL = (80, 24)
NEEDING = msgspec.structs.replace(WAITING, waits_for=CODE)


async def until_shown(pilot: Pilot[None], text: str) -> None:
    await until(lambda: text in screen_text(pilot.app), f"the screen shows {text!r}")


async def give(pilot: Pilot[None]) -> None:
    await until_shown(pilot, "MFA code")
    await press(pilot, *"123456", "enter")


async def test_a_card_that_failed_is_planned_again() -> None:
    engine = ManyAnswers({GiveCode: [Done()]}, {PlanCopy: [[CODE], [finished_card()]]})
    app = Host(dialog=RouteCardScreen(engine, ORDER, BOOK))
    async with app.run_test(size=SMALL) as pilot:
        await until_shown(pilot, "Enter the code")
        await press(pilot, "n")
        await give(pilot)
        await until_shown(pilot, "11,830")
        assert "Enter the code" not in screen_text(app)
        await press(pilot, "enter")
        await until(lambda: bool(app.answers), "it can be confirmed")


async def test_a_card_stays_as_it_is_for_who_cancels() -> None:
    engine = ManyAnswers(feeds={PlanCopy: [[CODE]]})
    app = Host(dialog=RouteCardScreen(engine, ORDER, BOOK))
    async with app.run_test(size=SMALL) as pilot:
        await until_shown(pilot, "Enter the code")
        await press(pilot, "n")
        await until_shown(pilot, "MFA code")
        await press(pilot, "escape")
        await until_shown(pilot, "Enter the code")
        await press(pilot, "escape")
        await until(lambda: app.answers == [None], "nothing is copied")


async def test_the_inspector_looks_again() -> None:
    engine = ManyAnswers({GiveCode: [Done()]}, {Inspect: [[CODE], [*UPDATES, HOLD]]})
    widget = Inspector(engine)
    app = Host(widgets=[widget])
    async with app.run_test(size=SMALL) as pilot:
        widget.show(TARGET)
        widget.focus()
        await until_shown(pilot, "enter: enter the code")
        await press(pilot, "enter")
        await give(pilot)
        await until_shown(pilot, "analytics owns this")


async def test_a_transfer_that_waits_says_by_which_key() -> None:
    engine = ManyAnswers({GiveCode: [Done()]}, {WatchResults: [[HOLD]]})
    app = Host(dialog=TransferScreen(engine, NEEDING, BOOK))
    async with app.run_test(size=SMALL) as pilot:
        await until_shown(pilot, "n: enter the code, then it resumes")
        await press(pilot, "n")
        await give(pilot)
        await until(lambda: isinstance(app.screen, TransferScreen), "the transfer is shown again")
    assert GiveCode in map(type, engine.asked)


async def test_a_problem_in_full_has_a_button_for_it() -> None:
    wanted: list[str] = []
    app = Host(dialog=ProblemScreen(CODE, meet=lambda: wanted.append("code")))
    async with app.run_test(size=SMALL) as pilot:
        await until_shown(pilot, "Enter the code")
        await press(pilot, "enter")
        await until(lambda: wanted == ["code"], "it is asked for")
    assert app.answers == [None]


def test_a_need_is_said_shortly_and_only_while_it_is_waited_for() -> None:
    assert reason(NEEDING) == "a code is needed · enter: enter the code, then it resumes"
    assert need_of(NEEDING) is CODE
    assert need_of(WAITING) is None
