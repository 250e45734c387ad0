import asyncio
import platform
from importlib.metadata import version
from typing import Any, cast

import msgspec
from msgspec.structs import replace

from tests.transfers.journal.samples import ORDER, silent, transfer
from tui.core.engines import ClusterOptions, WorkerCredentials, read_engine
from tui.core.transfer import Limits
from tui.features.cluster.client import client_messages
from tui.features.cluster.client.client_messages import (
    AskVersions,
    BeginRange,
    Install,
    Release,
    Runs,
    SchedulerWorker,
    SeeWorkers,
    SendLetter,
)
from tui.features.cluster.range_states import SectionSpan, Spans
from tui.features.cluster.scheduler_connection import Scheduler
from tui.features.cluster.worker import Session
from tui.features.cluster.worker_admission import Admission, ClusterIdentities
from tui.features.cluster.worker_calls import described, look_around
from tui.features.cluster.worker_contact import Assigned, Contact
from tui.features.cluster.worker_messages import (
    Item,
    Left,
    Letter,
    RangeTask,
    ReportFromWorker,
    Setup,
    pack,
    unpack_letter,
)
from tui.features.cluster.worker_pool import Crew
from tui.link.request import Done
from tui.queue.job_status import JobStatus
from tui.queue.queue_context import PendingConflicts, QueueContext
from tui.queue.run_state import RunState
from tui.stores.split_listing import WeighedRange
from tui.transfers.journal import Journal
from tui.transfers.limits import SharedLimits, TransferLimits


class Cluster:
    """A scheduler, and workers that answer every letter; in place of the process of Dask's client."""

    seconds = 0.001
    """Before a letter is answered."""

    def __init__(self, *names: str) -> None:
        self.names = list(names)
        self.silent = set[str]()
        self.frozen = set[str]()
        """Those of them that say nothing, and keep who asks them waiting."""
        self.begins: set[str] | None = None
        """Those of them that have threads for their tasks; None: all."""
        self.tasks = list[int]()
        """The ranges that were begun, and their numbers."""
        self.released = set[int]()
        self.has_dropped_tasks = False
        self.looks = 0
        """How often it was asked for its workers."""
        self.grants: dict[str, list[RangeTask]] = {}
        """What each was granted by the latest letter."""
        self.claims: dict[str, Any] = {}
        self.sessions: dict[str, Session] | None = None
        """Those of its workers, which answer themselves."""
        self._says: dict[str, list[Item]] = {}
        self._numbers: dict[str, int] = {}

    def says(self, name: str, *items: Item) -> None:
        self._says.setdefault(name, []).extend(items)

    def ends(self, name: str) -> None:
        self.says(name, *(Left(each.number, True, None, None, "", each.upto) for each in self.grants[name]))

    async def ask(self, request: object) -> Any:
        match request:
            case SeeWorkers():
                self.looks += 1
                if self.has_dropped_tasks:
                    raise OSError("the scheduler was lost for a moment, and has dropped the tasks")
                return {each: SchedulerWorker(each, 1) for each in self.names}
            case SendLetter() if self.sessions is not None:
                letter = unpack_letter(request.letter)
                session = self.sessions.setdefault(request.worker, Session(letter.transfer))
                return pack(await session.exchange(letter))
            case client_messages.LookAround():
                return msgspec.convert(
                    await look_around(request.connections, request.endpoints), client_messages.Around
                )
            case SendLetter():
                await self._reached(request.worker)
                return self._report(request)
            case AskVersions():
                if request.worker:
                    await self._reached(request.worker)
                return Runs(platform.python_version().rpartition(".")[0], version("distributed"), **described())
            case Install():
                await self._reached(request.worker)
        return Done()

    def tell(self, request: object) -> None:
        """A task more, or one that is not wanted any more."""
        if isinstance(request, BeginRange):
            self.tasks.append(request.number)
            if self.sessions is not None:
                self.sessions[request.worker].begin(request.number)
        elif isinstance(request, Release):
            self.released.add(request.number)

    async def ended(self, _: str) -> bool:
        return False

    async def _reached(self, name: str) -> None:
        await asyncio.sleep(self.seconds)
        if name in self.frozen:
            await asyncio.Event().wait()
        if name not in self._answering:
            raise OSError("it does not answer")

    def _report(self, request: SendLetter) -> bytes:
        letter, name = unpack_letter(request.letter), request.worker
        self.grants[name] = letter.grants
        report = ReportFromWorker(
            first=letter.seen,
            items=self._says.pop(name, []),
            ready=True,
            quiet=letter.end or letter.finish,
            positions={each.number: each.after for each in letter.grants if self._begins(name)},
        )
        return pack(replace(report, **self.claims) if letter.grants else report)

    def _begins(self, name: str) -> bool:
        return self.begins is None or name in self.begins

    @property
    def _answering(self) -> set[str]:
        return set(self.names) - self.silent


async def cut_nothing(span: SectionSpan, after: str, _: int) -> list[WeighedRange]:
    """Too little is left of it."""
    return [WeighedRange(after, span.upto, 1.0)]


async def nobody(connection: str, *_: object) -> Any:
    """Who it is, what it may, and what it has is not asked here."""
    raise AssertionError(f"nobody needs anything of {connection}")


class Transfer:
    """A transfer of a journal, which workers carry out."""

    def __init__(self, journal: Journal) -> None:
        self.journal, limits = journal, TransferLimits()
        context = QueueContext(
            open_store=nobody,
            owner_of=nobody,
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
        engine, scheduler = read_engine("dask://127.0.0.1:1"), cast("Scheduler", cluster)
        options = ClusterOptions(WorkerCredentials.PROFILES)
        admission = Admission(engine, scheduler, options, ClusterIdentities(nobody, nobody), {})
        setup = Setup(order=ORDER, submitted=1.0, owners={})
        return Crew(engine, scheduler, self.state, self.status.uploads, self.spans, admission, setup, cut_nothing)


# Workers as the engine sees them, without processes.


class InMemory(Contact):
    def __init__(self, number: int) -> None:
        super().__init__(cast("Scheduler", None), f"tcp://{number}", SchedulerWorker(f"w{number}", 1), "t")
        self.ready = True
        self.running = 0
        self._keeps, self._has_range = Limits(objects=0), False

    def give(self, after: str = "", upto: str | None = None) -> Assigned:
        number = len(self.assigned) + 1
        span = SectionSpan(f"{self.name}-{number}", 1, after, upto, weight=100.0)
        grant = RangeTask(number=number, section=1, after=after, upto=upto, keys=[], again=False, uploads=[], most=1000)
        made = Assigned(span, grant)
        self.assign(number, made)
        return made

    def begin_objects(self) -> None:
        most = self._keeps.objects
        if self._has_range and most is not None:
            self.running = max(self.running, most)

    async def _ask(self, letter: Letter) -> ReportFromWorker:
        if letter.limits is not None:
            self._keeps = letter.limits
        self._has_range = bool(letter.grants)
        self.begin_objects()
        return ReportFromWorker(first=letter.seen, items=[], ready=True, under_way=self.running)
