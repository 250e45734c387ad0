"""The target's listing, read beside the source's: what is at the keys that objects get, without a request for each.

A listing is older than a HeadObject would be, and says less. So it decides alone only where that does no harm:

* An object stays as it is (SKIP: its key is listed; NEWER: the listed one is not older than the source): neither side
  is asked for it at all.
* An object is written, because nothing is listed at its key, or by NEWER over the listed one: only where the server is
  known to honor the conditions of writes (`Capabilities.honors_conditions`). The write is then made on condition that
  nothing is there, or still the listed ETag, which protects better than a HeadObject. All others get the HeadObject.
* DIFFERENT (checksums, encryption), an object that exists and the user decides about, a key that another object of the
  transfer may have been renamed to, and a transfer that goes on after an interruption need the HeadObject.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from math import inf

from msgspec.structs import replace

from tui.core.listing import ObjectSummary
from tui.core.problem import ProblemError
from tui.stores.base import Store
from tui.stores.partitioned import every_page
from tui.transfers.order.local_disk import is_disk
from tui.transfers.order.selection import Beside, Picked
from tui.transfers.order.sides import Sides

_PAGES_IN_ADVANCE = 4
_LOOKS_PER_PAGE = 10
"""A page of a listing is worth so many HeadObjects: a target that has many more keys than the source is not listed."""


class KeysBeside:
    """The objects below a prefix, read only as far as they are asked for, in S3's order."""

    def __init__(self, store: Store, bucket: str, prefix: str, *, after: str = "", etags: bool = False) -> None:
        """Only the objects behind the key `after` are read, if it is given."""
        self._rows = self._listed(store, bucket, prefix, after, etags)
        self._next: ObjectSummary | None = None
        self._begun = False
        self.pages = 0
        """How many were read."""

    async def has(self, key: str) -> bool:
        """Whether the key exists; see `at`."""
        return await self.at(key) is not None

    async def at(self, key: str, most_pages: float = inf) -> ObjectSummary | None:
        """The object at a key; keys must be asked for in S3's order. Raises `ProblemError` as listings do.

        No more `pages` are read than `most_pages` and one.
        """
        while self.pages <= most_pages and (not self._begun or (self._next is not None and self._next.key < key)):
            self._begun = True
            self._next = await anext(self._rows, None)
        return self._next if self._next is not None and self._next.key == key else None

    async def close(self) -> None:
        """Stop the listing."""
        await self._rows.aclose()

    async def _listed(
        self, store: Store, bucket: str, prefix: str, after: str, etags: bool
    ) -> AsyncGenerator[ObjectSummary]:
        pages = every_page(store, bucket, prefix, start_after=after, etags=etags)
        try:
            async for page in pages:
                self.pages += 1
                for row in page.objects():
                    yield row
        finally:
            await pages.aclose()


class TargetBeside:
    """Looks up a transfer's objects in the target's listing.

    What is not looked up here is looked for by HeadObject: where the target may not be listed, lists much more than is
    copied to it, is a disk, or where keys come in another order than S3's.
    """

    def __init__(self, sides: Sides, after: str = "") -> None:
        """`after`: the source key behind which the only section begins; empty: each begins with its prefix."""
        self._sides, self._after = sides, after
        self._off = is_disk(sides.target)
        self._section = 0
        self._listing: KeysBeside | None = None
        self._last, self._looks = "", 0

    async def look(self, section: int, prefix: str, some: Sequence[Picked]) -> list[Picked]:
        """The objects of a page of a section, which lists this prefix, with what is beside them."""
        if self._off or section == 0:
            return list(some)
        if section != self._section:
            await self.close()
            self._section, self._last, self._looks = section, "", 0
            below = self._target_key(prefix)
            after = self._target_key(self._after) if self._after else ""
            self._listing = KeysBeside(self._sides.target, self._sides.target_bucket, below, after=after, etags=True)
        return [replace(each, beside=await self._beside(each)) for each in some]

    async def close(self) -> None:
        """Stop listing."""
        if self._listing:
            await self._listing.close()
        self._listing = None

    async def _beside(self, picked: Picked) -> Beside | None:
        key = self._target_key(picked.key)
        if self._off or self._listing is None or key <= self._last:
            return None
        self._last = key
        self._looks += 1
        worth = _PAGES_IN_ADVANCE + self._looks / _LOOKS_PER_PAGE
        try:
            found = await self._listing.at(key, worth)
        except ProblemError:
            self._off = True
            return None
        self._off = self._listing.pages > worth
        if self._off:
            return None
        return Beside(found.size, found.modified, found.etag) if found else Beside(None)

    def _target_key(self, key: str) -> str:
        order = self._sides.order
        return order.destination.location.key + key[len(order.selection.base.key) :]
