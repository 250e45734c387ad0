"""Retries of an engine: shared by all its transfers, because they share its servers and its network."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol, TypeVar

import msgspec

from tui.core.listing import Page
from tui.core.problem import Problem, ProblemError, ProblemKind, RetriedError, RetryAdvice
from tui.stores import store_values
from tui.stores.base import OperationCall, Store, WrappedStore
from tui.stores.operations import Retry, StoreOperation, Stream
from tui.transfers.backoff import (
    PROBES,
    RETRIES,
    Backoff,
    Budget,
    ConcurrencyLimit,
    Interrupted,
    RetryLimits,
    advice_for,
    budget,
    passes,
    works,
)


class Retries:
    """Makes stores retry, and waits until an interrupted transfer can resume. Used from one event loop.

    `probe` checks whether a connection works (`accounts.probing.probe`); `retries` is waited between the requests of a
    call, `probes` between two checks.
    """

    def __init__(
        self,
        probe: ProbeConnection,
        *,
        retries: Backoff = RETRIES,
        probes: Backoff = PROBES,
        allowance: RetryLimits | None = None,
    ) -> None:
        self.health = ConnectionHealth(probe, probes)
        self._retries = retries
        self._allowance = allowance or RetryLimits()
        self._limits: defaultdict[str, ConcurrencyLimit] = defaultdict(ConcurrencyLimit)

    def budget(self) -> Budget:
        """A fresh budget for one object: set `backoff.budget` to it in the object's task."""
        return Budget(self._allowance)

    def retrying(self, store: Store, connection: str) -> Store:
        """The store, retrying on transient errors; its requests must not be retried below it.

        Every call may raise `Interrupted` besides the `ProblemError` of `Store`.
        """
        calls = RetriedCalls(connection, self.limit(store.endpoint), self.health, self._retries, self._allowance)
        return RetryingStore(store, calls).as_store

    def limit(self, endpoint: str) -> ConcurrencyLimit:
        """How many requests an endpoint (`Store.endpoint`) takes at once; all stores on it share this."""
        return self._limits[endpoint]


T = TypeVar("T")

Again = Callable[[RetryAdvice], None]
"""Called before a call is made again, with the reason."""


@dataclass(frozen=True, slots=True)
class RetriedCalls:
    """Makes the calls of one connection.

    This is the only place where a transfer waits after a SlowDown: botocore sends each of these requests once
    (`ONE_ATTEMPT`), and a listing does not retry a `RetriedError`. Outside of transfers botocore alone retries.
    """

    connection: str
    limit: ConcurrencyLimit
    health: ConnectionHealth
    retries: Backoff
    allowance: RetryLimits

    async def run(self, call: Callable[[], Awaitable[T]], again: Again = lambda _: None) -> T:
        """The answer of a call, made as often as the object's budget allows.

        Raises the `ProblemError` of what is permanent, or has lasted for longer than the budget, and `Interrupted` when
        the identity cannot be used.
        """
        allowed = budget.get() or Budget(self.allowance)
        tried = 0
        while True:
            if problem := self.health.why_unusable(self.connection):
                raise Interrupted(problem, self.connection)
            try:
                answer = await self._once(call)
            except ProblemError as error:
                verdict = advice_for(error.problem)
                if verdict is RetryAdvice.IDENTITY:
                    raise self._interrupted(error.problem) from error
                if verdict is RetryAdvice.PERMANENT or (verdict is RetryAdvice.ONCE and tried):
                    raise
                if not allowed.spend(tried):
                    # A single object fails, unless nothing of the endpoint works at all.
                    if await self.health.check(self.connection) is None:
                        raise RetriedError(error.problem) from error
                    raise self._interrupted(error.problem) from error
            else:
                allowed.earn()
                return answer
            again(verdict)
            await asyncio.sleep(self.retries.jittered(tried))
            tried += 1

    async def _once(self, call: Callable[[], Awaitable[T]]) -> T:
        limit = self.limit
        token = await limit.enter() if limit.is_full else limit.enter_at_once()
        try:
            answer = await call()
        except ProblemError as error:
            if advice_for(error.problem) is RetryAdvice.THROTTLED:
                limit.slow_down(token)
            raise
        finally:
            limit.leave()
        limit.succeeded()
        self.health.succeeded(self.connection)
        return answer

    def _interrupted(self, problem: Problem) -> Interrupted:
        self.health.mark_unusable(self.connection, problem)
        return Interrupted(problem, self.connection)


