"""The menu of what can be done in a dialog: actions without a key, and those that its hints have no room for."""

from __future__ import annotations

from typing import Any

from textual.app import App
from textual.binding import Binding
from textual.dom import DOMNode
from textual.geometry import Offset
from textual.keys import key_to_character
from textual.screen import Screen

from tui.kit.command_base import UNBOUND, Command
from tui.kit.menu import ContextMenu

LEFT_OUT = {"app.more", "cancel", "close", "leave", "app.help", "app.suspend"}


def unbound(action: str, words: str) -> Binding:
    """What the menu alone has: no terminal sends its key."""
    return Binding(f"{UNBOUND}{words}", action, words)


def printed(key: str) -> str:
    """A key of Textual's as the character that is typed, if it is one; of what has none, the key of the menu."""
    character = "/" if key == "slash" else key_to_character(key) or ""
    seen = character if character.isprintable() and not character.isspace() else key
    return "." if key.startswith(UNBOUND) else seen


def own_actions(node: DOMNode) -> set[str]:
    """The actions bound by our own classes. Textual's, such as the arrow keys of an input, need no words."""
    ours = [kind for kind in type(node).__mro__ if kind.__module__.startswith("tui.") and not issubclass(kind, App)]
    bound = [binding for kind in ours for binding in vars(kind).get("BINDINGS", ())]
    return {binding.action for binding in bound if isinstance(binding, Binding)}


def open_more(screen: Screen[Any]) -> None:
    """Show it; the chosen action runs as if by its key."""
    found: dict[str, tuple[DOMNode, list[str], str]] = {}
    for key, (node, binding, enabled, _) in screen.active_bindings.items():
        if enabled and binding.description and binding.action in own_actions(node) - LEFT_OUT:
            keys = [] if key.startswith(UNBOUND) else [printed(key)]
            found.setdefault(binding.action, (node, [], binding.description))[1].extend(keys)
    rows = [Command(f"here {action}", tuple(keys), words, words) for action, (_, keys, words) in found.items()]

    def answered(chosen: Command | None) -> None:
        if chosen:
            action = chosen.id.removeprefix("here ")
            screen.app.call_later(screen.app.run_action, action, found[action][0])

    if not rows:
        return
    at = (screen.focused or screen).region.offset + Offset(4, 1)
    screen.app.push_screen(ContextMenu("more", [rows], at), answered)
