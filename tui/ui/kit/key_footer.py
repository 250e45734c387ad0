"""The keys that matter most, as many as there is room for; a click is as good as the key."""

from __future__ import annotations

from dataclasses import dataclass

from textual.content import Content
from textual.events import Click, MouseMove
from textual.reactive import reactive
from textual.widget import Widget

from tui.ui.kit.commands import Command, Scope, footer_commands, key_name, scope_of

GAP = 2


@dataclass(frozen=True, slots=True)
class FooterItem:
    """A command and the cells it takes."""

    command: Command
    span: range

    @property
    def key(self) -> str:
        """The key that is shown."""
        return key_name(self.command.keys[-1] if self.command.keys[0] == "f1" else self.command.keys[0])


def footer_items(width: int, scope: Scope | None = None) -> list[FooterItem]:
    """The commands that fit, in the order of the table's footer numbers; the last ones go first."""
    items: list[FooterItem] = []
    left = 1
    for command in footer_commands(scope):
        item = FooterItem(command, range(0))
        end = left + len(item.key) + 1 + len(command.label)
        if end > width:
            break
        items.append(FooterItem(command, range(left, end)))
        left = end + GAP
    return items


class KeyFooter(Widget):
    """One line; it follows the focus."""

    ALLOW_SELECT = False

    scope: reactive[Scope | None] = reactive(None)
    """The scope whose commands are shown; None: the browser's."""

    def on_mount(self) -> None:
        """Show the keys of what has the focus."""
        self.watch(self.screen, "focused", self._focus_moved)

    def _focus_moved(self, focused: Widget | None) -> None:
        self.scope = scope_of(focused)

    def render(self) -> Content:
        """Keys and labels."""
        parts = [
            Content.assemble((item.key, "$footer-key-foreground bold"), " ", item.command.label)
            for item in footer_items(self.size.width, self.scope)
        ]
        return Content.assemble(" ", Content(" " * GAP).join(parts))

    def _item_at(self, x: int) -> FooterItem | None:
        return next((item for item in footer_items(self.size.width, self.scope) if x in item.span), None)

    def on_mouse_move(self, event: MouseMove) -> None:
        """The tooltip is that of the command under the pointer."""
        item = self._item_at(event.x)
        self.tooltip = item.command.help if item else None

    def on_click(self, event: Click) -> None:
        """Press the key."""
        if item := self._item_at(event.x):
            self.app.simulate_key(item.command.keys[0])
