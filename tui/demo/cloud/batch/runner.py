"""Carries a job out: prepares it, waits for its confirmation, does its tasks, writes its report."""

import sys
import threading
import time
import traceback
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from tui.demo.cloud.batch import reports
from tui.demo.cloud.batch.jobs import Job, Status
from tui.demo.cloud.batch.manifests import ManifestError, Row, rows_of
from tui.demo.cloud.batch.reports import TaskResult
from tui.demo.cloud.batch.tasks import Caller, Find, carry_out
from tui.demo.cloud.errors import CloudError
from tui.demo.cloud.iam.identities import Identities, Identity
from tui.demo.cloud.iam.policies import Principals, Verdict
from tui.demo.cloud.store import Store

SERVICE: Final = "batchoperations.s3.amazonaws.com"
TASKS_PER_SECOND: Final = 2000
_SESSION: Final = timedelta(days=7)
_SLICE: Final = 0.05
"""Seconds between two looks at whether the job was cancelled."""


class Runner:
    """One job, in a thread of its own."""

    def __init__(self, store: Store, identities: Identities, find: Find, job: Job) -> None:
        self._store, self._identities, self._find, self._job = store, identities, find, job
        self._results: list[TaskResult] = []

    def start(self) -> None:
        """Begin, beside the requests that are served."""
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
        caller = Caller(self._store, self._identities, self._session(), self._find)
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
            reports.write(caller, job, self._results)
            job.end(Status.COMPLETE)
        elif job.status is Status.CANCELLING:
            reports.write(caller, job, self._results)
            job.end(Status.CANCELLED)
        else:
            job.status = Status.FAILING
            reports.write(caller, job, self._results)
            job.fail("FailureRateExceeded", "More than half of the tasks failed")

    def _cancelled(self) -> bool:
        if self._job.status is Status.CANCELLING:
            self._job.end(Status.CANCELLED)
            return True
        return False

    def _session(self) -> Identity:
        """A session of the role that S3 assumes. Raises `ManifestError`."""
        arn = self._job.asked.get("RoleArn", "")
        role = self._identities.role(arn)
        context = {"aws:sourceaccount": self._job.account, "aws:sourcearn": self._job.arn}
        trusted = role and role.trust.verdict(Principals(service=SERVICE), "sts:AssumeRole", arn, context)
        if role is None or trusted is not Verdict.ALLOW:
            raise ManifestError("AccessDenied", f"{SERVICE} is not authorized to assume the role {arn}")
        return self._identities.assume(role, "s3-batch-operations", datetime.now(UTC) + _SESSION, None)

    def _do(self, caller: Caller, rows: list[Row]) -> bool:
        """All tasks, at a bounded rate; whether none is left."""
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

    def _task(self, caller: Caller, operation: dict[str, Any], row: Row) -> TaskResult:
        """One of them, with the policies that the role has now."""
        caller.identity = self._identities.by_access_key(caller.identity.access_key_id) or caller.identity
        try:
            return TaskResult(row, 200, "", carry_out(caller, self._job.operation, operation, row))
        except CloudError as error:
            return TaskResult(row, error.status, error.code, error.message)
