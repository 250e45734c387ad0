"""Ctrl-Z: the shell has the terminal back as it was; fg paints the panes again."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from tests.e2e.terminal import COMMAND, Terminal

SUSPEND = b"\x1a"
MOUSE_ON, MOUSE_OFF = b"\x1b[?1003h", b"\x1b[?1003l"
ALTERNATE = b"\x1b[?1049l"


def shell() -> Path:
    """A shell with job control."""
    found = shutil.which("bash")
    assert found
    return Path(found)


def test_a_shell_has_the_terminal_back_and_fg_paints_the_panes(surroundings: Path) -> None:
    environment = {**os.environ, "PS1": "SHELL> ", "HISTFILE": ""}
    with Terminal(["--norc", "--noprofile", "-i"], environment, program=shell()) as terminal:
        terminal.until_shown("SHELL>")
        terminal.send(f"{COMMAND} --demo s3://media-prod-assets/\r")
        terminal.until_shown("video.mp4")
        for dialog in ("", "o"):
            terminal.send(dialog)
            terminal.until_shown("Open" if dialog else "F5 copy")
            before = len(terminal.output)
            terminal.send(SUSPEND)
            terminal.until_shown("Stopped")
            given_back = bytes(terminal.output[before:])
            assert ALTERNATE in given_back
            assert MOUSE_OFF in given_back
            terminal.spoil()
            terminal.send("stty -a | grep -q ' echo ' && echo echoed-$((6*7))\r")
            terminal.until_shown("echoed-42")
            terminal.spoil()
            terminal.send("fg\r")
            terminal.until_shown("Open" if dialog else "video.mp4")
            assert MOUSE_ON in terminal.output[before:]
        terminal.send("\x1b")
        terminal.until_gone("Open")
        terminal.send("q")
        terminal.until_shown("SHELL>")
        terminal.send("exit\r")
        terminal.until_ended()


def test_without_a_shell_nothing_stops(surroundings: Path) -> None:
    with Terminal(["--demo", "s3://media-prod-assets/"], dict(os.environ)) as terminal:
        terminal.until_shown("video.mp4")
        terminal.send(SUSPEND)
        terminal.until_shown("no shell waits")
        terminal.until_shown("video.mp4")
        before = len(terminal.output)
        terminal.send("N")
        terminal.until_shown("mouse off")
        assert MOUSE_OFF in terminal.output[before:]
        terminal.send("N")
        terminal.until_gone("mouse off")
        assert MOUSE_ON in terminal.output[before:]
        terminal.send("q")
        assert terminal.until_ended() == 0
