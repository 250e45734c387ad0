"""Facts about an object or bucket, and the reason of a denial."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import partial
from typing import TYPE_CHECKING

from msgspec import structs

from tui.answering.handlers import Handlers
from tui.answering.rooms import Rooms
from tui.core.facts import Fact, Finding
from tui.core.orders import CopyOrder, RepairOrder
from tui.core.policy import Evaluation
from tui.core.problem import Problem
from tui.core.versions import VersionLocation
from tui.messages.inspect_requests import Explain, Explanation, Inspect, InspectorUpdate
from tui.stores.opening import VersionView

if TYPE_CHECKING:
    from tui.features.inspect.inspection import InspectionStep
    from tui.policies.evidence import EvidenceContext

HANDLERS = Handlers()


@HANDLERS.feed(Inspect)
async def inspect(rooms: Rooms, feed: Inspect) -> AsyncGenerator[InspectorUpdate, None]:
    """Facts as they arrive, with findings; at the end, why reading is denied."""
    facts: list[Fact] = []
    found: list[Finding] = []
    async with aclosing(_inspected(rooms, feed)) as updates:
        async for arrived, findings in updates:
            facts += arrived
            found = found if findings is None else findings
            yield InspectorUpdate(arrived, findings)
    if not feed.known and (explained := await _explained(rooms, feed, facts, found)) != found:
        yield InspectorUpdate([], explained)


async def _explained(rooms: Rooms, feed: Inspect, facts: list[Fact], found: list[Finding]) -> list[Finding]:
    """The findings, with denials explained as by `explain`."""
    if not feed.location.in_s3 or feed.version:
        return found
    from tui.features.inspect.inspection import explained, to_explain
    from tui.policies.evaluation.explain import explain_request
    from tui.policies.evidence import Evidence

    known = await context(rooms, feed.connection, feed.other)
    evaluations: list[Evaluation] = []
    for identity in to_explain(Evidence(feed.location, facts, known)):
        evidence = Evidence(feed.location, facts, known.seen_by(identity))
        store = await rooms.store(identity.connection)
        evaluations.append(
            await explain_request(rooms.control_plane, store, evidence, action=evidence.action, problem=None)
        )
    return explained(found, evaluations)


async def _inspected(rooms: Rooms, feed: Inspect) -> AsyncGenerator[InspectionStep, None]:
    from tui.features.inspect.inspection import Means, inspect  # imported late: listing does not need it

    mine, theirs = await rooms.store(feed.connection), await rooms.store(feed.other) if feed.other else None
    if feed.version:
        place = VersionLocation(feed.location.bucket, feed.location.key, feed.version)
        mine, theirs = VersionView(mine, place).as_store, VersionView(theirs, place).as_store if theirs else None
    if feed.fresh:
        rooms.kept_facts.forget(mine.endpoint, feed.location.bucket)
        rooms.paths.forget()
    known = await context(rooms, feed.connection, feed.other)
    find_path = partial(rooms.paths.find, identities=known.identities)
    means = Means(rooms.control_plane, rooms.kept_facts, find_path)
    inspecting = inspect(feed.location, mine, theirs, known, means, sections=feed.sections, known=feed.known)
    async with aclosing(inspecting) as updates:
        async for update in updates:
            yield update


async def context(rooms: Rooms, connection: str, other: str | None) -> EvidenceContext:
    from tui.policies.evidence import EvidenceContext

    return EvidenceContext(
        mine=await rooms.identity(connection),
        other=await rooms.identity(other) if other else None,
        book=rooms.addresses.book,
        now=time.time(),
    )


@HANDLERS.request(Explain)
async def explain(rooms: Rooms, request: Explain) -> Explanation:
    from tui.policies.evaluation.explain import action_of, explain_request
    from tui.policies.evidence import Evidence

    if request.transfer:
        request = await _of_transfer(rooms, request)
    if request.problem and request.problem.permission == "sts:AssumeRole":
        return Explanation(await _explain_role(rooms, request, request.problem))
    action = action_of(request.problem) if request.problem else request.action
    if request.problem and not action:
        return Explanation(None)  # S3 refused nothing here, and the message is complete
    facts: list[Fact] = []
    feed = Inspect(request.connection, request.location, request.other, fresh=True)  # kept replies may be older
    async with aclosing(_inspected(rooms, feed)) as updates:
        async for arrived, _ in updates:
            facts += arrived
    known = await context(rooms, request.connection, request.other)
    evaluation = await explain_request(
        rooms.control_plane,
        await rooms.store(request.connection),
        Evidence(request.location, facts, known),
        action=action,
        problem=request.problem,
    )
    return Explanation(evaluation)


async def _of_transfer(rooms: Rooms, request: Explain) -> Explain:
    """The request as the refused identity of the transfer, with the other one. Raises `ProblemError`."""
    order, _ = await rooms.recorded(request.transfer)
    found = [order.selection.connection]
    if isinstance(order, CopyOrder):
        found.append(order.destination.connection)
    if isinstance(order, RepairOrder) and order.uploader:
        found.append(order.uploader)
    labels = [(await rooms.identity(each)).label for each in found]
    if request.problem and request.problem.identity == labels[-1]:
        found.reverse()
    other = next((one for one in (found[-1], request.other) if one != found[0]), None)
    return structs.replace(request, connection=found[0], other=other)


async def _explain_role(rooms: Rooms, request: Explain, problem: Problem) -> Evaluation | None:
    """Why the identity cannot assume a role; None for a role of the AWS config file."""
    from tui.aws.ids import connection_id, spec_of
    from tui.policies.evaluation.explain import explain_role

    spec = spec_of(request.connection)
    before = next((at for at, role in enumerate(spec.roles) if role.arn == problem.resource), None)
    if before is None:
        return None
    by = connection_id(structs.replace(spec, roles=spec.roles[:before]))
    return await explain_role(rooms.control_plane, await context(rooms, by, request.other), spec.roles[before])
