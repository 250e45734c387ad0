"""A server that sends one byte after the other, each in time: what is read whole has an end all the same."""

import os
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import pytest
import pytest_asyncio

from tests.hostile.answers import CONTENT, ETAG, Answer, listing, row, xml
from tests.hostile.server import HostileServer
from tests.leaks import children_of
from tests.servers.proxy.messages import Request
from tests.stores.refusals import problem_of, whole_list
from tests.waiting import until
from tui.aws import control_plane
from tui.aws.connection import Timeouts
from tui.aws.connections import Connections
from tui.aws.control_plane import ControlPlane, ControlPlaneService
from tui.aws.ids import connection_id
from tui.aws.transport import MAX_ANSWER
from tui.core.content import ContentFacts
from tui.core.identity import IdentitySpec
from tui.core.location import Location
from tui.core.problem import Problem, ProblemKind
from tui.features.content.decoded import Tables
from tui.features.content.pinned_content import ContentSource
from tui.stores.s3.s3_store import S3Store

ME = connection_id(IdentitySpec())

SECONDS = 0.2
"""For each next byte."""

DRIP = 0.01

LONG = b"x" * 3000
"""It takes longer than any time that is given here."""

HEAD = (("ETag", ETAG), ("Last-Modified", "Fri, 02 Jan 2026 03:04:05 GMT"))

LONG_HEAD = Answer(200, CONTENT, (*HEAD, ("x-amz-meta-a", "x" * 1500)))

TAGS = xml(f"<Tagging><TagSet><Tag><Key>k</Key><Value>{LONG.decode()}</Value></Tag></TagSet></Tagging>")


@pytest_asyncio.fixture(params=[True, False], ids=["short way", "botocore's way"])
async def connections(request: pytest.FixtureRequest, hostile: HostileServer) -> AsyncIterator[Connections]:
    made = Connections(timeouts=Timeouts(read=SECONDS), short_way=request.param)
    yield made
    await made.close()


@dataclass
class Asking:
    operation: str
    answer: Answer
    ask: Callable[[S3Store], Awaitable[object]]


ASKED = {
    "a list": Asking("ListObjectsV2", listing(row("k" * 900) * 5), lambda store: whole_list(store, "slow")),
    "tags": Asking("GetObjectTagging", TAGS, lambda store: store.tags("slow", "k")),
    "a policy": Asking("GetBucketPolicy", Answer(200, LONG), lambda store: store.settings.policy("slow")),
    "a head": Asking("HeadObject", LONG_HEAD, lambda store: store.head("slow", "k")),
}


BODIES = [(what, False) for what in ASKED if what != "a head"]


@pytest.mark.parametrize(("what", "head_drips"), [*BODIES, *((what, True) for what in ASKED)])
async def test_what_is_read_whole_ends(
    hostile: HostileServer, connections: Connections, what: str, *, head_drips: bool
) -> None:
    asking = ASKED[what]
    hostile.lie("slow", asking.operation, asking.answer.with_(drip=DRIP, head_drips=head_drips))
    store = S3Store(await connections.get(ME, attempts=1))
    problem = await problem_of(asking.ask(store))
    assert problem.kind is ProblemKind.UNREACHABLE, problem


async def test_who_one_is_ends(hostile: HostileServer, connections: Connections) -> None:
    hostile.lie(
        "", "STS", xml(f"<GetCallerIdentityResponse>{LONG.decode()}</GetCallerIdentityResponse>").with_(drip=DRIP)
    )
    identity = await connections.identity(ME)
    assert identity.problem
    assert identity.problem.kind is ProblemKind.UNREACHABLE


async def asked_of_iam(connections: Connections) -> Problem:
    return await problem_of(ControlPlane(connections).read(ME, ControlPlaneService.IAM, "GetUser", UserName="u"))


@pytest.mark.parametrize("head_drips", [False, True], ids=["body", "head"])
async def test_an_answer_of_iam_ends_and_keeps_no_thread(
    hostile: HostileServer, connections: Connections, monkeypatch: pytest.MonkeyPatch, *, head_drips: bool
) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.setattr(control_plane, "_WHOLE", SECONDS)
    slow = xml(f"<GetUserResponse>{LONG.decode()}</GetUserResponse>").with_(drip=DRIP, head_drips=head_drips)
    hostile.lies[""] = {"STS": slow, "IAM": slow, "": slow}
    problem = await asked_of_iam(connections)
    assert problem.kind is ProblemKind.UNREACHABLE, problem
    assert "answer-deadline" not in [each.name for each in threading.enumerate()]


async def test_an_answer_of_iam_has_a_bound(
    hostile: HostileServer, connections: Connections, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = Answer(200, b"x" * (MAX_ANSWER + 1))
    hostile.lies[""] = {"STS": large, "IAM": large, "": large}
    assert f"{MAX_ANSWER:,} bytes" in (await asked_of_iam(connections)).cause


def part_of_a_content(request: Request) -> Answer:
    first, _, last = request.head.header("range").removeprefix("bytes=").partition("-")
    span = ("Content-Range", f"bytes {first}-{last}/{len(LONG)}")
    return Answer(206, LONG[int(first) : int(last) + 1], (*HEAD, span), drip=SECONDS / 2)


async def test_a_reader_does_not_wait_for_its_content_for_ever(hostile: HostileServer) -> None:
    hostile.lie("slow", "GetObject", part_of_a_content)
    connections, tables = Connections(timeouts=Timeouts(read=SECONDS)), Tables()
    try:
        source = ContentSource(S3Store(await connections.get(ME, attempts=1)), Location("slow", "k.parquet"))
        problem = await problem_of(tables.rows("c", source, ContentFacts(len(LONG), ETAG), 0, 9))
        assert problem.kind is ProblemKind.UNREACHABLE, problem
        await until(lambda: not [each for _, each in children_of(os.getpid()) if "tui.reader" in each], "it has ended")
    finally:
        await connections.close()
