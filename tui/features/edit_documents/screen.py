"""The editor of one document: edit the text here or in the user's own editor, then confirm the difference."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import ClassVar, NamedTuple

from textual import on, work
from textual.app import ComposeResult, SuspendNotSupported
from textual.binding import Binding, BindingType
from textual.containers import HorizontalGroup, VerticalScroll
from textual.content import Content
from textual.widgets import Button, OptionList, Static, TextArea
from textual.widgets.option_list import Option

from tui.core.changes import AppliedChange, DocumentKind, DocumentRef
from tui.core.identity import AddressBook
from tui.core.location import Location
from tui.core.naming import counted
from tui.core.problem import ProblemError
from tui.features.inspect.screen import Inspector, InspectTarget
from tui.kit.change_screens import ChangeDiff, ConfirmChange
from tui.kit.commands import key_of
from tui.kit.dialog import SCROLLING, DecisionDialog, Dialog, Foot, Frame, while_suspended
from tui.kit.lines import BAD, GOOD, KEY, MUTED, WARNING, fill, hint, outside
from tui.link.session import EngineAccess
from tui.messages.document_requests import PlanChange, ReadDocument
from tui.saved.editor import DOCUMENT, EditorError, edited, editor_problem
from tui.saved.taking_back import UndoPart, take_back
from tui.text.document_lines import HINTS, draft, escaped
from tui.text.format import time_exact


class EditDocument(Dialog[AppliedChange]):
    """Returns the change, if one was made."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "review", "Review", priority=True),
        Binding("f4", "own_editor", "Editor", priority=True),
        Binding("ctrl+r", "as_it_is", "As it is", priority=True),
    ]

    def __init__(
        self,
        engine: EngineAccess,
        ref: DocumentRef,
        made: Callable[[], object] = lambda: None,
        drafts: dict[DocumentRef, str] | None = None,
    ) -> None:
        """Writes nothing before the difference was confirmed. `made` is passed to `ConfirmChange`.

        `drafts` keeps what was typed and not applied: Esc leaves, and whoever comes back finds it.
        """
        super().__init__()
        self._made = made
        self._engine, self._ref = engine, ref
        self._first = ""
        """The text before the user typed anything."""
        self._drafts = {} if drafts is None else drafts
        self._title = ref.title

    def compose(self) -> ComposeResult:
        with Frame(outside(self._title), id="edit-document"):
            yield TextArea("", show_line_numbers=True, id="text")
            with Foot():
                yield Static(Content.styled("reading…", MUTED), id="said")
                with HorizontalGroup(classes="buttons"):
                    review = "screen.review"
                    yield Button("Review  ctrl+s", variant="primary", id="review", compact=True, action=review)
                    yield Button("$EDITOR  F4", id="own", compact=True, action="screen.own_editor")
                    yield Button("Close  esc", id="close-editor", compact=True, action="screen.cancel")

    def on_mount(self) -> None:
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
        there = "" if read.before is not None else "no document yet: this is a draft · "
        self._begin(draft(self._ref, read.before), f"{there}{HINTS.get(self._ref.kind, '')}", *read.notes)

    def _begin(self, first: str, *words: str) -> None:
        """Let the user edit this text, or go on with what was typed and not applied."""
        text, kept = self.query_one(TextArea), self._drafts.get(self._ref)
        self._first = first
        text.load_text(first if kept is None else kept)
        self._enable(True)
        text.focus()
        if kept is not None:
            words = ("these are your changes, not applied yet; ctrl+r discards them", *words)
        self._say(Content("\n").join(outside(each, MUTED) for each in words))

    def _say(self, words: Content) -> None:
        self.query_one("#said", Static).update(words)

    def action_review(self) -> None:
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
                self._drafts.pop(self._ref, None)
                self.leave(applied)

        self.app.push_screen(ConfirmChange(self._engine, change, made=self._made), answered)

    def action_own_editor(self) -> None:
        """Edit the text in the user's own editor; the app is suspended until it ends."""
        area = self.query_one(TextArea)
        if area.disabled:
            return
        try:
            text = while_suspended(self.app, partial(edited, area.text))
        except SuspendNotSupported:
            self._say(Content.styled("no other program can use this terminal: edit here", WARNING))
        except EditorError as error:
            self._say(outside(f"✗ {editor_problem(error, DOCUMENT).sentence()}", BAD))
        else:
            if text != area.text:
                area.load_text(escaped(text))
                self.action_review()

    def action_cancel(self) -> None:
        """Leave; what was typed is there when the document is edited again."""
        text = self.query_one(TextArea).text
        if text not in ("", self._first):
            self._drafts[self._ref] = text
            self.notify("your changes are kept until you edit it again", title="Not applied", markup=False)
        else:
            self._drafts.pop(self._ref, None)
        self.leave()

    def action_as_it_is(self) -> None:
        """Discard what was typed."""
        if not self.query_one(TextArea).disabled:
            self.query_one(TextArea).load_text(self._first)


