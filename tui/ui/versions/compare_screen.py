"""Two versions of an object side by side: properties, and the difference of small texts."""

from __future__ import annotations

from contextlib import aclosing
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from tui.core.facts import Fact, FactName, Section
from tui.core.identity import AddressBook
from tui.core.location import Location
from tui.core.problem import ProblemError
from tui.core.versions import ObjectVersion
from tui.kit.dialog import Dialog, Foot, Frame
from tui.kit.lines import BAD, MUTED, Lines, hint, outside
from tui.link.session import EngineAccess
from tui.messages.content_requests import BeginContent
from tui.messages.inspect_requests import Inspect
from tui.ui.versions.compare_lines import compared_lines, content_lines

LARGEST_TEXT = 256 * 1024
"""Bytes of a version whose content is compared."""

TOO_LARGE = "the content is not compared: only texts up to 256 KiB are"


class CompareScreen(Dialog[None]):
    """Nothing to decide; scrolls."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q,K", "cancel", "Close"),
        Binding("j", "scroll(1)", show=False),
        Binding("k", "scroll(-1)", show=False),
    ]

    def __init__(
        self,
        engine: EngineAccess,
        connection: str,
        place: Location,
        versions: tuple[ObjectVersion, ObjectVersion],
        book: AddressBook,
    ) -> None:
        """`versions`: the older and the newer one of the object at `place`."""
        super().__init__()
        self._engine, self._connection, self._place, self._book = engine, connection, place, book
        self._versions = versions
        self._facts: tuple[dict[FactName, Fact], dict[FactName, Fact]] = ({}, {})
        self._texts: tuple[str, str] | None = None
        self._said = Content.styled("reading…", MUTED)

    def compose(self) -> ComposeResult:
        """Properties and content in one text."""
        with Frame(outside(f"Versions of {self._place.uri}"), id="compared"):
            with VerticalScroll():
                yield Lines(id="differences")
            with Foot():
                yield Static(hint(("↑ ↓", "scroll"), ("esc", "close")), classes="hints")

    def on_mount(self) -> None:
        """Ask at once."""
        self.query_one(VerticalScroll).focus()
        self._show()
        self._ask()

    @work
    async def _ask(self) -> None:
        try:
            for version, facts in zip(self._versions, self._facts, strict=True):
                feed = Inspect(self._connection, self._place, None, (Section.OBJECT,), version=version.version)
                async with aclosing(self._engine.follow(feed)) as updates:
                    async for update in updates:
                        facts.update({fact.name: fact for fact in update.facts})
            self._texts = await self._read()
            self._said = Content("") if self._texts else Content.styled(TOO_LARGE, MUTED)
        except ProblemError as error:
            self._said = outside(f"✗ {error.problem.sentence()}", BAD)
        self._show()

    async def _read(self) -> tuple[str, str] | None:
        """The content of both; None where one is large, or no text."""
        if any(version.size > LARGEST_TEXT or version.marker for version in self._versions):
            return None
        contents = []
        for version in self._versions:
            request = BeginContent(self._connection, self._place, LARGEST_TEXT, version.version)
            contents.append((await self._engine.ask(request)).content)
        try:
            old, new = (content.decode() for content in contents)
        except UnicodeDecodeError:
            return None
        return old, new

    def _show(self) -> None:
        old, new = self._versions
        texts, said = self._texts, self._said

        def build(width: int) -> list[Content]:
            lines = [*compared_lines(old, new, self._facts, self._book, width), Content("")]
            lines += content_lines(*texts, width) if texts else []
            return [*lines, said] if said.plain else lines

        self.query_one(Lines).show(build)

    def action_scroll(self, rows: int) -> None:
        """Scroll."""
        self.query_one(VerticalScroll).scroll_relative(y=rows, animate=False)
