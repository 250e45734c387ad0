"""Buckets of one or two accounts of the demo, a job between them, and its role: planned, applied, checked, used."""

from __future__ import annotations

import csv
import io
import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from tests.servers.buckets import fresh_bucket
from tests.servers.server import Account, S3Server
from tests.waiting import until_true
from tui.accounts import connection_id
from tui.demo.profiles import ANALYTICS, MEDIA_PROD, DemoAccount
from tui.engine.answers.access import check_batch_role, plan_batch_role, plan_revoke_batch_role
from tui.engine.answers.changes import apply_change, plan_undo
from tui.engine.rooms import Rooms
from tui.model.access.batch_jobs import BatchOperation, BatchRoleOrder, JobAccess, JobPlace, RoleCheck
from tui.model.access.grants import AccessPlan
from tui.model.change import AppliedChange
from tui.model.identity import IdentitySpec
from tui.model.location import Location
from tui.protocol.messages.access import CheckBatchRole, PlanBatchRole, PlanRevokeBatchRole
from tui.protocol.messages.changes import ApplyChange, PlanUndo

KEYS = ("data/a.txt", "data/b c.txt")
PREFIX = "data/"
TAGS = {"kind": "test"}

Statement = dict[str, Any]
Edit = Callable[[list[Statement]], list[Statement]]


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
        """What makes the role."""
        return await plan_batch_role(self.rooms, PlanBatchRole(self.order))

    async def grant(self) -> list[AppliedChange]:
        """Make it."""
        return await self._apply(await self.plan())

    async def revoke(self) -> list[AppliedChange]:
        """Take it back."""
        return await self._apply(await plan_revoke_batch_role(self.rooms, PlanRevokeBatchRole(self.order)))

    async def undo(self, applied: AppliedChange) -> None:
        """Put back what a change has replaced."""
        change = await plan_undo(self.rooms, PlanUndo(applied.id))
        await apply_change(self.rooms, ApplyChange(change, applied.id))

    async def check(self) -> RoleCheck:
        """What is missing."""
        return await check_batch_role(self.rooms, CheckBatchRole(self.order))

    async def _apply(self, plan: AccessPlan) -> list[AppliedChange]:
        assert not any(each.stops or each.unread for each in plan.changes), plan
        return [await apply_change(self.rooms, ApplyChange(each)) for each in plan.changes if each.is_needed]

    def client(self, service: str) -> Any:
        """A client of the job's account."""
        return self.server.client(self.signs, service)

    @property
    def role(self) -> str:
        """The name of the role."""
        return self.job.role_name

    def permissions(self) -> list[Statement]:
        """The statements of the role's policy."""
        iam = self.client("iam")
        document = iam.get_role_policy(RoleName=self.role, PolicyName="xs3-tui-batch")["PolicyDocument"]
        return list(document["Statement"])

    def put_permissions(self, statements: list[Statement]) -> None:
        """Give the role this policy."""
        document = json.dumps({"Version": "2012-10-17", "Statement": statements})
        self.client("iam").put_role_policy(RoleName=self.role, PolicyName="xs3-tui-batch", PolicyDocument=document)

    def bucket_policy(self) -> list[Statement]:
        """The statements of the policy of the source's bucket."""
        text = self.server.client(self.of_source).get_bucket_policy(Bucket=self.source)["Policy"]
        return list(json.loads(text)["Statement"])

    def put_bucket_policy(self, statements: list[Statement]) -> None:
        """Give the source's bucket this policy."""
        document = json.dumps({"Version": "2012-10-17", "Statement": statements})
        self.server.client(self.of_source).put_bucket_policy(Bucket=self.source, Policy=document)

    def run(self, operation: Mapping[str, Any] | None = None) -> JobEnd:
        """Have S3 carry the job out, and read its report."""
        control, number = self.client("s3control"), self.account.number
        control.meta.events.register("before-call.s3-control", _without_account, unique_id="without-account")
        made = control.create_job(
            AccountId=number,
            Operation=operation or {"S3PutObjectCopy": {"TargetResource": f"arn:aws:s3:::{self.target}"}},
            Report={
                "Enabled": True,
                "Bucket": f"arn:aws:s3:::{self.reports}",
                "Prefix": "reports",
                "Format": "Report_CSV_20180820",
                "ReportScope": "AllTasks",
            },
            ClientRequestToken=secrets.token_hex(8),
            Priority=1,
            RoleArn=self.job.role_arn,
            ConfirmationRequired=False,
            **self._manifest(),
        )["JobId"]

        def described() -> dict[str, Any]:
            found: dict[str, Any] = control.describe_job(AccountId=number, JobId=made)["Job"]
            return found

        until_true(lambda: described()["Status"] in ("Complete", "Failed"), "the job has ended")
        found = described()
        rows = self._report(made) if found["Status"] == "Complete" else []
        return JobEnd(found["Status"], found.get("FailureReasons", []), [row[3:6] for row in rows])

    def _manifest(self) -> dict[str, Any]:
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
        """Whether it did everything, and reported it."""
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
    """Loopback has no host for each account."""
    for account in (MEDIA_PROD, ANALYTICS):
        params["url"] = params["url"].replace(f"//{account.number}.", "//")
