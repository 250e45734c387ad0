from __future__ import annotations

import copy
import csv
import io
import json
import secrets
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

import pytest
from aiohttp import web
from botocore.exceptions import ClientError

from tests.servers.buckets import fresh_bucket
from tests.servers.loopback import loopback
from tests.servers.server import Account, S3Server
from tests.waiting import until_true
from tui.answering.rooms import Rooms
from tui.aws.control_plane import ControlPlaneService
from tui.aws.ids import connection_id
from tui.core.changes import AppliedChange, DocumentKind, DocumentRef, PlannedChange
from tui.core.identity import IdentitySpec
from tui.core.jobs import BATCH_SERVICE, BatchOperation, BatchRoleOrder, JobAccess, JobPlace, RoleCheck
from tui.core.location import Location
from tui.core.problem import ProblemError
from tui.demo.demo_profiles import ANALYTICS, MEDIA_PROD, DemoAccount
from tui.features.access.engine import check_batch_role, plan_batch_role, plan_revoke_batch_role
from tui.features.access.values import AccessPlan, CheckBatchRole, PlanBatchRole, PlanRevokeBatchRole
from tui.features.edit_documents.engine import apply_change, plan_change
from tui.messages.document_requests import ApplyChange, PlanChange

KEYS = ("data/a.txt", "data/b c.txt")
PREFIX = "data/"

Statement = dict[str, Any]


