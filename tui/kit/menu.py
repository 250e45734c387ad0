"""A menu of commands at a cell of the screen, each with its key: by mouse, arrow keys, or the key of a command."""

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

from tui.kit.command_base import Command
from tui.kit.dialog import Dialog, Frame
from tui.kit.lines import KEY, outside
from tui.text.format import cut_middle

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
