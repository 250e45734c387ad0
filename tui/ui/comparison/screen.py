"""Two places compared as one tree, while their lists arrive; from it one is made like the other."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import aclosing
from typing import ClassVar

from msgspec.structs import replace
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Static
from textual.worker import Worker

from tui.core.orders import CompareMode, CopyOptions, CopyOrder, Destination, Selection, SyncOrder
from tui.core.problem import ProblemError
from tui.core.transfer import Transfer
from tui.kit.dialog import Dialog, Frame
from tui.kit.lines import BAD, GOOD, MUTED, STRONG, hint, outside
from tui.kit.row_table import MOVES
from tui.link.session import EngineAccess
from tui.model.comparing.comparison import Comparison, ComparisonState, ComparisonUpdate
from tui.protocol.messages.comparing import Compare
from tui.text import format as fmt
from tui.text.comparing.rows import BY
from tui.ui.comparison.counts import StateCounts
from tui.ui.comparison.pair import PairScreen
from tui.ui.comparison.places import PlacesScreen
from tui.ui.comparison.table import DifferenceTable
from tui.ui.comparison.tree import DifferenceTree, PrefixLine, RowLine

Begin = Callable[[CopyOrder], None]
"""Shows what a copy or a synchronisation would do, and submits it once it is confirmed."""


class ComparisonScreen(Dialog[None]):
    """Compares until Esc stops it; the next Esc leaves."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *MOVES,
        Binding("enter,f3,v", "open", show=False),
        Binding("left,h", "fold(False)", show=False),
        Binding("right,l", "fold(True)", show=False),
        Binding("space,insert", "mark", show=False),
        Binding("0", "only('')", show=False),
        Binding("1", "only('left')", show=False),
        Binding("2", "only('right')", show=False),
        Binding("3", "only('differs')", show=False),
        Binding("4", "only('unknown')", show=False),
        Binding("5", "same", show=False),
        Binding("c", "copy(True)", show=False),
        Binding("C", "copy(False)", show=False),
        Binding("d", "mirror(True)", show=False),
        Binding("D", "mirror(False)", show=False),
        Binding("x", "by", show=False),
        Binding("o", "places", show=False),
        Binding("ctrl+r,r", "again", show=False),
    ]

    def __init__(self, comparison: Comparison, engine: EngineAccess, options: CopyOptions, begin: Begin) -> None:
        """`options` are those of what is copied from here."""
        super().__init__()
        self._comparison, self._engine, self._options, self._begin = comparison, engine, options, begin
        self._with_same = False
        self._update = ComparisonUpdate()
        self._problem = ""
        self._worker: Worker[None] | None = None
        self._targets: set[str] = set()
        """The URIs of the targets of what was begun from here."""
        self._line = 0
        """Where the cursor is put when the comparison has ended."""
        self.differences = DifferenceTree()

    def compose(self) -> ComposeResult:
        """Places, counts, lines, keys."""
        with Frame("Compare", id="comparison"):
            yield Static(id="comparison-places")
            yield StateCounts(id="comparison-counts")
            yield DifferenceTable(self.differences)
            yield Static(id="comparison-said")
            yield Static(
                hint(
                    ("enter", "open"),
                    ("space", "mark"),
                    ("c C", "copy→ ←"),
                    ("d D", "mirror→ ←"),
                    ("0-5", "only"),
                    ("x", "compare"),
                    ("o", "places"),
                ),
                classes="hints",
            )

    @property
    def table(self) -> DifferenceTable:
        """The lines."""
        return self.query_one(DifferenceTable)

    def on_mount(self) -> None:
        """Begin."""
        self.table.focus()
        self.action_again()

    def on_resize(self) -> None:
        """Names are cut to the width."""
        self._show()

    def action_again(self) -> None:
        """Compare from the beginning."""
        self._restart(DifferenceTree())

    def ended(self, transfer: Transfer) -> None:
        """A transfer has ended: if it was begun from here, compare again what it changed."""
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
        """Stop the comparison; the next time, leave."""
        if self._worker is None:
            self.leave()
            return
        self._worker.cancel()
        self._worker, self._problem = None, "stopped: only what is before this point was compared"
        self._show()

    def action_move(self, by: int) -> None:
        """Up or down."""
        self.table.move(self.table.cursor + by)

    @on(DifferenceTable.Opened)
    def action_open(self) -> None:
        """Close or open the prefix; of a row show what differs."""
        line = self.table.line
        if isinstance(line, PrefixLine):
            self._toggle(line)
        elif isinstance(line, RowLine):
            self.app.push_screen(PairScreen(self._comparison, line.row, self._engine))

    def action_fold(self, opened: bool) -> None:
        """Close or open the prefix."""
        line = self.table.line
        if isinstance(line, PrefixLine) and line.open is not opened:
            self._toggle(line)

    def _toggle(self, line: PrefixLine) -> None:
        self.differences.toggle(line)
        self.table.show()

    def action_mark(self) -> None:
        """Mark the row, or all below the prefix."""
        if line := self.table.line:
            self.differences.mark(line)
            self.table.move(self.table.cursor + 1)
            self._show()

    def action_only(self, state: str) -> None:
        """Show the rows of one state; the same once more, or none: all."""
        chosen = ComparisonState(state) if state else None
        self.differences.choose(None if chosen is self.differences.only else chosen)
        self._show()

    @on(StateCounts.Chosen)
    def _chosen(self, event: StateCounts.Chosen) -> None:
        if event.state == ComparisonState.SAME:
            self.action_same()
        else:
            self.action_only(event.state)

    def action_same(self) -> None:
        """Show also what is the same, or not: it is compared again for that."""
        self._with_same = not self._with_same
        self.action_again()

    def action_by(self) -> None:
        """Compare again, by something else."""
        self._comparison = replace(self._comparison, by=self._comparison.by.following)
        self.action_again()

    def action_places(self) -> None:
        """Compare other places, as the same identities."""

        def typed(comparison: Comparison | None) -> None:
            if comparison:
                self._comparison = comparison
                self.action_again()

        self.app.push_screen(PlacesScreen(self._comparison), typed)

    def action_copy(self, to_right: bool) -> None:
        """Copy the marked rows; without marks all that is missing there or differs."""
        source = self._comparison.left if to_right else self._comparison.right
        lacking = ComparisonState.RIGHT if to_right else ComparisonState.LEFT
        keys = [source.location.key + row.name for row in self.differences.marked_rows() if row.state is not lacking]
        if not self.differences.marked:
            self._carry_out(_order(self._comparison, self._options, to_right=to_right, delete=False))
        elif not keys:
            self.notify("none of the marked rows is there to be copied", severity="warning", markup=False)
        else:
            order = _order(self._comparison, self._options, to_right=to_right, delete=False)
            selection = replace(order.selection, keys=keys, prefixes=[])
            self._carry_out(CopyOrder(selection, order.destination, order.options))

    def action_mirror(self, to_right: bool) -> None:
        """Make one place like the other: copy, and delete what only that one has."""
        self._carry_out(_order(self._comparison, self._options, to_right=to_right, delete=True))

    def _carry_out(self, order: CopyOrder) -> None:
        self._targets.add(order.destination.location.uri)
        self._begin(order)

    def _show(self) -> None:
        if not self.is_mounted:
            return
        room = max(12, (self.size.width - 14) // 2)
        left, right = (
            fmt.cut_middle(fmt.visible(place.location.uri), room)
            for place in (self._comparison.left, self._comparison.right)
        )
        self.query_one("#comparison-places", Static).update(
            Content.assemble(("< ", GOOD), (left, STRONG), ("   > ", BAD), (right, STRONG))
        )
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
            said.append(f"{fmt.number(self.differences.cut)} more are counted and not shown")
        return outside(" · ".join(said), BAD if self._problem.startswith("✗") else MUTED)


def _order(comparison: Comparison, options: CopyOptions, *, to_right: bool, delete: bool) -> SyncOrder:
    left, right = comparison.left, comparison.right
    source, target = (left, right) if to_right else (right, left)
    return SyncOrder(
        Selection(source.connection, source.location, prefixes=[source.location.key], filters=comparison.filters),
        Destination(target.connection, target.location),
        options,
        by=comparison.by,
        delete=delete,
    )
