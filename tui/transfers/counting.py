"""Counting a selection: objects, bytes, and how many of them are at the target already."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from math import inf

from msgspec.structs import replace

from tui.core.listing import ObjectSummary
from tui.core.naming import MAX_SINGLE_COPY
from tui.core.orders import Selection
from tui.core.problem import ProblemError
from tui.core.transfer import Tally
from tui.stores.base import Store
from tui.stores.partitioned import every_page
from tui.transfers.attributes import tier_refusal
from tui.transfers.local_disk import is_disk
from tui.transfers.selection import (
    PAGES_AHEAD,
    ObjectFilter,
    SectionPage,
    SelectedObject,
    listed_pages,
    lone_keys,
    outermost,
    section_pages,
)
from tui.transfers.sides import Sides
from tui.transfers.target_keys import look_for
from tui.transfers.tasks import together

HEADS_AT_ONCE = 16
"""Marked keys that are looked at side by side."""


Keep = Callable[[SectionPage], None]
"""Takes a page that was listed to be counted, so that the work need not list it again."""


async def count_listed(store: Store, selection: Selection) -> Tally:
    """Counts the listed objects of a selection: `objects` that its filters take, and those `filtered`.

    Of marked keys only the names are judged. Raises `ProblemError` as listings do, and for filters that are none.
    """
    wanted, objects, filtered = ObjectFilter(selection), 0, 0
    async with aclosing(listed_pages(store, selection, ordered=False)) as pages:
        async for page in pages:
            taken = sum(wanted.takes(each.key, each.size, each.modified) for each in page.picked)
            objects, filtered = objects + taken, filtered + len(page.picked) - taken
    return Tally(objects, filtered=filtered, complete=True)


class Count:
    """A running count. `unseen` says, once it is known, why existing objects cannot be counted."""

    def __init__(self, sides: Sides, *, look_at_target: bool) -> None:
        self._sides = sides
        self._look_at_target = look_at_target
        self._filter = ObjectFilter(sides.order.selection)
        self._objects = self._bytes = self._existing = self._filtered = self._unfit = self._archived = 0
        self._large = self._large_bytes = 0
        self.unseen = ""

    @property
    def tally(self) -> Tally:
        return Tally(
            self._objects,
            self._bytes,
            self._existing,
            filtered=self._filtered,
            archived=self._archived,
            unfit=self._unfit,
            large=self._large,
            large_bytes=self._large_bytes,
        )

    async def run(self, keep: Keep | None = None) -> AsyncGenerator[Tally]:
        """The growing tally, after each page; the last one is complete. Raises `ProblemError` as listings do.

        `keep` is called for each page of a prefix, in key order, before it is counted.
        """
        selection, ordered = self._sides.order.selection, self._look_at_target or keep is not None
        if selection.listed:  # a million names are not looked at to be counted
            async with aclosing(section_pages(self._sides.source, selection, 0)) as pages:
                async for page in pages:
                    await self._count_page(page.picked, None)
                    yield self.tally
        keys = lone_keys(selection)
        for start in range(0, len(keys), HEADS_AT_ONCE):
            batch = keys[start : start + HEADS_AT_ONCE]
            await asyncio.gather(*(self._count_key(key) for key in batch))
            yield self.tally
        for section, prefix in enumerate(outermost(selection.prefixes), 1):
            below = self._sides.below_target(prefix)
            beside = KeysBeside(self._sides.target, self._sides.target_bucket, below)
            if keep:
                keep(SectionPage(section, []))  # whatever fails from here on is of this section
            try:
                async with aclosing(section_pages(self._sides.source, selection, section, ordered=ordered)) as pages:
                    async for page in pages:
                        if keep:
                            keep(page)
                        await self._count_page(page.picked, beside)
                        yield self.tally
            finally:
                await beside.close()
        yield replace(self.tally, complete=True)

    async def _count_key(self, key: str) -> None:
        if not self._filter.takes_name(key):
            self._filtered += 1
            return
        seen, existing = await together(self._look(key), self._exists(key))
        if not self._filter.takes(key, seen.size, seen.modified):
            self._filtered += 1
            return
        self._take(seen)
        self._existing += existing

    def _take(self, picked: SelectedObject) -> None:
        size = picked.size or 0
        self._objects += 1
        self._bytes += size
        self._archived += picked.archived and self._stays_closed(picked)
        if size > MAX_SINGLE_COPY:
            self._large += 1
            self._large_bytes += size

    def _stays_closed(self, picked: SelectedObject) -> bool:
        """Whether the copy does not restore an archived object either."""
        tier = self._sides.order.options.restore
        return tier is None or tier_refusal(tier, picked.storage_class, picked.key) is not None

    async def _look(self, key: str) -> SelectedObject:
        """A marked object; without its size if no identity can see it: the copy will say why."""
        selection = self._sides.order.selection
        for store in self._sides.readers():
            try:
                head = await store.head(selection.base.bucket, key, selection.version)
            except ProblemError:
                continue  # reading is judged by the probes and by the copy itself
            comes = head.restoring and self._sides.order.options.restore is not None
            closed = "" if comes else head.archived
            archive = closed or head.storage_class
            return SelectedObject(key, head.size, head.modified, archived=bool(closed), storage_class=archive)
        return SelectedObject(key)

    async def _exists(self, key: str) -> bool:
        if not self._look_at_target:
            return False
        try:
            target = self._sides.target_key(key)
            found = await look_for(self._sides.writers(), self._sides.target_bucket, target)
        except ProblemError as error:
            self.unseen = error.problem.sentence()
            return False
        if found.unseen:
            self.unseen = found.unseen.sentence()
        return found.head is not None

    async def _count_page(self, picked: Sequence[SelectedObject], beside: KeysBeside | None) -> None:
        for each in picked:
            if each.unfit:
                self._unfit += self._filter.takes(each.key, each.size, each.modified)
            elif not self._filter.takes(each.key, each.size, each.modified):
                self._filtered += 1
            else:
                self._take(each)
                if beside and self._look_at_target and not self.unseen:
                    try:
                        self._existing += await beside.at(self._sides.below_target(each.key)) is not None
                    except ProblemError as error:
                        self.unseen = error.problem.sentence()


# The target's listing, read beside the source's: what is at the keys that objects get, without a request for each.
#
# A listing is older than a HeadObject would be, and says less. So it decides alone only where that does no harm:
#
# * An object stays as it is (SKIP: its key is listed; NEWER: the listed one is not older than the source): neither side
#   is asked for it at all.
# * An object is written, because nothing is listed at its key, or by NEWER over the listed one: only where the server
#   is known to honor the conditions of writes (`Capabilities.honors_conditions`). The write is then made on condition
#   that nothing is there, or still the listed ETag, which protects better than a HeadObject. All others get the
#   HeadObject.
# * These need the HeadObject: DIFFERENT (checksums, encryption), an object that exists and the user decides about, a
#   key that another object may have been renamed to, and a transfer that goes on after an interruption.

_PAGES_IN_ADVANCE = 4
_LOOKS_PER_PAGE = 10
"""A page of a listing is worth so many HeadObjects: a target that has many more keys than the source is not listed."""


class KeysBeside:
    """The objects below a prefix, read only as far as they are asked for, in S3's order."""

    def __init__(self, store: Store, bucket: str, prefix: str, *, after: str = "", etags: bool = False) -> None:
        self._rows = self._listed(store, bucket, prefix, after, etags)
        self._next: ObjectSummary | None = None
        self._begun = False
        self.pages = 0
        """How many were read."""

    async def at(self, key: str, most_pages: float = inf) -> ObjectSummary | None:
        """The object at a key; keys must be asked for in S3's order. Raises `ProblemError` as listings do.

        No more `pages` are read than `most_pages` and one.
        """
        while self.pages <= most_pages and (not self._begun or (self._next is not None and self._next.key < key)):
            self._begun = True
            self._next = await anext(self._rows, None)
        return self._next if self._next is not None and self._next.key == key else None

    async def close(self) -> None:
        await self._rows.aclose()

    async def _listed(
        self, store: Store, bucket: str, prefix: str, after: str, etags: bool
    ) -> AsyncGenerator[ObjectSummary]:
        pages = every_page(store, bucket, prefix, start_after=after, etags=etags, ahead=PAGES_AHEAD)
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

    async def look(self, section: int, prefix: str, some: Sequence[SelectedObject]) -> list[SelectedObject]:
        """The objects of a page of a section, which lists this prefix, with what is beside them."""
        if self._off or section == 0:
            return list(some)
        if section != self._section:
            await self.close()
            self._section, self._last, self._looks = section, "", 0
            below = self._sides.below_target(prefix)
            after = self._sides.below_target(self._after) if self._after else ""
            self._listing = KeysBeside(self._sides.target, self._sides.target_bucket, below, after=after, etags=True)
        found = []
        for each in some:
            key, beside = self._sides.below_target(each.key), None
            if self._listing and not self._off and key > self._last:
                self._last = key
                self._looks += 1
                worth = _PAGES_IN_ADVANCE + self._looks / _LOOKS_PER_PAGE
                try:
                    row = await self._listing.at(key, worth)
                    self._off = self._listing.pages > worth
                except ProblemError:
                    self._off = True
                if not self._off:
                    beside = SelectedObject(key, row.size, row.modified, etag=row.etag) if row else SelectedObject(key)
            found.append(replace(each, beside=beside))
        return found

    async def close(self) -> None:
        if self._listing:
            await self._listing.close()
        self._listing = None
