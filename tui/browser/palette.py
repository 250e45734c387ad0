"""The command palette: the browser's commands by name, run where the focus was."""

from __future__ import annotations

from functools import partial

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.dom import DOMNode

from tui.kit.command_base import Command, scope_of
from tui.kit.commands import COMMANDS
from tui.kit.footer import node_with


class CommandProvider(Provider):
    """Offers every command with an action on the focused widget or above it."""

    async def discover(self) -> Hits:
        for command, node in self._available():
            yield DiscoveryHit(_title(command), partial(self.app.run_action, command.id, node), help=command.help)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for command, node in self._available():
            score = max(matcher.match(_title(command)), matcher.match(command.help))
            if score > 0:
                yield Hit(
                    score,
                    matcher.highlight(_title(command)),
                    partial(self.app.run_action, command.id, node),
                    text=_title(command),
                    help=command.help,
                )

    def _available(self) -> list[tuple[Command, DOMNode]]:
        lists = (node for node in self.screen.walk_children() if scope_of(node) and node.display)  # visible ones
        chain = [*(self.focused or self.screen).ancestors_with_self, *lists]
        nodes = [(command, node_with(command, chain)) for command in COMMANDS if command.in_palette]
        return [(command, node) for command, node in nodes if node]


def _title(command: Command) -> str:
    return f"{command.label}  ({command.key_text})" if command.keys_in_force else command.label
