"""What the keys of a pane do."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.binding import BindingType

from tui.ui import format as fmt
from tui.ui.commands import COMMANDS, Scope
from tui.ui.listing.arrangement import Arrangement, SortKey
from tui.ui.listing.branch import BranchState
from tui.ui.listing.rows import Row, RowKind
from tui.ui.messages import (
    FilterChanged,
    FilterLeft,
    IdentityOpened,
    NeedOpened,
    ObjectOpened,
    ProblemOpened,
    RowOpened,
    SortChosen,
)
from tui.ui.need_words import need_words
from tui.ui.widgets.pane import Pane
from tui.ui.widgets.table_keys import TABLE_COMMANDS


class KeyedPane(Pane):
    """A pane with its commands."""

    BINDINGS: ClassVar[list[BindingType]] = [
        command.binding() for command in COMMANDS if command.scope is Scope.PANE and command.id not in TABLE_COMMANDS
    ]

    def action_open(self) -> None:
        """Go into the container under the cursor, show the object, explain the failure."""
        if row := self.cursor_row:
            self._open(row)

    @on(RowOpened)
    def _row_opened(self, event: RowOpened) -> None:
        event.stop()
        if row := self.table.row_at(event.number):
            self._open(row)

    def _open(self, row: Row) -> None:
        match row.kind:
            case RowKind.CONTAINER:
                self.go(row.location)
            case RowKind.OBJECT:
                self.post_message(ObjectOpened(self.side))
            case RowKind.STATUS if row.branch.state is BranchState.STOPPED:
                self.list_branch(row.branch)
            case RowKind.STATUS if (problem := row.branch.problem) and need_words(problem):
                self.post_message(NeedOpened(self.side, problem))
            case RowKind.STATUS:
                self.action_explain()

    def action_expand(self) -> None:
        """Unfold in place; step into what is unfolded."""
        row = self.cursor_row
        if row and row.kind is RowKind.CONTAINER:
            if row.expanded:
                self.table.action_cursor_down()
            else:
                self.toggle(row)

    def action_collapse(self) -> None:
        """Fold; from within, go to the container; at the top, leave."""
        row = self.cursor_row
        parent = self.contents.parent_row(row) if row else None
        if row and row.expanded:
            self.toggle(row)
        elif parent is not None:
            self.table.move(parent)
        else:
            self.action_up()

    def action_up(self) -> None:
        """To the level above, the cursor on where we were."""
        if self.location.bucket:
            self.go(self.location.parent, self.location)

    def action_back(self) -> None:
        """Where we were before."""
        self.return_to(self.history.back(self.place))

    def action_forward(self) -> None:
        """Forward again."""
        self.return_to(self.history.forward(self.place))

    def action_mark_pattern(self) -> None:
        """Ask for a pattern and mark what matches."""
        self._ask_pattern("Mark", on=True)

    def action_unmark_pattern(self) -> None:
        """Ask for a pattern and take the marks of what matches away."""
        self._ask_pattern("Take marks away", on=False)

    def _ask_pattern(self, title: str, *, on: bool) -> None:
        from tui.ui.screens.pattern import PatternScreen

        def answered(pattern: str | None) -> None:
            if pattern:
                self.table.mark_matching(pattern, on=on)

        self.app.push_screen(PatternScreen(title), answered)

    def action_filter(self) -> None:
        """Open the line to type a filter in."""
        self.filter_bar.display = True
        self.screen.set_focus(self.filter_bar)

    @on(FilterChanged)
    def _filter_changed(self, event: FilterChanged) -> None:
        event.stop()
        if event.pattern != self.contents.arrangement.pattern:
            self._arrange(self.contents.arrangement.filtered(event.pattern))

    @on(FilterLeft)
    def _filter_left(self, event: FilterLeft) -> None:
        event.stop()
        if event.clear:
            self._clear_filter()
        self.screen.set_focus(self.table)

    def _clear_filter(self) -> None:
        self.filter_bar.display = False
        self.filter_bar.value = ""
        self._arrange(self.contents.arrangement.filtered(""))

    def action_sort(self) -> None:
        """Sort by the next column."""
        keys = list(SortKey)
        following = keys[(keys.index(self.contents.arrangement.key) + 1) % len(keys)]
        self._arrange(self.contents.arrangement.sorted_by(following))

    def action_sort_reverse(self) -> None:
        """The other way round."""
        self._arrange(self.contents.arrangement.sorted_by(self.contents.arrangement.key))

    @on(SortChosen)
    def _sort_chosen(self, event: SortChosen) -> None:
        event.stop()
        self._arrange(self.contents.arrangement.sorted_by(event.key))

    def _arrange(self, arrangement: Arrangement) -> None:
        self.contents.arrange(arrangement)
        for branch in list(self.contents.branches):
            self.listings.arrange(branch)
        self._changed(self.contents.root)

    def action_back_out(self) -> None:
        """One thing at a time: the drag, the listing, the filter, the marks."""
        if self.table.dragging:
            self.table.cancel_drag()
        elif self.stop():
            return
        elif self.contents.arrangement.pattern or self.filter_bar.display:
            self._clear_filter()
        else:
            self.table.clear_marks()

    def action_explain(self) -> None:
        """The failure under the cursor, or of the pane, in full; where nothing failed, who acts here."""
        row = self.cursor_row
        branch = row.branch if row and row.branch.problem else self.contents.root
        if branch.problem:
            self.post_message(ProblemOpened(self.side, branch.problem, branch.location))
        elif self.identity:
            self.post_message(IdentityOpened(self.side))
        else:
            self.notify("nobody acts here yet", markup=False)

    def action_yank(self) -> None:
        """The URI onto the clipboard, and on screen: a terminal may not hand it over."""
        uri = self.subject.uri
        self.app.copy_to_clipboard(uri)
        self.notify(fmt.visible(uri), title="On the clipboard", markup=False)

    def action_refresh(self) -> None:
        """List every branch of this place again; who could not be connected is tried again, too."""
        if self.identity:
            self.list_anew()
            self.watch_credentials()
        elif self.spec:
            self.connect(self.spec, self.location)
