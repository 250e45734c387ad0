"""Grants on servers with IAM: each lets in what was asked for and nothing else, as shown, and is taken back."""

import itertools
import json
from typing import Any

import pytest
from msgspec.structs import replace

from tests.features.access.world import World
from tests.servers.ministack.server import ON_MINISTACK
from tests.stores.refusals import problem_of
from tui.cli.identity_options import Typed
from tui.core.changes import DocumentKind
from tui.core.location import Location
from tui.core.problem import Exit, ProblemKind
from tui.features.access import access_statements
from tui.features.access import command as access_command
from tui.features.access.command import GrantTest
from tui.features.access.engine import plan_grant
from tui.features.access.plan_access import SHARED_WITH_NOBODY
from tui.features.access.plans_command import carry_out
from tui.features.access.values import Allow, GrantConditions, GrantMethod, PlanGrant, ProbeAnswer
from tui.features.edit_documents.engine import apply_change, list_changes, plan_edit
from tui.features.inspect.engine import explain
from tui.messages.document_requests import ApplyChange, ListChanges, PlanEdit
from tui.messages.inspect_requests import Explain


async def test_a_part_that_may_not_be_read_is_shown_for_others_to_apply(world: World) -> None:
    order = replace(world.order(GrantMethod.POLICY, Allow.READ), applier="")  # the user itself may read no policy
    plan = await plan_grant(world.rooms, PlanGrant(order))
    [policy, own] = plan.changes
    assert policy.can_be_applied
    assert not own.can_be_applied
    assert own.unread
    assert own.unread.kind is ProblemKind.DENIED
    assert "s3:GetObject" in (own.after or "")


async def test_every_change_is_kept_and_survives_the_engine(world: World) -> None:
    applied = await world.grant(world.order(GrantMethod.POLICY, Allow.READ))
    kept = (await list_changes(world.rooms, ListChanges())).changes
    assert [each.id for each in kept] == [each.id for each in reversed(applied)]
    assert world.rooms.changes_file
    assert world.rooms.changes_file.stat().st_mode & 0o777 == 0o600
    undone = await world.undo(kept[-1])
    kept = (await list_changes(world.rooms, ListChanges())).changes
    assert kept[0].undoes == applied[0].id == undone.undoes


async def test_an_upload_must_give_the_bucket_owner_full_control(world: World) -> None:
    order = world.order(GrantMethod.ROLE, Allow.WRITE, "in/", GrantConditions(owner_full_control=True))
    await world.grant(order)
    results = await world.test(order)
    assert [each for each in results if not each.agrees] == []


async def test_a_test_leaves_nothing_in_the_bucket(world: World) -> None:
    s3 = world.server.client(world.server.a)
    s3.put_bucket_versioning(Bucket=world.bucket, VersioningConfiguration={"Status": "Enabled"})
    order = world.order(GrantMethod.ROLE, Allow.DELETE)
    await world.grant(order)
    before = s3.list_object_versions(Bucket=world.bucket)
    await world.test(order)
    after = s3.list_object_versions(Bucket=world.bucket)
    assert (before["Versions"], "DeleteMarkers" in after) == (after["Versions"], False)
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=world.bucket)


OTHERS: dict[str, Any] = {
    "Sid": "Office staff",
    "Effect": "Deny",
    "Principal": {"AWS": "arn:aws:iam::333333333333:root"},
    "Action": "s3:GetObject",
}


@pytest.mark.parametrize(
    "way",
    [
        pytest.param(GrantMethod.USER, marks=pytest.mark.thorough),
        GrantMethod.POLICY,
        pytest.param(GrantMethod.ROLE, marks=pytest.mark.thorough),
    ],
)
async def test_exactly_what_was_asked_for_is_let_in(world: World, way: GrantMethod) -> None:
    """And nothing of it after a revocation, also to sessions that live on."""
    wrong: dict[str, object] = {}
    for allow, prefix in itertools.product(Allow, ("", "video/")):
        order = world.order(way, allow, prefix)
        applied = await world.grant(order)
        granted = await world.test(order)
        await world.revoke(order)
        revoked = await world.test(order)
        answers = {each.answer for each in granted}, {each.answer for each in revoked}
        as_granted = all(each.agrees for each in granted)
        both = {ProbeAnswer.ALLOWED, ProbeAnswer.REFUSED}
        if not (applied and as_granted and answers == (both, {ProbeAnswer.REFUSED})):
            wrong[f"{allow} {prefix}"] = granted, revoked
    assert wrong == {}


