"""Checks which workers may take part (same programs, same identities), and gives them credentials."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from importlib.metadata import PackageNotFoundError, version

from msgspec import Struct

from tui import __version__
from tui.aws.renewal import SessionKeys
from tui.core.engines import ClusterOptions, Engine, WorkerCredentials, on_loopback
from tui.core.identity import Identity, IdentitySpec
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.features.cluster.client.client_messages import AskVersions, Runs, SeeWorkers
from tui.features.cluster.scheduler_connection import Scheduler, at_loopback, encrypted
from tui.features.cluster.worker_contact import ANSWER, WorkerLost, refused
from tui.features.cluster.worker_messages import VERSION, TemporaryCredentials
from tui.transfers.tasks import in_batches

RENEW_PART = 0.5
"""Credentials are renewed after this part of their lifetime."""
MOST_SKEW = 300.0
"""The allowed error of a worker's clock in seconds: S3 refuses requests signed 15 minutes before or after its own time.
"""


class ClusterIdentities(Struct, frozen=True):
    """The engine's connections; both functions raise `ProblemError`."""

    identity: Callable[[str], Awaitable[Identity]]
    session_keys: Callable[[str, Callable[[str], str] | None], Awaitable[SessionKeys]]
    """For a connection, restricted by a policy for a partition (see `tui.aws.renewal`)."""


class Admission:
    """Checks the workers of one run."""

    def __init__(
        self,
        engine: Engine,
        scheduler: Scheduler,
        options: ClusterOptions,
        own: ClusterIdentities,
        specs: Mapping[str, IdentitySpec],
        policy: Callable[[str], str] | None = None,
    ) -> None:
        """`specs`: the order's connections. `policy`: the most that workers may do with given credentials."""
        self._engine, self._scheduler, self._options, self._own = engine, scheduler, options, own
        self._specs, self._policy = dict(specs), policy
        self._keys: dict[str, SessionKeys] = {}
        self._due_at: dict[str, tuple[float, float]] = {}
        """When to renew credentials, by a monotonic clock and by the wall clock."""
        self._told: dict[str, dict[str, str]] = {}
        self._renewing = asyncio.Lock()

    async def begin(self) -> None:
        """Raise `ProblemError` if scheduler or workers have other versions, naming each with its version."""
        names = {address: each.name for address, each in (await self._scheduler.ask(SeeWorkers())).items()}
        found = await versions_of(self._scheduler, list(names))
        wrong = scheduler_problems(await self._scheduler.ask(AskVersions()))
        wrong += [problem for address, each in found.items() for problem in version_problems(names[address], each)]
        if wrong:
            title = "the cluster runs other versions than this machine"
            cause = "; ".join(problem.title for problem in wrong)
            remedy = "install the same versions everywhere: xs3-tui workers check names those of each worker"
            raise ProblemError(Problem(ProblemKind.OTHER_VERSION, title, cause, remedy))

    async def given(self) -> dict[str, IdentitySpec]:
        """The names of the connections in workers that are given credentials. Raises `ProblemError`."""
        if self._options.credentials is WorkerCredentials.PROFILES:
            return {}
        await self._renew()
        return {
            name: IdentitySpec(
                access_key=f"given-{at}",
                endpoint=self._keys[name].endpoint,
                region=self._keys[name].region,
                path_style=spec.path_style,
                name=spec.name or spec.profile or "",
                safety=spec.safety,
                requester_pays=spec.requester_pays,
            )
            for at, (name, spec) in enumerate(self._specs.items())
            if name in self._keys
        }

    async def why_not(self, address: str, name: str) -> Problem | None:
        """Why a worker cannot be used, before it is sent anything; None if it can. Raises `WorkerLost`."""
        if self._options.credentials is WorkerCredentials.SESSION and (problem := in_the_clear(self._engine, address)):
            return refused(problem, name)
        found = await versions_of(self._scheduler, [address])
        if address not in found:
            raise WorkerLost("it does not answer")
        problems = version_problems(name, found[address])
        return problems[0] if problems else None

    async def stranger(self, name: str, identities: Mapping[str, Identity]) -> Problem | None:
        """Why a worker has another identity than this machine; None if both sides agree."""
        for connection in self._specs:
            ours = await self._own.identity(connection)
            if problem := other_identity(name, ours, identities.get(connection), given=connection in self._keys):
                return problem
        return None

    async def new_keys(self, address: str) -> list[TemporaryCredentials]:
        """The credentials that a worker does not have yet. Raises `ProblemError`."""
        if self._options.credentials is WorkerCredentials.PROFILES:
            return []
        await self._renew()
        told = self._told.setdefault(address, {})
        new = {name: keys for name, keys in self._keys.items() if told.get(name) != keys.access_key}
        told |= {name: keys.access_key for name, keys in new.items()}
        return [
            TemporaryCredentials(name, each.access_key, each.secret, each.session_token) for name, each in new.items()
        ]

    def forget(self, address: str) -> None:
        """The worker has no credentials left: it is a new process, or has dropped them."""
        self._told.pop(address, None)

    async def _renew(self) -> None:
        async with self._renewing:
            for name, spec in self._specs.items():
                if spec.anonymous or not self._due(name):
                    continue
                keys = self._keys[name] = await self._own.session_keys(name, self._policy)
                rest = max(5.0, (keys.expires - time.time()) * RENEW_PART)
                self._due_at[name] = time.monotonic() + rest, time.time() + rest

    def _due(self, name: str) -> bool:
        """By the earlier of the two clocks: one may be set back, and the other one stops while the machine sleeps."""
        running, wall = self._due_at.get(name, (0.0, 0.0))
        return name not in self._keys or time.monotonic() > running or time.time() > wall


