"""The key ranges of one transfer, unfinished and begun, in the journal's states."""

from __future__ import annotations

import asyncio
import zlib
from bisect import bisect_right
from collections import deque
from collections.abc import Collection, Sequence
from itertools import pairwise

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from tui.stores.split_listing import WeighedRange
from tui.transfers.journal.journal import KeptStates
from tui.transfers.selection import SectionPage, SelectedObject

CUT = "cut"
"""The state when all ranges are known: missing ranges are done."""
_RANGE = "range-"
_APART = 8
"""The distance between neighbouring ranges in the order of work: S3 keeps neighbouring keys together."""

PORTION = 250
"""Listed objects of one range."""
MOST_BYTES = 8 << 20
"""Of packed objects that were listed; what does not fit is listed again."""
_FASTEST = 1
_decoder = msgspec.msgpack.Decoder(list[SelectedObject])

Bounds = tuple[int, str, str | None, float]
"""Section, after, up to, weight."""


class SectionSpan(Struct, frozen=True, array_like=True):
    """A range of one section: after `after`, up to and including `upto` (None: to the end); or exactly `keys`."""

    name: str
    section: int
    after: str
    upto: str | None
    begun: bool = False
    """Whether parts of it may be copied."""
    keys: list[str] = []
    weight: float = 0.0
    """The estimate when it was cut (`WeighedRange`)."""

    def has(self, section: int, key: str) -> bool:
        if self.keys:
            return section == self.section and key in self.keys
        return section == self.section and key > self.after and (self.upto is None or key <= self.upto)

    def reaches(self, key: str) -> bool:
        """Whether work on this range can reach or end at that key."""
        return self.after <= key and (self.upto is None or key <= self.upto)

    def keys_of(self, ordered: Sequence[str]) -> list[str]:
        """The keys in this range, from `ordered` in S3's order."""
        end = len(ordered) if self.upto is None else bisect_right(ordered, self.upto)
        return list(ordered[bisect_right(ordered, self.after) : end])


