"""One denial has one cause and one remedy, wherever it is seen: pane, viewer, `cat`, inspector, `explain`."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any

import pytest

from tests.features.inspect.situations import SITUATIONS, lay_out
from tests.servers.buckets import fresh_bucket
from tests.servers.server import S3Server
from tests.servers.surroundings import use
from tui.answering.rooms import Rooms
from tui.aws.ids import connection_id
from tui.core.facts import AccessVerdict, Finding
from tui.core.identity import IdentitySpec
from tui.core.location import Location, parse_location
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.demo.demo_profiles import ANALYTICS, MEDIA_PROD, ROLE_PROFILE
from tui.features.buckets.engine import list_objects
from tui.features.content.engine import begin, stream
from tui.features.inspect.engine import explain, inspect
from tui.messages.content_requests import BeginContent, StreamContent
from tui.messages.inspect_requests import Explain, Inspect
from tui.messages.listing_requests import ListObjects

MEDIA, PARTNER, ROLE = (connection_id(IdentitySpec(name)) for name in (MEDIA_PROD.label, ANALYTICS.label, ROLE_PROFILE))

UNKNOWN_TO_THE_DEMO = ("Date", "PrincipalTag")
"""Conditions of policies that it refuses."""

IN_THE_DEMO = (
    (MEDIA, PARTNER, "s3://media-prod-assets/incoming/heatmap.png"),
    (MEDIA, None, "s3://media-prod-assets/incoming/heatmap.png"),
    (MEDIA, ROLE, "s3://media-prod-preferred/delivered-without-acl.txt"),
    (PARTNER, MEDIA, "s3://media-prod-preferred/briefing.txt"),
    (PARTNER, None, "s3://media-prod-private/unreleased/cover.png"),
    (PARTNER, MEDIA, "s3://media-prod-private/"),
    (PARTNER, MEDIA, "s3://media-prod-office/minutes/2026-01.txt"),
    (PARTNER, None, "s3://media-prod-office/"),
    (PARTNER, MEDIA, "s3://media-prod-archive/INVENTORY.txt"),
    (ROLE, MEDIA, "s3://media-prod-assets/incoming/heatmap.png"),
    (ROLE, MEDIA, "s3://media-prod-archive/INVENTORY.txt"),
    (ROLE, PARTNER, "s3://media-prod-office/"),
)


@pytest.fixture
async def rooms(demo_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Rooms]:
    use(monkeypatch, demo_server.environment)
    rooms = Rooms()
    # The bucket's settings are read once for all places: they are asked for afresh else, a thousand requests more.
    monkeypatch.setattr(rooms.kept_facts, "forget", lambda *_: None)
    yield rooms
    await rooms.connections.close()


async def denial(answers: AsyncGenerator[Any, None]) -> Problem | None:
    try:
        async with aclosing(answers):
            async for _ in answers:
                pass
    except ProblemError as error:
        return error.problem if error.problem.kind is ProblemKind.DENIED else None
    return None


async def answered(rooms: Rooms, request: BeginContent) -> AsyncGenerator[Any, None]:
    yield await begin(rooms, request)


async def seen_at(rooms: Rooms, mine: str, other: str | None, location: Location) -> dict[str, tuple[str, str]]:
    rooms.kept_facts.clear()
    sources = {"pane": await list_objects(rooms, ListObjects(mine, location))} if location.is_prefix else {
        "viewer": answered(rooms, BeginContent(mine, location, 1024)),
        "cat": stream(rooms, StreamContent(mine, location)),
    }  # fmt: skip
    problems = {name: await denial(answers) for name, answers in sources.items()}
    seen: dict[str, tuple[str, str]] = {}
    known: dict[str, tuple[str, str]] = {}
    for name, problem in problems.items():
        if problem and problem.cause not in known:
            found = (await explain(rooms, Explain(location, mine, other, problem))).evaluation
            shown = found.explains(problem) if found else problem
            known[problem.cause] = shown.cause, shown.remedy
        if problem:
            seen[name] = known[problem.cause]
    if not seen:
        return {}
    told = (await explain(rooms, Explain(location, mine, other))).evaluation
    assert told
    seen["explain"] = told.cause.words if told.cause else "", told.remedy
    findings: list[Finding] = []
    async for update in inspect(rooms, Inspect(mine, location, other, fresh=True)):
        findings = findings if update.findings is None else update.findings
    about = [
        one
        for one in findings
        if (one.identity == told.identity and one.verdict is AccessVerdict.DENIED) or one.rule.startswith("no-")
    ]
    seen["inspector"] = "\n".join(one.sentence for one in about), "\n".join(one.remedy for one in about)
    return seen


async def test_a_denial_has_one_cause_and_one_remedy_everywhere(rooms: Rooms, demo_server: S3Server) -> None:
    denied, wrong = 0, []
    accounts, connections = {"a": demo_server.a, "b": demo_server.b}, {"a": MEDIA, "b": PARTNER, "": None}
    with fresh_bucket(demo_server, demo_server.a) as bucket:
        for situation in SITUATIONS:
            if any(words in repr(situation.policy) for words in UNKNOWN_TO_THE_DEMO):
                continue
            lay_out(demo_server, bucket, accounts[situation.uploader], situation)
            place = parse_location(f"s3://{bucket}/{situation.at}")
            mine, other = connections[situation.mine], connections[situation.other]
            assert mine
            seen = await seen_at(rooms, mine, other, place)
            denied += bool(seen)
            if len(set(seen.values())) > 1:
                wrong.append((situation.name, seen))
        demo_server.client(demo_server.a).delete_bucket_policy(Bucket=bucket)
    for mine, other, uri in IN_THE_DEMO:
        seen = await seen_at(rooms, mine, other, parse_location(uri))
        denied += bool(seen)
        if len(set(seen.values())) != 1:
            wrong.append((uri, seen))
    assert not wrong
    assert denied >= 30
