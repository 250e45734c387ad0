"""The inspector's manners, with a script: when it asks, when it stops, and what it says of what has come."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from tests.browser.host import Host, press, text_of
from tests.browser.scripted import HOLD, ManyAnswers, ScriptedEngine
from tests.waiting import until
from tui.core.facts import (
    AbsentFact,
    DeniedFact,
    Fact,
    FactName,
    FactSection,
    Finding,
    FindingSeverity,
    KnownFact,
    PolicyReading,
    Text,
    UnknownFact,
)
from tui.core.location import Location
from tui.core.problem import Problem, ProblemKind
from tui.features.inspect.screen import Inspector, InspectTarget
from tui.kit.json_screen import DocumentScreen
from tui.kit.lines import Lines
from tui.link.session import EngineAccess
from tui.messages.inspect_requests import Inspect, InspectorUpdate

ONE, TWO = InspectTarget("a", Location("media", "one")), InspectTarget("a", Location("media", "two"))

SIZE = InspectorUpdate([Fact(FactName.CONTENT_TYPE, KnownFact(Text("[b]x\x1b")), "HeadObject", "a")], [])
REFUSED = InspectorUpdate(
    [Fact(FactName.GRANTS, DeniedFact("s3:GetObjectAcl"), "GetObjectAcl", "a")],
    [Finding("foreign-owned", FindingSeverity.ERROR, "Owned by [another].", [], "1. Do this\n2. and that")],
)


@asynccontextmanager
async def inspecting(
    engine: EngineAccess, target: InspectTarget | None = ONE, size: tuple[int, int] = (80, 40), clock: Any = time.time
) -> AsyncIterator[tuple[Inspector, Pilot[None]]]:
    inspector = Inspector(engine, clock)
    inspector.with_sources = True
    async with Host(widgets=[inspector]).run_test(size=size, notifications=True) as pilot:
        inspector.show(target)
        yield inspector, pilot


def facts_of(inspector: Inspector) -> str:
    return text_of(inspector.query_one(Lines))


async def test_facts_arrive_one_by_one_and_those_to_come_are_marked() -> None:
    async with inspecting(ScriptedEngine(feeds={Inspect: [SIZE, REFUSED, HOLD]})) as (inspector, _):
        await until(lambda: "denied: s3:GetObjectAcl" in facts_of(inspector), "two facts have come")
        lines = facts_of(inspector).splitlines()
        assert lines[:3] == ["owner     … · bucket owner …", "grants    denied: s3:GetObjectAcl", "endpoint  …"]
        assert lines[3:6] == ["✗ Owned by [another].", "  ▸ 1. Do this", "    2. and that"]
        assert any(line.startswith("type") and "[b]x␛" in line and line.endswith("HeadObject as a") for line in lines)
        await until(lambda: "tags …" in " ".join(facts_of(inspector).split()), "what is still to come is marked")


async def test_it_is_quiet_until_somebody_asks_how_it_knows() -> None:
    none = [Fact(name, AbsentFact(), "GetBucketX", "a") for name in (FactName.CORS, FactName.LOGGING)]
    engine = ScriptedEngine(feeds={Inspect: [SIZE, InspectorUpdate(none, []), HOLD]})
    async with inspecting(engine) as (inspector, pilot):
        await press(pilot, "tab", "e")
        quiet = ["no logging, CORS", "type [b]x␛"]
        await until(
            lambda: all(each in " ".join(facts_of(inspector).split()) for each in quiet), "facts without sources"
        )
        assert " as a" not in facts_of(inspector)
        await press(pilot, "e")
        await until(lambda: facts_of(inspector).count(" as a") == 3, "each fact has its source")


async def test_moving_on_stops_what_was_asked_before() -> None:
    engine = ScriptedEngine(feeds={Inspect: [SIZE, HOLD]})
    async with inspecting(engine, size=(80, 24)) as (inspector, _):
        await until(lambda: "HeadObject" in facts_of(inspector), "the first is being looked at")
        inspector.show(TWO)
        await until(lambda: engine.closed == [Inspect("a", ONE.location)], "the engine was told to stop")
        await until(lambda: engine.asked[-1] == Inspect("a", TWO.location), "the second is asked for")
        await until(lambda: "s3://media/two" in text_of(inspector), "the second is named")


OWNER = InspectorUpdate([Fact(FactName.OBJECT_OWNER, KnownFact(Text("me")), "GetObjectAcl", "a", asked=100.0)], [])
VERSIONED = InspectorUpdate([Fact(FactName.VERSIONING, KnownFact(Text("Enabled")), "GetBucketVersioning", "a")])


async def test_a_section_is_asked_when_it_comes_into_view() -> None:
    engine = ManyAnswers(feeds={Inspect: [[OWNER], [VERSIONED], [], []]})
    async with inspecting(engine, size=(60, 12), clock=lambda: 112.0) as (inspector, pilot):
        await until(lambda: "─ 12 s ago ─" in facts_of(inspector), "the first facts are there, with their age")
        await pilot.pause()
        assert engine.asked == [Inspect("a", ONE.location)]
        starts = [number for number, line in enumerate(facts_of(inspector).splitlines()) if line[:2] == "─ "]
        inspector.scroll_to(y=starts[2] - 2, animate=False)
        await until(lambda: "Enabled" in facts_of(inspector), "what has come into view is asked")
        known = tuple(OWNER.facts)
        assert engine.asked[1] == Inspect("a", ONE.location, None, (FactSection.ACCESS, FactSection.PROTECTION), known)
        inspector.scroll_end(animate=False)
        await until(lambda: len(engine.asked) == 3, "the last section is asked")
        assert engine.asked[2].sections == (FactSection.BUCKET,)
        assert engine.asked[2].known == (*OWNER.facts, *VERSIONED.facts)


async def test_keys_go_from_section_to_section() -> None:
    async with inspecting(ScriptedEngine(feeds={Inspect: [OWNER, HOLD]}), size=(60, 16)) as (inspector, pilot):
        await until(lambda: "GetObjectAcl as a" in facts_of(inspector), "the first fact is there")
        inspector.focus()
        starts = [number for number, line in enumerate(facts_of(inspector).splitlines()) if line[:2] == "─ "]
        for key, at in (("right", starts[0]), ("right", starts[1]), ("left", starts[0]), ("left", 0)):
            await press(pilot, f"{key}_square_bracket")
            await until(partial(is_at, inspector, at), f"the {key} bracket goes to line {at}")


def is_at(inspector: Inspector, line: int) -> bool:
    return round(inspector.scroll_offset.y) == round(inspector.vertical_scrollbar.position) == line


async def test_facts_that_come_together_are_laid_out_together() -> None:
    engine = ScriptedEngine(feeds={Inspect: [*[SIZE, REFUSED] * 100, OWNER, HOLD]})
    laid_out = 0

    def clock() -> float:
        """Each layout looks at it once."""
        nonlocal laid_out
        laid_out += 1
        return 0.0

    async with inspecting(engine, clock=clock) as (inspector, _):
        await until(lambda: "GetObjectAcl as a" in facts_of(inspector), "all is there")
        assert 0 < laid_out < 20


async def test_asked_again_nothing_that_was_kept_is_used() -> None:
    engine = ScriptedEngine(feeds={Inspect: [OWNER, HOLD]})
    async with inspecting(engine, size=(60, 12)) as (inspector, _):
        await until(lambda: len(engine.asked) == 1, "it is asked for")
        inspector.refresh_facts()
        await until(lambda: len(engine.asked) == 2, "it is asked again")
        inspector.show(TWO)
        await until(lambda: len(engine.asked) == 3, "the next one is asked for")
    assert [asked.fresh for asked in engine.asked] == [False, True, False]


async def test_a_cursor_that_runs_asks_only_where_it_rests() -> None:
    engine = ScriptedEngine(feeds={Inspect: [HOLD]})
    async with inspecting(engine) as (inspector, _):
        for number in range(50):
            inspector.show(InspectTarget("a", Location("media", f"{number}")))
        await until(lambda: bool(engine.asked), "it rests")
        assert engine.asked == [Inspect("a", Location("media", "49"))]


async def test_off_screen_it_asks_nothing_until_it_comes_back() -> None:
    engine, other_engine = (ScriptedEngine(feeds={Inspect: [HOLD]}) for _ in range(2))
    inspector, other = Inspector(engine), Inspector(other_engine)
    inspector.display = False
    async with Host(widgets=[inspector, other]).run_test(size=(80, 24)):
        inspector.show(ONE)
        other.show(ONE)
        await until(lambda: bool(other_engine.asked), "one that is on the screen has asked")
        assert engine.asked == []
        inspector.display = True
        await until(lambda: engine.asked == [Inspect("a", ONE.location)], "it asks once it is seen")


@pytest.mark.parametrize("target", [None, InspectTarget("a", Location())])
async def test_nothing_to_look_at_is_said(target: InspectTarget | None) -> None:
    inspector = Inspector(ScriptedEngine())
    async with Host(widgets=[inspector, Static()]).run_test(size=(80, 24)) as pilot:
        inspector.show(ONE)
        inspector.show(target)
        await pilot.pause()
        assert "nothing to inspect" in facts_of(inspector)


async def test_a_problem_is_shown_and_the_policy_said_to_be_unknown() -> None:
    problem = Problem(ProblemKind.UNREACHABLE, "cannot connect to [x]", remedy="check the endpoint")
    async with inspecting(ScriptedEngine(feeds={Inspect: [problem]}), size=(80, 24)) as (inspector, pilot):
        await until(lambda: "cannot connect to [x] · check the endpoint" in facts_of(inspector), "it is shown")
        assert "…" not in facts_of(inspector)
        inspector.focus()
        await press(pilot, "p", then="the policy is not read yet")


async def test_the_policy_opens_by_its_key() -> None:
    read = KnownFact(PolicyReading('{"Statement": [{"Sid": "PartnerMayList"}]}', [], True))
    update = InspectorUpdate([Fact(FactName.POLICY, read, "GetBucketPolicy", "a")], [])
    async with inspecting(ScriptedEngine(feeds={Inspect: [update]}), size=(80, 24)) as (inspector, pilot):
        await until(lambda: bool(inspector._facts), "the facts are there")
        inspector.focus()
        await press(pilot, "p", front=DocumentScreen, then='"Sid": "PartnerMayList"')


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("state", "said"),
    [
        (AbsentFact(), "the bucket has no policy"),
        (DeniedFact("s3:GetBucketPolicy"), "s3:GetBucketPolicy is denied"),
        (UnknownFact("no answer"), "no answer"),
    ],
)
async def test_why_there_is_no_policy_to_read_is_said(state: AbsentFact | DeniedFact | UnknownFact, said: str) -> None:
    update = InspectorUpdate([Fact(FactName.POLICY, state, "GetBucketPolicy", "a")], [])
    async with inspecting(ScriptedEngine(feeds={Inspect: [update]}), size=(80, 24)) as (inspector, pilot):
        await until(lambda: bool(inspector._facts), "the facts are there")
        inspector.action_read_policy()
        await pilot.pause()
        assert any(said in notice.message for notice in pilot.app._notifications)
