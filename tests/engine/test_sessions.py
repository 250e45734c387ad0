"""Sessions that end while a copy of a real engine runs: renewed without a word, or waited for until there is another.

They live for seconds: MiniStack's STS makes such, and its S3 refuses them when they are over.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from tests.servers.buckets import BucketPair, fresh_bucket
from tests.servers.ministack.roles import fresh_role
from tests.servers.proxy.proxy import FaultProxy, fault_proxy
from tests.servers.server import Account, S3Server
from tests.waiting import until
from tui.accounts import connection_id
from tui.model.identity import IdentitySpec
from tui.model.location import Location
from tui.model.orders import CopyOrder, Destination, Selection
from tui.model.problem import ProblemKind
from tui.model.transfer import Limits, Outcome, Transfer, TransferState
from tui.protocol.messages.identities import Connect
from tui.protocol.messages.transfers import SetLimits, SubmitCopy, WatchResults, WatchTransfers
from tui.protocol.process import EngineProcess
from tui.protocol.session import EngineSession

pytestmark = pytest.mark.server

SECONDS = 2
OBJECTS, SIZE = 4, 128 << 10
RATE = SIZE
"""Bytes a second: the copy takes about twice as long as a session lives."""
BOB, GUEST = IdentitySpec("bob"), IdentitySpec("guest")


@dataclass
class Files:
    """The AWS files of the user: account B's keys, and the profile `guest`, whose requests a proxy passes on."""

    server: S3Server
    proxy: FaultProxy
    directory: Path

    @property
    def environment(self) -> dict[str, str]:
        return {
            "AWS_CONFIG_FILE": str(self.directory / "config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(self.directory / "credentials"),
        }

    def write(self, guest: str, credentials: str = "") -> None:
        """Say how `guest` is had: settings of the profile, and of its credentials."""
        region = f"region = {self.server.b.region}\n"
        (self.directory / "config").write_text(
            f"[profile bob]\n{region}endpoint_url = {self.server.endpoint}\n"
            f"[profile guest]\n{region}endpoint_url = {self.proxy.endpoint}\n{guest}"
        )
        (self.directory / "credentials").write_text(
            f"{keys('bob', self.server.b.access_key, self.server.b.secret_key)}{credentials}"
        )


def keys(profile: str, key: str, secret: str, token: str = "") -> str:
    more = f"aws_session_token = {token}\n" if token else ""
    return f"[{profile}]\naws_access_key_id = {key}\naws_secret_access_key = {secret}\n{more}"


def session_of(server: S3Server, account: Account, role: str, seconds: int) -> str:
    """A session of a role as the credentials of `guest`."""
    sts = server.client(account, "sts", parameter_validation=False)  # it would refuse less than 15 minutes
    answer = sts.assume_role(RoleArn=role, RoleSessionName="guest", DurationSeconds=seconds)["Credentials"]
    return keys("guest", answer["AccessKeyId"], answer["SecretAccessKey"], answer["SessionToken"])


@pytest_asyncio.fixture
async def files(ministack_server: S3Server, tmp_path: Path) -> AsyncIterator[Files]:
    async with fault_proxy(ministack_server.endpoint) as proxy:
        yield Files(ministack_server, proxy, tmp_path)


@pytest.fixture
def buckets(ministack_server: S3Server) -> Iterator[BucketPair]:
    """A's bucket with some objects, and an empty one of B's."""
    server = ministack_server
    with fresh_bucket(server, server.a) as a, fresh_bucket(server, server.b) as b:
        client = server.client(server.a)
        for number in range(OBJECTS):
            client.put_object(Bucket=a, Key=f"in/{number}", Body=bytes([number]) * SIZE)
        yield BucketPair(server, a, b)


@pytest_asyncio.fixture
async def engine(files: Files, surroundings: object) -> AsyncIterator[EngineSession]:
    process = EngineProcess(files.environment)
    session = EngineSession(process)
    yield session
    await session.close()
    process.stop()


async def begin(engine: EngineSession, buckets: BucketPair) -> str:
    """Submit the copy of all objects, from `guest` to `bob`."""
    await engine.ask(SetLimits(Limits(rate=RATE)))
    selection = Selection(connection_id(GUEST), Location(buckets.a), prefixes=["in/"])
    order = CopyOrder(selection, Destination(connection_id(BOB), Location(buckets.b)))
    return (await engine.ask(SubmitCopy(order))).transfer


async def state(engine: EngineSession, name: str) -> Transfer:
    async for snapshot in engine.follow(WatchTransfers()):
        return next(each for each in snapshot.transfers if each.id == name)
    raise AssertionError("the engine told nothing")


async def assert_copied(engine: EngineSession, name: str, buckets: BucketPair) -> None:
    results = [result async for result in engine.follow(WatchResults(name))]
    assert [result.outcome for result in results] == [Outcome.COPIED] * OBJECTS
    b = buckets.server.client(buckets.server.b)
    for number in range(OBJECTS):
        assert b.get_object(Bucket=buckets.b, Key=f"in/{number}")["Body"].read() == bytes([number]) * SIZE


async def test_they_are_renewed_while_the_copy_runs(engine: EngineSession, files: Files, buckets: BucketPair) -> None:
    server = files.server
    with fresh_role(server, server.a, server.b.principal) as role:
        files.write(
            f"role_arn = {role}\nsource_profile = bob\nduration_seconds = {SECONDS}\nparameter_validation = false\n"
        )
        await assert_copied(engine, await begin(engine, buckets), buckets)
    reads = [each for each in files.proxy.seen if each.operation == "GetObject"]
    assert {each.status for each in reads} <= {200, 206}, "no read was refused"
    assert len({each.token for each in reads}) > 1, "more than one session was needed"


async def test_one_that_cannot_be_renewed_is_waited_for(
    engine: EngineSession, files: Files, buckets: BucketPair
) -> None:
    server = files.server
    with fresh_role(server, server.a, server.b.principal) as role:
        files.write("", session_of(server, server.b, role, SECONDS))
        name = await begin(engine, buckets)

        async def waits() -> bool:
            return (await state(engine, name)).state is TransferState.WAITING

        await until(waits, "the transfer waits", timeout=30)
        why = (await state(engine, name)).waits_for
        assert why is not None
        assert (why.kind, why.identity) == (ProblemKind.EXPIRED, "guest")
        assert "renew" in why.remedy
        files.write("", session_of(server, server.b, role, 3600))
        async for _ in engine.follow(Connect(GUEST)):
            pass  # as the pane does that connects again
        await assert_copied(engine, name, buckets)
        assert (await state(engine, name)).state is TransferState.DONE
