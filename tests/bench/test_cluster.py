"""How fast small objects are relayed between two services: by this machine, by one worker, by two and by four.

Never a pass/fail test: ``pytest -m bench -s tests/bench/test_cluster.py``, OBJECTS, ROUNDS, WORKERS are variables.
"""

from __future__ import annotations

import os
import statistics
import time
from functools import partial
from pathlib import Path

import pytest
import uvloop

from tests.servers.standin.standin import GeneratedBucket, Standin, running_standin
from tests.transfers.cluster.dask_cluster import DaskCluster, running_cluster
from tui.accounts.connections import Connections
from tui.accounts.ids import connection_id
from tui.accounts.probing import probe
from tui.model.engines import LOCAL
from tui.model.identity import IdentitySpec
from tui.model.location import Location
from tui.model.orders import ConflictPolicy, CopyOptions, CopyOrder, Destination, Selection
from tui.model.transfer import Transfer, TransferState
from tui.stores.opening import open_store
from tui.transfers.cluster.engine import cluster_engine
from tui.transfers.journal import Journal
from tui.transfers.queue.queue import TransferQueue
from tui.transfers.retry import Retries

OBJECTS = int(os.environ.get("OBJECTS", "20000"))
ROUNDS = int(os.environ.get("ROUNDS", "3"))
WORKERS = [int(each) for each in os.environ.get("WORKERS", "0,1,2,4").split(",")]
MADE = GeneratedBucket("made", OBJECTS, 16 << 10)


async def copied(sides: tuple[Standin, Standin], cluster: DaskCluster | None, home: Path) -> float:
    """Copy everything; returns how many seconds that took."""
    connections = Connections()
    retries = Retries(partial(probe, connections))
    journal = await Journal.open(home / f"{time.monotonic_ns()}.sqlite", print)
    queue = TransferQueue(
        partial(open_store, connections, attempts=1),
        connections_owner,
        journal,
        retries,
        report=print,
        cluster=cluster_engine(connections).carry_out,
    )
    ids = [
        connection_id(IdentitySpec(account.profile, endpoint=side.server.endpoint))
        for side, account in zip(sides, (sides[0].server.a, sides[0].server.b), strict=True)
    ]
    order = CopyOrder(
        Selection(ids[0], Location(MADE.name, ""), prefixes=[""]),
        Destination(ids[1], Location("null-target", "")),
        CopyOptions(
            conflict=ConflictPolicy.OVERWRITE,
            engine=cluster.address if cluster else LOCAL,
            cluster=cluster.options() if cluster else None,
        ),
    )
    began = time.monotonic()
    name = await queue.submit(order)
    ended = await _ended(queue, name)
    took = time.monotonic() - began
    assert (ended.state, ended.objects_done) == (TransferState.DONE, OBJECTS), ended
    await queue.close()
    await retries.close()
    await connections.close()
    return took


async def connections_owner(_: str) -> None:
    return None


async def _ended(queue: TransferQueue, name: str) -> Transfer:
    async for transfers in queue.watch():
        (transfer,) = [each for each in transfers.transfers if each.id == name]
        if transfer.state.ended:
            return transfer
    raise AssertionError("the queue was closed")


@pytest.mark.bench
@pytest.mark.timeout(3000)
def test_relays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.mkdir()
    other.mkdir()
    seconds: dict[str, list[float]] = {}
    with running_standin(one, [MADE]) as left, running_standin(other, [MADE]) as right:
        for name, value in left.server.environment.items():
            monkeypatch.setenv(name, value)
        for _ in range(ROUNDS):
            for workers in WORKERS:
                took = _round(tmp_path, (left, right), workers)
                seconds.setdefault(f"{workers} workers" if workers else "this machine", []).append(took)
                print(f"{workers} workers: {OBJECTS / took:,.0f} objects/s", flush=True)
    for name, each in seconds.items():
        print(f"{name:14} {OBJECTS / statistics.median(each):8,.0f} objects/s, median of {len(each)}")


def _round(directory: Path, sides: tuple[Standin, Standin], workers: int) -> float:
    home = directory / f"home-{time.monotonic_ns()}"
    home.mkdir()
    if not workers:
        spent = time.process_time()
        took = uvloop.run(copied(sides, None, home))
        print(f"  CPU seconds: this machine {time.process_time() - spent:.1f}")
        return took
    with running_cluster(home, sides[0].server.environment, workers=workers) as cluster:
        before, spent = [_cpu(each.pid) for each in cluster.daemons], time.process_time()
        took = uvloop.run(copied(sides, cluster, home))
        used = [_cpu(each.pid) - was for each, was in zip(cluster.daemons, before, strict=True)]
        print(f"  CPU seconds: engine {time.process_time() - spent:.1f}, scheduler {used[0]:.1f}, workers {used[1:]}")
        return took


def _cpu(pid: int) -> float:
    """The CPU seconds that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
