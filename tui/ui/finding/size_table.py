"""The prefixes of one level with their sizes, the largest first: only the rows on screen are made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from textual.geometry import Size

from tui.core.costs import PriceTable, cost
from tui.core.searching import Amount, Share
from tui.kit.row_table import RowTable
from tui.text import format as fmt
from tui.text.size_lines import SizeNode, money

BAR = 12
FULL, EMPTY = "█", "·"
OPENS, OWN = "▸ ", "  "

CURSOR, HERE, DETAIL, FILLED = "size-table--cursor", "size-table--here", "size-table--detail", "size-table--bar"


@dataclass(frozen=True, slots=True)
class SizeRow:
    """A prefix, or (no `node`) the objects that lie directly in the level."""

    node: SizeNode | None
    shares: Mapping[Share, Amount]
    bytes: int
    objects: int

    @property
    def text(self) -> str:
        """What the row is called."""
        if self.node is None:
            return OWN + "(objects here)"
        return OPENS + fmt.visible(self.node.name) + (" (folded)" if self.node.folded else "")


def rows_of(level: SizeNode, *, by_objects: bool) -> list[SizeRow]:
    """The rows of a level: the largest first, or those with the most objects."""
    rows = [SizeRow(node, node.shares, node.bytes, node.objects) for node in level.children.values()]
    if own := level.own():
        sums = [(each.bytes, each.objects) for each in own.values()]
        rows.append(SizeRow(None, own, sum(size for size, _ in sums), sum(count for _, count in sums)))
    rows.sort(key=lambda row: (-(row.objects if by_objects else row.bytes), row.node.name if row.node else ""))
    return rows


class SizeTable(RowTable):
    """Shows rows; its screen owns them and the keys."""

    CURSOR = CURSOR
    COMPONENT_CLASSES: ClassVar[set[str]] = {CURSOR, HERE, DETAIL, FILLED}

    def __init__(self, prices: PriceTable) -> None:
        super().__init__(id="sizes-table")
        self.rows: Sequence[SizeRow] = ()
        self.show_cost = True
        self._prices = prices

    @property
    def count(self) -> int:
        """See `RowTable`."""
        return len(self.rows)

    @property
    def row(self) -> SizeRow | None:
        """The row under the cursor."""
        return self.rows[self.cursor] if 0 <= self.cursor < self.count else None

    def show(self, rows: Sequence[SizeRow], cursor: SizeNode | None = None) -> None:
        """Other rows; the cursor stays on its prefix, or goes to `cursor`."""
        wanted = cursor or (self.row.node if self.row else None)
        self.rows = rows
        number = next((number for number, row in enumerate(rows) if wanted and row.node is wanted), None)
        self.virtual_size = Size(self.size.width, len(rows))
        self.move(self.cursor if number is None else number)
        self.refresh()

    def cells(self, number: int) -> Iterator[tuple[str, str]]:
        """See `RowTable`."""
        row = self.rows[number]
        total = sum(each.bytes for each in self.rows)
        part = row.bytes / total if total else 0.0
        yield f" {fmt.size(row.bytes):>8} {100 * part:5.1f}% ", DETAIL
        if self.size.width >= 70:
            filled = round(part * BAR)
            yield FULL * filled, FILLED
            yield EMPTY * (BAR - filled) + " ", DETAIL
        yield f"{fmt.number(row.objects):>11} ", DETAIL
        if self.show_cost:
            yield f"{money(cost(row.shares, self._prices)):>8} ", DETAIL
        used = 17 + (BAR + 1 if self.size.width >= 70 else 0) + 12 + (9 if self.show_cost else 0)
        room = max(0, self.size.width - used)
        text = fmt.cut_middle(row.text, room)
        yield text + " " * (room - cell_len(text)), HERE if row.node is None else ""
