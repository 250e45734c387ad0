"""Two workers over TLS on loopback, a queue whose copies they carry out, and a way to stop them midway."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from msgspec.structs import replace

from tests.engines import killed, results_of, transfer_once
from tests.features.cluster.crews import Cluster
from tests.features.cluster.dask_cluster import DaskCluster, running_cluster
from tests.results import ended_in, transfer_of
from tests.servers.proxy.faults import Meanwhile, Rule
from tests.servers.proxy.messages import Request
from tests.servers.proxy.proxy import FaultProxy
from tests.servers.server import S3Server
from tests.transfers.world import World
from tests.waiting import until
from tui.aws.connections import Connections
from tui.aws.renewal import probe
from tui.core.engines import ClusterOptions, WorkerCredentials
from tui.core.identity import Owner
from tui.core.orders import ConflictPolicy, CopyOptions, CopyOrder
from tui.core.transfer import ObjectResult, Transfer
from tui.engine.prepare import WORKS
from tui.features.cluster import cluster_engine as engine
from tui.features.cluster import scheduler_connection, worker_checks, worker_contact, worker_pool
from tui.features.cluster.cluster_engine import cluster_engine
from tui.link.process import EngineProcess
from tui.link.request import Hello
from tui.link.session import EngineSession
from tui.messages.order_requests import SubmitCopy
from tui.queue.queue import TransferQueue
from tui.queue.queue_context import ByCluster
from tui.stores.opening import open_store
from tui.transfers.journal import Journal
from tui.transfers.retries import Retries


@pytest.fixture(scope="module")
def running(s3_server: S3Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaskCluster]:
    with running_cluster(tmp_path_factory.mktemp("dask"), s3_server.environment, workers=0) as cluster:
        yield cluster


@pytest.fixture
def cluster(running: DaskCluster) -> DaskCluster:
    """With two workers, whatever the tests before have killed or added."""
    running.repair(workers=2)
    return running


@pytest.fixture
async def clustered(
    proxied: World, connections: Connections, proxy: FaultProxy, cluster: DaskCluster
) -> AsyncIterator[ClusterWorld]:
    """The two accounts through a proxy that sees every request, also those of the workers."""
    made = ClusterWorld(proxied, connections, cluster, proxy)
    yield made
    await made.close()


@pytest.fixture
async def here(
    proxied: World, connections: Connections, proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[ClusterWorld]:
    cluster = Cluster("tcp://127.0.0.1:1", "tcp://127.0.0.1:2")
    cluster.sessions = {}
    for module in (engine, worker_checks):
        monkeypatch.setattr(module, "scheduler_client", lambda *_: nullcontext(cluster))
    monkeypatch.setattr(worker_pool, "LOOK_SECONDS", 0.01)
    dask = SimpleNamespace(address="dask://127.0.0.1:1", options=ClusterOptions, silent=cluster.silent)
    made = ClusterWorld(proxied, connections, cast("DaskCluster", dask), proxy)
    yield made
    await made.close()
    for each in cluster.sessions.values():
        await each.close()


@pytest.fixture
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine of this process soon gives up what does not answer."""
    for module in (worker_contact, worker_pool):
        monkeypatch.setattr(module, "LEASE", 3.0)
    monkeypatch.setattr(worker_contact, "STALLED", 1.0)
    monkeypatch.setattr(scheduler_connection, "CONNECT_SECONDS", 3)
    monkeypatch.setattr(engine, "WAITS", (0.5,))


