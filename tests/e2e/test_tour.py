"""The installed command in a real terminal: the README's tour, drags, moves and deletions, the user's own editor."""

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.terminal import Terminal
from tests.waiting import until_true

ENTER, BACKSPACE, TAB, ESCAPE = "\r", "\x7f", "\t", "\x1b"
HOME, F8 = "\x1b[H", "\x1b[19~"
F9 = "\x1b[20~"
MOST_KEYS = 30


@dataclass
class Typist:
    """Presses keys one after the other, and counts them."""

    terminal: Terminal
    keys: int = 0

    def press(self, key: str, seen: str) -> None:
        self.keys += 1
        self.terminal.send(key, then=seen)


def by_name(typist: Typist, label: str, found: str) -> None:
    """Run a command without a key."""
    typist.press("\x10", "Search for commands")
    typist.press(label, found)
    typist.press("\r", "F5 copy")


def test_both_traps_in_under_30_keys(surroundings: Path) -> None:
    with Terminal(["--demo"], dict(os.environ)) as terminal:
        terminal.until_shown("analytics-landing", "media-prod-assets")
        typist = Typist(terminal)
        trap_1(typist)
        trap_2(typist)
        assert typist.keys < MOST_KEYS
        terminal.send("\x11")
        terminal.until_ended()


def trap_1(typist: Typist) -> None:
    """An object of B in A's bucket becomes A's."""
    typist.press("j", "media-prod-assets")
    typist.press(ENTER, "incoming/")
    for _ in range(3):
        typist.press("j", "incoming/")
    typist.press(ENTER, "⚠")
    typist.press("G", "heatmap.png")
    repaired(typist, "1 done")


def repaired(typist: Typist, done: str) -> None:
    marks = typist.terminal.text.count("⚠")
    typist.press("O", "the owner of 1 object")
    typist.terminal.until_shown("Repair  enter")
    typist.press(ENTER, done)
    typist.terminal.until(lambda: typist.terminal.text.count("⚠") < marks, "one object less that is B's")


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
    by_name(typist, "same path", "Open this location in the other pane")
    terminal.until(lambda: terminal.text.count("minutes/") >= 2, "what is in the bucket, as B")


def is_applied(terminal: Terminal) -> bool:
    return "applied:" in terminal.text.replace("not applied", "")


def next_page(typist: Typist) -> None:
    terminal, before = typist.terminal, typist.terminal.text
    typist.press(ENTER, "Give analytics")
    terminal.until(lambda: terminal.text != before, "the next page, or that it is applied")


def test_every_step_as_the_readme_has_it(surroundings: Path) -> None:
    passing = surroundings / "passing"
    passing.mkdir(mode=0o700, exist_ok=True)
    with Terminal(["--demo"], {**os.environ, "TMPDIR": str(passing)}, 160, 45) as terminal:
        terminal.until_shown("analytics-landing", "media-prod-assets")
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
    drag(terminal, start, there)
    terminal.release(there)
    terminal.until_shown("pull")
    terminal.until(lambda: "✓" in terminal.text, "a probe that was answered")
    typist.press(ENTER, "1 done")
    typist.press("t", "s3://media-prod-assets/video.mp4")
    typist.press(ESCAPE, "t opens")


def drag(terminal: Terminal, start: tuple[int, int], there: tuple[int, int]) -> None:
    """As far as there; the button is held."""
    terminal.press(start)
    terminal.drag_to((start[0] + 3, start[1]))
    terminal.drag_to(there)
    terminal.until_shown("copy 1 object")


def an_owner_repaired(typist: Typist) -> None:
    """Step 3."""
    terminal = typist.terminal
    column, row = terminal.find("incoming/")
    terminal.click((column + 2, row))
    typist.press(ENTER, "⚠")
    typist.press("G", "heatmap.png")
    typist.press("i", "PutObjectAcl")
    repaired(typist, "2 done")


