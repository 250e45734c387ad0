"""The terminal goes away in the middle of a copy; the copy does not, and the next ``xs3-tui`` shows it and its end."""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.terminal import COMMAND, Terminal
from tests.servers.buckets import BucketPair
from tests.servers.sshd import SshServer, running_sshd
from tests.waiting import until_true
from tui.model.transfer import Limits
from tui.protocol.messages.transfers import SetLimits
from tui.protocol.process import EngineProcess
from tui.protocol.session import EngineSession

MIB = 1 << 20
SIZE = 64 * MIB
SLOW = Limits(rate=3 * MIB)


class Copying:
    """A relay of one object that takes as long as the test wants, begun in the panes."""

    def __init__(self, buckets: BucketPair) -> None:
        self.server = buckets.server
        self.target = buckets.b
        self._client = self.server.client(self.server.b)
        self.content = os.urandom(SIZE)
        self.server.client(self.server.a).put_object(Bucket=buckets.a, Key="large.bin", Body=self.content)
        left, right = self.server.a.profile, self.server.b.profile
        self.panes = ["--left", left, "--right", right, f"s3://{buckets.a}/", f"s3://{buckets.b}/"]

    def limit(self, limits: Limits) -> None:
        """Bound all transfers of the engine; one is started if need be, and lives at least as long as the request."""

        async def ask() -> None:
            session = EngineSession(EngineProcess())
            await session.ask(SetLimits(limits))
            await session.close()

        asyncio.run(ask())

    def transfers(self) -> list[dict[str, Any]]:
        """What ``xs3-tui transfers --json`` says."""
        done = subprocess.run([str(COMMAND), "transfers", "--json"], capture_output=True, text=True, check=True)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def uploads(self) -> list[Any]:
        """What the server has of unfinished uploads."""
        found: list[Any] = self._client.list_multipart_uploads(Bucket=self.target).get("Uploads", [])
        return found

    def assert_it_ends_well(self) -> None:
        """In a new terminal: the copy is under way; then it may go fast; then it is done, and equal."""
        (transfer,) = self.transfers()
        assert transfer["state"] == "running"
        with Terminal(self.panes, dict(os.environ), 120, 40) as terminal:
            terminal.until_shown("1 transfer is under way: t")
            terminal.until_shown("large.bin")
            terminal.until_shown("1 running")
            self.limit(Limits())
            terminal.until_shown("1 done", 60)
            terminal.send("q")
            assert terminal.until_ended() == 0
        body = self._client.get_object(Bucket=self.target, Key="large.bin")["Body"].read()
        assert body == self.content
        assert not self.uploads()
        until_true(lambda: not EngineProcess().running, "the engine has ended: there is nothing more to do")


@pytest.fixture
def copying(server_environment: object, bucket_pair: BucketPair) -> Iterator[Copying]:
    copying = Copying(bucket_pair)
    yield copying
    subprocess.run([str(COMMAND), "transfers", "--all", "--cancel"], capture_output=True, check=False)


def begin(copying: Copying, send: Callable[[str], None], text: Callable[[], str]) -> None:
    """F5, the card, enter; returns when bytes are at the target."""
    seen(text, "large.bin")
    copying.limit(SLOW)
    send("c")
    seen(text, "relay", "✓")
    send("\r")
    seen(text, "1 running")
    until_true(lambda: bool(copying.transfers()[0]["bytes_done"]), "some bytes", 30)


def seen(text: Callable[[], str], *words: str) -> None:
    """Wait until the terminal shows all the words; fail with what it shows instead."""
    try:
        until_true(lambda: all(word in text() for word in words), f"{words} are seen", 30)
    except AssertionError as error:
        raise AssertionError(f"{error}\n{text()}") from None


class Tmux:
    """A tmux of the test's own, with one session."""

    def __init__(self, directory: Path, command: list[str]) -> None:
        self._tmux = ["tmux", "-S", str(directory / "tmux"), "-f", "/dev/null"]
        self._run("new-session", "-d", "-s", "work", "-x", "120", "-y", "40", shlex.join(command))

    def send(self, keys: str) -> None:
        self._run("send-keys", "-t", "work", "-l", keys)

    def text(self) -> str:
        return self._run("capture-pane", "-t", "work", "-p")

    def kill(self) -> None:
        self._run("kill-session", "-t", "work")

    def _run(self, *words: str) -> str:
        done = subprocess.run([*self._tmux, *words], capture_output=True, text=True, check=True)
        return done.stdout


@pytest.mark.server
def test_a_killed_tmux_session(copying: Copying, surroundings: Path) -> None:
    tmux = Tmux(surroundings, [str(COMMAND), *copying.panes])
    begin(copying, tmux.send, tmux.text)
    tmux.kill()
    copying.assert_it_ends_well()


@pytest.mark.server
def test_who_quits_leaves_it_running(copying: Copying) -> None:
    with Terminal(copying.panes, dict(os.environ), 120, 40) as terminal:

        def text() -> str:
            terminal.read(0.1)
            return terminal.text

        begin(copying, terminal.send, text)
        terminal.send("q")
        terminal.until_shown("xs3-tui transfers --watch")
        terminal.send("\r")
        assert terminal.until_ended() == 0
    copying.assert_it_ends_well()


@pytest.fixture(scope="session")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshServer]:
    with running_sshd(tmp_path_factory.mktemp("sshd")) as server:
        yield server


@pytest.mark.server
def test_a_cut_ssh_connection(copying: Copying, sshd: SshServer) -> None:
    login = sshd.login([str(COMMAND), *copying.panes], {**os.environ, "TERM": "xterm-256color"})
    with Terminal(login, dict(os.environ), 120, 40, program=Path("/usr/bin/ssh")) as terminal:

        def text() -> str:
            terminal.read(0.1)
            return terminal.text

        begin(copying, terminal.send, text)
        terminal.process.kill()
    copying.assert_it_ends_well()
