"""The keys that matter most, as many as there is room for; a click is as good as the key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rich.cells import cell_len
from textual.app import App
from textual.content import Content
from textual.dom import DOMNode
from textual.events import Click, MouseMove
from textual.reactive import reactive
from textual.screen import Screen
from textual.widget import Widget

from tui.core.key_names import key_name
from tui.kit.command_base import Command, CommandScope, scope_of
from tui.kit.commands import footer_commands

GAP, NARROW_GAP = 2, 1

WIDE = 100
"""From so many columns on there is room for whole labels and wider gaps."""


@dataclass(frozen=True, slots=True)
class FooterItem:
    """A command, its key and label as they are shown, and the cells that they take."""

    command: Command
    key: str
    label: str
    span: range


def footer_items(
    width: int, scope: CommandScope | None = None, taken: int = 0, labels: Mapping[str, str] | None = None
) -> list[FooterItem]:
    """The commands that fit beside `taken` cells at the right end, by priority; `labels` as in `Relabelled`."""
    narrow = width < WIDE
    items: list[FooterItem] = []
    left = 1
    for command in footer_commands(scope):
        keys = command.keys_in_force
        key = key_name(keys[-1] if keys[0] == "f1" else keys[0])  # of help the character, which every terminal sends
        label = (labels or {}).get(command.id, (command.short if narrow else "") or command.label)
        if not label:
            continue
        if narrow:
            key = key.replace("ctrl+", "^")
        end = left + cell_len(key) + 1 + cell_len(label)
        if end > width - taken:
            break
        items.append(FooterItem(command, key, label, range(left, end)))
        left = end + (NARROW_GAP if narrow else GAP)
    return items


class Relabelled(Widget):
    """A node that gives some commands another label now."""

    labels: reactive[Mapping[str, str]] = reactive[Mapping[str, str]]({})
    """By command id; an empty label hides a command that does nothing now."""


class FooterNotes(App[None]):
    """An app with something to say at the right end of every footer."""

    footer_note: reactive[str] = reactive("")


class KeyFooter(Widget):
    """One line; it follows the focus. Below a dialog it has no keys: they would mean something else there."""

    ALLOW_SELECT = False

    scope: reactive[CommandScope | None] = reactive(None)
    """The scope whose commands are shown; None: the browser's."""
    note: reactive[str] = reactive("")

    def on_mount(self) -> None:
        self.watch(self.screen, "focused", self._focus_moved)
        self.watch(self.screen, "stack_updates", self._labels_changed)
        if isinstance(self.app, FooterNotes):
            self.watch(self.app, "footer_note", self._look_at_note)

    def _look_at_note(self) -> None:
        self.note = self.app.footer_note if isinstance(self.app, FooterNotes) else ""

    def _focus_moved(self, focused: Widget | None) -> None:
        self.scope = scope_of(focused)
        if isinstance(focused, Relabelled):
            self.watch(focused, "labels", self._labels_changed)

    def _labels_changed(self) -> None:
        self.refresh()

    @property
    def _items(self) -> list[FooterItem]:
        if not self.screen.is_active:
            return []
        taken = cell_len(self.note) + GAP if self.note else 0
        focused = self.screen.focused
        labels = focused.labels if isinstance(focused, Relabelled) else None
        return footer_items(self.size.width, self.scope, taken, labels)

    def render(self) -> Content:
        parts = [Content.assemble((item.key, "$footer-key-foreground bold"), " ", item.label) for item in self._items]
        keys = Content.assemble(" ", Content(" " * (GAP if self.size.width >= WIDE else NARROW_GAP)).join(parts))
        gap = " " * (self.size.width - keys.cell_length - cell_len(self.note) - 1)
        return Content.assemble(keys, gap, (self.note, "$text-warning")) if self.note else keys

    def _item_at(self, x: int) -> FooterItem | None:
        return next((item for item in self._items if x in item.span), None)

    def on_mouse_move(self, event: MouseMove) -> None:
        """The tooltip is that of the command under the pointer."""
        item = self._item_at(event.x)
        self.tooltip = item.command.help if item else None

    def on_click(self, event: Click) -> None:
        item = self._item_at(event.x)
        chain = (self.screen.focused or self.screen).ancestors_with_self
        if item and (node := node_with(item.command, chain)):
            self.app.call_later(self.app.run_action, item.command.id, node)


def node_with(command: Command, chain: Iterable[DOMNode]) -> DOMNode | None:
    """The nearest node of the command's scope that has its action. An equal name in another scope is another action."""
    return next(
        (node for node in chain if _scope(node) is command.scope and hasattr(node, f"action_{command.id}")), None
    )


def _scope(node: DOMNode) -> CommandScope:
    if own := scope_of(node):
        return own
    if isinstance(node, App):
        return CommandScope.APP
    return CommandScope.BROWSER if isinstance(node, Screen) else CommandScope.PANE
