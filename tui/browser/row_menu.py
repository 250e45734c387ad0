"""The context menu: the commands that apply to the row under the cursor, or to the place of the pane."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from textual.geometry import Offset

from tui.browser.context import BrowserContext
from tui.browser.pane_pair import PanePair
from tui.core.orders import ARCHIVE_CLASSES, TIERING
from tui.kit.command_base import Command, MenuTarget
from tui.kit.commands import COMMANDS, menu_commands
from tui.kit.footer import node_with
from tui.kit.menu import ContextMenu
from tui.panes.news import MenuOpened
from tui.panes.pane import Pane
from tui.panes.rows import PaneRow
from tui.text import format as fmt

MOST = 12
"""Lines of a menu at first, "more …" and "pane" among them."""

FIRST: Mapping[MenuTarget, str] = {
    MenuTarget.OBJECT: "view copy move rename delete edit inspector yank presign versions",
    MenuTarget.PREFIX: "open copy move rename delete new inspector yank find sizes",
    MenuTarget.BUCKET: "open copy delete new inspector properties edit yank find sizes",
    MenuTarget.PLACE: "new find compare sync refresh open_location filter bookmarks accounts undo new_tab",
}
"""The commands that the long menus show at first; what comes first is the last to go."""


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
        target, marks = target_of(row), len(pane.contents.marks)
        archived = row is not None and row.storage_class in (*ARCHIVE_CLASSES, TIERING)
        vain = {"close_tab"} if len(self._panes.sides[pane.side].tabs) == 1 else set[str]()
        if target is MenuTarget.OBJECT and not archived and not marks:
            vain.add("restore")
        parts = [[command for command in part if command.id not in vain] for part in menu_commands(target)]
        title = fmt.visible(row.name if row and row.is_entry else pane.location.uri)
        if marks:  # most commands take the marks
            title = f"{fmt.number(marks)} marked"
        if row and row.is_entry:
            parts += [[replace(one, label="pane") for one in COMMANDS if one.id == "menu"]]
        first = {one.id for part in parts for one in part}
        if len(first) > MOST:
            owner = pane.bucket_owners.get(pane.location.bucket, "")
            foreign = bool(row and row.owner and owner and row.owner.id != owner)
            fitting = ["restore"] * archived + ["repair"] * foreign + FIRST[target].split()
            first = {*fitting[: MOST - 2], "menu"} if row and row.is_entry else {*fitting[: MOST - 1]}
        shown = [[one for one in part if one.id in first] for part in parts]
        rest = [[one for one in part if one.id not in first] for part in parts]
        menu = ContextMenu(title, shown, at, rest)

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
