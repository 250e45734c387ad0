"""The pair of panes: which one is in front, and which may be written to."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial

from msgspec import structs
from textual.geometry import Offset
from textual.widget import Widget

from tui.browser.context import BrowserContext
from tui.core.identity import AddressBook, Identity, IdentitySpec
from tui.core.orders import Selection
from tui.kit.commands import key_of
from tui.link.session import EngineAccess
from tui.panes.drag import Splitter
from tui.panes.news import PaneSide
from tui.panes.pane import Pane
from tui.panes.tabs import PaneTabs
from tui.settings import PaneStart, TabList, settings_file


class WriteGuard:
    """Adds the settings and the user's switch to every identity that a pane connects as."""

    def __init__(self, context: BrowserContext, panes: PanePair) -> None:
        self._context, self._panes = context, panes
        self.locked = {PaneSide(side) for side in context.start.read_only}
        """The sides that the user has made read-only, with all their tabs."""
        panes.prepare(self._prepare)

    def _prepare(self, pane: Pane) -> None:
        pane.connection.apply_settings = partial(self._with_settings, pane.side)
        pane.strip.accounts = self._context.settings.accounts
        pane.strip.locked = pane.side in self.locked

    def _with_settings(self, side: PaneSide, spec: IdentitySpec) -> IdentitySpec:
        applied = self._context.settings.apply(spec)
        if side not in self.locked:
            return applied
        return structs.replace(applied, safety=structs.replace(applied.safety, read_only=True))

    def action_read_only(self) -> None:
        pane = self._panes.active
        if pane.spec is None:
            self._context.no_identity()
            return
        if pane.side not in self.locked and pane.identity and pane.identity.read_only:
            self.may_write(pane)  # which shows the setting that requires it
            return
        self.locked ^= {pane.side}
        for tab in self._panes.sides[pane.side].tabs:
            tab.strip.locked = pane.side in self.locked
            tab.connection.reconnect()
        words = f"is read-only; {key_of('read_only')} allows writes" if pane.strip.locked else "allows writes"
        self._context.tell(f"the {pane.side} pane {words}")

    def may_write(self, pane: Pane) -> bool:
        """Whether the pane may write; if not, a toast says why."""
        if pane.side in self.locked:
            words = f"the {pane.side} pane is read-only · {key_of('read_only')} allows writes"
        elif pane.identity and pane.identity.read_only:
            words = f"{pane.identity.label}: {pane.identity.read_only} · {self._demand(pane.identity)}"
        else:
            return True
        self._context.warn(words, "Read-only")
        return False

    def _demand(self, identity: Identity) -> str:
        """The setting that requires it: no key overrides a setting."""
        ours = self._context.settings.identities.get(identity.spec.name)
        where = f"read_only of identities.{identity.spec.name}" if ours and ours.read_only else "[safety] or [accounts]"
        return f"{where} in {settings_file()} requires it"


SMALLEST_PANE = 12
"""Cells that the splitter leaves to each pane."""


