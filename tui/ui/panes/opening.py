"""What can be done with the row under the cursor: opened, unfolded, explained, its URI copied."""

from __future__ import annotations

from collections.abc import Callable

from textual.widget import Widget

from tui.core.identity import Identity
from tui.kit.need_dialogs import need_words
from tui.text import format as fmt
from tui.ui.kit.messages import IdentityOpened, NeedOpened, ObjectOpened, ProblemOpened, Side
from tui.ui.listing.branch import BranchState
from tui.ui.listing.rows import Row, RowKind
from tui.ui.panes.branches import Branches
from tui.ui.panes.navigation import Navigation

MOST_TOLD = 3
"""URIs that a toast repeats."""


class Opening:
    """Commands on rows; messages of `node` ask the screen for what lies outside the pane."""

    def __init__(
        self,
        node: Widget,
        side: Side,
        branches: Branches,
        navigation: Navigation,
        identity: Callable[[], Identity | None],
    ) -> None:
        """`identity` gives the identity that the pane is connected as."""
        self._node, self._side, self._identity = node, side, identity
        self._branches, self._navigation = branches, navigation

    def action_open(self) -> None:
        """Go into the container under the cursor, show the object, explain the failure."""
        if row := self._branches.cursor_row:
            self.open(row)

    def open(self, row: Row) -> None:
        """Do what is meant by a row: a container is opened, a listing that was stopped continues."""
        match row.kind:
            case RowKind.CONTAINER:
                self._navigation.go(row.location)
            case RowKind.OBJECT | RowKind.VERSION:
                self._node.post_message(ObjectOpened(self._side))
            case RowKind.STATUS if row.branch.state is BranchState.STOPPED:
                self._branches.list_branch(row.branch)
            case RowKind.STATUS if (problem := row.branch.problem) and need_words(problem):
                self._node.post_message(NeedOpened(self._side, problem))
            case RowKind.STATUS:
                self.action_explain()

    def action_expand(self) -> None:
        """Unfold in place; step into what is unfolded; from what was found, go to where it is."""
        row = self._branches.cursor_row
        if row and row.kind is RowKind.OBJECT and row.branch.search:
            self._navigation.go(row.location)
        elif row and row.kind is RowKind.CONTAINER:
            if row.expanded:
                self._branches.table.action_cursor_down()
            else:
                self._branches.toggle(row)

    def action_collapse(self) -> None:
        """Fold; from within, go to the container; at the top, leave."""
        row = self._branches.cursor_row
        parent = self._branches.tree.parent_row(row) if row else None
        if row and row.expanded:
            self._branches.toggle(row)
        elif parent is not None:
            self._branches.table.move(parent)
        else:
            self._navigation.action_up()

    def action_explain(self) -> None:
        """The failure under the cursor, or of the pane, in full; where nothing failed, the identity."""
        row = self._branches.cursor_row
        branch = row.branch if row and row.branch.problem else self._branches.tree.root
        if branch.problem:
            self._node.post_message(ProblemOpened(self._side, branch.problem, branch.location))
        elif self._identity():
            self._node.post_message(IdentityOpened(self._side, explaining=True))
        else:
            self._node.notify("still connecting" if self._branches.connecting else "no identity selected", markup=False)

    def action_yank(self) -> None:
        """The URIs onto the clipboard as they are shown: control characters in a name must do nothing when pasted."""
        self._to_clipboard([fmt.visible(uri) for uri in self._uris], "")

    def action_yank_exact(self) -> None:
        """The URIs onto the clipboard, character by character."""
        uris = self._uris
        same = all(fmt.visible(uri) == uri for uri in uris)
        self._to_clipboard(uris, "" if same else ", invisible characters included")

    @property
    def _uris(self) -> list[str]:
        """Of all that is marked; without marks, of the row or the place."""
        if marks := self._branches.tree.marks:
            return [location.uri for location in marks]
        return [self._branches.subject.uri]

    def _to_clipboard(self, uris: list[str], how: str) -> None:
        """One a line, the first ones on screen, too: a terminal may not take them over."""
        self._node.app.copy_to_clipboard("\n".join(uris))
        shown = [fmt.visible(uri) for uri in uris[:MOST_TOLD]]
        if more := len(uris) - len(shown):
            shown.append(f"and {fmt.number(more)} more")
        what = f"{fmt.counted(len(uris), 'URI')} sent" if len(uris) > 1 else "Sent"
        self._node.notify("\n".join(shown), title=f"{what} to the terminal's clipboard{how}", markup=False)
