"""The remedy of an explanation, planned, applied: then the request that was denied is allowed."""

from __future__ import annotations

import json

import pytest

from tests.access.world import World
from tests.stores.refusals import problem_of
from tui.engine.answers.changes import apply_change, plan_edit
from tui.engine.answers.inspecting import explain
from tui.model.change import DocumentKind
from tui.model.location import Location
from tui.model.problem import ProblemKind
from tui.protocol.messages.changes import ApplyChange, PlanEdit
from tui.protocol.messages.inspecting import Explain

pytestmark = pytest.mark.server


def from_the_office(bucket: str) -> dict[str, object]:
    return {
        "Sid": "Office",
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::222222222222:root"},
        "Action": "s3:ListBucket",
        "Resource": f"arn:aws:s3:::{bucket}",
        "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}},
    }


async def listed(world: World) -> None:
    async for _ in (await world.rooms.store(world.outside)).pages(world.bucket, ""):
        return


async def test_what_a_denial_asks_for_is_changed_in_both_accounts(world: World) -> None:
    world.put_policy(from_the_office(world.bucket))
    place, connections = Location(world.bucket), [world.outside, world.owner, world.applier]
    kinds = []
    for _ in range(2):  # the caller's own account, which AWS asks first, then the bucket's
        problem = await problem_of(listed(world))
        assert problem.kind is ProblemKind.DENIED
        explained = await explain(world.rooms, Explain(place, world.outside, world.owner, problem))
        assert explained.evaluation
        for edit in (each.edit for each in explained.evaluation.remedies if each.edit):
            change = await plan_edit(world.rooms, PlanEdit(edit, connections))
            kinds.append(change.ref.kind)
            if change.is_needed:
                await apply_change(world.rooms, ApplyChange(change))
    await listed(world)
    assert set(kinds) == {DocumentKind.BUCKET_POLICY, DocumentKind.USER_POLICY}
    [statement] = json.loads(world.policy() or "")["Statement"]
    assert statement["Condition"]["IpAddress"]["aws:SourceIp"] == ["203.0.113.0/24", "127.0.0.1"]
