"""The inspector: facts as they arrive, each time with all that follows from what is known by then."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Collection, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

import msgspec

from tui.aws.control_plane import ControlPlane
from tui.core.facts import Fact, FactName, FactValue, Finding, Instant, Known, Lifecycle, Pairs, Section, Size
from tui.core.identity import Identity
from tui.core.location import Location
from tui.inspection.diagnosis import diagnose
from tui.inspection.fact_requests import requests_about, requests_of
from tui.inspection.gather import Gathering, gather
from tui.inspection.lifecycle import Subject, read_lifecycle
from tui.inspection.local import local_facts
from tui.policies.asking import Asker, FactRequest, FindPath, KeptReplies
from tui.policies.evidence import Context, Evidence
from tui.stores.base import Store

Update = tuple[list[Fact], list[Finding] | None]
"""Facts that came together, and all findings so far; None: they are the same as before."""


@dataclass(frozen=True, slots=True)
class Means:
    """What facts are found out with besides the stores. `kept`: answers about buckets that are used again."""

    control: ControlPlane | None = None
    kept: KeptReplies | None = None
    find_path: FindPath | None = None
    """Finds the path of the requests of `mine`; None: it is no fact."""


async def inspect(
    location: Location,
    mine: Store,
    other: Store | None,
    context: Context,
    means: Means = Means(),  # it is frozen
    *,
    sections: Collection[Section] = (),
    known: Sequence[Fact] = (),
) -> AsyncGenerator[Update, None]:
    """What can be known about a location: first what the findings need, then the rest of `sections`.

    With `known`, what an earlier call brought, only the rest of `sections`. `mine` and `other` are the stores of
    `context.mine` and `context.other`. The other identity is asked only where the first one is denied, and only if it
    is another one at the same service. A name may come again with more: the latest fact of a name is the one to show.
    Without `context.now` the clock's time counts. Close the generator to stop. Raises no `ProblemError`.
    """
    if not location.bucket:
        return
    if location.is_local:
        async with aclosing(local_facts(location)) as found:
            async for fact in found:
                yield [fact], []
        return
    context = replace(context, now=context.now or time.time())
    asking = _Inspection(location, mine, other, context, means, list(known))
    if not known:
        async with aclosing(asking.first()) as updates:
            async for update in updates:
                yield update
    if requests := requests_of(location, sections):
        async with aclosing(asking.later(requests)) as updates:
            async for update in updates:
                yield update


class _Inspection:
    """One inspection, and the facts that have come so far."""

    def __init__(
        self, location: Location, mine: Store, other: Store | None, context: Context, means: Means, facts: list[Fact]
    ) -> None:
        partner = _partner(mine, other, context)
        self._location, self._means, self._facts = location, means, facts
        self._context = context if partner else replace(context, other=None)
        self._mine, self._other = mine, partner

    async def first(self) -> AsyncGenerator[Update, None]:
        """What owner, grants, endpoint and findings need."""
        findings: list[Finding] | None = None
        async with aclosing(gather(self._gathering(), requests_about(self._location))) as arriving:
            async for facts in arriving:
                news = self._take(facts)
                now = diagnose(self._facts, self._location, self._context)
                yield news, now if now != findings else None
                findings = now

    async def later(self, requests: Sequence[FactRequest]) -> AsyncGenerator[Update, None]:
        """What no finding needs."""
        async with aclosing(gather(self._gathering(), requests)) as arriving:
            async for facts in arriving:
                yield self._take(facts), None

    def _gathering(self) -> Gathering:
        evidence = Evidence(self._location, self._facts, self._context)
        owner, region = evidence.bucket_owner, evidence.endpoint.signing_region if evidence.endpoint else ""
        return Gathering(
            self._location,
            self._asker(self._context.mine, self._mine, region),
            self._asker(self._context.other, self._other, region) if self._context.other and self._other else None,
            self._context.account(owner) if owner else "",
            self._means.kept,
            self._means.find_path,
        )

    def _asker(self, identity: Identity, store: Store, region: str) -> Asker:
        return Asker(identity.label, store, identity.connection, identity.account, self._means.control, region)

    def _take(self, arrived: Sequence[Fact]) -> list[Fact]:
        """Keep new facts; return them and those that are to be read in another way now.

        Owners, tags and the endpoint arrive in any order, and each may decide a statement or a rule.
        """
        self._facts += arrived
        evidence = Evidence(self._location, self._facts, self._context)
        read = (_policy(evidence), _lifecycle(evidence))
        again = [fact for fact in read if fact and self._replace(evidence, fact)]
        names = {fact.name for fact in again}
        return [*(fact for fact in arrived if fact.name not in names or not isinstance(fact.state, Known)), *again]

    def _replace(self, evidence: Evidence, fact: Fact) -> bool:
        """Put a fact in the place of the one that was read before; whether it is another one."""
        before = evidence.fact(fact.name)
        if before is None or before == fact:
            return False
        self._facts[self._facts.index(before)] = fact
        return True


def _partner(mine: Store, other: Store | None, context: Context) -> Store | None:
    """The store of the other pane's identity, if that can find out anything that the first one cannot."""
    identity = context.other
    if other is None or identity is None or identity.connection == context.mine.connection:
        return None
    return other if other.endpoint == mine.endpoint else None


def _policy(evidence: Evidence) -> Fact | None:
    """The bucket policy in the light of all facts, read for the identity of the inspected pane."""
    mine = evidence.context.mine
    reading = evidence.reading(mine)
    return _reread(evidence, FactName.POLICY, msgspec.structs.replace(reading, whose=mine.label)) if reading else None


def _lifecycle(evidence: Evidence) -> Fact | None:
    """The lifecycle rules in the light of all facts."""
    found = evidence.value(FactName.LIFECYCLE, Lifecycle)
    return _reread(evidence, FactName.LIFECYCLE, read_lifecycle(found.rules, _subject(evidence))) if found else None


def _subject(evidence: Evidence) -> Subject:
    size, modified = evidence.value(FactName.SIZE, Size), evidence.value(FactName.MODIFIED, Instant)
    tags = evidence.value(FactName.TAGS, Pairs)
    versioning = evidence.text(FactName.VERSIONING)
    return Subject(
        evidence.location.key,
        evidence.location.is_prefix,
        size.bytes if size else None,
        modified.seconds if modified else None,
        tags.pairs if tags else [] if evidence.absent(FactName.TAGS) else None,
        evidence.text(FactName.STORAGE_CLASS),
        versioning.startswith("Enabled") if versioning else None,
        evidence.context.now or 0.0,
    )


def _reread(evidence: Evidence, name: FactName, value: FactValue) -> Fact | None:
    fact = evidence.fact(name)
    return msgspec.structs.replace(fact, state=Known(value)) if fact else None
