"""The list of transfers in their groups, the total below them, and the details of one."""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.events import Click
from textual.geometry import Offset, Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.visual import Visual
from textual.widget import Widget

from tui.core.identity import AddressBook
from tui.core.problem import Problem
from tui.core.transfer import Transfer, TransferList, TransferState
from tui.features.transfer_list import transfer_lines_view
from tui.features.transfer_list.control_screen import TransferControl
from tui.features.transfer_list.transfer_screen import TransferScreen
from tui.kit.command_base import UNBOUND, Command, CommandScope, Scoped
from tui.kit.commands import bindings, commands_of, either_key, key_of, take_actions
from tui.kit.footer import Relabelled
from tui.kit.lines import KEY, MUTED, Lines, right_aligned
from tui.kit.menu import ContextMenu
from tui.link.session import EngineAccess
from tui.text.format import number

HAS_KEYS = "keys act on this list, q leaves it"

OF_PANES = {
    key
    for one in commands_of(CommandScope.BROWSER)
    if one.id not in ("transfers", "other_pane", "undo")
    for key in one.keys or (f"{UNBOUND}{one.id}",)
}
"""What would act on the pane behind the list."""

LAST = 1 << 30
"""More places than any list has."""


class TransfersPanel(Vertical, Relabelled, Scoped, can_focus=True):
    """Shows the snapshots it is given; its keys ask the engine."""

    scope: ClassVar[CommandScope] = CommandScope.TRANSFERS

    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(CommandScope.TRANSFERS),
        Binding("down,j", "step(1)", show=False),
        Binding("up,k", "step(-1)", show=False),
        Binding("pagedown", "step(5)", show=False),
        Binding("pageup", "step(-5)", show=False),
        Binding("home,g", f"step(-{LAST})", show=False),
        Binding("end,G", f"step({LAST})", show=False),
        Binding("q,f10", "screen.transfers", show=False),
    ]

    transfers: reactive[TransferList] = reactive(TransferList())
    shown: reactive[transfer_lines_view.TransferFilter] = reactive(transfer_lines_view.TransferFilter.ALL)
    """What the list is filtered by."""
    book: reactive[AddressBook] = reactive(AddressBook())
    """Who owns what was copied."""
    accents: reactive[transfer_lines_view.Accents] = reactive[transfer_lines_view.Accents]({})
    """The tones of the panes' identities, by label."""

    @dataclass
    class DecisionRequested(Message):
        """The user wants to be asked now about what this transfer found at its target."""

        transfer: str

    @dataclass
    class NeedRequested(Message):
        """The user wants to give what a transfer waits for."""

        problem: Problem

    def __init__(self, engine: EngineAccess, clock: Callable[[], float] = time.time) -> None:
        """`clock` returns the current time in seconds since the epoch."""
        super().__init__()
        self._engine, self._clock = engine, clock
        self.connections: dict[str, str] = {}
        """The panes' identities, by label: they may know why a transfer was denied."""
        self._table = TransfersTable()
        self._actions = TransferActions(self, engine, self._table, lambda: self.transfers)
        take_actions(self, commands_of(CommandScope.TRANSFERS), self._actions)
        self._rates = transfer_lines_view.RateHistory()
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
        yield self._table
        yield Lines(id="total")

    def on_mount(self) -> None:
        self.watch_transfers(self.transfers)

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Keep the keys of the panes, whatever the settings have for them, from the screen behind."""
        return not OF_PANES.isdisjoint((key, character))

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
        if self.children:
            self._show()
            self._relabel()

    def _relabel(self) -> None:
        found = next((each for each in self.transfers.transfers if each.id == self.selected), None)
        self.labels = transfer_lines_view.key_labels(found) if found else {}

    def watch_accents(self, accents: transfer_lines_view.Accents) -> None:
        self._table.accents = accents
        self._table.paint_anew()

    def _show(self) -> None:
        transfers, rates = self.transfers, self._rates.steps
        self._table.show(transfer_lines_view.grouped(transfers.transfers, self.shown))
        self._show_title()
        self.query_one("#total", Lines).show(lambda width: _total(transfers, self.shown, rates, width))
        self.set_class(not self.order, "-nothing")

    def _show_title(self) -> None:
        title = panel_title(self.transfers, self.shown, len(self.order), has_keys=self.screen.focused is self)
        if self.border_title != title.markup:  # it paints the whole panel
            self.border_title = title

    def on_focus(self) -> None:
        self._show_title()
        self._table.refresh()

    def on_blur(self) -> None:
        self._show_title()
        self._table.refresh()

    def on_transfers_table_clicked(self, event: TransfersTable.Clicked) -> None:
        self.focus()
        self.select(event.transfer)
        if event.twice:
            self.action_details()

    def select(self, transfer: str = "") -> None:
        """Put the cursor on a transfer, if it is shown."""
        if transfer in self.order:
            self._table.select(transfer)
            self._relabel()

    def action_step(self, by: int) -> None:
        self._table.step(by)
        self._relabel()

    def action_more(self) -> None:
        """Show what can be done with the selected transfer, and with all."""
        named = [replace(one, label=self.labels.get(one.id, one.label)) for one in commands_of(self.scope)]
        parts = [[one for one in named if one.label and one.id != "more"]]

        def answered(chosen: Command | None) -> None:
            if chosen:
                self.app.call_later(self.app.run_action, chosen.id, self)

        self.app.push_screen(ContextMenu("transfers", parts, self.region.offset + Offset(4, 1)), answered)

    def action_details(self) -> None:
        """Open the transfer; one that waits for an answer, or for what the user can give, asks for that."""
        transfer = self._actions.current()
        if transfer and transfer.state is TransferState.ASKING:
            self.post_message(self.DecisionRequested(transfer.id))
        elif transfer and (needed := transfer_lines_view.need_of(transfer)):
            self.post_message(self.NeedRequested(needed))
        else:
            self.open_details()

    def open_details(self) -> None:
        if transfer := self._actions.current():
            self._open = TransferScreen(
                self._engine, transfer, self.book, accents=self.accents, connections=self.connections, clock=self._clock
            )
            self.app.push_screen(self._open, self._details_left)

    def _details_left(self, _answer: None) -> None:
        self._open = None

    def action_show_states(self) -> None:
        self.shown = self.shown.next()


def panel_title(
    transfers: TransferList, shown: transfer_lines_view.TransferFilter, count: int, *, has_keys: bool = False
) -> Content:
    """``transfers ─ all 12 ─ at most 10.0 MiB/s``, or what the list is filtered by; and that the keys are for it."""
    everything = len(transfers.transfers)
    part_of = "" if shown is transfer_lines_view.TransferFilter.ALL else f"{shown.value} {number(count)} of "
    bounds = transfer_lines_view.limits_words(transfers.limits)
    parts = (
        f" transfers {part_of}{number(everything)}",
        f"all {bounds}" if bounds else "",
        HAS_KEYS if has_keys else "",
    )
    return Content(" ─ ".join(filter(None, parts)) + " ")


def _total(
    transfers: TransferList, shown: transfer_lines_view.TransferFilter, rates: Sequence[float], width: int
) -> list[Content]:
    if not transfers.transfers:
        words = f"No transfers yet. Press {either_key('copy')} to copy, or drag rows to the other pane."
        return [Content.styled(words, MUTED)]
    if not any(shown.takes(transfer) for transfer in transfers.transfers):
        nothing = Content.styled(f"no {shown.value} transfers; {key_of('show_states')}: other states", MUTED)
        return [nothing, transfer_lines_view.total_line(transfers, width, rates)]
    return [transfer_lines_view.total_line(transfers, width, rates)]


class TransferActions:
    """Asks the engine for it; `transfers` gives the latest snapshot."""

    def __init__(
        self, node: Widget, engine: EngineAccess, table: TransfersTable, transfers: Callable[[], TransferList]
    ) -> None:
        """Toasts of `node` refuse actions, and its workers end with it."""
        self._node, self._table, self._transfers = node, table, transfers
        self._control = control = TransferControl(node, engine)
        self.action_pause = partial(self._on_current, control.toggle)
        self.action_cancel_transfer = partial(self._on_current, control.cancel)
        self.action_retry = partial(self._on_current, control.retry)
        self.action_move_up, self.action_move_down = partial(self._move, -1), partial(self._move, 1)
        self.action_limits = partial(self._on_current, control.limits)
        self.action_receipt = partial(self._on_current, control.receipt)
        self.action_export_failed = partial(self._on_current, partial(control.receipt, failed=True))
        self.action_verify = partial(self._on_current, control.verify)

    def current(self) -> Transfer | None:
        """The selected transfer; without one, a toast says so."""
        found = next((each for each in self._transfers().transfers if each.id == self._table.selected), None)
        if found is None:
            self._node.notify("no transfer is selected", severity="warning", markup=False)
        return found

    def _on_current(self, action: Callable[[Transfer], Coroutine[Any, Any, None]]) -> None:
        if transfer := self.current():
            self._node.run_worker(action(transfer))

    def action_pause_all(self) -> None:
        self._node.run_worker(self._control.toggle_all(self._transfers().transfers))

    def action_cancel_all(self) -> None:
        self._node.run_worker(self._control.cancel_all(self._transfers().transfers))

    def _move(self, by: int) -> None:
        def move(transfer: Transfer) -> Coroutine[Any, Any, None]:
            group = transfer_lines_view.GROUPS[transfer.state]
            queue = [each.id for each in self._transfers().transfers if transfer_lines_view.GROUPS[each.state] is group]
            return self._control.move(transfer, transfer_lines_view.moved_before(queue, transfer.id, by))

        self._on_current(move)

    def action_limits_all(self) -> None:
        self._node.run_worker(self._control.limits_all(self._transfers().limits))

    def action_forget(self) -> None:
        shown = set(self._table.order)
        self._node.run_worker(self._control.forget([each for each in self._transfers().transfers if each.id in shown]))


SELECTED, SELECTED_IDLE = "transfers-table--selected", "transfers-table--selected-idle"


@dataclass(frozen=True, slots=True)
class TransferLine:
    """A line of the table, and the transfer it belongs to; a heading belongs to none."""

    text: Content
    transfer: str = ""


class TransfersTable(ScrollView, can_focus=False, inherit_bindings=False):
    """Shows the groups it is given and keeps the selected transfer where it is on screen, whatever its group."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {SELECTED, SELECTED_IDLE}

    @dataclass
    class Clicked(Message):
        """A transfer was clicked, `twice` for a double click."""

        transfer: str
        twice: bool

    def __init__(self) -> None:
        super().__init__()
        self.selected = ""
        """The id of the transfer that the keys act on; empty: there is none."""
        self.order: list[str] = []
        """The ids that are shown, from top to bottom."""
        self.accents: transfer_lines_view.Accents = {}
        self._groups: Sequence[transfer_lines_view.Grouped] = ()
        self._lines: list[TransferLine] = []
        self._made: dict[str, tuple[Transfer, list[TransferLine]]] = {}
        self._width = 0

    def show(self, groups: Sequence[transfer_lines_view.Grouped]) -> None:
        """Show these from now on; one that is no longer among them leaves the selection to its neighbour."""
        at = self.order.index(self.selected) if self.selected in self.order else 0
        rows = self._rows(self.selected)
        self._groups = groups
        self.order = [transfer.id for each in groups for transfer in each.transfers]
        if self.selected not in self.order:
            self.selected = self.order[min(at, len(self.order) - 1)] if self.order else ""
        self._lay_out()
        if rows and self.scroll_offset.y <= rows.start < self.scroll_offset.y + self.size.height:
            self.bring_into_view()  # it was in view and may have moved with its group
        self.refresh()

    def paint_anew(self) -> None:
        self._made.clear()
        self._lay_out()
        self.refresh()

    def _lay_out(self) -> None:
        """Make the lines of what is new or has changed, and take the others as they were made."""
        width = self.scrollable_content_region.width
        if width != self._width:
            self._made.clear()
            self._width = width
        if width < 1:
            return
        made: dict[str, tuple[Transfer, list[TransferLine]]] = {}
        self._lines = []
        for each in self._groups:
            self._lines.append(TransferLine(transfer_lines_view.heading(each, width)))
            for transfer in each.transfers:
                made[transfer.id] = self._made_of(transfer, width)
                self._lines += made[transfer.id][1]
        self._made = made
        self.virtual_size = Size(width, len(self._lines))

    def _made_of(self, transfer: Transfer, width: int) -> tuple[Transfer, list[TransferLine]]:
        known = self._made.get(transfer.id)
        if known and known[0] == transfer:
            return known
        return transfer, [
            TransferLine(text, transfer.id)
            for text in transfer_lines_view.transfer_lines(transfer, width, self.accents)
        ]

    def _rows(self, transfer: str) -> range:
        rows = [row for row, line in enumerate(self._lines) if transfer and line.transfer == transfer]
        return range(rows[0], rows[-1] + 1) if rows else range(0)

    def select(self, transfer: str) -> None:
        self.selected = transfer
        self.bring_into_view()
        self.refresh()

    def step(self, by: int) -> None:
        """Select the one that stands so many places further down, or the last or first there is."""
        if self.selected in self.order:
            at = self.order.index(self.selected) + by
            self.select(self.order[max(0, min(len(self.order) - 1, at))])

    def bring_into_view(self) -> None:
        """Scroll as little as it takes to show the selected one, below its group's heading if that is right above."""
        rows = self._rows(self.selected)
        if not rows:
            return
        above = rows.start > 0 and not self._lines[rows.start - 1].transfer
        start = rows.start - above
        self.scroll_to_region(Region(0, start, 1, rows.stop - start), animate=False, force=True)

    def on_resize(self) -> None:
        self._lay_out()
        self.bring_into_view()

    def on_click(self, event: Click) -> None:
        """Post which transfer is selected to the panel."""
        row = self.scroll_offset.y + event.get_content_offset_capture(self).y
        if 0 <= row < len(self._lines) and self._lines[row].transfer:
            self.post_message(self.Clicked(self._lines[row].transfer, event.chain >= 2))

    def render_line(self, y: int) -> Strip:
        row, width = self.scroll_offset.y + y, self.scrollable_content_region.width
        if row >= len(self._lines) or width < 1:
            return Strip.blank(self.size.width, self.rich_style)
        line, style = self._lines[row], self.visual_style
        if line.transfer and line.transfer == self.selected:
            has_focus = self.parent is not None and self.screen.focused is self.parent
            style = self.get_visual_style(SELECTED if has_focus else SELECTED_IDLE)
        (strip, *_) = Visual.to_strips(self, line.text, width, 1, style, pad=True)
        return strip.adjust_cell_length(width, style.rich_style)


class TransfersStrip(Widget):
    """A click opens the panel."""

    transfers: reactive[TransferList] = reactive(TransferList())
    covered: reactive[bool] = reactive(False)
    """Whether the list of transfers is open, which has its own total."""

    @dataclass
    class Opened(Message):
        """The user wants to see the panel."""

    def on_mount(self) -> None:
        self.display = bool(self.transfers.transfers) and not self.covered

    watch_transfers = watch_covered = on_mount

    def render(self) -> Content:
        return strip_line(self.transfers, self.content_size.width)

    def on_click(self) -> None:
        self.post_message(self.Opened())


def strip_line(transfers: TransferList, width: int) -> Content:
    """As much as fits: where there is little room, first the settled ones go, then the key."""
    key = Content.assemble((key_of("transfers"), KEY), (" opens", MUTED))
    full, brief = (
        Content.assemble(("transfers  ", MUTED), transfer_lines_view.summary(transfers, brief=brief))
        for brief in (False, True)
    )
    fitting = (line for text in (full, brief) if (line := right_aligned(text, key, width)))
    return next(fitting, brief.truncate(width, ellipsis=True))
