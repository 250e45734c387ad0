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
MORE = "more …"


class ContextMenu(Dialog[Command]):
    """Answers with the command that was chosen; Esc, or a click beside it, with none."""

    def __init__(
        self, title: str, parts: Sequence[Sequence[Command]], at: Offset, rest: Sequence[Sequence[Command]] = ()
    ) -> None:
        """`title` names what the commands apply to; a line stands between the `parts`; `at` is a cell of the screen.

        The last line shows the `rest`; their keys work before.
        """
        super().__init__()
        self._title, self._at = cut_middle(title, WIDEST_TITLE), at
        self._parts, self._rest = [each for each in parts if each], [each for each in rest if each]
        self._commands = {command.id: command for part in (*parts, *rest) for command in part}
        self._shown = 0
        """Lines of the list, separators included."""
        self._labels = max((cell_len(command.label) for command in self._commands.values()), default=0)
        self._keys = max((cell_len(_keys(command)) for command in self._commands.values()), default=0)

    def compose(self) -> ComposeResult:
        with Frame(outside(self._title), id="context-menu"):
            yield OptionList(*self._options(), compact=True, markup=False)

    def _options(self) -> list[Option | None]:
        """Separators are the first to go if not all lines fit."""
        parts = len(self._parts) + bool(self._rest)
        lined = sum(map(len, self._parts)) + bool(self._rest) + parts - 1 + BORDER <= self.app.size.height
        options: list[Option | None] = []
        for part in self._parts:
            if options and lined:
                options.append(None)
            for command in part:
                keys, label = _keys(command), command.label + " " * (self._labels - cell_len(command.label) + GAP)
                line = Content.assemble(label, " " * (self._keys - cell_len(keys)), (keys, KEY))
                options.append(Option(line, id=command.id))
        if self._rest:
            options += [None, Option(MORE, id=MORE)] if lined else [Option(MORE, id=MORE)]
        self._shown = len(options)
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
        if event.option_id == MORE:
            self._parts, self._rest = [*self._parts, *self._rest], []
            event.option_list.set_options(self._options())
            event.option_list.highlighted = event.option_index
            self.place()
            return
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