def in_the_clear(engine: Engine, address: str) -> Problem | None:
    """Why credentials must not be sent to a worker: others on the network could read them. None: nobody could."""
    if engine.encrypted and encrypted(address):
        return None
    if on_loopback(engine.host) and at_loopback(address):
        return None
    title = "credentials are not sent without encryption"
    cause = f"{engine.address}, {address}"
    remedy = "use a scheduler and workers with TLS (tls://…), or give the workers the profiles themselves"
    return Problem(ProblemKind.INVALID, title, cause, remedy)


def other_identity(name: str, ours: Identity, theirs: Identity | None, *, given: bool = False) -> Problem | None:
    """Why a worker's identity differs from this machine's; None if it does not.

    `given`: the worker has a session of ours, which may have another name, but never another account.
    """
    same = same_account if given else same_identity
    if theirs is not None and same(ours, theirs):
        return None
    title = f"worker {name} has another identity: {_who(theirs)} instead of {_who(ours)}"
    cause = f"profile {ours.label}"
    remedy = "give its profile the same credentials, or use session credentials"
    return Problem(ProblemKind.INVALID, title, cause, remedy)


def same_identity(ours: Identity, theirs: Identity) -> bool:
    """By the services' own data."""
    if ours.arn and theirs.arn:
        return (ours.account, ours.principal) == (theirs.account, theirs.principal)
    if ours.canonical_id or theirs.canonical_id:
        return ours.canonical_id == theirs.canonical_id
    return ours.spec.anonymous and theirs.spec.anonymous


def same_account(ours: Identity, theirs: Identity) -> bool:
    """By the services' own data."""
    if ours.account and theirs.account:
        return ours.account == theirs.account
    return same_identity(ours, theirs)


def _who(identity: Identity | None) -> str:
    if identity is None:
        return "nobody known"
    return identity.arn or identity.canonical_id or "nobody known"


async def versions_of(scheduler: Scheduler, workers: Sequence[str]) -> dict[str, Runs]:
    """The versions of workers, by address, without those that do not answer: they have gone, or are about to."""
    answers = await in_batches(partial(_versions_of_one, scheduler), workers)
    return {address: each for address, each in zip(workers, answers, strict=True) if each}


async def _versions_of_one(scheduler: Scheduler, address: str) -> Runs | None:
    """None if it does not answer in time, so that the others do not wait."""
    try:
        async with asyncio.timeout(ANSWER):
            return await scheduler.ask(AskVersions(address))
    except OSError:
        return None


def scheduler_problems(found: Runs) -> list[Problem]:
    return _differences("scheduler", found, _libraries())


def version_problems(name: str, found: Runs) -> list[Problem]:
    who = f"worker {name}"
    problems = _differences(who, found, {**_libraries(), "xs3-tui": __version__})
    if not problems and found.build != VERSION:
        title = f"{who} has another build of xs3-tui {__version__}"
        problems.append(Problem(ProblemKind.OTHER_VERSION, title, remedy="install the same build of xs3-tui there"))
    return problems


def versions_in(found: Runs) -> dict[str, str]:
    """The known versions, by program."""
    versions = {"python": found.python, "distributed": found.distributed, "xs3-tui": found.program}
    return {what: version for what, version in versions.items() if version}


def _libraries() -> dict[str, str]:
    try:
        distributed = version("distributed")
    except PackageNotFoundError:
        distributed = ""
    return {"python": f"{sys.version_info.major}.{sys.version_info.minor}", "distributed": distributed}


def _differences(who: str, found: Runs, wanted: Mapping[str, str]) -> list[Problem]:
    known = versions_in(found)
    return [
        Problem(
            kind=ProblemKind.OTHER_VERSION,
            title=f"{who} has {what} {known[what]}, not {version}" if what in known else f"{who} has no {what}",
            remedy=f"install {what} {version} there",
        )
        for what, version in wanted.items()
        if known.get(what, "") != version
    ]
