"""Versions of objects, as a store lists and deletes them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from typing import Protocol

from tui.core.problem import Problem
from tui.core.versions import VersionMarker, VersionPage
from tui.stores.operations import reads, writes

FROM_THE_START = VersionMarker()


class Versions(Protocol):
    """Listings of versions. One version is read by `Store.head`, `read` …, and deleted by `Store.delete`, by its id."""

    @reads(ListObjectVersions="s3:ListBucketVersions")
    async def versions_page(
        self, bucket: str, prefix: str, *, recursive: bool = False, after: VersionMarker = FROM_THE_START
    ) -> VersionPage:
        """ListObjectVersions: one page of one level, or of every key that begins with `prefix`."""

    @writes(DeleteObjects="s3:DeleteObject")
    async def delete_versions(self, bucket: str, versions: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Problem]:
        """DeleteObjects of at most 1,000 versions or delete markers, by key and version id; what went wrong."""


async def version_pages(
    store: Versions, bucket: str, prefix: str, *, recursive: bool = False, after: VersionMarker = FROM_THE_START
) -> AsyncGenerator[VersionPage]:
    """All pages, one request each. Raises `ProblemError`."""
    next_one: VersionMarker | None = after
    while next_one is not None:
        page = await store.versions_page(bucket, prefix, recursive=recursive, after=next_one)
        yield page
        next_one = page.next
