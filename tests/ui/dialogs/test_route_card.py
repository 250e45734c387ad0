"""The route card: by a real engine on the demo, and by a scripted one for moments that pass too quickly."""

from __future__ import annotations

import pytest
from textual.widgets import Button

from tests.ui.dialogs.conftest import Pair
from tests.ui.dialogs.host import Host, screen_text
from tests.ui.dialogs.scripted import HOLD, ScriptedEngine
from tests.ui.pressing import press
from tests.waiting import until
from tui.model.location import Location
from tui.model.orders import ConflictPolicy, CopyOptions, CopyOrder, Destination, Route, Selection
from tui.model.plan import RouteCard, RouteVerdict, Tally
from tui.model.problem import Problem, ProblemKind
from tui.protocol.messages.transfers import PlanCopy
from tui.protocol.session import EngineAccess
from tui.ui.orders.route_card import RouteCardScreen

SMALL = (80, 24)

ORDER = CopyOrder(
    Selection("a", Location("media", "video/"), ["video/[b]one\x1b.mp4"]), Destination("b", Location("landing", "in/"))
)

COUNTING = RouteCard(
    Tally(8412, 120_000_000_000, 3),
    [
        RouteVerdict(Route.PULL, True, "analytics reads and writes"),
        RouteVerdict(Route.PUSH, False, "media-prod cannot write the target"),
        RouteVerdict(Route.RELAY, None, "not known until it is tried"),
    ],
    Route.PULL,
)

FAILED = RouteCard(Tally(complete=True), problem=Problem(ProblemKind.DENIED, "no route is possible"), complete=True)


def host(engine: EngineAccess, order: CopyOrder = ORDER) -> Host:
    return Host(dialog=RouteCardScreen(engine, order))


async def test_on_the_demo_it_counts_probes_and_answers_with_the_order(pair: Pair) -> None:
    order = CopyOrder(
        Selection(pair.a, Location("media-prod-assets"), ["video.mp4"], ["images/"]),
        Destination(pair.b, Location("analytics-landing", "in/")),
    )
    app = host(pair.engine, order)
    async with app.run_test(size=(100, 40)) as pilot:
        await until(lambda: "Copy 61 objects" in screen_text(app), "all is counted")
        await until(lambda: "none at the target so far" not in screen_text(app), "the count has ended")
        await until(lambda: "pull  ✓" in screen_text(app), "the pull is open")
        await until(lambda: "push  ✗" in screen_text(app), "the push is closed")
        await until(lambda: "keeps" in screen_text(app), "what survives is known")
        shown = screen_text(app)
        assert "s3://analytics-landing/in/" in shown
        assert "metadata, tags" in shown
        await press(pilot, "r", "e", "enter")
        await until(lambda: bool(app.answers), "the dialog answers")
    assert app.answers == [CopyOrder(order.selection, order.destination, CopyOptions(ConflictPolicy.SKIP, Route.PULL))]


async def test_it_can_be_confirmed_before_the_count_has_ended() -> None:
    engine = ScriptedEngine(feeds={PlanCopy: [COUNTING, HOLD]})
    app = host(engine)
    async with app.run_test(size=SMALL) as pilot:
        await until(lambda: "Copy 8,412 objects, 112 GiB… → s3://landing/in/" in screen_text(app), "it counts")
        assert "[b]one␛.mp4" in screen_text(app)
        assert "3 of 8,412 exist at the target so far" in screen_text(app)
        await press(pilot, "enter")
        await until(lambda: bool(app.answers), "the dialog answers")
        await until(lambda: bool(engine.closed), "the engine is told to stop counting")
    assert app.answers == [ORDER]


async def test_the_count_can_be_stopped_and_what_is_known_stays() -> None:
    engine = ScriptedEngine(feeds={PlanCopy: [COUNTING, HOLD]})
    app = host(engine)
    async with app.run_test(size=SMALL) as pilot:
        await until(lambda: "8,412" in screen_text(app), "it counts")
        assert "Stop counting" in screen_text(app)
        await press(pilot, "s")
        await until(lambda: engine.closed == [PlanCopy(ORDER)], "the feed is closed")
        await pilot.pause()
        assert "Copy 8,412 objects, 112 GiB or more" in screen_text(app)
        assert "Stop counting" not in screen_text(app)


async def test_escape_stops_everything() -> None:
    engine = ScriptedEngine(feeds={PlanCopy: [COUNTING, HOLD]})
    app = host(engine)
    async with app.run_test(size=SMALL) as pilot:
        await until(lambda: "8,412" in screen_text(app), "it counts")
        await press(pilot, "escape")
        await until(lambda: bool(engine.closed), "the feed is closed")
    assert app.answers == [None]


async def test_only_possible_routes_can_be_chosen_and_each_is_planned_again() -> None:
    engine = ScriptedEngine(feeds={PlanCopy: [COUNTING, HOLD]})
    app = host(engine)
    async with app.run_test(size=SMALL) as pilot:
        await until(lambda: "8,412" in screen_text(app), "the first card is there")
        taken: list[Route | None] = []
        for planned in range(2, 6):
            await press(pilot, "r")
            await until(lambda planned=planned: len(engine.asked) == planned, "it is planned again")  # type: ignore[misc]  # mypy cannot infer a lambda with a default
            taken.append(engine.asked[-1].order.options.route)
            said = "push ✗ media-prod cannot" in screen_text(app).split("route  r", 1)[1]
            assert said is (taken[-1] is Route.RELAY), "it says why push was passed over, until the next step"
    assert taken == [Route.PULL, Route.RELAY, None, Route.PULL]


async def test_the_mouse_takes_a_route_and_a_conflict_policy() -> None:
    engine = ScriptedEngine(feeds={PlanCopy: [COUNTING, HOLD]})
    app = host(engine)
    async with app.run_test(size=SMALL) as pilot:
        await until(lambda: "8,412" in screen_text(app), "the first card is there")
        await pilot.click("#conflict", offset=(12, 0))
        await pilot.click("#route", offset=(21, 0))  # push, which is closed
        await pilot.click("#copy")
        await until(lambda: bool(app.answers), "the dialog answers")
    assert app.answers[0].options == CopyOptions(ConflictPolicy.SKIP)


@pytest.mark.parametrize("script", [[FAILED], [FAILED.problem]])
async def test_a_problem_stands_on_the_card_and_nothing_can_be_copied(script: list[object]) -> None:
    app = host(ScriptedEngine(feeds={PlanCopy: script}))
    async with app.run_test(size=SMALL) as pilot:
        await until(lambda: "✗ no route is possible" in screen_text(app), "the problem is shown")
        assert app.screen.query_one("#copy", Button).disabled
        await press(pilot, "enter")
        await pilot.pause()
    assert app.answers == []
