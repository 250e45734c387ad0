"""Each way lets in what was asked for and nothing else, revoking it closes it, undoing restores the old document."""

from __future__ import annotations

import json

import pytest
from msgspec.structs import replace

from tests.access.world import World
from tests.stores.refusals import problem_of
from tui.model.access.grants import Allow, ProbeAnswer, Way

pytestmark = pytest.mark.server

OTHERS = {
    "Sid": "Office staff",
    "Effect": "Deny",
    "Principal": {"AWS": "arn:aws:iam::333333333333:root"},
    "Action": "s3:GetObject",
    "Resource": "arn:aws:s3:::elsewhere/*",
}


@pytest.mark.parametrize("prefix", ["", "video/"], ids=["bucket", "prefix"])
@pytest.mark.parametrize("allow", list(Allow))
@pytest.mark.parametrize("way", list(Way))
async def test_exactly_what_was_asked_for_is_let_in(world: World, way: Way, allow: Allow, prefix: str) -> None:
    order = world.order(way, allow, prefix)
    applied = await world.grant(order)
    results = await world.test(order)
    assert [each for each in results if not each.agrees] == []
    assert {ProbeAnswer.ALLOWED, ProbeAnswer.REFUSED} == {each.answer for each in results}
    await world.revoke(order)
    assert {each.answer for each in await world.test(order)} == {ProbeAnswer.REFUSED}  # also of sessions that live on
    assert applied


@pytest.mark.parametrize("way", list(Way))
async def test_a_grant_keeps_what_others_wrote_and_undo_restores_it(world: World, way: Way) -> None:
    before = world.put_policy(OTHERS)
    applied = await world.grant(world.order(way, Allow.READ_WRITE, "video/"))
    if way is Way.POLICY:
        document = json.loads(world.policy() or "")
        assert (document["Id"], document["Statement"][0]) == ("kept", OTHERS)
        assert len(document["Statement"]) > 1
    for each in reversed(applied):
        await world.undo(each)
    assert world.policy() == before
    order = world.order(way, Allow.READ_WRITE, "video/")
    assert [each.ref.title for each in await world.revoke(order)] == []


async def test_a_grant_that_is_there_already_changes_nothing(world: World) -> None:
    order = world.order(Way.POLICY, Allow.READ)
    assert len(await world.grant(order)) == 2
    assert await world.grant(order) == []


async def test_two_grants_stand_beside_each_other(world: World) -> None:
    read, write = world.order(Way.POLICY, Allow.READ, "video/"), world.order(Way.POLICY, Allow.WRITE, "in/")
    await world.grant(read)
    await world.grant(write)
    assert all(each.agrees for each in await world.test(read) if each.location.key.startswith("video/"))
    await world.revoke(read)
    assert all(each.agrees for each in await world.test(write))


@pytest.mark.parametrize("name", ["etl", "etl-*"])
async def test_a_role_is_assumed_by_sessions_of_its_name_and_id_alone(world: World, name: str) -> None:
    order = replace(world.order(Way.ROLE, Allow.READ), external_id="agreed", session_name=name)
    await world.grant(order)
    assert [each for each in await world.test(order) if not each.agrees] == []
    for wrong in (replace(order, external_id="other"), replace(order, session_name="other")):
        assert (await problem_of(world.test(wrong))).operation == "AssumeRole"
