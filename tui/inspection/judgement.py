"""Answers with three values: yes, no, and not known from here; each with the clause that decides."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tui.core.facts import Applies


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether something applies, and why: one clause without a full stop."""

    applies: Applies
    why: str = ""


def yes(why: str = "") -> Judgement:
    """It applies."""
    return Judgement(Applies.YES, why)


def no(why: str) -> Judgement:
    """It does not apply."""
    return Judgement(Applies.NO, why)


def maybe(why: str) -> Judgement:
    """It is not known from here."""
    return Judgement(Applies.MAYBE, why)


def all_of(judgements: Iterable[Judgement]) -> Judgement:
    """Join what must all be true: the first NO decides, else every MAYBE, else YES with all reasons."""
    collected = list(judgements)
    for wanted in (Applies.NO, Applies.MAYBE):
        reasons = [one.why for one in collected if one.applies is wanted]
        if reasons:
            return Judgement(wanted, reasons[0] if wanted is Applies.NO else "; ".join(reasons))
    return yes("; ".join(one.why for one in collected if one.why))
