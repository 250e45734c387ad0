"""Which ranges of a listing are read next, and where they are split."""

from __future__ import annotations

import asyncio
import re
from array import array
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field

from msgspec.structs import replace

from tui.core.listing import Page
from tui.core.location import DELIMITER

MOST_PAGES = 320
"""Pages that are read ahead: about 50 kB each, or 90 with ETags."""
_MOST_RANGES = 256
_PAGES_OF_A_PART = 3.5
"""So many pages a part should have: of its last one, what is behind its end is read in vain."""


class Schedule:
    """The ranges of one listing in key order.

    `ordered`: the pages are taken in key order, so those that are taken soonest are read first, by splitting the range
    that they are in rather than by reading on far behind it, and each range is read only while not too many pages wait
    before it. `useful` requests have brought keys, `empty` ones, in a range that a split has made, none: there are few
    of these, or nothing is split until there are.
    """

    def __init__(self, whole: KeyRange, alphabet: Alphabet, *, ordered: bool, most: int = MOST_PAGES) -> None:
        self.ranges = [whole]
        self._alphabet, self._ordered, self._most = alphabet, ordered, most
        self.useful = self.empty = 0

    @property
    def waiting(self) -> int:
        return sum(len(each.pages) for each in self.ranges)

    def next_to_read(self, free: int) -> KeyRange | None:
        """A range to read a page of, while `free` requests may be sent; None: there is nothing to read now.

        The first range is always read on, so that whoever takes pages in order gets one.
        """
        allowed = self._allowed()
        for each in allowed:
            if each.idle:
                return each
            if self._ordered and (made := self._split(each, free)):
                return made
        if self.ranges and self.ranges[0].idle:
            return self.ranges[0]
        if self._ordered:
            return None
        by_size = sorted(allowed, key=self._pages_left, reverse=True)
        return next((made for each in by_size if (made := self._split(each, free))), None)

    def learn(self, each: KeyRange, rows: int) -> None:
        """A page of a range has come, with so many rows of the range's own."""
        if rows and each.latest:
            self.useful += 1
            self._alphabet.learn(*each.latest)
        elif each.split:
            self.empty += 1

    def drop_read(self) -> None:
        self.ranges = [each for each in self.ranges if each.pages or each.failure or not each.done]

    def _allowed(self) -> Sequence[KeyRange]:
        """The ranges that may be read on, soonest needed first: none behind one that has failed."""
        if self.waiting >= (self._most * 5 // 4 if self._ordered else self._most):
            return []
        allowed, before = list[KeyRange](), 0
        for each in self.ranges:
            if each.failure or (self._ordered and before >= self._most):
                break
            before += len(each.pages) + (each.task is not None)
            allowed.append(each)
        return allowed

    def _split(self, each: KeyRange, free: int) -> KeyRange | None:
        """Split a range, and return the first of the new ones; None where it cannot be, or it does not pay."""
        if self.empty > 8 + 2 * self.useful // 3 or len(self.ranges) > _MOST_RANGES:
            return None
        left = self._pages_left(each)
        if left < 2 * _PAGES_OF_A_PART or each.whole_by == self._known_of(each):
            return None
        points = self._points(each, int(min(free + 1, left / _PAGES_OF_A_PART)))
        if not points and free + 1 >= left / _PAGES_OF_A_PART:
            each.whole_by = self._known_of(each)
        return self._split_at(each, points) if points else None

    def _split_at(self, split: KeyRange, points: Sequence[str]) -> KeyRange:
        ends = [*points[1:], split.high]
        made = [KeyRange(low, high, split=True) for low, high in zip(points, ends, strict=True)]
        split.high = points[0]
        at = self.ranges.index(split) + 1
        self.ranges[at:at] = made
        return made[0]

    def _pages_left(self, each: KeyRange) -> float:
        """How many pages are left of a range, as far as can be told from its last one."""
        if each.done or each.latest is None or each.low is None:
            return 0.0
        if each.high is None:
            return float("inf")
        if each.measured_by != (known := self._known_of(each)):
            each.measured_by, each.pages_left = known, self._alphabet.pages_left(*each.latest, each.high)
        return each.pages_left - (each.task is not None)

    def _known_of(self, each: KeyRange) -> tuple[object, ...]:
        return (each.latest, each.high, self._alphabet.size)

    def _points(self, each: KeyRange, parts: int) -> list[str]:
        if each.latest is None or each.low is None:
            return []
        points = list[str]()
        if each.high is None:
            points = self._alphabet.beyond_prefixes(*each.latest, parts)
        last = points[-1] if points else each.low
        return points + self._alphabet.between(last, each.high, parts - len(points))


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


# Where a range is split, into parts of about the same number of keys.
#
# Keys compare by code point, as Python compares texts: that is the order of their UTF-8 bytes, in which S3 lists
# (Amazon S3 API Reference, ListObjectsV2). A split point is made of characters that the server has listed, or follows a
# common prefix: it need not be a key, but it can always be sent as StartAfter.

_DEPTH = 12
"""So many characters behind what two keys have in common tell how far apart they are."""
_DIGITS = frozenset("0123456789")
_UNFIT = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
"""Characters that a server, or what stands before it, may refuse in a parameter."""


class Alphabet:
    """The characters that keys were seen to have at each of their positions; these are the digits of keys as numbers.

    No split point is longer than `most` bytes.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self.size = 0
        """Grows whenever a character is seen at a position for the first time."""
        self._seen: list[set[str]] = []
        self._sorted: list[list[str]] = []

    def learn(self, *names: str) -> None:
        """Take the characters of these names; one digit stands for all ten."""
        for name in names:
            for at, character in enumerate(name):
                if at == len(self._seen):
                    self._seen.append(set())
                    self._sorted.append([])
                if character not in self._seen[at]:
                    self._add(at, character)

    def _add(self, at: int, character: str) -> None:
        self.size += 1
        self._seen[at] |= _DIGITS if character in _DIGITS else {character}
        self._sorted[at] = sorted(each for each in self._seen[at] if not _UNFIT.match(each))

    def pages_left(self, first: str, last: str, high: str) -> float:
        """How many pages lie behind the one from `first` to `last`, up to `high`, if they are as dense as that one."""
        start = _common(first, high)
        begin, end, most = (self._number(text, start) for text in (first, last, high))
        return max(0.0, (most - end) / max(1, end - begin))

    def between(self, low: str, high: str | None, parts: int) -> list[str]:
        """At most ``parts - 1`` keys that split what lies between two, in order; `high` None: it has no end."""
        end = high if high is not None else "".join(each[-1] for each in self._sorted[:_DEPTH] if each)
        common = _common(low, end)
        below, above = self._number(low, common), self._number(end, common)
        points = [
            low[:common] + self._text(below + (above - below) * part // parts, common) for part in range(1, parts)
        ]
        return self._ascending(low, points, high)

    def beyond_prefixes(self, first: str, last: str, parts: int) -> list[str]:
        """At most ``parts - 1`` keys, in order, each behind all that begins like `last` up to some delimiter.

        Where nothing is known of the end of a range they find it out: it mostly lies in the same directory, or in one
        of those around it. Another is behind all that begins as the page from `first` to `last` does.
        """
        ends = {at + 1 for at, character in enumerate(last) if character == DELIMITER}
        return self._beyond(last, ends | {_common(first, last)} - {0}, parts)

    def beyond_each(self, first: str, last: str, parts: int) -> list[str]:
        """The same behind all that begins with any start of what the page's names have in common.

        Of names that are numbers or hashes these lie ever further apart, so one look at each says about how many there
        are, and which characters they begin with.
        """
        return self._beyond(last, set(range(1, _common(first, last) + 1)), parts)

    def _beyond(self, last: str, ends: set[int], parts: int) -> list[str]:
        fit = self._ascending(last, [_beyond(last[:end]) for end in sorted(ends, reverse=True)], None)
        if len(fit) < parts:
            return fit
        return sorted({fit[(len(fit) - 1) * at // max(1, parts - 2)] for at in range(parts - 1)})

    def _ascending(self, low: str, points: list[str], high: str | None) -> list[str]:
        """Those of the points that lie between two keys and behind one another, and can be sent."""
        kept: list[str] = []
        for point in points:
            between = (kept[-1] if kept else low) < point and (high is None or point < high)
            if between and not _UNFIT.search(point) and len(point.encode()) <= self._most:
                kept.append(point)
        return kept

    def _number(self, text: str, start: int) -> int:
        number = 0
        for at, digits in enumerate(self._digits(start), start):
            number *= len(digits) + 1
            number += bisect_left(digits, text[at]) + 1 if at < len(text) else 0
        return number

    def _text(self, number: int, start: int) -> str:
        places = list[tuple[list[str], int]]()
        for digits in reversed(self._digits(start)):
            number, digit = divmod(number, len(digits) + 1)
            places.append((digits, digit))
        text = ""
        for digits, digit in reversed(places):
            if not digit:
                break
            text += digits[digit - 1]
        return text

    def _digits(self, start: int) -> list[list[str]]:
        return self._sorted[start : start + _DEPTH]


def _common(one: str, other: str) -> int:
    longest = min(len(one), len(other))
    if one[:longest] == other[:longest]:
        return longest
    return next(at for at in range(longest) if one[at] != other[at])


def _beyond(prefix: str) -> str:
    """What comes behind all that begins with a prefix; the prefix itself where its last character is the very last."""
    code = ord(prefix[-1]) + 1
    return prefix[:-1] + chr(code) if code < 0x110000 else prefix
