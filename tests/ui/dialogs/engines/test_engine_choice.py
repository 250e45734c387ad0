"""The route card of a large copy: other engines beside this machine, with duration, price and limits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot
from textual.widgets import Button, Input

from tests.ui.dialogs.host import Host, screen_text
from tests.ui.dialogs.scripted import ScriptedEngine
from tests.ui.dialogs.world import BOOK, ORDER, finished_card
from tests.ui.pressing import press
from tests.waiting import until
from tui.model.batch.operations import BatchOptions, ManifestSource
from tui.model.batch.plan import JobPlan
from tui.model.location import Location
from tui.model.orders import BatchCopy, BatchOrder, ConflictPolicy, CopyOptions, CopyOrder
from tui.model.plan import Pace, RouteCard, Tally
from tui.model.problem import Problem, ProblemKind
from tui.protocol.messages.batch import PlanJob
from tui.protocol.messages.transfers import AskEngines, EnginesAnswer, PlanCopy
from tui.scale.hand_over import Terms
from tui.scale.prices import LIST_PRICES
from tui.ui.orders.engine_choice import EngineChoice
from tui.ui.orders.route_card import RouteCardScreen

SMALL = (80, 24)
GIB = 1 << 30
PACE = Pace(copies=1000.0)
ROLE = "arn:aws:iam::123456789012:role/batch"
SKIP = CopyOrder(ORDER.selection, ORDER.destination, CopyOptions(ConflictPolicy.SKIP))


def card(objects: int = 2_000_000, large: int = 0) -> RouteCard:
    tally = Tally(objects, 300 * GIB, complete=True, large=large, large_bytes=large * 6 * GIB)
    return replace(finished_card(), tally=tally, pace=PACE)


JOB = JobPlan(ManifestSource.LIST, "123456789012", "", "s3://reports/batch/")


def engine(planned: RouteCard, refused: str = "", job: JobPlan | Problem | None = None) -> ScriptedEngine:
    answers: dict[type[Any], Any] = {AskEngines: EnginesAnswer(PACE, refused), PlanJob: job or JOB}
    return ScriptedEngine(answers, {PlanCopy: [planned]})


def host(scripted: ScriptedEngine, terms: Terms | None = None) -> Host:
    return Host(dialog=RouteCardScreen(scripted, ORDER, BOOK, terms=terms or Terms(LIST_PRICES)))


def shown(app: Host) -> str:
    return "\n".join(line.plain for line in app.screen.query_one(EngineChoice).lines)


async def test_below_the_threshold_nothing_is_asked_and_nothing_can_be_chosen() -> None:
    scripted = engine(card(999_999))
    app = host(scripted)
    async with app.run_test(size=SMALL) as pilot:
        await until(lambda: "999,999" in screen_text(app), "it is counted")
        await press(pilot, "b", "enter")
        await until(lambda: bool(app.answers), "the dialog answers")
        assert "engine" not in screen_text(app)
    assert app.answers == [ORDER]
    assert not any(isinstance(asked, AskEngines) for asked in scripted.asked)


async def test_from_the_threshold_on_the_engines_stand_side_by_side() -> None:
    app = host(engine(card(large=3)))
    async with app.run_test(size=SMALL) as pilot:
        await until(lambda: "batch ✗ a job asks nothing" in shown(app), "a job answers no questions")
        await press(pilot, "b", "e")
        await until(lambda: "batch ✓" in shown(app), "with another policy a job can do it")
        assert "local ✓ about 33 min, $10.01" in shown(app)
        assert "batch ✓ 10 min to 1 h 36 min, $12.26; 3 objects above 5 GiB by this machine; no pause" in shown(app)
        assert "AWS list prices of us-east-1, first tier, 2025-06-01" in shown(app)
        assert "engine b" in screen_text(app)
        assert "Cancel  esc" in screen_text(app)  # the buttons are in sight on 24 lines


async def test_a_service_without_jobs_says_so() -> None:
    app = host(engine(card(), "two services"))
    async with app.run_test(size=SMALL) as pilot:
        await until(lambda: "batch ✗ two services" in shown(app), "it is known")
        await press(pilot, "e", "b", "enter")
        await until(lambda: bool(app.answers), "the dialog answers")
    assert app.answers == [SKIP]


async def test_another_scheduler_is_taken_as_the_engine_of_the_copy() -> None:
    terms = Terms(LIST_PRICES, dask="tls://here:8786", workers=4)
    app = host(engine(card(), "two services"), terms)
    async with app.run_test(size=SMALL) as pilot:
        await until(lambda: "dask  ✓ about 9 min, $10.01; 4 workers" in shown(app), "the workers are shown")
        await press(pilot, "b", "enter")
        await until(lambda: bool(app.answers), "the dialog answers")
    assert app.answers == [CopyOrder(ORDER.selection, ORDER.destination, CopyOptions(engine="tls://here:8786"))]


async def test_a_job_is_given_its_role_and_its_place_for_reports() -> None:
    app = host(engine(card(large=3)))
    async with app.run_test(size=SMALL) as pilot:
        await until(lambda: "batch ✗" in shown(app), "the engines are shown")
        await press(pilot, "e")
        await until(lambda: "batch ✓" in shown(app), "a job can do it")
        await press(pilot, "b", "enter")
        await until(lambda: "Hand over to S3 Batch Operations" in screen_text(app), "the job is asked about")
        assert "type the role of the job" in screen_text(app)
        assert "Hand over  enter" in screen_text(app)
        assert app.screen.query_one("#do", Button).disabled
        app.screen.query_one("#role", Input).value = ROLE
        app.screen.query_one("#reports", Input).value = "s3://reports/batch/"
        await until(lambda: not app.screen.query_one("#do", Button).disabled, "nothing is missing")
        assert "3 objects above 5 GiB" in screen_text(app)
        assert "cannot be paused" in screen_text(app)
        await press(pilot, "enter")
        await until(lambda: bool(app.answers), "the dialog answers")
    options = BatchOptions(ROLE, Location("reports", "batch/"), manifest=ManifestSource.AUTO)
    assert app.answers == [BatchOrder(ORDER.selection, "b", BatchCopy(ORDER.destination, SKIP.options), options)]


async def test_a_role_is_made_for_a_job_that_has_none() -> None:
    asked: list[BatchOrder] = []

    async def make(order: BatchOrder, made: Callable[[str], None]) -> None:
        asked.append(order)
        made(ROLE)

    card_screen = RouteCardScreen(engine(card()), ORDER, BOOK, terms=Terms(LIST_PRICES), make_role=make)
    app = Host(dialog=card_screen)
    async with app.run_test(size=SMALL) as pilot:
        await ready(app, pilot)
        button = app.screen.query_one("#make-role", Button)
        assert "Make role  ctrl+r" in screen_text(app)
        assert button.disabled, "there is no place for reports yet"
        await press(pilot, "ctrl+r", *"s3://reports/batch/")  # as docs/batch.md says: the cursor is there
        await until(lambda: not button.disabled, "a role can be made")
        await press(pilot, "ctrl+r")
        await until(lambda: app.screen.query_one("#role", Input).value == ROLE, "its ARN is typed in")
        await until(lambda: not button.display, "there is a role")
        await press(pilot, "ctrl+r", "enter")
        await until(lambda: bool(app.answers), "the dialog answers")
    options = BatchOptions("", Location("reports", "batch/"))
    [order] = asked
    assert order.options == replace(options, confirm=order.options.confirm)
    [answer] = app.answers
    assert isinstance(answer, BatchOrder)
    assert answer == replace(order, options=replace(order.options, role=ROLE))


@pytest.mark.parametrize(
    ("field", "text", "wrong"),
    [
        ("role", "batch", "is not a role"),
        ("reports", "", "has no bucket"),
        ("reports", "s3://reports/file", "is no prefix"),
        ("reports", "/tmp/", "write s3://"),
        ("priority", "-1", "the priority is a number"),
        ("priority", "1e3", "the priority is a number"),
    ],
)
async def test_what_is_wrong_is_said_and_prevents_it(field: str, text: str, wrong: str) -> None:
    app = host(engine(card()), Terms(LIST_PRICES, role=ROLE, reports="s3://reports/"))
    async with app.run_test(size=SMALL) as pilot:
        await until(lambda: "batch ✗" in shown(app), "the engines are shown")
        await press(pilot, "e")
        await until(lambda: "batch ✓" in shown(app), "a job can do it")
        await press(pilot, "b", "enter")
        await until(lambda: "Hand over to" in screen_text(app), "the job is asked about")
        assert not app.screen.query_one("#do", Button).disabled
        app.screen.query_one(f"#{field}", Input).value = text
        await until(lambda: wrong in " ".join(screen_text(app).split()), "it says what is wrong")
        assert app.screen.query_one("#do", Button).disabled
        await press(pilot, "escape")
        await until(lambda: isinstance(app.screen, RouteCardScreen), "the card is back")
    assert app.answers == []


async def ready(app: Host, pilot: Pilot[None]) -> None:
    await until(lambda: "batch ✗" in shown(app), "the engines are shown")
    await press(pilot, "e")
    await until(lambda: "batch ✓" in shown(app), "a job can do it")
    await press(pilot, "b", "enter")
    await until(lambda: "Hand over to" in screen_text(app), "the job is asked about")


class SlowEngine(ScriptedEngine):
    """Plans a job when it may."""

    def __init__(self) -> None:
        super().__init__({AskEngines: EnginesAnswer(PACE, ""), PlanJob: JOB}, {PlanCopy: [card()]})
        self.may_plan = asyncio.Event()
        self.planned = 0

    async def ask(self, request: Any) -> Any:
        if isinstance(request, PlanJob):
            await self.may_plan.wait()
            self.planned += 1
        return await super().ask(request)


async def test_what_is_chosen_while_a_job_is_planned_is_not_left_out() -> None:
    slow = SlowEngine()
    app = host(slow, Terms(LIST_PRICES, role=ROLE, reports="s3://reports/"))
    async with app.run_test(size=SMALL) as pilot:
        await ready(app, pilot)
        await press(pilot, "enter")
        app.screen.query_one("#priority", Input).value = "77"
        await pilot.pause()
        slow.may_plan.set()
        await until(lambda: slow.planned == 1, "the job is planned as it was")
        await pilot.pause()
        assert not app.answers
        button = app.screen.query_one("#do", Button)
        await until(lambda: not button.has_class("-active"), "the button can be pressed again")
        await press(pilot, "enter")
        await until(lambda: bool(app.answers), "the dialog answers")
    [answer] = app.answers
    assert isinstance(answer, BatchOrder)
    assert answer.options.priority == 77


async def test_what_the_engine_refuses_is_shown_and_nothing_is_submitted() -> None:
    problem = Problem(ProblemKind.INVALID, "no job can do this", remedy="copy by this machine")
    app = host(engine(card(), job=problem), Terms(LIST_PRICES, role=ROLE, reports="s3://reports/"))
    async with app.run_test(size=SMALL) as pilot:
        await ready(app, pilot)
        await press(pilot, "enter")
        await until(lambda: "no job can do this" in screen_text(app), "it says why")
        await press(pilot, "enter", "escape")
        await until(lambda: isinstance(app.screen, RouteCardScreen), "the card is back")
    assert app.answers == []


async def test_what_the_role_may_not_do_is_shown_once_before_it_is_done_anyway() -> None:
    plan = JobPlan(JOB.source, JOB.account, "", JOB.folder, [Problem(ProblemKind.DENIED, "the role may not read")])
    app = host(engine(card(), job=plan), Terms(LIST_PRICES, role=ROLE, reports="s3://reports/"))
    async with app.run_test(size=SMALL) as pilot:
        await ready(app, pilot)
        await press(pilot, "enter")
        await until(lambda: "Hand over anyway" in screen_text(app), "it is asked again")
        assert "the role may not read" in screen_text(app)
        assert app.answers == []
        button = app.screen.query_one("#do", Button)
        await until(lambda: not button.has_class("-active"), "the button can be pressed again")
        await press(pilot, "enter")
        await until(lambda: bool(app.answers), "the dialog answers")
    assert isinstance(app.answers[0], BatchOrder)
