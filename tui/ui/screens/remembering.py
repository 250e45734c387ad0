"""What outlives a session: bookmarks, where the panes were, which pairs of identities worked side by side."""

from __future__ import annotations

import time
from collections.abc import Callable

from msgspec import structs
from textual import on
from textual.timer import Timer

from tui.keeping.bookmarks import Bookmark, Bookmarks
from tui.keeping.keeping import Keeping, known_by_now
from tui.keeping.last import Pair, write_last
from tui.model.problem import ProblemError, ProblemKind
from tui.protocol.session import EngineAccess
from tui.settings import BucketSettings, PaneStart, Settings, Start, settings_file
from tui.settings.writing import set_bucket
from tui.ui.format import visible
from tui.ui.listing.branch import BranchState
from tui.ui.messages import NotConnected, PaneChanged, Side
from tui.ui.need_words import need_words
from tui.ui.screens.identities import IdentitiesScreen
from tui.ui.widgets.pane_keys import KeyedPane

NOTE_SECONDS = 2.0
"""So long after something has changed it is written down, with all that has changed meanwhile."""

GONE = (ProblemKind.NO_SUCH_BUCKET, ProblemKind.NO_SUCH_KEY)


class RememberingScreen(IdentitiesScreen):
    """Keeps bookmarks, notes where the panes are, and goes on from where they were."""

    def __init__(
        self, start: Start, settings: Settings, engine: EngineAccess, clock: Callable[[], float] = time.time
    ) -> None:
        super().__init__(start, settings, engine, clock)
        self.keeping = Keeping()
        """Where it is remembered; given from above."""
        self.restored: dict[Side, PaneStart] = {}
        """How panes go on from the last session, until that was seen to be there; given from above."""
        self._noted = (PaneStart(), PaneStart())
        self._due: Timer | None = None

    def recent_pairs(self) -> list[Pair]:
        """As they were noted."""
        return self.keeping.last_session().pairs

    def asks_by_itself(self, side: Side) -> bool:
        """Who was there last time was not chosen now."""
        return side not in self.restored

    @on(NotConnected)
    def _restored_nobody(self, event: NotConnected) -> None:
        """A profile that is gone: another one is chosen."""
        if event.side not in self.restored or event.problem.kind is not ProblemKind.NO_PROFILE:
            return
        del self.restored[event.side]
        self.notify(visible(event.problem.sentence()), title="Not as last time", severity="warning", markup=False)
        if self.app.screen is self:
            self.activate(self.pane(event.side))
            self.action_accounts()

    @on(PaneChanged)
    def _go_on(self, event: PaneChanged) -> None:
        """What is gone since the last session is left for the level above it."""
        pane = self.pane(event.side)
        if event.side not in self.restored or pane.spec is None:
            return
        if self._shown(pane) != self.restored[event.side]:
            del self.restored[event.side]  # the user has moved on
        elif pane.identity and pane.contents.root.state in (BranchState.COMPLETE, BranchState.FAILED):
            self._settle(pane)

    def _settle(self, pane: KeyedPane) -> None:
        here, root = pane.location, pane.contents.root
        if root.problem and need_words(root.problem):
            return  # nobody could look yet
        del self.restored[pane.side]
        empty = root.state is BranchState.COMPLETE and not root.total and here.key and not here.is_local
        if not here.bucket or not (empty or (root.problem and root.problem.kind in GONE)):
            return
        above = here.parent
        self.notify(visible(f"{here.uri} is not there any more: {above.uri}"), title="Not as last time", markup=False)
        self.restored[pane.side] = PaneStart(pane.spec, above, pane.strip.locked)
        pane.listings.remembered = [name for name in pane.listings.remembered if name != here.bucket or above.bucket]
        pane.go(above)

    @on(PaneChanged)
    def _note_soon(self) -> None:
        if self.keeping.last and not self._due:
            self._due = self.set_timer(NOTE_SECONDS, self._note)

    def on_unmount(self) -> None:
        """The end: nothing is left to be noted."""
        self._note()

    def _note(self) -> None:
        """Write down what the panes show, once everybody who was chosen is connected."""
        self._due = None
        shown = (self._shown(self.left), self._shown(self.right))
        settled = all(pane.identity or not pane.spec for pane in self.panes)
        if not self.keeping.last or shown == self._noted or not settled or shown == (PaneStart(), PaneStart()):
            return
        self._noted = shown
        try:
            write_last(self.keeping.last, *shown)
        except ProblemError as error:
            self.notify(visible(error.problem.sentence()), severity="warning", markup=False)

    @staticmethod
    def _shown(pane: KeyedPane) -> PaneStart:
        return PaneStart(pane.spec, pane.location, pane.strip.locked) if pane.spec else PaneStart()

    def action_bookmarks(self) -> None:
        """Show them; open the one that was chosen."""
        from tui.ui.screens.bookmarks import BookmarksScreen

        if not self.keeping.bookmarks:
            self.notify("nothing is remembered here", severity="warning", markup=False)
            return
        kept, left, right = Bookmarks(self.keeping.bookmarks), self._shown(self.left), self._shown(self.right)

        def answered(bookmark: Bookmark | None) -> None:
            if bookmark:
                self._open_bookmark(bookmark)

        self.app.push_screen(BookmarksScreen(kept, left, right, self.active.side), answered)

    def _open_bookmark(self, bookmark: Bookmark) -> None:
        if bookmark.left.spec and bookmark.right.spec:
            self._show_as(self.left, bookmark.left)
            self._show_as(self.right, bookmark.right)
        else:
            self._show_as(self.active, bookmark.left if bookmark.left.spec else bookmark.right)

    def _show_as(self, pane: KeyedPane, begin: PaneStart) -> None:
        spec = known_by_now(begin.spec, self.settings) if begin.spec else None
        if spec is None:
            name = begin.spec.name if begin.spec else ""
            self.notify(visible(f"{settings_file()} has no identity {name} any more"), severity="warning", markup=False)
        elif pane.identity and pane.spec == spec:
            pane.go(begin.location, by_name=True)
        else:
            pane.listings.remembered.clear()
            pane.listings.remember(begin.location.bucket)
            pane.connect(spec, begin.location)

    def action_requester_pays(self) -> None:
        """Say in requests to the bucket that whoever asks pays, or no longer; in the settings, too."""
        bucket = self.active.subject.bucket
        if not bucket or self.active.subject.is_local:
            self.notify("open a bucket first, or put the cursor on one", severity="warning", markup=False)
            return
        known = self.settings.buckets.get(bucket)
        pays = not (known and known.requester_pays)
        buckets = {**self.settings.buckets, bucket: BucketSettings(requester_pays=pays)}
        if not self.start.demo:  # which leaves nothing behind
            try:
                set_bucket(settings_file(), bucket, requester_pays=pays)
            except ProblemError as error:
                self.notify(visible(error.problem.sentence()), severity="error", markup=False)
                return
        self.settings = structs.replace(self.settings, buckets=buckets)
        for pane in self.panes:
            if pane.spec and not pane.spec.local:
                pane.reconnect()
        words = "requests say that whoever asks pays" if pays else "requests do not say any longer who pays"
        self.notify(visible(f"{bucket}: {words}"), title="Requester pays", markup=False)
