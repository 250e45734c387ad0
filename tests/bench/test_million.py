"""A million objects or keys: copied, listed, searched, compared; what they cost in memory, and how fast they go by."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from functools import partial
from pathlib import Path

import pytest
import uvloop

from tests.bench import peak_of
from tests.cli.conftest import Run, run
from tests.servers.buckets import fresh_bucket
from tests.servers.ceph.filling import fill
from tests.servers.server import Account, S3Server
from tests.servers.standin.standin import MILLION, GeneratedBucket, Layout, Standin, running_standin
from tests.servers.surroundings import use
from tests.transfers.journal.samples import result, transfer
from tui.aws.connection import ONE_ATTEMPT
from tui.aws.connections import Connections
from tui.aws.ids import connection_id
from tui.aws.renewal import probe
from tui.core.identity import IdentitySpec, Owner
from tui.core.location import Location
from tui.core.orders import ConflictPolicy, CopyOptions, CopyOrder, CopyRoute, Destination, Selection
from tui.core.problem import Problem
from tui.core.searching import Search
from tui.core.transfer import Transfer
from tui.engine.prepare import WORKS
from tui.features.find.measure_sizes import measure_current
from tui.features.find.search import KeySource, Matcher, find
from tui.features.sync.compare import Comparer
from tui.features.sync.values import Compare, ComparedPlace, Comparison, ComparisonState, CountsByState
from tui.link.process import EngineProcess
from tui.link.request import Hello
from tui.link.session import EngineSession
from tui.queue.queue import TransferQueue
from tui.stores.base import Store
from tui.stores.partitioned import every_page
from tui.stores.s3.s3_store import S3Store
from tui.text.listing_lines import named
from tui.transfers.journal import Journal
from tui.transfers.retries import Retries
from tui.transfers.tasks import together

__all__ = ["run"]

pytestmark = [pytest.mark.bench, pytest.mark.timeout(1800)]

SECONDS = float(os.environ.get("XS3_BENCH_SECONDS", "60"))
"""How long the copy of the million is watched."""

BETWEEN = 0.5

WARM = "logs/0000/00/"
"""A hundred objects that are copied before the measurement: what is loaded once is then loaded."""


class Memory:
    """The resident memory of this process, in MB, against a first look."""

    def __init__(self) -> None:
        self.first = self.most = self._now()

    def look(self) -> float:
        now = self._now()
        self.most = max(self.most, now)
        return now - self.first

    @property
    def growth(self) -> float:
        return self.most - self.first

    def _now(self) -> float:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


@pytest.fixture
def account(standin: Standin, monkeypatch: pytest.MonkeyPatch) -> Account:
    use(monkeypatch, standin.server.environment)
    return standin.server.a


def connection_of(account: Account) -> str:
    return connection_id(IdentitySpec(account.profile))


def test_a_million_results_in_the_journal(tmp_path: Path) -> None:
    uvloop.run(write_and_read(tmp_path / "journal.db"))


async def write_and_read(path: Path) -> None:
    journal = await Journal.open(path, fail)
    await journal.add(transfer())
    memory, began = Memory(), time.perf_counter()
    for number in range(MILLION.count):
        key = f"logs/{number // 10_000:04}/{number // 100 % 100:02}/event-{number:08}"
        journal.results.finish("t", 0, key, result(key))
        if number % 100 == 0:
            await asyncio.sleep(0)
            await journal.drained()
            memory.look()
    await journal.flushed()
    written = time.perf_counter() - began
    began, read = time.perf_counter(), 0
    async with aclosing(journal.results.of("t")) as results:
        async for _ in results:
            read += 1
    reading = time.perf_counter() - began
    memory.look()
    await journal.close()
    began = time.perf_counter()
    await (await Journal.open(path, fail)).close()
    opening = time.perf_counter() - began
    print(
        f"\njournal: {MILLION.count / written:,.0f} results/s written, {read / reading:,.0f}/s read, "
        f"memory grew by {memory.growth:.1f} MB, file {megabytes(path):,.0f} MB, "
        f"opened again in {opening:.2f} s"
    )


def megabytes(path: Path) -> float:
    return path.stat().st_size / 1e6


def fail(problem: Problem) -> None:
    raise AssertionError(problem.sentence())


class Engine:
    """What the engine makes of the stand-in's two accounts. The target bucket drops bodies and answers all requests."""

    def __init__(self, standin: Standin, journal: Path) -> None:
        self._path = journal
        self._connections = Connections()
        self._retries = Retries(partial(probe, self._connections))
        self.left, self.right = connection_of(standin.server.a), connection_of(standin.server.b)

    @asynccontextmanager
    async def queue(self) -> AsyncIterator[TransferQueue]:
        journal = await Journal.open(self._path, fail)
        queue = TransferQueue(self._open, self._owner_of, journal, WORKS, self._retries)
        await queue.start()
        try:
            yield queue
        finally:
            await queue.close()

    async def aclose(self) -> None:
        await self._connections.close()

    async def _open(self, connection: str) -> Store:
        return S3Store(await self._connections.get(connection, attempts=ONE_ATTEMPT))

    async def _owner_of(self, _: str) -> Owner | None:
        return Owner("standin")

    def order(self, prefix: str) -> CopyOrder:
        selection = Selection(self.left, Location(MILLION.name), prefixes=[prefix])
        options = CopyOptions(conflict=ConflictPolicy.OVERWRITE, route=CopyRoute.RELAY)
        return CopyOrder(selection, Destination(self.right, Location("null")), options)


