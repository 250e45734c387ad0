"""The completion report of a job: CSV files of its tasks, and a ``manifest.json`` that names them.

Amazon S3 user guide, "Examples: S3 Batch Operations completion reports".
"""

import csv
import hashlib
import io
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import uuid4

from tui.demo.cloud.batch.jobs import Job
from tui.demo.cloud.batch.manifests import Row, bucket_of
from tui.demo.cloud.batch.tasks import Caller

SCHEMA: Final = "Bucket, Key, VersionId, TaskStatus, ErrorCode, HTTPStatusCode, ResultMessage"


@dataclass(frozen=True, slots=True)
class TaskResult:
    """How one task ended; `code` is empty when it succeeded."""

    row: Row
    status: int
    code: str
    message: str


def write(caller: Caller, job: Job, results: list[TaskResult]) -> None:
    """Write the report by the role of the job, if one is asked for. Raises `CloudError`."""
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
        # as in the manifest: keys are percent-encoded
        _, _, key = result.row.line.partition(",")
        shown = key.split(",")[0].strip('"')
        row = result.row
        # the status goes before the code, as in the rows of AWS's examples, whatever the schema says
        writer.writerow([row.bucket, shown, row.version, state, result.status, result.code, result.message])
    return text.getvalue().encode()