@dataclass(frozen=True, slots=True)
class BatchWorld:
    """A job of `account`; the source is of `of_source`, everything else of the job's account."""

    server: S3Server
    rooms: Rooms
    account: DemoAccount
    signs: Account
    of_source: Account
    source: str
    target: str
    reports: str
    job: JobAccess

    @property
    def order(self) -> BatchRoleOrder:
        """The job's access, and the identities of both accounts."""
        others = [each.label for each in (MEDIA_PROD, ANALYTICS) if each is not self.account]
        return BatchRoleOrder(self.job, _connection(self.account.label), [_connection(each) for each in others])

    def doing(self, operation: BatchOperation, **more: Any) -> BatchWorld:
        """The same with another operation, which has no target unless it copies."""
        places = self.job.places
        if operation is not BatchOperation.COPY:
            places.pop("target")
        job = self.job.with_places(places)
        values = {name: getattr(job, name) for name in job.__struct_fields__}
        return replace(self, job=JobAccess(**{**values, "operation": operation, **more}))

    async def plan(self) -> AccessPlan:
        return await plan_batch_role(self.rooms, PlanBatchRole(self.order))

    async def grant(self) -> list[AppliedChange]:
        return await self._apply(await self.plan())

    async def revoke(self) -> list[AppliedChange]:
        return await self._apply(await plan_revoke_batch_role(self.rooms, PlanRevokeBatchRole(self.order)))

    async def check(self) -> RoleCheck:
        return await check_batch_role(self.rooms, CheckBatchRole(self.order))

    async def _apply(self, plan: AccessPlan) -> list[AppliedChange]:
        assert not any(each.stops or each.unread for each in plan.changes), plan
        return [await apply_change(self.rooms, ApplyChange(each)) for each in plan.changes if each.is_needed]

    def client(self, service: str) -> Any:
        return self.server.client(self.signs, service)

    @property
    def role(self) -> str:
        return self.job.role_name

    def permissions(self) -> list[Statement]:
        iam = self.client("iam")
        document = iam.get_role_policy(RoleName=self.role, PolicyName="xs3-tui-batch")["PolicyDocument"]
        return list(document["Statement"])

    def put_permissions(self, statements: list[Statement]) -> None:
        document = json.dumps({"Version": "2012-10-17", "Statement": statements})
        self.client("iam").put_role_policy(RoleName=self.role, PolicyName="xs3-tui-batch", PolicyDocument=document)

    def bucket_policy(self) -> list[Statement]:
        """The statements of the policy of the source's bucket."""
        text = self.server.client(self.of_source).get_bucket_policy(Bucket=self.source)["Policy"]
        return list(json.loads(text)["Statement"])

    def put_bucket_policy(self, statements: list[Statement]) -> None:
        document = json.dumps({"Version": "2012-10-17", "Statement": statements})
        self.server.client(self.of_source).put_bucket_policy(Bucket=self.source, Policy=document)

    @property
    def control(self) -> Any:
        """S3 Control; loopback has no host for each account."""
        control = self.client("s3control")
        control.meta.events.register("before-call.s3-control", _without_account, unique_id="without-account")
        return control

    def create(self, operation: Mapping[str, Any] | None = None, **more: Any) -> str:
        asked = {
            "Operation": operation or {"S3PutObjectCopy": {"TargetResource": f"arn:aws:s3:::{self.target}"}},
            "Report": {
                "Enabled": True,
                "Bucket": f"arn:aws:s3:::{self.reports}",
                "Prefix": "reports",
                "Format": "Report_CSV_20180820",
                "ReportScope": "AllTasks",
            },
            "ClientRequestToken": secrets.token_hex(8),
            "Priority": 1,
            "RoleArn": self.job.role_arn,
            "ConfirmationRequired": False,
        }
        return str(self.control.create_job(AccountId=self.account.number, **asked | more)["JobId"])

    def until(self, job: str, *states: str) -> dict[str, Any]:
        """What S3 says of a job once it is in one of these states."""

        def described() -> dict[str, Any]:
            return dict(self.control.describe_job(AccountId=self.account.number, JobId=job)["Job"])

        until_true(lambda: described()["Status"] in states, f"the job is {' or '.join(states)}")
        return described()

    def run(self, operation: Mapping[str, Any] | None = None) -> JobEnd:
        """Have S3 carry the job out, and read its report."""
        made = self.create(operation, **self.manifest())
        found = self.until(made, "Complete", "Failed")
        rows = self._report(made) if found["Status"] == "Complete" else []
        return JobEnd(found["Status"], found.get("FailureReasons", []), [row[3:6] for row in rows])

    def manifest(self) -> dict[str, Any]:
        """The list of the job's objects, which is written; or what S3 is to generate one by."""
        place = self.job.manifest
        if self.job.generated or place is None:
            generator = {
                "SourceBucket": f"arn:aws:s3:::{self.source}",
                "EnableManifestOutput": False,
                "Filter": {"KeyNameConstraint": {"MatchAnyPrefix": [PREFIX]}},
            }
            return {"ManifestGenerator": {"S3JobManifestGenerator": generator}}
        owner = self.of_source if place.location.bucket == self.source else self.signs
        client, source = self.server.client(owner), self.server.client(self.of_source)
        fields, lines = ["Bucket", "Key"], []
        for key in KEYS:
            line = f"{self.source},{quote(key)}"
            if self.job.versions:
                line += f",{source.head_object(Bucket=self.source, Key=key)['VersionId']}"
            lines.append(f"{line}\n")
        if self.job.versions:
            fields.append("VersionId")
        where = {"Bucket": place.location.bucket, "Key": place.location.key}
        etag = client.put_object(**where, Body="".join(lines).encode())["ETag"]
        arn = f"arn:aws:s3:::{place.location.bucket}/{place.location.key}"
        spec = {"Format": "S3BatchOperations_CSV_20180820", "Fields": fields}
        return {"Manifest": {"Spec": spec, "Location": {"ObjectArn": arn, "ETag": etag.strip('"')}}}

    def _report(self, job: str) -> list[list[str]]:
        client, rows = self.client("s3"), list[list[str]]()
        text = client.get_object(Bucket=self.reports, Key=f"reports/job-{job}/manifest.json")["Body"].read()
        for file in json.loads(text)["Results"]:
            part = client.get_object(Bucket=file["Bucket"], Key=file["Key"])["Body"].read().decode()
            rows += csv.reader(io.StringIO(part, newline=""))
        return rows


@dataclass(frozen=True, slots=True)
class JobEnd:
    """How a job ended: its state, why it failed as a whole, and of each task state, code and HTTP status."""

    status: str
    failures: list[dict[str, str]]
    tasks: list[list[str]]

    @property
    def worked(self) -> bool:
        return self.status == "Complete" and bool(self.tasks) and all(task[0] == "succeeded" for task in self.tasks)


