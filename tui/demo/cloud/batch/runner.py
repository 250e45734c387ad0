"""Runs a job: prepares it, waits for its confirmation, runs its tasks, writes its report."""

import base64
import csv
import hashlib
import io
import json
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import quote, urlencode
from uuid import uuid4

from tui.demo.cloud import content_bytes
from tui.demo.cloud.batch.batch_jobs import DemoJob, Status
from tui.demo.cloud.batch.manifests import ManifestError, ManifestRow, bucket_of, rows_of
from tui.demo.cloud.call import AuthenticatedRequest
from tui.demo.cloud.grants import DemoGrant, to_xml
from tui.demo.cloud.iam.iam_identities import DemoIdentities, DemoIdentity
from tui.demo.cloud.iam.iam_policies import CallerPrincipals, DemoVerdict
from tui.demo.cloud.messages import CloudError, DemoRequest, DemoResponse, document, leaf, node
from tui.demo.cloud.models import DemoStore

BatchHandler = Callable[[AuthenticatedRequest], DemoResponse]
Find = Callable[[DemoRequest], BatchHandler]
"""Finds the operation for a request (`tui.demo.cloud.cloud`, which this module must not import)."""


class InternalClient:
    """Sends requests as one identity, inside the server."""

    def __init__(self, store: DemoStore, identities: DemoIdentities, identity: DemoIdentity, find: Find) -> None:
        self.store, self.identities, self.identity, self._find = store, identities, identity, find

    def call(
        self,
        method: str,
        bucket: str,
        key: str,
        query: str = "",
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> AuthenticatedRequest:
        """A request to send; `query` is percent-encoded."""
        path = f"/{bucket}/{quote(key)}" if key else f"/{bucket}"
        request = DemoRequest(method, path, query, {"host": "127.0.0.1", **(headers or {})}, body, "127.0.0.1")
        return AuthenticatedRequest(request, self.identity, self.store, self.identities)

    def send(self, call: AuthenticatedRequest) -> DemoResponse:
        return self._find(call.request)(call)


def carry_out(caller: InternalClient, name: str, operation: Mapping[str, Any], row: ManifestRow) -> str:
    """Run the operation on one object; returns the text for the report. Raises `CloudError`."""
    return TASKS[name](caller, operation, row)


def _copy(caller: InternalClient, asked: Mapping[str, Any], row: ManifestRow) -> str:
    source = quote(f"{row.bucket}/{row.key}") + (f"?versionId={row.version}" if row.version else "")
    metadata = asked.get("NewObjectMetadata") or {}
    tags = asked.get("NewObjectTagging")
    headers = {
        "x-amz-copy-source": source,
        "x-amz-metadata-directive": asked.get("MetadataDirective") or "COPY",
        "x-amz-acl": asked.get("CannedAccessControlList"),
        "x-amz-storage-class": asked.get("StorageClass"),
        "x-amz-checksum-algorithm": asked.get("ChecksumAlgorithm"),
        "x-amz-website-redirect-location": asked.get("RedirectLocation"),
        "content-type": metadata.get("ContentType"),
        "cache-control": metadata.get("CacheControl"),
        "content-disposition": metadata.get("ContentDisposition"),
        "content-encoding": metadata.get("ContentEncoding"),
        "content-language": metadata.get("ContentLanguage"),
        **{f"x-amz-meta-{name}": value for name, value in (metadata.get("UserMetadata") or {}).items()},
        **_encryption(asked.get("SSEAwsKmsKeyId"), metadata.get("SSEAlgorithm")),
    }
    if tags is not None:
        headers |= {
            "x-amz-tagging-directive": "REPLACE",
            "x-amz-tagging": urlencode([(tag["Key"], tag["Value"]) for tag in tags]),
        }
    prefix = asked.get("TargetKeyPrefix") or ""
    key = f"{prefix.rstrip('/')}/{row.key}" if prefix else row.key
    given = {name: value for name, value in headers.items() if value}
    caller.send(caller.call("PUT", bucket_of(asked["TargetResource"]), key, headers=given))
    return "Successful"


def _encryption(kms_key: str | None, algorithm: str | None) -> dict[str, str]:
    if kms_key:
        return {"x-amz-server-side-encryption": "aws:kms", "x-amz-server-side-encryption-aws-kms-key-id": kms_key}
    return {"x-amz-server-side-encryption": "AES256"} if algorithm == "AES256" else {}


def _version(row: ManifestRow) -> str:
    return f"&versionId={quote(row.version)}" if row.version else ""


def _put_acl(caller: InternalClient, asked: Mapping[str, Any], row: ManifestRow) -> str:
    policy = asked.get("AccessControlPolicy") or {}
    if canned := policy.get("CannedAccessControlList"):
        caller.send(caller.call("PUT", row.bucket, row.key, f"acl{_version(row)}", {"x-amz-acl": canned}))
        return "Successful"
    listed = policy.get("AccessControlList") or {}
    grants = [DemoGrant(entry["Grantee"]["Identifier"], entry["Permission"]) for entry in listed.get("Grants") or []]
    body = document("AccessControlPolicy", to_xml(listed["Owner"]["ID"], grants))
    caller.send(caller.call("PUT", row.bucket, row.key, f"acl{_version(row)}", body=body))
    return "Successful"


def _put_tags(caller: InternalClient, asked: Mapping[str, Any], row: ManifestRow) -> str:
    tags = [node("Tag", leaf(Key=tag["Key"], Value=tag["Value"])) for tag in asked.get("TagSet") or []]
    body = document("Tagging", [node("TagSet", *tags)])
    caller.send(caller.call("PUT", row.bucket, row.key, f"tagging{_version(row)}", body=body))
    return "Successful"


def _delete_tags(caller: InternalClient, _asked: Mapping[str, Any], row: ManifestRow) -> str:
    caller.send(caller.call("DELETE", row.bucket, row.key, f"tagging{_version(row)}"))
    return "Successful"


def _restore(caller: InternalClient, asked: Mapping[str, Any], row: ManifestRow) -> str:
    tier = str(asked.get("GlacierJobTier") or "STANDARD").title()
    days = leaf(Days=asked["ExpirationInDays"]) if asked.get("ExpirationInDays") else ""
    body = document("RestoreRequest", [days, node("GlacierJobParameters", leaf(Tier=tier))])
    response = caller.send(caller.call("POST", row.bucket, row.key, f"restore{_version(row)}", body=body))
    return "Successful" if response.status == 202 else "RestoreAlreadyInProgress"


def _checksum(caller: InternalClient, asked: Mapping[str, Any], row: ManifestRow) -> str:
    algorithm = asked.get("ChecksumAlgorithm") or "CRC64NVME"
    action = "s3:GetObjectVersion" if row.version else "s3:GetObject"
    call = caller.call("GET", row.bucket, row.key)
    item = call.object_of(call.bucket, row.key, row.version, action)
    value = content_bytes.compute(algorithm, item.content) if algorithm in content_bytes.ALGORITHMS else None
    if value is None:
        raise CloudError("InvalidRequest", f"The algorithm {algorithm} is not available here")
    return json.dumps(
        {
            "checksum_base64": value,
            "etag": item.etag.strip('"'),
            "checksumAlgorithm": algorithm,
            "checksumType": "FULL_OBJECT",
            "checksum_hex": base64.b64decode(value).hex().upper(),
        }
    )


TASKS: Final[Mapping[str, Callable[[InternalClient, Mapping[str, Any], ManifestRow], str]]] = {
    "S3PutObjectCopy": _copy,
    "S3PutObjectAcl": _put_acl,
    "S3PutObjectTagging": _put_tags,
    "S3DeleteObjectTagging": _delete_tags,
    "S3InitiateRestoreObject": _restore,
    "S3ComputeObjectChecksum": _checksum,
}


# The completion report of a job: CSV files of its tasks, and a ``manifest.json`` that names them.
#
# Amazon S3 user guide, "Examples: S3 Batch Operations completion reports".

SCHEMA: Final = "Bucket, Key, VersionId, TaskStatus, ErrorCode, HTTPStatusCode, ResultMessage"


@dataclass(frozen=True, slots=True)
class TaskResult:
    """The outcome of one task; `code` is empty if it succeeded."""

    row: ManifestRow
    status: int
    code: str
    message: str


def write(caller: InternalClient, job: DemoJob, results: list[TaskResult]) -> None:
    """Write the report with the job's role, if the job asks for one. Raises `CloudError`."""
    report = job.asked["Report"]
    if not report.get("Enabled"):
        return
    bucket = bucket_of(report["Bucket"])
    prefix = (report.get("Prefix") or "").strip("/")
    root = "/".join(part for part in (prefix, f"job-{job.id}") if part)
    files = []
    for name, wanted in (("succeeded", False), ("failed", True)):
        chosen = [result for result in results if bool(result.code) is wanted]
        if not chosen or (not wanted and report.get("ReportScope") == "FailedTasksOnly"):
            continue
        body = _csv(chosen)
        key = f"{root}/results/{uuid4()}.csv"
        caller.send(caller.call("PUT", bucket, key, body=body))
        digest = hashlib.md5(body, usedforsecurity=False).hexdigest()
        files.append({"TaskExecutionStatus": name, "Bucket": bucket, "MD5Checksum": digest, "Key": key})
    manifest = {
        "Format": "Report_CSV_20180820",
        "ReportCreationDate": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "Results": files,
        "ReportSchema": SCHEMA,
    }
    caller.send(caller.call("PUT", bucket, f"{root}/manifest.json", body=json.dumps(manifest).encode()))


def _csv(results: list[TaskResult]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    for result in results:
        state = "failed" if result.code else "succeeded"
        # Keys are percent-encoded, as in the manifest.
        _, _, key = result.row.line.partition(",")
        shown = key.split(",")[0].strip('"')
        row = result.row
        # The status stands before the code, as in the rows of AWS's examples, whatever the schema says.
        writer.writerow([row.bucket, shown, row.version, state, result.status, result.code, result.message])
    return text.getvalue().encode()


SERVICE: Final = "batchoperations.s3.amazonaws.com"
TASKS_PER_SECOND: Final = 2000
_SESSION: Final = timedelta(days=7)
_SLICE: Final = 0.05
"""Seconds between two checks whether the job was cancelled."""


class Runner:
    """Runs one job, in its own thread."""

    def __init__(self, store: DemoStore, identities: DemoIdentities, find: Find, job: DemoJob) -> None:
        self._store, self._identities, self._find, self._job = store, identities, find, job
        self._results: list[TaskResult] = []

    def start(self) -> None:
        threading.Thread(target=self._run, name=f"job-{self._job.id}", daemon=True).start()

    def _run(self) -> None:
        try:
            self._carry_out()
        except CloudError as error:
            self._job.fail(error.code, error.message)
        except ManifestError as error:
            self._job.fail(error.code, error.reason)
        except Exception:  # noqa: BLE001  the outermost boundary of the thread: the job must end
            traceback.print_exc(file=sys.stderr)
            self._job.fail("InternalError", "We encountered an internal error.")

    def _carry_out(self) -> None:
        job = self._job
        job.status = Status.PREPARING
        caller = InternalClient(self._store, self._identities, self._session(), self._find)
        rows = rows_of(caller.call("GET", "", ""), job.asked)
        job.total = len(rows)
        if not rows:
            raise ManifestError("NoObjectsFound", "The manifest names no objects")
        if self._cancelled():
            return
        if job.asked.get("ConfirmationRequired", True):
            job.suspended_cause = "Job is awaiting confirmation"
            job.status = Status.SUSPENDED
            while job.status is Status.SUSPENDED:
                job.changed.wait()
            if self._cancelled():
                return
        job.status = Status.ACTIVE
        if self._do(caller, rows):
            job.status = Status.COMPLETING
            write(caller, job, self._results)
            job.end(Status.COMPLETE)
        elif job.status is Status.CANCELLING:
            write(caller, job, self._results)
            job.end(Status.CANCELLED)
        else:
            job.status = Status.FAILING
            write(caller, job, self._results)
            job.fail("FailureRateExceeded", "More than half of the tasks failed")

    def _cancelled(self) -> bool:
        if self._job.status is Status.CANCELLING:
            self._job.end(Status.CANCELLED)
            return True
        return False

    def _session(self) -> DemoIdentity:
        """A session of the role that S3 assumes. Raises `ManifestError`."""
        arn = self._job.asked.get("RoleArn", "")
        role = self._identities.roles.get(arn)
        context = {"aws:sourceaccount": self._job.account, "aws:sourcearn": self._job.arn}
        trusted = role and role.trust.verdict(CallerPrincipals(service=SERVICE), "sts:AssumeRole", arn, context)
        if role is None or trusted is not DemoVerdict.ALLOW:
            raise ManifestError("AccessDenied", f"{SERVICE} is not authorized to assume the role {arn}")
        return self._identities.assume(role, "s3-batch-operations", datetime.now(UTC) + _SESSION, None)

    def _do(self, caller: InternalClient, rows: list[ManifestRow]) -> bool:
        """Run the tasks at a bounded rate; False if tasks are left."""
        job, began = self._job, time.monotonic()
        operation: dict[str, Any] = job.asked["Operation"][job.operation]
        for number, row in enumerate(rows):
            if job.status is not Status.ACTIVE or job.mostly_failed:
                return False
            self._results.append(result := self._task(caller, operation, row))
            if result.code:
                job.failed += 1
            else:
                job.succeeded += 1
            job.active_seconds = time.monotonic() - began
            ahead = (number + 1) / TASKS_PER_SECOND - job.active_seconds
            if ahead > _SLICE:
                time.sleep(ahead)
        return True

    def _task(self, caller: InternalClient, operation: dict[str, Any], row: ManifestRow) -> TaskResult:
        """Run one task, with the role's policies as they are now."""
        caller.identity = self._identities.by_access_key(caller.identity.access_key_id) or caller.identity
        try:
            return TaskResult(row, 200, "", carry_out(caller, self._job.operation, operation, row))
        except CloudError as error:
            return TaskResult(row, error.status, error.code, error.message)
