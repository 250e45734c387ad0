"""What differs between two versions of an object, as lines. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from textual.content import Content

from tui.core.facts import Fact, FactName
from tui.core.identity import AddressBook
from tui.core.versions import ObjectVersion
from tui.kit.lines import BAD, GOOD, MUTED, STRONG, WARNING, hanging, outside
from tui.text.diff import diff
from tui.text.fact_lines import value_lines
from tui.text.format import counted, size_exact, storage_class, time_full, visible
from tui.text.listing_lines import version_name

LABELS = 12
"""Cells of the labels at the left."""

ASKED = (FactName.CONTENT_TYPE, FactName.HEADERS, FactName.ENCRYPTION, FactName.METADATA, FactName.TAGS)
"""What a listing of versions does not have."""

MOST_LINES = 2000
"""Of the contents; wrapping more would stop the screen."""

Facts = Mapping[FactName, Fact]

TONES = {"+": GOOD, "-": BAD, "…": MUTED, " ": ""}


def compared_lines(
    old: ObjectVersion, new: ObjectVersion, facts: tuple[Facts, Facts], book: AddressBook, width: int
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
    old: ObjectVersion, new: ObjectVersion, facts: tuple[Facts, Facts], book: AddressBook
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
