"""Changes of documents on a real server: only as shown, never over what others wrote, refused where they must be."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec.structs import replace

from tests.access.world import World
from tests.stores.refusals import problem_of
from tui.accounts import connection_id
from tui.engine.answers.access import plan_grant
from tui.engine.answers.changes import apply_change, list_changes, plan_change, plan_undo, read_document
from tui.model.access.grants import Allow, GrantConditions, Way
from tui.model.change import DocumentKind, DocumentRef
from tui.model.identity import IdentitySpec, Safety
from tui.model.location import Location
from tui.model.problem import ProblemKind
from tui.protocol.messages.access import PlanGrant
from tui.protocol.messages.changes import ApplyChange, ListChanges, PlanChange, PlanUndo, ReadDocument

pytestmark = pytest.mark.server


def statement(bucket: str, **more: Any) -> dict[str, Any]:
    return {
        "Sid": "Others",
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::222222222222:root"},
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{bucket}/*",
        **more,
    }


def policy_of(world: World) -> DocumentRef:
    return DocumentRef(DocumentKind.BUCKET_POLICY, Location(world.bucket), connection=world.owner)


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


async def test_a_document_that_was_changed_since_is_not_overwritten(world: World) -> None:
    plan = await plan_grant(world.rooms, PlanGrant(world.order(Way.POLICY, Allow.READ)))
    others = world.put_policy(statement(world.bucket))
    problem = await problem_of(apply_change(world.rooms, ApplyChange(plan.changes[0])))
    assert problem.kind is ProblemKind.CHANGED
    assert world.policy() == others
    again = await plan_grant(world.rooms, PlanGrant(world.order(Way.POLICY, Allow.READ)))
    await apply_change(world.rooms, ApplyChange(again.changes[0]))
    assert "Others" in (world.policy() or "")


async def test_a_change_that_was_undone_by_others_is_not_undone_again(world: World) -> None:
    [bucket_policy, _] = await world.grant(world.order(Way.POLICY, Allow.READ))
    others = world.put_policy(statement(world.bucket))
    problem = await problem_of(plan_undo(world.rooms, PlanUndo(bucket_policy.id)))
    assert (problem.kind, world.policy()) == (ProblemKind.CHANGED, others)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"Principal": "*"}, "everyone"),
        ({"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::{}"}, "PutBucketPolicy"),
        ({"Effect": "Permit"}, "Effect"),
    ],
    ids=["public", "lock-out", "no policy"],
)
async def test_a_policy_that_must_not_be_is_stopped_with_words(
    world: World, changed: dict[str, Any], says: str
) -> None:
    before = world.put_policy(statement(world.bucket))
    wanted = {name: value.replace("{}", world.bucket) for name, value in changed.items()}
    after = document(statement(world.bucket, **wanted))
    change = await plan_change(world.rooms, PlanChange(policy_of(world), after))
    assert not change.can_be_applied
    assert says in " ".join(change.stops)
    problem = await problem_of(apply_change(world.rooms, ApplyChange(change)))
    assert says in problem.cause
    # Whoever sends it without the words gets them from the engine.
    problem = await problem_of(apply_change(world.rooms, ApplyChange(replace(change, stops=[]))))
    assert says in problem.cause
    assert world.policy() == before


async def test_a_read_only_identity_changes_nothing(world: World) -> None:
    careful = connection_id(IdentitySpec("alice", safety=Safety(read_only=True)))
    for way in Way:
        order = replace(world.order(way, Allow.READ), owner=careful)
        [change, *_] = (await plan_grant(world.rooms, PlanGrant(order))).changes
        problem = await problem_of(apply_change(world.rooms, ApplyChange(change)))
        assert problem.kind is ProblemKind.READ_ONLY
    assert world.policy() is None


async def test_a_part_that_may_not_be_read_is_shown_for_others_to_apply(world: World) -> None:
    order = replace(world.order(Way.POLICY, Allow.READ), applier="")  # the user itself may read no policy
    plan = await plan_grant(world.rooms, PlanGrant(order))
    [policy, own] = plan.changes
    assert policy.can_be_applied
    assert not own.can_be_applied
    assert own.unread
    assert own.unread.kind is ProblemKind.DENIED
    assert "s3:GetObject" in (own.after or "")


async def test_a_user_of_another_account_cannot_be_let_in_by_a_users_policy(world: World) -> None:
    order = replace(world.order(Way.USER, Allow.READ), other=world.outside)
    problem = await problem_of(plan_grant(world.rooms, PlanGrant(order)))
    assert "222222222222" in problem.cause
    assert "role" in problem.remedy


async def test_every_change_is_kept_and_survives_the_engine(world: World) -> None:
    applied = await world.grant(world.order(Way.POLICY, Allow.READ))
    kept = (await list_changes(world.rooms, ListChanges())).changes
    assert [each.id for each in kept] == [each.id for each in reversed(applied)]
    assert world.rooms.changes_file
    assert world.rooms.changes_file.stat().st_mode & 0o777 == 0o600
    undone = await world.undo(kept[-1])
    kept = (await list_changes(world.rooms, ListChanges())).changes
    assert kept[0].undoes == applied[0].id == undone.undoes


async def test_a_document_is_read_as_it_is(world: World) -> None:
    text = world.put_policy(statement(world.bucket))
    change = await read_document(world.rooms, ReadDocument(policy_of(world)))
    assert (change.before, change.after, change.is_needed) == (text, text, False)


async def test_an_upload_must_give_the_bucket_owner_full_control(world: World) -> None:
    order = world.order(Way.ROLE, Allow.WRITE, "in/", GrantConditions(owner_full_control=True))
    await world.grant(order)
    results = await world.test(order)
    assert [each for each in results if not each.agrees] == []


async def test_a_test_leaves_nothing_in_the_bucket(world: World) -> None:
    s3 = world.server.client(world.server.a)
    s3.put_bucket_versioning(Bucket=world.bucket, VersioningConfiguration={"Status": "Enabled"})
    order = world.order(Way.ROLE, Allow.DELETE)
    await world.grant(order)
    before = s3.list_object_versions(Bucket=world.bucket)
    await world.test(order)
    after = s3.list_object_versions(Bucket=world.bucket)
    assert (before["Versions"], "DeleteMarkers" in after) == (after["Versions"], False)
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=world.bucket)


async def test_the_account_as_principal_leaves_it_to_the_identity_s_own_policy(world: World) -> None:
    """In the bucket's own account, too: the bucket policy alone is enough only where it names the identity itself."""
    order = replace(world.order(Way.POLICY, Allow.READ), other=world.inside, applier="")
    plan = await plan_grant(world.rooms, PlanGrant(order))
    assert [each.ref.kind for each in plan.changes] == [DocumentKind.BUCKET_POLICY, DocumentKind.USER_POLICY]
    assert plan.notes == []
    named = await plan_grant(world.rooms, PlanGrant(replace(order, whole_account=False)))
    assert [each.ref.kind for each in named.changes] == [DocumentKind.BUCKET_POLICY]
    assert "the bucket policy alone is enough" in named.notes[0]
