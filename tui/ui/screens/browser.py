"""The browser: two panes, inspector, transfers and footer, and how they share the screen."""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import StrEnum
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Horizontal
from textual.events import Resize

from tui.model.facts import Finding
from tui.model.identity import AddressBook
from tui.model.transfer import TransferList
from tui.protocol.messages import Explain
from tui.protocol.session import EngineAccess
from tui.settings import Settings, Start
from tui.ui.commands import Scope, bindings
from tui.ui.listing.rows import RowKind
from tui.ui.messages import ObjectOpened, ProblemOpened
from tui.ui.screens.changing import ChangingScreen
from tui.ui.widgets.inspector import Inspector, InspectTarget
from tui.ui.widgets.key_footer import KeyFooter
from tui.ui.widgets.pane_keys import KeyedPane
from tui.ui.widgets.transfers_panel import TransfersPanel
from tui.ui.widgets.transfers_strip import TransfersStrip

WIDE = 120
"""From so many cells on the inspector stands beside both panes; below, at the right, it takes the other's place."""


class Docked(StrEnum):
    """Where the inspector is."""

    OFF = "off"
    RIGHT = "right"
    BELOW = "below"


class BrowserScreen(ChangingScreen):
    """Composes and lays out; what it does besides is in the classes it builds on."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Scope.BROWSER)]

    def __init__(
        self, start: Start, settings: Settings, engine: EngineAccess, clock: Callable[[], float] = time.time
    ) -> None:
        super().__init__(start, settings, engine, clock)
        self.docked = Docked.OFF
        self.inspector = Inspector(engine, clock)
        self.panel = TransfersPanel(engine, clock)
        self.strip = TransfersStrip()
        self.panel.display = self.inspector.display = False

    def compose(self) -> ComposeResult:
        """From top to bottom; the ghost above all."""
        with Container(id="work"):
            with Horizontal(id="panes"):
                yield self.left
                yield self.splitter
                yield self.right
            yield self.inspector
        yield self.panel
        yield self.strip
        yield KeyFooter()
        yield self.ghost

    def on_resize(self, event: Resize) -> None:
        """A narrow screen has room for two columns only."""
        self._lay_out(event.size.width)

    def _lay_out(self, width: int) -> None:
        covers = self.docked is Docked.RIGHT and width < WIDE
        for pane in self.panes:
            pane.display = not covers or pane is self.active
        self.splitter.display = not covers
        self.inspector.display = self.docked is not Docked.OFF
        work = self.query_one("#work")
        work.set_class(covers, "-narrow")
        for place in Docked:
            work.set_class(self.docked is place, f"-{place.value}")

    def action_inspector(self) -> None:
        """Off, right, below, off."""
        places = list(Docked)
        self._dock(places[(places.index(self.docked) + 1) % len(places)])

    def _dock(self, place: Docked) -> None:
        self.docked = place
        if place is Docked.OFF and self.inspector.has_focus:
            self.active.table.focus()
        self._lay_out(self.size.width)
        self._inspect()

    def action_into_inspector(self) -> None:
        """Open the inspector if need be, and give it the keys."""
        if self.docked is Docked.OFF:
            self._dock(Docked.RIGHT)
        self.inspector.focus()

    def action_read_policy(self) -> None:
        """The policy that the inspector knows."""
        self.inspector.action_read_policy()

    @on(ObjectOpened)
    def _object_opened(self, event: ObjectOpened) -> None:
        event.stop()
        if self.docked is Docked.OFF:
            self._dock(Docked.RIGHT)

    @on(ProblemOpened)
    def _problem_opened(self, event: ProblemOpened) -> None:
        from tui.ui.screens.problem import ProblemScreen

        event.stop()
        pane = self.pane(event.side)
        mine, other = pane.identity, next(one for one in self.panes if one is not pane).identity

        async def explain() -> list[Finding]:
            if mine is None:
                return []
            request = Explain(event.problem, event.location, mine.connection, other.connection if other else None)
            return (await self.engine.ask(request)).findings

        self.app.push_screen(ProblemScreen(event.problem, explain, lambda: self.meet(event.problem)))

    def active_changed(self) -> None:
        """The inspector follows the active pane."""
        self._lay_out(self.size.width)
        self._inspect()

    def pane_changed(self, pane: KeyedPane) -> None:
        """The inspector follows the cursor, the accents of the transfers the identities."""
        self.panel.accents = {one.identity.label: f"${one.side}-accent" for one in reversed(self.panes) if one.identity}
        if pane is self.active:
            self._inspect()

    def _inspect(self) -> None:
        """Show what is under the cursor; on a row that says something about the listing, the place itself."""
        if self.docked is Docked.OFF:
            return
        mine, other = self.active.identity, self.passive.identity
        row = self.active.cursor_row
        if mine is None:
            self.inspector.show(None)
            return
        subject = row.branch.location if row and row.kind is RowKind.STATUS else self.active.subject
        self.inspector.show(InspectTarget(mine.connection, subject, other.connection if other else None))

    def action_transfers(self) -> None:
        """Open the list of transfers, or close it."""
        self.panel.display = not self.panel.display
        if self.panel.display:
            self.panel.focus()
        else:
            self.active.table.focus()
        self._show_strip()

    @on(TransfersStrip.Opened)
    def _strip_opened(self) -> None:
        self.action_transfers()

    def transfers_changed(self, snapshot: TransferList) -> None:
        """Strip and panel show the latest."""
        self.strip.transfers = self.panel.transfers = snapshot
        self._show_strip()

    def _show_strip(self) -> None:
        """One of the two is enough."""
        self.strip.display = bool(self.transfers.transfers) and not self.panel.display

    @on(TransfersPanel.DecisionRequested)
    def _decision_requested(self, event: TransfersPanel.DecisionRequested) -> None:
        self.ask_again(event.transfer)

    @on(TransfersPanel.NeedRequested)
    def _need_requested(self, event: TransfersPanel.NeedRequested) -> None:
        """Ask; who does not want to give it sees the transfer in full."""
        event.stop()
        self.meet(event.problem, otherwise=self.panel.open_details)

    def learn_addresses(self, book: AddressBook) -> None:
        """Owners have names now."""
        super().learn_addresses(book)
        self.inspector.book = self.panel.book = book

    def key_escape(self) -> None:
        """From a panel back to the rows."""
        if self.focused in (self.panel, self.inspector):
            self.active.table.focus()
