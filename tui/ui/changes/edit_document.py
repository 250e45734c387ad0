"""The editor of one document: its text, in place or in the user's own editor; then the difference."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult, SuspendNotSupported
from textual.binding import Binding, BindingType
from textual.containers import HorizontalGroup
from textual.content import Content
from textual.widgets import Button, Static, TextArea

from tui.core.changes import AppliedChange, DocumentRef
from tui.core.problem import ProblemError
from tui.kit.change_screens import ConfirmChange
from tui.kit.dialog import Dialog, Foot, Frame, while_suspended
from tui.kit.lines import BAD, MUTED, WARNING, outside
from tui.link.session import EngineAccess
from tui.messages.document_requests import PlanChange, ReadDocument
from tui.saved.editor import DOCUMENT, EditorError, edited, editor_problem
from tui.text.document_lines import HINTS, draft, escaped
from tui.text.format import visible

ESC_AGAIN = "esc again discards what you have written"


class EditDocument(Dialog[AppliedChange]):
    """Answers with the change that was made, if one was."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "review", "Review", priority=True),
        Binding("f4", "own_editor", "Editor", priority=True),
    ]

    def __init__(self, engine: EngineAccess, ref: DocumentRef, made: Callable[[], object] = lambda: None) -> None:
        """Nothing is written before the difference was shown and confirmed. `made` is that of `ConfirmChange`."""
        super().__init__()
        self._made = made
        self._engine, self._ref = engine, ref
        self._first = ""
        """The text as it was before anything was typed."""
        self._warned = False

    def compose(self) -> ComposeResult:
        """The text, what to know of it, and the buttons."""
        with Frame(outside(self._ref.title), id="edit-document"):
            yield TextArea("", show_line_numbers=True, id="text")
            with Foot():
                yield Static(Content.styled("reading…", MUTED), id="said")
                with HorizontalGroup(classes="buttons"):
                    yield Button("Review  ctrl+s", variant="primary", id="review", compact=True)
                    yield Button("$EDITOR  F4", id="own", compact=True)
                    yield Button("Close  esc", id="close-editor", compact=True)

    def on_mount(self) -> None:
        """Read the document."""
        self._enable(False)
        self._read()

    def _enable(self, on: bool) -> None:
        for each in (self.query_one(TextArea), self.query_one("#review"), self.query_one("#own")):
            each.disabled = not on

    @work
    async def _read(self) -> None:
        try:
            read = await self._engine.ask(ReadDocument(self._ref))
        except ProblemError as error:
            self._say(outside(f"✗ {error.problem.sentence()}", BAD))
            return
        if read.unread:
            self._say(outside(f"✗ {read.unread.sentence()}", BAD))
            return
        self._first = draft(self._ref, read.before)
        text = self.query_one(TextArea)
        text.load_text(self._first)
        self._enable(True)
        text.focus()
        there = "" if read.before is not None else "there is none yet: this is a draft · "
        words = [f"{there}{HINTS.get(self._ref.kind, '')}", *read.notes]
        self._say(Content("\n").join(outside(each, MUTED) for each in words))

    def _say(self, words: Content) -> None:
        self.query_one("#said", Static).update(words)

    @on(TextArea.Changed)
    def _changed(self) -> None:
        self._warned = False

    @on(Button.Pressed, "#review")
    def action_review(self) -> None:
        """Show what the text would change."""
        if not self.query_one(TextArea).disabled:
            self._plan(self.query_one(TextArea).text)

    @work(exclusive=True, group="plan")
    async def _plan(self, text: str) -> None:
        after = text.strip() or None
        try:
            change = await self._engine.ask(PlanChange(self._ref, after))
        except ProblemError as error:
            self._say(outside(f"✗ {error.problem.sentence()}", BAD))
            return

        def answered(applied: AppliedChange | None) -> None:
            if applied:
                self.leave(applied)

        self.app.push_screen(ConfirmChange(self._engine, change, made=self._made), answered)

    @on(Button.Pressed, "#own")
    def action_own_editor(self) -> None:
        """Edit the text in the user's own editor; the app waits for it."""
        area = self.query_one(TextArea)
        if area.disabled:
            return
        try:
            text = while_suspended(self.app, partial(edited, area.text))
        except SuspendNotSupported:
            self._say(Content.styled("no other program can have this terminal: edit here", WARNING))
        except EditorError as error:
            self._say(outside(f"✗ {editor_problem(error, DOCUMENT).sentence()}", BAD))
        else:
            if text != area.text:
                area.load_text(escaped(text))
                self.action_review()

    @on(Button.Pressed, "#close-editor")
    def action_cancel(self) -> None:
        """Leave; what was typed is lost only when that was said before."""
        if self.query_one(TextArea).text in ("", self._first) or self._warned:
            self.leave()
            return
        self._warned = True
        self._say(Content.styled(visible(ESC_AGAIN), WARNING))
