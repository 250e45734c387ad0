"""The engine stays for a while after its last client, and the next one finds nothing of the former one in it."""

import os
from pathlib import Path

import pytest

from tests.servers.server import S3Server
from tests.waiting import until
from tui.core.identity import IdentitySpec
from tui.core.problem import ProblemError
from tui.engine.run_engine import stay_seconds
from tui.link.process import EngineProcess
from tui.link.request import Hello
from tui.link.session import EngineSession, connect
from tui.messages.identity_requests import Connect, GiveKeys, Secret

KEY = "AKIAIOSFODNN7EXAMPLE"


@pytest.fixture
def staying(surroundings: object, demo_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    monkeypatch.setenv("XS3_TUI_ENGINE_STAY", "600")
    return dict(demo_server.environment)


async def pid_of(process: EngineProcess) -> int:
    """The engine that a client meets that leaves at once."""
    session = EngineSession(process)
    try:
        return (await session.ask(Hello())).pid
    finally:
        await session.close()


async def forgets_keys(process: EngineProcess, endpoint: str) -> int:
    """A client gives keys, and leaves; another finds them forgotten. The engine's process."""
    spec = IdentitySpec(access_key=KEY, endpoint=endpoint)
    session = EngineSession(process)
    pid = (await session.ask(Hello())).pid
    await session.ask(GiveKeys(KEY, Secret("secret"), endpoint=endpoint))
    assert not await wants_keys(session, spec)
    await session.close()

    async def forgotten() -> bool:
        session = EngineSession(process)
        try:
            return await wants_keys(session, spec)
        finally:
            await session.close()

    await until(forgotten, "the keys are forgotten")  # a client that comes before the last one has left still has them
    return pid


async def test_the_next_client_finds_the_engine_but_no_typed_keys(
    staying: dict[str, str], demo_server: S3Server
) -> None:
    process = EngineProcess(staying)
    first = await forgets_keys(process, demo_server.endpoint)
    assert await pid_of(process) == first
    process.stop()


async def wants_keys(session: EngineSession, spec: IdentitySpec) -> bool:
    try:
        known = [each async for each in session.follow(Connect(spec))]
    except ProblemError as error:
        return bool(error.problem.needs)
    return bool(known[-1].problem and known[-1].problem.needs)


async def test_it_ends_after_the_time_of_the_settings(surroundings: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XS3_TUI_ENGINE_STAY")
    settings = Path(os.environ["XDG_CONFIG_HOME"]) / "xs3-tui/config.toml"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text("[engine]\nstay = 0.3\n")
    process = EngineProcess()
    await pid_of(process)
    await until(lambda: not process.running, "it has ended")


@pytest.mark.parametrize("wrong", ["nan", "inf", "-1", "5m", ""])
def test_a_time_that_is_none_leaves_that_of_the_settings(
    surroundings: Path, monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    monkeypatch.setenv("XS3_TUI_ENGINE_STAY", wrong)
    assert stay_seconds() == 300


async def test_another_environment_gets_an_engine_of_its_own(staying: dict[str, str]) -> None:
    """``credential_process`` sees the environment of the engine, not of the command that asks."""
    first = await pid_of(EngineProcess(staying))
    assert await pid_of(EngineProcess(staying | {"PWD": "/"})) == first
    other = EngineProcess(staying | {"VAULT_TOKEN": "another"})
    second = await pid_of(other)
    assert second != first
    session = EngineSession(other)
    await session.ask(Hello())
    assert await pid_of(EngineProcess(staying)) == second, "an engine in use is shared"
    await session.close()
    other.stop()


async def test_a_client_of_another_version_ends_it(staying: dict[str, str]) -> None:
    process = EngineProcess(staying)
    await pid_of(process)
    client = await connect(process.socket)
    await client.ask(Hello(version=7))
    await client.close()
    await until(lambda: not process.running, "it has ended")


async def test_it_ends_without_its_files(staying: dict[str, str]) -> None:
    process = EngineProcess(staying)
    await pid_of(process)
    process.places.lock.unlink()
    first = process._child
    assert first
    await until(first._ended.is_set, "it has ended")


@pytest.mark.thorough
async def test_what_was_forgotten_costs_no_memory(staying: dict[str, str], demo_server: S3Server) -> None:
    """Not at first: the engine imports what it needs late meanwhile."""
    process = EngineProcess(staying)
    pids = {await forgets_keys(process, demo_server.endpoint)}

    async def ten_cost_nothing() -> bool:
        before = resident(*pids)
        pids.update([await forgets_keys(process, demo_server.endpoint) for _ in range(10)])
        return resident(*pids) - before < 1 << 20

    await until(ten_cost_nothing, "ten times have cost less than a MiB", timeout=60)
    assert len(pids) == 1
    process.stop()


def resident(pid: int) -> int:
    """Bytes of a process in memory."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
