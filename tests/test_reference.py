"""The reference pages are those that the code describes now."""

from tests.reference import FOLDER, GROUPS, pages
from tui.app.command_table import COMMANDS


def test_every_command_stands_in_one_group() -> None:
    assert sorted(name for group in GROUPS.values() for name in group) == sorted(COMMANDS)


def test_the_pages_are_current() -> None:
    outdated = [name for name, text in pages().items() if (FOLDER / name).read_text(encoding="utf-8") != text]
    assert outdated == [], "run `make reference`"
