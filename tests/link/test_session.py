"""The engine's life: started, shared by all of a user's screens and verbs, killed, found again, told from others."""

import asyncio
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import ExitStack, aclosing
from dataclasses import dataclass
from pathlib import Path

import botocore
import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.link.conftest import connected
from tests.link.other import other_engine
from tests.servers.buckets import BucketPair
from tests.servers.server import S3Server
from tests.stores.refusals import problem_of
from tests.waiting import PATIENCE, until, until_true
from tui.aws.ids import connection_id
from tui.core.identity import IdentitySpec
from tui.core.location import Location
from tui.core.orders import CopyOptions, CopyOrder, CopyRoute, Destination, Selection
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.core.transfer import Limits, TransferList, TransferState
from tui.features.transfer_list.engines_session import EveryEngine, other_engines, unfinished_transfers_of
from tui.features.verify.values import VerificationStage, Verify, VerifyTransfer
from tui.link.engine_paths import (
    changes_engine,
    described,
    engine_paths,
    engine_variables,
    log_file,
    profile_of,
    recorded,
)
from tui.link.process import EngineProcess
from tui.link.request import Hello
from tui.link.session import EngineLostError, EngineSession, OtherVersionError, connect
from tui.messages.identity_requests import ListProfiles, Profiles
from tui.messages.listing_requests import ListObjects
from tui.messages.order_requests import (
    CancelTransfers,
    PauseTransfers,
    ResumeTransfers,
    SubmitCopy,
    WatchConflicts,
    WatchTransfers,
)

MIB = 1 << 20

ASK = """
import asyncio
from tui.link.request import Hello
from tui.link.process import EngineProcess
from tui.link.session import EngineSession

async def main():
    session = EngineSession(EngineProcess())
    print((await session.ask(Hello())).pid, flush=True)
    input()
    await session.close()

asyncio.run(main())
"""

NOBODY = """
import os, socket, sys
os.setuid(65534)
connection = socket.socket(socket.AF_UNIX)
connection.connect(sys.argv[1])
try:
    connection.sendall(b"\\0\\0\\0\\1x")
    print(repr(connection.recv(100)))
except ConnectionError:  # it was closed before it had been read
    print(repr(b""))
"""


def started() -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", ASK], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.usefixtures("engines_by_exec")
async def test_asks_and_follows(session: EngineSession) -> None:
    listed = await session.ask(ListProfiles())
    assert [profile.name for profile in listed.profiles] == ["media-prod", "analytics", "analytics-as-media-reader"]
    who = await connected(session, "analytics")
    assert who.account == "222222222222"
    where = Location("media-prod-assets", "video/")
    pages = [page async for page in session.follow(ListObjects(who.connection, where))]
    assert "2026/" in pages[0].prefixes
    assert pages[-1].last


async def test_calls_share_one_connection_and_stop_alone(session: EngineSession) -> None:
    endless = session.follow(WatchTransfers())
    await anext(endless)
    pids = await asyncio.gather(*(session.ask(Hello()) for _ in range(20)))
    await endless.aclose()
    assert len({welcome.pid for welcome in pids}) == 1
    assert (await session.ask(Hello())).pid == pids[0].pid


async def test_a_killed_engine_is_noticed_said_and_started_again(session: EngineSession) -> None:
    said: list[Problem] = []
    session.on_lost = said.append
    first = (await session.ask(Hello())).pid
    feed = session.follow(WatchTransfers())
    await anext(feed)
    os.kill(first, signal.SIGKILL)
    with pytest.raises(EngineLostError):
        await anext(feed)
    await until(lambda: bool(said), "the loss is said")
    assert (await session.ask(Hello())).pid != first


async def test_an_engine_that_keeps_dying_is_given_up(session: EngineSession) -> None:
    for _ in range(3):
        os.kill((await session.ask(Hello())).pid, signal.SIGKILL)
        feed = session.follow(WatchTransfers())
        with pytest.raises(EngineLostError):
            async for _ in feed:
                pass
    with pytest.raises(ProblemError, match="keeps stopping"):
        await session.ask(Hello())
    assert (await session.ask(Hello())).pid, "after the user was told, it may be tried again"


async def test_an_engine_that_cannot_import_is_reported_not_waited_for(surroundings: object) -> None:
    session = EngineSession(EngineProcess({"PYTHONPATH": str(log_file()), "PYTHONHOME": "/nonexistent"}))
    with pytest.raises(EngineLostError):
        await session.ask(Hello())
    await session.close()


