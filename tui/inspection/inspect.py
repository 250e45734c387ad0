"""The inspector: facts as they arrive, each with all that follows from what is known by then."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace

import msgspec

from tui.inspection.context import Context
from tui.inspection.diagnosis import diagnose
from tui.inspection.evidence import Evidence
from tui.inspection.fact_requests import FindPath
from tui.inspection.gather import Asker, gather
from tui.inspection.local import local_facts
from tui.model.facts import Fact, FactName, Finding, Known
from tui.model.location import Location
from tui.stores.base import Store


async def inspect(
    location: Location, mine: Store, other: Store | None, context: Context, find_path: FindPath | None = None
) -> AsyncGenerator[tuple[Fact, list[Finding]], None]:
    """Everything that can be known about a location, one fact at a time, with all findings so far.

    `mine` and `other` are the stores of `context.mine` and `context.other`. The other identity is asked only where
    the first one is denied, and only if it is another one at the same service. A name may come again with more: the
    latest fact of a name is the one to show. `find_path` finds the path of `mine`'s requests; None: it is no fact.
    Without `context.now` the clock's time counts. Close the generator to stop. Raises no `ProblemError`.
    """
    if not location.bucket:
        return
    if location.is_local:
        async with aclosing(local_facts(location)) as known:
            async for fact in known:
                yield fact, []
        return
    partner = _partner(mine, other, context)
    context = replace(context, other=context.other if partner else None, now=context.now or time.time())
    facts: list[Fact] = []
    async with aclosing(gather(location, Asker(context.mine.label, mine), partner, find_path)) as arriving:
        async for fact in arriving:
            facts.append(fact)
            policy = _read_again(facts, location, context)
            news = [fact] if policy is None or fact.name is FactName.POLICY else [fact, policy]
            findings = diagnose(facts, location, context)
            for one in news:
                yield (policy if policy and one.name is FactName.POLICY else one), findings


def _partner(mine: Store, other: Store | None, context: Context) -> Asker | None:
    """The other pane's identity, if it can find out anything that the first one cannot."""
    identity = context.other
    if other is None or identity is None or identity.connection == context.mine.connection:
        return None
    return Asker(identity.label, other) if other.endpoint == mine.endpoint else None


def _read_again(facts: list[Fact], location: Location, context: Context) -> Fact | None:
    """Read the policy in the light of all facts, in place; the fact if its reading has changed.

    Owners, tags and the endpoint arrive in any order, and each may decide a statement.
    """
    evidence = Evidence(location, facts, context)
    fact, reading = evidence.fact(FactName.POLICY), evidence.reading(context.mine)
    if fact is None or reading is None or fact.state == Known(reading):
        return None
    read = msgspec.structs.replace(fact, state=Known(reading))
    facts[facts.index(fact)] = read
    return read
