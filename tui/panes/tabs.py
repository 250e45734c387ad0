"""One side of the screen: its tabs, of which one is in front."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.events import Click
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from tui.core.location import Location
from tui.kit.command_base import CommandScope
from tui.kit.commands import commands_of, numbered_id
from tui.panes.news import PaneChanged, PaneSide
from tui.panes.pane import Pane
from tui.text import format as fmt

MIDDLE_BUTTON = 2


class TabLine(Widget):
    """A click shows a tab, a click with the middle button closes it."""

    ALLOW_SELECT = False
    names: reactive[tuple[str, ...]] = reactive(())
    """From left to right, with control characters visible."""
    front: reactive[int] = reactive(0)

    @dataclass
    class Chosen(Message):
        """The tab `number` (from 0 on) was clicked."""

        number: int

    @dataclass
    class Closed(Message):
        """The tab `number` (from 0 on) was clicked with the middle button."""

        number: int

    @property
    def _labels(self) -> list[TabLabel]:
        return tab_labels(self.names, self.front, self.content_size.width)

    def render(self) -> Content:
        styles = {True: "bold reverse", False: "$text"}
        shown = ((label.text, label.is_tab and label.tab == self.front) for label in self._labels)
        return Content("").join(Content.styled(text, styles[front]) for text, front in shown)

    def on_click(self, event: Click) -> None:
        label = next((label for label in self._labels if event.x in label.span), None)
        if label and event.button == MIDDLE_BUTTON and label.is_tab:
            self.post_message(self.Closed(label.tab))
        elif label:
            self.post_message(self.Chosen(label.tab))


LENGTHS = range(24, 8, -2)
"""Cells of a name, tried in turn until all tabs fit."""

MORE_WIDTH = 4
"""Cells for the number of tabs that are left out at one end."""


@dataclass(frozen=True, slots=True)
class TabLabel:
    """A piece of the line: the tab that a click on it shows, its text, and the cells it takes."""

    tab: int
    text: str
    span: range
    is_tab: bool = True
    """False: it counts the tabs that are left out."""


def tab_labels(names: Sequence[str], front: int, width: int) -> list[TabLabel]:
    """The tabs `names` in `width` cells; if they do not fit, those around the tab `front`."""
    texts: list[str] = []
    for longest in LENGTHS:
        texts = [f" {number} {fmt.cut_middle(name, longest)} " for number, name in enumerate(names, 1)]
        if sum(map(cell_len, texts)) <= width:
            return _placed([(tab, text, True) for tab, text in enumerate(texts)])
    shown = _around(texts, front, width - 2 * MORE_WIDTH)
    pieces = [(tab, texts[tab], True) for tab in shown]
    if shown.start:
        pieces.insert(0, (shown.start - 1, f"‹{shown.start}".ljust(MORE_WIDTH), False))
    if left_out := len(texts) - shown.stop:
        pieces.append((shown.stop, f"{left_out}›".rjust(MORE_WIDTH), False))
    return _placed(pieces)


def _around(texts: Sequence[str], front: int, room: int) -> range:
    """The tabs on both sides of `front` that fit into `room` cells with it."""
    first, end, left = front, front + 1, room - cell_len(texts[front])
    grown = True
    while grown:
        grown = False
        if end < len(texts) and cell_len(texts[end]) <= left:
            left -= cell_len(texts[end])
            end, grown = end + 1, True
        if first and cell_len(texts[first - 1]) <= left:
            left -= cell_len(texts[first - 1])
            first, grown = first - 1, True
    return range(first, end)


def _placed(pieces: Sequence[tuple[int, str, bool]]) -> list[TabLabel]:
    placed, left = [], 0
    for tab, text, is_tab in pieces:
        placed.append(TabLabel(tab, text, range(left, left + cell_len(text)), is_tab))
        left += cell_len(text)
    return placed


MOST_TABS = 20
"""Of one side: each tab lists places and follows the credentials of its identity."""


def _number_bindings() -> list[BindingType]:
    [command] = commands_of(CommandScope.TABS)
    return [
        Binding(key, f"{command.id}({number})", command.label, show=False, id=numbered_id(command, number))
        for number, key in enumerate(command.keys, 1)
    ]


class PaneTabs(Vertical):
    """Contains a pane for each tab; a pane is mounted when it first comes to the front."""

    BINDINGS: ClassVar[list[BindingType]] = _number_bindings()

    def __init__(self, side: PaneSide, make: Callable[[], Pane]) -> None:
        super().__init__(id=side.value, classes=f"-{side.value}")
        self.side, self._make = side, make
        self.front = make()
        self.tabs = [self.front]
        self.line = TabLine()

    def compose(self) -> ComposeResult:
        self._show_line()
        yield self.line
        yield self.front

    @property
    def number(self) -> int:
        return self.tabs.index(self.front)

    def add(self, at: int) -> Pane:
        """Add a tab at `at`; it is not shown yet."""
        pane = self._make()
        pane.display = False
        self.tabs.insert(at, pane)
        self._show_line()
        return pane

    async def show(self, pane: Pane) -> None:
        """Show a tab; it takes the focus from the tab before."""
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
        """Close a tab, unless it is the only one; its neighbour comes to the front."""
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
    if location.is_root or not location.bucket:
        return location.kind.scheme
    return fmt.visible(location.name.rstrip("/") or location.name)