async def test_the_socket_is_private_and_goes_with_the_engine(engine_process: EngineProcess) -> None:
    session = EngineSession(engine_process)
    pid = (await session.ask(Hello())).pid
    path = engine_process.socket
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(log_file().stat().st_mode) == 0o600
    await session.close()
    await until(lambda: not engine_process.running, "the engine has ended: nobody is there and nothing to do")
    await until(lambda: not lives(pid), "its process has ended")
    assert not path.exists()


def niceness_of_session(pid: int) -> str:
    """What Linux's autogroups say of the process's session; empty where there are none."""
    autogroup = Path(f"/proc/{pid}/autogroup")
    return autogroup.read_text().split()[-1] if autogroup.exists() else ""


@pytest.mark.usefixtures("engines_by_exec")
async def test_the_engine_has_a_session_of_its_own_and_steps_back(session: EngineSession) -> None:
    """It steps back from the screen, but its session does not step back from those of other programs."""
    pid = (await session.ask(Hello())).pid
    assert os.getsid(pid) == pid
    assert os.getpriority(os.PRIO_PROCESS, pid) == min(19, os.getpriority(os.PRIO_PROCESS, 0) + 10)
    assert niceness_of_session(pid) in ("0", "")


def test_the_engine_ends_with_a_starter_that_is_killed() -> None:
    with started() as starter:
        assert starter.stdout
        pid = int(starter.stdout.readline())
        starter.kill()
    until_true(lambda: not lives(pid), "the engine has ended")


async def test_a_terminated_engine_ends_though_a_client_stays(engine_process: EngineProcess) -> None:
    session = EngineSession(engine_process)
    pid = (await session.ask(Hello())).pid
    feed = session.follow(WatchTransfers())
    await anext(feed)
    os.kill(pid, signal.SIGTERM)
    with pytest.raises(EngineLostError):
        async for _ in feed:
            pass
    await until(lambda: not engine_process.running, "the engine has ended")
    await session.close()
    assert log_file().read_text() == ""


async def test_those_who_come_at_once_meet_in_one_engine(surroundings: Path) -> None:
    with ExitStack() as stack:
        clients = [stack.enter_context(started()) for _ in range(6)]
        for client in clients:
            stack.callback(client.kill)
        pids = [await asyncio.to_thread(client.stdout.readline) for client in clients if client.stdout]
        assert len(set(pids)) == 1
        assert int(pids[0])
        for client in clients:
            client.communicate("\n", timeout=30 * PATIENCE)
    await until(lambda: not EngineProcess().running, "the engine has ended with its last client")


def test_a_profile_of_the_environment_is_said_by_the_client_unless_keys_come_before_it() -> None:
    assert profile_of({"AWS_PROFILE": "x"}) == "x"
    assert profile_of({}) is None
    assert profile_of({"AWS_PROFILE": "x", "AWS_ACCESS_KEY_ID": "AKIA1"}) is None


async def test_a_removed_socket_is_created_again_here_or_elsewhere(
    engine_process: EngineProcess, surroundings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As systemd does with the runtime directory when the user's last session ends."""
    sessions = [EngineSession(engine_process)]
    pid = (await sessions[0].ask(Hello())).pid
    shutil.rmtree(engine_process.socket.parent)
    sessions.append(EngineSession(EngineProcess()))
    assert (await sessions[1].ask(Hello())).pid == pid
    shutil.rmtree(surroundings / "run")
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    sessions.append(EngineSession(EngineProcess()))
    assert (await sessions[2].ask(Hello())).pid == pid
    for session in sessions:
        await session.close()


async def test_an_engine_of_another_version_with_work_is_said_and_can_be_waited_for(surroundings: Path) -> None:
    """One without work is replaced unasked."""
    process = EngineProcess()
    session = EngineSession(process)
    async with other_engine(dict(os.environ), unfinished=2) as other:
        with pytest.raises(OtherVersionError, match=r"9\.9") as caught:
            await session.ask(Hello())
        assert "2 unfinished transfers" in caught.value.problem.cause
        waiting = asyncio.create_task(session.other_has_ended())
        other.unfinished = 0
        other.idle.set()
        await waiting
    assert (await session.ask(Hello())).pid > 1
    await session.close()
    process.stop()
    async with other_engine(dict(os.environ), unfinished=0):
        session = EngineSession(process)
        assert (await session.ask(Hello())).pid > 1
    await session.close()
    process.stop()


async def test_nothing_is_answered_before_the_greeting(engine_process: EngineProcess) -> None:
    session = EngineSession(engine_process)
    await session.ask(Hello())
    stranger = await connect(engine_process.socket)
    asking, following = stranger.ask(ListProfiles()), stranger.follow(WatchTransfers())
    assert (await problem_of(asking)).kind is ProblemKind.OTHER_VERSION
    await stranger.ask(Hello(version=1))
    assert (await problem_of(anext(following))).kind is ProblemKind.OTHER_VERSION
    await stranger.close()
    await session.close()


async def test_another_user_is_sent_away(engine_process: EngineProcess) -> None:
    """Even where the modes of socket and directories would let them in."""
    if os.getuid() != 0:
        pytest.skip("only root can become another user")
    session = EngineSession(engine_process)
    pid = (await session.ask(Hello())).pid
    path = engine_process.socket
    path.chmod(0o777)
    for directory in list(path.parents)[:3]:
        directory.chmod(0o755)
    said = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", NOBODY, str(path)], capture_output=True, text=True, timeout=30
    )
    assert said.stdout.strip() == "b''", said.stderr
    assert (await session.ask(Hello())).pid == pid
    await session.close()


