"""Jobs of S3 Batch Operations, and which states lead to which.

Amazon S3 user guide, "Tracking job status and completion reports".
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final
from uuid import uuid4

from tui.demo.cloud.messages import CloudError

FAILURES_AFTER: Final = 1000
"""Tasks. From this many on, a job fails when more than half of its tasks have failed."""


class Status(StrEnum):
    """The state of a job."""

    NEW = "New"
    PREPARING = "Preparing"
    SUSPENDED = "Suspended"
    READY = "Ready"
    ACTIVE = "Active"
    COMPLETING = "Completing"
    COMPLETE = "Complete"
    CANCELLING = "Cancelling"
    CANCELLED = "Cancelled"
    FAILING = "Failing"
    FAILED = "Failed"


ENDED: Final = frozenset({Status.COMPLETE, Status.CANCELLED, Status.FAILED})
_CANCELLABLE: Final = frozenset({Status.NEW, Status.PREPARING, Status.SUSPENDED, Status.READY, Status.ACTIVE})


@dataclass
class DemoJob:
    """A job: its request and its progress."""

    account: str
    asked: dict[str, Any]
    """The parameters of CreateJob."""
    id: str = field(default_factory=lambda: str(uuid4()))
    status: Status = Status.NEW
    created: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))
    ended: datetime | None = None
    suspended_cause: str = ""
    update_reason: str = ""
    failures: list[tuple[str, str]] = field(default_factory=list)
    """Code and reason of each failure of the job as a whole."""
    total: int = 0
    succeeded: int = 0
    failed: int = 0
    active_seconds: float = 0.0
    generated: dict[str, Any] | None = None
    """Where S3 wrote the generated manifest."""
    changed: threading.Event = field(default_factory=threading.Event)
    """Set by each request that changes the state."""
    tags: list[dict[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.tags = list(self.asked.get("Tags") or [])

    @property
    def arn(self) -> str:
        return f"arn:aws:s3:us-east-1:{self.account}:job/{self.id}"

    @property
    def operation(self) -> str:
        """The operation's name, as in the service model."""
        chosen: dict[str, Any] = self.asked["Operation"]
        return next(name for name, value in chosen.items() if value is not None)

    @property
    def progress(self) -> dict[str, Any]:
        return {
            "TotalNumberOfTasks": self.total,
            "NumberOfTasksSucceeded": self.succeeded,
            "NumberOfTasksFailed": self.failed,
            "Timers": {"ElapsedTimeInActiveSeconds": int(self.active_seconds)},
        }

    @property
    def mostly_failed(self) -> bool:
        tried = self.succeeded + self.failed
        return tried >= FAILURES_AFTER and self.failed * 2 > tried

    def end(self, status: Status) -> None:
        self.status = status
        self.ended = datetime.now(UTC).replace(microsecond=0)

    def fail(self, code: str, reason: str) -> None:
        self.failures.append((code, reason))
        self.end(Status.FAILED)

    def summary(self) -> dict[str, Any]:
        """As ListJobs returns it."""
        return {
            "JobId": self.id,
            "Description": self.asked.get("Description", ""),
            "Operation": self.operation,
            "Priority": self.asked["Priority"],
            "Status": self.status.value,
            "CreationTime": self.created,
            "TerminationDate": self.ended,
            "ProgressSummary": self.progress,
        }

    def description(self) -> dict[str, Any]:
        """As DescribeJob returns it."""
        asked = self.asked
        given = ("Description", "Priority", "Operation", "Manifest", "Report", "RoleArn", "ManifestGenerator")
        return {
            "JobId": self.id,
            "JobArn": self.arn,
            "ConfirmationRequired": asked.get("ConfirmationRequired", True),
            "Status": self.status.value,
            "ProgressSummary": self.progress,
            "StatusUpdateReason": self.update_reason or None,
            "FailureReasons": [{"FailureCode": code, "FailureReason": reason} for code, reason in self.failures],
            "CreationTime": self.created,
            "TerminationDate": self.ended,
            "SuspendedDate": self.created if self.status is Status.SUSPENDED else None,
            "SuspendedCause": self.suspended_cause or None,
            "GeneratedManifestDescriptor": self.generated,
            **{name: asked[name] for name in given if name in asked},
        }

    def ask_for(self, wanted: str, reason: str) -> None:
        """Confirm or cancel. Raises `CloudError` (JobStatusException)."""
        if wanted == "Cancelled" and self.status in _CANCELLABLE:
            self.status = Status.CANCELLING
        elif wanted == "Ready" and self.status is Status.SUSPENDED:
            self.status = Status.READY
        else:
            raise CloudError("JobStatusException", f"Job {self.id} is {self.status}: it cannot become {wanted}")
        self.update_reason = reason
        self.changed.set()


class DemoJobs:
    """All jobs, by account and ID, in the order in which they were created."""

    def __init__(self) -> None:
        self._jobs: OrderedDict[str, DemoJob] = OrderedDict()
        self._tokens: dict[tuple[str, str], str] = {}
        self._lock = threading.Lock()

    def add(self, job: DemoJob) -> tuple[DemoJob, bool]:
        """Keep a new job, or return the job with the same token. The flag tells whether it is new.

        Raises `CloudError` (IdempotencyException) if the token belongs to a job with other parameters.
        """
        token = (job.account, job.asked["ClientRequestToken"])
        with self._lock:
            if token in self._tokens:
                known = self._jobs[self._tokens[token]]
                if known.asked != job.asked:
                    raise CloudError("IdempotencyException", "The token was used for a job with other parameters")
                return known, False
            self._jobs[job.id] = job
            self._tokens[token] = job.id
        return job, True

    def get(self, account: str, job: str) -> DemoJob:
        """A job of the account. Raises `CloudError` (NotFoundException)."""
        found = self._jobs.get(job)
        if found is None or found.account != account:
            raise CloudError("NotFoundException", f"Job {job} was not found")
        return found

    def of(self, account: str) -> list[DemoJob]:
        """Newest first."""
        with self._lock:
            return [job for job in reversed(self._jobs.values()) if job.account == account]
