"""Which node runs a command: the palette and the context menu ask."""

from __future__ import annotations

from collections.abc import Iterable

from textual.app import App
from textual.dom import DOMNode
from textual.screen import Screen

from tui.ui.kit.commands import Command, Scope, scope_of


def node_with(command: Command, chain: Iterable[DOMNode]) -> DOMNode | None:
    """The nearest node of the command's scope that has its action; an action of the same name elsewhere is another."""
    return next(
        (node for node in chain if _scope(node) is command.scope and hasattr(node, f"action_{command.id}")), None
    )


def _scope(node: DOMNode) -> Scope:
    if own := scope_of(node):
        return own
    if isinstance(node, App):
        return Scope.APP
    return Scope.BROWSER if isinstance(node, Screen) else Scope.PANE
