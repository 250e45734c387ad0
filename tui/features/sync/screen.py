"""The comparison of two locations as a tree, which grows while they are listed. Starts copies and syncs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import ClassVar

from msgspec.structs import replace as replace_struct
from rich.cells import cell_len
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import HorizontalGroup
from textual.content import Content
from textual.events import Click
from textual.geometry import Size
from textual.message import Message
from textual.style import Style
from textual.widgets import Input, Label, Static
from textual.worker import Worker

from tui.core.location import DELIMITER, LocationError, parse_location
from tui.core.orders import CompareMode, ConflictPolicy, CopyOptions, CopyOrder
from tui.core.problem import ProblemError
from tui.core.transfer import Transfer
from tui.features.sync.pair_screen import PairScreen
from tui.features.sync.values import (
    Compare,
    ComparedPlace,
    ComparedRow,
    ComparedSide,
    Comparison,
    ComparisonState,
    ComparisonUpdate,
    CountsByState,
    StateCount,
    sync_order,
)
from tui.features.sync.words import BY, SYMBOLS, WORDS, amount, short_why
from tui.kit.dialog import Dialog, Frame
from tui.kit.inputs import LineInput
from tui.kit.lines import ACCENT, BAD, GOOD, MUTED, STRONG, WARNING, hint, outside
from tui.kit.more import unbound
from tui.kit.row_table import MOVES, RowTable
from tui.link.session import EngineAccess
from tui.text import format as fmt
from tui.text.format import visible

WIDE_COUNTS = 110
"""From this width in columns, counts also show bytes."""

TONES = {
    ComparisonState.LEFT: GOOD,
    ComparisonState.RIGHT: BAD,
    ComparisonState.DIFFERS: WARNING,
    ComparisonState.UNKNOWN: WARNING,
    ComparisonState.SAME: MUTED,
}
ARROWS = {True: "→", False: "←"}
"""The direction in which is copied."""

CHOSEN = "state"
"""The name of a count's state in the style's meta."""


class StateCounts(Static):
    """The number of names in each state. A click filters the list by state."""

    @dataclass
    class Chosen(Message):
        """Only this state; empty: all."""

        state: str

    def show(self, counts: CountsByState, only: ComparisonState | None) -> None:
        """Show new numbers, and mark the state that filters the list."""
        parts = []
        for state in ComparisonState:
            count = counts.get(state, StateCount())
            bytes_ = f" ({amount(count)})" if count.objects and self.app.size.width >= WIDE_COUNTS else ""
            text = f"{SYMBOLS[state]} {fmt.number(count.objects)} {WORDS[state]}{bytes_}"
            tone = f"{TONES[state]} reverse" if state is only else TONES[state]
            parts.append(Content.styled(text, tone).stylize(Style.from_meta({CHOSEN: state.value})))
        self.update(Content("  ").join(parts))

    def on_click(self, event: Click) -> None:
        state = event.style.meta.get(CHOSEN)
        if state is not None:
            self.post_message(self.Chosen(state))


class PlacesScreen(Dialog[Comparison]):
    """Returns the comparison of the typed locations."""

    def __init__(self, comparison: Comparison) -> None:
        super().__init__()
        self._comparison = comparison

    def compose(self) -> ComposeResult:
        with Frame("Compare", id="compared-places"):
            for name, place in (("left", self._comparison.left), ("right", self._comparison.right)):
                with HorizontalGroup():
                    yield Label(name)
                    yield LineInput(visible(place.location.uri), compact=True, select_on_focus=False, id=name)
            yield Static(id="wrong")
            yield Static(hint(("enter", "compare"), ("tab", "other line"), ("esc", "cancel")), classes="hints")

    @on(Input.Submitted)
    def _submitted(self) -> None:
        try:
            left, right = self._place("left", self._comparison.left), self._place("right", self._comparison.right)
        except LocationError as error:
            self.query_one("#wrong", Static).update(outside(f"✗ {error}", BAD))
            return
        self.dismiss(replace_struct(self._comparison, left=left, right=right))

    def _place(self, name: str, place: ComparedPlace) -> ComparedPlace:
        """The typed location as a prefix. Raises `LocationError` for a kind that this identity cannot open."""
        typed = self.query_one(f"#{name}", Input).value.strip()
        if typed == visible(place.location.uri):
            return place
        location = parse_location(typed)
        if location.kind is not place.location.kind:
            raise LocationError(f"the {name} pane's identity cannot open it: open the place in the pane first")
        return replace_struct(place, location=location.as_prefix)


CURSOR, DETAIL, PREFIX = "difference-table--cursor", "difference-table--detail", "difference-table--prefix"
OF_STATE = {state: f"difference-table--{state}" for state in ComparisonState}

WIDE = 110
"""From this width in columns, times show minutes, and evidence has a column."""


class DifferenceTable(RowTable):
    """Shows the lines of a tree; its screen owns the keys."""

    CURSOR = CURSOR
    COMPONENT_CLASSES: ClassVar[set[str]] = {CURSOR, DETAIL, PREFIX, *OF_STATE.values()}

    def __init__(self, differences: DifferenceTree) -> None:
        super().__init__(id="differences")
        self.differences = differences

    @property
    def count(self) -> int:
        return len(self.differences.lines)

    @property
    def line(self) -> ComparisonLine | None:
        return self.differences.lines[self.cursor] if 0 <= self.cursor < self.count else None

    @property
    def _width(self) -> int:
        return self.scrollable_content_region.width

    def show(self) -> None:
        self.virtual_size = Size(self.size.width, self.count)
        self.cursor = max(0, min(self.cursor, self.count - 1))
        self.refresh()

    def cells(self, number: int) -> list[tuple[str, str]]:
        line = self.differences.lines[number]
        indent = "  " * min(line.depth, 8)
        if isinstance(line, PrefixLine):
            arrow = "▾" if line.open else "▸"
            shown = fmt.visible(line.name[:-1].rpartition(DELIMITER)[2] + DELIMITER)
            return [(f"   {indent}{arrow} ", DETAIL), (shown, PREFIX), (f"  {fmt.number(line.rows)}", DETAIL)]
        row = line.row
        mark = "●" if row.name in self.differences.marked else " "
        wide = self._width >= WIDE
        sides = f"{self._side(row.left, wide=wide)} {self._side(row.right, wide=wide)}"
        why = f" {short_why(row):<12}" if wide else ""
        room = max(8, self._width - 6 - len(indent) - len(sides) - len(why))
        name = fmt.cut_middle(fmt.visible(row.name.rpartition("/")[2] or row.name or "(the prefix itself)"), room)
        return [
            (f"{mark}{SYMBOLS[row.state]} ", OF_STATE[row.state]),
            (indent + "  " + name + " " * (room - cell_len(name)), ""),
            (f" {sides}{why}", DETAIL),
        ]

    def _side(self, side: ComparedSide | None, *, wide: bool) -> str:
        when = 16 if wide else 10
        if side is None:
            return f"{'—':>8} {'':<{when}}"
        time = fmt.time_exact(side.modified) if wide else fmt.time_day(side.modified)
        return f"{fmt.size(side.size):>8} {time:<{when}}"


MOST_ROWS = 50_000
"""Rows in memory; more are only counted."""


@dataclass(slots=True)
class PrefixLine:
    """A prefix, the number of its differences in memory, and whether they are shown."""

    name: str
    depth: int
    rows: int = 0
    open: bool = True


@dataclass(frozen=True, slots=True)
class NameLine:
    """One name."""

    row: ComparedRow
    depth: int


ComparisonLine = PrefixLine | NameLine


class DifferenceTree:
    """Rows in key order, filtered by state. Prefixes can be collapsed, rows marked."""

    def __init__(self) -> None:
        self.rows: list[ComparedRow] = []
        self.lines: list[ComparisonLine] = []
        self.only: ComparisonState | None = None
        """The state whose rows are shown; None: all."""
        self.marked: set[str] = set()
        """Names of marked rows."""
        self.cut = 0
        """Rows that were only counted."""
        self._prefixes: dict[str, PrefixLine] = {}
        self._way: list[PrefixLine] = []

    def emptied(self) -> DifferenceTree:
        """An empty tree with the same filter, collapsed prefixes and marks."""
        tree = DifferenceTree()
        tree.only, tree.marked = self.only, set(self.marked)
        tree._prefixes = {name: replace(line, rows=0) for name, line in self._prefixes.items() if not line.open}
        return tree

    def complete(self) -> None:
        """All rows have arrived: unmark names that have no row, or are the same now."""
        self.marked &= {row.name for row in self.rows if row.state is not ComparisonState.SAME}

    def add(self, rows: Iterable[ComparedRow]) -> None:
        for row in rows:
            if len(self.rows) >= MOST_ROWS:
                self.cut += 1
                continue
            self.rows.append(row)
            if self._shown(row):
                self._put(row)

    def choose(self, only: ComparisonState | None) -> None:
        self.only = only
        self._rebuild()

    def toggle(self, line: PrefixLine) -> None:
        line.open = not line.open
        self._rebuild()

    def mark(self, line: ComparisonLine) -> None:
        """Mark or unmark a row, or all visible rows below a prefix."""
        if isinstance(line, NameLine):
            self.marked ^= {line.row.name}
            return
        names = {row.name for row in self.rows if row.name.startswith(line.name) and self._shown(row)}
        self.marked = self.marked - names if names <= self.marked else self.marked | names

    def _shown(self, row: ComparedRow) -> bool:
        return self.only is None or row.state is self.only

    def _rebuild(self) -> None:
        for prefix in self._prefixes.values():
            prefix.rows = 0
        self.lines, self._way = [], []
        for row in self.rows:
            if self._shown(row):
                self._put(row)

    def _put(self, row: ComparedRow) -> None:
        """Append a row after new lines for its prefixes, unless a prefix is collapsed."""
        while self._way and not row.name.startswith(self._way[-1].name):
            self._way.pop()
        at = len(self._way[-1].name) if self._way else 0
        while (end := row.name.find(DELIMITER, at) + 1) and end < len(row.name):
            prefix = self._prefixes.setdefault(row.name[:end], PrefixLine(row.name[:end], len(self._way)))
            if all(above.open for above in self._way):
                self.lines.append(prefix)
            self._way.append(prefix)
            at = end
        for prefix in self._way:
            prefix.rows += 1
        if all(prefix.open for prefix in self._way):
            self.lines.append(NameLine(row, len(self._way)))


BeginCopy = Callable[[CopyOrder], None]
"""Shows the plan of a copy or a sync, and submits it after confirmation."""


class ComparisonScreen(Dialog[None]):
    """Compares until Esc stops it. Another Esc leaves."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *MOVES,
        Binding("enter,f3,v", "open", "Open the row", show=False),
        Binding("left,h", "fold(False)", show=False),
        Binding("right,l", "fold(True)", show=False),
        Binding("space,insert", "mark", "Mark the row", show=False),
        Binding("slash", "next_only", "Show the next state only", show=False),
        unbound("same", "Show what is the same, too"),
        Binding("C,f5", "copy", "Copy in the direction of the arrow", show=False),
        Binding("S", "sync", "Sync in the direction of the arrow", show=False),
        Binding("ctrl+u", "turn", "Turn the arrow", show=False),
        Binding("equals_sign", "by", "Compare by other evidence", show=False),
        Binding("o", "places", "Other places", show=False),
        Binding("ctrl+r", "again", "Compare again", show=False),
    ]

    def __init__(
        self,
        comparison: Comparison,
        engine: EngineAccess,
        options: CopyOptions,
        begin: BeginCopy,
        *,
        to_right: bool = True,
    ) -> None:
        """`options` are those of copies that start here; the arrow points to the right at first, or not."""
        super().__init__()
        self._to_right = to_right
        self._comparison, self._engine, self._options, self._begin = comparison, engine, options, begin
        self._with_same = False
        self._update = ComparisonUpdate()
        self._problem = ""
        self._worker: Worker[None] | None = None
        self._targets: set[str] = set()
        """The target URIs of transfers that started here."""
        self._line = 0
        """The line of the cursor after comparing again."""
        self.differences = DifferenceTree()

    def compose(self) -> ComposeResult:
        with Frame("Compare", id="comparison"):
            yield Static(id="comparison-places")
            yield StateCounts(id="comparison-counts")
            yield DifferenceTable(self.differences)
            yield Static(id="comparison-said")
            begin = ("C", "copy"), ("S", "sync"), ("ctrl+u", "turn")
            keys = ("enter", "open"), ("space", "mark"), *begin, ("/", "only"), ("=", "by"), ("o", "places")
            yield Static(hint(*keys), classes="hints")

    @property
    def table(self) -> DifferenceTable:
        return self.query_one(DifferenceTable)

    def on_mount(self) -> None:
        self.table.focus()
        self.action_again()

    def on_resize(self) -> None:
        self._show()

    def action_again(self) -> None:
        self._restart(DifferenceTree())

    def ended(self, transfer: Transfer) -> None:
        """A transfer that started here has ended: compare again."""
        if transfer.target in self._targets:
            line = self.table.cursor
            self._restart(self.differences.emptied())
            self._line = line

    def _restart(self, differences: DifferenceTree) -> None:
        if self._worker:
            self._worker.cancel()
        differences.only, self.differences = self.differences.only, differences
        self.table.differences, self.table.cursor, self._line = self.differences, 0, 0
        self._update, self._problem = ComparisonUpdate(), ""
        self._worker = self.run_worker(self._compare(), group="comparing")
        self._show()

    async def _compare(self) -> None:
        wanted = [state for state in ComparisonState if self._with_same or state is not ComparisonState.SAME]
        try:
            async with aclosing(self._engine.follow(Compare(self._comparison, wanted))) as updates:
                async for update in updates:
                    self._update = update
                    if update.unlisted:
                        self._problem = f"✗ not compared: {update.unlisted.sentence()}"
                    self.differences.add(update.rows)
                    self._show()
        except ProblemError as error:
            self._problem = f"✗ {error.problem.sentence()}"
        self._worker = None
        if self._update.complete:
            self.differences.complete()
        self._show()
        if self._line and not self.table.cursor:
            self.table.move(self._line)

    def action_cancel(self) -> None:
        if self._worker is None:
            self.leave()
            return
        self._worker.cancel()
        self._worker, self._problem = None, "stopped: later names were not compared"
        self._show()

    def action_move(self, by: int) -> None:
        self.table.move(self.table.cursor + by)

    @on(DifferenceTable.Opened)
    def action_open(self) -> None:
        line = self.table.line
        if isinstance(line, PrefixLine):
            self._toggle(line)
        elif isinstance(line, NameLine):
            self.app.push_screen(PairScreen(self._comparison, line.row, self._engine))

    def action_fold(self, opened: bool) -> None:
        line = self.table.line
        if isinstance(line, PrefixLine) and line.open is not opened:
            self._toggle(line)

    def _toggle(self, line: PrefixLine) -> None:
        self.differences.toggle(line)
        self.table.show()

    def action_mark(self) -> None:
        if line := self.table.line:
            self.differences.mark(line)
            self.table.move(self.table.cursor + 1)
            self._show()

    def action_next_only(self) -> None:
        """Show the rows of one state after the other, then all."""
        states: list[ComparisonState | None] = [
            None,
            *(state for state in ComparisonState if state is not ComparisonState.SAME),
        ]
        self._only(states[(states.index(self.differences.only) + 1) % len(states)])

    @on(StateCounts.Chosen)
    def _chosen(self, event: StateCounts.Chosen) -> None:
        chosen = ComparisonState(event.state)
        if chosen is ComparisonState.SAME:
            self.action_same()
        else:
            self._only(None if chosen is self.differences.only else chosen)

    def _only(self, state: ComparisonState | None) -> None:
        self.differences.choose(state)
        self._show()

    def action_same(self) -> None:
        self._with_same = not self._with_same
        self.action_again()

    def action_turn(self) -> None:
        self._to_right = not self._to_right
        self._show()

    def action_by(self) -> None:
        self._comparison = replace_struct(self._comparison, by=self._comparison.by.following)
        self.action_again()

    def action_places(self) -> None:
        def typed(comparison: Comparison | None) -> None:
            if comparison:
                self._comparison = comparison
                self.action_again()

        self.app.push_screen(PlacesScreen(self._comparison), typed)

    def action_copy(self) -> None:
        """Copy the marked rows; without marks, all that are missing at the target or differ."""
        to_right = self._to_right
        source = self._comparison.left if to_right else self._comparison.right
        lacking = ComparisonState.RIGHT if to_right else ComparisonState.LEFT
        marked = [row for row in self.differences.rows if row.name in self.differences.marked]
        keys = [source.location.key + row.name for row in marked if row.state is not lacking]
        order = sync_order(self._comparison, self._options, delete=False, to_right=to_right)
        if not self.differences.marked:
            self._carry_out(order)
        elif not keys:
            self.notify("none of the marked objects exists on that side", severity="warning", markup=False)
        else:
            selection = replace_struct(order.selection, keys=keys, prefixes=[])
            options = replace_struct(order.options, conflict=ConflictPolicy.ASK)
            self._carry_out(CopyOrder(selection, order.destination, options))

    def action_sync(self) -> None:
        """Copy; the card offers to delete what only the target has."""
        self._carry_out(sync_order(self._comparison, self._options, delete=True, to_right=self._to_right))

    def _carry_out(self, order: CopyOrder) -> None:
        self._targets.add(order.destination.location.uri)
        self._begin(order)

    def _show(self) -> None:
        if not self.is_mounted:
            return
        room = max(12, (self.size.width - 16) // 2)
        both = (self._comparison.left, self._comparison.right)
        left, right = (fmt.cut_middle(fmt.visible(place.location.uri), room) for place in both)
        arrow = ARROWS[self._to_right]
        places = Content.assemble(("< ", GOOD), (left, STRONG), (f"  {arrow}", ACCENT), ("  > ", BAD), (right, STRONG))
        self.query_one("#comparison-places", Static).update(places)
        self.query_one(StateCounts).show(self._update.counts, self.differences.only)
        self.query_one("#comparison-said", Static).update(self._words())
        self.table.show()

    def _words(self) -> Content:
        said = [self._problem] if self._problem else []
        if self._worker:
            said.append("comparing…   esc: stop")
        elif self._update.complete and not self.differences.lines and not self._problem:
            said.append("no differences" if self._update.counts else "nothing at either place")
        if self._comparison.by is not CompareMode.AUTO:
            said.append(BY[self._comparison.by])
        if self.differences.marked:
            said.append(f"{fmt.counted(len(self.differences.marked), 'row')} marked")
        if self.differences.cut:
            said.append(f"{fmt.number(self.differences.cut)} more are counted but not shown")
        return outside(" · ".join(said), BAD if self._problem.startswith("✗") else MUTED)