@pytest.mark.parametrize("way", list(GrantMethod))
async def test_a_grant_keeps_what_others_wrote_and_undo_restores_it(world: World, way: GrantMethod) -> None:
    others = {**OTHERS, "Resource": f"arn:aws:s3:::{world.bucket}/elsewhere/*"}
    before = world.put_policy(others)
    applied = await world.grant(world.order(way, Allow.READ_WRITE, "video/"))
    if way is GrantMethod.POLICY:
        document = json.loads(world.policy() or "")
        assert (document["Id"], document["Statement"][0]) == ("kept", others)
        assert len(document["Statement"]) > 1
    for each in reversed(applied):
        await world.undo(each)
    assert world.policy() == before
    order = world.order(way, Allow.READ_WRITE, "video/")
    assert [each.ref.title for each in await world.revoke(order)] == []


async def test_where_it_is_not_known_whether_there_are_acls_they_are_allowed_and_it_is_said(world: World) -> None:
    order = replace(world.order(GrantMethod.POLICY, Allow.WRITE), owner=world.inside)  # which may not look
    plan = await plan_grant(world.rooms, PlanGrant(order))
    assert "Object Ownership cannot be read" in " ".join(plan.notes)
    assert all("s3:PutObjectAcl" in (each.after or "") for each in plan.changes)


async def test_a_grant_that_is_there_already_changes_nothing(world: World) -> None:
    order = world.order(GrantMethod.POLICY, Allow.READ)
    assert len(await world.grant(order)) == 2
    assert await world.grant(order) == []


async def test_two_grants_stand_beside_each_other(world: World) -> None:
    read, write = (
        world.order(GrantMethod.POLICY, Allow.READ, "video/"),
        world.order(GrantMethod.POLICY, Allow.WRITE, "in/"),
    )
    await world.grant(read)
    await world.grant(write)
    assert all(each.agrees for each in await world.test(read) if each.location.key.startswith("video/"))
    await world.revoke(read)
    assert all(each.agrees for each in await world.test(write))


@pytest.mark.parametrize("name", ["etl", "etl-*"])
async def test_a_role_is_assumed_by_sessions_of_its_name_and_id_alone(world: World, name: str) -> None:
    order = replace(world.order(GrantMethod.ROLE, Allow.READ), external_id="agreed", session_name=name)
    await world.grant(order)
    assert [each for each in await world.test(order) if not each.agrees] == []
    for wrong in (replace(order, external_id="other"), replace(order, session_name="other")):
        assert (await problem_of(world.test(wrong))).operation == "AssumeRole"


async def test_a_way_takes_back_what_it_has_written_alone(world: World) -> None:
    """Not what another way, or another role, has: the caller's own policy has statements of each."""
    by_policy, by_role = (world.order(way, Allow.READ, "video/") for way in (GrantMethod.POLICY, GrantMethod.ROLE))
    other_role = replace(by_role, role=f"other-{world.bucket}"[:64])
    for order in (by_policy, by_role, other_role):
        await world.grant(order)
    for order in (by_policy, other_role):
        await world.revoke(order)
    assert [each for each in await world.test(by_role) if not each.agrees] == []
    await world.revoke(by_role)


@pytest.mark.parametrize("listed", [True, False])
async def test_a_policy_is_laid_out_as_before_when_a_grant_is_taken_back(world: World, listed: bool) -> None:
    others = {**OTHERS, "Resource": f"arn:aws:s3:::{world.bucket}/elsewhere/*"}
    spread = json.dumps({"Version": "2012-10-17", "Statement": [others] if listed else others}, indent=3)
    world.server.client(world.server.a).put_bucket_policy(Bucket=world.bucket, Policy=spread)
    before, order = world.policy(), world.order(GrantMethod.POLICY, Allow.READ)
    await world.grant(order)
    assert world.policy() != before
    await world.revoke(order)
    assert world.policy() == before


async def test_an_older_statement_that_opens_it_anyway_is_named(world: World) -> None:
    """A request that does not go through the endpoint proves nothing of a grant that asks for the endpoint."""
    outside = await world.rooms.identity(world.outside)
    older = {
        "Sid": "Older",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{outside.account}:root"},
        "Action": ["s3:GetObject", "s3:PutObject"],
        "Resource": f"arn:aws:s3:::{world.bucket}/*",
    }
    world.put_policy(older)
    order = world.order(
        GrantMethod.POLICY, Allow.READ, "video/", GrantConditions(source_vpce=["vpce-0123456789abcdef0"])
    )
    await world.grant(order)
    found = {each.operation: each for each in await world.test(order) if each.location.key.startswith("video/")}
    already = "already open without this endpoint, by statement Older of the bucket policy"
    assert (found["HeadObject"].answer, found["HeadObject"].detail) == (ProbeAnswer.ALLOWED, already)
    assert found["ListObjectsV2"].answer is ProbeAnswer.REFUSED
    await world.revoke(order)
    allowed = replace(order, conditions=GrantConditions())
    await world.grant(allowed)
    assert {each.detail for each in await world.test(allowed) if each.agrees} == {""}


