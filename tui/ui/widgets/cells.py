"""One row of the tree table as cells: which columns there is room for, and what stands in them. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from rich.cells import cell_len

from tui.model.identity import AddressBook, Owner
from tui.ui import format as fmt
from tui.ui.listing.arrangement import Arrangement, SortKey
from tui.ui.listing.rows import Row, RowKind

MARK, FOREIGN = "●", "⚠"
FOLDED, UNFOLDED = "▸ ", "▾ "
INDENT = 2
MARK_WIDTH, GUIDE_WIDTH = 1, 2
SIZE_WIDTH, CLASS_WIDTH, OWNER_MARK_WIDTH = 8, 5, 1
SHORT_TIME, DAY_TIME, FULL_TIME = 6, 10, 16

Cell = tuple[str, "Part"]


class Part(StrEnum):
    """What a cell is; the value is the component class that styles it."""

    CONTAINER = "tree-table--container"
    OBJECT = "tree-table--object"
    GUIDE = "tree-table--guide"
    MARK = "tree-table--mark"
    DETAIL = "tree-table--detail"
    FOREIGN = "tree-table--foreign"
    STATUS = "tree-table--status"
    PROBLEM = "tree-table--problem"


@dataclass(frozen=True, slots=True)
class ColumnPlan:
    """Widths in cells; 0 means that there is no room for the column. The columns behind the name have `gap` before."""

    name: int
    size: int = 0
    modified: int = 0
    storage_class: int = 0
    owner: int = 0
    owner_mark: int = 0
    gap: int = 1

    @property
    def name_and_size(self) -> int:
        """Cells for the name of what has neither owner nor size: a bucket or prefix."""
        return self.name + sum(column + self.gap for column in (self.owner_mark, self.size) if column)


def plan_columns(width: int) -> ColumnPlan:
    """The columns for a table of `width` cells; they drop from the right, the owner's mark stays."""
    if width >= 110:
        return _planned(width, ColumnPlan(0, SIZE_WIDTH, FULL_TIME, CLASS_WIDTH, 20, gap=2))
    if width >= 70:
        return _planned(width, ColumnPlan(0, SIZE_WIDTH, DAY_TIME, CLASS_WIDTH, 12, gap=2))
    if width >= 56:
        return _planned(width, ColumnPlan(0, SIZE_WIDTH, DAY_TIME, CLASS_WIDTH, owner_mark=OWNER_MARK_WIDTH))
    if width >= 34:
        return _planned(width, ColumnPlan(0, SIZE_WIDTH, SHORT_TIME, owner_mark=OWNER_MARK_WIDTH))
    if width >= 24:
        return _planned(width, ColumnPlan(0, SIZE_WIDTH, owner_mark=OWNER_MARK_WIDTH))
    return _planned(width, ColumnPlan(0, owner_mark=OWNER_MARK_WIDTH))


def _planned(width: int, plan: ColumnPlan) -> ColumnPlan:
    behind = (plan.owner_mark, plan.size, plan.modified, plan.storage_class, plan.owner)
    taken = sum(column + plan.gap for column in behind if column)
    return ColumnPlan(max(0, width - taken), *behind[1:], owner_mark=plan.owner_mark, gap=plan.gap)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a row's text depends on besides the row: who is who, whose the bucket is (empty: unknown), and the time."""

    book: AddressBook
    bucket_owner: str = ""
    now: float = 0.0

    def is_foreign(self, owner: Owner | None) -> bool:
        """Whether an object belongs to another account than its bucket; False while that is not known."""
        return bool(owner and self.bucket_owner and owner.id != self.bucket_owner)

    def owner_name(self, owner: Owner | None) -> str:
        """The owner as short as can be told."""
        if owner is None:
            return ""
        return fmt.visible(owner.name if owner.name and owner.id not in self.book.entries else self.book.name(owner.id))


def guide_span(row: Row) -> range:
    """The cells of a container's guide: where a click folds and unfolds."""
    start = MARK_WIDTH + INDENT * row.depth
    return range(start, start + GUIDE_WIDTH) if row.kind is RowKind.CONTAINER else range(0)