ProbeConnection = Callable[[str], Awaitable[None]]
"""Loads a connection's credentials again and sends one small request; raises the `ProblemError` of what is wrong."""

News = Callable[[Problem], None]
"""Called with the problem that a check has found."""


@dataclass(slots=True)
class _Watch:
    """Checks one connection until it works again, as long as a caller waits for that."""

    task: asyncio.Task[None]
    now: asyncio.Event = field(default_factory=asyncio.Event)
    news: list[News] = field(default_factory=list)


class ConnectionHealth:
    """Which connections work, and checks until they do. Used from one event loop."""

    def __init__(self, probe: ProbeConnection, between: Backoff) -> None:
        self._probe, self._between = probe, between
        self._out: dict[str, Problem] = {}
        self._looks: dict[str, asyncio.Task[Problem | None]] = {}
        self._watches: dict[str, _Watch] = {}
        self._looked: defaultdict[str, int] = defaultdict(int)
        """How often the connection was looked at since it last worked for a while. A look alone proves little: what it
        finds to work may fail at the next request all the same, and must not be looked at as fast as that goes."""
        self._since: dict[str, float] = {}
        """When the connection was found to work again, by the loop's clock."""

    def why_unusable(self, connection: str) -> Problem | None:
        """Why the connection cannot be used now, as far as is known; None: it may work."""
        return self._out.get(connection)

    def mark_unusable(self, connection: str, why: Problem) -> None:
        self._out[connection] = why

    def succeeded(self, connection: str) -> None:
        since = self._since.get(connection)
        if since is not None and asyncio.get_running_loop().time() - since > self._between.longest:
            del self._since[connection]
            self._looked.pop(connection, None)

    async def check(self, connection: str) -> Problem | None:
        """What is wrong with the connection, None if it works. Callers at the same time share one check."""
        look = self._looks.get(connection)
        if look is None:
            look = self._looks[connection] = asyncio.create_task(self._look(connection), name="probe-connection")
            look.add_done_callback(lambda _: self._looks.pop(connection, None))
        return await asyncio.shield(look)

    async def wait_until_usable(self, connection: str, news: News = lambda _: None) -> None:
        """Return when the connection works. Cancelling the last caller that waits ends the checks."""
        watch = self._watches.get(connection)
        if watch is None:
            watch = self._watches[connection] = _Watch(
                asyncio.create_task(self._watch(connection), name="await-connection")
            )
            watch.task.add_done_callback(lambda _: self._watches.pop(connection, None))
        watch.news.append(news)
        try:
            await asyncio.shield(watch.task)
        finally:
            watch.news.remove(news)
            if not watch.news:
                watch.task.cancel()

    def check_now(self, connection: str = "") -> None:
        """Check now a connection (empty: each) that is waited for: the user did something about it."""
        for name, watch in self._watches.items():
            if connection in ("", name):
                watch.now.set()

    async def close(self) -> None:
        tasks = [*self._looks.values(), *(watch.task for watch in self._watches.values())]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _look(self, connection: str) -> Problem | None:
        try:
            await self._probe(connection)
        except ProblemError as error:
            return None if works(error.problem) else error.problem
        return None

    async def _watch(self, connection: str) -> None:
        while True:
            if looked := self._looked[connection]:
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._between.full(looked - 1)):
                        await self._watches[connection].now.wait()
            # What is done about it from now on may come too late for this look, and hurries the next one.
            self._watches[connection].now.clear()
            self._looked[connection] += 1
            problem = await self.check(connection)
            if problem is None:
                self._out.pop(connection, None)
                self._since[connection] = asyncio.get_running_loop().time()
                return
            self._out[connection] = problem
            for news in list(self._watches[connection].news):
                news(problem)


