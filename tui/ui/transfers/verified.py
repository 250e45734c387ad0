"""The results of a verification that a screen keeps, and each as a line. Pure."""

from __future__ import annotations

from collections import Counter

from textual.content import Content

from tui.core.location import readable
from tui.core.transfer import Transfer
from tui.kit.lines import BAD, GOOD, KEY, MUTED, STRONG, WARNING, outside
from tui.model.verifying.verification import Stage, Verified, VerifiedState, VerifyTally
from tui.text.format import counted, number, size
from tui.text.verifying.verification import progress

KEPT = 2000
"""Rows that are kept of each state; the rest is a number."""

MARKS = {
    VerifiedState.SAME: ("✓", GOOD),
    VerifiedState.DIFFERS: ("✗", BAD),
    VerifiedState.UNKNOWN: ("?", WARNING),
    VerifiedState.MISSING: ("✗", BAD),
    VerifiedState.EXTRA: ("+", WARNING),
}


class VerifiedLog:
    """Bounded, however many objects there are; what is not the same comes first."""

    def __init__(self) -> None:
        self.counts: Counter[VerifiedState] = Counter()
        self._kept: list[Verified] = []

    def add(self, result: Verified) -> None:
        """Count it, and keep it if it is one of the first."""
        self.counts[result.state] += 1
        if self.counts[result.state] <= KEPT:
            self._kept.append(result)

    def shown(self, state: VerifiedState | None) -> list[Verified]:
        """Those of a state; of all, first those that are not the same."""
        if state is not None:
            return [each for each in self._kept if each.state is state]
        return sorted(self._kept, key=lambda each: each.state is VerifiedState.SAME)

    def after(self, state: VerifiedState | None) -> VerifiedState | None:
        """What the key that filters shows next: each state there is, then all again."""
        rounds: list[VerifiedState | None] = [None, *(each for each in _FIRST if self.counts[each])]
        return rounds[(rounds.index(state) + 1) % len(rounds)] if state in rounds else None

    @property
    def left_out(self) -> int:
        """How many are not kept."""
        return self.counts.total() - len(self._kept)


_FIRST = (
    VerifiedState.DIFFERS,
    VerifiedState.MISSING,
    VerifiedState.UNKNOWN,
    VerifiedState.EXTRA,
    VerifiedState.SAME,
)


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
    """How many are in which state; what is shown of them stands out."""
    counts = [("all", None, log.counts.total()), *((each.value, each, log.counts[each]) for each in _FIRST)]
    parts = [
        Content.styled(f"{word} {number(count)}", f"{STRONG} reverse" if state is shown else MUTED)
        for word, state, count in counts
        if count or state is None
    ]
    return Content.assemble(("f", KEY), (" filter  ", MUTED), Content("  ").join(parts))


def stage_line(tally: VerifyTally) -> Content:
    """How far it has come; the question, if there is one."""
    if tally.stage is Stage.ASKING:
        question = (
            f"Nothing else proves {counted(tally.unproven, 'object')}: "
            f"read {size(tally.bytes_to_read)}? y reads, n does not"
        )
        return Content.styled(question, WARNING)
    tone = MUTED
    if tally.stage is Stage.DONE:
        bad = tally.differs or tally.missing or tally.left_out
        tone = BAD if bad else GOOD if tally.good and tally.objects else WARNING
    return Content.styled(progress(tally) if tally.found or tally.stage is not Stage.DONE else "no copies", tone)
