"""A bucket of up to 10^10 keys that are computed when they are listed: the real code cuts it into ranges."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from enum import Enum
from typing import cast

from tui.core.listing import ObjectSummary, Page, make_page
from tui.stores.base import Store
from tui.stores.split_listing import cut
from tui.stores.store_values import Capabilities

PER_PAGE = 100
"""Keys of a page: a tenth of S3's, as only cutting reads pages here."""


class Names(Enum):
    """How keys are named: the digits, how many of them, and whether they spread over all that can be written."""

    HASHES = ("0123456789abcdef", 12, True)
    """``3fa90c77be21``: as names that begin with a hash or a random id."""
    NUMBERS = ("0123456789", 12, False)
    """``000000004711``: numbers one after the other, filled up with zeros."""


class Keyspace:
    """`objects` keys in order. It is a store as far as `cut` needs one."""

    endpoint = "http://keyspace"
    label = "nobody"
    partition = "aws"
    capabilities = Capabilities()

    def __init__(self, objects: int, names: Names = Names.HASHES) -> None:
        self.objects = objects
        self._digits, self._length, self._spread = names.value
        self._all = len(self._digits) ** self._length

    def names(self, first: int, behind: int) -> Iterator[str]:
        form = f"0{self._length}{'x' if len(self._digits) == 16 else 'd'}"
        for place in range(first, behind):
            yield format(-(-place * self._all // self.objects) if self._spread else place, form)

    def place_behind(self, text: str) -> int:
        number = 0
        for at in range(self._length):
            digit = text[at : at + 1]
            number *= len(self._digits)
            if digit and digit in self._digits:
                number += self._digits.index(digit)
                continue
            number += sum(each < digit for each in self._digits)
            number *= len(self._digits) ** (self._length - 1 - at)
            return self._below(number)
        return self._below(number + 1)

    def _below(self, number: int) -> int:
        if not self._spread:
            return min(number, self.objects)
        return (number * self.objects - 1) // self._all + 1 if number else 0

    async def pages(
        self, bucket: str, prefix: str, *, recursive: bool = False, start_after: str = "", etags: bool = True
    ) -> AsyncGenerator[Page, None]:
        at = self.place_behind(start_after)
        while at < self.objects:
            end = min(at + PER_PAGE, self.objects)
            rows = [ObjectSummary(name, 0, 0, "STANDARD", None) for name in self.names(at, end)]
            yield make_page(prefix, [], rows, last=end == self.objects)
            at = end

    def ranges(self, wanted: int) -> list[tuple[float, float]]:
        """The places (first, behind the last) of the ranges that the real code cuts it into."""
        bounds = asyncio.run(cut(cast(Store, self), "bucket", "", wanted))
        cuts = [
            (self.place_behind(low), self.objects if high is None else self.place_behind(high))
            for low, high, _ in bounds
        ]
        return [(low, high) for low, high in cuts if low < high]