class PanePair:
    """Both panes, left before right, and the splitter. A pane is the front tab of its side; `every` are all tabs."""

    def __init__(self, engine: EngineAccess, clock: Callable[[], float] = time.time) -> None:
        self._engine, self._clock = engine, clock
        self._book = AddressBook()
        self._preparing: list[Callable[[Pane], None]] = []
        self.sides = {side: PaneTabs(side, partial(self._make, side)) for side in PaneSide}
        """The tabs of each side."""
        self.active_side = PaneSide.LEFT
        """The side with the keys, also while a panel has the focus."""
        self._has_keys = True
        """Whether a pane has the keys, not a panel."""
        self.splitter = Splitter()
        self.active_changed: Callable[[], None] = lambda: None
        """Called when another pane becomes the active one; set by the screen."""

    def _make(self, side: PaneSide) -> Pane:
        pane = Pane(side, self._engine, self._clock)
        pane.book, pane.strip.names = self._book, self._book.accounts
        for prepare in self._preparing:
            prepare(pane)
        return pane

    def prepare(self, with_what: Callable[[Pane], None]) -> None:
        """Call it with every tab, now and later."""
        self._preparing.append(with_what)
        for pane in self.every:
            with_what(pane)

    @property
    def left(self) -> Pane:
        return self.sides[PaneSide.LEFT].front

    @property
    def right(self) -> Pane:
        return self.sides[PaneSide.RIGHT].front

    @property
    def active(self) -> Pane:
        return self.pane(self.active_side)

    @property
    def every(self) -> list[Pane]:
        return [pane for side in self.sides.values() for pane in side.tabs]

    @property
    def tab_lists(self) -> tuple[TabList, TabList]:
        """The tabs of both sides, in the form that is saved."""
        return _kept(self.sides[PaneSide.LEFT]), _kept(self.sides[PaneSide.RIGHT])

    def __iter__(self) -> Iterator[Pane]:
        return iter((self.left, self.right))

    @property
    def passive(self) -> Pane:
        return self.beside(self.active)

    def beside(self, pane: Pane) -> Pane:
        return self.right if pane.side is PaneSide.LEFT else self.left

    def pane(self, side: PaneSide) -> Pane:
        return self.sides[side].front

    def activate(self, pane: Pane) -> None:
        self._mark_active(pane)
        pane.table.focus()

    def _mark_active(self, pane: Pane) -> None:
        self.active_side = pane.side
        self.show_active()

    def show_active(self) -> None:
        """Show which pane is active, while a pane has the keys."""
        active = self.active if self._has_keys else None
        for one in self:
            one.strip.set_class(one is active, "-active")  # of the whole pane it would style every widget again

    def focus_moved(self, focused: Widget) -> None:
        """Activate the pane that has the focus; while a panel has it, no pane looks active."""
        inside = next((pane for pane in self if pane in focused.ancestors), None)
        self._has_keys = inside is not None
        if inside is None or inside is self.active:
            self.show_active()
        else:
            self._mark_active(inside)
            self.active_changed()

    def action_other_pane(self) -> None:
        self.activate(self.passive)
        self.active_changed()

    def action_swap(self) -> None:
        """Swap the panes on screen; each keeps identity, location and marks."""
        container = self.splitter.parent
        if not isinstance(container, Widget):
            return
        first, second = sorted(self.sides.values(), key=container.children.index)
        container.move_child(second, before=first)
        container.move_child(first, after=self.splitter)

    @property
    def same_server(self) -> bool:
        """Whether both panes use the same endpoint, so that equal names mean the same place."""
        return same_server(self.left, self.right)

    def share_owners(self) -> None:
        """Tell each pane the bucket owners that panes on the same server know."""
        known = [(pane, pane.identity.endpoint if pane.identity else None, pane.known_owners) for pane in self.every]
        by_server: dict[str, dict[str, str]] = {}
        for _, endpoint, owners in known:
            if endpoint is not None:
                by_server.setdefault(endpoint, {}).update(owners)
        for pane, endpoint, owners in known:
            shared = owners if endpoint is None else by_server[endpoint]
            if shared != pane.bucket_owners:
                pane.bucket_owners = shared

    def show_names(self, book: AddressBook) -> None:
        self._book = book
        for pane in self.every:
            pane.book = book
            pane.strip.names = book.accounts

    def clear_marks(self, selection: Selection) -> None:
        """Clear the marks in the panes that made `selection`: the engine has its order."""
        for pane in self.every:
            if pane.identity and pane.identity.connection == selection.connection:
                pane.table.clear_marks()

    def split_at(self, pointer: Offset) -> None:
        """Move the splitter to a cell of the screen, as far as both panes stay readable."""
        container = self.splitter.parent
        if container is None:
            return
        first, second = sorted(self.sides.values(), key=container.children.index)
        room = first.size.width + second.size.width
        share = max(SMALLEST_PANE, min(pointer.x - first.region.x, room - SMALLEST_PANE))
        first.styles.width, second.styles.width = f"{share}fr", f"{room - share}fr"

    def split_evenly(self) -> None:
        for side in self.sides.values():
            side.styles.width = "1fr"


def same_server(one: Pane, other: Pane) -> bool:
    mine, others = one.identity, other.identity
    return bool(mine and others and mine.endpoint == others.endpoint)


def place_of(pane: Pane) -> PaneStart:
    """What a pane shows, in the form that is saved; empty without an identity."""
    if pane.begins:
        return structs.replace(pane.begins, locked=pane.strip.locked)
    return PaneStart(pane.spec, pane.location, pane.strip.locked) if pane.spec else PaneStart()


def _kept(side: PaneTabs) -> TabList:
    """The tabs of a side; empty if there is only one."""
    return TabList([place_of(pane) for pane in side.tabs], side.number) if len(side.tabs) > 1 else TabList()
