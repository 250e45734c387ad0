"""The ranges of keys of one transfer: which are to be done, which are begun; kept in the journal's states."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Collection, Sequence
from itertools import pairwise

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from tui.stores.cutting import WeighedRange
from tui.transfers.journal.journal import KeptStates

CUT = "cut"
"""The state that says that all ranges are known: those that are not there any more are done."""
_RANGE = "range-"
_APART = 8
"""Neighbours are so many ranges apart in the order in which they are handed out: S3 keeps neighbours together."""

Bounds = tuple[int, str, str | None, float]
"""Section, behind, up to, weight of a range."""


class SectionSpan(Struct, frozen=True, array_like=True):
    """A range of one section: behind `after`, up to and with `upto` (None: to its end); or exactly `keys`."""

    name: str
    section: int
    after: str
    upto: str | None
    begun: bool = False
    """Whether some of it may have been copied."""
    keys: list[str] = []
    weight: float = 0.0
    """What it was estimated to weigh when it was cut (`WeighedRange`)."""

    def has(self, section: int, key: str) -> bool:
        """Whether an object is in it."""
        if self.keys:
            return section == self.section and key in self.keys
        return section == self.section and key > self.after and (self.upto is None or key <= self.upto)

    def reaches(self, key: str) -> bool:
        """Whether somebody who carries it out may have come to that key, or ended there."""
        return self.after <= key and (self.upto is None or key <= self.upto)

    def keys_of(self, ordered: Sequence[str]) -> list[str]:
        """Those of some keys, which are in S3's order, that are in it."""
        end = len(ordered) if self.upto is None else bisect_right(ordered, self.upto)
        return list(ordered[bisect_right(ordered, self.after) : end])


class Spans:
    """All ranges of one transfer that are not done."""

    def __init__(self, transfer: str, states: KeptStates) -> None:
        self._transfer, self._states = transfer, states
        self._waiting: deque[SectionSpan] = deque()
        self._out: dict[str, SectionSpan] = {}
        self._number = 0

    async def load(self) -> bool:
        """Read what an earlier run has left; returns whether the keys have been cut into ranges before."""
        kept = await self._states.of(self._transfer)
        if CUT not in kept:
            return False
        spans = [
            msgspec.msgpack.decode(value, type=SectionSpan) for name, value in kept.items() if name.startswith(_RANGE)
        ]
        self._waiting.extend(_without_overlaps(spans))
        self._number = max((int(each.name.removeprefix(_RANGE)) for each in spans), default=0)
        return True

    async def cut(self, bounds: Sequence[Bounds]) -> None:
        """Take the ranges of the whole transfer; on disk when it returns."""
        for section, after, upto, weight in [each for first in range(_APART) for each in bounds[first::_APART]]:
            self._add(SectionSpan(self._next_name(), section, after, upto, weight=weight))
        await self._states.demand(self._transfer, CUT, b"1")

    def again(self, section: int, keys: list[str]) -> None:
        """Have exactly these objects tried again, before anything else; the journal's results know them."""
        self._waiting.appendleft(SectionSpan("", section, "", None, begun=True, keys=keys))

    @property
    def waiting(self) -> int:
        """How many ranges nobody has."""
        return len(self._waiting)

    @property
    def done(self) -> bool:
        return not self._waiting and not self._out

    async def take(self) -> SectionSpan | None:
        """The next range, and on disk that it was begun; None: there is none for now."""
        if not self._waiting:
            return None
        span = self._waiting.popleft()
        begun = replace(span, begun=True)
        if span.name.startswith(_RANGE):
            self._out[span.name] = begun
            await self._states.demand(self._transfer, span.name, msgspec.msgpack.encode(begun))
        else:
            self._number += 1
            self._out[f"again-{self._number}"] = span = replace(span, name=f"again-{self._number}")
        return span

    def put_back(self, span: SectionSpan, done: Collection[str] = ()) -> None:
        """It was not done to its end: somebody else gets it, soon. `done`: those of its `keys` that have results."""
        keys = [each for each in span.keys if each not in done]
        if self._out.pop(span.name, None) is not None and (keys or not span.keys):
            self._waiting.appendleft(replace(span, begun=True, keys=keys))

    def somebody_has(self, section: int, key: str) -> bool:
        """Whether an object is in a range that was handed out."""
        return any(each.has(section, key) for each in self._out.values())

    def put_all_back(self) -> None:
        """Nobody has anything any more: what was handed out is to be done again, and so is what was about to be."""
        for span in list(self._out.values()):
            self.put_back(span)

    def shorten(self, span: SectionSpan, upto: str, cuts: Sequence[WeighedRange]) -> SectionSpan:
        """What somebody has ends at `upto`; what is behind it is cut as `cuts` say. Returns what is left of the range.

        The new ranges are kept before the shorter one: between the two the overlap is not lost, and `load` removes it.
        """
        behind = [each for each in cuts if each.upto is None or each.upto > upto]
        if upto == span.upto:
            return span
        ends = [*(each.upto for each in behind[:-1]), span.upto]
        for after, end, each in zip([upto, *ends], ends, behind, strict=False):
            self._add(SectionSpan(self._next_name(), span.section, after or "", end, span.begun, weight=each.weight))
        left = replace(span, upto=upto, weight=cuts[0].weight)
        begun = replace(left, begun=True)
        if span.name in self._out:
            self._out[span.name] = begun
        self._keep(begun)
        return left

    def over(self, span: SectionSpan, rest: str | None = None) -> SectionSpan | None:
        """It is done, or all of it up to the key `rest`; returns what is left."""
        self._out.pop(span.name, None)
        if rest is not None:
            left = replace(span, after=rest)
            self._add(left)
            return left
        if span.name.startswith(_RANGE):
            self._states.drop(self._transfer, span.name)
        return None

    def _add(self, span: SectionSpan) -> None:
        self._keep(span)
        self._waiting.append(span)

    def _keep(self, span: SectionSpan) -> None:
        self._states.set(self._transfer, span.name, msgspec.msgpack.encode(span))

    def _next_name(self) -> str:
        self._number += 1
        return f"{_RANGE}{self._number:08d}"


def _without_overlaps(spans: Sequence[SectionSpan]) -> list[SectionSpan]:
    """Ranges that were cut apart while the journal was written are still whole in it beside their parts."""
    by_place = sorted(spans, key=lambda each: (each.section, each.after, each.name))
    ends = {
        one.name: other.after
        for one, other in pairwise(by_place)
        if one.section == other.section and (one.upto is None or one.upto > other.after)
    }
    return [replace(each, upto=ends.get(each.name, each.upto)) for each in spans]
