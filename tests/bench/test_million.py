"""A million objects: what they cost the engine in memory, and how fast they go by, in a bounded time."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import aclosing, asynccontextmanager
from functools import partial
from pathlib import Path

import pytest
import uvloop

from tests.servers.server import Account
from tests.servers.standin.standin import MILLION, Standin
from tests.unit.transfers.journal.samples import result, transfer
from tui.accounts.clients.retries import ONE_ATTEMPT
from tui.accounts.connections import Connections
from tui.accounts.ids import connection_id
from tui.accounts.probing import probe
from tui.model.identity import IdentitySpec, Owner
from tui.model.location import Location
from tui.model.orders import ConflictPolicy, CopyOptions, CopyOrder, Destination, Route, Selection
from tui.model.problem import Problem
from tui.model.transfer import Transfer
from tui.stores.base import Store
from tui.stores.s3 import S3Store
from tui.transfers.journal import Journal
from tui.transfers.queue.queue import TransferQueue
from tui.transfers.retry import Retries

pytestmark = [pytest.mark.bench, pytest.mark.timeout(600)]

SECONDS = float(os.environ.get("XS3_BENCH_SECONDS", "60"))
"""How long the copy of the million is watched."""

BETWEEN = 0.5
"""Seconds between two looks."""

WARM = "logs/0000/00/"
"""A hundred objects that are copied before the measurement: what is loaded once is then loaded."""


class Memory:
    """The resident memory of this process, in MB, against a first look."""

    def __init__(self) -> None:
        self.first = self.most = self._now()

    def look(self) -> float:
        """How much it has grown."""
        now = self._now()
        self.most = max(self.most, now)
        return now - self.first

    @property
    def growth(self) -> float:
        """How much it had grown when it was largest."""
        return self.most - self.first

    def _now(self) -> float:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def measured(measuring: Coroutine[None, None, None]) -> None:
    """On the event loop that the engine has."""
    uvloop.run(measuring)


def test_a_million_results_in_the_journal(tmp_path: Path) -> None:
    measured(write_and_read(tmp_path / "journal.db"))


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
    """The size of a file."""
    return path.stat().st_size / 1e6


def fail(problem: Problem) -> None:
    """There is nothing to report."""
    raise AssertionError(problem.sentence())


class Engine:
    """What the engine makes of the stand-in's two accounts. The target bucket drops bodies and answers all requests."""

    def __init__(self, standin: Standin, journal: Path) -> None:
        self._path = journal
        self._connections = Connections()
        self._retries = Retries(partial(probe, self._connections))
        self.left, self.right = [_identity(account) for account in (standin.server.a, standin.server.b)]

    @asynccontextmanager
    async def queue(self) -> AsyncIterator[TransferQueue]:
        """A queue that goes on where the last one was put down."""
        journal = await Journal.open(self._path, fail)
        queue = TransferQueue(self._open, self._owner_of, journal, self._retries)
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
        """A relay of everything below a prefix of the million."""
        base = Location(MILLION.name)
        selection = Selection(self.left, base, prefixes=[prefix])
        options = CopyOptions(conflict=ConflictPolicy.OVERWRITE, route=Route.RELAY)
        return CopyOrder(selection, Destination(self.right, Location("null")), options)


def _identity(account: Account) -> str:
    return connection_id(IdentitySpec(account.profile))


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


def test_a_million_objects_in_the_queue(standin: Standin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in standin.server.environment.items():
        monkeypatch.setenv(name, value)
    measured(copy_the_million(standin, tmp_path / "journal.db"))


async def copy_the_million(standin: Standin, path: Path) -> None:
    async with aclosing(Engine(standin, path)) as engine:
        await copy(engine, path)


async def copy(engine: Engine, path: Path) -> None:
    """Watch the copy for a while, and once more after its journal was taken up again."""
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
    known = f"after {counted[0]:.1f} s" if counted else "and still counting"
    print(
        f"\nqueue: {seen.objects_total:,} objects known {known}, "
        f"{seen.objects_done:,} done, {seen.objects_failed:,} failed in {done[-1][0]:.0f} s: "
        f"{_rate(done, 0.0, 1 / 3):,.0f} objects/s in the first third, {_rate(done, 2 / 3, 1.0):,.0f} in the last; "
        f"memory grew by {memory.growth:.1f} MB; taken up again in {again:.2f} s, "
        f"{resumed.objects_done - seen.objects_done:,} more in 5 s, journal {megabytes(path):,.0f} MB"
    )


def _rate(done: list[tuple[float, int]], first: float, last: float) -> float:
    """Objects per second within a share of the time."""
    some = done[int(len(done) * first) : max(int(len(done) * last), int(len(done) * first) + 2)]
    (start, before), (end, after) = some[0], some[-1]
    return (after - before) / (end - start)
