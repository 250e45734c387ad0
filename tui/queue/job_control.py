"""S3 Control, asked about jobs as the identity of a connection."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from tui.aws.control_plane import ControlPlane, ControlPlaneService
from tui.core.identity import Identity
from tui.core.jobs import NAMES_JOB, TRANSFER_TAG, JobSnapshot, JobState
from tui.core.naming import counted
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.transfers.tasks import set_within

NO_SUCH_JOB = "NotFoundException"


class JobControl:
    """The jobs of accounts. Every method raises `ProblemError`. A region of "" is the identity's own."""

    def __init__(self, plane: ControlPlane, identity_of: Callable[[str], Awaitable[Identity]]) -> None:
        self._plane, self._identity_of = plane, identity_of

    async def account(self, connection: str) -> str:
        identity = await self._identity_of(connection)
        if identity.account:
            return identity.account
        raise ProblemError(
            identity.problem
            or Problem(
                kind=ProblemKind.INVALID,
                title=f"the account of {identity.label} is not known",
                remedy="S3 Batch Operations needs an AWS identity: check it in the accounts screen",
            )
        )

    async def _read(self, connection: str, region: str, operation: str, **parameters: Any) -> dict[str, Any]:
        account = await self.account(connection)
        service = ControlPlaneService.S3_CONTROL
        answer = await self._plane.read(connection, service, operation, region=region, AccountId=account, **parameters)
        return answer or {}

    async def _write(self, connection: str, region: str, operation: str, **parameters: Any) -> dict[str, Any]:
        service = ControlPlaneService.S3_CONTROL
        return await self._plane.write(connection, service, operation, region=region, **parameters) or {}

    async def create(self, connection: str, region: str, parameters: dict[str, Any]) -> str:
        """CreateJob; returns the job's id. The same token and parameters give the same job."""
        return str((await self._write(connection, region, "CreateJob", **parameters))["JobId"])

    async def describe(self, connection: str, region: str, job: str) -> JobSnapshot:
        return snapshot_of(await self.described(connection, region, job))

    async def described(self, connection: str, region: str, job: str) -> dict[str, Any]:
        try:
            found: dict[str, Any] = (await self._read(connection, region, "DescribeJob", JobId=job)).get("Job") or {}
        except ProblemError as error:
            if error.problem.code == NO_SUCH_JOB:
                account = await self.account(connection)
                raise ProblemError(_no_such_job(error.problem, account, job)) from error
            raise
        return found

    async def update(self, connection: str, region: str, job: str, status: JobState, why: str) -> None:
        """UpdateJobStatus: confirm (READY) or cancel (CANCELLED)."""
        asked = {"JobId": job, "RequestedJobStatus": status.value, "StatusUpdateReason": why}
        account = await self.account(connection)
        await self._write(connection, region, "UpdateJobStatus", AccountId=account, **asked)

    async def set_priority(self, connection: str, region: str, job: str, priority: int) -> None:
        account = await self.account(connection)
        await self._write(connection, region, "UpdateJobPriority", AccountId=account, JobId=job, Priority=priority)

    async def transfer_of(self, connection: str, region: str, job: str) -> str:
        """GetJobTagging: the transfer that has made a job; empty: none of xs3-tui."""
        answer = await self._read(connection, region, "GetJobTagging", JobId=job)
        tags = {tag["Key"]: tag["Value"] for tag in answer.get("Tags") or []}
        return str(tags.get(TRANSFER_TAG, ""))

    async def jobs(self, connection: str, region: str) -> AsyncGenerator[JobSnapshot]:
        """ListJobs: those of the account in a region, the newest first, as far back as S3 keeps them."""
        following = ""
        while True:
            more = {"NextToken": following} if following else {}
            answer = await self._read(connection, region, "ListJobs", **more)
            for each in answer.get("Jobs") or []:
                yield snapshot_of(each)
            following = str(answer.get("NextToken") or "")
            if not following:
                return

    async def find(self, connection: str, region: str, transfer: str) -> JobSnapshot | None:
        async for job in self.jobs(connection, region):
            if transfer in job.description and await self.transfer_of(connection, region, job.id) == transfer:
                return job
        return None

    async def reachable(self, connection: str, region: str) -> Problem | None:
        """Why there are no jobs at this endpoint, by ListJobs; None: there are, or only asking is denied."""
        await self.account(connection)
        try:
            await self._read(connection, region, "ListJobs", MaxResults=1)
        except ProblemError as error:
            problem = error.problem
            if problem.kind in (ProblemKind.NO_SUCH_BUCKET, ProblemKind.NO_SUCH_KEY, ProblemKind.UNSUPPORTED):
                title = "S3 Batch Operations is not available here"
                cause = problem.sentence()
                remedy = "use the engine local, or an identity of AWS"
                return Problem(
                    ProblemKind.UNSUPPORTED, title, cause, remedy, operation="ListJobs", identity=problem.identity
                )
            if problem.kind is not ProblemKind.DENIED:
                raise
        return None