@dataclass
class ClusterWorld:
    """`world` arranges and looks; `queue` copies by workers."""

    world: World
    connections: Connections
    cluster: DaskCluster
    proxy: FaultProxy
    queue: TransferQueue = field(init=False)
    helped: ByCluster | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.queue = self.new_queue(self.world.journal)

    def new_queue(self, journal: Journal) -> TransferQueue:
        self.retries = Retries(partial(probe, self.connections))
        return TransferQueue(
            partial(open_store, self.connections, attempts=1),
            self._owner_of,
            journal,
            WORKS,
            self.retries,
            report=self.world.problems.append,
            cluster=cluster_engine(self.connections).carry_out,
            helped=self.helped,
        )

    async def close(self) -> None:
        await self.queue.close()
        await self.retries.health.close()

    async def _owner_of(self, connection: str) -> Owner | None:
        owners = self.world.owners
        return owners.source if connection == self.world.connection_a.id else owners.target

    def order(
        self,
        *keys: str,
        prefixes: tuple[str, ...] = (),
        credentials: WorkerCredentials = WorkerCredentials.PROFILES,
        conflict: ConflictPolicy = ConflictPolicy.OVERWRITE,
        **options: object,
    ) -> CopyOrder:
        made = self.world.order(*keys, prefixes=prefixes)
        engine, cluster = self.cluster.address, self.cluster.options(credentials)
        return replace(
            made,
            selection=replace(made.selection, connection=self.world.connection_a.id),
            destination=replace(made.destination, connection=self.world.connection_b.id),
            options=CopyOptions(conflict=conflict, engine=engine, cluster=cluster, **options),  # type: ignore[arg-type]  # each by its name
        )

    async def ended(self, transfer: str) -> tuple[Transfer, list[ObjectResult]]:
        return await ended_in(self.queue, transfer)

    async def transfer(self, name: str) -> Transfer:
        return await transfer_of(self.queue, name)

    def fill(self, count: int, size: int = 64, prefix: str = "data/") -> dict[str, bytes]:
        made = {f"{prefix}{at % 8}/{at:05d}": f"{at:08d}".encode() * (size // 8) for at in range(count)}
        for key, body in made.items():
            self.world.put(key, body)
        return made

    def assert_equal(self, made: dict[str, bytes]) -> None:
        assert self.world.target_keys() == sorted(made)
        assert all(self.world.content(key) == body for key, body in made.items())

    def sent(self) -> dict[str, int]:
        counts: dict[str, int] = {}
        for each in self.proxy.seen:
            if each.method == "PUT" and each.status == 200 and each.key and not each.part:
                counts[each.key] = counts.get(each.key, 0) + 1
        return counts


@dataclass
class Gate:
    """Lets so many writes pass; every other one waits in front of the server until it is let in."""

    passes: int
    waiting: list[asyncio.Event] = field(default_factory=list)
    most: int = 0
    """The most that have waited at once."""
    opened: bool = False

    async def __call__(self, _: Request) -> None:
        self.passes -= 1
        if self.passes < 0 and not self.opened:
            here = asyncio.Event()
            self.waiting.append(here)
            self.most = max(self.most, len(self.waiting))
            await here.wait()

    def let_in(self, count: int) -> None:
        for each in self.waiting[:count]:
            each.set()
        del self.waiting[:count]

    def open(self) -> None:
        self.opened = True
        self.let_in(len(self.waiting))

    async def are_waiting(self, count: int) -> None:
        await until(lambda: len(self.waiting) >= count, f"{count} writes wait", timeout=30)


def blocked(world: ClusterWorld, passes: int, *operations: str) -> Gate:
    made = Gate(passes)
    world.proxy.rules.append(Rule(Meanwhile(before=made), operations=operations or ("PutObject",)))
    return made


class OwnEngine:
    """An engine in a process, which can be killed: the next one goes on with what the journal has."""

    def __init__(self, home: Path) -> None:
        self._process = EngineProcess(home=home)
        self._session = EngineSession(self._process)

    async def submit(self, order: CopyOrder) -> str:
        return (await self._session.ask(SubmitCopy(order))).transfer

    async def pid(self) -> int:
        return (await self._session.ask(Hello())).pid

    async def kill(self) -> None:
        self._session = await killed(self._session, self._process)

    async def ended(self, transfer: str) -> tuple[Transfer, list[ObjectResult]]:
        results = await results_of(self._session, transfer)
        return await transfer_once(self._session, lambda _: True, transfer), results

    async def close(self) -> None:
        await self._session.close()
        self._process.stop()
