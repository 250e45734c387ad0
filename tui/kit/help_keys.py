"""The keys of the screen in front, as its bindings say them: help shows them first."""

from __future__ import annotations

from textual.app import App
from textual.binding import Binding
from textual.dom import DOMNode
from textual.keys import key_to_character
from textual.screen import Screen

from tui.core.key_names import key_name
from tui.kit.commands import COMMANDS, numbered_id
from tui.kit.dialog import Frame

LISTED = frozenset(
    name
    for command in COMMANDS
    for name in (command.binding_id, *(numbered_id(command, number) for number in range(1, len(command.keys) + 1)))
)
"""The bindings that the list of all commands shows already."""

HelpRow = tuple[str, str]


def front_title(screen: Screen[object]) -> str:
    frame = next(iter(screen.query(Frame)), None)
    return str(frame.border_title or "") if frame else ""


def front_keys(screen: Screen[object]) -> list[HelpRow]:
    """The keys bound by the screen and its focused widget; keys with the same action share a row."""
    keys: dict[str, list[str]] = {}
    for key, (node, binding, enabled, _) in screen.active_bindings.items():
        if enabled and binding.description and binding.id not in LISTED and binding.action in _own_actions(node):
            keys.setdefault(binding.tooltip or binding.description, []).append(_printed(key))
    return [("  ".join(dict.fromkeys(named)), words) for words, named in keys.items()]


def _own_actions(node: DOMNode) -> set[str]:
    """The actions bound by our own classes. Textual's, such as the arrow keys of an input, need no words."""
    ours = [kind for kind in type(node).__mro__ if kind.__module__.startswith("tui.") and not issubclass(kind, App)]
    bound = [binding for kind in ours for binding in vars(kind).get("BINDINGS", ())]
    return {binding.action for binding in bound if isinstance(binding, Binding)}


def _printed(key: str) -> str:
    character = key_to_character(key)
    return character if character and character.isprintable() and not character.isspace() else key_name(key)
