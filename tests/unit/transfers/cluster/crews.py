"""A crew whose scheduler and workers are in memory."""

from __future__ import annotations

import asyncio
import platform
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, cast

from tests.unit.transfers.journal.samples import ORDER, silent, transfer
from tui.model.cluster import ClusterOptions
from tui.model.engines import read_engine
from tui.model.identity import Identity, Owner
from tui.stores.base import Store
from tui.stores.partitioned.cutting import Cut
from tui.transfers.cluster.admission import Admission, ClusterIdentities
from tui.transfers.cluster.crew import Crew
from tui.transfers.cluster.ranges import Span, Spans
from tui.transfers.cluster.talk import Grant, Item, Left, Report, Setup, described, pack, unpack_letter
from tui.transfers.journal import Journal
from tui.transfers.journal.states import KeptStates
from tui.transfers.limits.bounds import TransferLimits
from tui.transfers.limits.shared import SharedLimits
from tui.transfers.queue.context import QueueContext
from tui.transfers.queue.job_status import JobStatus
from tui.transfers.queue.pending_conflicts import PendingConflicts
from tui.transfers.queue.run_state import RunState

if TYPE_CHECKING:
    from distributed import Client

    from tui.accounts.handing import SessionKeys


class Task:
    """A task of the scheduler."""

    status = "pending"
    """As Dask's own."""


class Cluster:
    """A scheduler, and workers that answer every letter; in place of Dask's client."""

    status = "running"
    seconds = 0.001
    """Before a letter is answered."""

    def __init__(self, *names: str) -> None:
        self.names = list(names)
        """Those that the scheduler knows."""
        self.silent = set[str]()
        """Those of them that cannot be reached."""
        self.frozen = set[str]()
        """Those of them that say nothing, and keep who asks them waiting."""
        self.begins: set[str] | None = None
        """Those of them that have threads for their tasks; None: all."""
        self.tasks = list[Task]()
        self.looks = 0
        """How often it was asked for its workers."""
        self.grants: dict[str, list[Grant]] = {}
        """What each was granted by the latest letter."""
        self._says: dict[str, list[Item]] = {}
        self._numbers: dict[str, int] = {}

    @property
    def scheduler(self) -> Cluster:
        """It is its own."""
        return self

    def says(self, name: str, *items: Item) -> None:
        """Have a worker say this next."""
        self._says.setdefault(name, []).extend(items)

    def ends(self, name: str) -> None:
        """Have a worker end all that it was granted."""
        self.says(name, *(Left(each.number, True, None, None, "", each.upto) for each in self.grants[name]))

    async def identity(self, **_: object) -> dict[str, Any]:
        """The workers."""
        self.looks += 1
        return {"workers": {each: {"name": each, "nthreads": 1} for each in self.names}}

    async def broadcast(self, msg: dict[str, Any], workers: list[str], on_error: str) -> dict[str, Any]:
        """Answer a letter, or the question of Dask what a worker runs."""
        [name] = workers
        await asyncio.sleep(self.seconds)
        if name in self.frozen:
            await asyncio.Event().wait()
        if name not in self._answering:
            return {} if on_error == "ignore" else {name: b"pickled"}
        if msg["op"] == "versions":
            return {name: await self.versions(msg["packages"])}
        letter = unpack_letter(msg["letter"])
        self.grants[name] = letter.grants
        items = self._says.pop(name, [])
        report = Report(
            first=letter.seen,
            items=items,
            ready=True,
            quiet=letter.end or letter.finish,
            positions={each.number: each.after for each in letter.grants if self._begins(name)},
        )
        return {name: {"status": "OK", "report": pack(report)}}

    async def versions(self, packages: list[str]) -> dict[str, Any]:
        """What the scheduler runs."""
        return {"host": {"python": platform.python_version()}, "packages": {each: version(each) for each in packages}}

    async def run(self, function: object, *, workers: list[str], on_error: str = "raise") -> dict[str, Any]:
        """Run it in workers."""
        gone = OSError("Timed out trying to connect")
        if on_error == "raise" and not self._answering.issuperset(workers):
            raise gone
        return {
            each: (described() if function is described else None) if each in self._answering else gone
            for each in workers
        }

    def submit(self, *_: object, **__: object) -> Task:
        """A task more."""
        self.tasks.append(Task())
        return self.tasks[-1]

    def _begins(self, name: str) -> bool:
        return self.begins is None or name in self.begins

    @property
    def _answering(self) -> set[str]:
        return set(self.names) - self.silent


async def cut_nothing(span: Span, after: str, _: int) -> list[Cut]:
    """Too little is left of it."""
    return [Cut(after, span.upto, 1.0)]


async def _no_identity(connection: str) -> Identity:
    raise AssertionError(f"nobody asks who {connection} is")


async def _no_keys(connection: str) -> SessionKeys:
    raise AssertionError(f"nobody asks for keys of {connection}")


async def _no_store(connection: str) -> Store:
    raise AssertionError(f"nobody needs a store of {connection}")


async def _no_owner(connection: str) -> Owner | None:
    raise AssertionError(f"nobody needs the owner of {connection}")


class SlowStates(KeptStates):
    """What is demanded is on disk when `opened` is set."""

    def __init__(self, states: KeptStates) -> None:
        self._states = states
        self.demanded, self.opened = asyncio.Event(), asyncio.Event()

    def set(self, transfer: str, name: str, value: bytes) -> None:
        """See `KeptStates`."""
        self._states.set(transfer, name, value)

    async def demand(self, transfer: str, name: str, value: bytes) -> None:
        """See `KeptStates`."""
        self.demanded.set()
        await self.opened.wait()
        await self._states.demand(transfer, name, value)

    def drop(self, transfer: str, name: str) -> None:
        """See `KeptStates`."""
        self._states.drop(transfer, name)

    async def of(self, transfer: str) -> dict[str, bytes]:
        """See `KeptStates`."""
        return await self._states.of(transfer)


class Transfer:
    """A transfer of a journal, which workers carry out."""

    def __init__(self, journal: Journal) -> None:
        self.journal, limits = journal, TransferLimits()
        context = QueueContext(
            open_store=_no_store,
            owner_of=_no_owner,
            journal=journal,
            retries=None,
            limits=limits,
            shared=SharedLimits(limits),
            conflicts=PendingConflicts(),
            changed=lambda: None,
            state_changed=lambda: None,
            report=silent,
        )
        self.status = JobStatus(transfer(), context)
        self.spans = Spans("t", journal.states)
        self.state = RunState(
            transfer="t",
            progress=self.status.progress,
            cursor=self.status.cursor,
            results=self.status.results,
            context=context,
            again=False,
            retrying=False,
            cancelled=lambda: False,
            save=self.status.save,
        )

    def crew(self, cluster: Cluster) -> Crew:
        """One that carries out the ranges by a cluster."""
        engine, client = read_engine("dask://127.0.0.1:1"), cast("Client", cluster)
        admission = Admission(engine, client, ClusterOptions(), ClusterIdentities(_no_identity, _no_keys), {})
        setup = Setup(order=ORDER, submitted=1.0, owners={})
        return Crew(engine, client, self.state, self.status.uploads, self.spans, admission, setup, cut_nothing)