class RetryingStore(WrappedStore):
    """Another store, with retries; the methods are documented in `Store`.

    Here are those that are retried in a way of their own (`Retry.OWN`).
    """

    def __init__(self, store: Store, calls: RetriedCalls) -> None:
        super().__init__(store, self._retried)
        self._calls = calls

    def within(self, prefix: str) -> Store:
        return RetryingStore(self._store.within(prefix), self._calls).as_store

    def _retried(self, operation: StoreOperation, call: OperationCall) -> OperationCall:
        if operation.retry is not Retry.SAME:
            raise AssertionError(f"{operation.name} is retried in a way of its own, which is missing")

        async def retried(*arguments: Any, **named: Any) -> Any:
            return await self._calls.run(partial(call, *arguments, **named))

        return retried

    async def write_refusal(self, bucket: str) -> Problem | None:
        """See `Store`; what the settings alone decide is answered even while no request succeeds."""
        try:
            return await self._store.write_refusal(bucket)
        except ProblemError:
            return await self._calls.run(partial(self._store.write_refusal, bucket))

    async def pages(
        self, bucket: str, prefix: str, *, recursive: bool = False, start_after: str = "", etags: bool = True
    ) -> AsyncGenerator[Page, None]:
        """See `Store`; a listing that fails is resumed after the last page that arrived."""
        listing = partial(self._store.pages, bucket, prefix, recursive=recursive, etags=etags)
        async with aclosing(ResumedListing(listing, prefix, start_after)) as reading:
            while page := await self._calls.run(reading.next):
                yield page

    async def create_upload(
        self, bucket: str, key: str, attributes: store_values.ObjectAttributes, *, checksum: str = ""
    ) -> str:
        """See `Store`; an upload that may exist twice is marked in the object's budget (`was_recreated`)."""

        def again(verdict: RetryAdvice) -> None:
            objects_own = budget.get()
            if objects_own and verdict in (RetryAdvice.NETWORK, RetryAdvice.PASSING):
                objects_own.recreate(bucket, key)

        call = partial(self._store.create_upload, bucket, key, attributes, checksum=checksum)
        return await self._calls.run(call, again)

    async def stream(
        self, bucket: str, key: str, *, etag: str, start: int, length: int, version: str = ""
    ) -> Stream | None:
        """See `Store`; it asks for nothing yet."""
        return await self._store.stream(bucket, key, etag=etag, start=start, length=length, version=version)

    async def upload_stream(
        self, bucket: str, key: str, upload: str, number: int, stream: Stream, *, algorithm: str, md5: bool
    ) -> store_values.SentPart | None:
        """See `Store`; it is not retried, for the other way is."""
        await self._calls.limit.enter()
        try:
            return await self._store.upload_stream(bucket, key, upload, number, stream, algorithm=algorithm, md5=md5)
        finally:
            self._calls.limit.leave()

    async def complete_upload(
        self,
        bucket: str,
        key: str,
        upload: str,
        parts: Sequence[store_values.CompletedPart],
        *,
        when: store_values.WriteCondition = store_values.ANYTHING,
        checksum: store_values.Checksum | None = None,
        tags: store_values.TagSet = None,
    ) -> store_values.Completed:
        """See `Store`; setting the tags afterwards is retried, too."""
        completed: store_values.Completed | None = None

        async def complete() -> store_values.Completed:
            nonlocal completed
            completed = await self._store.complete_upload(
                bucket, key, upload, parts, when=when, checksum=checksum, tags=tags
            )
            if completed.untagged and advice_for(completed.untagged) is not RetryAdvice.PERMANENT:
                raise ProblemError(completed.untagged)
            return completed

        try:
            return await self._calls.run(complete)
        except ProblemError:
            if completed is None:
                raise
            return completed

    async def delete_many(
        self, bucket: str, keys: Sequence[str], markers: dict[str, str] | None = None
    ) -> dict[str, Problem]:
        """See `Store`; only the keys that failed with a transient error are deleted again."""
        deletions = Deletions(self._store, bucket, keys, markers)
        try:
            return await self._calls.run(deletions.run)
        except ProblemError:
            if not deletions.answered:
                raise
            return deletions.failed

    async def create_bucket(self, bucket: str, region: str = "") -> None:
        """See `Store`; a bucket that a request created whose answer was lost is our own."""
        call = partial(self._store.create_bucket, bucket, region)
        await self._unless_done(call, lambda problem: problem.code == "BucketAlreadyOwnedByYou")

    async def delete_bucket(self, bucket: str) -> None:
        """See `Store`; a bucket that is gone after a request whose answer was lost was deleted by it."""
        call = partial(self._store.delete_bucket, bucket)
        await self._unless_done(call, lambda problem: problem.kind is ProblemKind.NO_SUCH_BUCKET)

    async def _unless_done(self, call: Callable[[], Awaitable[None]], is_done: Callable[[Problem], bool]) -> None:
        """Make the call; `is_done` says of a refusal that a request before, whose answer was lost, has done it."""
        sent_before = False

        def again(verdict: RetryAdvice) -> None:
            nonlocal sent_before
            sent_before = verdict in (RetryAdvice.NETWORK, RetryAdvice.PASSING)

        try:
            await self._calls.run(call, again)
        except ProblemError as error:
            if not (sent_before and is_done(error.problem)):
                raise


