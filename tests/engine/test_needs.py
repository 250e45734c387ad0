"""What a transfer's identity needs while it is under way: it waits, says for what, and goes on when it is given."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import aclosing
from pathlib import Path

import pytest
import pytest_asyncio

from tests.accounts.demo import OPERATOR, present_code
from tests.servers.buckets import BucketPair, fresh_bucket
from tests.servers.policies import grant_read
from tests.servers.server import S3Server
from tui.accounts import connection_id
from tui.model.identity import IdentitySpec, RoleSpec
from tui.model.location import Location
from tui.model.orders import CopyOptions, CopyOrder, Destination, Route, Selection
from tui.model.problem import Need
from tui.model.transfer import Limits, Transfer, TransferState
from tui.protocol.messages.greeting import Hello
from tui.protocol.messages.identities import GiveCode, GiveKeys, Secret, WatchIdentity
from tui.protocol.messages.transfers import PauseTransfers, ResumeTransfers, SetLimits, SubmitCopy, WatchTransfers
from tui.protocol.paths import log_file
from tui.protocol.process import EngineProcess
from tui.protocol.session import EngineSession

OBJECTS, SIZE = 12, 256 * 1024
ABOUT_THREE_SECONDS = Limits(rate=OBJECTS * SIZE // 3)


@pytest.fixture
def buckets(demo_server: S3Server) -> Iterator[BucketPair]:
    """A's bucket holds some objects, which the role may read."""
    with fresh_bucket(demo_server, demo_server.a) as a, fresh_bucket(demo_server, demo_server.b) as b:
        pair = BucketPair(demo_server, a, b)
        pair.set_policy_of_a(*grant_read(a, OPERATOR.arn))
        client = demo_server.client(demo_server.a)
        for number in range(OBJECTS):
            client.put_object(Bucket=a, Key=f"object-{number}", Body=os.urandom(SIZE))
        yield pair


@pytest.fixture
def environment(demo_server: S3Server, tmp_path: Path) -> Mapping[str, str]:
    """The demo's settings, which let sessions be as short as the test likes."""
    config = tmp_path / "config"
    text = Path(demo_server.environment["AWS_CONFIG_FILE"]).read_text()
    config.write_text(text.replace("[profile analytics]", "[profile analytics]\nparameter_validation = false"))
    return {**demo_server.environment, "AWS_CONFIG_FILE": str(config)}


@pytest.fixture
def process(environment: Mapping[str, str]) -> Iterator[EngineProcess]:
    made = EngineProcess(environment)
    yield made
    made.stop()


@pytest_asyncio.fixture
async def session(process: EngineProcess) -> AsyncIterator[EngineSession]:
    made = EngineSession(process)
    yield made
    await made.close()


def copy_of_all(buckets: BucketPair, source: IdentitySpec) -> CopyOrder:
    return CopyOrder(
        Selection(connection_id(source), Location(buckets.a), [f"object-{number}" for number in range(OBJECTS)]),
        Destination(connection_id(IdentitySpec(buckets.server.b.profile)), Location(buckets.b)),
        CopyOptions(route=Route.RELAY),
    )


async def reached(session: EngineSession, transfer: str, *states: TransferState) -> Transfer:
    """The transfer in one of these states."""
    async with aclosing(session.follow(WatchTransfers())) as lists:
        async for each in lists:
            found = next(one for one in each.transfers if one.id == transfer)
            if found.state in states:
                return found
    raise AssertionError("the engine has ended")


async def test_a_session_of_seconds_ends_while_it_is_copied_as_it(session: EngineSession, buckets: BucketPair) -> None:
    """The transfer waits for a code each time, goes on with it, and copies everything."""
    role = RoleSpec(OPERATOR.arn, mfa_serial=OPERATOR.mfa_serial, duration=2)
    spec = IdentitySpec(buckets.server.b.profile, roles=(role,))
    await session.ask(SetLimits(ABOUT_THREE_SECONDS))
    await session.ask(GiveCode(connection_id(spec), Secret(present_code())))
    transfer = (await session.ask(SubmitCopy(copy_of_all(buckets, spec)))).transfer
    waits = 0
    while True:
        now = await reached(session, transfer, TransferState.WAITING, TransferState.DONE, TransferState.FAILED)
        if now.state is not TransferState.WAITING:
            break
        assert now.waits_for is not None
        assert (now.waits_for.needs, now.waits_for.subject) == (Need.MFA_CODE, OPERATOR.mfa_serial)
        assert now.waits_for.connection == connection_id(spec)
        waits += 1
        await session.ask(SetLimits(Limits()))  # one end is enough to see
        await session.ask(GiveCode(now.waits_for.connection, Secret(present_code())))
        await reached(session, transfer, TransferState.RUNNING, TransferState.DONE, TransferState.FAILED)
    assert waits > 0
    assert (now.state, now.objects_done, now.objects_failed) == (TransferState.DONE, OBJECTS, 0)
    log = log_file().read_text()
    assert "needs an MFA code" in log
    assert "Traceback" not in log  # botocore logs one for whatever it cannot renew


async def test_typed_keys_are_wanted_again_by_the_next_engine(
    session: EngineSession, process: EngineProcess, environment: Mapping[str, str], buckets: BucketPair
) -> None:
    keys = buckets.server.a
    spec = IdentitySpec(endpoint=buckets.server.endpoint, region=keys.region, access_key=keys.access_key)
    give = GiveKeys(keys.access_key, Secret(keys.secret_key), endpoint=buckets.server.endpoint)
    await session.ask(give)
    await session.ask(SetLimits(ABOUT_THREE_SECONDS))
    transfer = (await session.ask(SubmitCopy(copy_of_all(buckets, spec)))).transfer
    await session.ask(PauseTransfers([transfer]))
    process.stop()
    assert keys.secret_key.encode() not in process.journal.read_bytes()
    next_process = EngineProcess(environment)
    try:
        after = EngineSession(next_process)
        assert (await after.ask(Hello())).unfinished == 1
        await after.ask(ResumeTransfers([transfer]))
        waiting = await reached(after, transfer, TransferState.WAITING)
        assert waiting.waits_for is not None
        assert (waiting.waits_for.needs, waiting.waits_for.subject) == (Need.KEYS, keys.access_key)
        async with aclosing(after.follow(WatchIdentity(connection_id(spec)))) as identities:
            out = await anext(identities)
            assert out.problem is not None
            assert out.problem.needs is Need.KEYS
            await after.ask(give)
            back = await anext(identities)
            assert (back.canonical_id, back.problem) == (keys.canonical_id, None)
        done = await reached(after, transfer, TransferState.DONE, TransferState.FAILED)
        assert (done.state, done.objects_done) == (TransferState.DONE, OBJECTS)
        await after.close()
    finally:
        next_process.stop()
