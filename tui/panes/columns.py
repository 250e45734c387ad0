"""The columns behind the name in one table: title, width, text, alignment, order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from tui.core.identity import AddressBook, Owner
from tui.core.versions import DELETED
from tui.panes.entries import Entries
from tui.text import format as fmt

FOREIGN = "⚠"
SHORT_TIME, DAY_TIME, FULL_TIME = 6, 10, 16

WIDE, WIDEST = 70, 110
"""Table widths from which on there is room for owner names, and for full times."""

ColumnNames = tuple[str, ...]
"""Titles of the columns that the user wants, from left to right; ``name`` alone: no others."""

AUTOMATIC: ColumnNames = ()
"""The width of the table decides."""

RowSortKey = Callable[[int], int | str]
"""From an entry's index to what it is sorted by."""


class SortKey(StrEnum):
    """The sort orders, as the key goes through them; the value is the column's title."""

    NAME = "name"
    SIZE = "size"
    MODIFIED = "modified"
    CLASS = "class"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """A row's text depends on these, too: address book, bucket owner (empty: unknown), and time."""

    book: AddressBook
    bucket_owner: str = ""
    now: float = 0.0

    def is_foreign(self, owner: Owner | None) -> bool:
        """Whether its owner is not the bucket owner; False if that is not known."""
        return bool(owner and self.bucket_owner and owner.id != self.bucket_owner)

    def owner_name(self, owner: Owner | None) -> str:
        if owner is None:
            return ""
        return fmt.visible(owner.name if owner.name and owner.id not in self.book.entries else self.book.name(owner.id))


@dataclass(frozen=True, slots=True)
class Width:
    """In tables of at least `table` cells the column takes what its texts need, from `least` to `most` cells."""

    table: int
    least: int
    most: int


@dataclass(frozen=True, slots=True)
class Column:
    """One column. Its texts are made from the entries of a level and the index of one of them."""

    title: str
    widths: tuple[Width, ...]
    """From narrow tables to wide ones: the last that fits counts."""
    text: Callable[[Entries, int, int, Surroundings], str]
    """Of an object, in the given number of cells."""
    container_text: Callable[[Entries, int, int, Surroundings], str] | None = None
    """Of a bucket or prefix; None: it has none."""
    right: bool = False
    short_title: str = ""
    """Stands where the title does not fit."""
    sort: SortKey | None = None
    """What a click on its heading sorts by."""
    order: Callable[[Entries], RowSortKey] | None = None
    """How objects are sorted by it."""
    container_order: Callable[[Entries], RowSortKey | None] = lambda _entries: None
    """How containers are sorted by it; None: they stay sorted by name."""
    marks_foreign: bool = False
    """Whether it is highlighted if another account than the bucket owner owns the object."""

    def width(self, table: int, needed: int, *, chosen: bool = False) -> int:
        """Its cells in a table of `table` cells, 0 if not shown; texts need `needed`. `chosen`: even if narrow."""
        fitting = [width for width in self.widths if table >= width.table] or list(self.widths[:1] if chosen else ())
        return max(fitting[-1].least, min(needed, fitting[-1].most)) if fitting else 0


def time_text(seconds: int, width: int, now: float) -> str:
    """A time in the form that fits `width`; empty when there is none."""
    if not seconds:
        return ""
    if width >= FULL_TIME:
        return fmt.time_full(seconds, now)
    return fmt.time_day(seconds, now) if width >= DAY_TIME else fmt.time_short(seconds, now)


def _mark(entries: Entries, index: int, _width: int, around: Surroundings) -> str:
    return FOREIGN if around.is_foreign(entries.owner(index)) else ""


def owner_text(owner: Owner | None, around: Surroundings) -> str:
    """The owner's name, marked if another account owns the bucket; empty if the owner is not known."""
    name = around.owner_name(owner)
    return f"{FOREIGN} {name}" if around.is_foreign(owner) else name


COLUMNS = (
    Column("", (Width(0, 0, 1), Width(WIDE, 0, 0)), _mark, marks_foreign=True),
    Column(
        "size",
        (Width(24, 5, 8),),
        lambda entries, at, *_: "" if entries.storage_class(at) == DELETED else fmt.size(entries.sizes[at]),
        right=True,
        sort=SortKey.SIZE,
        order=lambda entries: entries.sizes.__getitem__,
    ),
    Column(
        "modified",
        (Width(34, 5, SHORT_TIME), Width(56, DAY_TIME, DAY_TIME), Width(WIDEST, FULL_TIME, FULL_TIME)),
        lambda entries, at, width, around: time_text(entries.modified[at], width, around.now),
        lambda entries, at, width, around: time_text(entries.created[at], width, around.now),
        short_title="time",
        sort=SortKey.MODIFIED,
        order=lambda entries: entries.modified.__getitem__,
        container_order=lambda entries: entries.created.__getitem__ if any(entries.created) else None,
    ),
    Column(
        "class",
        (Width(56, 5, 5),),
        lambda entries, at, *_: fmt.storage_class(entries.storage_class(at)),
        sort=SortKey.CLASS,
        order=lambda entries: entries.storage_class,
    ),
    Column(
        "owner",
        (Width(WIDE, 5, 12), Width(WIDEST, 5, 20)),
        lambda entries, at, _width, around: owner_text(entries.owner(at), around),
        marks_foreign=True,
    ),
)
"""From left to right, after the name. The first is a mark, for tables without room for owner names."""

CHOICES: ColumnNames = tuple(column.title for column in COLUMNS if column.title)
"""What the user can choose from."""

SORTED_BY = {column.sort: column for column in COLUMNS if column.sort}
"""The column that each key sorts by, but for the name."""
