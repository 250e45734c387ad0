"""Finds out what each worker of a cluster lacks for a copy between two identities."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from tui.core.engines import ClusterOptions, Engine, WorkerCredentials, WorkerReport
from tui.core.identity import Identity
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.features.cluster.client.client_messages import AskVersions, LookAround, SeeWorkers
from tui.features.cluster.scheduler_connection import Scheduler, SchedulerLost, scheduler_client, unreachable
from tui.features.cluster.worker_admission import (
    MOST_SKEW,
    ClusterIdentities,
    in_the_clear,
    other_identity,
    scheduler_problems,
    version_problems,
    versions_in,
    versions_of,
)

SILENT = Problem(
    ProblemKind.UNREACHABLE, "it does not answer", "the scheduler still lists it", "check its log, or restart it"
)


async def check_workers(
    engine: Engine, options: ClusterOptions, own: ClusterIdentities, connections: Sequence[str]
) -> list[WorkerReport]:
    """A report for the scheduler and each worker, by name. Raises `ProblemError` if there is no scheduler."""
    try:
        async with scheduler_client(engine, options) as client:
            return await _Check(engine, options, own, client).run(connections)
    except SchedulerLost as lost:
        raise ProblemError(lost.problem) from lost
    except OSError as error:
        raise ProblemError(unreachable(engine, error)) from error


class _Check:
    def __init__(self, engine: Engine, options: ClusterOptions, own: ClusterIdentities, scheduler: Scheduler) -> None:
        self._engine, self._options, self._own, self._scheduler = engine, options, own, scheduler

    async def run(self, connections: Sequence[str]) -> list[WorkerReport]:
        ours = {each: await self._own.identity(each) for each in connections}
        not_given = await self._not_given(ours)
        names = {address: each.name for address, each in (await self._scheduler.ask(SeeWorkers())).items()}
        asked = time.time()
        found = await versions_of(self._scheduler, list(names))
        own = await self._scheduler.ask(AskVersions())
        reports = []
        for address, name in names.items():
            if (each := found.get(address)) is None:
                reports.append(WorkerReport(address, name, missing=[SILENT]))
                continue
            missing = version_problems(name, each) + self._clock(each.clock, asked)
            missing += [] if missing else [*not_given, *await self._around(address, name, ours)]
            reports.append(WorkerReport(address, name, versions_in(each), missing))
        reports.sort(key=lambda report: report.name)
        return [WorkerReport("scheduler", "scheduler", versions_in(own), scheduler_problems(own)), *reports]

    async def _not_given(self, ours: Mapping[str, Identity]) -> list[Problem]:
        if self._options.credentials is WorkerCredentials.PROFILES:
            return []
        problems = []
        for connection, identity in ours.items():
            try:
                if not identity.spec.anonymous:
                    await self._own.session_keys(connection, None)
            except ProblemError as error:
                problems.append(error.problem)
        return problems

    def _clock(self, clock: float | None, asked: float) -> list[Problem]:
        if clock is None or asked - MOST_SKEW <= clock <= time.time() + MOST_SKEW:
            return []
        title = f"its clock is wrong by {clock - time.time():+.0f} s"
        cause = "S3 refuses requests that were signed 15 minutes before or after its own time"
        return [Problem(ProblemKind.INVALID, title, cause, "synchronize it with NTP")]

    async def _around(self, address: str, name: str, ours: dict[str, Identity]) -> list[Problem]:
        """Its profiles, or whether it may be given credentials; and whether it reaches the endpoints."""
        given = self._options.credentials is WorkerCredentials.SESSION
        endpoints = sorted({each.endpoint for each in ours.values() if each.endpoint})
        try:
            around = await self._scheduler.ask(LookAround(address, [] if given else list(ours), endpoints))
        except OSError as error:
            return [Problem(ProblemKind.ENGINE, "it could not be checked", cause=str(error))]
        missing = [*around.unreachable, *around.refusals.values()]
        if given and (problem := in_the_clear(self._engine, address)):
            missing.append(problem)
        if not given:
            others = (other_identity(name, who, around.identities.get(each)) for each, who in ours.items())
            missing += [
                problem for each, problem in zip(ours, others, strict=True) if problem and each not in around.refusals
            ]
        return missing
