"""What is missing on each worker of a cluster for a copy between two identities."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from tui.model.cluster import ClusterOptions, WorkerCredentials, WorkerReport
from tui.model.engines import Engine
from tui.model.identity import Identity
from tui.model.problem import Problem, ProblemError, ProblemKind
from tui.transfers.cluster.admission import (
    MOST_SKEW,
    ClusterIdentities,
    in_the_clear,
    other_identity,
    version_problems,
    versions_of,
)
from tui.transfers.cluster.connecting import SchedulerLost, names_of, scheduler_client
from tui.transfers.cluster.worker.looking import look_around

if TYPE_CHECKING:
    from distributed import Client


SILENT = Problem(
    kind=ProblemKind.UNREACHABLE,
    title="it does not answer",
    cause="the scheduler knows it",
    remedy="look at its log, or start it again",
)


async def check_workers(
    engine: Engine, options: ClusterOptions, own: ClusterIdentities, connections: Sequence[str]
) -> list[WorkerReport]:
    """One report for the scheduler and each worker, by name. Raises `ProblemError` where there is no scheduler."""
    try:
        async with scheduler_client(engine, options) as client:
            return await _Check(engine, options, own, client).run(connections)
    except SchedulerLost as lost:
        raise ProblemError(lost.problem) from lost


class _Check:
    def __init__(self, engine: Engine, options: ClusterOptions, own: ClusterIdentities, client: Client) -> None:
        self._engine, self._options, self._own, self._client = engine, options, own, client

    async def run(self, connections: Sequence[str]) -> list[WorkerReport]:
        ours = {each: await self._own.identity(each) for each in connections}
        not_given = await self._not_given(ours)
        names = await names_of(self._client)
        asked = time.time()
        found = await versions_of(self._client)
        reports = []
        for address, each in found.items():
            name = names.get(address, address)
            missing = version_problems(name, each)
            if not each.get("scheduler"):
                missing += self._clock(each.get("clock"), asked)
                missing += [] if missing else [*not_given, *await self._around(address, name, ours)]
            versions = {what: str(each[what]) for what in ("python", "distributed", "xs3-tui") if each.get(what)}
            reports.append(WorkerReport(address, name, versions, missing))
        reports += [WorkerReport(each, names[each], missing=[SILENT]) for each in names.keys() - found.keys()]
        return sorted(reports, key=lambda report: (report.name != "scheduler", report.name))

    async def _not_given(self, ours: Mapping[str, Identity]) -> list[Problem]:
        """Why there are no session credentials to be given to workers."""
        if self._options.credentials is WorkerCredentials.PROFILES:
            return []
        problems = []
        for connection, identity in ours.items():
            try:
                if not identity.spec.anonymous:
                    await self._own.session_keys(connection)
            except ProblemError as error:
                problems.append(error.problem)
        return problems

    def _clock(self, clock: object, asked: float) -> list[Problem]:
        if not isinstance(clock, float) or asked - MOST_SKEW <= clock <= time.time() + MOST_SKEW:
            return []
        return [
            Problem(
                kind=ProblemKind.INVALID,
                title=f"its clock is wrong by {clock - time.time():+.0f} s",
                cause="S3 refuses requests that were signed 15 minutes before or after its own time",
                remedy="have it set by NTP",
            )
        ]

    async def _around(self, address: str, name: str, ours: dict[str, Identity]) -> list[Problem]:
        """Its profiles, or whether it may be given credentials; and its way to the endpoints."""
        given = self._options.credentials is WorkerCredentials.SESSION
        endpoints = sorted({each.endpoint for each in ours.values() if each.endpoint})
        answers = await self._client.run(
            look_around, [] if given else list(ours), endpoints, workers=[address], on_error="return"
        )
        answer: Any = answers.get(address)
        if not isinstance(answer, dict):
            return [Problem(kind=ProblemKind.ENGINE, title="it could not be asked", cause=str(answer))]
        missing = [msgspec.convert(each, Problem) for each in answer["endpoints"].values() if each]
        if given and (problem := in_the_clear(self._engine, address)):
            missing.append(problem)
        for connection, told in answer["identities"].items():
            if "title" in told:
                missing.append(msgspec.convert(told, Problem))
            elif problem := other_identity(name, ours[connection], msgspec.convert(told, Identity)):
                missing.append(problem)
        return missing
