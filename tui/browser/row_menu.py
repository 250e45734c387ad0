"""The context menu: the commands that apply to the row under the cursor, or to the pane's place, with their keys."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.events import Click, Key
from textual.geometry import Offset
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from tui.browser.context import BrowserContext
from tui.browser.pane_pair import PanePair
from tui.kit.command_base import Command, MenuTarget
from tui.kit.commands import menu_commands
from tui.kit.dialog import Dialog, Frame
from tui.kit.footer import node_with
from tui.kit.lines import KEY, outside
from tui.panes.news import MenuOpened
from tui.panes.pane import Pane
from tui.panes.rows import PaneRow
from tui.text import format as fmt
from tui.text.format import cut_middle


class RowMenu:
    """Opens the menu, and runs the chosen command where its key would run it."""

    def __init__(self, context: BrowserContext, panes: PanePair) -> None:
        self._context, self._panes = context, panes

    def action_menu(self) -> None:
        pane = self._panes.active
        table = pane.table
        line = table.cursor - table.scroll_offset.y
        shown = 0 <= line < table.size.height
        self._open(pane, pane.cursor_row, table.region.offset + Offset(4, line if shown else 0))

    def open(self, event: MenuOpened) -> None:
        """Open the menu of the row under the pointer; without a row, of the pane's place."""
        pane = next((one for one in self._panes if one.region.contains_point(event.pointer)), self._panes.active)
        self._panes.activate(pane)
        row = None
        if event.number is not None:
            pane.table.move(event.number)
            row = pane.cursor_row
        self._open(pane, row, event.pointer)

    def _open(self, pane: Pane, row: PaneRow | None, at: Offset) -> None:
        parts = menu_commands(target_of(row))
        if len(self._panes.sides[pane.side].tabs) == 1:
            parts = [[command for command in part if command.id != "close_tab"] for part in parts]
        title = fmt.visible(row.name if row and row.is_entry else pane.location.uri)
        if marks := len(pane.contents.marks):  # most commands take the marks
            title = f"{fmt.number(marks)} marked"
        menu = ContextMenu(title, [part for part in parts if part], at)

        def answered(command: Command | None) -> None:
            if command and (node := node_with(command, [*pane.table.ancestors_with_self])):
                pane.app.call_later(pane.app.run_action, command.id, node)

        self._context.host.open_dialog(menu, answered)


def target_of(row: PaneRow | None) -> MenuTarget:
    """What a row is to the menu; a status stands for the pane's place."""
    if row is None or not row.is_entry:
        return MenuTarget.PLACE
    place = row.location
    if row.version:
        return MenuTarget.MARKER if row.is_deleted else MenuTarget.VERSION
    if row.is_deleted:
        return MenuTarget.DELETED
    if place.kind.has_directories:
        return MenuTarget.DIRECTORY if place.is_prefix else MenuTarget.FILE
    if not place.key:
        return MenuTarget.BUCKET
    return MenuTarget.PREFIX if place.is_prefix else MenuTarget.OBJECT


BORDER = 2
"""Cells or lines that the frame takes, left and right or above and below."""

PADDING = 2
SCROLLBAR = 1
"""Cells of the scrollbar if not all lines fit: without them, lines would wrap."""
GAP = 2
WIDEST_TITLE = 30


class ContextMenu(Dialog[Command]):
    """Answers with the command that was chosen; Esc, or a click beside it, with none."""

    def __init__(self, title: str, parts: Sequence[Sequence[Command]], at: Offset) -> None:
        """`title` names what the commands apply to; a line stands between the `parts`; `at` is a cell of the screen."""
        super().__init__()
        self._title, self._parts, self._at = cut_middle(title, WIDEST_TITLE), parts, at
        self._commands = {command.id: command for part in parts for command in part}
        self._shown = 0
        """Lines of the list, separators included."""
        self._labels = max((cell_len(command.label) for command in self._commands.values()), default=0)
        self._keys = max((cell_len(_keys(command)) for command in self._commands.values()), default=0)

    def compose(self) -> ComposeResult:
        options = self._options()
        self._shown = len(options)
        with Frame(outside(self._title), id="context-menu"):
            yield OptionList(*options, compact=True, markup=False)

    def _options(self) -> list[Option | None]:
        """Separators are the first to go if not all lines fit."""
        lined = len(self._commands) + len(self._parts) - 1 + BORDER <= self.app.size.height
        options: list[Option | None] = []
        for part in self._parts:
            if options and lined:
                options.append(None)
            for command in part:
                keys, label = _keys(command), command.label + " " * (self._labels - cell_len(command.label) + GAP)
                line = Content.assemble(label, " " * (self._keys - cell_len(keys)), (keys, KEY))
                options.append(Option(line, id=command.id))
        return options

    def place(self) -> None:
        """Place it below the cell if there is room, else above, else where it fits."""
        width, height = self.app.size
        wide = max(self._labels + GAP + self._keys, cell_len(self._title) + 2) + BORDER + PADDING
        high = min(self._shown + BORDER, height)
        wide += SCROLLBAR if self._shown + BORDER > height else 0
        frame = self.query_one(Frame)
        frame.styles.width, frame.styles.height = min(wide, width), high
        x = max(0, min(self._at.x, width - wide))
        below, above = self._at.y + 1, self._at.y - high
        y = below if below + high <= height else above if above >= 0 else height - high
        frame.offset = Offset(x, y)

    on_mount = on_resize = place

    @property
    def chosen(self) -> str:
        option = self.query_one(OptionList).highlighted_option
        return (option and option.id) or ""

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        self.leave(self._commands[event.option_id or ""])

    def on_key(self, event: Key) -> None:
        pressed = {event.key, event.character}
        chosen = next((command for command in self._commands.values() if pressed & set(command.keys_in_force)), None)
        if chosen and event.key not in ("enter", "up", "down", "escape"):
            event.stop()
            self.leave(chosen)

    def on_click(self, event: Click) -> None:
        if not self.query_one(Frame).region.contains_point(event.screen_offset):
            self.leave()


def _keys(command: Command) -> str:
    return command.key_text if command.keys_in_force else ""