async def watched(queue: TransferQueue, name: str, seconds: float, look: Callable[[float, Transfer], None]) -> Transfer:
    """Look at a transfer until it ends or the time is over; returns it as it then was."""
    began = time.perf_counter()
    while True:
        async with aclosing(queue.watch()) as snapshots:
            snapshot = await anext(snapshots)
        (seen,) = [each for each in snapshot.transfers if each.id == name]
        passed = time.perf_counter() - began
        look(passed, seen)
        if seen.state.ended or passed > seconds:
            return seen
        await asyncio.sleep(BETWEEN)


@pytest.mark.usefixtures("account")
def test_a_million_objects_in_the_queue(standin: Standin, tmp_path: Path) -> None:
    uvloop.run(copy_the_million(standin, tmp_path / "journal.db"))


async def copy_the_million(standin: Standin, path: Path) -> None:
    engine = Engine(standin, path)
    async with engine.queue() as queue:
        warm = await watched(queue, await queue.submit(engine.order(WARM)), 60.0, lambda *_: None)
        assert (warm.objects_done, warm.objects_failed) == (100, 0), warm.problem
        memory = Memory()
        done: list[tuple[float, int]] = []
        counted: list[float] = []

        def look(passed: float, seen: Transfer) -> None:
            memory.look()
            done.append((passed, seen.objects_done))
            if not seen.counting:
                counted.append(passed)

        name = await queue.submit(engine.order(""))
        seen = await watched(queue, name, SECONDS, look)
    began = time.perf_counter()
    async with engine.queue() as queue:
        again = time.perf_counter() - began
        resumed = await watched(queue, name, 5.0, lambda *_: None)
        memory.look()
    await engine.aclose()
    known = f"after {counted[0]:.1f} s" if counted else "and still counting"
    print(
        f"\nqueue: {seen.objects_total:,} objects known {known}, "
        f"{seen.objects_done:,} done, {seen.objects_failed:,} failed in {done[-1][0]:.0f} s: "
        f"{_rate(done, 0.0, 1 / 3):,.0f} objects/s in the first third, {_rate(done, 2 / 3, 1.0):,.0f} in the last; "
        f"memory grew by {memory.growth:.1f} MB; taken up again in {again:.2f} s, "
        f"{resumed.objects_done - seen.objects_done:,} more in 5 s, journal {megabytes(path):,.0f} MB"
    )


def _rate(done: list[tuple[float, int]], first: float, last: float) -> float:
    some = done[int(len(done) * first) : max(int(len(done) * last), int(len(done) * first) + 2)]
    (start, before), (end, after) = some[0], some[-1]
    return (after - before) / (end - start)


KEYS = 200_000


def test_a_million_keys_of_the_standin(account: Account) -> None:
    uvloop.run(of_the_million(connection_of(account)))


async def of_the_million(connection: str) -> None:
    connections, place = Connections(), Location(MILLION.name)
    store = S3Store(await connections.get(connection))
    source = KeySource(partial(every_page, store, place.bucket, place.key, etags=False))

    async def list_alone() -> str:
        async with aclosing(source.pages()) as pages:
            return f"{sum([len(page.names) async for page in pages]):,} keys"

    async def search() -> str:
        wanted = Search(named("*/0042/*-0042*.gz"))
        async with aclosing(find(store, place, wanted, Matcher(wanted.criteria, place), source)) as founds:
            progress = [found.progress async for found in founds][-1]
        return f"{progress.found:,} of {progress.looked_at:,} keys"

    async def measure() -> str:
        async with aclosing(measure_current(place, 0, time.time(), source)) as founds:
            parts = [len(found.parts) async for found in founds]
        return f"{sum(parts):,} amounts"

    try:
        for what in (list_alone, list_alone, search, measure, list_alone):
            memory, began, cpu = Memory(), time.perf_counter(), time.process_time()
            working = asyncio.ensure_future(what())
            while not working.done():
                memory.look()
                await asyncio.wait([working], timeout=0.1)
            seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
            print(f"\n{what.__name__}: {working.result()} in {seconds:.2f} s, CPU {cpu:.2f} s, +{memory.growth:.1f} MB")
    finally:
        await connections.close()


