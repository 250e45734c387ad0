"""`S3Store`: the store protocol over one connection. Each method is a line; the operations are in their own files."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence

from tui.accounts.connection import Connection
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
    Tags,
)
from tui.stores.s3 import configuration, deleting, listing, multipart, objects
from tui.stores.s3.calls import Calls
from tui.stores.s3.endpoint import effective_endpoint
from tui.stores.s3.integrity import preferred_algorithm
from tui.stores.s3.requester_pays import pay_for
from tui.stores.s3.requests import adapt_requests


class S3Store:
    """S3 as the identity of a connection sees it; the methods are documented in `Store`."""

    def __init__(self, connection: Connection) -> None:
        self._calls = Calls(connection)
        listing.read_lists_ourselves(connection.client)
        adapt_requests(connection.client)
        pay_for(connection.client, connection.settings.spec.requester_pays)

    @property
    def label(self) -> str:
        """See `Store`."""
        return self._calls.connection.label

    @property
    def endpoint(self) -> str:
        """See `Store`."""
        return self._calls.connection.service

    @property
    def capabilities(self) -> Capabilities:
        """See `Store`."""
        return Capabilities(checksum=preferred_algorithm(self._calls))

    @property
    def partition(self) -> str:
        """See `Store`."""
        return self._calls.connection.settings.partition

    async def write_refusal(self, bucket: str) -> Problem | None:  # noqa: ARG002  # it may be tried anywhere
        """See `Store`; who is not to write has a `GuardedStore` in front of this one."""
        return None

    async def buckets(self) -> BucketList:
        """See `Store`."""
        return await listing.list_buckets(self._calls)

    def pages(
        self, bucket: str, prefix: str, *, recursive: bool = False, start_after: str = "", etags: bool = True
    ) -> AsyncGenerator[Page, None]:
        """See `Store`."""
        return listing.list_pages(
            self._calls, bucket, prefix, recursive=recursive, start_after=start_after, etags=etags
        )

    async def head(self, bucket: str, key: str, version: str = "") -> ObjectHead:
        """See `Store`."""
        return await objects.head(self._calls, bucket, key, version)

    async def tags(self, bucket: str, key: str, version: str = "") -> list[tuple[str, str]]:
        """See `Store`."""
        return await objects.tags(self._calls, bucket, key, version)

    async def part_size(self, bucket: str, key: str, *, etag: str, version: str = "") -> int:
        """See `Store`."""
        return await objects.part_size(self._calls, bucket, key, etag, version)

    async def object_acl(self, bucket: str, key: str, version: str = "") -> Acl:
        """See `Store`."""
        return await configuration.object_acl(self._calls, bucket, key, version)

    async def bucket_acl(self, bucket: str) -> Acl:
        """See `Store`."""
        return await configuration.bucket_acl(self._calls, bucket)

    async def ownership(self, bucket: str) -> ObjectOwnership | None:
        """See `Store`."""
        return await configuration.ownership(self._calls, bucket)

    async def policy(self, bucket: str) -> str | None:
        """See `Store`."""
        return await configuration.policy(self._calls, bucket)

    async def public_access_block(self, bucket: str) -> list[tuple[str, str]] | None:
        """See `Store`."""
        return await configuration.public_access_block(self._calls, bucket)

    async def effective_endpoint(self, bucket: str) -> EffectiveEndpoint:
        """See `Store`."""
        return await effective_endpoint(self._calls, bucket)

    async def read(self, bucket: str, key: str, *, etag: str, start: int, length: int, version: str = "") -> bytes:
        """See `Store`."""
        return await objects.read(self._calls, bucket, key, etag=etag, start=start, length=length, version=version)

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
        return await objects.put(self._calls, bucket, key, body, attributes, only_new=only_new, digests=digests)

    async def copy(
        self, source: Source, bucket: str, key: str, attributes: ObjectAttributes, *, only_new: bool = False
    ) -> str:
        """See `Store`."""
        return await objects.copy(self._calls, source, bucket, key, attributes, only_new=only_new)

    async def create_upload(self, bucket: str, key: str, attributes: ObjectAttributes, *, checksum: str = "") -> str:
        """See `Store`."""
        return await multipart.create_upload(self._calls, bucket, key, attributes, checksum)

    async def upload_part(
        self,
        bucket: str,
        key: str,
        upload: str,
        number: int,
        body: bytes,
        *,
        start: int,  # noqa: ARG002  # S3 puts the parts together by their numbers
        digests: Digests = UNHASHED,
    ) -> Part:
        """See `Store`."""
        return await multipart.upload_part(self._calls, bucket, key, upload, number, body, digests)

    async def copy_part(
        self, source: Source, start: int, length: int, bucket: str, key: str, upload: str, number: int
    ) -> Part:
        """See `Store`."""
        return await multipart.copy_part(self._calls, source, start, length, bucket, key, upload, number)

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
        """See `Store`."""
        etag = await multipart.complete_upload(
            self._calls, bucket, key, upload, parts, only_new=only_new, checksum=checksum
        )
        try:
            await objects.ensure_tags(self._calls, bucket, key, tags)
        except ProblemError as error:  # the object is there: it must not be taken for one that failed
            return Completed(etag, error.problem)
        return Completed(etag)

    async def abort_upload(self, bucket: str, key: str, upload: str) -> None:
        """See `Store`."""
        await multipart.abort_upload(self._calls, bucket, key, upload)

    async def uploads(self, bucket: str, prefix: str = "") -> list[IncompleteUpload]:
        """See `Store`."""
        return await multipart.list_uploads(self._calls, bucket, prefix)

    async def parts(self, bucket: str, key: str, upload: str) -> list[Part]:
        """See `Store`."""
        return await multipart.list_parts(self._calls, bucket, key, upload)

    async def delete(self, bucket: str, key: str, version: str = "") -> None:
        """See `Store`."""
        await deleting.delete(self._calls, bucket, key, version)

    async def delete_many(self, bucket: str, keys: Sequence[str]) -> dict[str, Problem]:
        """See `Store`."""
        return await deleting.delete_many(self._calls, bucket, keys)

    async def create_bucket(self, bucket: str, region: str = "") -> None:
        """See `Store`."""
        await configuration.create_bucket(self._calls, bucket, region)
