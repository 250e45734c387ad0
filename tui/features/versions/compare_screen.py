"""Two versions of an object side by side: properties, and the difference of small texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import aclosing
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from tui.core.facts import Fact, FactName, FactSection
from tui.core.identity import AddressBook
from tui.core.location import Location
from tui.core.problem import ProblemError
from tui.core.versions import ObjectVersion
from tui.kit.dialog import Dialog, Foot, Frame
from tui.kit.lines import BAD, GOOD, MUTED, STRONG, WARNING, Lines, hanging, hint, outside
from tui.link.session import EngineAccess
from tui.messages.content_requests import BeginContent
from tui.messages.inspect_requests import Inspect
from tui.text.diff import diff
from tui.text.fact_lines import value_lines
from tui.text.format import counted, size_exact, storage_class, time_full, visible
from tui.text.listing_lines import version_name

LARGEST_TEXT = 256 * 1024
"""Bytes of a version whose content is compared."""

TOO_LARGE = "content not compared: only text up to 256 KiB is"


class CompareScreen(Dialog[None]):
    """Nothing to decide; scrolls."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "scroll(1)", show=False),
        Binding("k", "scroll(-1)", show=False),
        Binding("g", "scroll(-1000000)", show=False),
        Binding("G", "scroll(1000000)", show=False),
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
        with Frame(outside(f"Versions of {self._place.uri}"), id="compared"):
            with VerticalScroll():
                yield Lines(id="differences")
            with Foot():
                yield Static(hint(("↑ ↓", "scroll"), ("esc", "close")), classes="hints")

    def on_mount(self) -> None:
        self.query_one(VerticalScroll).focus()
        self._show()
        self._ask()

    @work
    async def _ask(self) -> None:
        try:
            for version, facts in zip(self._versions, self._facts, strict=True):
                feed = Inspect(self._connection, self._place, None, (FactSection.OBJECT,), version=version.version)
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


LABELS = 12
"""Cells of the labels at the left."""

ASKED = (FactName.CONTENT_TYPE, FactName.HEADERS, FactName.ENCRYPTION, FactName.METADATA, FactName.TAGS)
"""What a listing of versions does not have."""

MOST_LINES = 2000
"""Of the contents; wrapping more would stop the screen."""

VersionFacts = Mapping[FactName, Fact]

TONES = {"+": GOOD, "-": BAD, "…": MUTED, " ": ""}


def compared_lines(
    old: ObjectVersion, new: ObjectVersion, facts: tuple[VersionFacts, VersionFacts], book: AddressBook, width: int
) -> list[Content]:
    """Property by property; what is the same is said once."""
    lines = [
        *hanging(Content.styled("older", MUTED), [outside(version_name(old), STRONG)], LABELS, width),
        *hanging(Content.styled("newer", MUTED), [outside(version_name(new), STRONG)], LABELS, width),
    ]
    for name, before, after in _pairs(old, new, facts, book):
        texts = [outside(before or "none", MUTED)]
        if before != after:
            texts = [outside(before or "none"), Content.assemble(("→ ", WARNING), outside(after or "none"))]
        lines += hanging(Content.styled(name, MUTED), texts, LABELS, width)
    return lines


def _pairs(
    old: ObjectVersion, new: ObjectVersion, facts: tuple[VersionFacts, VersionFacts], book: AddressBook
) -> Iterator[tuple[str, str, str]]:
    yield from (
        ("size", size_exact(old.size), size_exact(new.size)),
        ("time", time_full(old.modified), time_full(new.modified)),
        ("ETag", old.etag, new.etag),
        ("class", storage_class(old.storage_class), storage_class(new.storage_class)),
        ("owner", _owner(old, book), _owner(new, book)),
    )
    for fact in ASKED:
        before, after = (_words(each.get(fact), book) for each in facts)
        if before or after:
            yield fact.value, before, after


def _owner(version: ObjectVersion, book: AddressBook) -> str:
    return book.name(version.owner.id) if version.owner else ""


def _words(fact: Fact | None, book: AddressBook) -> str:
    if fact is None:
        return ""
    return ", ".join("".join(text for text, _ in line).strip() for line in value_lines(fact, book))


def content_lines(old: str, new: str, width: int) -> list[Content]:
    """The difference of two texts; what both have in common is shortened, and so is what is very long."""
    if old == new:
        return [Content.styled("the content is the same", MUTED)]
    found = diff(old, new)
    shown = [
        line
        for mark, text in found[:MOST_LINES]
        for line in hanging(Content.styled(mark, TONES[mark]), [Content.styled(visible(text), TONES[mark])], 2, width)
    ]
    more = len(found) - MOST_LINES
    return [*shown, Content.styled(f"and {counted(more, 'more line')}", MUTED)] if more > 0 else shown
