"""The two panes: which one is active, who acts in each, how the screen is shared between them."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from textual import on
from textual.events import DescendantFocus
from textual.screen import Screen
from textual.widget import Widget

from tui.keeping.aws_config import config_file
from tui.keeping.identities import IdentityKeeper
from tui.keeping.last import Pair
from tui.model.identity import AddressBook, IdentitySpec
from tui.model.location import LOCAL_BUCKET, Location, LocationError
from tui.model.paths import location_of_path
from tui.model.problem import GRAVE
from tui.protocol.session import EngineAccess
from tui.settings import PaneStart, Settings, Start, settings_file
from tui.ui.messages import PaneChanged, Side, SplitterMoved
from tui.ui.widgets.pane_keys import KeyedPane
from tui.ui.widgets.splitter import Splitter

if TYPE_CHECKING:
    from tui.ui.screens.accounts import Chosen

SMALLEST_PANE = 12
"""Cells that the splitter leaves to a pane."""


def start_of(spec: IdentitySpec) -> Location:
    """Where an identity begins: at its buckets; the local disk in the directory that the app was started in."""
    if not spec.local:
        return Location()
    try:
        return location_of_path(".")
    except LocationError:  # it is gone, or no key can name it
        return Location(LOCAL_BUCKET)


class PanesScreen(Screen[None]):
    """Holds the panes and hands each what it must know of the other."""

    def __init__(
        self, start: Start, settings: Settings, engine: EngineAccess, clock: Callable[[], float] = time.time
    ) -> None:
        """`clock` tells the present in seconds since the epoch."""
        super().__init__()
        self.start, self.settings, self.engine, self.clock = start, settings, engine, clock
        self.left = KeyedPane(Side.LEFT, engine, clock)
        self.right = KeyedPane(Side.RIGHT, engine, clock)
        self.active = self.left
        """The pane that the keys go to, also while a panel has the focus."""
        self.splitter = Splitter()
        self.book = AddressBook()

    @property
    def panes(self) -> tuple[KeyedPane, KeyedPane]:
        """Both panes."""
        return self.left, self.right

    @property
    def passive(self) -> KeyedPane:
        """The other pane."""
        return self.beside(self.active)

    def beside(self, pane: KeyedPane) -> KeyedPane:
        """The other one of the two."""
        return self.right if pane is self.left else self.left

    def pane(self, side: Side) -> KeyedPane:
        """The pane that started on a side."""
        return self.left if side is Side.LEFT else self.right

    def on_mount(self) -> None:
        """Show the panes first, then find out what to show in them."""
        self.activate(self.left)
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        unknown = []
        for pane, begin in ((self.left, self.start.left), (self.right, self.start.right)):
            if begin.spec is None:
                unknown.append((pane, begin))
            else:
                self._connect(pane, begin.spec, begin)
        self._ask_all(unknown)

    def _ask_all(self, unknown: list[tuple[KeyedPane, PaneStart]]) -> None:
        """The accounts screen, for one pane after the other; a pair is chosen once for both."""
        if not unknown:
            return
        (pane, begin), *others = unknown

        def answered(chosen: Chosen | None) -> None:
            if chosen:
                self._connect(pane, chosen.spec, begin)
            if chosen and chosen.other:
                self._connect(self.beside(pane), chosen.other, others[0][1] if others else PaneStart())
            else:
                self._ask_all(others)

        self._choose(pane, answered)

    def _connect(self, pane: KeyedPane, spec: IdentitySpec, begin: PaneStart) -> None:
        location = begin.location if begin.location.bucket else start_of(spec)
        pane.listings.remember(location.bucket)
        pane.connect(spec, location if location.is_prefix else location.parent)

    def _choose(self, pane: KeyedPane, answered: Callable[[Chosen | None], None]) -> None:
        """Ask who acts in a pane. A demo has AWS files of its own, and writes nothing into the user's."""
        from tui.ui.screens.accounts import AccountsScreen

        aws_config = None if self.start.demo else config_file(os.environ)
        keeper = IdentityKeeper(self.settings, settings_file(), aws_config, self._take_settings)
        other = self.beside(pane).spec
        dialog = AccountsScreen(
            self.engine, pane.side, keeper, current=pane.spec, other=other, pairs=self.recent_pairs()
        )
        self.app.push_screen(dialog, answered)

    def recent_pairs(self) -> list[Pair]:
        """The identities that were side by side lately, newest first."""
        return []

    def _take_settings(self, settings: Settings) -> None:
        self.settings = settings

    def action_accounts(self) -> None:
        """Choose who acts in the active pane, or in both."""
        pane = self.active

        def answered(chosen: Chosen | None) -> None:
            if chosen:
                self._switch(pane, chosen.spec)
            if chosen and chosen.other and chosen.other != self.beside(pane).spec:
                self._switch(self.beside(pane), chosen.other)

        self._choose(pane, answered)

    def _switch(self, pane: KeyedPane, spec: IdentitySpec) -> None:
        pane.listings.remembered.clear()
        saw_nothing = pane.identity is None or (pane.identity.problem and pane.identity.problem.kind in GRAVE)
        meant = saw_nothing and pane.location.bucket and spec.local is pane.location.is_local
        pane.connect(spec, pane.location if meant else start_of(spec))

    def activate(self, pane: KeyedPane) -> None:
        """The keys go to `pane`."""
        self.active = pane
        for one in self.panes:
            one.set_class(one is pane, "-active")
        pane.table.focus()

    @on(DescendantFocus)
    def _focused(self, event: DescendantFocus) -> None:
        for pane in self.panes:
            if pane in event.widget.ancestors and pane is not self.active:
                self.active = pane
                for one in self.panes:
                    one.set_class(one is pane, "-active")
                self.active_changed()

    def active_changed(self) -> None:
        """Another pane has become the active one."""

    def action_other_pane(self) -> None:
        """Go to the other pane."""
        self.activate(self.passive)
        self.active_changed()

    def action_swap(self) -> None:
        """The left pane goes to the right and the right one to the left, each with all it holds."""
        container = self.left.parent
        if not isinstance(container, Widget):
            return
        first, second = sorted(self.panes, key=container.children.index)
        container.move_child(second, before=first)
        container.move_child(first, after=self.splitter)

    def action_mirror(self) -> None:
        """Take the other pane to where this one is."""
        if self.passive.location != self.active.location:
            self.show_in(self.passive, self.active.location)

    def action_open_location(self) -> None:
        """Ask for a bucket or URI and go there."""
        from tui.ui.screens.open_location import OpenLocationScreen

        pane = self.active

        def answered(location: Location | None) -> None:
            if location:
                self.show_in(pane, location)

        self.app.push_screen(OpenLocationScreen(pane.location), answered)

    def show_in(self, pane: KeyedPane, location: Location) -> None:
        """Take a pane somewhere; to a path as the local disk, but from there into S3 only as somebody."""
        is_disk = bool(pane.spec and pane.spec.local)
        if location.is_local == is_disk:
            pane.go(location, by_name=True)
        elif location.is_local:
            pane.connect(IdentitySpec(local=True), location if location.is_prefix else location.parent)
        else:
            self.notify("a: choose who acts in that pane first, it shows the local disk", severity="warning")

    @on(PaneChanged)
    def _pane_changed(self, event: PaneChanged) -> None:
        event.stop()
        self._share_owners()
        self.pane_changed(self.pane(event.side))

    def pane_changed(self, pane: KeyedPane) -> None:
        """Something of a pane is no longer what it was."""

    def _share_owners(self) -> None:
        """A bucket that one pane knows as its own has a known owner in the other pane, too, on the same server."""
        for pane in self.panes:
            owners: dict[str, str] = {}
            for other in self.panes:
                if other is pane or self.same_server:
                    owners |= other.known_owners
            if owners != pane.bucket_owners:
                pane.bucket_owners = owners

    @property
    def same_server(self) -> bool:
        """Whether both panes speak to the same endpoint, so that equal names mean the same place."""
        one, other = self.left.identity, self.right.identity
        return bool(one and other and one.endpoint == other.endpoint)

    def learn_addresses(self, book: AddressBook) -> None:
        """Who is who, for all that shows owners."""
        self.book = book
        for pane in self.panes:
            pane.book = book
            pane.strip.names = book.accounts

    @on(SplitterMoved)
    def _splitter_moved(self, event: SplitterMoved) -> None:
        container = self.splitter.parent
        if container is None:
            return
        first, second = sorted(self.panes, key=container.children.index)
        room = first.size.width + second.size.width
        share = max(SMALLEST_PANE, min(event.pointer.x - first.region.x, room - SMALLEST_PANE))
        first.styles.width, second.styles.width = f"{share}fr", f"{room - share}fr"

    @on(Splitter.Centred)
    def _splitter_centred(self) -> None:
        for pane in self.panes:
            pane.styles.width = "1fr"
