"""Gathers facts side by side, by the inspected pane's identity and, where that one is denied, by the other pane's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass

from tui.inspection.heads import NO_BUCKET, NO_OBJECT
from tui.inspection.questions import Answers, Question, questions_about
from tui.model.facts import Absent, Denied, Fact, FactName, Known, Unknown
from tui.model.location import Location
from tui.model.problem import Problem, ProblemError, ProblemKind
from tui.stores.base import Store

AT_ONCE = 6
"""Most requests under way for one location."""

_MISSING = {ProblemKind.NO_SUCH_BUCKET: NO_BUCKET, ProblemKind.NO_SUCH_KEY: NO_OBJECT}
_PERSONAL = {
    ProblemKind.DENIED,
    ProblemKind.EXPIRED,
    ProblemKind.BAD_CREDENTIALS,
    ProblemKind.NO_CREDENTIALS,
}
"""Failures that another identity need not meet."""


@dataclass(frozen=True, slots=True)
class Asker:
    """An identity that asks: its label and its view of the store."""

    label: str
    store: Store


@dataclass(frozen=True, slots=True)
class _Reply:
    """What a question brought: facts in the order they are to be shown, and which names are still open."""

    facts: list[Fact]
    open: tuple[FactName, ...]
    question: Question


async def gather(location: Location, mine: Asker, other: Asker | None) -> AsyncGenerator[Fact, None]:
    """Ask everything about a location; each fact comes as soon as it is answered.

    A fact that `mine` is denied and `other` knows comes twice, the refusal first. Closing the generator cancels what
    is under way. Never raises `ProblemError`: a failure is a fact that is denied or unknown.
    """
    gate = asyncio.Semaphore(AT_ONCE)
    askers = [mine, other] if other else [mine]
    pending = {
        asyncio.create_task(_put(question, location, askers, gate, question.names))
        for question in questions_about(location)
    }
    try:
        while pending:
            done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                reply = task.result()
                following = _instead(reply)
                if following:
                    names = tuple(name for name in following.names if name in reply.open)
                    pending.add(asyncio.create_task(_put(following, location, askers, gate, names)))
                for fact in reply.facts:
                    yield fact
    finally:
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)


def _instead(reply: _Reply) -> Question | None:
    """The question that may tell what this one left open."""
    instead = reply.question.instead
    return instead if instead and any(name in reply.open for name in instead.names) else None


async def _put(
    question: Question,
    location: Location,
    askers: Sequence[Asker],
    gate: asyncio.Semaphore,
    names: tuple[FactName, ...],
) -> _Reply:
    """Ask one question, of one identity after the other until one knows."""
    refusals: list[list[Fact]] = []
    for asker in askers[:1] if question.of_mine else askers:
        try:
            async with gate:
                answers = await question.ask(asker.store, location)
        except ProblemError as error:
            refusals.append(_refused(question, names, error.problem, asker))
            if error.problem.kind not in _PERSONAL:
                break
            continue
        known = _known(question, answers, asker)
        if known:
            shown = [fact for refusal in refusals for fact in refusal]
            return _Reply([*shown, *known], (), question)
    # The inspected pane's own refusal comes last: it is the one to be shown.
    return _Reply([fact for refusal in reversed(refusals) for fact in refusal], names, question)


def _known(question: Question, answers: Answers, asker: Asker) -> list[Fact]:
    return [Fact(name, state, question.operation, asker.label) for name, state in answers.items()]


def _refused(question: Question, names: Sequence[FactName], problem: Problem, asker: Asker) -> list[Fact]:
    return [] if question.quiet else [_failed(question, name, problem, asker) for name in names]


def _failed(question: Question, name: FactName, problem: Problem, asker: Asker) -> Fact:
    state: Known | Denied | Absent | Unknown
    if problem.kind is ProblemKind.DENIED:
        state = Denied(problem.permission or question.permission)
    else:
        state = Unknown(_MISSING.get(problem.kind) or problem.sentence())
    return Fact(name, state, question.operation, asker.label)
