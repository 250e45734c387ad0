"""A document in the user's own editor, in a real terminal, which is the app's again afterwards."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.e2e.terminal import Terminal

F3, F4, F9 = b"\x1bOR", b"\x1bOS", b"\x1b[20~"
"""As xterm sends it."""

EDITOR = """
import pathlib, sys
path = pathlib.Path(sys.argv[-1])
print("THE EDITOR HAS THE TERMINAL", flush=True)
sys.stdin.readline()
path.write_text(path.read_text().replace("{}", '{"team": "video"}'))
"""


@pytest.mark.parametrize("size", [(80, 24), (200, 50)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_the_editor_has_the_terminal_and_gives_it_back(
    surroundings: Path, tmp_path: Path, size: tuple[int, int]
) -> None:
    script = tmp_path / "editor.py"
    script.write_text(EDITOR)
    environment = {**os.environ, "VISUAL": f"{sys.executable} {script}"}
    with Terminal(["--demo", "s3://media-prod-archive/", "s3://analytics-landing/"], environment, *size) as terminal:
        terminal.until_shown("INVENTORY.txt")
        terminal.click(terminal.find("INVENTORY.txt"))
        terminal.send(F9)
        terminal.until_shown("headers and metadata")
        terminal.send("t")
        terminal.until_shown("names and values")
        terminal.send(F4)
        terminal.until_shown("THE EDITOR HAS THE TERMINAL")
        terminal.send("\n")
        terminal.until_shown('+   "team": "video"')
        terminal.until_gone("THE EDITOR HAS THE TERMINAL")
        terminal.send("\r")
        terminal.until_shown("✓ applied")
        terminal.send("\x1b")
        terminal.until_gone("✓ applied")
        terminal.send("q")
        assert terminal.until_ended() == 0


def test_a_content_is_edited_and_viewed(surroundings: Path, tmp_path: Path) -> None:
    """By F4 and F3; the file of the editor is the object's content."""
    script = tmp_path / "editor.sh"
    script.write_text('grep finished "$1" > /dev/null && sed -i s/finished/edited/ "$1"')
    environment = {**os.environ, "VISUAL": f"sh {script}"}
    with Terminal(["--demo", "s3://media-prod-assets/", "s3://analytics-landing/"], environment) as terminal:
        terminal.until_shown("README.md")
        terminal.click(terminal.find("README.md"))
        terminal.send(F4)
        terminal.until_shown("was written")
        terminal.send(F3)
        terminal.until_shown("`video/` edited films")
        terminal.send("q")
        terminal.until_shown("poster.png")


def test_an_edit_of_a_versioned_object_says_how_it_is_taken_back(surroundings: Path, tmp_path: Path) -> None:
    """In the words of the edit, and in the list of what can be undone."""
    script = tmp_path / "editor.sh"
    script.write_text('echo more >> "$1"')
    environment = {**os.environ, "VISUAL": f"sh {script}"}
    with Terminal(["--demo", "s3://media-prod-assets/", "s3://analytics-reports/2026/11/"], environment) as terminal:
        terminal.until_shown("summary.csv")
        terminal.click(terminal.find("summary.csv"))
        terminal.send(F4)
        terminal.until_shown("was written")
        terminal.until_shown("Z takes it")
        terminal.send("Z")
        terminal.until_shown("edit or upload s3://")
        terminal.until_shown("up to 1 object")
        terminal.send("\x1b")


@pytest.mark.parametrize("editor", ["/does/not/exist", "false"])
def test_an_editor_that_fails_gives_the_terminal_back(surroundings: Path, editor: str) -> None:
    environment = {**os.environ, "VISUAL": editor}
    with Terminal(["--demo", "s3://media-prod-assets/", "s3://analytics-landing/"], environment) as terminal:
        terminal.until_shown("README.md")
        terminal.click(terminal.find("README.md"))
        terminal.send(F4)
        terminal.until_shown(f"the editor {editor}")
        terminal.until_shown("poster.png")
        terminal.send("q")
        assert terminal.until_ended() == 0