async def test_any_bytes_on_the_socket_harm_nobody(engine_process: EngineProcess) -> None:
    session = EngineSession(engine_process)
    pid = (await session.ask(Hello())).pid

    async def send(rubbish: bytes) -> bytes:
        reader, writer = await asyncio.open_unix_connection(str(engine_process.socket))
        writer.write(rubbish)
        writer.write_eof()
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
        return answer

    for known in (b"\0\0\0\4rubb", b"\xff\xff\xff\xff", b"GET / HTTP/1.1\r\n\r\n", b"\0\0"):
        assert await send(known) == b""

    @settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.one_of(st.binary(max_size=300), st.binary(max_size=200).map(framed)))
    def fuzz(rubbish: bytes) -> None:
        asyncio.run(send(rubbish))

    await asyncio.to_thread(fuzz)
    assert (await session.ask(Hello())).pid == pid
    await session.close()


def framed(body: bytes) -> bytes:
    return len(body).to_bytes(4, "big") + body


@pytest.mark.thorough
async def test_who_comes_while_it_ends_is_served_by_the_next_one(surroundings: Path) -> None:
    before = EngineSession(EngineProcess())
    await before.ask(Hello())
    for _ in range(150):
        after = EngineSession(EngineProcess())
        _, profiles = await asyncio.gather(before.close(), after.ask(ListProfiles()))
        assert isinstance(profiles, Profiles)
        before = after
    await before.close()


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
    keys = {"AWS_ACCESS_KEY_ID": "AKIA1"}
    assert engine_paths(keys) == engine_paths({**keys, "AWS_SECRET_ACCESS_KEY": "y", "AWS_SESSION_TOKEN": "z"})
    assert engine_paths(keys) != engine_paths({"AWS_ACCESS_KEY_ID": "AKIA2"})


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


def test_a_user_who_is_just_a_number_has_an_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 54321)  # as in many containers
    assert engine_variables({"HOME": "/work"}) == {"HOME": "/work"}


only_demo = pytest.mark.parametrize("s3_server", ["demo"], indirect=True)


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
    return CopyOrder(source, Destination(theirs, Location(buckets.b)), CopyOptions(route=CopyRoute.RELAY))


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


@only_demo
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
    assert stages[-1] is VerificationStage.DONE, "the engine that has it verifies it"


async def _is(bench: Bench, *states: TransferState) -> bool:
    return (await bench.now()).transfers[0].state in states


@only_demo
async def test_each_is_met_once_however_many_feeds_there_are(bench: Bench) -> None:
    conflicting, watching = bench.every.follow(WatchConflicts()), bench.every.follow(WatchTransfers())
    async with aclosing(conflicting) as conflicts, aclosing(watching) as lists:
        _, listed = await asyncio.gather(anext(conflicts), anext(lists))
        assert [each.id for each in listed.transfers] == [bench.transfer]
        await bench.every.ask(ResumeTransfers([bench.transfer]))
        assert [each.id for each in (await anext(lists)).transfers] == [bench.transfer]
    assert len(bench.every.met) == 1


@only_demo
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


@only_demo
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
