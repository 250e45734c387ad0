"""Changes that were made together, taken back together: each shown as a difference, and made when it is confirmed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import HorizontalGroup, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Static

from tui.core.changes import AppliedChange
from tui.core.naming import counted
from tui.kit.change_screens import ChangeDiff
from tui.kit.dialog import Decision, Foot, Frame
from tui.kit.lines import BAD, GOOD, MUTED, outside
from tui.link.session import EngineAccess
from tui.saved.taking_back import UndoPart, take_back


class ConfirmUndo(Decision[list[AppliedChange]]):
    """Answers with the undos that were made; None if none was."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "scroll_diff(-1)", show=False),
        Binding("down", "scroll_diff(1)", show=False),
        Binding("pageup", "scroll_diff(-10)", show=False),
        Binding("pagedown", "scroll_diff(10)", show=False),
        Binding("left,right", "app.focus_next", show=False),
    ]

    def __init__(self, engine: EngineAccess, parts: Sequence[UndoPart], made: Callable[[], object]) -> None:
        """`parts` as they are taken back, the first one first; `made` is called once they were, before it is closed."""
        super().__init__()
        self._engine, self._parts, self._made = engine, parts, made
        self._undone: list[AppliedChange] = []
        self._busy = False

    def compose(self) -> ComposeResult:
        """The differences, what became of them, and the buttons."""
        with Frame(f"Undo {counted(len(self._parts), 'change')} that were made together", id="confirm-undo"):
            with VerticalScroll(can_focus=False):
                for part in self._parts:
                    if part.change:
                        yield ChangeDiff(part.change)
            with Foot():
                yield Static(id="said")
                with HorizontalGroup(classes="buttons"):
                    yield Button("Undo all  enter", variant="primary", id="undo-all", compact=True)
                    yield Button("Back  esc", id="back", compact=True)

    def on_mount(self) -> None:
        """Say what stays whatever is done."""
        stays = [each for each in self._parts if each.problem]
        self.query_one("#undo-all", Button).disabled = len(stays) == len(self._parts)
        self._say(_stays(stays))
        self.query_one("#back" if len(stays) == len(self._parts) else "#undo-all", Button).focus()

    def _say(self, words: Content) -> None:
        said = self.query_one("#said", Static)
        said.update(words)
        said.display = bool(words.plain)

    def action_scroll_diff(self, rows: int) -> None:
        """Scroll differences that are taller than the screen."""
        self.query_one(VerticalScroll).scroll_relative(y=rows, animate=False)

    @on(Button.Pressed, "#back")
    def action_cancel(self) -> None:
        """Leave; a request that is under way is waited for, or nobody would know what became of it."""
        if not self._busy:
            self.leave(self._undone or None)

    @on(Button.Pressed, "#undo-all")
    def _undo_pressed(self) -> None:
        if not self._busy:
            self._busy = True
            self._take_back()

    @work
    async def _take_back(self) -> None:
        self._say(Content.styled("putting the documents back…", MUTED))
        try:
            left = await take_back(self._engine, self._parts, self._undone.append)
        finally:
            self._busy = False
        self.query_one("#undo-all", Button).display = False
        self._say(_stays(left) if left else Content.styled(f"✓ all {len(self._parts)} taken back", GOOD))
        back = self.query_one("#back", Button)
        back.label = "Close  esc"
        back.focus()
        self._made()


def _stays(parts: Sequence[UndoPart]) -> Content:
    """A line for each part that is not taken back."""
    lines = (f"✗ {each.stays}: {each.applied.ref.title}: {each.problem.sentence()}" for each in parts if each.problem)
    return outside("\n".join(lines), BAD)
