"""A listing that can be resumed after an error, after the last page that arrived."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Protocol

import msgspec

from tui.core.listing import Page
from tui.core.problem import ProblemError


class Listing(Protocol):
    """Lists what comes after a key."""

    def __call__(self, *, start_after: str) -> AsyncGenerator[Page, None]:
        """The pages after `start_after`."""


class ResumedListing:
    """The pages of a listing below `prefix`, one by one."""

    def __init__(self, listing: Listing, prefix: str, start_after: str) -> None:
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
        """End the listing."""
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
