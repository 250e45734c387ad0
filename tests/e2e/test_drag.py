"""The installed command in a real terminal: a copy by drag, with keys and mouse as bytes, read off the screen."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.terminal import Terminal
from tests.waiting import until_true

SIZES = [(80, 24), (200, 50)]


@pytest.fixture(params=SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def terminal(request: pytest.FixtureRequest, surroundings: Path) -> Iterator[Terminal]:
    """The demo, with A's bucket on the left and B's on the right."""
    columns, rows = request.param
    where = ["s3://media-prod-assets/", "s3://analytics-landing/in/"]
    passing = surroundings / "passing"
    passing.mkdir(mode=0o700, exist_ok=True)
    with Terminal(["--demo", *where], {**os.environ, "TMPDIR": str(passing)}, columns, rows) as terminal:
        terminal.until_shown("video.mp4")
        terminal.until_shown("daily/")
        yield terminal


def test_an_object_is_dragged_across_and_appears(terminal: Terminal) -> None:
    middle = len(terminal.lines[0]) // 2
    start, target = terminal.find("video.mp4"), terminal.find("daily/", left=middle)
    empty = (target[0], len(terminal.lines) - 6)
    terminal.press(start)
    terminal.drag_to((start[0] + 3, start[1]))
    terminal.drag_to(empty)
    terminal.until_shown("copy 1 object")
    terminal.release(empty)
    terminal.until_shown("pull")
    terminal.until(lambda: "✓" in terminal.text, "a probe that was answered")
    terminal.send("\r")
    terminal.until(lambda: "video.mp4" in column(terminal, middle), "video.mp4 on the right")
    terminal.until_shown("1 done")
    terminal.send("q")
    assert terminal.until_ended() == 0


def test_escape_cancels_a_drag(terminal: Terminal) -> None:
    middle = len(terminal.lines[0]) // 2
    start = terminal.find("video.mp4")
    there = (middle + 5, len(terminal.lines) - 6)
    terminal.press(start)
    terminal.drag_to((start[0] + 3, start[1]))
    terminal.drag_to(there)
    terminal.until_shown("copy 1 object")
    terminal.send("\x1b")
    terminal.until_gone("copy 1 object")
    terminal.release(there)
    terminal.send("?")
    terminal.until_shown("Help")
    assert "route" not in column(terminal, middle)


def test_names_that_hurt_are_shown_harmlessly(terminal: Terminal) -> None:
    terminal.send("o")
    terminal.until_shown("Open")
    terminal.send("s3://media-prod-assets/odd names/\r")
    terminal.until_shown("escape-␛")
    terminal.until_shown("[markup]/")
    assert b"\x1b[31mred" not in terminal.output


def test_quitting_leaves_no_process_and_no_socket(terminal: Terminal, surroundings: Path) -> None:
    passing = surroundings / "passing"
    assert list(passing.rglob("*.sock"))
    terminal.send("q")
    assert terminal.until_ended() == 0
    until_true(lambda: not list(passing.iterdir()), "the demo's engine, its socket and its journal are gone")
    assert not list((surroundings / "run").rglob("*.sock"))
    assert b"\x1b[?1049l" in terminal.output, "the terminal is given back"


def column(terminal: Terminal, left: int) -> str:
    """The part of the screen right of a column."""
    return "\n".join(line[left:] for line in terminal.lines)
