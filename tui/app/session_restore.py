"""Where the panes were in the last session: gone on from, and noted for the next one."""

from __future__ import annotations

from collections.abc import Mapping

from tui.browser.context import BrowserContext
from tui.browser.pane_pair import PanePair, place_of
from tui.core.problem import ProblemError, ProblemKind
from tui.features.accounts.actions import SwitchingAccounts
from tui.kit.need_dialogs import need_words
from tui.panes.branch import BranchState
from tui.panes.news import NotConnected, PaneSide
from tui.panes.pane import Pane
from tui.saved.last_session import write_last
from tui.settings import PaneStart, TabList

NOTE_SECONDS = 2.0
"""Seconds from a change to the saving of the session."""

NOT_AS_LAST_TIME = "Session not fully restored"


class Remembering:
    """Saves the locations of the panes, and restores them."""

    def __init__(
        self,
        context: BrowserContext,
        panes: PanePair,
        accounts: SwitchingAccounts,
        restored: Mapping[PaneSide, PaneStart],
    ) -> None:
        self._context, self._panes, self._accounts = context, panes, accounts
        self._restored = {panes.pane(side): begin for side, begin in restored.items()}
        """Restored panes whose location has not been checked yet."""
        self._noted = (PaneStart(), PaneStart(), TabList(), TabList())
        self._note_is_due = False

    def restored(self, pane: Pane, begin: PaneStart) -> None:
        self._restored[pane] = begin

    def chosen_now(self, side: PaneSide) -> bool:
        """Whether the user chose this side's identity in this session."""
        return self._panes.pane(side) not in self._restored

    def not_connected(self, event: NotConnected) -> None:
        """The profile of a restored pane is gone: ask for another one."""
        pane = self._panes.pane(event.side)
        if pane not in self._restored or event.problem.kind is not ProblemKind.NO_PROFILE:
            return
        del self._restored[pane]
        self._context.warn(event.problem.sentence(), NOT_AS_LAST_TIME)
        if self._context.host.in_front:
            self._panes.activate(pane)
            self._accounts.action_accounts()

    def go_on(self, pane: Pane) -> None:
        """Leave a restored location that no longer exists for the level above."""
        if pane not in self._restored or pane.spec is None:
            return
        if place_of(pane) != self._restored[pane]:
            del self._restored[pane]  # the user has moved on
        elif pane.identity and pane.contents.root.state in (BranchState.COMPLETE, BranchState.FAILED):
            self._settle(pane)

    def _settle(self, pane: Pane) -> None:
        here, root = pane.location, pane.contents.root
        if root.problem and need_words(root.problem):
            return  # it is not known yet
        del self._restored[pane]
        empty = root.state is BranchState.COMPLETE and not root.total and here.key and not here.kind.has_directories
        if not here.bucket or not (empty or (root.problem and root.problem.kind.meaning.missing)):
            return
        above = here.parent
        self._context.tell(f"{here.uri} no longer exists: {above.uri}", NOT_AS_LAST_TIME)
        self._restored[pane] = PaneStart(pane.spec, above, pane.strip.locked)
        if not above.bucket:
            pane.branches.listings.forget(here.bucket)
        pane.navigation.go(above)

    def note_soon(self) -> None:
        """Save the session soon, once for several changes."""
        if self._context.keeping.last and not self._note_is_due:
            self._note_is_due = True
            self._context.host.set_timer(NOTE_SECONDS, self.note)

    def note(self) -> None:
        """Save the session, once every chosen identity is connected."""
        self._note_is_due = False
        last, (left, right) = self._context.keeping.last, self._panes
        shown = (place_of(left), place_of(right), *self._panes.tab_lists)
        settled = all(pane.identity or not pane.spec for pane in self._panes)
        if not last or shown == self._noted or not settled or shown[:2] == (PaneStart(), PaneStart()):
            return
        self._noted = shown
        try:
            write_last(last, *shown)
        except ProblemError as error:
            self._context.warn(error.problem.sentence())
