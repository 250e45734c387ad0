"""No transfer is hidden: engines differ by what changes something for S3, and one sees the transfers of the others."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

import botocore
import pytest
import pytest_asyncio

from tests.engine.other import other_engine
from tests.servers.buckets import BucketPair
from tests.servers.server import S3Server
from tests.waiting import until
from tui.accounts import connection_id
from tui.model.identity import IdentitySpec
from tui.model.location import Location
from tui.model.orders import CopyOptions, CopyOrder, Destination, Route, Selection
from tui.model.transfer import Limits, TransferList, TransferState
from tui.model.verifying.verification import Stage, VerifyTransfer
from tui.protocol.environment import changes_engine, described, engine_variables, recorded
from tui.protocol.every_engine import EveryEngine
from tui.protocol.messages.greeting import Hello
from tui.protocol.messages.transfers import (
    CancelTransfers,
    PauseTransfers,
    ResumeTransfers,
    SubmitCopy,
    WatchConflicts,
    WatchTransfers,
)
from tui.protocol.messages.verifying import Verify
from tui.protocol.other_engines import other_engines, unfinished_transfers_of
from tui.protocol.paths import engine_paths
from tui.protocol.process import EngineProcess
from tui.protocol.session import EngineSession

MIB = 1 << 20

MEANINGLESS = {
    *("AWS_PAGER", "AWS_VAULT", "AWS_DEFAULT_OUTPUT", "AWS_CLI_AUTO_PROMPT", "AWS_SSO_ACCOUNT_ID"),
    *("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN", "AWS_CREDENTIAL_EXPIRATION"),  # of the key's
    "AWS_ACCOUNT_ID",  # the key's account
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",  # of the address beside it
    *("AWS_PROFILE", "AWS_DEFAULT_PROFILE"),  # said by the client
    *("AWS_EXECUTION_ENV", "AWS_LAMBDA_FUNCTION_NAME", "AWS_SDK_UA_APP_ID"),  # the user agent's
    *("AWS_CSM_CLIENT_ID", "AWS_CSM_ENABLED", "AWS_CSM_HOST", "AWS_CSM_PORT"),  # monitoring
    *("AWS_DISABLE_REQUEST_COMPRESSION", "AWS_REQUEST_MIN_COMPRESSION_SIZE_BYTES"),  # no operation of S3 compresses
    "AWS_ENDPOINT_DISCOVERY_ENABLED",  # S3 has none
}


def test_only_what_changes_something_for_s3_starts_another_engine() -> None:
    plain = engine_paths({})
    for name in sorted(MEANINGLESS):
        assert engine_paths({name: "x"}) == plain, name
    for name in ("AWS_CONFIG_FILE", "AWS_ACCESS_KEY_ID", "AWS_ENDPOINT_URL_S3", "AWS_USE_FIPS_ENDPOINT", "https_proxy"):
        assert engine_paths({name: "x"}) != plain, name
    one, other = {"AWS_REGION": "eu-west-1"}, {"AWS_DEFAULT_REGION": "eu-west-1"}
    assert engine_paths(one) == engine_paths(other) == engine_paths(one | other) != plain


def test_every_variable_that_botocore_reads_is_decided() -> None:
    """A new botocore may read more: each is either counted, or named above as meaning nothing."""
    sources = Path(botocore.__file__).parent.glob("*.py")
    read = {name for source in sources for name in re.findall(r"""["'](AWS_[A-Z0-9_]+)["']""", source.read_text())}
    assert len(read) > 40
    assert {name for name in read if not changes_engine(name)} <= MEANINGLESS


def test_no_password_is_shown() -> None:
    found = engine_variables(
        {"HTTPS_PROXY": "http://me:s3cr3t@proxy", "AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "AKIA1"}
    )
    assert described(recorded(found)) == "AWS_ACCESS_KEY_ID=AKIA1 AWS_REGION=eu-west-1 HTTPS_PROXY=…"


@dataclass
class Bench:
    """This process's engine, one of other settings that has a paused copy, and who sees both."""

    every: EveryEngine
    own: EngineProcess
    other: EngineProcess
    other_session: EngineSession
    transfer: str

    async def now(self) -> TransferList:
        async with aclosing(self.every.follow(WatchTransfers())) as lists:
            return await anext(lists)


def order(buckets: BucketPair) -> CopyOrder:
    server = buckets.server
    mine, theirs = (connection_id(IdentitySpec(each.profile)) for each in (server.a, server.b))
    source = Selection(mine, Location(buckets.a), keys=["large"])
    return CopyOrder(source, Destination(theirs, Location(buckets.b)), CopyOptions(route=Route.RELAY))


@pytest_asyncio.fixture
async def bench(
    demo_server: S3Server, bucket_pair: BucketPair, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Bench]:
    for name, value in demo_server.environment.items():
        monkeypatch.setenv(name, value)
    demo_server.client(demo_server.a).put_object(Bucket=bucket_pair.a, Key="large", Body=os.urandom(8 * MIB))
    other = EngineProcess({"AWS_REGION": "eu-west-3"})
    other_session = EngineSession(other)
    transfer = (await other_session.ask(SubmitCopy(order(bucket_pair), Limits(rate=MIB)))).transfer
    await other_session.ask(PauseTransfers([transfer]))
    own = EngineProcess()
    session = EngineSession(own)
    every = EveryEngine(session, own)
    yield Bench(every, own, other, other_session, transfer)
    await every.close()
    await session.close()
    await other_session.close()
    own.stop()
    other.stop()


@pytest.mark.parametrize("s3_server", ["demo"], indirect=True)
async def test_the_transfers_of_another_engine_are_shown_and_controlled(bench: Bench) -> None:
    listed = await bench.now()
    assert [(each.id, each.state) for each in listed.transfers] == [(bench.transfer, TransferState.PAUSED)]
    assert "AWS_REGION=eu-west-3" in listed.transfers[0].notes[0]
    await bench.every.ask(ResumeTransfers([bench.transfer]))
    await until(lambda: _is(bench, TransferState.RUNNING, TransferState.QUEUED), "it resumes")
    await bench.every.ask(CancelTransfers([bench.transfer]))
    await until(lambda: _is(bench, TransferState.CANCELLED), "it is cancelled")
    async with aclosing(bench.every.follow(Verify("it", VerifyTransfer(bench.transfer)))) as updates:
        stages = [update.tally.stage async for update in updates]
    assert stages[-1] is Stage.DONE, "the engine that has it verifies it"


async def _is(bench: Bench, *states: TransferState) -> bool:
    return (await bench.now()).transfers[0].state in states


@pytest.mark.parametrize("s3_server", ["demo"], indirect=True)
async def test_each_is_met_once_however_many_feeds_there_are(bench: Bench) -> None:
    conflicting, watching = bench.every.follow(WatchConflicts()), bench.every.follow(WatchTransfers())
    async with aclosing(conflicting) as conflicts, aclosing(watching) as lists:
        _, listed = await asyncio.gather(anext(conflicts), anext(lists))
        assert [each.id for each in listed.transfers] == [bench.transfer]
        await bench.every.ask(ResumeTransfers([bench.transfer]))
        assert [each.id for each in (await anext(lists)).transfers] == [bench.transfer]
    assert len(bench.every.met) == 1


@pytest.mark.parametrize("s3_server", ["demo"], indirect=True)
async def test_one_that_is_not_running_is_started_with_its_own_settings(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bench.other_session.close()
    bench.other.stop()
    (other,) = other_engines(bench.own.places)
    assert unfinished_transfers_of(other) == 1
    assert (await bench.now()).transfers[0].id == bench.transfer
    assert bench.other.running
    await bench.every.ask(CancelTransfers([bench.transfer]))
    await bench.every.close()
    await until(lambda: not bench.other.running, "it ends when it has nothing to do")
    assert unfinished_transfers_of(other) == 0


@pytest.mark.parametrize("s3_server", ["demo"], indirect=True)
async def test_one_whose_settings_are_not_all_kept_is_not_started(bench: Bench) -> None:
    await bench.other_session.close()
    bench.other.stop()
    bench.other.places.settings.write_text('{"AWS_REGION": "eu-west-3", "HTTPS_PROXY": null}')
    assert (await bench.now()).transfers == []
    assert not bench.other.running


@pytest.mark.parametrize("s3_server", ["demo"], indirect=True)
async def test_one_that_comes_is_noticed(bench: Bench) -> None:
    await bench.other_session.ask(CancelTransfers([bench.transfer]))
    await bench.other_session.close()
    await until(lambda: not bench.other.running, "it has ended")
    async with aclosing(bench.every.follow(WatchTransfers())) as lists:
        assert (await anext(lists)).transfers == []
        again = EngineSession(bench.other)
        await again.ask(Hello())
        while not (listed := await anext(lists)).transfers:
            pass
        assert listed.transfers[0].id == bench.transfer
        await again.close()


async def test_one_of_another_version_is_known_by_its_number(surroundings: object) -> None:
    async with other_engine({**os.environ, "AWS_REGION": "eu-west-3"}, unfinished=2):
        process = EngineProcess()
        every = EveryEngine(EngineSession(process), process, with_own=False)
        async with aclosing(every.follow(WatchTransfers())) as lists:
            assert (await anext(lists)).transfers == []
        assert [(met.client, met.welcome.unfinished) for met in every.met] == [(None, 2)]
        await every.close()
        assert not process.running, "nothing was started to say so"
