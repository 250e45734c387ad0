"""One side of the screen: its tabs, of which one is in front."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical

from tui.core.location import FILE_SCHEME, SCHEME, Location
from tui.kit.command_base import Scope
from tui.kit.commands import commands_of, numbered_id
from tui.text import format as fmt
from tui.ui.kit.messages import PaneChanged, Side
from tui.ui.panes.pane import Pane
from tui.ui.tabs.tab_line import TabLine

MOST_TABS = 20
"""Tabs of one side: each lists places and follows the credentials of its identity."""


def _number_bindings() -> list[BindingType]:
    [command] = commands_of(Scope.TABS)
    return [
        Binding(key, f"{command.id}({number})", command.label, show=False, id=numbered_id(command, number))
        for number, key in enumerate(command.keys, 1)
    ]


class PaneTabs(Vertical):
    """Contains a pane for each tab; those that were never in front are not mounted yet."""

    BINDINGS: ClassVar[list[BindingType]] = _number_bindings()

    def __init__(self, side: Side, make: Callable[[], Pane]) -> None:
        """`make` returns a new pane of this side."""
        super().__init__(id=side.value, classes=f"-{side.value}")
        self.side, self._make = side, make
        self.front = make()
        """The tab that is shown."""
        self.tabs = [self.front]
        """All tabs, from left to right."""
        self.line = TabLine()

    def compose(self) -> ComposeResult:
        """From top to bottom."""
        self._show_line()
        yield self.line
        yield self.front

    @property
    def number(self) -> int:
        """The number of the tab in front, from 0 on."""
        return self.tabs.index(self.front)

    def add(self, at: int) -> Pane:
        """Make a tab, the `at`-th from now on; it is not shown yet."""
        pane = self._make()
        pane.display = False
        self.tabs.insert(at, pane)
        self._show_line()
        return pane

    async def show(self, pane: Pane) -> None:
        """Put a tab in front; it gets the focus if the one before had it."""
        if pane is self.front:
            return
        if not pane.is_attached:
            await self.mount(pane)
        focused, before = self.screen.focused, self.front
        with self.app.batch_update():
            self.front, pane.display, before.display = pane, True, False
            if focused and before in focused.ancestors:
                self.screen.set_focus(pane.table)
            self._show_line()
        self.post_message(PaneChanged(self.side))

    async def close(self, pane: Pane) -> None:
        """Remove a tab, unless it is the only one; the next one to it comes to the front."""
        if len(self.tabs) == 1:
            return
        at = self.tabs.index(pane)
        if pane is self.front:
            await self.show(self.tabs[at - 1 if at + 1 == len(self.tabs) else at + 1])
        self.tabs.remove(pane)
        self._show_line()
        if pane.is_attached:
            pane.remove()
        self.post_message(PaneChanged(self.side))

    async def action_tab_by_number(self, number: int) -> None:
        """Show the tab `number`, counted from 1."""
        if number <= len(self.tabs):
            await self.show(self.tabs[number - 1])

    @on(TabLine.Chosen)
    async def _tab_chosen(self, event: TabLine.Chosen) -> None:
        event.stop()
        await self.show(self.tabs[event.number])
        self.screen.set_focus(self.front.table)

    @on(TabLine.Closed)
    async def _tab_closed(self, event: TabLine.Closed) -> None:
        event.stop()
        await self.close(self.tabs[event.number])

    @on(PaneChanged)
    def _pane_changed(self) -> None:
        """A tab may have another name now."""
        self._show_line()

    def _show_line(self) -> None:
        self.line.display = len(self.tabs) > 1
        self.line.names = tuple(_name(pane.begins.location if pane.begins else pane.location) for pane in self.tabs)
        self.line.front = self.number


def _name(location: Location) -> str:
    """A place in a word: the last part of its path."""
    if location.is_local and not location.key:
        return FILE_SCHEME
    return fmt.visible(location.name.rstrip("/") or location.name) if location.bucket else SCHEME