@contextmanager
def batch_world(server: S3Server, rooms: Rooms, account: DemoAccount, *, foreign: bool = False) -> Iterator[BatchWorld]:
    """Fresh buckets, two objects with tags and annotations, a copy of them; `foreign`: the source is the other's."""
    signs = {MEDIA_PROD: server.a, ANALYTICS: server.b}[account]
    of_source = (server.b if signs == server.a else server.a) if foreign else signs
    with ExitStack() as stack:
        source = stack.enter_context(fresh_bucket(server, of_source))
        target, reports = (stack.enter_context(fresh_bucket(server, signs)) for _ in range(2))
        for key in KEYS:
            client = server.client(of_source)
            client.put_object(Bucket=source, Key=key, Body=key.encode(), Tagging="kind=test")
            client.put_object_annotation(Bucket=source, Key=key, AnnotationName="by", AnnotationPayload=b"test")
        job = JobAccess(
            BatchOperation.COPY,
            account.number,
            JobPlace(Location(source, PREFIX)),
            JobPlace(Location(target)),
            JobPlace(Location(reports, f"manifests/{secrets.token_hex(4)}.csv")),
            JobPlace(Location(reports, "reports")),
            role=f"batch-{secrets.token_hex(4)}",
        )
        yield BatchWorld(server, rooms, account, signs, of_source, source, target, reports, job)


def _connection(profile: str) -> str:
    return connection_id(IdentitySpec(profile))


def _without_account(params: dict[str, Any], **_: object) -> None:
    for account in (MEDIA_PROD, ANALYTICS):
        params["url"] = params["url"].replace(f"//{account.number}.", "//")


@pytest.fixture(params=["within", "across"])
def world(request: pytest.FixtureRequest, demo_server: S3Server, rooms: Rooms) -> Iterator[BatchWorld]:
    across = request.param == "across"
    with batch_world(demo_server, rooms, ANALYTICS if across else MEDIA_PROD, foreign=across) as world:
        yield world


@pytest.fixture
def within(demo_server: S3Server, rooms: Rooms) -> Iterator[BatchWorld]:
    """Everything is of one account."""
    with batch_world(demo_server, rooms, MEDIA_PROD) as world:
        yield world


@pytest.fixture
def across(demo_server: S3Server, rooms: Rooms) -> Iterator[BatchWorld]:
    """The job and its target are of one account, the source of the other."""
    with batch_world(demo_server, rooms, ANALYTICS, foreign=True) as world:
        yield world


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


async def try_without_each(world: BatchWorld, asked: dict[str, object] | None = None) -> int:
    """Without any single permission the check names it and the job fails; returns how many there are."""
    whole, tried = world.permissions(), 0
    for at, statement in enumerate(whole):
        for action in actions_of(statement):
            world.put_permissions(without(whole, at, action))
            assert permissions(await world.check()) == {(action, statement["Resource"])}
            assert not world.run(asked).worked, action
            tried += 1
    world.put_permissions(whole)
    return tried


