"""A scheduler and a worker whose answers run code when they are unpickled: where it runs, and what it reaches there."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from msgspec import Raw

from tests.cli.conftest import Run, ask_engine, lasting_engine
from tests.features.cluster.dask_cluster import running_cluster
from tests.leaks import OF_LIBUUID
from tests.servers.daemon import runs
from tests.servers.server import S3Server
from tests.stores.refusals import problem_of
from tests.waiting import until
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.features.cluster import scheduler_connection
from tui.features.cluster.client import __main__ as client_process
from tui.features.cluster.client.client_messages import ReachScheduler, Runs, SchedulerWorker, SeeWorkers, frame_of
from tui.features.cluster.scheduler_connection import SchedulerClient, client_environment
from tui.link.frames import AnswerFrame, FailedFrame, encode, framed
from tui.link.process import EngineProcess
from tui.link.request import Hello
from tui.reader.confinement import landlock_version

__all__ = ["lasting_engine"]

CONFINED = landlock_version() >= 6
ATTEMPTS = """
import json, os, socket, subprocess

def look():
    def tried(attempt):
        try:
            return repr(attempt())[:200]
        except Exception as error:
            return type(error).__name__

    def connected():
        with socket.socket(socket.AF_UNIX) as made:
            made.connect({socket!r})

    def listening():
        with socket.socket() as made:
            made.listen()

    files = {{}}
    for name in os.listdir("/proc/self/fd"):
        try:
            files[name] = os.readlink("/proc/self/fd/" + name)
        except OSError:
            pass
    return json.dumps({{
        "pid": os.getpid(),
        "command": open("/proc/self/cmdline").read().split(chr(0)),
        "variables": sorted(os.environ),
        "files": files,
        "reached": {{
            "the credentials": tried(lambda: open({credentials!r}).read()),
            "the journal": tried(lambda: open({journal!r}, "rb").read(9)),
            "the engine's socket": tried(connected),
            "the parent's environment": tried(lambda: open("/proc/%d/environ" % os.getppid()).read()),
            "a program": tried(lambda: subprocess.run(["/bin/true"])),
            "a file of its own": tried(lambda: open({credentials!r} + ".new", "w")),
            "a port": tried(listening),
        }},
    }})
"""
PRELOADED = """
from distributed.protocol import to_serialize

ATTEMPTS = {attempts!r}


class Evil:
    \"\"\"What unpickles it runs this.\"\"\"

    def __init__(self, made):
        self.made = made

    def __reduce__(self):
        return eval, (self.made, {{"run": ATTEMPTS}})


FOUND = "[names := {{}}, exec(run, names), names['look']()][-1]"


async def worker_answers(*args, **kwargs):
    told = "{{'program': %s, 'build': 5, 'clock': 0.0}}" % FOUND
    return {{"status": "OK", "result": to_serialize(Evil(told))}}


async def scheduler_answers(*args, **kwargs):
    return to_serialize(Evil("{{'packages': {{'distributed': %s}}}}" % FOUND))


def dask_setup(server):
    if type(server).__name__ == "Scheduler":
        server.handlers["versions"] = scheduler_answers
    else:
        server.handlers["run"] = worker_answers
"""


def assert_harmless(found: dict[str, Any], engine: int) -> None:
    assert found["pid"] not in (engine, os.getpid())
    assert found["command"][1:4] == ["-P", "-m", "tui.features.cluster.client"]
    assert [name for name in found["variables"] if name.startswith(("AWS_", "XS3_"))] == []
    opened = [each for each in found["files"].values() if each.startswith("/")]
    assert set(opened) <= {"/dev/null", "/dev/urandom", OF_LIBUUID}
    if CONFINED:
        assert set(found["reached"].values()) == {"PermissionError"}, found["reached"]


@pytest.mark.thorough
@pytest.mark.usefixtures("lasting_engine")
def test_what_scheduler_and_worker_run_by_their_answers(run: Run, demo_environment: S3Server, tmp_path: Path) -> None:
    """Not in the engine, and nowhere where keys are: `workers check` alone was enough."""
    environment, process = demo_environment.environment, EngineProcess()
    credentials, engine = environment["AWS_SHARED_CREDENTIALS_FILE"], ask_engine(Hello()).pid
    attempts = ATTEMPTS.format(credentials=credentials, journal=str(process.journal), socket=str(process.socket))
    preloaded = tmp_path / "preloaded.py"
    preloaded.write_text(PRELOADED.format(attempts=attempts))
    with running_cluster(tmp_path / "dask", environment, workers=1, tls=False, preload=preloaded) as cluster:
        told = run("workers", "check", cluster.address, "--from", "media-prod", "--to", "analytics", "--json").ended(1)
    assert ask_engine(Hello()).pid == engine
    scheduler, worker = told.objects
    for versions in (scheduler["versions"]["distributed"], worker["versions"]["xs3-tui"]):
        assert_harmless(json.loads(versions), engine)


OWN = """
import json, sys
from tui.reader.confinement import landlock_version
from tui.features.cluster import scheduler_connection
from tui.features.cluster.client.confined import confine
names = {}
exec(sys.argv[1], names)
confine(1)
print(names["look"]())
"""


@pytest.mark.skipif(not CONFINED, reason="this kernel has no Landlock that keeps signals and sockets apart")
def test_a_confined_process_reaches_nothing(tmp_path: Path) -> None:
    secret = tmp_path / "credentials"
    secret.write_text("secret")
    attempts = ATTEMPTS.format(credentials=str(secret), journal=str(secret), socket=str(secret))
    environment = client_environment({**os.environ, "AWS_SECRET_ACCESS_KEY": "secret"})
    command = [sys.executable, "-P", "-c", OWN, attempts]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    found = json.loads(ended.stdout)
    assert set(found["reached"].values()) == {"PermissionError"}, found["reached"]
    assert [name for name in found["variables"] if name.startswith("AWS_")] == []
    assert not secret.with_name("credentials.new").exists()


PARENT = """
import asyncio, os, signal, socket
from pathlib import Path
from tui.core.engines import ClusterOptions
from tui.core.engines import read_engine
from tui.features.cluster import scheduler_connection

