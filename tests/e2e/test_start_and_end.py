"""How the app begins, is suspended and ends; and the copies that outlive the terminal that goes away."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shlex
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import ask_engine
from tests.cli.places import write_settings
from tests.e2e.terminal import COMMAND, Terminal
from tests.servers.buckets import BucketPair, fresh_bucket
from tests.servers.forks import Forks
from tests.servers.server import S3Server
from tests.servers.sshd import SshServer, running_sshd
from tests.waiting import until_true
from tui.core.transfer import Limits
from tui.link.process import EngineProcess
from tui.messages.order_requests import SetLimits

GIVEN_BACK = b"\x1b[?1049l"
"""Leaves the alternate screen (xterm's mode 1049)."""


def test_sigterm_gives_the_terminal_back_and_ends_the_engine(surroundings: Path) -> None:
    with Terminal(["--demo"], dict(os.environ)) as terminal:
        terminal.until_shown("media-prod-assets")
        terminal.process.send_signal(signal.SIGTERM)
        assert terminal.until_ended() == 0
        assert GIVEN_BACK in terminal.output
    until_true(lambda: not list((surroundings / "run").rglob("*.sock")), "the socket is gone")
    (log,) = (surroundings / "state").rglob("*.log")
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_a_vanished_terminal_ends_the_screen_without_a_question_and_the_demo_leaves_nothing(surroundings: Path) -> None:
    scratch = surroundings / "tmp"
    scratch.mkdir()
    with Terminal(["--demo"], {**os.environ, "TMPDIR": str(scratch)}) as terminal:
        terminal.until_shown("media-prod-assets")
        assert list(scratch.iterdir())
        terminal.vanish()
        assert terminal.process.wait(30) == 0
    until_true(lambda: not list(scratch.iterdir()), "the demo's directory is gone")
    until_true(lambda: not list((surroundings / "run").rglob("*.sock")), "the socket is gone")
    (log,) = (surroundings / "state").rglob("*.log")
    assert "Traceback" not in log.read_text()


WAITS = """
import signal, subprocess, sys
signal.signal(signal.SIGHUP, signal.SIG_IGN)
subprocess.call(sys.argv[1:])
"""
"""Leads the session, as `sudo` may, and keeps to itself that the terminal is gone."""

APART = """
import subprocess, sys
subprocess.call(sys.argv[1:], start_new_session=True)
"""
"""As a supervisor may: nobody in the new session is told of anything, for it has no controlling terminal."""

MAKE = Path("/usr/bin/make")


def descendants(pid: int) -> set[int]:
    """The processes that a process has started, and those that these have."""
    children = {number for number, (parent, _) in running().items() if parent == pid}
    return children.union(*map(descendants, children))


def running() -> dict[int, tuple[int, int]]:
    """Parent and CPU time, in clock ticks, of every process that has not ended, by its ID."""
    found = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, parent, *more = status.read_text().rpartition(")")[2].split()
            if state != "Z":
                found[int(status.parent.name)] = int(parent), int(more[9]) + int(more[10])
    return found


@pytest.mark.parametrize(
    "end",
    [
        "closed below a program that is told",
        pytest.param("closed below make", marks=pytest.mark.thorough),
        pytest.param("its parent is killed", marks=pytest.mark.thorough),
        pytest.param("the screen is killed", marks=pytest.mark.thorough),
        pytest.param("closed in a session of its own", marks=pytest.mark.thorough),
        pytest.param("its parent is killed in a session of its own", marks=pytest.mark.thorough),
    ],
)
def test_a_terminal_that_is_gone_ends_all_that_the_demo_has_started(
    end: str, surroundings: Path, tmp_path: Path
) -> None:
    """Whoever the kernel tells of it."""
    scratch = surroundings / "tmp"
    scratch.mkdir()
    if end == "closed below make":
        makefile = tmp_path / "demo.mk"
        makefile.write_text(f"demo:\n\t{COMMAND} --demo\n")
        program, arguments = MAKE, ["--file", str(makefile)]
    else:
        waits = APART if "of its own" in end else WAITS
        program, arguments = Path(sys.executable), ["-c", waits, str(COMMAND), "--demo"]
    with Terminal(arguments, {**os.environ, "TMPDIR": str(scratch)}, program=program) as terminal:
        terminal.until_shown("media-prod-assets")
        ours = descendants(terminal.process.pid)
        assert len(ours) == 3, "screen, engine and server of the demo"
        if "its parent is killed" in end:
            terminal.process.kill()
        elif end == "the screen is killed":
            os.kill(next(each for each in ours if running()[each][0] == terminal.process.pid), signal.SIGKILL)
        else:
            terminal.vanish()
        until_true(lambda: not ours & running().keys(), "all three have ended", 5)
        terminal.process.wait(30)
    if end != "the screen is killed":  # the next start removes its directory
        until_true(lambda: not list(scratch.iterdir()), "the demo's directory is gone")
    (log,) = (surroundings / "state").rglob("*.log")
    assert "Traceback" not in log.read_text()


def test_unusable_settings_are_named_before_anything_starts(surroundings: Path) -> None:
    settings = surroundings / "config" / "xs3-tui" / "config.toml"
    settings.parent.mkdir()
    settings.write_text("[transfers]\npart_size = 'large'\n")
    with Terminal(["--demo"], dict(os.environ), 200, 24) as terminal:
        assert terminal.until_ended() == 2
        assert "config.toml" in terminal.text
        assert "transfers.part_size" in terminal.text
        assert "Traceback" not in terminal.text


def test_a_killed_engine_is_said_and_the_panes_come_back(surroundings: Path) -> None:
    with Terminal(["--demo", "s3://media-prod-assets/"], dict(os.environ), 120, 40, by_exec=True) as terminal:
        terminal.until_shown("video.mp4")
        os.kill(engine_of(terminal.process.pid), signal.SIGKILL)
        terminal.until_shown("stopped unexpectedly")
        terminal.send("o", then="Open")
        terminal.send("s3://media-prod-assets/video/\r", then="2026/")


def engine_of(*parents: int) -> int:
    for directory in Path("/proc").glob("[0-9]*"):
        try:
            status, words = (directory / "stat").read_text(), (directory / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"tui.engine" in words and int(status.rpartition(")")[2].split()[1]) in parents:
            return int(directory.name)
    raise AssertionError("no engine")


SUSPEND = b"\x1a"
MOUSE_ON, MOUSE_OFF = b"\x1b[?1003h", b"\x1b[?1003l"


@pytest.mark.thorough
def test_a_shell_has_the_terminal_back_and_fg_paints_the_panes(surroundings: Path) -> None:
    environment = {**os.environ, "PS1": "SHELL> ", "HISTFILE": ""}
    with Terminal(["--norc", "--noprofile", "-i"], environment, program=Path("/bin/bash")) as terminal:
        terminal.until_shown("SHELL>")
        terminal.send(f"{COMMAND} --demo s3://media-prod-assets/\r", then="video.mp4")
        for dialog in ("", "o"):
            terminal.send(dialog, then="Open" if dialog else "F5 copy")
            before = len(terminal.output)
            terminal.send(SUSPEND, then="Stopped")
            given_back = bytes(terminal.output[before:])
            assert GIVEN_BACK in given_back
            assert MOUSE_OFF in given_back
            terminal.spoil()
            terminal.send("stty -a | grep -q ' echo ' && echo echoed-$((6*7))\r", then="echoed-42")
            terminal.spoil()
            terminal.send("fg\r", then="Open" if dialog else "video.mp4")
            assert MOUSE_ON in terminal.output[before:]
        terminal.send("\x1b", gone="Open")
        terminal.send("q", then="SHELL>")
        terminal.send("exit\r")
        terminal.until_ended()


def switch_mouse(terminal: Terminal) -> None:
    """It has no key: the palette does it."""
    terminal.send("\x10", then="Search for commands")
    terminal.send("mouse", then="Turn the mouse off")
    terminal.send("\r", gone="Turn the mouse off")


def test_without_a_shell_nothing_stops(surroundings: Path) -> None:
    with Terminal(["--demo", "s3://media-prod-assets/"], dict(os.environ)) as terminal:
        terminal.until_shown("video.mp4")
        terminal.send(SUSPEND, then="no shell waits")
        terminal.until_shown("video.mp4")
        before = len(terminal.output)
        switch_mouse(terminal)
        terminal.until_shown("mouse off (ctrl+p")
        assert MOUSE_OFF in terminal.output[before:]
        switch_mouse(terminal)
        terminal.until_gone("mouse off (ctrl+p")
        assert MOUSE_ON in terminal.output[before:]
        terminal.quit()


def test_typed_keys_connect_from_an_empty_home(demo_server: S3Server, surroundings: Path) -> None:
    keys = demo_server.a
    with Terminal([], dict(os.environ), 100, 30) as terminal:
        terminal.until_shown("Choose an identity for the left pane", "No accounts yet")
        for words in ("aws configure sso", "xs3-tui --demo", "no config file", "F1 shows all keys"):
            terminal.until_shown(words)
        assert "␊" not in terminal.text, "the first steps have a line each"
        terminal.send("\r", then="session token")
        for text in (keys.access_key, keys.secret_key, "", demo_server.endpoint):
            terminal.send(text + "\t")
        terminal.until_shown(demo_server.endpoint)
        terminal.send(keys.region)
        terminal.send("\r", then="Choose an identity for the right pane")
        terminal.send("\x1b", then="media-prod-assets")
        assert keys.secret_key.encode() not in terminal.output
        for directory, _, names in os.walk(surroundings):
            for name in names:
                path = Path(directory, name)
                assert not path.is_file() or keys.secret_key.encode() not in path.read_bytes(), path
    until_true(lambda: not EngineProcess().running, "the engine has ended, and the keys with it")


ASSETS, LANDING = "s3://media-prod-assets/video/", "s3://analytics-landing/"


@pytest.fixture
def environment(demo_server: S3Server, surroundings: Path) -> Iterator[dict[str, str]]:
    yield {**os.environ, **demo_server.environment}
    until_true(lambda: not EngineProcess(dict(demo_server.environment)).running, "the engine has ended", 30)


def add_bookmark(terminal: Terminal, name: str) -> None:
    terminal.send("b", then="No bookmarks yet")
    terminal.send("N", then="Name of the bookmark")
    terminal.send(f"{name}\r", gone="Name of the bookmark")
    terminal.until_shown(name)
    terminal.send("\x1b", gone=name)


@pytest.mark.thorough
def test_the_next_start_and_a_bookmark_lead_back(environment: dict[str, str], surroundings: Path) -> None:
    named = ["--left", "media-prod", "--right", "analytics", ASSETS, LANDING]
    with Terminal(named, environment, 120, 40) as terminal:
        terminal.until_shown("▸ user/bob", "2026/", "F1 shows all keys")
        assert "␊" not in terminal.text, "the first steps have a line each"
        add_bookmark(terminal, "both of them")
        terminal.quit()
    for file in (surroundings / "data/xs3-tui/bookmarks.json", surroundings / "state/xs3-tui/last.json"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with Terminal([], environment, 120, 40) as terminal:
        terminal.until_shown("▸ user/bob", "2026/")
        terminal.send("\x7f\x7f")  # up twice, away from there
        terminal.until_gone("2026/")
        terminal.send("b", then="both of them")
        terminal.send("\r", then="2026/")
        terminal.quit()
    with Terminal(["--no-restore"], environment, 120, 40) as terminal:
        terminal.until_shown("Choose an identity for the left pane")
        terminal.send("\x1b", then="Choose an identity for the right pane")


def test_a_demo_leaves_no_trace_of_itself(environment: dict[str, str], surroundings: Path) -> None:
    with Terminal(["--demo"], environment, 120, 40) as terminal:
        terminal.until_shown("▸ user/bob")
        add_bookmark(terminal, "of the demo")
        terminal.quit()
    assert not list(surroundings.rglob("last.json"))
    assert not list(surroundings.rglob("bookmarks.json"))


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
        ask_engine(SetLimits(limits))

    def transfers(self) -> list[dict[str, Any]]:
        done = subprocess.run([str(COMMAND), "transfers", "--json"], capture_output=True, text=True, check=True)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def uploads(self) -> list[Any]:
        found: list[Any] = self._client.list_multipart_uploads(Bucket=self.target).get("Uploads", [])
        return found

    def assert_it_ends_well(self) -> None:
        (transfer,) = self.transfers()
        assert transfer["state"] == "running"
        with Terminal(self.panes, dict(os.environ), 120, 40) as terminal:
            terminal.until_shown("1 transfer is under way: t", "large.bin", "1 running")
            self.limit(Limits())
            terminal.until_shown("1 done", timeout=60)
            terminal.quit()
        assert self._client.get_object(Bucket=self.target, Key="large.bin")["Body"].read() == self.content
        assert not self.uploads()
        until_true(lambda: not EngineProcess().running, "the engine has ended: there is nothing more to do")


@pytest.fixture
def copying(server_environment: object, bucket_pair: BucketPair) -> Iterator[Copying]:
    copying = Copying(bucket_pair)
    yield copying
    subprocess.run([str(COMMAND), "transfers", "--all", "--cancel"], capture_output=True, check=False)
    until_true(lambda: not EngineProcess().running, "the engine has ended", 30)


@pytest.mark.thorough
def test_a_terminal_that_is_gone_leaves_the_session_and_an_engine_that_does_not_spin(
    copying: Copying, surroundings: Path
) -> None:
    arguments = ["-c", WAITS, str(COMMAND), *copying.panes]
    with Terminal(arguments, dict(os.environ), 120, 40, program=Path(sys.executable)) as terminal:
        begin(copying, terminal.send, lambda: text_of(terminal))
        engine = engine_of(*descendants(terminal.process.pid))
        terminal.vanish()
        assert terminal.process.wait(30) == 0
    assert copying.target in (surroundings / "state/xs3-tui/last.json").read_text()
    copying.limit(Limits(rate=1024))
    before, begun = running()[engine][1], time.monotonic()
    until_true(lambda: time.monotonic() - begun > 2, "two seconds have passed")
    assert (running()[engine][1] - before) / os.sysconf("SC_CLK_TCK") < 0.2 * (time.monotonic() - begun)
    copying.limit(SLOW)
    copying.assert_it_ends_well()


def begin(copying: Copying, send: Callable[[str], None], text: Callable[[], str]) -> None:
    """F5, the card, enter; returns when bytes are at the target."""
    seen(text, "large.bin")
    copying.limit(SLOW)
    send("C")
    seen(text, "relay", "✓")
    send("\r")
    seen(text, "1 running")
    until_true(lambda: bool(copying.transfers()[0]["bytes_done"]), "some bytes", 30)


def seen(text: Callable[[], str], *words: str) -> None:
    try:
        until_true(lambda: all(word in text() for word in words), f"{words} are seen", 30)
    except AssertionError as error:
        raise AssertionError(f"{error}\n{text()}") from None


def text_of(terminal: Terminal) -> str:
    terminal.read(0.1)
    return terminal.text


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
        return subprocess.run([*self._tmux, *words], capture_output=True, text=True, check=True).stdout


@pytest.mark.server
def test_a_killed_tmux_session(copying: Copying, surroundings: Path) -> None:
    tmux = Tmux(surroundings, [str(COMMAND), *copying.panes])
    begin(copying, tmux.send, tmux.text)
    tmux.kill()
    copying.assert_it_ends_well()


@pytest.mark.server
def test_who_quits_leaves_it_running(copying: Copying) -> None:
    with Terminal(copying.panes, dict(os.environ), 120, 40) as terminal:
        begin(copying, terminal.send, lambda: text_of(terminal))
        terminal.send("q", then="xs3-tui transfers --watch")
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
        begin(copying, terminal.send, lambda: text_of(terminal))
        terminal.process.kill()
    copying.assert_it_ends_well()


@pytest.mark.thorough
@pytest.mark.parametrize("settings", [{}, {"AWS_REGION": "eu-west-3"}], ids=["one engine", "an engine each"])
def test_what_one_screen_copies_the_other_shows_and_controls(copying: Copying, settings: dict[str, str]) -> None:
    with (
        Terminal(copying.panes, dict(os.environ), 120, 40) as one,
        Terminal(copying.panes, {**os.environ, **settings}, 120, 40) as other,
    ):
        for terminal in (one, other):
            terminal.until_shown("large.bin")
        copying.limit(SLOW)
        one.send("C", then="relay")
        one.until_shown("✓")
        one.send("\r")
        other.until_shown("1 running")
        other.send("t", then="enter details")
        if settings:
            other.until_shown("belongs to an engine with other AWS settings")
        other.send("P")
        for terminal in (one, other):
            terminal.until_shown("1 paused")
        assert copying.transfers()[0]["state"] == "paused"
        one.send("t", then="enter details")
        one.send("P")
        other.until_shown("1 running")
        other.send("D", then="Cancel")
        other.send("y")
        one.until_shown("1 cancelled")
        until_true(lambda: not copying.uploads(), "no upload is left")


ENTER, ESCAPE, F5, MAKE_ROLE = "\r", "\x1b", "\x1b[15~", "\x12"
OBJECTS = 12


@pytest.fixture
def places(demo_server: S3Server, forks: Forks, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, str]]:
    """A source with objects, and a target; reports are kept in the target. From 10 objects on a job is offered."""
    for name, value in demo_server.environment.items():
        monkeypatch.setenv(name, value)
    client = demo_server.client(demo_server.a)
    with ExitStack() as stack:
        source, target = (stack.enter_context(fresh_bucket(demo_server, demo_server.a)) for _ in range(2))
        for number in range(OBJECTS):
            client.put_object(Bucket=source, Key=f"in/{number:02}", Body=b"hello world")
        write_settings(f'[scale]\nobjects = 10\nbatch_reports = "s3://{target}/jobs-{secrets.token_hex(2)}/"\n')
        yield source, target
        forks.run(["transfers", "--all", "--cancel"], 60)
        until_true(lambda: not EngineProcess().running, "the engine has ended: no job is watched any more", 30)


def make_role(terminal: Terminal) -> None:
    terminal.until_shown("media-prod applies: role trust policy")
    while "checked: role" not in terminal.text:
        terminal.send(ENTER)  # the next page, or apply; nothing while it is applied and checked
        terminal.read(0.5)
    terminal.send(ESCAPE, gone="A role for S3 Batch Operations")


@pytest.mark.thorough
def test_from_the_card_to_the_results(demo_server: S3Server, places: tuple[str, str]) -> None:
    (source, target), client = places, demo_server.client(demo_server.a)
    ends = ("--left", "media-prod", "--right", "media-prod", f"s3://{source}/", f"s3://{target}/")
    with Terminal(ends, dict(os.environ)) as terminal:

        def choose(key: str, label: str) -> None:
            terminal.until_shown(label)
            terminal.send(key)

        terminal.until_shown("▸ in/")
        choose(" ", "▸ in/")
        choose(F5, "F5 copy")
        terminal.until_shown(f"Copy {OBJECTS} objects")
        choose("\x1b[A" * 4 + "\x1b[C" * 2, "( ) overwrite")
        terminal.until_shown("batch ✓ 1 min to 30 min, $0.25")
        assert "AWS list prices" in terminal.text
        terminal.click("( ) batch")
        terminal.until_shown("(•) batch")
        choose(ENTER, "Hand over…  enter")
        terminal.until_shown("enter the role of the job")
        assert "in/" in terminal.text
        choose(MAKE_ROLE, "Make role  ctrl+r")
        make_role(terminal)
        terminal.until_shown("role     arn:aws:iam::111111111111:role/xs3-tui-batch-")
        choose(ENTER, "Hand over  enter")
        terminal.until_gone("Hand over to S3")
        terminal.until_shown(f"the job waits for your confirmation: {OBJECTS} objects")
        assert client.list_objects_v2(Bucket=target, Prefix="in/")["KeyCount"] == 0, "nothing is copied before"
        terminal.send("t", then="copy batch")
        terminal.send("P")
        choose("y", "Begin  y")
        terminal.until_shown(f"{OBJECTS} of {OBJECTS} obj", "done")
        terminal.send(ENTER, then=f"copied {OBJECTS}")
        assert "✓ in/00" in terminal.text
        assert f"verified {OBJECTS} of {OBJECTS} copies" in " ".join(terminal.text.split())
    assert client.list_objects_v2(Bucket=target, Prefix="in/")["KeyCount"] == OBJECTS
    role(demo_server, source, target)


def role(server: S3Server, source: str, target: str) -> None:
    name = f"xs3-tui-batch-{target}"[:64]
    iam = server.client(server.a, "iam")
    shown = json.dumps(iam.get_role_policy(RoleName=name, PolicyName="xs3-tui-batch")["PolicyDocument"])
    assert f"arn:aws:s3:::{source}/in/*" in shown
    assert f"arn:aws:s3:::{target}/in/*" in shown
    assert f"arn:aws:s3:::{source}/*" not in shown
