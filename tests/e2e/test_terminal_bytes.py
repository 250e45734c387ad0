"""How much is written to the terminal: little for what changes, nothing for what does not."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.terminal import Terminal

FILES = 200
IDLE_SECONDS = 4.0
"""As long as nothing may be written: longer than any clock or spinner takes to turn."""


def name_of(number: int) -> str:
    """The name of a file, which says nothing of the name of the next one."""
    return f"{number:04}-{hashlib.sha256(str(number).encode()).hexdigest()[:36]}"


@pytest.fixture
def panes(tmp_path: Path, surroundings: Path) -> Iterator[Terminal]:
    """A terminal of 140x40 cells with two directories of many files."""
    for side in ("left", "right"):
        directory = tmp_path / side
        directory.mkdir()
        for number in range(FILES):
            (directory / name_of(number)).touch()
            os.utime(directory / name_of(number), (1_600_000_000, 1_600_000_000))
    with Terminal([str(tmp_path / "left"), str(tmp_path / "right")], dict(os.environ), 140, 40) as terminal:
        terminal.until(lambda: terminal.text.count(name_of(0)[:20]) == 2, "the rows of both panes")
        terminal.send(" ")
        terminal.until_shown("1 marked")
        yield terminal


def test_a_page_down_takes_less_than_6_kb(panes: Terminal) -> None:
    panes.send("\x1b[6~")
    panes.until(lambda: name_of(36)[:20] in panes.text, "the cursor in the last line")
    begin = len(panes.output)
    panes.send("\x1b[6~")
    panes.until(lambda: name_of(60)[:20] in panes.text, "the rows below")
    assert 1_000 < len(panes.output) - begin < 6_000


def test_another_pane_takes_less_than_4_kb(panes: Terminal) -> None:
    """The mark that follows the Tab shows that the other pane has the keys, and takes bytes, too."""
    begin = len(panes.output)
    panes.send("\t ")
    panes.until(lambda: panes.text.count("1 marked") == 2, "a mark in the other pane")
    assert 100 < len(panes.output) - begin < 4_000


def test_nothing_is_written_while_nothing_happens(panes: Terminal) -> None:
    """What the key changes is written, and the last of the first paint; a clock or a spinner would never end."""
    begin = len(panes.output)
    panes.send("g")
    panes.until(lambda: is_idle(panes), f"{IDLE_SECONDS} s in which nothing is written", 10 * IDLE_SECONDS)
    assert len(panes.output) - begin < 3_000  # that of the key, and of the scroll bars


def is_idle(terminal: Terminal) -> bool:
    """Whether nothing is written for `IDLE_SECONDS` from now on."""
    end, begin = time.monotonic() + IDLE_SECONDS, len(terminal.output)
    while (left := end - time.monotonic()) > 0 and len(terminal.output) == begin:
        terminal.read(left)
    return len(terminal.output) == begin


def test_a_resized_terminal_is_painted_whole(panes: Terminal) -> None:
    before = panes.text
    panes.resize(100, 30)
    panes.until(lambda: all(line.strip() for line in panes.lines), "every line")
    panes.resize(140, 40)
    panes.until(lambda: panes.text == before, "the panes as they were")


def test_a_terminal_that_was_another_size_for_a_moment_is_painted_whole(panes: Terminal) -> None:
    before = panes.text
    panes.resize(141, 40)
    panes.resize(140, 40)
    panes.until(lambda: panes.text == before, "the panes as they were")


def test_a_spoilt_screen_is_painted_whole_when_asked(panes: Terminal) -> None:
    before = panes.text
    panes.spoil()
    panes.send("\x0c")
    panes.until(lambda: panes.text == before, "what stood there")
