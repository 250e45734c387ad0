"""What a real engine asks about the rows of one bucket: the bucket once, until it is written to or asked afresh."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing

import pytest
import pytest_asyncio

from tests.servers.buckets import fresh_bucket
from tests.servers.proxy.proxy import FaultProxy, fault_proxy
from tests.servers.server import S3Server
from tui.model.facts import Fact, FactName
from tui.model.identity import IdentitySpec
from tui.model.inspection.sections import Section
from tui.model.location import Location
from tui.protocol.messages.identities import Connect
from tui.protocol.messages.inspecting import Inspect
from tui.protocol.messages.places import CreatePrefix
from tui.protocol.session import EngineSession

OF_OBJECT = ["GetAcl", "GetObjectTagging", "HeadObject"]
OF_BUCKET = ["GetAcl", "GetBucketOwnershipControls", "GetBucketPolicy", "GetPublicAccessBlock", "HeadBucket"]
ONE, TWO = "one", "two"


@pytest.fixture
def bucket(demo_server: S3Server) -> Iterator[str]:
    """A bucket of A with two objects."""
    with fresh_bucket(demo_server, demo_server.a) as bucket:
        for key in (ONE, TWO):
            demo_server.client(demo_server.a).put_object(Bucket=bucket, Key=key, Body=b"1")
        yield bucket


@pytest_asyncio.fixture
async def proxy(demo_server: S3Server) -> AsyncIterator[FaultProxy]:
    async with fault_proxy(demo_server.endpoint) as proxy:
        yield proxy


class Asking:
    """A connection of an engine that is behind a proxy, and what came by."""

    def __init__(self, session: EngineSession, proxy: FaultProxy, connection: str) -> None:
        self.session, self._proxy, self.connection = session, proxy, connection
        self.diagnoses = 0

    async def inspect(
        self, where: Location, *sections: Section, known: tuple[Fact, ...] = (), fresh: bool = False
    ) -> dict[FactName, Fact]:
        """The facts of one inspection; `diagnoses` counts how often it brought other findings."""
        feed = Inspect(self.connection, where, None, sections, known, fresh)
        facts: dict[FactName, Fact] = {}
        async with aclosing(self.session.follow(feed)) as updates:
            async for update in updates:
                facts |= {fact.name: fact for fact in update.facts}
                self.diagnoses += update.findings is not None
        return facts

    def requests(self) -> list[str]:
        """What has come by since this was last looked at."""
        found = sorted(each.operation for each in self._proxy.seen)
        self._proxy.seen.clear()
        return found


@pytest_asyncio.fixture
async def asking(session: EngineSession, proxy: FaultProxy, demo_server: S3Server) -> Asking:
    connection = ""
    async with aclosing(session.follow(Connect(IdentitySpec(demo_server.a.profile, endpoint=proxy.endpoint)))) as news:
        async for identity in news:
            connection = identity.connection
    proxy.seen.clear()
    return Asking(session, proxy, connection)


async def test_the_next_row_of_a_bucket_takes_the_requests_of_the_object_only(asking: Asking, bucket: str) -> None:
    first = await asking.inspect(Location(bucket, ONE))
    assert asking.requests() == sorted(OF_OBJECT + OF_BUCKET)
    second = await asking.inspect(Location(bucket, TWO))
    assert asking.requests() == OF_OBJECT
    assert second[FactName.BUCKET_OWNER] == first[FactName.BUCKET_OWNER]
    assert second[FactName.BUCKET_OWNER].asked > 0
    await asking.inspect(Location(bucket))
    assert asking.requests() == []


async def test_asked_afresh_the_bucket_is_asked_again(asking: Asking, bucket: str) -> None:
    await asking.inspect(Location(bucket, ONE))
    asking.requests()
    await asking.inspect(Location(bucket, ONE), fresh=True)
    assert asking.requests() == sorted(OF_OBJECT + OF_BUCKET)


async def test_a_write_of_ours_ends_what_was_known_of_the_bucket(asking: Asking, bucket: str) -> None:
    await asking.inspect(Location(bucket))
    await asking.session.ask(CreatePrefix(asking.connection, Location(bucket, "new/")))
    asking.requests()
    await asking.inspect(Location(bucket))
    assert asking.requests() == OF_BUCKET


async def test_a_section_takes_its_own_requests_only_and_once_for_all_rows(asking: Asking, bucket: str) -> None:
    known = tuple((await asking.inspect(Location(bucket, ONE))).values())
    asking.requests()
    facts = await asking.inspect(Location(bucket, ONE), Section.BUCKET, known=known)
    assert set(facts) == {FactName.BUCKET_TAGS, FactName.LOGGING, FactName.WEBSITE, FactName.CORS, FactName.PAYER}
    assert len(asking.requests()) == 5
    await asking.inspect(Location(bucket, TWO), Section.BUCKET, known=known)
    assert "GET bucket" not in asking.requests()  # what the demo does not know is not asked again either


async def test_findings_are_made_once_for_facts_that_come_together(asking: Asking, bucket: str) -> None:
    """Each request answers at most once, and what was kept comes at once."""
    await asking.inspect(Location(bucket, ONE))
    assert asking.diagnoses <= len(OF_OBJECT + OF_BUCKET)
    asking.diagnoses = 0
    await asking.inspect(Location(bucket, TWO), *Section)
    assert asking.diagnoses <= len(OF_OBJECT) + 1
