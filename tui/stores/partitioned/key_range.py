"""A range of the names below a prefix: what of it was read, and what remains."""

from __future__ import annotations

import asyncio
from array import array
from bisect import bisect_right
from collections import deque
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

from msgspec.structs import replace

from tui.core.listing import Page


class OrderError(ValueError):
    """A page whose keys are not in S3's order: a list of that server cannot be split."""


@dataclass(slots=True, eq=False)
class KeyRange:
    """The names behind `low` up to and with `high` (None: to the end); both move as it is read and split.

    `low` None: nothing of it was read, it begins where the listing begins. `pages` were read and not yet taken:
    in MessagePack they have half the size.
    """

    low: str | None
    high: str | None
    reader: AsyncGenerator[Page, None] | None = None
    latest: tuple[str, str] | None = None
    """The first and the last name of the page that was read last."""
    pages: deque[bytes] = field(default_factory=deque)
    task: asyncio.Task[None] | None = None
    done: bool = False
    tried_again: bool = False
    failure: BaseException | None = None
    brought: str | None = None
    """The last name that the reader brought, whether it belongs to the range or not."""
    split: bool = False
    """Whether it was made by a split."""
    pages_left: float = 0.0
    measured_by: tuple[object, ...] | None = None
    """What was known when `pages_left` was worked out."""
    whole_by: tuple[object, ...] | None = None
    """What was known when no place to split it was found."""

    @property
    def idle(self) -> bool:
        """Whether there is more to be read, and nothing reads it."""
        return not self.done and self.task is None and self.failure is None

    def take(self, page: Page, first_of_all: str) -> Page:
        """What of a page, which was read behind `low`, belongs to the range; it is `done` where that is all.

        Raises `OrderError`. What the range's first page has before `low` is left out where it begins with
        `first_of_all`, the first name of the whole list: that server ignores StartAfter.
        """
        names = page.names
        if names and not self._is_next(page, first_of_all):
            raise OrderError(f"{names[0]!r} is listed behind {(self.brought or self.low)!r}")
        start = bisect_right(names, self.low) if self.low is not None else 0
        end = bisect_right(names, self.high) if self.high is not None else len(names)
        self.done = page.last or (self.high is not None and bool(names) and names[-1] >= self.high)
        self.brought = names[-1] if names else self.brought
        if start < end:
            self.low = names[-1]
            self.latest = (names[start], names[-1])
        return _rows(page, start, max(start, end))

    def _is_next(self, page: Page, first_of_all: str) -> bool:
        if not is_ascending(page):
            return False
        if self.brought is not None:
            return page.names[0] > self.brought
        return self.low is None or page.names[0] > self.low or page.names[0] == first_of_all


def is_ascending(page: Page) -> bool:
    """Whether the names of a page are in S3's order; a page with prefixes, or with what is no object, is not."""
    names = page.names
    return not page.prefixes and not page.unfit and names == sorted(names)


def _rows(page: Page, start: int, end: int) -> Page:
    """Some rows of a page, which is not said to be the last one."""
    if start == 0 and end == len(page.names):
        return replace(page, last=False) if page.last else page
    return replace(
        page,
        names=page.names[start:end],
        sizes=_cut("q", page.sizes, start, end),
        modified=_cut("q", page.modified, start, end),
        class_index=_cut("H", page.class_index, start, end),
        owner_index=_cut("H", page.owner_index, start, end),
        etags=page.etags[start:end],
        last=False,
    )


def _cut(code: str, column: bytes, start: int, end: int) -> bytes:
    size = array(code).itemsize
    return column[start * size : end * size]
