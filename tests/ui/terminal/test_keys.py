"""Keys of the settings: they run the commands, and everything that names a key names them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.ui.terminal.pictured import POSTER, pictured, pictured_app
from tests.waiting import until
from tui.keys import chosen_keys, key_lines, mistakes_in_keys
from tui.model.key_names import key_name, known_key
from tui.model.problem import ProblemError
from tui.settings import Settings
from tui.settings.parsing import parse
from tui.ui.help import help_lines
from tui.ui.kit.commands import COMMANDS, key_of
from tui.ui.kit.commands.keys_in_force import use_keys
from tui.ui.kit.context_menu import ContextMenu

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def own_keys() -> Iterator[None]:
    """Keys are chosen for the whole process: the next test has the commands' own."""
    yield
    use_keys({})


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("F5", "f5"),
        ("c", "c"),
        ("C", "C"),
        ("Ctrl+K", "ctrl+k"),
        ("alt+←", "alt+left"),
        ("pgup", "pageup"),
        ("+", "+"),
        ("ctrl++", "ctrl++"),
        ("shift+f3", "shift+f3"),
        ("?", "?"),
    ],
)
def test_a_key_is_written_as_it_is_printed_or_by_its_name(written: str, key: str) -> None:
    assert known_key(written) == key
    assert known_key(key_name(key)) == key


@pytest.mark.parametrize("written", ["", "f25", "ctrl+i", "ctrl+h", "hyper+x", "copy", "shift+c", "\x1b", "a b"])
def test_a_key_that_terminals_do_not_send_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r"key"):
        known_key(written)


def settings_of(text: str) -> Settings:
    settings, mistakes = parse(text)
    assert mistakes == []
    return settings


def test_every_own_key_can_be_written() -> None:
    assert [key for one in COMMANDS for key in one.keys if known_key(key) != key] == []
    assert mistakes_in_keys(Settings()) == []


def test_mistakes_are_named_with_line_and_remedy() -> None:
    _, [mistake] = parse("[keys]\ncopy = 'f5'\nfilter = 'ctrl+i'\n")
    assert (mistake.line, mistake.key) == (3, "keys.filter")
    assert "tab" in mistake.sentence
    [(path, words)] = mistakes_in_keys(settings_of("[keys]\nfliter = 'x'\n"))
    assert path == ("keys", "fliter")
    assert "did you mean filter?" in words
    [(path, words)] = mistakes_in_keys(settings_of("[keys]\n'pane.filter' = 'c'\n"))
    assert path == ("keys", "pane.filter")
    assert "browser.copy" in words
    with pytest.raises(ProblemError, match="keys"):
        chosen_keys(settings_of("[keys]\nfilter = ['c']\n"))


def test_a_key_may_be_taken_over_and_be_that_of_the_list_of_transfers() -> None:
    taken = settings_of("[keys]\ncopy = ['f5', 'y']\nyank = []\npause = 'c'\n")
    assert mistakes_in_keys(taken) == []
    lines = {line.name: line for line in key_lines(taken)}
    assert (lines["browser.copy"].keys, lines["browser.copy"].chosen) == (("f5", "y"), True)
    assert (lines["pane.yank"].keys, lines["browser.move"].chosen) == ((), False)


KEYS: dict[str, Any] = {"mark": ["ctrl+k", ","], "copy": ["Y"], "yank": [], "help": ["f12"], "yank_exact": ["Q"]}


async def test_the_chosen_keys_run_the_commands_and_the_old_ones_nothing() -> None:
    async with pictured(keys=KEYS) as browser:
        await browser.move_to(browser.left, POSTER)
        marks = browser.left.contents.marks
        await browser.press("space")
        assert not marks
        await browser.press("ctrl+k")
        await until(lambda: POSTER in marks, "the row is marked")
        await browser.move_to(browser.left, POSTER)
        await browser.press("comma")
        await until(lambda: not marks, "the mark is taken away")
        await browser.press("y")
        assert not browser.app._notifications
        await browser.press("Q")
        await browser.until_told("trailer.mp4")


async def test_footer_menu_help_and_messages_name_them() -> None:
    async with pictured(keys=KEYS) as browser:
        footer = browser.text.splitlines()[-1]
        assert "Y copy" in footer
        assert "F12 help" in footer
        await browser.press("full_stop")
        await until(lambda: isinstance(browser.app.screen, ContextMenu), "the menu opens")
        await browser.until_text("ctrl+k  ,")
        await browser.press("escape", "f12")
        await browser.until_text("Help")
        assert any("ctrl+k  ," in line.plain for line in help_lines(80))
        assert key_of("copy") == "Y"
        assert key_of("yank") == "ctrl+p"


def test_an_app_does_not_start_with_keys_that_clash() -> None:
    with pytest.raises(ProblemError, match="keys"):
        pictured_app(keys={"move": ["c"]})


def test_messages_name_commands_that_there_are() -> None:
    named = {
        name
        for file in (ROOT / "tui").rglob("*.py")
        for name in re.findall(r"(?:key_of|either_key)\([\"'](\w+)", file.read_text())
    }
    assert named
    assert named <= {command.id for command in COMMANDS}
