"""The context menu: the commands that apply to the row under the cursor, or to the place of the pane."""

from __future__ import annotations

from dataclasses import replace

from textual.geometry import Offset

from tui.browser.context import BrowserContext
from tui.browser.pane_pair import PanePair
from tui.kit.command_base import Command, MenuTarget
from tui.kit.commands import COMMANDS, menu_commands
from tui.kit.footer import node_with
from tui.kit.menu import ContextMenu
from tui.panes.news import MenuOpened
from tui.panes.pane import Pane
from tui.panes.rows import PaneRow
from tui.text import format as fmt


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
        if row and row.is_entry:
            parts += [[replace(one, label="pane") for one in COMMANDS if one.id == "menu"]]
        menu = ContextMenu(title, [part for part in parts if part], at)

        def answered(command: Command | None) -> None:
            if command and command.id == "menu":
                self._open(pane, None, at)
            elif command and (node := node_with(command, [*pane.table.ancestors_with_self])):
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