def a_denial_explained(typist: Typist) -> None:
    """Step 4."""
    terminal = typist.terminal
    typist.press(TAB, "analytics-landing")
    opened(typist, "s3://media-prod-office", "denied")
    typist.press(ENTER, "PartnerFromTheOffice")
    terminal.until_shown("Change it  E")
    typist.press("E", "Apply  enter")
    typist.press(ENTER, "✓ applied")
    closed(typist, "✓ applied")
    terminal.until_shown("minutes/")
    typist.press("Z", "change bucket policy")
    typist.press(ENTER, "Apply  enter")
    typist.press(ENTER, "undone")
    closed(typist, "undone")
    terminal.until_shown("denied")


def access_given_and_taken_back(typist: Typist) -> None:
    """Step 5: its test is green, as what step 4 opened is closed."""
    terminal = typist.terminal
    typist.press("A", "media-prod applies")
    while not is_applied(terminal):
        assert typist.keys < 3 * MOST_KEYS, terminal.text
        next_page(typist)
    terminal.until_shown("all as granted")
    typist.press("Z", "every document is as it was")
    closed(typist, "Give analytics")


def versions_and_undo(typist: Typist) -> None:
    """What step 6 does in the bucket that keeps versions."""
    terminal = typist.terminal
    opened(typist, "s3://analytics-reports/2026/11/", "summary.csv")
    typist.press("w", "noncurrent")
    by_name(typist, "deleted objects", "List deleted objects")
    typist.terminal.until_shown("✗ draft.csv")
    terminal.send(HOME)
    typist.press("U", "draft.csv")
    terminal.until_gone("✗ draft.csv")
    typist.press(F8, "Enter deletes")
    typist.press(ENTER, "✗ draft.csv")
    typist.press("Z", "deletion s3://analytics-reports/2026/11/draft.csv")
    typist.press(ENTER, "removes the delete marker")
    terminal.send("Z", gone="✗ draft.csv")


def the_rest_of_a_file_manager(typist: Typist) -> None:
    """The viewer and the menu of a row; comparing, finding and measuring have tests of their own."""
    typist.press("v", "week 1  ?")
    typist.terminal.send("q", gone="week 1  ?")
    typist.press(".", "deleted objects")
    closed(typist, "deleted objects")


def opened(typist: Typist, uri: str, seen: str) -> None:
    typist.press("o", "Open")
    typist.press(uri, uri)
    typist.press(ENTER, seen)


def closed(typist: Typist, seen: str) -> None:
    """Close what is in front, by Escape: a key sent right behind it would be read as one with Alt."""
    typist.keys += 1
    typist.terminal.send(ESCAPE, gone=seen)


F6 = "\x1b[17~"


@pytest.fixture
def terminal(surroundings: Path) -> Iterator[Terminal]:
    where = ["s3://media-prod-assets/", "s3://analytics-landing/in/"]
    passing = surroundings / "passing"
    passing.mkdir(mode=0o700, exist_ok=True)
    with Terminal(["--demo", *where], {**os.environ, "TMPDIR": str(passing)}) as terminal:
        terminal.until_shown("video.mp4", "daily/")
        yield terminal


def half(terminal: Terminal, *, left: bool) -> str:
    middle = len(terminal.lines[0]) // 2
    return "\n".join(line[:middle] if left else line[middle:] for line in terminal.lines)


def test_escape_cancels_a_drag(terminal: Terminal) -> None:
    middle = len(terminal.lines[0]) // 2
    start = terminal.find("video.mp4")
    there = (middle + 5, len(terminal.lines) - 6)
    drag(terminal, start, there)
    terminal.send("\x1b", gone="copy 1 object")
    terminal.release(there)
    terminal.send("?", then="Help")
    assert "route" not in half(terminal, left=False)


