"""The results of a transfer that a screen keeps: all of few, the first of many, and how many of each outcome. Pure."""

from __future__ import annotations

from collections import Counter

from tui.core.transfer import ObjectResult, Outcome

KEPT, FAILED_KEPT = 2000, 5000
"""Rows that are kept of each outcome; the rest is a number."""


class ResultLog:
    """Bounded, however many objects a transfer has."""

    def __init__(self) -> None:
        self.counts: Counter[Outcome] = Counter()
        """How many ended so."""
        self.kept: list[ObjectResult] = []
        """In order of their end."""

    def add(self, result: ObjectResult) -> bool:
        """Count it; whether it is kept, too."""
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
        """What the key that filters shows next: each outcome there is, then all again."""
        rounds: list[Outcome | None] = [None, *sorted(self.outcomes(), key=_FIRST.index)]
        return rounds[(rounds.index(outcome) + 1) % len(rounds)] if outcome in rounds else None


_FIRST = [
    Outcome.FAILED,
    Outcome.UNDECIDED,
    Outcome.SKIPPED,
    Outcome.CANCELLED,
    *(Outcome.COPIED, Outcome.MOVED, Outcome.DELETED, Outcome.REPAIRED, Outcome.GRANTED, Outcome.REQUESTED),
    *(Outcome.UNDELETED, Outcome.UNDONE, Outcome.WRITTEN),
]
"""What a user looks for first."""
