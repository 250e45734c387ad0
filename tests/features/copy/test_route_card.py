"""The route card: routes, rarer choices, its dry run, and the other engines of a large copy."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot
from textual.widgets import Button, Input, OptionList

from tests.browser import world
from tests.browser.host import Host, press, screen_text, showing, text_of, until_shown
from tests.browser.scripted import HOLD, HeldEngine, ScriptedEngine
from tests.browser.world import BOOK, finished_card
from tests.browser.world import ORDER as COPY
from tests.waiting import until
from tui.browser.dry_run_screen import MAX_ROWS, ActionCounts, DryRunScreen
from tui.core.estimates import Terms
from tui.core.jobs import JobPlan
from tui.core.location import Location
from tui.core.orders import (
    AclChoice,
    BatchCopy,
    BatchOptions,
    BatchOrder,
    ConflictPolicy,
    CopyOptions,
    CopyOrder,
    CopyRoute,
    Destination,
    ManifestSource,
    Selection,
)
from tui.core.price_table import LIST_PRICES
from tui.core.problem import Problem, ProblemKind
from tui.core.transfer import Pace, PlannedAction, RouteCard, RouteVerdict, Tally
from tui.core.versions import BucketVersioning, UndoForecast
from tui.features.copy import screen as copy_screen
from tui.features.copy.screen import CopyForm, EngineChoice, RouteCardScreen
from tui.kit.choice import Choice
from tui.link.session import EngineAccess
from tui.messages.order_requests import AskEngines, DryRun, EnginesAnswer, PlanCopy, PlanJob

SMALL = (80, 24)

ORDER = CopyOrder(
    Selection("a", Location("media", "video/"), ["video/[b]one\x1b.mp4"]), Destination("b", Location("landing", "in/"))
)

COUNTING = RouteCard(
    Tally(8412, 120_000_000_000, 3),
    [
        RouteVerdict(CopyRoute.PULL, True, "analytics reads and writes"),
        RouteVerdict(CopyRoute.PUSH, False, "media-prod cannot write the target"),
        RouteVerdict(CopyRoute.RELAY, None, "unknown until tried"),
    ],
    CopyRoute.PULL,
)

FAILED = RouteCard(Tally(complete=True), problem=Problem(ProblemKind.DENIED, "no route is possible"), complete=True)


def counting() -> ScriptedEngine:
    return ScriptedEngine(feeds={PlanCopy: [COUNTING, HOLD]})


@asynccontextmanager
async def shown(
    engine: EngineAccess, order: CopyOrder = ORDER, size: tuple[int, int] = SMALL, **given: Any
) -> AsyncIterator[tuple[Host, Pilot[None]]]:
    app = Host(dialog=RouteCardScreen(engine, order, BOOK, **given))
    async with app.run_test(size=size) as pilot:
        yield app, pilot


async def change(pilot: Pilot[None], choice: str, *keys: str, **follows: Any) -> None:
    """Take the next option of a line of the card."""
    pilot.app.screen.query_one(f"#{choice}", Choice).focus()
    await press(pilot, "right", *keys, **follows)


KEPT, NEVER = UndoForecast(BucketVersioning.ENABLED), UndoForecast(BucketVersioning.NEVER)


@pytest.mark.parametrize(
    ("undo", "keys", "moves"),
    [
        (KEPT, ("enter",), True),
        (NEVER, ("enter",), False),
        (None, ("enter",), False),
        (NEVER, ("left", "left", "left", "enter"), True),
    ],
)
async def test_enter_moves_only_what_can_be_moved_back(undo: Any, keys: tuple[str, ...], moves: bool) -> None:
    order = replace(ORDER, options=CopyOptions(move=True))
    found = replace(COUNTING, source_undo=KEPT, undo=undo)
    async with shown(ScriptedEngine(feeds={PlanCopy: [found, HOLD]}), order) as (_, pilot):
        await press(pilot, then="8,412 objects")
        await press(pilot, *keys, answer=order if moves else None)


async def test_it_can_be_confirmed_before_the_count_has_ended() -> None:
    engine = counting()
    async with shown(engine) as (app, pilot):
        await until(lambda: "Copy 8,412 objects, 112 GiB… → s3://landing/in/" in screen_text(app), "it counts")
        assert "[b]one␛.mp4" in screen_text(app)
        assert "3 of 8,412 exist at the target so far" in screen_text(app)
        await press(pilot, "enter", answer=ORDER)
        await until(lambda: bool(engine.closed), "the engine is told to stop counting")


@pytest.mark.thorough
async def test_the_count_can_be_stopped_and_what_is_known_stays() -> None:
    engine = counting()
    async with shown(engine) as (app, pilot):
        await until(lambda: "8,412" in screen_text(app), "it counts")
        assert "Stop counting" in screen_text(app)
        await press(pilot, "ctrl+c")
        await until(lambda: engine.closed == [PlanCopy(ORDER)], "the feed is closed")
        await until_shown(pilot, "Copy 8,412 objects, 112 GiB or more")
        assert "Stop counting" not in screen_text(app)
    async with shown(counting()) as (app, pilot):
        await press(pilot, "escape", answer=None)


async def test_only_possible_routes_can_be_chosen_and_each_is_planned_again() -> None:
    engine = counting()
    async with shown(engine) as (app, pilot):
        await until(lambda: "8,412" in screen_text(app), "the first card is there")
        taken: list[CopyRoute | None] = []
        for planned in range(2, 6):
            await change(pilot, "route")
            await until(lambda planned=planned: len(engine.asked) == planned, "it is planned again")  # type: ignore[misc]  # mypy cannot infer a lambda with a default
            taken.append(engine.asked[-1].order.options.route)
            said = "push ✗ media-prod cannot" in screen_text(app).split("route  ", 1)[1]
            assert said is (taken[-1] is CopyRoute.RELAY), "it says why push was passed over, until the next step"
    assert taken == [CopyRoute.PULL, CopyRoute.RELAY, None, CopyRoute.PULL]


async def test_the_mouse_takes_a_route_and_a_conflict_policy() -> None:
    async with shown(counting()) as (app, pilot):
        await until(lambda: "8,412" in screen_text(app), "the first card is there")
        await pilot.click("#conflict", offset=(12, 0))
        await pilot.click("#route", offset=(21, 0))  # push, which is closed
        await pilot.click("#copy")
        assert (await app.answered()).options == CopyOptions(ConflictPolicy.SKIP)


@pytest.mark.parametrize("script", [[FAILED], [FAILED.problem]])
async def test_a_problem_stands_on_the_card_and_nothing_can_be_copied(script: list[object]) -> None:
    async with shown(ScriptedEngine(feeds={PlanCopy: script})) as (app, pilot):
        await until(lambda: "✗ no route is possible" in screen_text(app), "the problem is shown")
        assert app.screen.query_one("#copy", Button).disabled
        await press(pilot, "enter")
        await pilot.pause()
    assert app.answers == []


def script() -> ScriptedEngine:
    return ScriptedEngine(feeds={PlanCopy: [world.MOVE_CARD], DryRun: world.PLAN})


@asynccontextmanager
async def counted(engine: ScriptedEngine | None = None) -> AsyncIterator[tuple[Host, Pilot[None]]]:
    async with shown(engine or script(), COPY, clock=lambda: world.NOW) as (app, pilot):
        await until(lambda: "11,830 objects" in screen_text(app), "all is counted")
        yield app, pilot


async def test_all_six_answers_to_what_exists_can_be_taken() -> None:
    async with counted() as (app, pilot):
        assert "3 of 11,830 exist at the target" in screen_text(app)
        for policy in ("ask", "skip", "overwrite", "newer", "different", "rename"):
            assert f"(•) {policy}" in screen_text(app)
            await change(pilot, "conflict")
            await pilot.pause()
        assert "(•) ask" in screen_text(app)
        await press(pilot, "space")  # selects in other programs
        await pilot.pause()
        assert "(•) ask" in screen_text(app)


@pytest.mark.thorough
async def test_a_filter_is_planned_again_and_enter_in_its_line_does_not_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copy_screen, "TYPING_SECONDS", 2.0)  # a loaded machine may take half a second for a key
    engine = script()
    async with counted(engine) as (app, pilot):
        await press(pilot, "full_stop", *"*.mov")
        await until(lambda: len(engine.asked) == 2, "it is planned again, once after the typing")
        assert engine.asked[1].order.selection.filters.include == ["*.mov"]
        await press(pilot, "enter")
        await pilot.pause()
        assert app.answers == []
        assert not app.screen.query_one(CopyForm).display
        assert "▸ include *.mov" in screen_text(app)
        await press(pilot, "enter")
        assert (await app.answered()).selection.filters.include == ["*.mov"]


async def test_a_wrong_choice_is_shown_and_blocks_the_copy() -> None:
    """It stays in sight when the options are folded, and Esc still leads out."""
    async with counted(script()) as (app, pilot):
        await press(pilot, "full_stop", then="archived (•)")
        await press(pilot, "tab", "tab", *"soon", then="'soon' is not a time")
        assert app.screen.query_one("#copy", Button).disabled
        await press(pilot, "enter")
        await pilot.pause()
        assert app.screen.query_one(CopyForm).display
        await press(pilot, *["backspace"] * 4)
        await pilot.pause()
        assert not app.screen.query_one("#copy", Button).disabled
        assert app.answers == []
        await press(pilot, *"soon", "escape")
        await pilot.pause()
        assert not app.screen.query_one(CopyForm).display
        assert "▸ ✗ 'soon' is not a time" in screen_text(app)
        await change(pilot, "conflict", then="(•) skip")
        assert app.screen.query_one("#newer", Input).value == "soon"
        await press(pilot, "escape", answer=None)


async def test_a_path_is_typed_letter_by_letter_also_that_of_another_users_home() -> None:
    async with counted() as (app, pilot):
        await press(pilot, "full_stop")
        app.screen.query_one("#receipt", Input).focus()
        await press(pilot, *"~x", then="'~x' is not a path")
        await press(pilot, "backspace", "/", then="is a directory")


@pytest.mark.thorough
async def test_the_mouse_unfolds_and_takes_acl_class_and_encryption() -> None:
    engine = script()
    async with counted(engine) as (app, pilot):
        await pilot.click("#options")
        await pilot.pause()
        await pilot.click("#acl", offset=(5, 0))
        await pilot.click("#acl", offset=(5, 0))
        await pilot.click("#acl", offset=(5, 0))
        await pilot.click("#class", offset=(0, 0))
        await pilot.click("#encryption", offset=(0, 0))
        await pilot.pause()
        app.screen.query_one("#kms_key", Input).focus()
        await press(pilot, *"alias/x", "enter")
        await until(lambda: engine.asked[-1].order.options.kms_key == "alias/x", "it is planned with all that")
        await press(pilot, "enter")
        options = (await app.answered()).options
    assert (options.acl, options.storage_class) == (AclChoice.PRIVATE, "DEEP_ARCHIVE")
    assert (options.encryption, options.kms_key) == ("aws:kms", "alias/x")


async def test_the_dry_run_says_what_would_happen_and_can_be_done_from_there() -> None:
    engine = script()
    async with counted(engine) as (app, pilot):
        await press(pilot, "d", front=DryRunScreen)
        await press(pilot, "escape", front=RouteCardScreen)
        assert app.answers == []
        await press(pilot, "d", then="refuse 1")
        assert engine.asked[-1] == DryRun(COPY)
        assert "raw/[b]x␛[31m.mov" in screen_text(app)
        await press(pilot, *["down"] * 5, then="refuse: in GLACIER: restore it first")
        await press(pilot, "C", answer=COPY)


def dry_run(*lines: Any) -> DryRunScreen:
    return DryRunScreen(ScriptedEngine(feeds={DryRun: lines}), COPY)


async def test_a_kind_of_action_can_be_shown_alone_by_key_and_mouse() -> None:
    async with showing(dry_run(*world.PLAN), "all 36") as (app, pilot):
        rows = app.screen.query_one(OptionList)
        await until(lambda: rows.option_count == len(world.PLAN), "all is listed")
        await press(pilot, "slash", "slash")
        await pilot.pause()
        assert rows.option_count == 1
        assert "▸overwrite 1" in text_of(app.screen.query_one(ActionCounts))
        await pilot.click(ActionCounts, offset=(2, 0))
        await until(lambda: rows.option_count == len(world.PLAN), "all is shown again")


@pytest.mark.thorough
async def test_the_few_that_matter_are_kept_however_many_others_there_are() -> None:
    async with showing(dry_run(*([world.PLAN[0]] * (MAX_ROWS + 7)), world.PLAN[5]), "and 7 more") as (app, pilot):
        assert "copy 2,007" in screen_text(app)
        await press(pilot, "slash", "slash", then="archive/2019.tar")
        assert world.PLAN[5].action is PlannedAction.REFUSE


async def test_a_dry_run_that_fails_keeps_what_it_found() -> None:
    refusal = Problem(ProblemKind.DENIED, "access denied: s3:ListBucket")
    async with showing(dry_run(world.PLAN[0], refusal), "✗ access denied: s3:ListBucket") as (app, _):
        assert "raw/take-01.mov" in screen_text(app)


async def test_a_dry_run_that_is_left_stops_looking() -> None:
    engine = ScriptedEngine(feeds={DryRun: [world.PLAN[0], HOLD]})
    async with showing(DryRunScreen(engine, COPY), "copy 1") as (_, pilot):
        await press(pilot, "escape")
        await until(lambda: engine.closed == [DryRun(COPY)], "the feed is closed")


GIB = 1 << 30
PACE = Pace(copies=1000.0)
ROLE = "arn:aws:iam::123456789012:role/batch"
SKIP = CopyOrder(COPY.selection, COPY.destination, CopyOptions(ConflictPolicy.SKIP))


def large_card(objects: int = 2_000_000, large: int = 0) -> RouteCard:
    tally = Tally(objects, 300 * GIB, complete=True, large=large, large_bytes=large * 6 * GIB)
    return replace(finished_card(), tally=tally, pace=PACE)


JOB = JobPlan(ManifestSource.LIST, "123456789012", "", "s3://reports/batch/")


def engine(planned: RouteCard, refused: str = "", job: JobPlan | Problem | None = None) -> ScriptedEngine:
    answers: dict[type[Any], Any] = {AskEngines: EnginesAnswer(PACE, refused), PlanJob: job or JOB}
    return ScriptedEngine(answers, {PlanCopy: [planned]})


def engines(app: Host) -> str:
    return "\n".join(line.plain for line in app.screen.query_one(EngineChoice).lines)


PRICED = Terms(LIST_PRICES)
TERMS = Terms(LIST_PRICES, role=ROLE, reports="s3://reports/")


@asynccontextmanager
async def handing_over(
    scripted: ScriptedEngine, terms: Terms = TERMS, **given: Any
) -> AsyncIterator[tuple[Host, Pilot[None]]]:
    async with shown(scripted, COPY, terms=terms, **given) as (app, pilot):
        await until(lambda: "batch ✗" in engines(app), "the engines are shown")
        await change(pilot, "conflict")
        await until(lambda: "batch ✓" in engines(app), "a job can do it")
        await change(pilot, "engine", "enter", then="Hand over to")
        yield app, pilot


async def test_below_the_threshold_nothing_is_asked_and_nothing_can_be_chosen() -> None:
    scripted = engine(large_card(999_999))
    async with shown(scripted, COPY, terms=PRICED) as (app, pilot):
        await until(lambda: "999,999" in screen_text(app), "it is counted")
        await press(pilot, "up", "up", "up", "down", "down", "down", "enter", answer=COPY)
        assert "engine" not in screen_text(app)
    assert not any(isinstance(asked, AskEngines) for asked in scripted.asked)


async def test_from_the_threshold_on_the_engines_stand_side_by_side() -> None:
    async with shown(engine(large_card(large=3)), COPY, terms=PRICED) as (app, pilot):
        await until(lambda: "batch ✗ a job can neither ask" in engines(app), "a job answers no questions")
        await change(pilot, "engine")
        await change(pilot, "conflict")
        await until(lambda: "batch ✓" in engines(app), "with another policy a job can do it")
        assert "local ✓ about 33 min, $10.01" in engines(app)
        assert "batch ✓ 10 min to 1 h 36 min, $12.26; 3 objects above 5 GiB by this machine; no pause" in engines(app)
        assert "AWS list prices of us-east-1 (other regions differ), first tier, 2025-06-01" in engines(app)
        assert "(•) local" in screen_text(app)
        assert "Cancel  esc" in screen_text(app)  # the buttons are in sight on 24 lines


async def test_a_service_without_jobs_says_so() -> None:
    async with shown(engine(large_card(), "two services"), COPY, terms=PRICED) as (app, pilot):
        await until(lambda: "batch ✗ two services" in engines(app), "it is known")
        await change(pilot, "conflict")
        await change(pilot, "engine", "enter", answer=SKIP)


async def test_another_scheduler_is_taken_as_the_engine_of_the_copy() -> None:
    terms = Terms(LIST_PRICES, dask="tls://here:8786", workers=4)
    async with shown(engine(large_card(), "two services"), COPY, terms=terms) as (app, pilot):
        await until(lambda: "dask  ✓ about 9 min, $10.01; 4 workers" in engines(app), "the workers are shown")
        await change(pilot, "engine", "enter", answer=replace(COPY, options=CopyOptions(engine="tls://here:8786")))


@pytest.mark.thorough
async def test_a_job_is_given_its_role_and_its_place_for_reports() -> None:
    async with handing_over(engine(large_card(large=3)), PRICED) as (app, pilot):
        assert "Hand over to S3 Batch Operations" in screen_text(app)
        assert "enter the role of the job" in screen_text(app)
        assert "Hand over  enter" in screen_text(app)
        assert app.screen.query_one("#do", Button).disabled
        app.screen.query_one("#role", Input).value = ROLE
        app.screen.query_one("#reports", Input).value = "s3://reports/batch/"
        await until(lambda: not app.screen.query_one("#do", Button).disabled, "nothing is missing")
        assert "3 objects above 5 GiB" in screen_text(app)
        assert "not pause it" in screen_text(app)
        await press(pilot, "enter")
        options = BatchOptions(ROLE, Location("reports", "batch/"), manifest=ManifestSource.AUTO)
        copy = BatchCopy(COPY.destination, SKIP.options)
        assert await app.answered() == BatchOrder(COPY.selection, "b", copy, options)


async def test_a_role_is_made_for_a_job_that_has_none() -> None:
    asked: list[BatchOrder] = []

    async def make(order: BatchOrder, made: Callable[[str], None]) -> None:
        asked.append(order)
        made(ROLE)

    async with handing_over(engine(large_card()), PRICED, make_role=make) as (app, pilot):
        button = app.screen.query_one("#make-role", Button)
        assert "Make role  ctrl+r" in screen_text(app)
        assert button.disabled, "there is no place for reports yet"
        await press(pilot, "ctrl+r", *"s3://reports/batch/")  # as docs/batch.md says: the cursor is there
        await until(lambda: not button.disabled, "a role can be made")
        await press(pilot, "ctrl+r")
        await until(lambda: app.screen.query_one("#role", Input).value == ROLE, "its ARN is typed in")
        await until(lambda: not button.display, "there is a role")
        await press(pilot, "ctrl+r", "enter")
        answer = await app.answered()
    [order] = asked
    assert order.options == BatchOptions("", Location("reports", "batch/"), confirm=order.options.confirm)
    assert answer == replace(order, options=replace(order.options, role=ROLE))


async def test_what_is_wrong_is_said_and_prevents_it() -> None:
    async with handing_over(engine(large_card())) as (app, pilot):
        button = app.screen.query_one("#do", Button)
        for field, text, wrong in (
            ("role", "batch", "is not a role"),
            ("reports", "", "has no bucket"),
            ("reports", "s3://reports/file", "is not a prefix"),
            ("reports", "/tmp/", "write s3://"),
            ("priority", "-1", "enter a priority"),
            ("priority", "1e3", "enter a priority"),
        ):
            await until(lambda: not button.disabled, "it can be done")
            line = app.screen.query_one(f"#{field}", Input)
            right, line.value = line.value, text
            await until(lambda wrong=wrong: wrong in " ".join(screen_text(app).split()), f"{text!r} is wrong")  # type: ignore[misc]  # mypy cannot infer a lambda with a default
            assert button.disabled
            line.value = right
        await press(pilot, "escape", front=RouteCardScreen)
    assert app.answers == []


async def test_what_is_chosen_while_a_job_is_planned_is_not_left_out() -> None:
    slow = HeldEngine(PlanJob, {AskEngines: EnginesAnswer(PACE, ""), PlanJob: JOB}, {PlanCopy: [large_card()]})
    async with handing_over(slow) as (app, pilot):
        await press(pilot, "enter")
        app.screen.query_one("#priority", Input).value = "77"
        await pilot.pause()
        slow.may_answer.set()
        await until(lambda: isinstance(slow.asked[-1], PlanJob), "the job is planned as it was")
        await pilot.pause()
        assert not app.answers
        button = app.screen.query_one("#do", Button)
        await until(lambda: not button.has_class("-active"), "the button can be pressed again")
        await press(pilot, "enter")
        answer = await app.answered()
        assert isinstance(answer, BatchOrder)
        assert answer.options.priority == 77


async def test_what_the_engine_refuses_is_shown_and_nothing_is_submitted() -> None:
    problem = Problem(ProblemKind.INVALID, "no job can do this", remedy="copy by this machine")
    async with handing_over(engine(large_card(), job=problem)) as (app, pilot):
        await press(pilot, "enter", then="no job can do this")
        await press(pilot, "enter", "escape", front=RouteCardScreen)
    assert app.answers == []


@pytest.mark.thorough
async def test_what_the_role_may_not_do_is_shown_once_before_it_is_done_anyway() -> None:
    plan = JobPlan(JOB.source, JOB.account, "", JOB.folder, [Problem(ProblemKind.DENIED, "the role may not read")])
    async with handing_over(engine(large_card(), job=plan)) as (app, pilot):
        await press(pilot, "enter", then="Hand over anyway")
        assert "the role may not read" in screen_text(app)
        assert app.answers == []
        button = app.screen.query_one("#do", Button)
        await until(lambda: not button.has_class("-active"), "the button can be pressed again")
        await press(pilot, "enter")
        assert isinstance(await app.answered(), BatchOrder)
