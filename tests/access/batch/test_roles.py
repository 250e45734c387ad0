"""A role that our plan makes is enough for its job; without any single permission of it the job fails, as foretold."""

from __future__ import annotations

import copy
import json
from dataclasses import replace

import pytest
from botocore.exceptions import ClientError

from tests.access.batch.world import BatchWorld, Statement
from tui.model.access.batch_jobs import BATCH_SERVICE, BatchOperation, JobPlace, RoleCheck
from tui.model.location import Location
from tui.model.problem import ProblemError


@pytest.fixture(params=["within", "across"])
def world(request: pytest.FixtureRequest, within: BatchWorld, across: BatchWorld) -> BatchWorld:
    return {"within": within, "across": across}[request.param]


def permissions(check: RoleCheck) -> set[tuple[str, str]]:
    return {(each.permission, each.resource) for each in check.missing}


def actions_of(statement: Statement) -> list[str]:
    found = statement["Action"]
    return found if isinstance(found, list) else [found]


def without(statements: list[Statement], at: int, action: str) -> list[Statement]:
    """The statements without one action of one of them."""
    changed = copy.deepcopy(statements)
    left = [each for each in actions_of(changed[at]) if each != action]
    if left:
        changed[at]["Action"] = left
        return changed
    return changed[:at] + changed[at + 1 :]


async def test_a_role_that_was_made_is_enough(world: BatchWorld) -> None:
    before = await world.check()
    assert [each.operation for each in before.missing] == ["GetRole"]
    assert before.unknown == []
    applied = await world.grant()
    check = await world.check()
    assert (check.missing, check.unknown) == ([], [])
    assert world.run().worked
    assert len(applied) == (2 if world.of_source == world.signs else 3)


async def test_objects_of_a_third_account_are_no_plain_yes(within: BatchWorld) -> None:
    """The other account has written one into the job's source, whose bucket has ACLs."""
    await within.grant()
    other = within.server.b if within.signs == within.server.a else within.server.a
    everything = [f"arn:aws:s3:::{within.source}", f"arn:aws:s3:::{within.source}/*"]
    allowed = {"Effect": "Allow", "Principal": {"AWS": [other.principal]}, "Action": "s3:*", "Resource": everything}
    within.put_bucket_policy([allowed])
    within.server.client(other).put_object(Bucket=within.source, Key="data/theirs", Body=b"theirs")
    check = await within.check()
    [problem] = check.unknown
    assert check.missing == []
    assert problem.title == f"objects that another account owns cannot be read by the role {within.role}"
    label = within.account.label
    assert f"xs3-tui repair-ownership --profile {label} s3://{within.source}/data/" in problem.remedy
    within.server.client(within.of_source).put_bucket_ownership_controls(
        Bucket=within.source, OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    )
    assert (await within.check()).unknown == []


async def test_each_permission_is_needed_and_its_absence_is_named(world: BatchWorld) -> None:
    await world.grant()
    whole = world.permissions()
    tried = 0
    for at, statement in enumerate(whole):
        for action in actions_of(statement):
            world.put_permissions(without(whole, at, action))
            check = await world.check()
            assert permissions(check) == {(action, statement["Resource"])}
            assert not world.run().worked, action
            tried += 1
    world.put_permissions(whole)
    assert tried >= 6
    assert (await world.check()).missing == []
    assert world.run().worked


async def test_each_permission_of_the_other_accounts_bucket_policy_is_needed(across: BatchWorld) -> None:
    await across.grant()
    whole = across.bucket_policy()
    for at, statement in enumerate(whole):
        for action in actions_of(statement):
            left = without(whole, at, action)
            across.put_bucket_policy(left or [{**statement, "Effect": "Deny", "Action": "s3:DeleteObject"}])
            [problem] = (await across.check()).missing
            assert (problem.permission, problem.resource) == (action, statement["Resource"])
            assert problem.title.startswith(f"the bucket policy of {across.source} (account 111111111111)")
            assert not across.run().worked, action
    across.put_bucket_policy(whole)
    assert across.run().worked