def test_200_000_keys_of_ceph(ceph_server: S3Server, monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
    use(monkeypatch, ceph_server.environment)
    with fresh_bucket(ceph_server, ceph_server.a) as bucket:
        began = time.perf_counter()
        fill(ceph_server, bucket, (f"logs/{number // 1000:03}/event-{number:06}.json" for number in range(KEYS)))
        print(f"\n{KEYS:,} objects put in {time.perf_counter() - began:.0f} s")
        for words in (
            "find --name *77777* --json",
            "find --contains event-1999 --min-size 0 --json",
            "du --by class --json",
            "ls -r --json",
        ):
            command, *options = words.split()
            began = time.perf_counter()
            done = run(command, "--profile", ceph_server.a.profile, f"s3://{bucket}", *options, timeout=600)
            assert done.code == 0, done
            print(f"{words}: {len(done.objects):,} lines in {time.perf_counter() - began:.2f} s")


COUNT = 1_000_000
ONE, OTHER, LARGER = (
    GeneratedBucket(name, COUNT, size, Layout.TREE)
    for name, size in (("one", 16 << 10), ("other", 16 << 10), ("larger", (16 << 10) + 1))
)
ROUNDS = 3


@asynccontextmanager
async def stores(standin: Standin) -> AsyncIterator[tuple[Store, Store]]:
    connections = Connections()
    one, other = [S3Store(await connections.get(connection_of(each))) for each in (standin.server.a, standin.server.b)]
    try:
        yield one, other
    finally:
        await connections.close()


async def drained(store: Store, bucket: str) -> int:
    async with aclosing(every_page(store, bucket, "")) as pages:
        return sum([len(page.names) async for page in pages])


async def listed(one: Store, other: Store, buckets: tuple[str, str]) -> float:
    """Seconds of this process: one core does all of it, and what else the machine does is not measured."""
    began = time.process_time()
    counts = await together(drained(one, buckets[0]), drained(other, buckets[1]))
    assert tuple(counts) == (COUNT, COUNT)
    return time.process_time() - began


async def compared(one: Store, other: Store, buckets: tuple[str, str]) -> tuple[float, CountsByState]:
    comparison = Comparison(ComparedPlace("", Location(buckets[0])), ComparedPlace("", Location(buckets[1])))
    counts: CountsByState = {}
    began = time.process_time()
    async with aclosing(Comparer(comparison, one, other).run()) as steps:
        async for step in steps:
            counts = step.counter.counts
    return time.process_time() - began, counts


async def compare_rounds(standin: Standin) -> None:
    async with stores(standin) as (one, other):
        for buckets, state in (
            ((ONE.name, OTHER.name), ComparisonState.SAME),
            ((ONE.name, LARGER.name), ComparisonState.DIFFERS),
        ):
            ratios = []
            for _ in range(ROUNDS):
                listing = await listed(one, other, buckets)
                comparing, counts = await compared(one, other, buckets)
                assert {each: count.objects for each, count in counts.items()} == {state: COUNT}
                ratios.append(comparing / listing)
                print(f"\n{state}: CPU of two listings {listing:.1f} s, of the comparison {comparing:.1f} s", end="")
            print(f"; ratios {', '.join(f'{ratio:.2f}' for ratio in ratios)}")


async def in_an_engine(standin: Standin, home: Path) -> None:
    process = EngineProcess(home=home)
    session = EngineSession(process)
    pid = (await session.ask(Hello())).pid
    ids = [connection_of(standin.server.a), connection_of(standin.server.b)]
    for bucket in (OTHER.name, LARGER.name):
        comparison = Comparison(ComparedPlace(ids[0], Location(ONE.name)), ComparedPlace(ids[1], Location(bucket)))
        rows, began = 0, time.perf_counter()
        async with aclosing(session.follow(Compare(comparison, [ComparisonState.DIFFERS]))) as updates:
            async for update in updates:
                rows += len(update.rows)
        took = time.perf_counter() - began
        print(f"\nengine: {rows:,} differences sent in {took:.1f} s, its memory at most {peak_of(pid):.0f} MB")
    await session.close()
    await asyncio.to_thread(process.wait_until_gone)


def test_a_million_against_a_million(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    with running_standin(tmp_path, (ONE, OTHER, LARGER)) as standin:
        use(monkeypatch, standin.server.environment)
        uvloop.run(in_an_engine(standin, home))
        uvloop.run(compare_rounds(standin))
