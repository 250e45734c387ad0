"""A bucket whose objects are encrypted with a KMS key: the grant has the key's policy and the caller's use of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.access.world import World
from tui.access.keys import SHARED_WITH_NOBODY
from tui.engine.answers.access import plan_grant
from tui.model.access.grants import Allow, Way
from tui.model.change import DocumentKind
from tui.protocol.messages.access import PlanGrant

pytestmark = pytest.mark.server


def encrypt(world: World, **default: str) -> None:
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", **default}}
    configuration = {"Rules": [rule]}
    client = world.server.client(world.server.a)
    client.put_bucket_encryption(Bucket=world.bucket, ServerSideEncryptionConfiguration=configuration)


@pytest.fixture
def key(world: World) -> str:
    kms = world.server.client(world.server.a, "kms")
    return str(kms.create_key()["KeyMetadata"]["Arn"])


def actions(document: str | None, resource: str) -> set[str]:
    statements: list[dict[str, Any]] = json.loads(document or "{}").get("Statement", [])
    named = [each["Action"] for each in statements if resource in each["Resource"]]
    return {action for each in named for action in ([each] if isinstance(each, str) else each)}


@pytest.mark.parametrize("alias", [False, True], ids=["ARN", "alias"])
async def test_the_keys_policy_and_the_callers_are_part_of_the_grant(world: World, key: str, alias: bool) -> None:
    name = f"alias/{world.bucket}"
    if alias:
        world.server.client(world.server.a, "kms").create_alias(AliasName=name, TargetKeyId=key)
    encrypt(world, KMSMasterKeyID=name if alias else key)
    order = world.order(Way.POLICY, Allow.READ_WRITE)
    plan = await plan_grant(world.rooms, PlanGrant(order))
    kinds = [each.ref.kind for each in plan.changes]
    assert kinds == [DocumentKind.BUCKET_POLICY, DocumentKind.KEY_POLICY, DocumentKind.USER_POLICY]
    assert actions(plan.changes[2].after, key) == {"kms:Decrypt", "kms:GenerateDataKey"}
    assert plan.notes == []
    before = world.server.client(world.server.a, "kms").get_key_policy(KeyId=key)["Policy"]
    applied = await world.grant(order)
    policy = world.server.client(world.server.a, "kms").get_key_policy(KeyId=key)["Policy"]
    assert "kms:GenerateDataKey" in actions(policy, "*")
    assert actions(before, "*") <= actions(policy, "*")
    for each in reversed(applied):
        await world.undo(each)
    assert world.server.client(world.server.a, "kms").get_key_policy(KeyId=key)["Policy"] == before


async def test_the_key_that_no_other_account_can_use_is_named(world: World) -> None:
    encrypt(world)
    plan = await plan_grant(world.rooms, PlanGrant(world.order(Way.POLICY, Allow.READ)))
    assert plan.notes == [SHARED_WITH_NOBODY]
    inside = await plan_grant(world.rooms, PlanGrant(world.order(Way.USER, Allow.READ)))
    assert inside.notes == []


async def test_a_listing_takes_no_key(world: World, key: str) -> None:
    encrypt(world, KMSMasterKeyID=key)
    plan = await plan_grant(world.rooms, PlanGrant(world.order(Way.POLICY, Allow.LIST)))
    assert len(plan.changes) == 2
