"""A verification: checks all pairs, then reads those that are not proven, if the user agrees."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import aclosing, contextmanager
from typing import IO, Any, TypeVar

import msgspec
from msgspec.structs import replace

from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.features.verify.pair_check import STEP, Unproven, VerifiedStores, look, read_and_compare
from tui.features.verify.pair_evidence import verified
from tui.features.verify.pairs import ObjectPair, TruncatedReceipt, UnpairedObjects
from tui.features.verify.values import ReadPolicy, VerificationStage, Verified, VerifiedState, VerifyTally

LOOKS_AT_ONCE = 32
"""Pairs that are checked concurrently."""

READS_AT_ONCE = 16
"""Objects that are read concurrently."""

LARGE_AT_ONCE = 4
"""How many of these may need more than one request: each has up to four pieces of `STEP` bytes of a side in memory."""

NOT_READ = "not proven without reading"

UPDATE_SECONDS = 0.2
UPDATE_RESULTS = 500
"""An update is sent after so many results, or so many seconds, whichever comes first."""

T = TypeVar("T")
U = TypeVar("U")

VerificationBatch = tuple[VerifyTally, list[Verified]]


class VerificationRun:
    """One verification. Unproven pairs wait in a temporary file that no other user can read."""

    def __init__(self, ends: VerifiedStores, read: ReadPolicy, asked: Callable[[], Awaitable[bool]]) -> None:
        """`asked` is awaited if the policy is ASK and content would be read; it returns the answer."""
        self._ends, self._read, self._asked = ends, read, asked
        self._tally = VerifyTally()
        self._large = asyncio.Semaphore(LARGE_AT_ONCE)
        self._results: list[Verified] = []
        self._last = time.monotonic()

    async def run(
        self, pairs: AsyncIterator[ObjectPair | UnpairedObjects | TruncatedReceipt]
    ) -> AsyncGenerator[VerificationBatch, None]:
        """The growing tally, each time with new results. Raises `ProblemError` for a problem that ends it all."""
        with _temporary_file() as file:
            spool = _Spool(file)
            async with aclosing(self._look_at(pairs, spool)) as updates:
                async for update in updates:
                    yield update
            if spool.pairs:
                if self._read is ReadPolicy.ASK:
                    yield self._update(VerificationStage.ASKING)
                wanted = await self._asked() if self._read is ReadPolicy.ASK else self._read is not ReadPolicy.NEVER
                async with aclosing(self._read_all(spool) if wanted else self._leave_all(spool)) as updates:
                    async for update in updates:
                        yield update
        yield self._update(VerificationStage.DONE)

    async def _look_at(
        self, pairs: AsyncIterator[ObjectPair | UnpairedObjects | TruncatedReceipt], spool: _Spool
    ) -> AsyncGenerator[VerificationBatch, None]:
        distrust = self._read is ReadPolicy.ALWAYS

        async def one(
            pair: ObjectPair | UnpairedObjects | TruncatedReceipt,
        ) -> Verified | Unproven | UnpairedObjects | TruncatedReceipt:
            return await look(self._ends, pair, distrust=distrust) if isinstance(pair, ObjectPair) else pair

        async with aclosing(in_order_side_by_side(one, pairs, LOOKS_AT_ONCE)) as looked:
            async for each in looked:
                if isinstance(each, UnpairedObjects):
                    field = "skipped" if each.skipped else "left_out"
                    self._tally = replace(self._tally, **{field: getattr(self._tally, field) + each.objects})
                elif isinstance(each, TruncatedReceipt):
                    self._tally = replace(self._tally, named=each.named, promised=each.promised)
                elif isinstance(each, Verified):
                    self._count(each)
                else:
                    spool.add(each.pair)
                    octets = self._tally.bytes_to_read + each.reading.bytes
                    self._tally = replace(self._tally, unproven=self._tally.unproven + 1, bytes_to_read=octets)
                if self._due():
                    yield self._update(VerificationStage.LOOKING)

    async def _read_all(self, spool: _Spool) -> AsyncGenerator[VerificationBatch, None]:
        yield self._update(VerificationStage.READING)
        reading = in_order_side_by_side(self._decide, spool.each(), READS_AT_ONCE)
        async with aclosing(reading) as decided, aclosing(_ticking(decided)) as ticks:
            async for each in ticks:
                if each is not None:
                    self._count(each)
                if each is None or self._due():
                    yield self._update(VerificationStage.READING)

    async def _leave_all(self, spool: _Spool) -> AsyncGenerator[VerificationBatch, None]:
        async for pair in spool.each():
            self._count(verified(pair, VerifiedState.UNKNOWN, NOT_READ))
            if self._due():
                yield self._update(VerificationStage.LOOKING)

    async def _decide(self, pair: ObjectPair) -> Verified:
        """Check again, because the pair may have changed while the user decided, then read."""
        each = await look(self._ends, pair, distrust=self._read is ReadPolicy.ALWAYS)
        if isinstance(each, Verified):
            return each
        if each.reading.bytes <= STEP:
            return await read_and_compare(self._ends, each, self._note)
        async with self._large:
            return await read_and_compare(self._ends, each, self._note)

    def _note(self, octets: int) -> None:
        self._tally = replace(self._tally, bytes_read=self._tally.bytes_read + octets)

    def _count(self, result: Verified) -> None:
        self._results.append(result)
        state = result.state.value
        self._tally = replace(self._tally, **{state: self._tally.count(result.state) + 1})

    def _due(self) -> bool:
        return len(self._results) >= UPDATE_RESULTS or time.monotonic() - self._last >= UPDATE_SECONDS

    def _update(self, stage: VerificationStage) -> VerificationBatch:
        self._tally = replace(self._tally, stage=stage)
        self._last = time.monotonic()
        results, self._results = self._results, []
        return self._tally, results


@contextmanager
def _temporary_file() -> Iterator[IO[bytes]]:
    """A file that is removed after the block. Raises `ProblemError` if the disk is full or not writable."""
    try:
        with tempfile.TemporaryFile() as file:
            yield file
    except OSError as error:
        title, cause = "cannot write the list of objects to read", f"{tempfile.gettempdir()}: {error.strerror or error}"
        remedy = "free some space there, or set TMPDIR to another directory"
        raise ProblemError(Problem(ProblemKind.NO_SPACE, title, cause, remedy)) from error


class _Spool:
    """Waiting pairs, in a file."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._encode, self._decode = msgspec.json.Encoder().encode, msgspec.json.Decoder(ObjectPair).decode
        self.pairs = 0

    def add(self, pair: ObjectPair) -> None:
        self._file.write(self._encode(pair) + b"\n")
        self.pairs += 1

    async def each(self) -> AsyncGenerator[ObjectPair, None]:
        """All pairs, in order of arrival."""
        self._file.seek(0)
        for line in self._file:
            yield self._decode(line)


async def _ticking(items: AsyncGenerator[Verified, None]) -> AsyncGenerator[Verified | None, None]:
    """Items as they arrive, and None if none has arrived for a while, so that the progress is shown."""
    coming = asyncio.ensure_future(anext(items, None))
    try:
        while True:
            done, _ = await asyncio.wait([coming], timeout=UPDATE_SECONDS)
            if not done:
                yield None
                continue
            item = coming.result()
            if item is None:
                return
            yield item
            coming = asyncio.ensure_future(anext(items, None))
    finally:
        coming.cancel()
        await asyncio.gather(coming, return_exceptions=True)


async def in_order_side_by_side(
    work: Callable[[T], Coroutine[Any, Any, U]], items: AsyncIterator[T], most: int
) -> AsyncGenerator[U, None]:
    """The results in the order of the items, with `most` running at once. Raises the first error, in its place."""
    under_way: deque[asyncio.Task[U]] = deque()
    try:
        async for item in items:
            under_way.append(asyncio.create_task(work(item)))
            if len(under_way) >= most or under_way[0].done():
                yield await under_way[0]
                under_way.popleft()
        while under_way:
            yield await under_way[0]
            under_way.popleft()
    finally:
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
