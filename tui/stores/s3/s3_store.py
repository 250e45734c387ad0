"""S3 as one identity sees it."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from tui.aws.connection import Connection, is_aws
from tui.aws.server_traits import LearnedTraits
from tui.core.problem import Problem
from tui.stores.s3 import lister, objects, write_conditions
from tui.stores.s3.buckets import S3Buckets, S3Settings
from tui.stores.s3.calls import Calls, Operations
from tui.stores.s3.deletes import S3Deletes
from tui.stores.s3.headers import preferred_algorithm
from tui.stores.s3.lister import S3Lists
from tui.stores.s3.multipart import S3Multipart, S3Relaying
from tui.stores.s3.objects import S3Annotations
from tui.stores.s3.requests import adapt_requests, pay_for
from tui.stores.s3.write_conditions import S3Acls
from tui.stores.store_values import Capabilities


class S3Archive(Operations):
    """Restores of archived objects; documented in `Archive`."""

    async def restore(self, bucket: str, key: str, version: str = "", *, tier: str, days: int | None) -> None:
        request: dict[str, Any] = {"GlacierJobParameters": {"Tier": tier}}
        if days is not None:
            request["Days"] = days
        client: Any = self._calls.client  # its stub wants a TypedDict
        with self._calls.asking("RestoreObject", bucket, key):
            await client.restore_object(RestoreRequest=request, **self._calls.named(bucket, key, version))


class S3Store(S3Acls, S3Annotations, S3Archive, S3Buckets, S3Deletes, S3Lists, S3Multipart, S3Relaying):
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
        connection = self._calls.connection
        if self._checksum is None:  # asked for many times for each object: what stays the same is found out once
            self._checksum, self._is_aws = preferred_algorithm(self._calls), is_aws(connection.endpoint)
        aws, support, traits = self._is_aws, connection.support, connection.traits
        return _capabilities(
            self._checksum,
            aws,
            aws or traits.operations.get(write_conditions.ACL) is not False,
            aws or traits.operations.get(objects.TAGGING) is not False,
            aws or any(support.annotations.values()),
            aws or traits.keeps_tags,
            all(support.conditions.values()),
            aws or (bool(support.part_checksums) and all(support.part_checksums.values())),
            traits.learned,
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
    learned: LearnedTraits,
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
        learned=learned,
        conditional_writes=conditional_writes,
        honors_conditions=of_aws and conditional_writes,
    )
