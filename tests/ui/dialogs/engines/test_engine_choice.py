"""The route card of a large copy: other engines beside this machine, with duration, price and limits."""

from __future__ import annotations

from msgspec.structs import replace

from tests.ui.dialogs.host import Host, screen_text
from tests.ui.dialogs.scripted import ScriptedEngine
from tests.ui.dialogs.world import BOOK, ORDER, finished_card
from tests.ui.pressing import press
from tests.waiting import until
from tui.model.orders import ConflictPolicy, CopyOptions, CopyOrder
from tui.model.plan import Pace, RouteCard, Tally
from tui.protocol.messages.transfers import AskEngines, EnginesAnswer, PlanCopy
from tui.scale.hand_over import Terms
from tui.scale.prices import LIST_PRICES
from tui.ui.orders.engine_choice import EngineChoice
from tui.ui.orders.route_card import RouteCardScreen

SMALL = (80, 24)
GIB = 1 << 30
PACE = Pace(copies=1000.0)
SKIP = CopyOrder(ORDER.selection, ORDER.destination, CopyOptions(ConflictPolicy.SKIP))


def card(objects: int = 2_000_000, large: int = 0) -> RouteCard:
    tally = Tally(objects, 300 * GIB, complete=True, large=large, large_bytes=large * 6 * GIB)
    return replace(finished_card(), tally=tally, pace=PACE)


def engine(planned: RouteCard, refused: str = "") -> ScriptedEngine:
    return ScriptedEngine({AskEngines: EnginesAnswer(PACE, refused)}, {PlanCopy: [planned]})


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
