"""One transfer in full: its state, what became of each object, and what can be done about it."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import aclosing
from functools import partial
from types import MappingProxyType
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tui.core.identity import AddressBook
from tui.core.location import readable
from tui.core.naming import noun_for
from tui.core.problem import Problem, ProblemError
from tui.core.transfer import Limits, ObjectResult, Outcome, Transfer, TransferList, TransferState, VerificationOutcome
from tui.features.transfer_list import transfer_lines_view
from tui.features.transfer_list.control_screen import TransferControl
from tui.kit.dialog import Dialog, Foot, Frame
from tui.kit.lines import BAD, GOOD, KEY, MUTED, STRONG, WARNING, Lines, fill, hanging, hint, outside, wrapped
from tui.kit.more import unbound
from tui.kit.need_dialogs import ask_for, need_words
from tui.kit.problem_screen import ProblemScreen
from tui.kit.timers import once
from tui.link.session import EngineAccess
from tui.messages.order_requests import WatchResults
from tui.saved.taking_back import explanation
from tui.text.format import counted, duration, eta, number, time_ago, visible
from tui.text.listing_lines import owner_name
from tui.text.order_lines import NOT_REPORTED, done_of_all, object_size, progress, share, speed, worker_lines

SHOW_SECONDS = 0.1
"""Results that come within this time are shown together."""

BREATH = 200
"""After so many results that were already there the keys get their turn."""

KEYS_ENDED = (("T", "retry failed"), ("W", "receipt"), ("=", "verify"), ("e", "why"), (".", "more"), ("esc", "close"))


class TransferScreen(Dialog[None]):
    """Follows the results as they come; Enter or `e` explains a failed one; `/` shows one outcome after the other."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "show_outcome", "Filter"),
        Binding("e", "explain", "Explain"),
        Binding("T", "control('retry')", "Retry failed"),
        unbound("export_failed", "Export failed"),
        Binding("W", "control('receipt')", "Receipt"),
        Binding("equals_sign", "control('verify')", "Verify"),
        Binding("P", "control('toggle')", "Pause"),
        Binding("D,f8,delete", "control('cancel')", "Cancel, or remove from the list"),
        Binding("L", "control('limits')", "Limits"),
        Binding("enter", "explain", show=False, priority=True),
    ]

    def __init__(
        self,
        engine: EngineAccess,
        transfer: Transfer,
        book: AddressBook,
        *,
        accents: transfer_lines_view.Accents | None = None,
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
        with Frame(title(self._transfer), id="transfer"):
            with VerticalScroll(id="details", can_focus=False):
                yield Lines(self._details)
            yield Static(id="outcomes")
            yield OptionList(id="results", compact=True, markup=False)
            with Foot():
                yield Static(id="left-out")
                yield Static(self._keys(), classes="hints")

    def _keys(self) -> Content:
        if self._transfer.state.ended:
            return hint(*KEYS_ENDED)
        needed = transfer_lines_view.need_of(self._transfer)
        keys = [("enter", need_words(needed))] if needed else []
        if pause := transfer_lines_view.pause_word(self._transfer):
            keys.append(("P", pause))
        limits = transfer_lines_view.limits_word(self._transfer)
        return hint(*keys, ("D", "cancel"), ("L", limits), ("e", "why"), ("esc", "close"))

    def on_mount(self) -> None:
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
        left_out = self._log.left_out(self._outcome)
        more = Content(f"and {number(left_out)} more; the receipt has all of them") if left_out else Content("")
        nothing = Content("" if self._log.counts else "no results yet")
        words = next((text for text in (self._failure, more, nothing) if text.plain), Content(""))
        fill(self.query_one("#left-out", Static), words)

    def _shows(self, index: int) -> bool:
        return self._outcome in (None, self._log.kept[index].outcome)

    def _option(self, index: int) -> Option:
        return Option(result_line(self._log.kept[index], self._transfer, self._book), id=str(index))

    def action_show_outcome(self) -> None:
        self._outcome = self._log.after(self._outcome)
        self._show_all()

    @on(OptionList.OptionSelected)
    def action_explain(self) -> None:
        """Why the object under the cursor failed; without one, give what the transfer needs, or why it stopped."""
        at = self.query_one(OptionList).highlighted_option
        if at is None and (needed := transfer_lines_view.need_of(self._transfer)):
            self._give(needed)
            return
        stopped = self._transfer.problem or self._transfer.waits_for
        problem = self._log.kept[int(at.id or 0)].problem if at else stopped
        if problem is None:
            return
        beside = next((one for label, one in self._connections.items() if label != problem.identity), None)
        explain = partial(explanation, self._engine, problem, other=beside, transfer=self._transfer.id)
        self.app.push_screen(ProblemScreen(problem, explain, lambda: self._give(problem)))

    def _give(self, needed: Problem) -> None:
        ask_for(self, self._engine, needed, lambda _: None, self._clock)

    def action_control(self, name: str) -> None:
        self.run_worker(getattr(self._control, name)(self._transfer), group="control")

    def action_export_failed(self) -> None:
        self.run_worker(self._control.receipt(self._transfer, failed=True), group="control")


KEPT, FAILED_KEPT = 2000, 5000
"""Rows that are kept of each outcome; the rest is a number."""


class ResultLog:
    """Bounded, however many objects a transfer has."""

    def __init__(self) -> None:
        self.counts: Counter[Outcome] = Counter()
        self.kept: list[ObjectResult] = []
        """In order of their end."""

    def add(self, result: ObjectResult) -> bool:
        """Count it; returns whether it is kept, too."""
        self.counts[result.outcome] += 1
        kept = self.counts[result.outcome] <= (FAILED_KEPT if result.outcome is Outcome.FAILED else KEPT)
        if kept:
            self.kept.append(result)
        return kept

    def left_out(self, outcome: Outcome | None) -> int:
        """How many of an outcome (None: of all) are not kept."""
        counted = self.counts.total() if outcome is None else self.counts[outcome]
        return counted - sum(outcome in (None, result.outcome) for result in self.kept)

    def outcomes(self) -> list[Outcome]:
        return [outcome for outcome in Outcome if self.counts[outcome]]

    def after(self, outcome: Outcome | None) -> Outcome | None:
        """The next filter: each outcome there is, those first that need a user, then all again."""
        by_need = sorted(self.outcomes(), key=lambda each: _FIRST.index(each) if each in _FIRST else len(_FIRST))
        rounds = [None, *by_need]
        return rounds[(rounds.index(outcome) + 1) % len(rounds)] if outcome in rounds else None


_FIRST = (Outcome.FAILED, Outcome.UNDECIDED, Outcome.SKIPPED, Outcome.CANCELLED)

LABELS = 7
"""Cells of the labels at the left."""

OUTCOME_MARKS = {
    **dict.fromkeys(Outcome, ("✓", GOOD)),
    Outcome.REQUESTED: ("…", GOOD),
    Outcome.UNDECIDED: ("?", WARNING),
    Outcome.SKIPPED: ("–", MUTED),
    Outcome.FAILED: ("✗", BAD),
    Outcome.CANCELLED: ("–", MUTED),
}

VERIFICATION_TONES = {
    VerificationOutcome.SAME: GOOD,
    VerificationOutcome.DIFFERS: BAD,
    VerificationOutcome.UNKNOWN: MUTED,
}


def detail_lines(transfer: Transfer, width: int, accents: transfer_lines_view.Accents, now: float) -> list[Content]:
    """State and measure, both ends with their identities, times and limits, what it waits for, errors, notes."""
    lines = [_state(transfer).truncate(width, ellipsis=True)]
    lines += _end("from" if transfer.target else "of", transfer.source, transfer.source_identity, accents, width)
    if transfer.target:
        lines += _end("to", transfer.target, transfer.target_identity, accents, width)
    elif transfer.target_identity:
        who = Content.styled(visible(transfer.target_identity), accents.get(transfer.target_identity, MUTED))
        lines += hanging(Content.styled("with", MUTED), [who], LABELS, width)
    lines += hanging(Content.styled("times", MUTED), [_times(transfer, now)], LABELS, width)
    if transfer.elsewhere:
        lines += hanging(Content.styled("there", MUTED), [outside(transfer.elsewhere)], LABELS, width)
    for text, tone in _words(transfer):
        lines += wrapped(outside(text, tone), width)
    return lines


def _state(transfer: Transfer) -> Content:
    mark, tone = transfer_lines_view.STATE_MARKS[transfer.state]
    objects = f"{number(transfer.objects_done)} of {number(transfer.objects_total)}"
    objects += f"{'…' if transfer.counting else ''} {noun_for(transfer.objects_total, 'object')}"
    skipped = transfer.objects_skipped - transfer.objects_undecided
    objects += f", {number(skipped)} skipped" if skipped else ""
    objects += f", {number(transfer.objects_undecided)} undecided" if transfer.objects_undecided else ""
    parts = [
        Content.styled(f"{mark} {transfer.state.value}", tone),
        Content.assemble(
            (transfer_lines_view.bar(*progress(transfer), transfer_lines_view.BAR_NARROW), tone),
            (share(transfer), STRONG),
        ),
        Content(objects),
        Content(done_of_all(transfer)),
    ]
    if transfer.state is TransferState.RUNNING:
        parts += [Content(fast)] if (fast := speed(transfer)) else []
        parts += [Content(f"{eta(transfer.eta)} left")] if transfer.eta is not None else []
    return Content("  ").join(parts)


def _end(word: str, uri: str, identity: str, accents: transfer_lines_view.Accents, width: int) -> list[Content]:
    who = Content.styled(f"  as {visible(identity)}", accents.get(identity, MUTED)) if identity else Content("")
    shown = transfer_lines_view.place(visible(readable(uri)), uri, identity, accents)
    return hanging(Content.styled(word, MUTED), [Content.assemble(shown, who)], LABELS, width)


def _times(transfer: Transfer, now: float) -> Content:
    """When it was submitted and ended, what was done again, what bounds it."""
    parts = [f"submitted {time_ago(transfer.submitted, now)}"] if transfer.submitted else []
    if transfer.ended and transfer.state.ended:
        parts.append(f"ended {time_ago(transfer.ended, now)}, after {duration(transfer.ended - transfer.submitted)}")
    parts.append(counted(transfer.retries, "retry") if transfer.retries else "no retries")
    parts.append(transfer_lines_view.limits_words(transfer.limits) if transfer.limits != Limits() else "no limits")
    return Content(" · ".join(parts))


def _words(transfer: Transfer) -> list[tuple[str, str]]:
    """All sentences about it, with their tones."""
    why = transfer_lines_view.reason(transfer)
    said = [(f"… {why}", WARNING)] if why else []
    if why and transfer.waits_for and transfer.waits_for.remedy and transfer.waits_for.cause:
        said.append((f"  {transfer.waits_for.cause}", MUTED))
    said += [(f"✗ {transfer.problem.sentence()}", BAD)] if transfer.problem else []
    said += [(line, MUTED) for line in worker_lines(transfer.workers)]
    return said + [(f"· {note}", MUTED) for note in transfer.notes]


def title(transfer: Transfer) -> Content:
    """``copy relay ─ 8,415 objects``."""
    return Content(f"{transfer_lines_view.kind_and_route(transfer)} ─ {counted(transfer.objects_total, 'object')}")


def filter_line(log: ResultLog, shown: Outcome | None) -> Content:
    """How many ended how; what is shown of them stands out."""
    counts = [("all", None, log.counts.total()), *((one.value, one, log.counts[one]) for one in log.outcomes())]
    parts = [
        Content.styled(f"{word} {number(count)}", f"{STRONG} reverse" if outcome is shown else MUTED)
        for word, outcome, count in counts
    ]
    return Content.assemble(("/", KEY), (" filter  ", MUTED), Content("  ").join(parts))


def result_line(result: ObjectResult, transfer: Transfer, book: AddressBook) -> Content:
    """One object: outcome, name, size, how it compares with its source, owner, retries, notes or problem."""
    parts = [Content.assemble(OUTCOME_MARKS[result.outcome], " ", outside(object_name(result, transfer)))]
    if result.outcome in (Outcome.SKIPPED, Outcome.UNDECIDED, Outcome.CANCELLED, Outcome.DELETED):
        parts.append(Content.styled(result.outcome.value, MUTED))
    elif result.size or result.outcome is not Outcome.FAILED:  # one that failed before it was looked at has no size
        parts.append(Content.styled(object_size(result.size), MUTED))
    if result.size is None and result.outcome is Outcome.COPIED:
        parts[-1] = outside(f"{NOT_REPORTED} ({result.evidence})", MUTED)
    elif result.outcome in (Outcome.COPIED, Outcome.MOVED, Outcome.REPAIRED):
        tone = VERIFICATION_TONES[result.verification]
        parts.append(Content.assemble((result.verification.value, tone), outside(f" ({result.evidence})", MUTED)))
        if result.owner:
            inferred = " (inferred)" if result.owner_inferred else ""
            parts.append(outside(f"owner {owner_name(result.owner, book)}{inferred}", MUTED))
    if result.retries:
        parts.append(Content.styled(f"↻ {number(result.retries)}", MUTED))
    if result.problem:
        request = f" [request {result.problem.request_id}]" if result.problem.request_id else ""
        parts.append(outside(result.problem.sentence() + request, BAD))
    parts += [outside(note, WARNING) for note in result.notes]
    return Content("  ").join(parts)


def object_name(result: ObjectResult, transfer: Transfer) -> str:
    """Its name below the transfer's target; of what was deleted, below its source."""
    uri, base = (result.target, transfer.target) if result.target else (result.source, transfer.source)
    return readable(uri).removeprefix(readable(base)) or readable(uri)