started, silent, killing = scheduler_connection._started, socket.create_server(("127.0.0.1", 0)), []

async def noted():
    ours, process = await started()
    killing.append(asyncio.create_task(kill(process.pid)))
    return ours, process

async def kill(client):
    while "Seccomp:\\t2" not in Path(f"/proc/{client}/status").read_text():
        await asyncio.sleep(0.01)
    os.kill(client, signal.SIGSTOP)
    print(client, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)

async def main():
    scheduler_connection._started = noted
    engine = read_engine(f"dask://127.0.0.1:{silent.getsockname()[1]}")
    async with scheduler_connection.scheduler_client(engine, ClusterOptions()):
        pass

asyncio.run(main())
"""


@pytest.mark.skipif(not CONFINED, reason="this kernel has no Landlock that keeps signals and sockets apart")
async def test_the_process_of_the_client_does_not_outlive_its_engine() -> None:
    """Not even one that hears nothing."""
    done = await asyncio.to_thread(subprocess.run, [sys.executable, "-c", PARENT], capture_output=True, text=True)
    await until(lambda: not runs(int(done.stdout)), "it has ended")


async def test_what_the_process_of_the_client_cannot_do_is_said_in_its_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)  # as where it is not installed
    ours, theirs = socket.socketpair()
    client = SchedulerClient(*await asyncio.open_connection(sock=ours))
    reader, writer = await asyncio.open_connection(sock=theirs)
    serving = asyncio.create_task(client_process._ClientServer(writer).serve(reader))
    asking = client.ask(ReachScheduler("tcp://127.0.0.1:1", 1, False, 1.0, "", "", ""))
    assert (await problem_of(asking)).title == "Dask's distributed is not installed"
    await client.close()
    await serving
    writer.close()


def test_what_a_scheduler_tells_of_its_versions() -> None:
    told = {"host": {"python": "3.13.1.final.0"}, "packages": {"distributed": "2026.8.0"}}
    assert client_process._runs(told, {}) == Runs("3.13", "2026.8.0")


@asynccontextmanager
async def client_of(*said: bytes) -> AsyncIterator[SchedulerClient]:
    ours, theirs = socket.socketpair()
    client = SchedulerClient(*await asyncio.open_connection(sock=ours))
    with theirs:
        for each in said:
            theirs.send(each)
        yield client
        await client.close()


async def why_not(*said: bytes) -> str:
    async with client_of(*said) as client:
        try:
            workers = await client.ask(SeeWorkers())
        except (OSError, ProblemError) as error:
            return f"{type(error).__name__}: {error}".partition(": Expected")[0]
        return repr(workers)


async def test_a_process_that_was_taken_over_says_what_it_likes(monkeypatch: pytest.MonkeyPatch) -> None:
    """None of it is more than an error, and nothing is kept that nobody asked for."""
    monkeypatch.setattr(scheduler_connection, "MOST_SECONDS", 0.2)
    workers, problem = encode({"tcp://a": SchedulerWorker("a", 1)}), Problem(kind=ProblemKind.INVALID, title="no")
    said = {
        "an answer": [frame_of(AnswerFrame(1, Raw(workers)))],
        "a problem": [frame_of(FailedFrame(1, problem))],
        "another type": [frame_of(AnswerFrame(1, Raw(encode({"tcp://a": {"name": 1, "threads": "b"}}))))],
        "deep": [frame_of(AnswerFrame(1, Raw(b"\x91" * 100_000 + b"\xc0")))],
        "rubbish": [framed(b"rubbish")],
        "a frame of four gigabytes": [b"\xff\xff\xff\xff"],
        "an answer to nobody": [frame_of(AnswerFrame(9, Raw(workers)))],
        "nothing": [],
    }
    ended, late = "OSError: the process of Dask's client has ended", "OSError: there is no answer within 0.2 s"
    told = {what: await why_not(*frames) for what, frames in said.items()}
    assert told == {
        "an answer": "{'tcp://a': SchedulerWorker(name='a', threads=1)}",
        "a problem": "ProblemError: no",
        "another type": "OSError: an answer that cannot be read",
        "deep": ended,
        "rubbish": ended,
        "a frame of four gigabytes": ended,
        "an answer to nobody": late,
        "nothing": late,
    }
    async with client_of(framed(b"rubbish")) as client:
        for _ in range(2):
            with pytest.raises(OSError, match="has ended"):
                await client.ask(SeeWorkers())
