"""Verifies a transfer again: compares its copies with the records and with their sources."""

from __future__ import annotations

import secrets
from collections import Counter
from contextlib import aclosing
from functools import partial
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tui.core.location import readable
from tui.core.problem import ProblemError
from tui.core.transfer import Transfer
from tui.features.verify.values import (
    AnswerReading,
    VerificationStage,
    Verified,
    VerifiedState,
    Verify,
    VerifyTally,
    VerifyTransfer,
)
from tui.features.verify.words import progress
from tui.kit.dialog import Dialog, Foot, Frame
from tui.kit.lines import BAD, GOOD, KEY, MUTED, STRONG, WARNING, hint, outside
from tui.kit.problem_screen import ProblemScreen
from tui.link.session import EngineAccess
from tui.saved.taking_back import explanation
from tui.text.format import counted, number, size

KEYS = (("/", "filter"), ("enter", "why"), ("esc", "close"))


class VerificationScreen(Dialog[None]):
    """Runs the verification, and stops it when it closes. Reads content only after a yes."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "show_state", "Filter"),
        Binding("e", "explain", "Explain"),
        Binding("y", "answer(True)", "Read"),
        Binding("n", "answer(False)", "Do not read"),
    ]

    def __init__(self, engine: EngineAccess, transfer: Transfer) -> None:
        super().__init__()
        self._engine, self._transfer = engine, transfer
        self._verification = secrets.token_hex(8)
        self._tally = VerifyTally()
        self._log = VerifiedLog()
        self._state: VerifiedState | None = None
        self._listed: list[Verified] = []

    def compose(self) -> ComposeResult:
        title = Content(f"verify ─ {counted(self._transfer.objects_total, 'object')}")
        with Frame(title, id="verification"):
            yield Static(id="stage")
            yield Static(id="outcomes")
            yield OptionList(id="results", compact=True, markup=False)
            with Foot():
                yield Static(id="left-out")
                yield Static(hint(*KEYS), classes="hints")

    def on_mount(self) -> None:
        self._show()
        self._follow()

    @work
    async def _follow(self) -> None:
        feed = Verify(self._verification, VerifyTransfer(self._transfer.id))
        try:
            async with aclosing(self._engine.follow(feed)) as updates:
                async for update in updates:
                    self._tally = update.tally
                    for result in update.results:
                        self._log.add(result)
                    self._show(rows=bool(update.results))
        except ProblemError as error:
            self.query_one("#stage", Static).update(outside(f"✗ {error.problem.sentence()}", BAD))

    def _show(self, *, rows: bool = True) -> None:
        self.query_one("#stage", Static).update(stage_line(self._tally))
        self.query_one("#outcomes", Static).update(states_line(self._log, self._state))
        left_out = self.query_one("#left-out", Static)
        left_out.update(Content.styled(f"and {number(self._log.left_out)} more, included in the totals", MUTED))
        left_out.display = self._log.left_out > 0
        if not rows:
            return
        listed = self.query_one(OptionList)
        at = listed.highlighted
        self._listed = self._log.shown(self._state)
        listed.set_options(Option(verified_row(each, self._transfer)) for each in self._listed)
        listed.highlighted = min(at or 0, len(self._listed) - 1) if self._listed else None

    def action_show_state(self) -> None:
        self._state = self._log.after(self._state)
        self._show()

    def action_answer(self, read: bool) -> None:
        if self._tally.stage is VerificationStage.ASKING:
            self._answer(read)

    @work
    async def _answer(self, read: bool) -> None:
        try:
            await self._engine.ask(AnswerReading(self._verification, read))
        except ProblemError as error:
            self.query_one("#stage", Static).update(outside(f"✗ {error.problem.sentence()}", BAD))

    @on(OptionList.OptionSelected)
    def action_explain(self) -> None:
        at = self.query_one(OptionList).highlighted
        if at is not None and (problem := self._listed[at].problem):
            explain = partial(explanation, self._engine, problem, transfer=self._transfer.id)
            self.app.push_screen(ProblemScreen(problem, explain))


KEPT = 2000
"""Rows in memory for each state; more are only counted."""

MARKS = {
    VerifiedState.SAME: ("✓", GOOD),
    VerifiedState.DIFFERS: ("✗", BAD),
    VerifiedState.UNKNOWN: ("?", WARNING),
    VerifiedState.MISSING: ("✗", BAD),
    VerifiedState.EXTRA: ("+", WARNING),
}


class VerifiedLog:
    """A bounded log of results. What is not the same comes first."""

    def __init__(self) -> None:
        self.counts: Counter[VerifiedState] = Counter()
        self._kept: list[Verified] = []

    def add(self, result: Verified) -> None:
        """Count a result; keep it if its state has room."""
        self.counts[result.state] += 1
        if self.counts[result.state] <= KEPT:
            self._kept.append(result)

    def shown(self, state: VerifiedState | None) -> list[Verified]:
        """The results with one state; for all states, first those that are not the same."""
        if state is not None:
            return [each for each in self._kept if each.state is state]
        return sorted(self._kept, key=lambda each: each.state is VerifiedState.SAME)

    def after(self, state: VerifiedState | None) -> VerifiedState | None:
        """The next filter: each state that occurs, then all again."""
        rounds: list[VerifiedState | None] = [None, *(each for each in _FIRST if self.counts[each])]
        return rounds[(rounds.index(state) + 1) % len(rounds)] if state in rounds else None

    @property
    def left_out(self) -> int:
        return self.counts.total() - len(self._kept)


_FIRST = (VerifiedState.DIFFERS, VerifiedState.MISSING, VerifiedState.UNKNOWN, VerifiedState.EXTRA, VerifiedState.SAME)


def verified_row(result: Verified, transfer: Transfer) -> Content:
    """One object: mark, name below the target, size, state and evidence, problem."""
    target = readable(result.target)
    name = target.removeprefix(readable(transfer.target)) or target
    mark, tone = MARKS[result.state]
    parts = [Content.assemble((mark, tone), " ", outside(name)), Content.styled(size(result.size), MUTED)]
    evidence = outside(f" ({result.evidence})", MUTED) if result.evidence else ""
    parts.append(Content.assemble((result.state.value, tone), evidence))
    if result.problem:
        parts.append(outside(result.problem.sentence(), BAD))
    return Content("  ").join(parts)


def states_line(log: VerifiedLog, shown: VerifiedState | None) -> Content:
    """The number of objects in each state; the shown state stands out."""
    counts = [("all", None, log.counts.total()), *((each.value, each, log.counts[each]) for each in _FIRST)]
    parts = [
        Content.styled(f"{word} {number(count)}", f"{STRONG} reverse" if state is shown else MUTED)
        for word, state, count in counts
        if count or state is None
    ]
    return Content.assemble(("/", KEY), (" filter  ", MUTED), Content("  ").join(parts))


def stage_line(tally: VerifyTally) -> Content:
    """The progress; the question, if there is one."""
    if tally.stage is VerificationStage.ASKING:
        needs = f"Only reading can prove {counted(tally.unproven, 'object')}"
        return Content.styled(f"{needs}: read {size(tally.bytes_to_read)}? y reads, n does not", WARNING)
    tone = MUTED
    if tally.stage is VerificationStage.DONE:
        bad = tally.differs or tally.missing or tally.left_out
        tone = BAD if bad else GOOD if tally.good and tally.objects else WARNING
    nothing = tally.stage is VerificationStage.DONE and not tally.found
    return Content.styled("no copies" if nothing else progress(tally), tone)