class Spans:
    """All unfinished ranges of one transfer."""

    def __init__(self, transfer: str, states: KeptStates) -> None:
        self._transfer, self._states = transfer, states
        self._waiting: deque[SectionSpan] = deque()
        self._out: dict[str, SectionSpan] = {}
        self._number = 0
        self._ends: dict[int, SectionSpan] = {}
        """Behind what was listed of each section that is being listed (see `grow`); they come last."""
        self._listed: dict[str, bytes] = {}
        self._bytes = 0
        self.news = asyncio.Event()
        """Set when one has come or is over."""

    async def load(self) -> bool:
        """Read an earlier run's ranges; returns whether the keys were cut before."""
        kept = await self._states.of(self._transfer)
        if CUT not in kept:
            return False
        spans = [
            msgspec.msgpack.decode(value, type=SectionSpan) for name, value in kept.items() if name.startswith(_RANGE)
        ]
        for each in _without_overlaps(spans):
            if each.section and each.upto is None and not each.begun:
                self._ends[each.section] = each
            else:
                self._waiting.append(each)
        self._number = max((int(each.name.removeprefix(_RANGE)) for each in spans), default=0)
        return True

    async def cut(self, bounds: Sequence[Bounds]) -> None:
        """Set the ranges of the whole transfer; on disk when it returns."""
        for section, after, upto, weight in [each for first in range(_APART) for each in bounds[first::_APART]]:
            self._add(SectionSpan(self._next_name(), section, after, upto, weight=weight))
        await self._states.demand(self._transfer, CUT, b"1")

    async def begin(self, keys: Sequence[str], sections: int) -> None:
        """Set the ranges of the whole transfer before it is listed (see `grow`); on disk when it returns."""
        if keys:
            self._add(SectionSpan(self._next_name(), 0, "", None, weight=len(keys)))
        for section in range(1, sections + 1):
            end = self._ends[section] = SectionSpan(self._next_name(), section, "", None)
            self._keep(end)
        await self._states.demand(self._transfer, CUT, b"1")

    def grow(self, page: SectionPage) -> None:
        """Cut off what was listed next of a section, unless somebody has its end.

        The new end is recorded first and the old one dropped last, with the ranges in between from the last one on: so
        `load` finds no gap, whenever it stops.
        """
        old = self._ends.get(page.section)
        picked = [each for each in page.picked if old and each.key > old.after]
        if old is None or not picked:
            return
        end = self._ends[page.section] = replace(old, name=self._next_name(), after=picked[-1].key)
        self._keep(end)
        parts = [picked[at : at + PORTION] for at in range(0, len(picked), PORTION)]
        afters = [old.after, *(part[-1].key for part in parts[:-1])]
        spans = [
            SectionSpan(self._next_name(), page.section, after, part[-1].key, weight=len(part))
            for after, part in zip(afters, parts, strict=True)
        ]
        for span, part in reversed(list(zip(spans, parts, strict=True))):
            self._keep(span)
            if self._bytes < MOST_BYTES:
                packed = self._listed[span.name] = zlib.compress(msgspec.msgpack.encode(part), _FASTEST)
                self._bytes += len(packed)
        self._waiting.extend(spans)
        self._states.drop(self._transfer, old.name)
        self.news.set()

    def listed(self, span: SectionSpan) -> list[SelectedObject]:
        """The objects of a range that was just taken, as they were listed; empty if it is to be listed."""
        packed = self._listed.pop(span.name, b"")
        self._bytes -= len(packed)
        return _decoder.decode(zlib.decompress(packed)) if packed and not span.begun else []

    def again(self, section: int, keys: list[str]) -> None:
        """Retry exactly these objects before anything else; the journal's results know them."""
        self._waiting.appendleft(SectionSpan("", section, "", None, begun=True, keys=keys))

    @property
    def waiting(self) -> int:
        return len(self._waiting) + len(self._ends)

    @property
    def done(self) -> bool:
        return not self.waiting and not self._out

    @property
    def next_is_begun(self) -> bool:
        """Whether parts of the next range may be copied."""
        return bool(self._waiting) and self._waiting[0].begun

    async def take(self) -> SectionSpan | None:
        """The next range, recorded on disk as begun; None if there is none now."""
        if not self.waiting:
            return None
        span = self._waiting.popleft() if self._waiting else self._ends.pop(min(self._ends))
        begun = replace(span, begun=True)
        if span.name.startswith(_RANGE):
            self._out[span.name] = begun
            await self._states.demand(self._transfer, span.name, msgspec.msgpack.encode(begun))
        else:
            self._number += 1
            self._out[f"again-{self._number}"] = span = replace(span, name=f"again-{self._number}")
        return span

    def put_back(self, span: SectionSpan, done: Collection[str] = ()) -> None:
        """An unfinished range goes to somebody else soon. `done`: its `keys` with results."""
        keys = [each for each in span.keys if each not in done]
        if self._out.pop(span.name, None) is not None and (keys or not span.keys):
            self._waiting.appendleft(replace(span, begun=True, keys=keys))
        self.news.set()

    def somebody_has(self, section: int, key: str) -> bool:
        return any(each.has(section, key) for each in self._out.values())

    def put_all_back(self) -> None:
        """All handed-out ranges are to be done again."""
        for span in list(self._out.values()):
            self.put_back(span)

    def shorten(self, span: SectionSpan, upto: str, cuts: Sequence[WeighedRange]) -> SectionSpan:
        """End a handed-out range at `upto` and cut the rest as in `cuts`. Returns the shortened range.

        The new ranges are recorded before the shorter one. After a failure in between, `load` removes the overlap.
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
        """The range is done, or up to the key `rest`; returns what is left."""
        self._out.pop(span.name, None)
        self.news.set()
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
    """Ranges that were being cut when the journal was written are still whole in it, beside their parts."""
    by_place = sorted(spans, key=lambda each: (each.section, each.after, each.name))
    ends = {
        one.name: other.after
        for one, other in pairwise(by_place)
        if one.section == other.section and (one.upto is None or one.upto > other.after)
    }
    return [replace(each, upto=ends.get(each.name, each.upto)) for each in spans]
