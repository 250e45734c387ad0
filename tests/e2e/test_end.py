"""How the app ends: asked, told by a signal, by a defect, or refused before it began."""

from __future__ import annotations

import os
import signal
import stat
from pathlib import Path

from tests.e2e.terminal import Terminal
from tests.waiting import until_true

GIVEN_BACK = b"\x1b[?1049l"
"""Leaves the alternate screen (xterm's mode 1049)."""


def test_sigterm_gives_the_terminal_back_and_ends_the_engine(surroundings: Path) -> None:
    with Terminal(["--demo"], dict(os.environ)) as terminal:
        terminal.until_shown("media-prod-assets")
        terminal.process.send_signal(signal.SIGTERM)
        assert terminal.until_ended() == 0
        assert GIVEN_BACK in terminal.output
    until_true(lambda: not list((surroundings / "run").rglob("*.sock")), "the socket is gone")


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
    with Terminal(["--demo", "s3://media-prod-assets/"], dict(os.environ), 120, 40) as terminal:
        terminal.until_shown("video.mp4")
        os.kill(engine_of(terminal.process.pid), signal.SIGKILL)
        terminal.until_shown("engine")
        terminal.send("o")
        terminal.until_shown("Open")
        terminal.send("s3://media-prod-assets/video/\r")
        terminal.until_shown("2026/")


def test_the_log_is_private(surroundings: Path) -> None:
    with Terminal(["--demo"], dict(os.environ)) as terminal:
        terminal.until_shown("media-prod-assets")
    (log,) = (surroundings / "state").rglob("*.log")
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def engine_of(parent: int) -> int:
    """The process id of the engine that `parent` has started."""
    for directory in Path("/proc").glob("[0-9]*"):
        try:
            status, words = (directory / "stat").read_text(), (directory / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"tui.engine" in words and int(status.rpartition(")")[2].split()[1]) == parent:
            return int(directory.name)
    raise AssertionError("no engine")
