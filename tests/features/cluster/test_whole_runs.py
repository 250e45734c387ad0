"""A relay between two services by workers over TLS, while a worker, the scheduler and the engine are killed.

By default a few thousand objects and two workers. The whole measurement, whose numbers are in docs/cluster.md:
``OBJECTS=100000 WORKERS=2,4 pytest -m server -s tests/features/cluster/test_whole_runs.py``.
"""

import json
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.features.cluster.conftest import OwnEngine
from tests.features.cluster.dask_cluster import running_cluster
from tests.leaks import children_of
from tests.servers.daemon import ServerError
from tests.servers.standin.standin import GeneratedBucket, Standin, running_standin
from tests.waiting import until
from tui.aws.ids import connection_id
from tui.core.engines import LOCAL, ClusterOptions
from tui.core.identity import IdentitySpec
from tui.core.location import Location
from tui.core.orders import ConflictPolicy, CopyOptions, CopyOrder, Destination, Selection
from tui.core.transfer import Outcome, TransferState
from tui.engine.service import WORKERS_VARIABLE

pytestmark = pytest.mark.server  # the stand-in needs a C compiler

OBJECTS = int(os.environ.get("OBJECTS", "3000"))
WORKERS = [int(each) for each in os.environ.get("WORKERS", "2").split(",")]
MANY = GeneratedBucket("many", max(OBJECTS, 8_000), 16 << 10)
"""Enough for workers of the engine."""
MADE = GeneratedBucket("made", OBJECTS, 16 << 10)
TARGET = "target"


@dataclass(frozen=True)
class Services:
    source: Standin
    target: Standin

    def order(self, engine: str, options: ClusterOptions, receipt: Path, bucket: GeneratedBucket = MADE) -> CopyOrder:
        source, target = (
            connection_id(IdentitySpec(self.source.server.a.profile, endpoint=each.server.endpoint))
            for each in (self.source, self.target)
        )
        return CopyOrder(
            Selection(source, Location(bucket.name, ""), prefixes=[""]),
            Destination(target, Location(TARGET, "")),
            CopyOptions(
                conflict=ConflictPolicy.OVERWRITE,
                engine=engine,
                cluster=None if engine == LOCAL else options,
                receipt=str(receipt),
            ),
        )

    @property
    def put(self) -> int:
        return self.target.statistics().requests["put"]

    async def when(self, part: float) -> None:
        await until(lambda: self.put >= part * OBJECTS, f"{part:.0%} are written", timeout=60 + OBJECTS / 100)
        assert self.put < OBJECTS, "nothing is left to be done when something is killed"

    def listed(self, side: Standin, bucket: str) -> dict[str, tuple[int, str]]:
        pages = side.server.client(side.server.a).get_paginator("list_objects_v2").paginate(Bucket=bucket)
        return {each["Key"]: (each["Size"], each["ETag"]) for page in pages for each in page.get("Contents", [])}


@pytest.fixture
def services(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    source, target = tmp_path / "source", tmp_path / "target"
    source.mkdir()
    target.mkdir()
    try:
        with running_standin(source, [MADE, MANY]) as left, running_standin(target, []) as right:
            for name, value in left.server.environment.items():
                monkeypatch.setenv(name, value)
            yield Services(left, right)
    except ServerError as error:
        pytest.fail(str(error), pytrace=False)


@pytest.mark.timeout(300 + OBJECTS // 20)
@pytest.mark.parametrize("workers", WORKERS)
async def test_everything_is_killed_once(services: Services, surroundings: Path, tmp_path: Path, workers: int) -> None:
    receipt = surroundings / "receipt.jsonl"
    with running_cluster(tmp_path / "dask", services.source.server.environment, workers=workers) as cluster:
        own = OwnEngine(surroundings)
        began = time.monotonic()
        transfer = await own.submit(services.order(cluster.address, cluster.options(), receipt))
        await services.when(0.2)
        cluster.workers[0].kill()
        cluster.start_worker()
        await services.when(0.4)
        assert cluster.scheduler
        cluster.scheduler.kill()
        cluster.start_scheduler()
        for _ in range(workers):
            cluster.start_worker()
        await services.when(0.6)
        await own.kill()
        done, _ = await own.ended(transfer)
        took = time.monotonic() - began
        await own.close()
    assert (done.state, done.problem, done.objects_done) == (TransferState.DONE, None, OBJECTS)
    assert services.listed(services.target, TARGET) == services.listed(services.source, MADE.name)
    told = services.target.statistics()
    print(  # noqa: T201  # the numbers of a measurement
        f"{OBJECTS:,} objects by {workers} workers, each of worker, scheduler and engine killed once: {took:.1f} s, "
        f"{OBJECTS / took:,.0f} objects/s; {told.requests['put']:,} PUT, of which {told.replaced} over one that was "
        f"there, {told.requests['head']:,} HEAD; load {os.getloadavg()[0]:.1f}"
    )
    assert (told.replaced, told.requests["put"]) == (0, OBJECTS)
    target = services.target.server.client(services.target.server.a)
    assert "Uploads" not in target.list_multipart_uploads(Bucket=TARGET)
    first, *lines = [json.loads(line) for line in receipt.read_text().splitlines()]
    assert first["transfer"]["objects_done"] == OBJECTS
    outcomes = {each["result"]["target"]: each["result"]["outcome"] for each in lines}
    assert (len(lines), len(outcomes), set(outcomes.values())) == (OBJECTS, OBJECTS, {Outcome.COPIED})


def pids_of(engine: int) -> list[int]:
    return [pid for pid, _ in children_of(engine)]


@pytest.mark.timeout(300)
async def test_an_engine_and_its_workers_are_killed(
    services: Services, surroundings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a killed process had copied without telling is copied again, at most."""
    monkeypatch.setenv(WORKERS_VARIABLE, "2")
    own, order = OwnEngine(surroundings), services.order(LOCAL, ClusterOptions(), surroundings / "receipt.jsonl", MANY)

    async def when(part: float) -> None:
        await until(lambda: services.put >= part * MANY.count, f"{part:.0%} are written", timeout=60)

    transfer = await own.submit(order)
    first = await own.pid()
    await until(lambda: len(pids_of(first)) == 2, "two workers are started", timeout=60)
    await when(0.3)
    os.kill(pids_of(first)[0], signal.SIGKILL)
    await when(0.5)
    left = pids_of(first)
    await own.kill()
    await until(lambda: not any(Path(f"/proc/{each}/cmdline").exists() for each in left), "the workers end, too")
    done, results = await own.ended(transfer)
    await own.close()
    assert (done.state, done.problem, done.objects_done, len(results)) == (
        TransferState.DONE,
        None,
        MANY.count,
        MANY.count,
    )
    assert services.listed(services.target, TARGET) == services.listed(services.source, MANY.name)
    assert services.target.statistics().replaced < 1_000