class Deletions:
    """One DeleteObjects, retried for the keys that remain."""

    def __init__(self, store: Store, bucket: str, keys: Sequence[str], markers: dict[str, str] | None = None) -> None:
        self._markers = markers
        self._store, self._bucket = store, bucket
        self._left = list(keys)
        self.failed: dict[str, Problem] = {}
        self.answered = False
        """Whether the last request was answered key by key."""

    async def run(self) -> dict[str, Problem]:
        """Delete what is left; raise the `ProblemError` of a key that is worth another try."""
        self.answered = False
        failed = await self._store.delete_many(self._bucket, self._left, self._markers)
        self.answered = True
        for key in self._left:
            self.failed.pop(key, None)
        self.failed |= failed
        self._left = [key for key, problem in failed.items() if passes(problem)]
        if self._left:
            raise ProblemError(failed[self._left[0]])
        return self.failed


class ListAfterKey(Protocol):
    """Lists what comes after a key."""

    def __call__(self, *, start_after: str) -> AsyncGenerator[Page, None]:
        """The pages after `start_after`."""


class ResumedListing:
    """The pages of a listing below `prefix`, one by one."""

    def __init__(self, listing: ListAfterKey, prefix: str, start_after: str) -> None:
        self._listing, self._prefix = listing, prefix
        self._after = start_after
        self._pages: AsyncGenerator[Page, None] | None = None

    async def next(self) -> Page | None:
        """The next page, None at the end. After a `ProblemError` it may be called again."""
        if self._pages is None:
            self._pages = self._listing(start_after=self._after)
        try:
            page = await anext(self._pages, None)
        except ProblemError:
            self._pages = None
            raise
        return None if page is None else self._beyond(page)

    async def aclose(self) -> None:
        if self._pages is not None:
            await self._pages.aclose()

    def _beyond(self, page: Page) -> Page:
        """The page without what came before; remembers where it ends.

        Amazon S3 API Reference, ListObjectsV2: StartAfter takes any key; one that is a common prefix itself comes
        before the keys that are rolled up in it, which is then listed once more.
        """
        if self._after in (self._prefix + prefix for prefix in page.prefixes[:1]):
            page = msgspec.structs.replace(page, prefixes=page.prefixes[1:])
        unfit = [name for name, _ in page.unfit[-1:]]
        last = [self._prefix + names[-1] for names in (page.names, page.prefixes, unfit) if names]
        self._after = max([self._after, *last])  # Python orders texts as S3 does their UTF-8
        return page
