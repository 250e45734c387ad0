"""The engine's life as its clients see it: started, asked, killed, started again, ended."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.waiting import until, until_true
from tui.model.identity import IdentitySpec
from tui.model.location import Location
from tui.model.problem import Problem, ProblemError, ProblemKind
from tui.protocol.messages.greeting import Hello
from tui.protocol.messages.identities import Connect, ListProfiles
from tui.protocol.messages.places import ListObjects
from tui.protocol.messages.transfers import WatchTransfers
from tui.protocol.paths import log_file
from tui.protocol.process import EngineProcess
from tui.protocol.session import EngineLostError, EngineSession

STARTER = """
import asyncio, sys
from tui.protocol.messages.greeting import Hello
from tui.protocol.process import EngineProcess
from tui.protocol.session import EngineSession

async def main():
    session = EngineSession(EngineProcess())
    print((await session.ask(Hello())).pid, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


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
    identities = [identity async for identity in session.follow(Connect(IdentitySpec("analytics")))]
    assert identities[-1].account == "222222222222"
    where = Location("media-prod-assets", "video/")
    pages = [page async for page in session.follow(ListObjects(identities[-1].connection, where))]
    assert "2026/" in pages[0].prefixes
    assert pages[-1].last


async def test_calls_share_one_connection_and_stop_alone(session: EngineSession) -> None:
    endless = session.follow(WatchTransfers())
    await anext(endless)
    pids = await asyncio.gather(*(session.ask(Hello()) for _ in range(20)))
    await endless.aclose()
    assert len({welcome.pid for welcome in pids}) == 1
    assert (await session.ask(Hello())).pid == pids[0].pid


async def test_a_problem_is_raised_as_such(session: EngineSession) -> None:
    with pytest.raises(ProblemError) as caught:
        async for _ in session.follow(Connect(IdentitySpec("analytic"))):
            pass
    assert caught.value.problem.kind is ProblemKind.NO_PROFILE
    assert "analytics" in caught.value.problem.sentence()


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
    second = (await session.ask(Hello())).pid
    assert second != first


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
    process = EngineProcess({"PYTHONPATH": str(log_file()), "PYTHONHOME": "/nonexistent"})
    session = EngineSession(process)
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


async def test_invalid_bytes_on_the_socket_are_harmless(engine_process: EngineProcess) -> None:
    session = EngineSession(engine_process)
    pid = (await session.ask(Hello())).pid
    for rubbish in (b"\0\0\0\4rubb", b"\xff\xff\xff\xff", b"GET / HTTP/1.1\r\n\r\n", b"\0\0"):
        reader, writer = await asyncio.open_unix_connection(str(engine_process.socket))
        writer.write(rubbish)
        writer.write_eof()
        assert await reader.read() == b""
        writer.close()
    assert (await session.ask(Hello())).pid == pid
    await session.close()


def test_the_engine_ends_with_a_starter_that_is_killed() -> None:
    starter = subprocess.Popen([sys.executable, "-c", STARTER], stdout=subprocess.PIPE, text=True)
    assert starter.stdout
    pid = int(starter.stdout.readline())
    starter.kill()
    starter.wait()
    starter.stdout.close()
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
