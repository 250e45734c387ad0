"""A bucket by its name, in a pane whose identity may list no buckets, through a real engine on real servers."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import pytest
import pytest_asyncio

from tests.servers.buckets import fresh_bucket
from tests.servers.policies import bucket_policy, grant_read
from tests.servers.server import Account, S3Server
from tui.model.identity import Identity, IdentitySpec
from tui.model.location import Location, parse_location
from tui.model.problem import ProblemError, ProblemKind
from tui.protocol.messages.identities import Connect
from tui.protocol.messages.places import ListBuckets, ListObjects
from tui.protocol.process import EngineProcess
from tui.protocol.session import EngineSession

pytestmark = pytest.mark.server

NO_LISTS = {"Effect": "Deny", "Action": "s3:ListAllMyBuckets", "Resource": "*"}


@pytest.fixture(params=["ceph", "ministack"])
def server(request: pytest.FixtureRequest) -> S3Server:
    found = request.getfixturevalue(f"{request.param}_server")
    assert isinstance(found, S3Server)
    return found


@contextmanager
def unlisting(server: S3Server, account: Account) -> Iterator[None]:
    """Deny an account's user to list buckets while the block lasts."""
    iam, policy = server.client(account, "iam"), {"UserName": account.profile, "PolicyName": "no-lists"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [NO_LISTS]})
    iam.put_user_policy(**policy, PolicyDocument=document)
    try:
        yield
    finally:
        iam.delete_user_policy(**policy)


@pytest.fixture
def foreign(server: S3Server) -> Iterator[str]:
    """A bucket of A's that B may read, and that holds ``in/k``."""
    with fresh_bucket(server, server.a) as name, unlisting(server, server.b):
        a = server.client(server.a)
        a.put_object(Bucket=name, Key="in/k", Body=b"content")
        a.put_bucket_policy(Bucket=name, Policy=bucket_policy(*grant_read(name, server.b.principal)))
        yield name


@pytest_asyncio.fixture
async def engine(server: S3Server, surroundings: object) -> AsyncIterator[EngineSession]:
    process = EngineProcess(server.environment)
    session = EngineSession(process)
    yield session
    await session.close()
    process.stop()


async def connected(engine: EngineSession, server: S3Server) -> Identity:
    return [identity async for identity in engine.follow(Connect(IdentitySpec(server.b.profile)))][-1]


async def test_it_opens_by_every_form_of_its_name(engine: EngineSession, server: S3Server, foreign: str) -> None:
    who = await connected(engine, server)
    assert who.problem is not None, "who may list no buckets does not learn the canonical id"
    with pytest.raises(ProblemError) as caught:
        await engine.ask(ListBuckets(who.connection))
    assert caught.value.problem.kind is ProblemKind.DENIED
    for form in (foreign, f"s3://{foreign}/", f"arn:aws:s3:::{foreign}"):
        pages = [page async for page in engine.follow(ListObjects(who.connection, parse_location(form)))]
        assert [prefix for page in pages for prefix in page.prefixes] == ["in/"]
    pages = [page async for page in engine.follow(ListObjects(who.connection, Location(foreign, "in/")))]
    assert [name for page in pages for name in page.names] == ["k"]


async def test_a_bucket_it_may_not_read_names_the_missing_permission(
    engine: EngineSession, server: S3Server, foreign: str
) -> None:
    who = await connected(engine, server)
    with fresh_bucket(server, server.a) as closed, pytest.raises(ProblemError) as caught:
        async for _ in engine.follow(ListObjects(who.connection, Location(closed))):
            pass
    assert (caught.value.problem.kind, caught.value.problem.permission) == (ProblemKind.DENIED, "s3:ListBucket")