def test_an_object_is_moved_across_and_quitting_leaves_nothing(terminal: Terminal, surroundings: Path) -> None:
    terminal.click("video.mp4")
    terminal.send(F6, then="Move 1 object")
    terminal.until_shown("deleted after its copy", "keeps")
    terminal.send("\x1b[D\x1b[D\r")  # Cancel has the focus: this move cannot be undone
    terminal.until(lambda: "video.mp4" in half(terminal, left=False), "video.mp4 on the right")
    terminal.until(lambda: "video.mp4" not in half(terminal, left=True), "no video.mp4 on the left")
    passing = surroundings / "passing"
    assert list(passing.rglob("*.sock"))
    terminal.quit()
    until_true(lambda: not list(passing.iterdir()), "the demo's engine, its socket and its journal are gone")
    assert not list((surroundings / "run").rglob("*.sock"))
    assert b"\x1b[?1049l" in terminal.output, "the terminal is given back"


def test_what_is_typed_in_one_go_reaches_the_lines_of_the_options_of_the_card(terminal: Terminal) -> None:
    terminal.click("images/")
    terminal.send("C", then="Copy 60 objects")
    terminal.send(".*0007*\t*.tmp\r", then="Copy 1 object,")
    terminal.until_shown("include *0007* · exclude *.tmp")
    terminal.send("d", then="all 1")
    terminal.send("C")
    terminal.until(lambda: "images/" in half(terminal, left=False), "images/ on the right")


F3, F4 = "\x1bOR", "\x1bOS"


EDITOR = """
import pathlib, sys
path = pathlib.Path(sys.argv[-1])
print("THE EDITOR HAS THE TERMINAL", flush=True)
sys.stdin.readline()
path.write_text(path.read_text().replace("{}", '{"team": "video"}'))
"""


def test_the_editor_has_the_terminal_and_gives_it_back(surroundings: Path, tmp_path: Path) -> None:
    script = tmp_path / "editor.py"
    script.write_text(EDITOR)
    environment = {**os.environ, "VISUAL": f"{sys.executable} {script}"}
    with Terminal(["--demo", "s3://media-prod-archive/", "s3://analytics-landing/"], environment) as terminal:
        terminal.click("INVENTORY.txt")
        terminal.send(F9, then="headers and metadata")
        terminal.send(b"\x1b[B\r", then="names and values")
        terminal.send(F4, then="THE EDITOR HAS THE TERMINAL")
        terminal.send("\n", then='+   "team": "video"')
        terminal.until_gone("THE EDITOR HAS THE TERMINAL")
        terminal.send("\r", then="✓ applied")
        terminal.send("\x1b", gone="✓ applied")
        terminal.quit()


def test_a_content_is_edited_and_viewed(surroundings: Path, tmp_path: Path) -> None:
    """By F4 and F3; the file of the editor is the object's content. Of versions it is said how it is taken back."""
    script = tmp_path / "editor.sh"
    script.write_text('if grep -q finished "$1"; then sed -i s/finished/edited/ "$1"; else echo more >> "$1"; fi')
    environment = {**os.environ, "VISUAL": f"sh {script}"}
    with Terminal(["--demo", "s3://media-prod-assets/", "s3://analytics-reports/2026/11/"], environment) as terminal:
        terminal.click("README.md")
        terminal.send(F4, then="This cannot be undone")
        terminal.send("y", then="was written")
        terminal.send(F3, then="`video/` edited films")
        terminal.send("q", then="poster.png")
        terminal.click("summary.csv")
        terminal.send(F4, then="Z undoes it")
        terminal.send("Z", then="edit or upload s3://")
        terminal.until_shown("up to 1 object")
        terminal.send("\x1b")


@pytest.mark.thorough
@pytest.mark.parametrize("editor", ["/does/not/exist", "false"])
def test_an_editor_that_fails_gives_the_terminal_back(surroundings: Path, editor: str) -> None:
    environment = {**os.environ, "VISUAL": editor}
    with Terminal(["--demo", "s3://media-prod-assets/", "s3://analytics-landing/"], environment) as terminal:
        terminal.click("README.md")
        terminal.send(F4, then=f"the editor {editor}")
        terminal.until_shown("poster.png")
        terminal.quit()