class _Row(NamedTuple):
    kind: DocumentKind | None
    """None: the content."""
    words: str


_CONTENT = _Row(None, "content")
_OF_OBJECTS = (
    _CONTENT,
    _Row(DocumentKind.OBJECT_TAGS, "tags"),
    _Row(DocumentKind.OBJECT_ACL, "ACL"),
    _Row(DocumentKind.HEADERS, "headers and metadata"),
    _Row(DocumentKind.STORAGE_CLASS, "storage class"),
)
_OF_BUCKETS = (
    _Row(DocumentKind.BUCKET_POLICY, "policy"),
    _Row(DocumentKind.BUCKET_TAGS, "tags"),
    _Row(DocumentKind.BUCKET_ACL, "ACL"),
    _Row(DocumentKind.OBJECT_OWNERSHIP, "Object Ownership"),
    _Row(DocumentKind.VERSIONING, "versioning"),
    _Row(DocumentKind.ENCRYPTION, "default encryption"),
    _Row(DocumentKind.PUBLIC_ACCESS_BLOCK, "public access block"),
)


class ChooseDocument(DecisionDialog[DocumentRef | Location]):
    """Returns the document, or the place whose content is to be edited."""

    def __init__(self, location: Location, connection: str, account: str, marked: int = 0) -> None:
        """With so many `marked` objects, `location` is one of them, and the document that of each."""
        super().__init__()
        self._location, self._connection, self._account, self._marked = location, connection, account, marked
        of_object = location.key and not location.is_prefix
        of_bucket = () if marked else _OF_BUCKETS
        rows = (*(_OF_OBJECTS if of_object else ()), *of_bucket) if location.in_s3 else (_CONTENT,)
        self._rows = tuple(row for row in rows if not (marked and row is _CONTENT))

    def compose(self) -> ComposeResult:
        with Frame("Edit", id="choose-document"):
            yield OptionList(*map(self._option, self._rows), id="documents", compact=True, markup=False)
            with Foot():
                yield Static(hint(("enter", "edit"), ("esc", "close")), classes="hints")

    def _option(self, row: _Row) -> Option:
        what = self._location.uri if row in _OF_OBJECTS else f"bucket {self._location.bucket}"
        what = counted(self._marked, "object") if self._marked else what
        key = f"  {key_of('edit_content')}" if row is _CONTENT else ""
        return Option(Content.assemble(f" {row.words}", (key, KEY), ("  of ", MUTED), outside(what, MUTED)))

    def on_mount(self) -> None:
        rows = self.query_one(OptionList)
        rows.highlighted = 0
        rows.focus()

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        self._choose(self._rows[event.option_index])

    def _choose(self, row: _Row) -> None:
        location = self._location if row in _OF_OBJECTS else Location(self._location.bucket)
        if row.kind is None:
            self.leave(location)
        else:
            self.leave(DocumentRef(row.kind, location, account=self._account, connection=self._connection))


