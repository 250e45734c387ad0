"""ASCII for terminals that have nothing else: a twin for every symbol, in as many cells, and only where needed."""

from __future__ import annotations

import ast
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.places import write_settings
from tests.e2e.terminal import Terminal
from tui.text.format import cells
from tui.text.terminals.ascii import TWINS, to_ascii
from tui.text.terminals.choice import ascii_only

ROOT = Path(__file__).parents[3]

NOT_SHOWN = (
    "tui/demo",
    "tui/text/format.py",
    "tui/model/json/shown.py",
    "tui/ui/terminal/cells.py",
    "tui/stores/partitioned",
)
"""What only compares characters, or names those of others."""


def symbols() -> Iterator[str]:
    """Every character beyond ASCII in a text of ours that is no docstring."""
    for file in sorted((ROOT / "tui").rglob("*.py")):
        if str(file.relative_to(ROOT)).startswith(NOT_SHOWN):
            continue
        nodes = list(ast.walk(ast.parse(file.read_text())))
        said = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
        for node in nodes:
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
                yield from (
                    character for character in node.value if not character.isascii() and character.isprintable()
                )


def test_every_symbol_of_ours_has_a_twin() -> None:
    found = set(symbols())
    assert {"…", "▸", "✓"} <= found
    assert sorted(found - TWINS.keys()) == []


def test_a_twin_takes_one_cell_as_its_symbol_does() -> None:
    assert [one for one, twin in TWINS.items() if len(twin) != 1 or not twin.isascii() or cells(one) != 1] == []


@pytest.mark.parametrize(
    "text", ["plain", "╭─ Copy ─╮", "▸ 名前 🎬 e\u0301 ␛[0m", "👨‍👩‍👧 a⚠️ b", "│ ▁▂▇█ ↑↓ │", "\x1b[1mä…\x1b[0m"]
)
def test_the_cells_stay_where_they_are(text: str) -> None:
    shown = to_ascii(text)
    assert shown.isascii()
    assert cells(shown) == cells(text)


@pytest.mark.parametrize(
    ("environment", "wanted"),
    [
        ({"TERM": "xterm-256color", "LANG": "en_GB.UTF-8"}, False),
        ({"TERM": "xterm", "LC_ALL": "C.utf8", "LANG": "C"}, False),
        ({"TERM": "xterm"}, False),
        ({"TERM": "linux", "LANG": "en_GB.UTF-8"}, True),
        ({"TERM": "vt100"}, True),
        ({"TERM": "dumb", "LC_ALL": "C.UTF-8"}, True),
        ({"TERM": "xterm", "LANG": "C"}, True),
        ({"TERM": "xterm", "LANG": "POSIX", "LC_CTYPE": "C.UTF-8"}, True),
        ({"TERM": "xterm", "LANG": "de_DE.ISO-8859-1"}, True),
        ({"TERM": "xterm", "LANG": "en_GB.UTF-8", "LC_ALL": "C"}, True),
    ],
)
def test_type_and_locale_say_what_a_terminal_can_show(environment: dict[str, str], wanted: bool) -> None:
    assert ascii_only("auto", environment, {}) is wanted
    assert ascii_only(True, environment, {})
    assert not ascii_only(False, environment, {})


def test_a_locale_for_characters_that_the_user_chose_counts() -> None:
    environment = {"TERM": "xterm", "LANG": "C", "LC_CTYPE": "C.UTF-8"}
    assert not ascii_only("auto", environment, environment)


def test_the_screen_and_the_commands_write_ascii(surroundings: Path) -> None:
    write_settings("ascii = true\n")
    with Terminal(["--demo", "s3://media-prod-assets/odd names/"], dict(os.environ)) as terminal:
        terminal.until_shown("emoji-??")
        terminal.send("o")
        terminal.until_shown("+- Open")
        terminal.send("\x1b")
        terminal.until_gone("+- Open")
        terminal.click(terminal.find("emoji-??"))
        terminal.send("d")
        terminal.until_shown("Press right, Enter to delete")  # the twin of its arrow is another key
        assert terminal.output.isascii()


def test_the_help_of_the_viewer_names_the_arrow_keys(surroundings: Path) -> None:
    """The twins of the arrows are keys themselves."""
    write_settings("ascii = true\n")
    with Terminal(["--demo", "s3://media-prod-assets/"], dict(os.environ)) as terminal:
        terminal.until_shown("README.md")
        terminal.click(terminal.find("README.md"))
        terminal.send("v")
        terminal.until_shown("/ search")
        terminal.send("?")
        terminal.until_shown("up down  k j  One row")
        terminal.until_shown("left right    Columns")
        assert terminal.output.isascii()


def test_commands_write_ascii_to_a_terminal_and_json_stays_exact(tmp_path: Path, surroundings: Path) -> None:
    (tmp_path / "名前…").touch()
    write_settings("ascii = true\n")
    with Terminal(["ls", f"{tmp_path}/"], dict(os.environ)) as terminal:
        assert terminal.until_ended() == 0
        assert "????~" in terminal.text
        assert terminal.output.isascii()
    with Terminal(["ls", "--json", f"{tmp_path}/"], dict(os.environ), columns=240) as terminal:
        assert terminal.until_ended() == 0
        assert terminal.output.isascii()
        assert json.loads(terminal.output)["uri"].endswith("名前…")