@contextmanager
def denied(world: BatchWorld, action: str) -> Iterator[None]:
    """The user that makes the job may not do this while the block lasts."""
    statement = {"Effect": "Deny", "Action": action, "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam = world.client("iam")
    iam.put_user_policy(UserName="deploy", PolicyName="no", PolicyDocument=document)
    try:
        yield
    finally:
        iam.delete_user_policy(UserName="deploy", PolicyName="no")


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
    assert problem.title == f"the role {within.role} cannot read objects that another account owns"
    label = within.account.label
    assert f"xs3-tui repair-ownership --profile {label} s3://{within.source}/data/" in problem.remedy
    within.server.client(within.of_source).put_bucket_ownership_controls(
        Bucket=within.source, OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    )
    assert (await within.check()).unknown == []


@pytest.mark.thorough
async def test_each_permission_is_needed_and_its_absence_is_named(world: BatchWorld) -> None:
    before = await world.check()
    assert ([each.operation for each in before.missing], before.unknown) == (["GetRole"], [])
    assert len(await world.grant()) == (2 if world.of_source == world.signs else 3)
    assert await try_without_each(world) >= 6
    check = await world.check()
    assert (check.missing, check.unknown) == ([], [])
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
@pytest.mark.parametrize("versions", [False, pytest.param(True, marks=pytest.mark.thorough)])
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
    await try_without_each(world, asked)


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
    with pytest.raises(ProblemError, match="the role belongs to account 111111111111, and the job to"):
        await world.plan()
    assert (await world.check()).missing[0].cause.startswith("a role can be passed only within its own account")
    with pytest.raises(ClientError, match="Cross-account pass role is not allowed"):
        world.run()


async def test_what_may_not_be_read_is_said_as_not_known(within: BatchWorld) -> None:
    await within.grant()
    with denied(within, "iam:GetRole"):
        check = await within.check()
    assert check.missing == []
    assert any(each.title.startswith("the trust policy of") for each in check.unknown)


async def test_a_key_that_may_not_be_looked_up_is_said_as_not_known(within: BatchWorld) -> None:
    await within.grant()
    with denied(within, "s3:GetEncryptionConfiguration"):
        check, plan = await within.check(), await within.plan()
    assert check.missing == []
    buckets = (within.source, within.target, within.reports)
    assert [each.title for each in check.unknown] == [
        f"the KMS key of the objects in s3://{bucket} is not known" for bucket in buckets
    ]
    assert {each.cause for each in check.unknown} == {"s3:GetEncryptionConfiguration is not allowed"}
    assert sum("the plan allows no key" in note for note in plan.notes) == len(buckets)


@pytest.mark.parametrize("action", ["iam:PassRole", "s3:CreateJob"])
async def test_what_the_creator_of_the_job_needs_is_named(within: BatchWorld, action: str) -> None:
    await within.grant()
    with denied(within, action):
        [problem] = (await within.check()).missing
        with pytest.raises(ClientError, match="AccessDenied"):
            within.run()
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


async def test_jobs_that_cannot_be_are_refused_as_by_s3(within: BatchWorld) -> None:
    await within.grant()
    manifest, about = within.manifest(), {"AccountId": within.account.number}
    once = {
        **manifest,
        "ConfirmationRequired": True,
        "ClientRequestToken": "once",
        "Tags": [{"Key": "by", "Value": "us"}],
    }
    job = within.create(**once)
    assert within.control.get_job_tagging(**about, JobId=job)["Tags"] == once["Tags"]
    with pytest.raises(ClientError, match="IdempotencyException"):
        within.create(**once, Priority=11)
    within.until(job, "Suspended")
    within.control.update_job_status(**about, JobId=job, RequestedJobStatus="Cancelled")
    within.until(job, "Cancelled")
    with pytest.raises(ClientError, match="JobStatusException"):
        within.control.update_job_status(**about, JobId=job, RequestedJobStatus="Ready")
    manifest["Manifest"]["Location"]["ETag"] = "0" * 32
    assert within.until(within.create(**manifest), "Failed")["FailureReasons"][0]["FailureCode"] == "ManifestInvalid"
    with pytest.raises(ClientError, match="Either Manifest or ManifestGenerator"):
        within.create()
    with pytest.raises(ClientError, match="NotFoundException"):
        within.control.describe_job(**about, JobId="00000000-1111-2222-3333-444444444444")


ALICE = connection_id(IdentitySpec("media-prod"))
POLICY = DocumentRef(DocumentKind.BUCKET_POLICY, Location("media-prod-private"), connection=ALICE)
STATEMENT = {
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::222222222222:root"},
    "Action": "s3:GetObjects",
    "Resource": "arn:aws:s3:::media-prod-private/*",
}
DOCUMENT = json.dumps({"Version": "2012-10-17", "Statement": STATEMENT})


async def plan(rooms: Rooms) -> PlannedChange:
    return await plan_change(rooms, PlanChange(POLICY, DOCUMENT))


async def test_its_findings_are_notes_the_gravest_first(rooms: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, Any]] = []

    async def validate(request: web.Request) -> web.Response:
        asked.append(await request.json())
        kinds = ("SUGGESTION", "WARNING", "ERROR")
        return web.json_response(
            {"findings": [{"findingType": each, "findingDetails": f"one {each}"} for each in kinds]}
        )

    async with loopback([web.post("/policy/validation", validate)]) as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL_ACCESSANALYZER", endpoint)
        change = await plan(rooms)
    assert change.notes == ["IAM Access Analyzer: one ERROR", "IAM Access Analyzer: one WARNING"]
    assert asked == [
        {"policyDocument": DOCUMENT, "policyType": "RESOURCE_POLICY", "validatePolicyResourceType": "AWS::S3::Bucket"}
    ]


async def test_a_refusal_leaves_the_plan_as_it_is(rooms: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(_: web.Request) -> web.Response:
        body = {"message": "not authorized to perform: access-analyzer:ValidatePolicy"}
        return web.json_response(body, status=403, headers={"x-amzn-errortype": "AccessDeniedException"})

    async with loopback([web.post("/policy/validation", refuse)]) as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL_ACCESSANALYZER", endpoint)
        change = await plan(rooms)
    assert (change.notes, change.can_be_applied) == ([], True)


async def test_another_server_than_aws_is_not_asked(rooms: Rooms, demo_server: S3Server) -> None:
    """Its S3 would take the request for one of its own: a POST to a bucket named policy."""
    assert not await rooms.control_plane.has_own_endpoint(ALICE, ControlPlaneService.ACCESS_ANALYZER)
    assert (await plan(rooms)).notes == []
