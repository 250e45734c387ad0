"""Which document of a row to edit, and the last change that was made there."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, NamedTuple

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tui.core.changes import AppliedChange, ChangeLog, DocumentKind, DocumentRef
from tui.core.location import Location
from tui.core.problem import ProblemError
from tui.kit.dialog import Decision, Foot, Frame
from tui.kit.lines import BAD, KEY, MUTED, hint, outside
from tui.link.session import EngineAccess
from tui.messages.document_requests import ListChanges
from tui.text.format import counted, time_ago


class _Row(NamedTuple):
    key: str
    kind: DocumentKind
    words: str


_OF_OBJECTS = (
    _Row("t", DocumentKind.OBJECT_TAGS, "tags"),
    _Row("a", DocumentKind.OBJECT_ACL, "ACL"),
    _Row("h", DocumentKind.HEADERS, "headers and metadata"),
    _Row("c", DocumentKind.STORAGE_CLASS, "storage class"),
)
_OF_BUCKETS = (
    _Row("p", DocumentKind.BUCKET_POLICY, "policy"),
    _Row("b", DocumentKind.BUCKET_TAGS, "tags"),
    _Row("g", DocumentKind.BUCKET_ACL, "ACL"),
    _Row("o", DocumentKind.OBJECT_OWNERSHIP, "Object Ownership"),
    _Row("v", DocumentKind.VERSIONING, "versioning"),
    _Row("e", DocumentKind.ENCRYPTION, "default encryption"),
    _Row("x", DocumentKind.PUBLIC_ACCESS_BLOCK, "public access block"),
)

Choice = DocumentRef | AppliedChange
"""What was chosen: a document to edit, or a change to take back."""


class ChooseDocument(Decision[Choice]):
    """Answers with the document, or with the change that is to be taken back."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("u", "undo", "Undo"),
        *(Binding(each.key, f"take('{each.key}')", show=False) for each in (*_OF_OBJECTS, *_OF_BUCKETS)),
    ]

    def __init__(
        self, engine: EngineAccess, location: Location, connection: str, account: str, clock: Callable[[], float]
    ) -> None:
        """The documents of an object and of its bucket, read and written by `connection` of `account`."""
        super().__init__()
        self._engine, self._location, self._clock = engine, location, clock
        self._connection, self._account = connection, account
        of_object = location.key and not location.is_prefix
        self._rows = (*(_OF_OBJECTS if of_object else ()), *_OF_BUCKETS)
        self._last: AppliedChange | None = None

    def compose(self) -> ComposeResult:
        """One row a document."""
        with Frame("Edit", id="choose-document"):
            yield OptionList(*map(self._option, self._rows), id="documents", compact=True, markup=False)
            with Foot():
                yield Static(id="said")
                yield Static(hint(("enter", "edit"), ("esc", "close")), classes="hints")

    def _option(self, row: _Row) -> Option:
        what = self._location.uri if row in _OF_OBJECTS else f"bucket {self._location.bucket}"
        return Option(Content.assemble((f" {row.key}  ", KEY), row.words, ("  of ", MUTED), outside(what, MUTED)))

    def on_mount(self) -> None:
        """Find the last change."""
        self.query_one("#said").display = False
        self.query_one(OptionList).focus()
        self._find_last()

    @work
    async def _find_last(self) -> None:
        try:
            changes = (await self._engine.ask(ListChanges())).changes
        except ProblemError as error:
            self._say(outside(f"✗ {error.problem.sentence()}", BAD))
            return
        places, log = (self._location, Location(self._location.bucket)), ChangeLog(changes)
        self._last = next((each for each in changes if each.ref.location in places and log.stands(each)), None)
        if self._last:
            when, others = time_ago(self._last.at, self._clock()), len(log.left(self._last)) - 1
            more = f" and {counted(others, 'document')} changed together with it" if others else ""
            words = f"  undoes the last change: {self._last.ref.title}{more}, {when}, as {self._last.identity}"
            self._say(Content.assemble(("u", KEY), outside(words)))

    def _say(self, words: Content) -> None:
        said = self.query_one("#said", Static)
        said.update(words)
        said.display = True

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        self._choose(self._rows[event.option_index])

    def action_take(self, key: str) -> None:
        """Take a document by its letter."""
        for row in self._rows:
            if row.key == key:
                self._choose(row)

    def action_undo(self) -> None:
        """Take back the last change."""
        if self._last:
            self.leave(self._last)

    def _choose(self, row: _Row) -> None:
        location = self._location if row in _OF_OBJECTS else Location(self._location.bucket)
        self.leave(DocumentRef(row.kind, location, account=self._account, connection=self._connection))
