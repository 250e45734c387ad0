"""The table of commands: no key twice, no key that a terminal swallows alone, an action behind each."""

from __future__ import annotations

from collections import Counter

import pytest

from tui.app import XS3App
from tui.ui.commands import COMMANDS, Command, Scope, bindings, footer_commands, key_name
from tui.ui.screens.browser import BrowserScreen
from tui.ui.widgets.pane_keys import KeyedPane
from tui.ui.widgets.table_keys import KeyedTable
from tui.ui.widgets.transfers_panel import TransfersPanel

SWALLOWED = {"ctrl+enter", "ctrl+h", "ctrl+i", "ctrl+m"}
"""Dead or aliases of other keys in many terminals."""


def test_no_key_and_no_name_stands_twice() -> None:
    """The list of transfers has keys of its own, which may be those of the panes, but not those of the app."""
    for beside in ({Scope.APP, Scope.BROWSER, Scope.PANE}, {Scope.APP, Scope.TRANSFERS}):
        keys = Counter(key for command in COMMANDS if command.scope in beside for key in command.keys)
        assert [key for key, times in keys.items() if times > 1] == []
    ids = Counter(command.id for command in COMMANDS)
    assert [name for name, times in ids.items() if times > 1] == []


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.id)
def test_a_command_can_be_reached_in_every_terminal(command: Command) -> None:
    assert command.in_palette if not command.keys else not set(command.keys) <= SWALLOWED
    if any(key[0] == "f" and key[1:].isdigit() for key in command.keys):
        assert any(len(key) == 1 for key in command.keys), "terminals take F keys for themselves"


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.id)
def test_a_command_has_an_action_where_it_is_bound(command: Command) -> None:
    nodes: dict[Scope, list[type]] = {
        Scope.APP: [XS3App],
        Scope.BROWSER: [BrowserScreen],
        Scope.PANE: [KeyedPane, KeyedTable],
        Scope.TRANSFERS: [TransfersPanel],
    }
    assert any(hasattr(node, f"action_{command.id}") for node in nodes[command.scope])


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.id)
def test_its_words_fit_footer_and_help(command: Command) -> None:
    assert len(command.label) <= 18
    assert command.help[0].isupper()
    assert not command.help.endswith(".")


def test_keys_are_printed_as_on_the_keyboard() -> None:
    named = [key_name(key) for key in ("f5", "c", "escape", "alt+left", "ctrl+p")]
    assert named == ["F5", "c", "esc", "alt+←", "ctrl+p"]


def test_bindings_carry_the_words_and_only_the_footers_are_shown() -> None:
    copy = next(binding for binding in bindings(Scope.BROWSER) if binding.action == "copy")
    assert (copy.key, copy.description, copy.show) == ("f5,c", "copy", True)
    shown = {command.id for command in COMMANDS if command.binding().show}
    assert {command.id for command in [*footer_commands(), *footer_commands(Scope.TRANSFERS)]} == shown
    assert footer_commands()[0].id == "copy"


def test_the_list_of_transfers_has_a_footer_of_its_own_with_the_way_out_and_the_help_in_it() -> None:
    own = [command.id for command in footer_commands(Scope.TRANSFERS)]
    assert own[0] == "details"
    assert {"transfers", "help"} < set(own[:8])
    assert "copy" not in own
    assert not {command.scope for command in footer_commands()} & {Scope.TRANSFERS}
