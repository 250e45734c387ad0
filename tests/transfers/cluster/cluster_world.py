"""The two accounts, a queue of this process, and the workers that carry its copies out."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

from msgspec.structs import replace

from tests.results import ended_in, transfer_of
from tests.servers.proxy.proxy import FaultProxy
from tests.transfers.cluster.dask_cluster import DaskCluster
from tests.transfers.world import World
from tui.accounts.connections import Connections
from tui.accounts.probing import probe
from tui.model.cluster import WorkerCredentials
from tui.model.identity import Owner
from tui.model.orders import ConflictPolicy, CopyOptions, CopyOrder
from tui.model.transfer import ObjectResult, Transfer
from tui.stores.opening import open_store
from tui.transfers.cluster.engine import cluster_engine
from tui.transfers.journal import Journal
from tui.transfers.queue.queue import TransferQueue
from tui.transfers.retry import Retries


@dataclass
class ClusterWorld:
    """`world` arranges and looks; `queue` copies by workers."""

    world: World
    connections: Connections
    cluster: DaskCluster
    proxy: FaultProxy
    queue: TransferQueue = field(init=False)

    def __post_init__(self) -> None:
        self.queue = self.new_queue(self.world.journal)

    def new_queue(self, journal: Journal) -> TransferQueue:
        """One on a journal."""
        self.retries = Retries(partial(probe, self.connections))
        return TransferQueue(
            partial(open_store, self.connections, attempts=1),
            self._owner_of,
            journal,
            self.retries,
            report=self.world.problems.append,
            cluster=cluster_engine(self.connections).carry_out,
        )

    async def close(self) -> None:
        await self.queue.close()
        await self.retries.close()

    async def restart(self) -> None:
        """As if the engine had ended and another one had begun."""
        await self.close()
        self.world.journal = await Journal.open(self.world.path, self.world.problems.append)
        self.queue = self.new_queue(self.world.journal)
        await self.queue.start()

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
        """A copy by the workers."""
        made = self.world.order(*keys, prefixes=prefixes)
        engine, cluster = self.cluster.address, self.cluster.options(credentials)
        return replace(
            made,
            selection=replace(made.selection, connection=self.world.connection_a.id),
            destination=replace(made.destination, connection=self.world.connection_b.id),
            options=CopyOptions(conflict=conflict, engine=engine, cluster=cluster, **options),  # type: ignore[arg-type]  # each by its name
        )

    async def ended(self, transfer: str) -> tuple[Transfer, list[ObjectResult]]:
        """The transfer as it ended, and all results."""
        return await ended_in(self.queue, transfer)

    async def transfer(self, name: str) -> Transfer:
        """The transfer as it is now."""
        return await transfer_of(self.queue, name)

    def fill(self, count: int, size: int = 64, prefix: str = "data/") -> dict[str, bytes]:
        """Make objects of the source, below eight prefixes; returns them."""
        made = {f"{prefix}{at % 8}/{at:05d}": f"{at:08d}".encode() * (size // 8) for at in range(count)}
        for key, body in made.items():
            self.world.put(key, body)
        return made

    def assert_equal(self, made: dict[str, bytes]) -> None:
        """Every object is at the target, as it is at the source."""
        assert self.world.target_keys() == sorted(made)
        assert all(self.world.content(key) == body for key, body in made.items())

    def sent(self) -> dict[str, int]:
        """How often each object was written at the target, with success."""
        counts: dict[str, int] = {}
        for each in self.proxy.seen:
            if each.method == "PUT" and each.status == 200 and each.key and not each.part:
                counts[each.key] = counts.get(each.key, 0) + 1
        return counts
