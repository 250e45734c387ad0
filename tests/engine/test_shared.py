"""One engine for all of a user's screens and verbs: found, shared, found again, told from another version's."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.engine.other import other_engine
from tests.waiting import PATIENCE, until
from tui.model.problem import ProblemError, ProblemKind
from tui.protocol.client import connect
from tui.protocol.messages.greeting import Hello
from tui.protocol.messages.identities import ListProfiles, Profiles
from tui.protocol.messages.transfers import WatchTransfers
from tui.protocol.paths import engine_paths, profile_of
from tui.protocol.process import EngineProcess
from tui.protocol.session import EngineSession, OtherVersionError

ASK = """
import asyncio
from tui.protocol.messages.greeting import Hello
from tui.protocol.process import EngineProcess
from tui.protocol.session import EngineSession

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


async def test_another_config_file_is_another_engine(
    engine_process: EngineProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = EngineSession(engine_process)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/elsewhere")
    other_process = EngineProcess()
    other = EngineSession(other_process)
    assert (await one.ask(Hello())).pid != (await other.ask(Hello())).pid
    assert other_process.journal != engine_process.journal
    await one.close()
    await other.close()
    other_process.stop()


def test_secrets_and_profiles_do_not_tell_engines_apart() -> None:
    assert engine_paths({"AWS_PROFILE": "x"}) == engine_paths({"AWS_PROFILE": "y"}) == engine_paths({})
    keys = {"AWS_ACCESS_KEY_ID": "AKIA1"}
    assert engine_paths(keys) == engine_paths({**keys, "AWS_SECRET_ACCESS_KEY": "y", "AWS_SESSION_TOKEN": "z"})
    assert engine_paths(keys) != engine_paths({"AWS_ACCESS_KEY_ID": "AKIA2"})


def test_a_profile_of_the_environment_is_said_by_the_client_unless_keys_come_before_it() -> None:
    assert profile_of({"AWS_PROFILE": "x"}) == "x"
    assert profile_of({}) is None
    assert profile_of({"AWS_PROFILE": "x", "AWS_ACCESS_KEY_ID": "AKIA1"}) is None


async def test_a_removed_socket_is_created_again(engine_process: EngineProcess, surroundings: Path) -> None:
    """As systemd does with the runtime directory when the user's last session ends."""
    first = EngineSession(engine_process)
    pid = (await first.ask(Hello())).pid
    shutil.rmtree(engine_process.socket.parent)
    second = EngineSession(EngineProcess())
    assert (await second.ask(Hello())).pid == pid
    await first.close()
    await second.close()


async def test_without_a_runtime_directory_it_listens_elsewhere(
    engine_process: EngineProcess, surroundings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = EngineSession(engine_process)
    pid = (await first.ask(Hello())).pid
    shutil.rmtree(surroundings / "run")
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    second = EngineSession(EngineProcess())
    assert (await second.ask(Hello())).pid == pid
    await first.close()
    await second.close()


async def test_an_engine_of_another_version_with_work_is_said(surroundings: Path) -> None:
    async with other_engine(dict(os.environ), unfinished=2):
        session = EngineSession(EngineProcess())
        with pytest.raises(OtherVersionError, match=r"9\.9") as caught:
            await session.ask(Hello())
        assert "2 unfinished transfers" in caught.value.problem.cause


async def test_it_can_be_waited_for(surroundings: Path) -> None:
    process = EngineProcess()
    session = EngineSession(process)
    async with other_engine(dict(os.environ), unfinished=1) as other:
        with pytest.raises(OtherVersionError):
            await session.ask(Hello())
        waiting = asyncio.create_task(session.other_has_ended())
        other.unfinished = 0
        other.idle.set()
        await waiting
    assert (await session.ask(Hello())).pid > 1
    await session.close()
    process.stop()


async def test_one_without_work_is_replaced_unasked(surroundings: Path) -> None:
    process = EngineProcess()
    session = EngineSession(process)
    async with other_engine(dict(os.environ), unfinished=0):
        assert (await session.ask(Hello())).pid > 1
    await session.close()
    process.stop()


async def test_nothing_is_answered_before_the_greeting(engine_process: EngineProcess) -> None:
    session = EngineSession(engine_process)
    await session.ask(Hello())
    stranger = await connect(engine_process.socket)
    with pytest.raises(ProblemError) as caught:
        await stranger.ask(ListProfiles())
    assert caught.value.problem.kind is ProblemKind.OTHER_VERSION
    await stranger.ask(Hello(version=1))
    with pytest.raises(ProblemError) as caught:
        await anext(stranger.follow(WatchTransfers()))
    assert caught.value.problem.kind is ProblemKind.OTHER_VERSION
    await stranger.close()
    await session.close()


async def test_another_user_is_sent_away(engine_process: EngineProcess) -> None:
    """Even where the modes of socket and directories would let them in."""
    if os.getuid() != 0:
        assert "CI" not in os.environ, "CI runs as root: only root can become another user"
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

    async def send(rubbish: bytes) -> None:
        reader, writer = await asyncio.open_unix_connection(str(engine_process.socket))
        writer.write(rubbish)
        writer.write_eof()
        await reader.read()
        writer.close()

    @settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.one_of(st.binary(max_size=300), st.binary(max_size=200).map(framed)))
    def fuzz(rubbish: bytes) -> None:
        asyncio.run(send(rubbish))

    await asyncio.to_thread(fuzz)
    assert (await session.ask(Hello())).pid == pid
    await session.close()


def started() -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", ASK], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def framed(body: bytes) -> bytes:
    return len(body).to_bytes(4, "big") + body


async def test_who_comes_while_it_ends_is_served_by_the_next_one(surroundings: Path) -> None:
    before = EngineSession(EngineProcess())
    await before.ask(Hello())
    for _ in range(150):
        after = EngineSession(EngineProcess())
        _, profiles = await asyncio.gather(before.close(), after.ask(ListProfiles()))
        assert isinstance(profiles, Profiles)
        before = after
    await before.close()
