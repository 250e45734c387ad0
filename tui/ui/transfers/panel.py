"""The list of transfers in their groups, the total below them, and the details of one."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive

from tui.core.identity import AddressBook
from tui.core.problem import Problem
from tui.core.transfer import TransferList, TransferState
from tui.kit.command_base import Scope, Scoped
from tui.kit.commands import bindings, commands_of, either_key, take_actions
from tui.kit.footer import Relabelled
from tui.kit.lines import MUTED, Lines
from tui.link.session import EngineAccess
from tui.text.format import number
from tui.ui.transfers.actions import TransferActions
from tui.ui.transfers.groups import Shown, grouped
from tui.ui.transfers.lines import Accents
from tui.ui.transfers.sparkline import RateHistory
from tui.ui.transfers.table import TransfersTable
from tui.ui.transfers.totals import total_line
from tui.ui.transfers.transfer import TransferScreen
from tui.ui.transfers.words import key_labels, limits_words, need_of

HAS_KEYS = "keys are for this list, esc closes it"

LAST = 1 << 30
"""More places than any list has."""


class TransfersPanel(Vertical, Relabelled, Scoped, can_focus=True):
    """Shows the snapshots it is given; what the user wants of the engine it asks for itself."""

    scope: ClassVar[Scope] = Scope.TRANSFERS

    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(Scope.TRANSFERS),
        Binding("down,j", "step(1)", show=False),
        Binding("up,k", "step(-1)", show=False),
        Binding("pagedown", "step(5)", show=False),
        Binding("pageup", "step(-5)", show=False),
        Binding("home,g", f"step(-{LAST})", show=False),
        Binding("end,G", f"step({LAST})", show=False),
    ]

    transfers: reactive[TransferList] = reactive(TransferList())
    shown: reactive[Shown] = reactive(Shown.ALL)
    """What the list is filtered by."""
    book: reactive[AddressBook] = reactive(AddressBook())
    """Who owns what was copied."""
    accents: reactive[Accents] = reactive[Accents]({})
    """The tones of the panes' identities, by label."""

    @dataclass
    class DecisionRequested(Message):
        """The user wants to be asked now about what this transfer found at its target."""

        transfer: str

    @dataclass
    class NeedRequested(Message):
        """The user wants to give what a transfer waits for."""

        problem: Problem

    def __init__(
        self,
        engine: EngineAccess,
        clock: Callable[[], float] = time.time,
        *,
        id: str | None = None,  # noqa: A002  # Textual's own name
    ) -> None:
        """`clock` returns the current time in seconds since the epoch."""
        super().__init__(id=id)
        self._engine, self._clock = engine, clock
        self.connections: dict[str, str] = {}
        """The panes' identities, by label: they may know why a transfer was denied."""
        self._table = TransfersTable()
        self._actions = TransferActions(self, engine, self._table, lambda: self.transfers)
        take_actions(self, commands_of(Scope.TRANSFERS), self._actions)
        self._rates = RateHistory()
        self._known: frozenset[str] = frozenset()
        self._open: TransferScreen | None = None

    @property
    def selected(self) -> str:
        """The id of the transfer that the keys are for."""
        return self._table.selected

    @property
    def order(self) -> list[str]:
        """The ids of the transfers that are shown, from top to bottom."""
        return self._table.order

    def compose(self) -> ComposeResult:
        """The rows, the total below them."""
        yield self._table
        yield Lines(id="total")

    def on_mount(self) -> None:
        """Show what was given before."""
        self.watch_transfers(self.transfers)

    def take(self, transfers: TransferList) -> None:
        """Show a snapshot if anything of it can be seen; else note its rate. Who opens the list gives it the latest."""
        if self.display or self._open:
            self.transfers = transfers
        else:
            self._rates.note(self._clock(), transfers.rate)

    def watch_transfers(self, transfers: TransferList) -> None:
        """The rows that changed are made again; one that has just come is selected while the keys are elsewhere."""
        self._rates.note(self._clock(), transfers.rate)
        if not self.children:  # not composed yet
            return
        self._show()
        came = [one.id for one in transfers.transfers if one.id not in self._known] if self._known else []
        self._known = frozenset(one.id for one in transfers.transfers)
        if came and not self.has_focus and came[-1] in self.order:
            self._table.select(came[-1])
        self._relabel()
        if self._open:
            self._open.take(transfers)

    def watch_shown(self) -> None:
        """Another part of the list is shown."""
        if self.children:
            self._show()
            self._relabel()

    def _relabel(self) -> None:
        """The keys are called what they do to the selected one."""
        found = next((each for each in self.transfers.transfers if each.id == self.selected), None)
        self.labels = key_labels(found) if found else {}

    def watch_accents(self, accents: Accents) -> None:
        """Another identity has an accent."""
        self._table.accents = accents
        self._table.paint_anew()

    def _show(self) -> None:
        transfers, rates = self.transfers, self._rates.steps
        self._table.show(grouped(transfers.transfers, self.shown))
        self._show_title()
        self.query_one("#total", Lines).show(lambda width: _total(transfers, self.shown, rates, width))
        self.set_class(not self.order, "-nothing")

    def _show_title(self) -> None:
        title = panel_title(self.transfers, self.shown, len(self.order), has_keys=self.screen.focused is self)
        if self.border_title != title.markup:  # it paints the whole panel
            self.border_title = title

    def on_focus(self) -> None:
        """Title and selected row show where the keys go."""
        self._show_title()
        self._table.refresh()

    def on_blur(self) -> None:
        """The selected row steps back."""
        self._show_title()
        self._table.refresh()

    def on_transfers_table_clicked(self, event: TransfersTable.Clicked) -> None:
        """Select, and open on a double click."""
        self.focus()
        self._table.select(event.transfer)
        self._relabel()
        if event.twice:
            self.action_details()

    def action_step(self, by: int) -> None:
        """Select another row."""
        self._table.step(by)
        self._relabel()

    def action_details(self) -> None:
        """Open the transfer; one that waits for an answer, or for what the user can give, asks for that."""
        transfer = self._actions.current()
        if transfer and transfer.state is TransferState.ASKING:
            self.post_message(self.DecisionRequested(transfer.id))
        elif transfer and (needed := need_of(transfer)):
            self.post_message(self.NeedRequested(needed))
        else:
            self.open_details()

    def open_details(self) -> None:
        """Open the selected transfer, if one is."""
        if transfer := self._actions.current():
            self._open = TransferScreen(
                self._engine,
                transfer,
                self.book,
                accents=self.accents,
                connections=self.connections,
                clock=self._clock,
            )
            self.app.push_screen(self._open, self._details_left)

    def _details_left(self, _answer: None) -> None:
        self._open = None

    def action_show_states(self) -> None:
        """Filter by the next group of states."""
        self.shown = self.shown.next()


def panel_title(transfers: TransferList, shown: Shown, count: int, *, has_keys: bool = False) -> Content:
    """``transfers ─ all 12 ─ at most 10.0 MiB/s``, or what the list is filtered by; and that the keys are for it."""
    everything = len(transfers.transfers)
    words = number(everything) if shown is Shown.ALL else f"{shown.value} {number(count)} of {number(everything)}"
    bounds = limits_words(transfers.limits)
    keys = HAS_KEYS if has_keys else ""
    return Content(
        " ─ ".join(part for part in (f" transfers {words}", f"all {bounds}" if bounds else "", keys) if part) + " "
    )


def _total(transfers: TransferList, shown: Shown, rates: Sequence[float], width: int) -> list[Content]:
    if not transfers.transfers:
        words = f"No transfers yet. Press {either_key('copy')} to copy, or drag rows to the other pane."
        return [Content.styled(words, MUTED)]
    if not any(shown.takes(transfer) for transfer in transfers.transfers):
        nothing = Content.styled(f"no {shown.value} transfers; f: other states", MUTED)
        return [nothing, total_line(transfers, width, rates)]
    return [total_line(transfers, width, rates)]
