"""Gathers facts at once, by the inspected pane's identity and, where that one is denied, by the other pane's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass

from tui.inspection.fact_requests import Answers, FactRequest, FindPath, path_request, requests_about
from tui.inspection.head_facts import NO_BUCKET, NO_OBJECT
from tui.model.facts import Absent, Denied, EffectiveEndpoint, Fact, FactName, Known, Unknown
from tui.model.location import Location
from tui.model.problem import Problem, ProblemError, ProblemKind
from tui.stores.base import Store

AT_ONCE = 6
"""Most requests under way for one location."""

_MISSING = {ProblemKind.NO_SUCH_BUCKET: NO_BUCKET, ProblemKind.NO_SUCH_KEY: NO_OBJECT}


@dataclass(frozen=True, slots=True)
class Asker:
    """An identity that asks: its label and its view of the store."""

    label: str
    store: Store


@dataclass(frozen=True, slots=True)
class _Reply:
    """What a request brought: facts in the order they are to be shown, and which names are still open."""

    facts: list[Fact]
    open: tuple[FactName, ...]
    request: FactRequest


async def gather(
    location: Location, mine: Asker, other: Asker | None, find_path: FindPath | None = None
) -> AsyncGenerator[Fact, None]:
    """Ask everything about a location; each fact comes as soon as it is answered.

    A fact that `mine` is denied and `other` knows comes twice, the refusal first. `find_path` is asked once the
    endpoint is known. Closing the generator cancels what is under way. Never raises `ProblemError`: a failure is a fact
    that is denied or unknown.
    """
    semaphore = asyncio.Semaphore(AT_ONCE)
    askers = [mine, other] if other else [mine]
    pending = {
        asyncio.create_task(_put(request, location, askers, semaphore, request.names))
        for request in requests_about(location)
    }
    try:
        while pending:
            done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                reply = task.result()
                following = _instead(reply)
                if following:
                    names = tuple(name for name in following.names if name in reply.open)
                    pending.add(asyncio.create_task(_put(following, location, askers, semaphore, names)))
                for fact in reply.facts:
                    if find_path and (endpoint := _endpoint_in(fact)):
                        asking = path_request(find_path, endpoint)
                        pending.add(asyncio.create_task(_put(asking, location, askers, semaphore, asking.names)))
                    yield fact
    finally:
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)


def _endpoint_in(fact: Fact) -> EffectiveEndpoint | None:
    value = fact.state.value if isinstance(fact.state, Known) else None
    return value if isinstance(value, EffectiveEndpoint) else None


def _instead(reply: _Reply) -> FactRequest | None:
    """The request that may tell what this one left open."""
    instead = reply.request.instead
    return instead if instead and any(name in reply.open for name in instead.names) else None


async def _put(
    request: FactRequest,
    location: Location,
    askers: Sequence[Asker],
    semaphore: asyncio.Semaphore,
    names: tuple[FactName, ...],
) -> _Reply:
    """Ask one request, of one identity after the other until one knows."""
    refusals: list[list[Fact]] = []
    for asker in askers[:1] if request.of_mine else askers:
        try:
            async with semaphore:
                answers = await request.ask(asker.store, location)
        except ProblemError as error:
            refusals.append(_refused(request, names, error.problem, asker))
            if not error.problem.kind.meaning.personal:
                break
            continue
        known = _known(request, answers, asker)
        if known:
            shown = [fact for refusal in refusals for fact in refusal]
            return _Reply([*shown, *known], (), request)
    # The inspected pane's own refusal comes last: it is the one to be shown.
    return _Reply([fact for refusal in reversed(refusals) for fact in refusal], names, request)


def _known(request: FactRequest, answers: Answers, asker: Asker) -> list[Fact]:
    return [Fact(name, state, request.operation, asker.label) for name, state in answers.items()]


def _refused(request: FactRequest, names: Sequence[FactName], problem: Problem, asker: Asker) -> list[Fact]:
    return [] if request.quiet else [_failed(request, name, problem, asker) for name in names]


def _failed(request: FactRequest, name: FactName, problem: Problem, asker: Asker) -> Fact:
    state: Known | Denied | Absent | Unknown
    if problem.kind is ProblemKind.DENIED:
        state = Denied(problem.permission or request.permission)
    else:
        state = Unknown(_MISSING.get(problem.kind) or problem.sentence())
    return Fact(name, state, request.operation, asker.label)
