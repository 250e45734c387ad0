"""The two panes: which one is active, where each is on screen, and what each knows of the other."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from textual.geometry import Offset
from textual.widget import Widget

from tui.model.identity import AddressBook
from tui.model.orders import Selection
from tui.protocol.session import EngineAccess
from tui.settings import PaneStart
from tui.ui.kit.messages import Side
from tui.ui.panes.pane import Pane
from tui.ui.panes.splitter import Splitter

SMALLEST_PANE = 12
"""Cells that the splitter leaves to a pane."""


class PanePair:
    """Both panes and the splitter between them; iterating gives the left one, then the right one."""

    def __init__(self, engine: EngineAccess, clock: Callable[[], float] = time.time) -> None:
        """`clock` returns the current time in seconds since the epoch."""
        self.left = Pane(Side.LEFT, engine, clock)
        self.right = Pane(Side.RIGHT, engine, clock)
        self.active = self.left
        """The pane that the keys go to, also while a panel has the focus."""
        self.splitter = Splitter()
        self.active_changed: Callable[[], None] = lambda: None
        """Called when another pane has become the active one; set by the screen."""

    def __iter__(self) -> Iterator[Pane]:
        return iter((self.left, self.right))

    @property
    def passive(self) -> Pane:
        """The pane that is not active."""
        return self.beside(self.active)

    def beside(self, pane: Pane) -> Pane:
        """The other one of the two."""
        return self.right if pane is self.left else self.left

    def pane(self, side: Side) -> Pane:
        """The pane that started on a side."""
        return self.left if side is Side.LEFT else self.right

    def activate(self, pane: Pane) -> None:
        """Give the keys to `pane`."""
        self._mark_active(pane)
        pane.table.focus()

    def _mark_active(self, pane: Pane) -> None:
        self.active = pane
        for one in self:
            one.strip.set_class(one is pane, "-active")  # of the whole pane it would style every widget again

    def focus_moved(self, focused: Widget) -> None:
        """Make the pane that has the focus the active one."""
        for pane in self:
            if pane in focused.ancestors and pane is not self.active:
                self._mark_active(pane)
                self.active_changed()

    def action_other_pane(self) -> None:
        """Go to the other pane."""
        self.activate(self.passive)
        self.active_changed()

    def action_swap(self) -> None:
        """Swap the panes on screen; each keeps its identity, its place and its marks."""
        container = self.left.parent
        if not isinstance(container, Widget):
            return
        first, second = sorted(self, key=container.children.index)
        container.move_child(second, before=first)
        container.move_child(first, after=self.splitter)

    @property
    def same_server(self) -> bool:
        """Whether both panes speak to the same endpoint, so that equal names mean the same place."""
        one, other = self.left.identity, self.right.identity
        return bool(one and other and one.endpoint == other.endpoint)

    def share_owners(self) -> None:
        """A bucket that one pane lists as its own has a known owner in the other pane, too, on the same server."""
        for pane in self:
            owners: dict[str, str] = {}
            for other in self:
                if other is pane or self.same_server:
                    owners |= other.known_owners
            if owners != pane.bucket_owners:
                pane.bucket_owners = owners

    def show_names(self, book: AddressBook) -> None:
        """Show owners and accounts by the names of `book`."""
        for pane in self:
            pane.book = book
            pane.strip.names = book.accounts

    def clear_marks(self, selection: Selection) -> None:
        """Take the marks away in the panes that `selection` was made in: the engine has its order."""
        for pane in self:
            if pane.identity and pane.identity.connection == selection.connection:
                pane.table.clear_marks()

    def split_at(self, pointer: Offset) -> None:
        """Move the splitter to a cell of the screen, as far as the panes can still be read."""
        container = self.splitter.parent
        if container is None:
            return
        first, second = sorted(self, key=container.children.index)
        room = first.size.width + second.size.width
        share = max(SMALLEST_PANE, min(pointer.x - first.region.x, room - SMALLEST_PANE))
        first.styles.width, second.styles.width = f"{share}fr", f"{room - share}fr"

    def split_evenly(self) -> None:
        """Make both panes equally wide."""
        for pane in self:
            pane.styles.width = "1fr"


def place_of(pane: Pane) -> PaneStart:
    """What a pane shows, in the form in which it is kept; empty as long as no identity was chosen for it."""
    return PaneStart(pane.spec, pane.location, pane.strip.locked) if pane.spec else PaneStart()
