"""Whose the objects below a prefix are: counted from listings, which name each owner, without a request an object."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import aclosing

from tui.core.facts import OwnersSeen
from tui.core.identity import Owner
from tui.core.listing import UNKNOWN_INDEX, Page
from tui.core.location import Location
from tui.stores.base import Store
from tui.stores.partitioned import every_page
from tui.transfers.repair.reckoning import Counts, owners_seen


async def count_owners(store: Store, location: Location, bucket_owner: Owner | None) -> AsyncGenerator[OwnersSeen]:
    """The owners below a location, growing with each page, the last one complete. Raises `ProblemError` as listings."""
    counts = Counts()
    async with aclosing(every_page(store, location.bucket, location.key, ordered=False)) as pages:
        async for page in pages:
            _count(counts, page)
            yield owners_seen(counts, bucket_owner, complete=False)
    yield owners_seen(counts, bucket_owner, complete=True)


def _count(counts: Counts, page: Page) -> None:
    indexes, sizes = array("H", page.owner_index), array("q", page.sizes)
    objects, amounts = Counter(indexes), Counter[int]()
    for index, size in zip(indexes, sizes, strict=True):
        amounts[index] += size
    for index, number in objects.items():
        owner = page.owners[index].id if index != UNKNOWN_INDEX else ""
        counts.add(owner, number, amounts[index])
