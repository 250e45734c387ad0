"""How fast small objects are relayed between two services: by this machine, by one worker, by two and by four.

Never a pass/fail test: ``pytest -m bench -s tests/bench/test_cluster.py``, OBJECTS, ROUNDS, WORKERS are variables.
Each round measures all of them, and prints for each its rate, the rate behind the first object, and the CPU seconds of
engine, scheduler and workers, with their ratio to those of this machine in the same round. Where other programs are at
work the CPU seconds tell more than the rates. A copy of a few objects is made before each measurement: the programs are
imported then.
"""

import os
import statistics
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pytest
import uvloop

from tests.bench import cpu_of
from tests.features.cluster.dask_cluster import DaskCluster, running_cluster
from tests.servers.standin.standin import GeneratedBucket, Standin, running_standin
from tests.servers.surroundings import use
from tui.aws.connections import Connections
from tui.aws.ids import connection_id
from tui.aws.renewal import probe
from tui.core.engines import LOCAL
from tui.core.identity import IdentitySpec
from tui.core.location import Location
from tui.core.orders import ConflictPolicy, CopyOptions, CopyOrder, Destination, Selection
from tui.core.transfer import Transfer, TransferState
from tui.engine.prepare import WORKS
from tui.features.cluster.cluster_engine import cluster_engine
from tui.queue.queue import TransferQueue
from tui.stores.opening import open_store
from tui.transfers.journal import Journal
from tui.transfers.retries import Retries

OBJECTS = int(os.environ.get("OBJECTS", "20000"))
ROUNDS = int(os.environ.get("ROUNDS", "3"))
WORKERS = [int(each) for each in os.environ.get("WORKERS", "0,1,2,4").split(",")]
MADE = GeneratedBucket("made", OBJECTS, 16 << 10)
FEW = GeneratedBucket("few", 200, 16 << 10)


class Measured(NamedTuple):
    """Seconds: of the whole copy, until its first object; CPU seconds of this process, scheduler, and all workers."""

    seconds: float
    first: float
    engine: float = 0.0
    scheduler: float = 0.0
    workers: Sequence[float] = ()

    @property
    def cpu(self) -> float:
        return self.engine + self.scheduler + sum(self.workers)


async def copied(
    sides: tuple[Standin, Standin], cluster: DaskCluster | None, home: Path, bucket: GeneratedBucket = MADE
) -> Measured:
    connections = Connections()
    retries = Retries(partial(probe, connections))
    journal = await Journal.open(home / f"{time.monotonic_ns()}.sqlite", print)
    queue = TransferQueue(
        partial(open_store, connections, attempts=1),
        connections_owner,
        journal,
        WORKS,
        retries,
        report=print,
        cluster=cluster_engine(connections).carry_out,
    )
    ids = [
        connection_id(IdentitySpec(account.profile, endpoint=side.server.endpoint))
        for side, account in zip(sides, (sides[0].server.a, sides[0].server.b), strict=True)
    ]
    order = CopyOrder(
        Selection(ids[0], Location(bucket.name, ""), prefixes=[""]),
        Destination(ids[1], Location("null-target", "")),
        CopyOptions(
            conflict=ConflictPolicy.OVERWRITE,
            engine=cluster.address if cluster else LOCAL,
            cluster=cluster.options() if cluster else None,
        ),
    )
    began = time.monotonic()
    name = await queue.submit(order)
    ended, first = await _ended(queue, name)
    took = time.monotonic() - began
    assert (ended.state, ended.objects_done) == (TransferState.DONE, bucket.count), ended
    await queue.close()
    await retries.health.close()
    await connections.close()
    return Measured(took, first - began)


async def connections_owner(_: str) -> None:
    return None


async def _ended(queue: TransferQueue, name: str) -> tuple[Transfer, float]:
    first = None
    async for transfers in queue.watch():
        (transfer,) = [each for each in transfers.transfers if each.id == name]
        if first is None and transfer.objects_done:
            first = time.monotonic()
        if transfer.state.ended:
            return transfer, first or time.monotonic()
    raise AssertionError("the queue was closed")


@pytest.mark.bench
@pytest.mark.timeout(3000)
def test_relays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
    rounds = list[dict[int, Measured]]()
    with running_standin(tmp_path / "one", [MADE, FEW]) as left, running_standin(tmp_path / "other", [MADE]) as right:
        use(monkeypatch, left.server.environment)
        for _ in range(ROUNDS):
            rounds.append({})
            for workers in WORKERS:
                rounds[-1][workers] = _round(tmp_path, (left, right), workers)
                _show(workers, rounds[-1])
    print("medians")
    for workers in WORKERS:
        rate = statistics.median(OBJECTS / each[workers].seconds for each in rounds)
        ratios = [each[workers].cpu / each[WORKERS[0]].cpu for each in rounds]
        print(f"{_name(workers):12} {rate:8,.0f} objects/s, CPU {statistics.median(ratios):.2f} of {_name(WORKERS[0])}")


def _name(workers: int) -> str:
    return f"{workers} workers" if workers else "this machine"


def _show(workers: int, measured: dict[int, Measured]) -> None:
    each, base = measured[workers], next(iter(measured.values()))
    rest = OBJECTS / max(0.001, each.seconds - each.first)
    parts = ", ".join(f"{used:.1f}" for used in each.workers)
    print(
        f"{_name(workers):12} {OBJECTS / each.seconds:8,.0f} objects/s, "
        f"first after {each.first:.1f} s, then {rest:,.0f}; "
        f"CPU {each.cpu:.1f} s ({each.cpu / base.cpu:.2f}): engine {each.engine:.1f}, scheduler {each.scheduler:.1f}, "
        f"workers {parts or '-'}; load {os.getloadavg()[0]:.1f}",
        flush=True,
    )


def _round(directory: Path, sides: tuple[Standin, Standin], workers: int) -> Measured:
    home = directory / f"home-{time.monotonic_ns()}"
    home.mkdir()
    if not workers:
        uvloop.run(copied(sides, None, home, FEW))
        spent = time.process_time()
        return uvloop.run(copied(sides, None, home))._replace(engine=time.process_time() - spent)
    with running_cluster(home, sides[0].server.environment, workers=workers) as cluster:
        uvloop.run(copied(sides, cluster, home, FEW))
        before, spent = [cpu_of(each.pid) for each in cluster.daemons], time.process_time()
        measured = uvloop.run(copied(sides, cluster, home))
        used = [cpu_of(each.pid) - was for each, was in zip(cluster.daemons, before, strict=True)]
        return measured._replace(engine=time.process_time() - spent, scheduler=used[0], workers=used[1:])
