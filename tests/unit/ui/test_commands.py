"""The table of commands: no key twice, no key that a terminal swallows alone, an action behind each."""

from __future__ import annotations

from collections import Counter
from functools import partial
from types import SimpleNamespace

import pytest

from tests.ui.dialogs.scripted import ScriptedEngine
from tui.app import XS3App
from tui.settings import Settings, Start
from tui.ui.browser.screen import BrowserScreen
from tui.ui.kit.commands import COMMANDS, Command, Scope, bindings, commands_of, footer_commands, key_name, take_actions
from tui.ui.kit.key_footer import footer_items
from tui.ui.kit.messages import Side
from tui.ui.panes.pane import Pane
from tui.ui.panes.table_keys import KeyedTable
from tui.ui.tabs.pane_tabs import PaneTabs
from tui.ui.transfers.panel import TransfersPanel

SWALLOWED = {"ctrl+enter", "ctrl+h", "ctrl+i", "ctrl+m"}
"""Dead or aliases of other keys in many terminals."""


def test_no_key_and_no_name_stands_twice() -> None:
    """The list of transfers has keys of its own, which may be those of the panes, but not those of the app."""
    for beside in ({Scope.APP, Scope.BROWSER, Scope.TABS, Scope.PANE}, {Scope.APP, Scope.TRANSFERS}):
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
    nodes: dict[Scope, list[object]] = {
        Scope.APP: [XS3App],
        Scope.BROWSER: [BrowserScreen(Start(), Settings(), ScriptedEngine())],
        Scope.TABS: [PaneTabs],
        Scope.PANE: [Pane(Side.LEFT, ScriptedEngine()), KeyedTable],
        Scope.TRANSFERS: [TransfersPanel(ScriptedEngine())],
    }
    assert any(callable(getattr(node, f"action_{command.id}", None)) for node in nodes[command.scope])


OTHERS = [command.id for command in commands_of(Scope.APP) if command.id != "help"]


class Controller:
    """Has the actions that it is made with."""

    def __init__(self, *commands: str) -> None:
        self.pressed: list[str] = []
        for command in commands:
            setattr(self, f"action_{command}", partial(self.pressed.append, command))


def test_a_node_has_the_actions_of_its_controllers() -> None:
    node, first = SimpleNamespace(), Controller("help", "unknown")
    take_actions(node, commands_of(Scope.APP), first, Controller(*OTHERS))
    node.action_help()
    assert first.pressed == ["help"]
    assert not hasattr(node, "action_unknown")


def test_a_command_that_no_controller_has_or_two_have_is_a_defect_that_is_seen_at_once() -> None:
    commands, node = commands_of(Scope.APP), SimpleNamespace()
    with pytest.raises(TypeError, match="0 actions for the command quit"):
        take_actions(node, commands, Controller("help", *(name for name in OTHERS if name != "quit")))
    with pytest.raises(TypeError, match="2 actions for the command help"):
        take_actions(node, commands, Controller("help", *OTHERS), Controller("help"))


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
    assert [command.id for command in footer_commands()[:2]] == ["view", "copy"]


def test_the_app_is_left_by_a_letter_an_f_key_and_as_any_other_app_of_textual() -> None:
    [leave] = [binding for binding in bindings(Scope.APP) if binding.action == "quit"]
    assert leave.key == "f10,q,ctrl+q"


def test_the_list_of_transfers_has_a_footer_of_its_own_with_the_way_out_and_the_help_in_it() -> None:
    own = [command.id for command in footer_commands(Scope.TRANSFERS)]
    assert own[0] == "details"
    assert {"transfers", "help"} < set(own[:8])
    assert "copy" not in own
    assert not {command.scope for command in footer_commands()} & {Scope.TRANSFERS}


def test_eighty_columns_have_the_most_needed_commands() -> None:
    shown = [item.command.id for item in footer_items(80)]
    needed = {"view", "copy", "move", "delete", "transfers", "inspector", "accounts", "open_location", "help"}
    assert needed | {"command_palette"} <= set(shown)
    assert footer_items(80)[-1].span.stop <= 80
    assert [item.label for item in footer_items(120)][3] == "delete"
    assert footer_items(80, taken=20)[-1].span.stop <= 60


def test_a_command_has_the_label_of_what_it_does_now_and_none_if_it_does_nothing() -> None:
    labels = {"pause": "", "limits": "priority"}
    shown = {item.command.id: item.label for item in footer_items(80, Scope.TRANSFERS, labels=labels)}
    assert "pause" not in shown
    assert (shown["limits"], shown["cancel_transfer"]) == ("priority", "cancel")
