"""A document in the user's own editor, in a real terminal, which is the app's again afterwards."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.e2e.terminal import Terminal

F4 = b"\x1bOS"
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
        terminal.send(F4)
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