def entry_cells(row: Row, plan: ColumnPlan, around: Surroundings, *, marked: bool) -> Iterator[Cell]:
    """The cells of a container or an object, which together are as wide as the plan."""
    is_object = row.kind is RowKind.OBJECT
    yield MARK if marked else " ", Part.MARK
    yield from _name_cells(row, (plan.name if is_object else plan.name_and_size) - MARK_WIDTH)
    gap = " " * plan.gap
    foreign = around.is_foreign(row.owner)
    if plan.owner_mark and is_object:
        yield gap + (FOREIGN if foreign else " "), Part.FOREIGN
    if plan.size and is_object:
        yield gap + _right(fmt.size(row.size), plan.size), Part.DETAIL
    if plan.modified:
        yield gap + _left(time_text(row.modified, plan.modified, around.now), plan.modified), Part.DETAIL
    if plan.storage_class:
        text = fmt.storage_class(row.storage_class) if is_object else ""
        yield gap + _left(text, plan.storage_class), Part.DETAIL
    if plan.owner:
        name = around.owner_name(row.owner)
        text = f"{FOREIGN} {name}" if foreign else name
        yield gap + _left(fmt.cut_middle(text, plan.owner), plan.owner), Part.FOREIGN if foreign else Part.DETAIL


def _name_cells(row: Row, width: int) -> Iterator[Cell]:
    indent = min(INDENT * row.depth, max(0, width - GUIDE_WIDTH - 8))
    is_container = row.kind is RowKind.CONTAINER
    guide = (UNFOLDED if row.expanded else FOLDED) if is_container else " " * GUIDE_WIDTH
    yield " " * indent + guide, Part.GUIDE
    room = max(0, width - indent - GUIDE_WIDTH)
    name = fmt.visible(row.name) if len(row.name) <= 4 * room else fmt.visible(_shortened(row.name, room))
    yield _left(fmt.cut_middle(name, room), room), Part.CONTAINER if is_container else Part.OBJECT


def _shortened(name: str, room: int) -> str:
    """A very long name brought near to what can be shown, so that measuring it costs little."""
    return name[: 2 * room] + name[-2 * room :]


def time_text(seconds: int, width: int, now: float) -> str:
    """A time in the form that fits `width`; empty when there is none."""
    if not seconds:
        return ""
    if width >= FULL_TIME:
        return fmt.time_full(seconds, now)
    return fmt.time_day(seconds, now) if width >= DAY_TIME else fmt.time_short(seconds, now)


def heading_cells(plan: ColumnPlan, arrangement: Arrangement) -> list[tuple[str, SortKey | None]]:
    """The headings, as wide as the plan, each with what a click on it sorts by."""
    gap = " " * plan.gap
    cells: list[tuple[str, SortKey | None]] = [
        (_left(" " * (MARK_WIDTH + GUIDE_WIDTH) + _heading(SortKey.NAME, arrangement), plan.name), SortKey.NAME)
    ]
    if plan.owner_mark:
        cells.append((gap + " " * plan.owner_mark, None))
    if plan.size:
        cells.append((gap + _right(_heading(SortKey.SIZE, arrangement), plan.size), SortKey.SIZE))
    for key, width in ((SortKey.MODIFIED, plan.modified), (SortKey.CLASS, plan.storage_class)):
        if width:
            cells.append((gap + _left(_heading(key, arrangement, width), width), key))
    if plan.owner:
        cells.append((gap + _left("owner", plan.owner), None))
    return cells


def _heading(key: SortKey, arrangement: Arrangement, width: int = FULL_TIME) -> str:
    title = key.value if len(key.value) <= width else "time"
    if arrangement.key is not key or (key is SortKey.NAME and not arrangement.descending):
        return title
    return f"{title}{'▾' if arrangement.descending else '▴'}"


def _left(text: str, width: int) -> str:
    """`text` from the left edge of `width` cells, cut if it is too long."""
    shown = fmt.cut_end(text, width)
    return shown + " " * (width - cell_len(shown))


def _right(text: str, width: int) -> str:
    """`text` at the right edge of `width` cells."""
    return " " * (width - cell_len(text)) + text
