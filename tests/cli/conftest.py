from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest

from tests.e2e.terminal import Terminal
from tests.schemas import check_lines
from tests.servers.buckets import BucketPair
from tests.servers.forks import Forks
from tests.servers.server import S3Server
from tests.servers.surroundings import use
from tests.waiting import until_true
from tui.link.process import EngineProcess
from tui.link.request import Hello, Request, Stay
from tui.link.session import EngineSession

MIB = 1 << 20
ASSETS = "s3://media-prod-assets/"
AS_A = ("--profile", "media-prod")

only_demo = pytest.mark.parametrize("s3_server", ["demo"], indirect=True)


@dataclass(frozen=True, slots=True)
class Ended:
    code: int
    out: str
    err: str

    @property
    def objects(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def planned(self) -> list[dict[str, Any]]:
        return [line["object"] for line in self.objects if line["type"] == "planned"]

    @property
    def results(self) -> list[dict[str, Any]]:
        return [line["result"] for line in self.objects if line["type"] == "object"]

    @property
    def outcomes(self) -> list[str]:
        return [result["outcome"] for result in self.results]

    @property
    def total(self) -> dict[str, Any]:
        last = self.objects[-1]
        assert last["type"] == "transfer"
        transfer: dict[str, Any] = last["transfer"]
        return transfer

    def succeeded(self) -> Ended:
        return self.ended(0)

    def ended(self, code: int, *, out: str = "", err: str = "", said: str = "") -> Ended:
        """The same, which must have ended with this code and these words in what it wrote."""
        assert (self.code, out in self.out, err in self.err, said in self.said) == (code, True, True, True), self
        return self

    def printed(self, code: int, out: str, err: str | None = None) -> None:
        assert (self.code, self.out, self.err if err is None else err) == (code, out, self.err), self

    @property
    def said(self) -> str:
        return " ".join(f"{self.out} {self.err}".split())


Run = Callable[..., Ended]
Answer = TypeVar("Answer")


@pytest.fixture
def run(surroundings: object, forks: Forks) -> Run:
    def run_command(*arguments: str, timeout: float = 60) -> Ended:
        done = forks.run(arguments, timeout)
        assert "Traceback" not in done.stderr
        if "--json" in arguments:
            check_lines(arguments, done.stdout)
        return Ended(done.returncode, done.stdout, done.stderr)

    return run_command


@pytest.fixture
def demo_environment(demo_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> S3Server:
    """The demo as the server that AWS's settings name."""
    use(monkeypatch, demo_server.environment)
    return demo_server


def ask_engine(request: Request[Answer], process: EngineProcess | None = None) -> Answer:
    """What an engine answers, that of the test's environment without another; it is started if need be."""

    async def ask() -> Answer:
        session = EngineSession(process or EngineProcess())
        try:
            return await session.ask(request)
        finally:
            await session.close()

    return asyncio.run(ask())


def kill_engine() -> None:
    """With a signal that nobody can hear."""
    os.kill(ask_engine(Hello()).pid, signal.SIGKILL)
    EngineProcess().wait_until_gone()


def until_engine_has_ended() -> None:
    """Wait until nothing keeps the engine any more."""
    until_true(lambda: not EngineProcess().running, "the engine has ended", 30)


@contextmanager
def one_engine() -> Iterator[None]:
    """Have all commands in the block use one engine: each would start one otherwise."""
    process = EngineProcess()
    ask_engine(Stay(3600), process)
    try:
        yield
    finally:
        if process.running:
            ask_engine(Stay(0), process)
        until_true(lambda: not process.running, "the engine has ended", 30)


@pytest.fixture
def lasting_engine(demo_environment: S3Server) -> Iterator[None]:
    """All commands of the test use one engine of the demo's settings."""
    with one_engine():
        yield


def answered(words: Sequence[str], *typed: tuple[str, str], code: int = 0) -> str:
    """Run the command in a terminal, type each answer when its question is shown; it must end with `code`.

    Returns what the terminal shows then.
    """
    with Terminal(words, os.environ, 160, 80) as terminal:
        for question, answer in typed:
            terminal.until_shown(question)
            terminal.send(answer)
        assert terminal.until_ended() == code, terminal.text
        return terminal.text


def umask() -> int:
    [line] = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("Umask")]
    return int(line.split()[1], 8)


class Bench:
    """Both buckets of a pair, and the command as A or from A to B."""

    def __init__(self, buckets: BucketPair, run: Run) -> None:
        self.buckets, self.a, self.b = buckets, buckets.a, buckets.b
        self.server = buckets.server
        self.mine, self.theirs = self.server.client(self.server.a), self.server.client(self.server.b)
        self.as_one = ("--from", self.server.a.profile, "--to", self.server.a.profile)
        self.run = run

    def put(self, *keys: str, body: bytes = b"content", **attributes: Any) -> None:
        for key in keys:
            self.mine.put_object(Bucket=self.a, Key=key, Body=body, **attributes)

    def keys(self, client: Any, bucket: str) -> list[str]:
        return [entry["Key"] for entry in client.list_objects_v2(Bucket=bucket).get("Contents", [])]

    def keep_versions(self, status: str = "Enabled") -> None:
        self.mine.put_bucket_versioning(Bucket=self.a, VersioningConfiguration={"Status": status})

    def as_a(self, command: str, *arguments: str) -> Ended:
        return self.run(command, "--profile", self.server.a.profile, *arguments)

    def across(self, command: str, *arguments: str) -> Ended:
        return self.run(command, "--from", self.server.a.profile, "--to", self.server.b.profile, *arguments)


@pytest.fixture
def bench(server_environment: S3Server, bucket_pair: BucketPair, run: Run) -> Iterator[Bench]:
    with one_engine():
        yield Bench(bucket_pair, run)
