"""The transfers on screen: the latest snapshot, the list, the strip below the panes, and toasts about what ended."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from textual.app import App

from tui.browser.context import Context
from tui.browser.needs import Needs
from tui.browser.pane_pair import PanePair
from tui.core.identity import AddressBook
from tui.core.location import LocationError, parse_location
from tui.core.problem import Problem
from tui.core.transfer import Transfer, TransferKind, TransferList
from tui.ui.transfers.notices import Notice, NoticeQueue, found, notices
from tui.ui.transfers.panel import TransfersPanel
from tui.ui.transfers.strip import TransfersStrip


class Transfers:
    """Shows each snapshot, reports what has happened since the last one, and lists the places that changed."""

    def __init__(self, context: Context, panes: PanePair, needs: Needs) -> None:
        self._context, self._panes, self._needs = context, panes, needs
        self.latest = TransferList()
        """The latest snapshot."""
        self.when_ended: Callable[[Transfer], None] = lambda _transfer: None
        """Called with each transfer that has ended."""
        self.panel = TransfersPanel(context.engine, context.clock)
        self.panel.display = False
        self.strip = TransfersStrip()
        self._followed = False
        self._notices = NoticeQueue(App.NOTIFICATION_TIMEOUT)
        self._rest_is_due = False
        """Whether notices wait, and a timer runs for them."""

    def take(self, snapshot: TransferList) -> None:
        """Report what has happened since the last snapshot; with the first one, what it found under way."""
        before, self.latest = self.latest, snapshot
        if self._followed:
            self._refresh_ended(before, snapshot)
            self._tell(notices(before, snapshot))
        elif words := found(snapshot):
            self._context.tell(words)
        self._followed = True
        self.strip.transfers = snapshot
        self.panel.take(snapshot)

    def _refresh_ended(self, before: TransferList, snapshot: TransferList) -> None:
        known = {one.id for one in before.transfers if one.state.ended}
        for transfer in snapshot.transfers:
            if transfer.state.ended and transfer.id not in known:
                self._refresh_places(transfer)
                self.when_ended(transfer)

    def _refresh_places(self, transfer: Transfer) -> None:
        """Show what is now at the target; of a move or a deletion, what is no longer at the source."""
        uris = [transfer.target] if transfer.kind is TransferKind.COPY else [transfer.target, transfer.source]
        places = []
        for uri in uris:
            with suppress(LocationError):  # what is no place is nothing that a pane could show
                places.append(parse_location(uri))
        for pane in self._panes.every:
            pane.branches.refresh_below(*places)

    def _tell(self, pieces: Sequence[Notice] = ()) -> None:
        """Show these, and those that wait, as far as there is room; the rest when there is."""
        say = {"information": self._context.tell, "warning": self._context.warn, "error": self._context.error}
        for piece in self._notices.show(pieces, time.monotonic()):
            say[piece.gravity.value](piece.text, piece.title)
        wait = self._notices.wait(time.monotonic())
        if wait is not None and not self._rest_is_due:
            self._rest_is_due = True
            self._context.host.set_timer(wait, self._tell_rest)

    def _tell_rest(self) -> None:
        self._rest_is_due = False
        self._tell()

    def action_transfers(self) -> None:
        """Open the list of transfers, or close it."""
        self.panel.display = not self.panel.display
        self.strip.covered = self.panel.display
        if self.panel.display:
            self.panel.take(self.latest)
            self.panel.focus()
        else:
            self._panes.active.table.focus()

    def show_accents(self) -> None:
        """Show each identity in the accent of the pane that uses it."""
        panes = reversed(self._panes.every)
        self.panel.accents = {pane.identity.label: f"${pane.side}-accent" for pane in panes if pane.identity}
        self.panel.connections = {
            pane.identity.label: pane.identity.connection for pane in self._panes.every if pane.identity
        }

    def show_names(self, book: AddressBook) -> None:
        """Show owners by the names of `book`."""
        self.panel.book = book

    def give(self, problem: Problem) -> None:
        """Ask for what a transfer needs; a user who does not want to give it sees the transfer in full."""
        self._needs.meet(problem, otherwise=self.panel.open_details)
