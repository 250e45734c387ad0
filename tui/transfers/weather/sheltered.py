"""A store whose every request is made again on failures that pass."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from functools import partial

from tui.model.facts import EffectiveEndpoint, ObjectOwnership
from tui.model.listing import BucketList, Page
from tui.model.problem import Problem, ProblemError
from tui.stores.base import (
    UNHASHED,
    Acl,
    Capabilities,
    Checksum,
    Completed,
    Digests,
    IncompleteUpload,
    ObjectAttributes,
    ObjectHead,
    Part,
    Source,
    Store,
    Tags,
)
from tui.transfers.weather.budgets import budget
from tui.transfers.weather.deletions import Deletions
from tui.transfers.weather.reading_on import ReadingOn
from tui.transfers.weather.shelter import Shelter
from tui.transfers.weather.verdicts import Verdict, verdict_of


class ShelteredStore:
    """Another store, sheltered; the methods are documented in `Store`, and may raise `Interrupted`, too."""

    def __init__(self, store: Store, shelter: Shelter) -> None:
        self._store, self._shelter = store, shelter

    @property
    def label(self) -> str:
        """See `Store`."""
        return self._store.label

    @property
    def endpoint(self) -> str:
        """See `Store`."""
        return self._store.endpoint

    @property
    def capabilities(self) -> Capabilities:
        """See `Store`."""
        return self._store.capabilities

    @property
    def partition(self) -> str:
        """See `Store`."""
        return self._store.partition

    async def write_refusal(self, bucket: str) -> Problem | None:
        """See `Store`; what the settings say by themselves is told though nothing works, too."""
        try:
            return await self._store.write_refusal(bucket)
        except ProblemError:
            return await self._shelter.run(partial(self._store.write_refusal, bucket))

    async def buckets(self) -> BucketList:
        """See `Store`."""
        return await self._shelter.run(self._store.buckets)

    async def pages(
        self, bucket: str, prefix: str, *, recursive: bool = False, start_after: str = "", etags: bool = True
    ) -> AsyncGenerator[Page, None]:
        """See `Store`; a listing that broke off goes on behind the last page that was had."""
        listing = partial(self._store.pages, bucket, prefix, recursive=recursive, etags=etags)
        async with aclosing(ReadingOn(listing, prefix, start_after)) as reading:
            while page := await self._shelter.run(reading.next):
                yield page

    async def head(self, bucket: str, key: str, version: str = "") -> ObjectHead:
        """See `Store`."""
        return await self._shelter.run(partial(self._store.head, bucket, key, version))

    async def tags(self, bucket: str, key: str, version: str = "") -> list[tuple[str, str]]:
        """See `Store`."""
        return await self._shelter.run(partial(self._store.tags, bucket, key, version))

    async def part_size(self, bucket: str, key: str, *, etag: str, version: str = "") -> int:
        """See `Store`."""
        return await self._shelter.run(partial(self._store.part_size, bucket, key, etag=etag, version=version))

    async def object_acl(self, bucket: str, key: str, version: str = "") -> Acl:
        """See `Store`."""
        return await self._shelter.run(partial(self._store.object_acl, bucket, key, version))

    async def bucket_acl(self, bucket: str) -> Acl:
        """See `Store`."""
        return await self._shelter.run(partial(self._store.bucket_acl, bucket))

    async def ownership(self, bucket: str) -> ObjectOwnership | None:
        """See `Store`."""
        return await self._shelter.run(partial(self._store.ownership, bucket))

    async def policy(self, bucket: str) -> str | None:
        """See `Store`."""
        return await self._shelter.run(partial(self._store.policy, bucket))

    async def public_access_block(self, bucket: str) -> list[tuple[str, str]] | None:
        """See `Store`."""
        return await self._shelter.run(partial(self._store.public_access_block, bucket))

    async def effective_endpoint(self, bucket: str) -> EffectiveEndpoint:
        """See `Store`."""
        return await self._shelter.run(partial(self._store.effective_endpoint, bucket))

    async def read(self, bucket: str, key: str, *, etag: str, start: int, length: int, version: str = "") -> bytes:
        """See `Store`."""
        call = partial(self._store.read, bucket, key, etag=etag, start=start, length=length, version=version)
        return await self._shelter.run(call)

    async def put(
        self,
        bucket: str,
        key: str,
        body: bytes,
        attributes: ObjectAttributes,
        *,
        only_new: bool = False,
        digests: Digests = UNHASHED,
    ) -> str:
        """See `Store`."""
        call = partial(self._store.put, bucket, key, body, attributes, only_new=only_new, digests=digests)
        return await self._shelter.run(call)

    async def copy(
        self, source: Source, bucket: str, key: str, attributes: ObjectAttributes, *, only_new: bool = False
    ) -> str:
        """See `Store`."""
        return await self._shelter.run(
            partial(self._store.copy, source, bucket, key, attributes, only_new=only_new),
        )

    async def create_upload(self, bucket: str, key: str, attributes: ObjectAttributes, *, checksum: str = "") -> str:
        """See `Store`; an upload that may have been begun twice is told to the object's budget (`was_recreated`)."""

        def again(verdict: Verdict) -> None:
            objects_own = budget.get()
            if objects_own and verdict in (Verdict.NETWORK, Verdict.PASSING):
                objects_own.recreate(bucket, key)

        call = partial(self._store.create_upload, bucket, key, attributes, checksum=checksum)
        return await self._shelter.run(call, again)

    async def upload_part(
        self,
        bucket: str,
        key: str,
        upload: str,
        number: int,
        body: bytes,
        *,
        start: int,
        digests: Digests = UNHASHED,
    ) -> Part:
        """See `Store`."""
        call = partial(self._store.upload_part, bucket, key, upload, number, body, start=start, digests=digests)
        return await self._shelter.run(call)

    async def copy_part(
        self, source: Source, start: int, length: int, bucket: str, key: str, upload: str, number: int
    ) -> Part:
        """See `Store`."""
        return await self._shelter.run(
            partial(self._store.copy_part, source, start, length, bucket, key, upload, number)
        )

    async def complete_upload(
        self,
        bucket: str,
        key: str,
        upload: str,
        parts: Sequence[Part],
        *,
        only_new: bool = False,
        checksum: Checksum | None = None,
        tags: Tags = None,
    ) -> Completed:
        """See `Store`; setting the tags afterwards is tried again, too."""
        completed: Completed | None = None

        async def complete() -> Completed:
            nonlocal completed
            completed = await self._store.complete_upload(
                bucket, key, upload, parts, only_new=only_new, checksum=checksum, tags=tags
            )
            if completed.untagged and verdict_of(completed.untagged) is not Verdict.PERMANENT:
                raise ProblemError(completed.untagged)
            return completed

        try:
            return await self._shelter.run(complete)
        except ProblemError:
            if completed is None:
                raise
            return completed

    async def abort_upload(self, bucket: str, key: str, upload: str) -> None:
        """See `Store`."""
        await self._shelter.run(partial(self._store.abort_upload, bucket, key, upload))

    async def uploads(self, bucket: str, prefix: str = "") -> list[IncompleteUpload]:
        """See `Store`."""
        return await self._shelter.run(partial(self._store.uploads, bucket, prefix))

    async def parts(self, bucket: str, key: str, upload: str) -> list[Part]:
        """See `Store`."""
        return await self._shelter.run(partial(self._store.parts, bucket, key, upload))

    async def delete(self, bucket: str, key: str, version: str = "") -> None:
        """See `Store`."""
        await self._shelter.run(partial(self._store.delete, bucket, key, version))

    async def delete_many(self, bucket: str, keys: Sequence[str]) -> dict[str, Problem]:
        """See `Store`; only the keys that failed for something that passes are deleted again."""
        deletions = Deletions(self._store, bucket, keys)
        try:
            return await self._shelter.run(deletions.run)
        except ProblemError:
            if not deletions.answered:
                raise
            return deletions.failed

    async def create_bucket(self, bucket: str, region: str = "") -> None:
        """See `Store`; a bucket that was created by a request whose answer was lost is our own."""
        sent_before = False

        def again(verdict: Verdict) -> None:
            nonlocal sent_before
            sent_before = verdict in (Verdict.NETWORK, Verdict.PASSING)

        try:
            await self._shelter.run(partial(self._store.create_bucket, bucket, region), again)
        except ProblemError as error:
            if not sent_before or error.problem.code != "BucketAlreadyOwnedByYou":
                raise
