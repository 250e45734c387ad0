"""S3 as one identity sees it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from functools import lru_cache
from typing import Any

from tui.aws.connection import Connection, is_aws
from tui.core.listing import BucketList, Page
from tui.core.problem import Problem
from tui.stores.s3 import buckets, deletes, lister, objects, write_conditions
from tui.stores.s3.buckets import S3Settings
from tui.stores.s3.calls import Calls, Operations
from tui.stores.s3.headers import of_version, preferred_algorithm
from tui.stores.s3.lister import S3Versions
from tui.stores.s3.multipart import S3Multipart, S3Relaying
from tui.stores.s3.objects import S3Annotations, S3Beginning
from tui.stores.s3.requests import adapt_requests, pay_for
from tui.stores.s3.write_conditions import expected_owner
from tui.stores.store_values import (
    UNHASHED,
    Acl,
    Capabilities,
    CopySource,
    Digests,
    Fetched,
    ObjectAttributes,
    ObjectHead,
    WriteResult,
)


class S3Archive(Operations):
    """Restores of archived objects; documented in `Archive`."""

    async def restore(self, bucket: str, key: str, version: str = "", *, tier: str, days: int | None) -> None:
        request: dict[str, Any] = {"GlacierJobParameters": {"Tier": tier}}
        if days is not None:
            request["Days"] = days
        client: Any = self._calls.client  # its stub wants a TypedDict
        named = {**of_version(version), **expected_owner(self._calls, bucket)}
        with self._calls.asking("RestoreObject", bucket, key):
            await client.restore_object(Bucket=bucket, Key=key, RestoreRequest=request, **named)


class S3Store(S3Annotations, S3Archive, S3Beginning, S3Multipart, S3Relaying, S3Versions):
    """S3 as the identity of a connection sees it; the methods are documented in `Store`."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(Calls(connection))
        self._checksum: str | None = None
        self._is_aws = False
        self._settings = S3Settings(self._calls)
        lister.read_lists_ourselves(connection.client)
        adapt_requests(connection.client)
        pay_for(connection.client, connection.settings.spec.requester_pays)

    @property
    def label(self) -> str:
        return self._calls.connection.label

    @property
    def endpoint(self) -> str:
        return self._calls.connection.service

    @property
    def capabilities(self) -> Capabilities:
        calls, support = self._calls, self._calls.connection.support
        if self._checksum is None:  # asked for many times for each object: what stays the same is found out once
            self._checksum, self._is_aws = preferred_algorithm(calls), is_aws(calls.connection.endpoint)
        return _capabilities(
            self._checksum,
            self._is_aws,
            calls.has(write_conditions.ACL) is not False,
            calls.has(objects.TAGGING) is not False,
            self._is_aws or any(support.annotations.values()),
            self._is_aws or calls.keeps_tags,
            all(support.conditions.values()),
            self._is_aws or (bool(support.part_checksums) and all(support.part_checksums.values())),
        )

    @property
    def partition(self) -> str:
        return self._calls.connection.settings.partition

    @property
    def settings(self) -> S3Settings:
        return self._settings

    def within(self, prefix: str) -> S3Store:  # noqa: ARG002  # a key leads nowhere but to its object
        return self

    async def write_refusal(self, bucket: str) -> Problem | None:  # noqa: ARG002  # it may be tried anywhere
        """See `Store`; for a read-only identity a `GuardedStore` is in front of this one."""
        return None

    async def buckets(self) -> BucketList:
        return await buckets.list_buckets(self._calls)

    def pages(
        self, bucket: str, prefix: str, *, recursive: bool = False, start_after: str = "", etags: bool = True
    ) -> AsyncGenerator[Page, None]:
        return lister.list_pages(self._calls, bucket, prefix, recursive=recursive, start_after=start_after, etags=etags)

    async def head(self, bucket: str, key: str, version: str = "") -> ObjectHead:
        return await objects.head(self._calls, bucket, key, version)

    async def tags(self, bucket: str, key: str, version: str = "") -> list[tuple[str, str]]:
        return await objects.get_tags(self._calls, bucket, key, version)

    async def put_tags(self, bucket: str, key: str, tags: Sequence[tuple[str, str]], version: str = "") -> None:
        await objects.put_tags(self._calls, bucket, key, tags, version)

    async def part_size(self, bucket: str, key: str, *, etag: str, version: str = "") -> int:
        return await objects.part_size(self._calls, bucket, key, etag, version)

    async def object_acl(self, bucket: str, key: str, version: str = "") -> Acl:
        return await write_conditions.object_acl(self._calls, bucket, key, version)

    async def put_object_acl(
        self, bucket: str, key: str, version: str = "", *, canned: str = "", acl: Acl | None = None
    ) -> None:
        await write_conditions.put_object_acl(self._calls, bucket, key, version, canned=canned, acl=acl)

    async def read(self, bucket: str, key: str, *, etag: str, start: int, length: int, version: str = "") -> bytes:
        return await objects.read(self._calls, bucket, key, etag=etag, start=start, length=length, version=version)

    async def fetch(self, bucket: str, key: str, *, etag: str, size: int, version: str = "") -> Fetched:
        return await objects.fetch(self._calls, bucket, key, etag=etag, size=size, version=version)

    async def put(
        self,
        bucket: str,
        key: str,
        body: bytes,
        attributes: ObjectAttributes,
        *,
        only_new: bool = False,
        replaces: str = "",
        digests: Digests = UNHASHED,
    ) -> WriteResult:
        return await objects.put(
            self._calls, bucket, key, body, attributes, only_new=only_new, replaces=replaces, digests=digests
        )

    async def copy(
        self,
        source: CopySource,
        bucket: str,
        key: str,
        attributes: ObjectAttributes,
        *,
        only_new: bool = False,
        replaces: str = "",
    ) -> WriteResult:
        return await objects.copy(self._calls, source, bucket, key, attributes, only_new=only_new, replaces=replaces)

    @property
    def honors_delete_condition(self) -> bool | None:
        return deletes.honors_if_match(self._calls)

    async def delete(self, bucket: str, key: str, version: str = "", *, matching: ObjectHead | None = None) -> str:
        if matching and not version:
            return await deletes.delete_matching(self._calls, bucket, key, matching)
        return await deletes.delete(self._calls, bucket, key, version)

    async def delete_many(
        self, bucket: str, keys: Sequence[str], markers: dict[str, str] | None = None
    ) -> dict[str, Problem]:
        return await deletes.delete_many(self._calls, bucket, keys, markers)

    async def create_bucket(self, bucket: str, region: str = "") -> None:
        await buckets.create_bucket(self._calls, bucket, region)

    async def delete_bucket(self, bucket: str) -> None:
        await buckets.delete_bucket(self._calls, bucket)


@lru_cache(maxsize=64)
def _capabilities(
    checksum: str,
    of_aws: bool,
    has_acls: bool,
    has_tags: bool,
    copies_annotations: bool,
    keeps_tags: bool,
    conditional_writes: bool,
    proves_parts: bool,
) -> Capabilities:
    return Capabilities(
        acls=has_acls,
        tags=has_tags,
        checksum=checksum,
        proves_parts=bool(checksum) and proves_parts,
        newer_checksums=of_aws,
        copies_annotations=copies_annotations,
        counts_tags=keeps_tags,
        copies_as_is=keeps_tags,
        conditional_writes=conditional_writes,
        honors_conditions=of_aws and conditional_writes,
    )