async def test_a_role_that_another_service_assumes_is_named(world: BatchWorld) -> None:
    await world.grant()
    trust = world.client("iam").get_role(RoleName=world.role)["Role"]["AssumeRolePolicyDocument"]
    trust["Statement"][0]["Principal"] = {"Service": "ec2.amazonaws.com"}
    world.client("iam").update_assume_role_policy(RoleName=world.role, PolicyDocument=json.dumps(trust))
    [problem] = (await world.check()).missing
    assert problem.permission == "sts:AssumeRole"
    assert BATCH_SERVICE in problem.title
    assert world.run().status == "Failed"


async def test_an_existing_role_is_extended_and_keeps_what_it_had(world: BatchWorld) -> None:
    iam = world.client("iam")
    other = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole", "Sid": "Own"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [other]})
    iam.create_role(RoleName=world.role, AssumeRolePolicyDocument=trust)
    kept = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::elsewhere/*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [kept]})
    iam.put_role_policy(RoleName=world.role, PolicyName="own", PolicyDocument=document)
    await world.grant()
    assert (await world.check()).missing == []
    assert world.run().worked
    await world.revoke()
    role = iam.get_role(RoleName=world.role)["Role"]
    assert role["AssumeRolePolicyDocument"]["Statement"][0] == other
    assert iam.list_role_policies(RoleName=world.role)["PolicyNames"] == ["own"]
    assert not world.run().worked


async def test_it_is_taken_back_and_undone(world: BatchWorld) -> None:
    applied = await world.grant()
    await world.revoke()
    iam = world.client("iam")
    with pytest.raises(iam.exceptions.NoSuchEntityException):
        iam.get_role(RoleName=world.role)
    again = await world.grant()
    assert len(again) == len(applied)
    for each in reversed(again):
        await world.undo(each)
    with pytest.raises(iam.exceptions.NoSuchEntityException):
        iam.get_role(RoleName=world.role)


@pytest.mark.parametrize(
    ("operation", "asked"),
    [
        (BatchOperation.PUT_TAGS, {"S3PutObjectTagging": {"TagSet": [{"Key": "a", "Value": "b"}]}}),
        (BatchOperation.DELETE_TAGS, {"S3DeleteObjectTagging": {}}),
        (
            BatchOperation.ACL,
            {"S3PutObjectAcl": {"AccessControlPolicy": {"CannedAccessControlList": "bucket-owner-full-control"}}},
        ),
        (BatchOperation.CHECKSUM, {"S3ComputeObjectChecksum": {"ChecksumAlgorithm": "CRC32"}}),
    ],
)
@pytest.mark.parametrize("versions", [False, True])
async def test_operations_on_the_spot(
    within: BatchWorld, operation: BatchOperation, asked: dict[str, object], versions: bool
) -> None:
    world = within.doing(operation, versions=versions)
    if versions:
        client = world.client("s3")
        client.put_bucket_versioning(Bucket=world.source, VersioningConfiguration={"Status": "Enabled"})
        for each in client.list_objects_v2(Bucket=world.source)["Contents"]:
            client.put_object(Bucket=world.source, Key=each["Key"], Body=b"again")
    await world.grant()
    assert (await world.check()).missing == []
    assert world.run(asked).worked
    whole = world.permissions()
    for at, statement in enumerate(whole):
        for action in actions_of(statement):
            world.put_permissions(without(whole, at, action))
            assert permissions(await world.check()) == {(action, statement["Resource"])}
            assert not world.run(asked).worked, action


async def test_a_list_that_s3_generates_takes_an_inventory_of_the_source(within: BatchWorld) -> None:
    asked = {"S3PutObjectTagging": {"TagSet": [{"Key": "a", "Value": "b"}]}}
    world = within.doing(BatchOperation.PUT_TAGS, generated=True, manifest=None)
    await world.grant()
    assert (await world.check()).missing == []
    assert world.run(asked).worked
    whole = world.permissions()
    [at] = [at for at, each in enumerate(whole) if each["Action"] == "s3:PutInventoryConfiguration"]
    world.put_permissions(whole[:at] + whole[at + 1 :])
    assert permissions(await world.check()) == {("s3:PutInventoryConfiguration", f"arn:aws:s3:::{world.source}")}
    assert world.run(asked).status == "Failed"


async def test_a_manifest_in_another_accounts_bucket_with_acls_takes_its_acl_too(across: BatchWorld) -> None:
    place = JobPlace(Location(across.source, "manifests/list.csv"))
    world = replace(across, job=across.job.with_places({**across.job.places, "manifest": place}))
    await world.grant()
    assert (await world.check()).missing == []
    assert world.run().worked
    whole = world.bucket_policy()
    [at] = [at for at, each in enumerate(whole) if "s3:GetObjectAcl" in actions_of(each)]
    world.put_bucket_policy(without(whole, at, "s3:GetObjectAcl"))
    [problem] = (await world.check()).missing
    assert problem.permission == "s3:GetObjectAcl"
    assert world.run().failures[0]["FailureReason"].endswith("Failed to write manifest")


async def test_a_role_of_another_account_is_refused_before_anything_is_written(across: BatchWorld) -> None:
    role = f"arn:aws:iam::111111111111:role/{across.role}"
    world = across.doing(BatchOperation.COPY, role=role)
    with pytest.raises(ProblemError, match="the role is of account 111111111111, the job of account 222222222222"):
        await world.plan()
    assert (await world.check()).missing[0].cause.startswith("a role is passed within its own account only")
    with pytest.raises(ClientError, match="Cross-account pass role is not allowed"):
        world.run()


async def test_what_may_not_be_read_is_said_as_not_known(within: BatchWorld) -> None:
    await within.grant()
    own = [{"Effect": "Deny", "Action": "iam:GetRole", "Resource": "*"}]
    denied = json.dumps({"Version": "2012-10-17", "Statement": own})
    iam = within.client("iam")
    iam.put_user_policy(UserName="deploy", PolicyName="blind", PolicyDocument=denied)
    try:
        check = await within.check()
    finally:
        iam.delete_user_policy(UserName="deploy", PolicyName="blind")
    assert check.missing == []
    assert any(each.title.startswith("the trust policy of") for each in check.unknown)


async def test_a_key_that_may_not_be_looked_up_is_said_as_not_known(within: BatchWorld) -> None:
    await within.grant()
    own = [{"Effect": "Deny", "Action": "s3:GetEncryptionConfiguration", "Resource": "*"}]
    denied = json.dumps({"Version": "2012-10-17", "Statement": own})
    iam = within.client("iam")
    iam.put_user_policy(UserName="deploy", PolicyName="blind", PolicyDocument=denied)
    try:
        check, plan = await within.check(), await within.plan()
    finally:
        iam.delete_user_policy(UserName="deploy", PolicyName="blind")
    assert check.missing == []
    buckets = (within.source, within.target, within.reports)
    assert [each.title for each in check.unknown] == [
        f"it is not known which key the objects of s3://{bucket} are encrypted with" for bucket in buckets
    ]
    assert {each.cause for each in check.unknown} == {"s3:GetEncryptionConfiguration is not allowed"}
    assert sum("is not known, and none is allowed" in note for note in plan.notes) == len(buckets)


@pytest.mark.parametrize("action", ["iam:PassRole", "s3:CreateJob"])
async def test_what_the_creator_of_the_job_needs_is_named(within: BatchWorld, action: str) -> None:
    await within.grant()
    denied = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": action, "Resource": "*"}]})
    iam = within.client("iam")
    iam.put_user_policy(UserName="deploy", PolicyName="no", PolicyDocument=denied)
    try:
        [problem] = (await within.check()).missing
        with pytest.raises(ClientError, match="AccessDenied"):
            within.run()
    finally:
        iam.delete_user_policy(UserName="deploy", PolicyName="no")
    assert (problem.permission, "user/deploy" in problem.title) == (action, True)


async def test_a_statement_that_denies_a_part_of_the_objects_is_not_overlooked(within: BatchWorld) -> None:
    await within.grant()
    deny = {
        "Sid": "Secret",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{within.source}/data/b*",
    }
    within.put_bucket_policy([deny])
    check = await within.check()
    assert check.missing == []
    [problem] = check.unknown
    assert problem.cause == "statement Secret of the bucket policy"
    assert sorted(task[0] for task in within.run().tasks) == ["failed", "succeeded"]
