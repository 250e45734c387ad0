"""A change that was planned: shown as a difference, made when it is confirmed, and taken back with one key."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import HorizontalGroup, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Static

from tui.core.changes import AppliedChange, PlannedChange
from tui.core.problem import ProblemError, ProblemKind
from tui.core.versions import BucketVersioning, UndoForecast
from tui.kit.dialog import SCROLLING, DecisionDialog, Foot, Frame
from tui.kit.lines import BAD, GOOD, MUTED, WARNING, Lines, fill, hanging, outside, painted, wrapped
from tui.link.session import EngineAccess
from tui.messages.document_requests import ApplyChange, PlanChange, PlanUndo
from tui.messages.listing_requests import AskUndo
from tui.text.document_lines import change_spans
from tui.text.format import StyledLine


async def forecast(engine: EngineAccess, connection: str, bucket: str) -> UndoForecast:
    """What undo can do in a bucket; UNKNOWN, with the reason, if it cannot be asked."""
    try:
        return await engine.ask(AskUndo(connection, bucket))
    except ProblemError as error:
        return UndoForecast(BucketVersioning.UNKNOWN, error.problem.sentence())


SINCE = "it has changed in the meantime: this is the difference now"


class ConfirmChange(DecisionDialog[AppliedChange]):
    """Answers with the last change that was made; None if none was."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("Z", "undo", "Undo"),
        *SCROLLING,
        Binding("left,right", "app.focus_next", show=False),
    ]

    def __init__(
        self, engine: EngineAccess, change: PlannedChange, undoes: str = "", made: Callable[[], object] = lambda: None
    ) -> None:
        """`undoes` is the id of the change that this one undoes; `made` is called after the change and its undo."""
        super().__init__()
        self._made = made
        self._engine, self._change, self._undoes = engine, change, undoes
        self._applied: AppliedChange | None = None
        """The change that is shown, once it was made."""
        self._last: AppliedChange | None = None
        self._busy = False

    def compose(self) -> ComposeResult:
        with Frame(outside(self._change.ref.title), id="confirm-change"):
            with VerticalScroll(can_focus=False):
                yield ChangeDiff(self._change)
            with Foot():
                yield Static(id="said")
                with HorizontalGroup(classes="buttons"):
                    yield Button("Apply  enter", variant="primary", id="apply", action="screen.apply", compact=True)
                    yield Button("Undo  Z", id="undo", action="screen.undo", compact=True)
                    yield Button("Back  esc", id="back", action="screen.cancel", compact=True)

    def on_mount(self) -> None:
        self._show(Content(""))

    def _show(self, words: Content) -> None:
        """`words` stands above the buttons; without any, it says why nothing can be applied."""
        change, apply = self._change, self.query_one("#apply", Button)
        apply.display = self._applied is None
        apply.disabled = not change.can_be_applied
        self.query_one("#undo", Button).display = self._applied is not None
        back = self.query_one("#back", Button)
        back.label = "Close  esc" if self._applied else "Back  esc"
        if not words and not change.can_be_applied:
            words = Content.styled("nothing to change" if not change.is_needed else "this cannot be applied", MUTED)
        fill(self.query_one("#said", Static), words)
        (back if apply.disabled or self._applied else apply).focus()

    def action_cancel(self) -> None:
        """Leave, unless a request is running: its result would be lost."""
        if not self._busy:
            self.leave(self._last)

    def action_apply(self) -> None:
        if self._change.can_be_applied and not self._busy:
            self._busy = True
            self._apply()

    def action_undo(self) -> None:
        if self._applied and not self._busy:
            self._busy = True
            self._plan_undo(self._applied)

    @work
    async def _apply(self) -> None:
        self._show(Content.styled("applying…", MUTED))
        try:
            self._applied = self._last = await self._engine.ask(ApplyChange(self._change, self._undoes))
        except ProblemError as error:
            await self._refused(error)
        else:
            done = "undone" if self._undoes else "applied"
            self._show(Content.styled(f"✓ {done} · Z undoes it", GOOD))
            self._made()
        finally:
            self._busy = False

    async def _refused(self, error: ProblemError) -> None:
        """Compare again if the document has changed; show any other error."""
        if error.problem.kind is not ProblemKind.CHANGED or self._undoes:
            self._show(outside(f"✗ {error.problem.sentence()}", BAD))
            return
        try:
            await self._take(await self._engine.ask(PlanChange(self._change.ref, self._change.after)))
        except ProblemError as again:
            self._show(outside(f"✗ {again.problem.sentence()}", BAD))
        else:
            self._show(Content.styled(SINCE, WARNING))

    @work
    async def _plan_undo(self, applied: AppliedChange) -> None:
        try:
            change = await self._engine.ask(PlanUndo(applied.id))
        except ProblemError as error:
            self._show(outside(f"✗ {error.problem.sentence()}", BAD))
        else:
            self._undoes, self._applied = applied.id, None
            await self._take(change)
            self._show(Content(""))
        finally:
            self._busy = False

    async def _take(self, change: PlannedChange) -> None:
        self._change = change
        self.query_one(ChangeDiff).show_change(change)
        self.query_one(VerticalScroll).scroll_home(animate=False)


MARGIN = 4
"""Cells before the text of a line: two blanks, its mark, a blank."""


class ChangeDiff(Lines):
    """A change, wrapped to its width and as tall as it needs; put it into a container that scrolls."""

    def __init__(self, change: PlannedChange) -> None:
        super().__init__()
        self.show_change(change)

    def show_change(self, change: PlannedChange) -> None:
        lines = list(change_spans(change))
        self.show(lambda width: [row for line in lines for row in _rows(line, width)])


def change_rows(change: PlannedChange, width: int) -> list[Content]:
    """A change without its heading, wrapped to `width` cells: the difference, and what speaks against it."""
    return [row for line in list(change_spans(change))[1:] for row in _rows(line, width)]


def _rows(line: StyledLine, width: int) -> list[Content]:
    """A line with its mark in the margin. The heading has no mark."""
    if not line[0][0].startswith("  "):
        return wrapped(painted(line), width)
    return hanging(painted(line[:1]), [painted(line[1:])], MARGIN, width)
