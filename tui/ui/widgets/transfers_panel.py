"""The list of transfers: each with its bar and measure, the total, and what became of its objects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.events import Click
from textual.message import Message
from textual.reactive import reactive

from tui.model.identity import AddressBook
from tui.model.transfer import Transfer, TransferList, TransferState
from tui.protocol.session import EngineAccess
from tui.ui.format import counted, number
from tui.ui.screens.confirm import ConfirmScreen
from tui.ui.screens.transfer import TransferScreen
from tui.ui.tones import MUTED, outside
from tui.ui.widgets.lines import Lines
from tui.ui.widgets.transfer_lines import total_line, transfer_lines


class TransferRow(Lines):
    """One transfer; a click selects it, a double click opens it."""

    @dataclass
    class Clicked(Message):
        """The row was clicked, `twice` for a double click."""

        row: TransferRow
        twice: bool

    def __init__(self, transfer: Transfer) -> None:
        super().__init__()
        self.transfer = transfer
        self.take(transfer)

    def take(self, transfer: Transfer) -> None:
        """Show a newer snapshot."""
        self.transfer = transfer
        self.show(lambda width: transfer_lines(transfer, width))

    def on_click(self, event: Click) -> None:
        """Tell the panel."""
        self.post_message(self.Clicked(self, event.chain >= 2))


class TransfersPanel(Vertical, can_focus=True):
    """Shows the snapshots it is given, newest transfer first. Cancelling is asked for by a message."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "step(1)", show=False),
        Binding("up,k", "step(-1)", show=False),
        Binding("enter", "details", "details"),
        Binding("x,delete", "cancel", "cancel"),
    ]

    transfers: reactive[TransferList] = reactive(TransferList())
    book: reactive[AddressBook] = reactive(AddressBook())
    """Who owns what was copied."""

    @dataclass
    class CancelRequested(Message):
        """The user confirmed that this transfer shall be cancelled."""

        transfer: str

    @dataclass
    class DecisionRequested(Message):
        """The user wants to be asked now about what this transfer found at its target."""

        transfer: str

    def __init__(self, engine: EngineAccess, *, id: str | None = None) -> None:  # noqa: A002  # Textual's own name
        """`engine` tells what became of each object, when that is asked for."""
        super().__init__(id=id)
        self._engine = engine
        self._selected = ""

    def compose(self) -> ComposeResult:
        """The rows, the total below them."""
        self.border_title = " transfers ─ enter details · x cancel "
        yield VerticalScroll(can_focus=False)
        yield Lines(id="total")

    def on_mount(self) -> None:
        """Show what was given before."""
        self.watch_transfers(self.transfers)

    def watch_transfers(self, transfers: TransferList) -> None:
        """Only rows whose transfer changed are painted anew."""
        if not self.children:  # not composed yet
            return
        rows = {row.transfer.id: row for row in self.query(TransferRow)}
        known = set(rows)
        for transfer in transfers.transfers:
            if row := rows.pop(transfer.id, None):
                if row.transfer != transfer:
                    row.take(transfer)
            else:
                self.query_one(VerticalScroll).mount(
                    TransferRow(transfer), before=0 if self.query(TransferRow) else None
                )
        for gone in rows.values():
            gone.remove()
        self.query_one("#total", Lines).show(lambda width: _total(transfers, width))
        newest = transfers.transfers[-1].id if transfers.transfers else ""
        came = newest and newest not in known
        if self._selected not in {transfer.id for transfer in transfers.transfers} or (came and not self.has_focus):
            self._select(newest)
        self.query_one("#total").set_class(not newest, "-nothing")

    def _select(self, transfer: str) -> None:
        self._selected = transfer
        for row in self.query(TransferRow):
            row.set_class(row.transfer.id == transfer, "-selected")
            if row.transfer.id == transfer:
                row.scroll_visible(animate=False)

    def _current(self) -> Transfer | None:
        return next((each for each in self.transfers.transfers if each.id == self._selected), None)

    def action_step(self, by: int) -> None:
        """Select the next row; the newest transfer stands first."""
        ids = [transfer.id for transfer in reversed(self.transfers.transfers)]
        if self._selected in ids:
            self._select(ids[max(0, min(len(ids) - 1, ids.index(self._selected) + by))])

    def on_transfer_row_clicked(self, event: TransferRow.Clicked) -> None:
        """Select, and open on a double click."""
        self._select(event.row.transfer.id)
        if event.twice:
            self.action_details()

    def action_details(self) -> None:
        """What became of each object; a transfer that waits for an answer asks again."""
        transfer = self._current()
        if transfer and transfer.state is TransferState.ASKING:
            self.post_message(self.DecisionRequested(transfer.id))
        elif transfer:
            self.app.push_screen(TransferScreen(self._engine, transfer, self.book))

    @work
    async def action_cancel(self) -> None:
        """Ask, then have it cancelled."""
        transfer = self._current()
        if transfer is None or transfer.state.ended:
            self.notify("it has ended already" if transfer else "no transfer yet", severity="warning", markup=False)
            return
        done = f"{number(transfer.objects_done)} of {counted(transfer.objects_total, 'object')} are copied and stay."
        which = outside(f"{transfer.source} → {transfer.target}")
        question = Content.assemble(which, f"\n\n{done} Parts of unfinished ones are removed.")
        if await self.app.push_screen_wait(ConfirmScreen("Cancel this transfer?", question, "Cancel it")):
            self.post_message(self.CancelRequested(transfer.id))


def _total(transfers: TransferList, width: int) -> list[Content]:
    if not transfers.transfers:
        return [Content.styled("No transfer yet: F5 or c copies, and so does dragging rows to the other pane.", MUTED)]
    return [total_line(transfers, width)]
