"""The README's tour: every step, and both traps resolved from inside the app in under 30 keys."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.terminal import Terminal

ENTER, BACKSPACE, TAB, ESCAPE = "\r", "\x7f", "\t", "\x1b"
HOME, RIGHT, F8 = "\x1b[H", "\x1b[C", "\x1b[19~"
F9 = "\x1b[20~"
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


def test_every_step_as_the_readme_has_it(surroundings: Path) -> None:
    passing = surroundings / "passing"
    passing.mkdir(mode=0o700, exist_ok=True)
    with Terminal(["--demo"], {**os.environ, "TMPDIR": str(passing)}, 160, 45) as terminal:
        terminal.until_shown("analytics-landing")
        typist = Typist(terminal)
        a_copy_by_drag(typist)
        an_owner_repaired(typist)
        a_denial_explained(typist)
        access_given_and_taken_back(typist)
        versions_and_undo(typist)
        the_rest_of_a_file_manager(typist)
        typist.press("?", "Help")


def a_copy_by_drag(typist: Typist) -> None:
    """Steps 1 and 2."""
    terminal = typist.terminal
    typist.press("j", "media-prod-assets")
    typist.press(ENTER, "video.mp4")
    typist.press(TAB, "analytics-landing")
    typist.press("j", "analytics-landing")
    typist.press(ENTER, "s3://analytics-landing/")
    terminal.until_gone("analytics-reports")
    start, there = terminal.find("video.mp4"), (120, 30)
    terminal.press(start)
    terminal.drag_to((start[0] + 3, start[1]))
    terminal.drag_to(there)
    terminal.until_shown("copy 1 object")
    terminal.release(there)
    terminal.until_shown("pull")
    terminal.until(lambda: "✓" in terminal.text, "a probe that was answered")
    typist.press(ENTER, "1 done")
    typist.press("t", "s3://media-prod-assets/video.mp4")
    typist.press(ESCAPE, "t opens")


def an_owner_repaired(typist: Typist) -> None:
    """Step 3."""
    terminal = typist.terminal
    column, row = terminal.find("incoming/")
    terminal.click((column + 2, row))
    typist.press(ENTER, "⚠")
    typist.press("G", "heatmap.png")
    typist.press("i", "bucket policy does not")
    marks = terminal.text.count("⚠")
    typist.press("O", "the owner of 1 object")
    terminal.until_shown("Repair  enter")
    typist.press(ENTER, "2 done")
    terminal.until(lambda: terminal.text.count("⚠") < marks, "one object less that is B's")


def a_denial_explained(typist: Typist) -> None:
    """Step 4."""
    terminal = typist.terminal
    typist.press(TAB, "analytics-landing")
    opened(typist, "s3://media-prod-office", "denied")
    typist.press(ENTER, "PartnerFromTheOffice")
    terminal.until_shown("Change it  c")
    typist.press("c", "Apply  enter")
    typist.press(ENTER, "✓ applied")
    closed(typist, "✓ applied")
    terminal.until_shown("minutes/")
    typist.press(F9, "undoes the last change")
    typist.press("u", "Apply  enter")
    typist.press(ENTER, "✓ taken back")
    closed(typist, "✓ taken back")
    terminal.until_shown("denied")


def access_given_and_taken_back(typist: Typist) -> None:
    """Step 5: its test is green, as what step 4 opened is closed."""
    terminal = typist.terminal
    typist.press("A", "media-prod applies")
    while not is_applied(terminal):
        assert typist.keys < 3 * MOST_KEYS, terminal.text
        next_page(typist)
    terminal.until_shown("all as granted")
    typist.press("u", "every document is as it was")
    closed(typist, "Give analytics")


def versions_and_undo(typist: Typist) -> None:
    """What step 6 does in the bucket that keeps versions."""
    terminal = typist.terminal
    opened(typist, "s3://analytics-reports/2026/11/", "summary.csv")
    typist.press("V", "noncurrent")
    typist.press("X", "✗ draft.csv")
    terminal.send(HOME)
    typist.press("U", "draft.csv")
    terminal.until_gone("✗ draft.csv")
    typist.press(F8, "Enter to delete")
    terminal.send(RIGHT)
    typist.press(ENTER, "✗ draft.csv")
    typist.press("Z", "deletion s3://analytics-reports/2026/11/draft.csv")
    typist.press(ENTER, "the delete marker is removed")
    terminal.send("c")
    terminal.until_gone("✗ draft.csv")


def the_rest_of_a_file_manager(typist: Typist) -> None:
    """The viewer and the menu of a row; comparing, finding and measuring have tests of their own in `tests/ui`."""
    typist.press("v", "week 1  ?")
    typist.terminal.send("q")
    typist.terminal.until_gone("week 1  ?")
    typist.press(".", "deleted objects")
    closed(typist, "deleted objects")


def opened(typist: Typist, uri: str, seen: str) -> None:
    """Open a place by its name."""
    typist.press("o", "Open")
    typist.press(uri, uri)
    typist.press(ENTER, seen)


def closed(typist: Typist, seen: str) -> None:
    """Close what is in front, by Escape: a key sent right behind it would be read as one with Alt."""
    typist.keys += 1
    typist.terminal.send(ESCAPE)
    typist.terminal.until_gone(seen)
