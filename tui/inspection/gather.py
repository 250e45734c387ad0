"""Gathers facts at once, by the inspected pane's identity and, where that one is denied, by the other pane's."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass

from tui.core.facts import Denied, Fact, FactName, Known, Unknown
from tui.core.location import Location
from tui.core.network import EffectiveEndpoint
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.inspection.fact_requests import path_request
from tui.policies.asking import Asker, FactRequest, FindPath, KeptReplies, Place, Question, Reply
from tui.policies.head_facts import NO_BUCKET, NO_OBJECT

AT_ONCE = 6
"""Most requests under way for one location."""

_LASTING = (ProblemKind.DENIED, ProblemKind.UNSUPPORTED)
"""Refusals that would be the same at once."""

_NOBODY = "no identity of the bucket owner's account is connected"
_NO_OWNER = "it is not known which account owns the bucket"

_MISSING = {ProblemKind.NO_SUCH_BUCKET: NO_BUCKET, ProblemKind.NO_SUCH_KEY: NO_OBJECT}


@dataclass(frozen=True, slots=True)
class Gathering:
    """What is asked about one location, and by whom.

    `owner_account` is the number of the account that owns the bucket, empty: not known. `kept` answers again what was
    asked about the bucket a short while ago.
    """

    location: Location
    mine: Asker
    other: Asker | None = None
    owner_account: str = ""
    kept: KeptReplies | None = None
    find_path: FindPath | None = None
    """Asked once the endpoint is known."""
    clock: Callable[[], float] = time.time

    @property
    def place(self) -> Place:
        """What kept replies are about."""
        return self.mine.store.endpoint, self.location.bucket

    def askers(self, request: FactRequest) -> list[Asker]:
        """Who may be asked to send a request, the inspected pane's identity first."""
        found = [self.mine] if request.of_mine or self.other is None else [self.mine, self.other]
        return [one for one in found if not request.of_owner or one.account == self.owner_account != ""]

    def question(self, request: FactRequest, names: Sequence[FactName]) -> Question:
        """What a kept reply answers."""
        other = self.other.connection if self.other else ""
        return self.mine.connection, other, request.operation, *names


async def gather(what: Gathering, requests: Sequence[FactRequest]) -> AsyncGenerator[list[Fact], None]:
    """Ask these requests at once; facts come as soon as they are answered, those that come together in one list.

    A fact that `mine` is denied and `other` knows comes twice, the refusal first. Closing the generator cancels what
    is under way. Never raises `ProblemError`: a failure is a fact that is denied or unknown.
    """
    semaphore = asyncio.Semaphore(AT_ONCE)
    pending = {asyncio.create_task(_answered(what, request, semaphore, request.names)) for request in requests}
    try:
        while pending:
            done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
            replies = [task.result() for task in done]
            for reply in replies:
                if following := _instead(reply):
                    names = tuple(name for name in following.names if name in reply.open)
                    pending.add(asyncio.create_task(_answered(what, following, semaphore, names)))
            facts = [fact for reply in replies for fact in reply.facts]
            if asking := _path_request(what, facts):
                pending.add(asyncio.create_task(_answered(what, asking, semaphore, asking.names)))
            if facts:
                yield facts
    finally:
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)


def _path_request(what: Gathering, facts: Sequence[Fact]) -> FactRequest | None:
    """The request for the path of requests, as soon as the endpoint is known."""
    values = (fact.state.value for fact in facts if isinstance(fact.state, Known))
    endpoint = next((value for value in values if isinstance(value, EffectiveEndpoint)), None)
    return path_request(what.find_path, endpoint) if what.find_path and endpoint else None


async def _answered(
    what: Gathering, request: FactRequest, semaphore: asyncio.Semaphore, names: tuple[FactName, ...]
) -> Reply:
    """The reply to a request, as it was a short while ago or as it is now."""
    kept = what.kept if request.of_bucket else None
    question = what.question(request, names)
    if kept and (known := kept.find(what.place, question)):
        return known
    reply = await _put(what, request, semaphore, names)
    if kept and reply.lasting:
        kept.keep(what.place, question, reply)
    return reply


def _instead(reply: Reply) -> FactRequest | None:
    """The request that may tell what this one left open."""
    instead = reply.request.instead
    return instead if instead and any(name in reply.open for name in instead.names) else None


async def _put(
    what: Gathering, request: FactRequest, semaphore: asyncio.Semaphore, names: tuple[FactName, ...]
) -> Reply:
    """Ask one request, of one identity after the other until one knows."""
    refusals: list[list[Fact]] = []
    lasting = True
    askers = what.askers(request)
    if not askers:
        unasked = Unknown(_NOBODY if what.owner_account else _NO_OWNER)
        return Reply([Fact(name, unasked, request.operation, "") for name in names], (), request, lasting=False)
    for asker in askers:
        try:
            async with semaphore:
                answers = await request.ask(asker, what.location)
        except ProblemError as error:
            lasting = lasting and error.problem.kind in _LASTING
            refusals.append(_refused(request, names, error.problem, asker, what.clock()))
            if not error.problem.kind.meaning.personal:
                break
            continue
        if answers:
            asked = what.clock()
            known = [Fact(name, state, request.operation, asker.label, asked) for name, state in answers.items()]
            shown = [fact for refusal in refusals for fact in refusal]
            return Reply([*shown, *known], (), request, lasting)
    # The inspected pane's own refusal comes last: it is the one to be shown.
    return Reply([fact for refusal in reversed(refusals) for fact in refusal], names, request, lasting)


def _refused(
    request: FactRequest, names: Sequence[FactName], problem: Problem, asker: Asker, asked: float
) -> list[Fact]:
    if request.quiet:
        return []
    state: Denied | Unknown
    if problem.kind is ProblemKind.DENIED:
        state = Denied(problem.permission or request.permission)
    else:
        state = Unknown(_MISSING.get(problem.kind) or problem.sentence())
    return [Fact(name, state, request.operation, asker.label, asked) for name in names]