@pytest.mark.parametrize("there", [False, True], ids=["by the grant", "before it"])
async def test_a_grant_that_opens_more_than_it_is_for_is_taken_back(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], there: bool
) -> None:
    """As on a server that reads special characters otherwise; what was open before is no reason."""
    monkeypatch.setattr(access_statements, "literal", lambda text: text)
    monkeypatch.setattr(access_command, "PATIENCE", 0.0)
    order = world.order(GrantMethod.POLICY, Allow.READ, "*/")
    if there:
        await world.grant(world.order(GrantMethod.POLICY, Allow.READ))
    before, plan = world.policy(), await world.ask(PlanGrant(order))
    test = GrantTest(world, order, as_json=False)
    granting = carry_out(world, plan, Typed(yes=True, partial=False), test.afterwards, test.beforehand)
    if there:
        assert await granting is Exit.SOME_FAILED
        assert world.policy() != before
    else:
        problem = await problem_of(granting)
        assert "allowed more than you asked for; it was undone" in problem.title
        assert "s3:ListBucket was allowed on s3://" in problem.cause
        assert world.policy() == before
        assert "undoes it" not in capsys.readouterr().err


async def test_what_this_server_may_take_for_a_wildcard_is_not_granted(world: World) -> None:
    for prefix in ("[br]/", "b\\s/", "a]/"):
        planned = problem_of(plan_grant(world.rooms, PlanGrant(world.order(GrantMethod.POLICY, Allow.READ, prefix))))
        assert "this server cannot grant access to" in (await planned).title
    for prefix in ("in*/", "$HOME/", "q?/"):
        plan = await plan_grant(world.rooms, PlanGrant(world.order(GrantMethod.POLICY, Allow.READ, prefix)))
        assert (
            f"{prefix} contains {prefix.strip('inHOMEq/')}, which this server may read as a wildcard" in plan.notes[0]
        )
    everything = replace(world.order(GrantMethod.POLICY, Allow.READ), location=Location("*"))
    assert "* is not a bucket name" in (await problem_of(plan_grant(world.rooms, PlanGrant(everything)))).title


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


async def test_an_encryption_that_may_not_be_read_is_said_and_what_it_takes(world: World) -> None:
    account = (await world.rooms.identity(world.owner)).arn
    world.put_policy(
        {
            "Effect": "Deny",
            "Principal": {"AWS": account},
            "Action": "s3:GetEncryptionConfiguration",
            "Resource": f"arn:aws:s3:::{world.bucket}",
        }
    )
    plan = await plan_grant(world.rooms, PlanGrant(world.order(GrantMethod.POLICY, Allow.READ)))
    assert "the bucket's default encryption cannot be read: if it uses a KMS key, give the key's ARN" in plan.notes


@ON_MINISTACK  # the demo has no KMS and no default encryption
@pytest.mark.parametrize("alias", [False, True], ids=["ARN", "alias"])
async def test_the_keys_policy_and_the_callers_are_part_of_the_grant(world: World, key: str, alias: bool) -> None:
    name = f"alias/{world.bucket}"
    if alias:
        world.server.client(world.server.a, "kms").create_alias(AliasName=name, TargetKeyId=key)
    encrypt(world, KMSMasterKeyID=name if alias else key)
    order = world.order(GrantMethod.POLICY, Allow.READ_WRITE)
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


@ON_MINISTACK  # the demo has no KMS and no default encryption
async def test_the_key_that_no_other_account_can_use_is_named(world: World) -> None:
    encrypt(world)
    plan = await plan_grant(world.rooms, PlanGrant(world.order(GrantMethod.POLICY, Allow.READ)))
    assert plan.notes == [SHARED_WITH_NOBODY]
    inside = await plan_grant(world.rooms, PlanGrant(world.order(GrantMethod.USER, Allow.READ)))
    assert inside.notes == []


@ON_MINISTACK  # the demo has no KMS and no default encryption
async def test_a_listing_takes_no_key(world: World, key: str) -> None:
    encrypt(world, KMSMasterKeyID=key)
    plan = await plan_grant(world.rooms, PlanGrant(world.order(GrantMethod.POLICY, Allow.LIST)))
    assert len(plan.changes) == 2


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
