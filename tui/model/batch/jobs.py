"""Where a job of S3 Batch Operations stands, as DescribeJob says."""

from __future__ import annotations

from enum import StrEnum
from typing import assert_never

from msgspec import Struct

TRANSFER_TAG = "xs3-tui-transfer"
"""The tag of a job that names the transfer which has made it: by it the job is found again."""

NAMES_JOB = "job "
"""What the words begin with that say where the job of a transfer stands (`Transfer.elsewhere`)."""


class JobState(StrEnum):
    """The state of a job (Amazon S3 user guide, "Tracking job status and completion reports")."""

    NEW = "New"
    PREPARING = "Preparing"
    SUSPENDED = "Suspended"
    """It awaits confirmation."""
    READY = "Ready"
    ACTIVE = "Active"
    PAUSING = "Pausing"
    PAUSED = "Paused"
    """Another job of a higher priority runs in its place."""
    COMPLETING = "Completing"
    COMPLETE = "Complete"
    CANCELLING = "Cancelling"
    CANCELLED = "Cancelled"
    FAILING = "Failing"
    FAILED = "Failed"

    @property
    def ended(self) -> bool:
        """Whether it stays in this state."""
        match self:
            case JobState.COMPLETE | JobState.CANCELLED | JobState.FAILED:
                return True
            case (
                JobState.NEW
                | JobState.PREPARING
                | JobState.SUSPENDED
                | JobState.READY
                | JobState.ACTIVE
                | JobState.PAUSING
                | JobState.PAUSED
                | JobState.COMPLETING
                | JobState.CANCELLING
                | JobState.FAILING
            ):
                return False
            case _:
                assert_never(self)


class JobSnapshot(Struct, frozen=True):
    """A job. Times in seconds since the epoch, `active` in seconds; `total` 0 until S3 has counted its objects."""

    id: str
    state: JobState
    description: str = ""
    operation: str = ""
    """As S3 names it: ``S3PutObjectCopy``."""
    priority: int = 0
    role: str = ""
    total: int = 0
    succeeded: int = 0
    failed: int = 0
    active: int = 0
    created: float = 0.0
    ended: float | None = None
    failures: list[str] = []
    """Why the job as a whole has failed: code and reason of S3."""
    suspended: str = ""
    """Why it is suspended, in the words of S3."""
    transfer: str = ""
    """The transfer that has made it, by its tag; empty: it is none of xs3-tui, or its tags were not read."""
