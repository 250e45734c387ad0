"""Every command of the browser. Bindings, footer, help and palette read it.

A new command is a line in the table of its group. Its ``action_<id>`` method is on the node of its scope, or on a
controller of that node.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import groupby

from textual.binding import Binding

from tui.core.key_names import key_name
from tui.kit.command_base import UNBOUND, Command, CommandGroup, CommandScope, MenuTarget
from tui.kit.pane_commands import APPLICATION, FINDING, INSPECTING, MARKS, NAVIGATION, VIEWING
from tui.kit.work_commands import COPYING, TRANSFERS, VERSIONS

GROUPS: Mapping[CommandGroup, tuple[Command, ...]] = {
    CommandGroup.MOVE: NAVIGATION,
    CommandGroup.MARK: MARKS,
    CommandGroup.COPY: COPYING,
    CommandGroup.TRANSFERS: TRANSFERS,
    CommandGroup.VIEW: (*VIEWING, *VERSIONS),
    CommandGroup.FIND: FINDING,
    CommandGroup.LOOK: INSPECTING,
    CommandGroup.APP: APPLICATION,
}
COMMANDS = tuple(command for commands in GROUPS.values() for command in commands)
"""All commands of this version, in the order the help screen shows them."""


def commands_of(scope: CommandScope) -> list[Command]:
    return [command for command in COMMANDS if command.scope is scope]


def bindings(scope: CommandScope) -> list[Binding]:
    return [command.binding() for command in commands_of(scope)]


def key_of(command: str) -> str:
    """A command's key as messages name it. One without a key has the key of the palette, and its label."""
    found = next(one for one in COMMANDS if one.id == command)
    return key_name(found.keys_in_force[0]) if found.keys_in_force else f"{found.key_text} {found.label}"


def either_key(command: str) -> str:
    found = next(one for one in COMMANDS if one.id == command)
    return " or ".join(map(key_name, found.keys_in_force)) or key_of(command)


def keymap(chosen: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """Textual's keymap that gives the commands with these ids these keys."""
    given: dict[str, str] = {}
    for command in COMMANDS:
        keys = chosen.get(command.id)
        if keys is None:
            continue
        if command.scope is CommandScope.TABS:  # a binding for each number
            numbered = enumerate([*map(_bound, keys), *[""] * len(command.keys)][: len(command.keys)], 1)
            given |= {
                numbered_id(command, number): key or f"{UNBOUND}{command.id}_{number}" for number, key in numbered
            }
        else:
            given[command.binding_id] = ",".join(map(_bound, keys)) or f"{UNBOUND}{command.id}"
    return given


def numbered_id(command: Command, number: int) -> str:
    """Textual's id of one number's binding, for a command with a key per number."""
    return f"{command.binding_id}_{number}"


def _bound(key: str) -> str:
    """Textual separates keys by commas, so the comma key has a name."""
    return key.replace(",", "comma")


def take_actions(node: object, commands: Iterable[Command], *controllers: object) -> None:
    """Give `node` the actions of its controllers: Textual finds the action of a key by its name on the node.

    Each of `commands` has an ``action_<id>`` method on one of the controllers, or on the node itself. Raises
    `TypeError` when one has no such method, or two.
    """
    for command in commands:
        name = f"action_{command.id}"
        found = [owner for owner in (type(node), *controllers) if hasattr(owner, name)]
        if len(found) != 1:
            raise TypeError(f"{len(found)} actions for the command {command.id}")
        if found[0] is not type(node):
            setattr(node, name, getattr(found[0], name))


def row_keys() -> set[str]:
    """The keys in force of the commands that need a row."""
    return {key for one in COMMANDS if one.needs_row for key in one.keys_in_force}


FIRST_OWN = 6
"""So many of a node's own commands come before the permanent ones."""

ALWAYS = ("transfers", "help")
"""The browser's commands that stay in the footer whatever has the focus."""


def footer_commands(scope: CommandScope | None = None) -> list[Command]:
    """The commands of the footer by priority: the browser's, or those of a node with a scope of its own."""
    shown = sorted((one for one in COMMANDS if one.footer and one.keys_in_force), key=lambda one: one.footer)
    if scope is None:
        return [command for command in shown if command.scope is not CommandScope.TRANSFERS]
    own = [command for command in shown if command.scope is scope]
    return [*own[:FIRST_OWN], *(command for command in shown if command.id in ALWAYS), *own[FIRST_OWN:]]


MENU_PART = 10


def menu_commands(target: MenuTarget) -> list[list[Command]]:
    """The menu of a kind of row, in the groups that lines separate."""
    shown = sorted((one for one in COMMANDS if one.menu and target in one.targets), key=lambda one: one.menu)
    named = (replace(one, label=one.menu_labels.get(target, one.label)) for one in shown)
    return [list(part) for _, part in groupby(named, key=lambda one: one.menu // MENU_PART)]
