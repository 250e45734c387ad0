"""One transfer in full: its state, what became of each object, and what can be done about it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping
from contextlib import aclosing
from functools import partial
from types import MappingProxyType
from typing import Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tui.core.identity import AddressBook
from tui.core.problem import Problem, ProblemError
from tui.core.transfer import ObjectResult, Outcome, Transfer, TransferList
from tui.kit.dialog import Dialog, Foot, Frame
from tui.kit.lines import BAD, Lines, hint, outside
from tui.kit.need_dialogs import ask_for, need_words
from tui.kit.problem_screen import ProblemScreen
from tui.kit.timers import once
from tui.link.session import EngineAccess
from tui.messages.order_requests import WatchResults
from tui.saved.taking_back import explanation
from tui.text.format import number
from tui.ui.transfers.control import TransferControl
from tui.ui.transfers.details import detail_lines, filter_line, result_line, title
from tui.ui.transfers.lines import Accents
from tui.ui.transfers.result_log import ResultLog
from tui.ui.transfers.words import limits_word, need_of, pause_word

SHOW_SECONDS = 0.1
"""Results that come within this time are shown together."""

BREATH = 200
"""After so many results that were already there the keys get their turn."""

KEYS_ENDED = (
    ("r", "retry failed"),
    ("E", "export"),
    ("R", "receipt"),
    ("v", "verify"),
    ("e", "why"),
    ("esc", "close"),
)


class TransferScreen(Dialog[None]):
    """Follows the results as they come; Enter or `e` explains a failed one; `f` shows one outcome after the other."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f", "show_outcome", "Filter"),
        Binding("e", "explain", "Explain"),
        Binding("r", "retry", "Retry failed"),
        Binding("E", "export_failed", "Export failed"),
        Binding("R", "receipt", "Receipt"),
        Binding("v", "verify", "Verify"),
        Binding("p", "pause", "Pause"),
        Binding("x,delete", "cancel_transfer", "Cancel"),
        Binding("l", "limits", "Limits"),
        Binding("n", "meet", "Enter what it needs"),
        Binding("q", "cancel", show=False),
    ]

    def __init__(
        self,
        engine: EngineAccess,
        transfer: Transfer,
        book: AddressBook,
        *,
        accents: Accents | None = None,
        connections: Mapping[str, str] = MappingProxyType({}),
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`book` names the owners of what was copied; `clock` returns the current time in seconds since the epoch.

        `connections` are the panes' identities, by label: one of them may know why the transfer's own was denied.
        """
        super().__init__()
        self._engine, self._transfer, self._book = engine, transfer, book
        self._accents, self._connections, self._clock = accents or {}, connections, clock
        self._control = TransferControl(self, engine)
        self._log = ResultLog()
        self._new: list[int] = []
        self._outcome: Outcome | None = None
        self._failure = Content("")
        self._due = False

    def compose(self) -> ComposeResult:
        """Its state, the results, the count of what does not fit."""
        with Frame(title(self._transfer), id="transfer"):
            with VerticalScroll(id="details", can_focus=False):
                yield Lines(self._details)
            yield Static(id="outcomes")
            yield OptionList(id="results", compact=True, markup=False)
            with Foot():
                yield Static(id="left-out")
                yield Static(self._keys(), classes="hints")

    def _keys(self) -> Content:
        """What can be done in its state."""
        if self._transfer.state.ended:
            return hint(*KEYS_ENDED)
        needed = need_of(self._transfer)
        keys = [("n", need_words(needed))] if needed else []
        if pause := pause_word(self._transfer):
            keys.append(("p", pause))
        return hint(*keys, ("x", "cancel"), ("l", limits_word(self._transfer)), ("e", "why"), ("esc", "close"))

    def on_mount(self) -> None:
        """Begin to follow."""
        self._show_counts()
        self._follow()

    def _details(self, width: int) -> list[Content]:
        return detail_lines(self._transfer, width, self._accents, self._clock())

    def take(self, transfers: TransferList) -> None:
        """There is a newer snapshot; one that is tried again has new results."""
        newer = next((one for one in transfers.transfers if one.id == self._transfer.id), None)
        if newer is None or newer == self._transfer:
            return
        again = self._transfer.state.ended and not newer.state.ended
        self._transfer = newer
        if not self.is_mounted:
            return
        self.query_one("#details Lines", Lines).show(self._details)
        self.query_one(Frame).border_title = title(newer)
        self.query_one(".hints", Static).update(self._keys())
        if again:
            self._follow()

    @work(exclusive=True, group="results")
    async def _follow(self) -> None:
        self._log, self._failure = ResultLog(), Content("")
        self._show_all()
        try:
            async with aclosing(self._engine.follow(WatchResults(self._transfer.id))) as results:
                async for result in results:
                    self._add(result)
                    if self._log.counts.total() % BREATH == 0:
                        await asyncio.sleep(0)
        except ProblemError as error:
            self._failure = outside(error.problem.sentence(), BAD)
        self._show_new()

    def _add(self, result: ObjectResult) -> None:
        """Take a result; it is shown with those that come in the next moment."""
        if self._log.add(result):
            self._new.append(len(self._log.kept) - 1)
        if not self._due:
            self._due = True
            once(self, SHOW_SECONDS, self._show_new)

    def _show_new(self) -> None:
        self._due = False
        new, self._new = self._new, []
        self.query_one(OptionList).add_options(self._option(index) for index in new if self._shows(index))
        self._show_counts()

    def _show_all(self) -> None:
        """Show what the filter lets through, the cursor where it was if that is still there."""
        listed = self.query_one(OptionList)
        at = listed.highlighted_option.id if listed.highlighted_option else None
        self._new = []
        shown = [index for index in range(len(self._log.kept)) if self._shows(index)]
        listed.set_options(self._option(index) for index in shown)
        if at is not None and int(at) in shown:
            listed.highlighted = shown.index(int(at))
        self._show_counts()

    def _show_counts(self) -> None:
        """How many of each outcome, how many of them are no rows, what went wrong with the feed."""
        self.query_one("#outcomes", Static).update(filter_line(self._log, self._outcome))
        line = self.query_one("#left-out", Static)
        left_out = self._log.left_out(self._outcome)
        more = Content(f"and {number(left_out)} more; the receipt has all of them") if left_out else Content("")
        nothing = Content("" if self._log.counts else "no results yet")
        words = next((text for text in (self._failure, more, nothing) if text.plain), Content(""))
        line.update(words)
        line.display = bool(words.plain)

    def _shows(self, index: int) -> bool:
        return self._outcome in (None, self._log.kept[index].outcome)

    def _option(self, index: int) -> Option:
        return Option(result_line(self._log.kept[index], self._transfer, self._book), id=str(index))

    def action_show_outcome(self) -> None:
        """Show only the failed ones, then those of each other outcome, then all again."""
        self._outcome = self._log.after(self._outcome)
        self._show_all()

    @on(OptionList.OptionSelected)
    def action_explain(self) -> None:
        """Explain why the object under the cursor was not copied; without one, what stopped the transfer."""
        at = self.query_one(OptionList).highlighted_option
        stopped = self._transfer.problem or self._transfer.waits_for
        problem = self._log.kept[int(at.id or 0)].problem if at else stopped
        if problem is None:
            return
        beside = next((one for label, one in self._connections.items() if label != problem.identity), None)
        explain = partial(explanation, self._engine, problem, other=beside, transfer=self._transfer.id)
        self.app.push_screen(ProblemScreen(problem, explain, lambda: self._give(problem)))

    def action_meet(self) -> None:
        """Enter what it waits for: it then resumes automatically."""
        if needed := need_of(self._transfer):
            self._give(needed)

    def _give(self, needed: Problem) -> None:
        ask_for(self, self._engine, needed, lambda _: None, self._clock)

    def _do(self, action: Coroutine[Any, Any, None]) -> None:
        self.run_worker(action, group="control")

    def action_retry(self) -> None:
        """Try what failed or was cancelled again."""
        self._do(self._control.retry(self._transfer))

    def action_export_failed(self) -> None:
        """Write what failed to a file."""
        self._do(self._control.receipt(self._transfer, failed=True))

    def action_receipt(self) -> None:
        """Write what became of each object to a file."""
        self._do(self._control.receipt(self._transfer))

    def action_verify(self) -> None:
        """Verify its copies."""
        self._do(self._control.verify(self._transfer))

    def action_pause(self) -> None:
        """Pause or resume it."""
        self._do(self._control.toggle(self._transfer))

    def action_cancel_transfer(self) -> None:
        """Cancel it."""
        self._do(self._control.cancel(self._transfer))

    def action_limits(self) -> None:
        """Bound it."""
        self._do(self._control.limits(self._transfer))
