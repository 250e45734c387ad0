"""What is stored below a location, as a tree that grows while it is measured: sizes, shares, costs, breakdowns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from rich.cells import cell_len
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Size
from textual.widgets import Static
from textual.worker import Worker

from tui.core.identity import AddressBook
from tui.core.location import Location
from tui.core.price_table import PriceTable, cost
from tui.core.problem import ProblemError
from tui.core.searching import Amount, Share, SizeProgress, StorageUse
from tui.core.transfer import Transfer, TransferKind, TransferState
from tui.kit.dialog import Dialog, Frame
from tui.kit.lines import MUTED, STRONG, WARNING, fill, hint, outside
from tui.kit.more import unbound
from tui.kit.row_table import MOVES, RowTable
from tui.link.session import EngineAccess
from tui.messages.listing_requests import MeasureSizes
from tui.text import format as fmt
from tui.text.size_lines import Breakdown, SizeNode, SizeTree, broken_down, label_words, measuring_words, money

BAR = 12
FULL, EMPTY = "█", "·"
OPENS, OWN = "▸ ", "  "

CURSOR, HERE, DETAIL, FILLED = "size-table--cursor", "size-table--here", "size-table--detail", "size-table--bar"


@dataclass(frozen=True, slots=True)
class SizeRow:
    """A prefix, or (without `node`) the objects directly in this level."""

    node: SizeNode | None
    shares: Mapping[Share, Amount]
    bytes: int
    objects: int

    @property
    def text(self) -> str:
        if self.node is None:
            return OWN + "(objects here)"
        return OPENS + fmt.visible(self.node.name) + (" (folded)" if self.node.folded else "")


def rows_of(level: SizeNode, *, by_objects: bool) -> list[SizeRow]:
    """The rows of a level, sorted by size or by number of objects."""
    rows = [SizeRow(node, node.shares, node.bytes, node.objects) for node in level.children.values()]
    if own := level.own():
        sums = [(each.bytes, each.objects) for each in own.values()]
        rows.append(SizeRow(None, own, sum(size for size, _ in sums), sum(count for _, count in sums)))
    rows.sort(key=lambda row: (-(row.objects if by_objects else row.bytes), row.node.name if row.node else ""))
    return rows


class SizeTable(RowTable):
    """Shows rows; its screen owns the data and the keys."""

    CURSOR = CURSOR
    COMPONENT_CLASSES: ClassVar[set[str]] = {CURSOR, HERE, DETAIL, FILLED}

    def __init__(self, prices: PriceTable) -> None:
        super().__init__(id="sizes-table")
        self.rows: Sequence[SizeRow] = ()
        self.show_cost = True
        self._prices = prices

    @property
    def count(self) -> int:
        return len(self.rows)

    @property
    def row(self) -> SizeRow | None:
        return self.rows[self.cursor] if 0 <= self.cursor < self.count else None

    def show(self, rows: Sequence[SizeRow], cursor: SizeNode | None = None) -> None:
        """Show other rows; the cursor stays on its prefix, or moves to `cursor`."""
        wanted = cursor or (self.row.node if self.row else None)
        self.rows = rows
        number = next((number for number, row in enumerate(rows) if wanted and row.node is wanted), None)
        self.virtual_size = Size(self.size.width, len(rows))
        self.move(self.cursor if number is None else number)
        self.refresh()

    def cells(self, number: int) -> Iterator[tuple[str, str]]:
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


MOST_LABELS = 8
"""Lines of a breakdown."""


class SizesScreen(Dialog[Location]):
    """Returns the location to open in the pane, if any."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *MOVES,
        Binding("enter,right,l", "open", show=False),
        Binding("backspace,left,h", "up", show=False),
        Binding("v", "break_down", "By class, age, owner", show=False),
        Binding("w", "measure('noncurrent')", "Count versions, too", show=False),
        unbound("measure('uploads')", "Count incomplete uploads, too"),
        Binding("dollar_sign", "costs", "Costs", show=False),
        Binding("s", "sort", "Sort", show=False),
        Binding("o", "go", "Show it in the pane", show=False),
        Binding("D,f8,delete", "delete", "Delete the prefix", show=False),
    ]

    def __init__(
        self,
        place: Location,
        connection: str,
        engine: EngineAccess,
        prices: PriceTable,
        book: AddressBook,
        delete: Callable[[Location], None],
    ) -> None:
        """`delete` asks for confirmation and deletes a prefix."""
        super().__init__()
        self._delete = delete
        self._place, self._connection, self._engine, self._prices, self._book = place, connection, engine, prices, book
        self.sizes = SizeTree()
        self.level = self.sizes.root
        """The prefix whose rows are shown."""
        self._by: Breakdown | None = None
        self._by_objects = False
        self._progress: dict[StorageUse, SizeProgress] = {}
        self._measuring: StorageUse | None = None
        self._worker: Worker[None] | None = None
        self._notes: list[str] = []
        self._deleting: dict[str, SizeNode] = {}
        """The URIs of prefixes whose deletion began here."""

    def compose(self) -> ComposeResult:
        with Frame(outside(f"Sizes below {fmt.cut_middle(fmt.visible(self._place.uri), 60)}"), id="sizes"):
            yield Static(id="sizes-level")
            yield Static(id="sizes-progress")
            yield SizeTable(self._prices)
            yield Static(id="sizes-breakdown")
            yield Static(id="sizes-notes")
            parts = ("v", "class age owner"), ("w", "versions"), ("$", "cost"), ("s", "sort")
            keys = ("enter", "open"), ("bksp", "up"), *parts, ("o", "go"), ("D", "delete"), (".", "more")
            yield Static(hint(*keys), classes="hints")

    @property
    def table(self) -> SizeTable:
        return self.query_one(SizeTable)

    def on_mount(self) -> None:
        self.table.focus()
        self.action_measure(StorageUse.CURRENT)

    def action_measure(self, stored: str) -> None:
        """Measure versions or uploads, too; only once, and after the running measurement."""
        wanted = StorageUse(stored)
        if wanted in self._progress or self._measuring:
            return
        self._measuring = wanted
        self._worker = self.run_worker(partial(self._measure, wanted), group="measuring")
        self._show()

    async def _measure(self, stored: StorageUse) -> None:
        try:
            async with aclosing(self._engine.follow(MeasureSizes(self._connection, self._place, stored))) as founds:
                async for found in founds:
                    self.sizes.add(found.parts)
                    self._progress[stored] = found.progress
                    self._show()
        except ProblemError as error:
            self._notes.append(f"✗ {error.problem.sentence()}")
        self._measuring = None
        self._show()

    def action_cancel(self) -> None:
        """Stop the measurement; if there is none, leave."""
        if self._measuring:
            if self._worker:
                self._worker.cancel()
            self._notes.append(f"stopped: {self._measuring} is not complete")
            self._progress.setdefault(self._measuring, SizeProgress())
            self._measuring = None
            self._show()
        else:
            self.leave()

    def action_move(self, by: int) -> None:
        self.table.move(self.table.cursor + by)

    @on(SizeTable.Opened)
    def action_open(self) -> None:
        row = self.table.row
        if row and row.node:
            self._enter(row.node, None)

    def action_up(self) -> None:
        if self.level.parent:
            self._enter(self.level.parent, self.level)

    def _enter(self, level: SizeNode, cursor: SizeNode | None) -> None:
        self.level = level
        if cursor is None:
            self.table.cursor = 0
        self._show(cursor)

    def action_break_down(self) -> None:
        """By class, by age, by owner, not."""
        rounds = [None, Breakdown.CLASS, Breakdown.AGE, Breakdown.OWNER]
        self._by = rounds[(rounds.index(self._by) + 1) % len(rounds)]
        self._show()

    def action_costs(self) -> None:
        self.table.show_cost = not self.table.show_cost
        self._show()

    def action_sort(self) -> None:
        self._by_objects = not self._by_objects
        self._show()

    def action_go(self) -> None:
        node = self.table.row.node if self.table.row and self.table.row.node else self.level
        self.leave(self._location(node))

    def _location(self, node: SizeNode) -> Location:
        base = self._place if self._place.is_prefix else self._place.parent
        return Location(base.bucket, base.key + node.prefix)

    def action_delete(self) -> None:
        row = self.table.row
        if self._measuring:
            self.notify("still measuring: esc stops it", severity="warning", markup=False)
        elif row and row.node:
            self._deleting[self._location(row.node).uri] = row.node
            self._delete(self._location(row.node))
        elif row:
            self.notify("o shows these objects in the pane: delete them there", severity="warning", markup=False)

    def ended(self, transfer: Transfer) -> None:
        """A transfer has ended: if it deleted a prefix from here, remove its objects from the tree."""
        node = self._deleting.get(transfer.source) if transfer.kind is TransferKind.DELETE else None
        if node is None:
            return
        del self._deleting[transfer.source]
        if transfer.state is TransferState.DONE and not transfer.objects_skipped:
            self.sizes.remove(node, StorageUse.CURRENT)
            if StorageUse.NONCURRENT in self._progress:
                self._notes.append("⚠ noncurrent versions were counted before the deletion")
        else:
            self._notes.append(f"⚠ not everything below {transfer.source} was deleted: the sizes are from before")
        self._show()

    def _show(self, cursor: SizeNode | None = None) -> None:
        if not self.is_mounted:
            return
        self.table.show(rows_of(self.level, by_objects=self._by_objects), cursor)
        self._say("#sizes-level", self._level_words())
        self._say("#sizes-progress", self._progress_words())
        self._say("#sizes-notes", self._note_words())
        self._show_breakdown()

    def _say(self, where: str, words: Content) -> None:
        fill(self.query_one(where, Static), words)

    def _level_words(self) -> Content:
        level, sums = self.level, broken_down(self.level.shares, Breakdown.STORED)
        parts = [fmt.size(level.bytes), fmt.counted(level.objects, "object")]
        if self.table.show_cost:
            parts.append(f"{money(cost(level.shares, self._prices))} a month")
        parts += [f"{label} {fmt.size(amount.bytes)}" for label, amount in sums.items() if len(sums) > 1]
        name = fmt.visible(level.prefix) or "/"
        return Content.assemble((fmt.cut_middle(name, 40), STRONG), ("  " + " · ".join(parts), ""))

    def _progress_words(self) -> Content:
        counted = [f"{stored}: {measuring_words(stored, progress)}" for stored, progress in self._progress.items()]
        if self._measuring:
            counted.append(f"measuring {self._measuring}…   esc: stop")
        return Content.styled(" · ".join(counted), MUTED)

    def _note_words(self) -> Content:
        notes = [fmt.visible(note) for note in self._notes]
        unreadable = sum(progress.unreadable for progress in self._progress.values())
        if unreadable:
            notes.append(f"⚠ {fmt.counted(unreadable, 'upload')} of unknown size")
        if self.sizes.folded:
            notes.append("⚠ too many prefixes: the deepest are counted in their parents (folded)")
        if self.table.show_cost:
            notes.append(f"$: {self._prices.words}")
        return Content("\n").join(
            Content.styled(note, WARNING if note.startswith(("⚠", "✗")) else MUTED) for note in notes
        )

    @on(SizeTable.Moved)
    def _show_breakdown(self) -> None:
        row = self.table.row
        if self._by is None or row is None:
            self._say("#sizes-breakdown", Content(""))
            return
        sums = broken_down(row.shares, self._by)
        lines = [
            f"{fmt.size(amount.bytes):>9} {fmt.number(amount.objects):>11}  {label_words(label, self._by, self._book)}"
            for label, amount in list(sums.items())[:MOST_LABELS]
        ]
        more = [f"… and {len(sums) - MOST_LABELS} more"] if len(sums) > MOST_LABELS else []
        self._say("#sizes-breakdown", Content("\n".join([f"{row.text.strip()} by {self._by}", *lines, *more])))
