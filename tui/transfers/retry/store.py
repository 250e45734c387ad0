"""A store that retries its requests on transient errors."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from functools import partial
from typing import Any, cast

from tui.core.listing import Page
from tui.core.problem import Problem, ProblemError, ProblemKind, RetryAdvice
from tui.stores.base import Call, Store, WrappedStore
from tui.stores.operations import Operation, Retry, Stream
from tui.stores.store_values import Checksum, Completed, ObjectAttributes, Part, Sent, Tags
from tui.transfers.retry.backoff import budget
from tui.transfers.retry.calls import RetriedCalls
from tui.transfers.retry.classify import advice_for
from tui.transfers.retry.deletions import Deletions
from tui.transfers.retry.resumed_listing import ResumedListing


def retrying(store: Store, calls: RetriedCalls) -> Store:
    """The store, each of whose requests is retried while that can help; it may raise `Interrupted`, too."""
    return cast(Store, RetryingStore(store, calls))


class RetryingStore(WrappedStore):
    """Another store, with retries; the methods are documented in `Store`.

    Here are those that are retried in a way of their own (`Retry.OWN`).
    """

    def __init__(self, store: Store, calls: RetriedCalls) -> None:
        super().__init__(store, self._retried)
        self._calls = calls

    def within(self, prefix: str) -> Store:
        """See `Store`."""
        return retrying(self._store.within(prefix), self._calls)

    def _retried(self, operation: Operation, call: Call) -> Call:
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

    async def create_upload(self, bucket: str, key: str, attributes: ObjectAttributes, *, checksum: str = "") -> str:
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
    ) -> Sent | None:
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
        parts: Sequence[Part],
        *,
        only_new: bool = False,
        replaces: str = "",
        checksum: Checksum | None = None,
        tags: Tags = None,
    ) -> Completed:
        """See `Store`; setting the tags afterwards is retried, too."""
        completed: Completed | None = None

        async def complete() -> Completed:
            nonlocal completed
            completed = await self._store.complete_upload(
                bucket, key, upload, parts, only_new=only_new, replaces=replaces, checksum=checksum, tags=tags
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
        sent_before = False

        def again(verdict: RetryAdvice) -> None:
            nonlocal sent_before
            sent_before = verdict in (RetryAdvice.NETWORK, RetryAdvice.PASSING)

        try:
            await self._calls.run(partial(self._store.create_bucket, bucket, region), again)
        except ProblemError as error:
            if not sent_before or error.problem.code != "BucketAlreadyOwnedByYou":
                raise

    async def delete_bucket(self, bucket: str) -> None:
        """See `Store`; a bucket that is gone after a request whose answer was lost was deleted by it."""
        sent_before = False

        def again(verdict: RetryAdvice) -> None:
            nonlocal sent_before
            sent_before = verdict in (RetryAdvice.NETWORK, RetryAdvice.PASSING)

        try:
            await self._calls.run(partial(self._store.delete_bucket, bucket), again)
        except ProblemError as error:
            if not sent_before or error.problem.kind is not ProblemKind.NO_SUCH_BUCKET:
                raise
