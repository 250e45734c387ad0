"""The README's tour: trap 1 repaired and trap 2 opened from inside the app, in under 30 keys."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.terminal import Terminal

ENTER, BACKSPACE, TAB = "\r", "\x7f", "\t"
MOST_KEYS = 30


@dataclass
class Typist:
    """Presses keys one after the other, and counts them."""

    terminal: Terminal
    keys: int = 0

    def press(self, key: str, seen: str) -> None:
        """Press a key, and wait until a text stands on the screen."""
        self.keys += 1
        self.terminal.send(key)
        self.terminal.until_shown(seen)


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (160, 45)], ids=["80x24", "160x45"])
def test_both_traps_in_under_30_keys(columns: int, rows: int, surroundings: Path) -> None:
    with Terminal(["--demo"], dict(os.environ), columns, rows) as terminal:
        terminal.until_shown("analytics-landing")
        typist = Typist(terminal)
        trap_1(typist)
        trap_2(typist)
        assert typist.keys < MOST_KEYS
        terminal.send("\x11")
        terminal.until_ended()


def trap_1(typist: Typist) -> None:
    """An object of B in A's bucket becomes A's."""
    terminal = typist.terminal
    typist.press("j", "media-prod-assets")
    typist.press(ENTER, "incoming/")
    for _ in range(3):
        typist.press("j", "incoming/")
    typist.press(ENTER, "⚠")
    typist.press("G", "heatmap.png")
    marks = terminal.text.count("⚠")
    typist.press("O", "the owner of 1 object")
    terminal.until_shown("Repair  enter")
    typist.press(ENTER, "1 done")
    terminal.until(lambda: terminal.text.count("⚠") < marks, "one object less that is B's")


def trap_2(typist: Typist) -> None:
    """A bucket that lets B in from one address only is opened for B as it is."""
    terminal = typist.terminal
    typist.press(BACKSPACE, "incoming/")
    typist.press(BACKSPACE, "media-prod-office")
    typist.press("j", "media-prod-office")
    typist.press("A", "media-prod applies")
    while not is_applied(terminal):
        assert typist.keys < MOST_KEYS, terminal.text
        next_page(typist)
    terminal.until_shown("all as granted")
    typist.press("\x1b", "media-prod-office")
    terminal.until_gone("Give analytics")
    typist.press(ENTER, "minutes/")
    typist.press("=", "s3://media-prod-office/")
    terminal.until(lambda: terminal.text.count("minutes/") >= 2, "what is in the bucket, as B")


def is_applied(terminal: Terminal) -> bool:
    return "applied:" in terminal.text.replace("not applied", "")


def next_page(typist: Typist) -> None:
    """Enter shows what was not in sight yet, and applies what was."""
    terminal, before = typist.terminal, typist.terminal.text
    typist.press(ENTER, "Give analytics")
    terminal.until(lambda: terminal.text != before, "the next page, or that it is applied")
