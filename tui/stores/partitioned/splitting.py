"""Where the keys that remain of a range can be split into parts of about the same number of keys.

Keys compare by code point, as Python compares texts: that is the order of their UTF-8 bytes, in which S3 lists
(Amazon S3 API Reference, ListObjectsV2). A split point is made of characters that the server itself has listed, or
follows a common prefix: it need not be a key, but it can always be sent as StartAfter.
"""

from __future__ import annotations

import re
from bisect import bisect_left

from tui.core.location import DELIMITER

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
        end = high if high is not None else self._highest()
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

    def _highest(self) -> str:
        return "".join(each[-1] for each in self._sorted[:_DEPTH] if each)

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
    """How many characters two texts begin with alike."""
    longest = min(len(one), len(other))
    if one[:longest] == other[:longest]:
        return longest
    return next(at for at in range(longest) if one[at] != other[at])


def _beyond(prefix: str) -> str:
    """What comes behind all that begins with a prefix; the prefix itself where its last character is the very last."""
    code = ord(prefix[-1]) + 1
    return prefix[:-1] + chr(code) if code < 0x110000 else prefix