def snapshot_of(job: dict[str, Any]) -> JobSnapshot:
    """A job as DescribeJob or ListJobs describe it. Raises `ProblemError` for a state that is not known."""
    progress = job.get("ProgressSummary") or {}
    operation = job.get("Operation") or ""
    failures = [f"{each.get('FailureCode')}: {each.get('FailureReason')}" for each in job.get("FailureReasons") or []]
    return JobSnapshot(
        id=str(job.get("JobId", "")),
        state=_state(job),
        description=str(job.get("Description") or ""),
        operation=next(iter(operation), "") if isinstance(operation, dict) else str(operation),
        priority=int(job.get("Priority") or 0),
        role=str(job.get("RoleArn") or ""),
        total=int(progress.get("TotalNumberOfTasks") or 0),
        succeeded=int(progress.get("NumberOfTasksSucceeded") or 0),
        failed=int(progress.get("NumberOfTasksFailed") or 0),
        active=int((progress.get("Timers") or {}).get("ElapsedTimeInActiveSeconds") or 0),
        created=_seconds(job.get("CreationTime")) or 0.0,
        ended=_seconds(job.get("TerminationDate")),
        failures=failures,
        suspended=str(job.get("SuspendedCause") or ""),
    )


def _state(job: dict[str, Any]) -> JobState:
    given = str(job.get("Status") or "")
    try:
        return JobState(given)
    except ValueError as error:
        title = f"the state of job {job.get('JobId', '')} is not known: {given or 'none'}"
        cause = "this version does not know the state that S3 reported; the job goes on"
        remedy = "install a newer version, or look at the job in the S3 console"
        raise ProblemError(Problem(ProblemKind.SERVER, title, cause, remedy, operation="DescribeJob")) from error


def _no_such_job(problem: Problem, account: str, job: str) -> Problem:
    title = f"there is no job {job} in account {account}"
    remedy = "xs3-tui batch jobs lists the jobs of one region; S3 keeps ended ones for 90 days"
    return replace(problem, kind=ProblemKind.NO_SUCH_KEY, title=title, remedy=remedy, resource=job)


def _seconds(when: object) -> float | None:
    return when.timestamp() if isinstance(when, datetime) else None


FIRST = 0.5
"""Seconds before it is asked about again."""

GROWS = 1.5

MOST = 30.0
"""Seconds; jobs take minutes to weeks."""

_SPREAD = 0.2
"""So much a wait is longer or shorter by chance: many that watch do not ask at once."""


class Watch:
    """The waits between two looks at a job. `soon` ends the present one: the user has changed something."""

    def __init__(self) -> None:
        self.confirmed = False
        """By the user: a look that began earlier still sees that the job waits for it."""
        self._wait = FIRST
        self._soon = asyncio.Event()

    def soon(self) -> None:
        self._wait = FIRST
        self._soon.set()

    async def pause(self, *, changed: bool) -> None:
        """Wait for the next look; `changed`: the last one saw something new."""
        self._wait = FIRST if changed else min(self._wait * GROWS, MOST)
        self._soon.clear()
        spread = random.uniform(1 - _SPREAD, 1 + _SPREAD)  # noqa: S311  # nothing has to be hard to guess
        await set_within(self._soon, self._wait * spread)


async def follow(describe: Callable[[], Awaitable[JobSnapshot]], watch: Watch) -> AsyncGenerator[JobSnapshot]:
    """The job whenever it has changed, until it has ended. Raises what `describe` raises."""
    seen: JobSnapshot | None = None
    while True:
        now = await describe()
        if changed := now != seen:
            seen = now
            yield now
        if now.state.ended:
            return
        await watch.pause(changed=changed)


def words_of(job: JobSnapshot) -> str:
    """Where it stands: ``job 4711… Active: 12,000 of 20,000 objects, 3 failed, 35 s``."""
    done = job.succeeded + job.failed
    counts = f": {done:,} of {counted(job.total, 'object')}" if job.total else ""
    failed = f", {job.failed:,} failed" if job.failed else ""
    active = f", active for {job.active:,} s" if job.active else ""
    return f"{NAMES_JOB}{job.id} {job.state.value}{counts}{failed}{active}"


def awaits_confirmation(job: JobSnapshot) -> bool:
    return job.state is JobState.SUSPENDED