class ConfirmUndo(DecisionDialog[list[AppliedChange]]):
    """Returns the undos; None if there were none."""

    BINDINGS: ClassVar[list[BindingType]] = [*SCROLLING, Binding("left,right", "app.focus_next", show=False)]

    def __init__(self, engine: EngineAccess, parts: Sequence[UndoPart], made: Callable[[], object]) -> None:
        """`parts` in the order in which they are undone. `made` is called after the undo, before the dialog closes."""
        super().__init__()
        self._engine, self._parts, self._made = engine, parts, made
        self._undone: list[AppliedChange] = []
        self._busy = False

    def compose(self) -> ComposeResult:
        with Frame(f"Undo {counted(len(self._parts), 'change')} that were made together", id="confirm-undo"):
            with VerticalScroll(can_focus=False):
                for part in self._parts:
                    if part.change:
                        yield ChangeDiff(part.change)
            with Foot():
                yield Static(id="said")
                with HorizontalGroup(classes="buttons"):
                    undo = "screen.undo_all"
                    yield Button("Undo all  enter", variant="primary", id="undo-all", compact=True, action=undo)
                    yield Button("Back  esc", id="back", compact=True, action="screen.cancel")

    def on_mount(self) -> None:
        stays = [each for each in self._parts if each.problem]
        self.query_one("#undo-all", Button).disabled = len(stays) == len(self._parts)
        self._say(_stays(stays))
        self.query_one("#back" if len(stays) == len(self._parts) else "#undo-all", Button).focus()

    def _say(self, words: Content) -> None:
        fill(self.query_one("#said", Static), words)

    def action_cancel(self) -> None:
        """Leave, after the request in progress: otherwise nobody would know its result."""
        if not self._busy:
            self.leave(self._undone or None)

    def action_undo_all(self) -> None:
        if not self._busy:
            self._busy = True
            self._take_back()

    @work
    async def _take_back(self) -> None:
        self._say(Content.styled("restoring the documents…", MUTED))
        try:
            left = await take_back(self._engine, self._parts, self._undone.append)
        finally:
            self._busy = False
        self.query_one("#undo-all", Button).display = False
        self._say(_stays(left) if left else Content.styled(f"✓ all {len(self._parts)} undone", GOOD))
        back = self.query_one("#back", Button)
        back.label = "Close  esc"
        back.focus()
        self._made()


def _stays(parts: Sequence[UndoPart]) -> Content:
    lines = (f"✗ {each.stays}: {each.applied.ref.title}: {each.problem.sentence()}" for each in parts if each.problem)
    return outside("\n".join(lines), BAD)


class BucketScreen(Dialog[bool]):
    """Returns True to edit one of the documents."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("E,f9", "edit", "Edit"),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
    ]

    def __init__(
        self,
        engine: EngineAccess,
        target: InspectTarget,
        book: AddressBook,
        clock: Callable[[], float],
        *,
        created: float = 0.0,
    ) -> None:
        """`target` is the bucket; `created` is from ListBuckets, in seconds since the epoch, 0 if unknown."""
        super().__init__()
        self._target, self._book = target, book
        known = [f"created {time_exact(created)}"] if created else []
        self._listed = " · ".join([*known, f"S3 does not report its size: {key_of('sizes')} in the pane measures it"])
        self._inspector = Inspector(engine, clock)

    def compose(self) -> ComposeResult:
        with Frame(outside(self._target.location.uri), id="bucket"):
            yield Static(outside(self._listed, MUTED), id="listed")
            yield self._inspector
            with Foot():
                keys = (("E", "edit"), ("p", "policy"), ("] [", "sections"), ("ctrl+r", "refresh"), ("esc", "close"))
                yield Static(hint(*keys), classes="hints")

    def on_mount(self) -> None:
        self._inspector.book = self._book
        self._inspector.focus()
        self._inspector.show(self._target)

    def action_edit(self) -> None:
        self.leave(True)

    def action_page(self, pages: int) -> None:
        rows = pages * max(1, self._inspector.size.height - 1)
        self._inspector.scroll_relative(y=rows, animate=False)
