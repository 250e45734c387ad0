"""The ranges of keys of one transfer: which are to be done, which are begun; kept in the journal's states."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from tui.transfers.journal.states import KeptStates

CUT = "cut"
"""The state that says that all ranges are known: those that are not there any more are done."""
_RANGE = "range-"


class Span(Struct, frozen=True, array_like=True):
    """A range of one section: behind `after`, up to and with `upto` (None: to its end); or exactly `keys`."""

    name: str
    section: int
    after: str
    upto: str | None
    begun: bool = False
    """Whether some of it may have been copied."""
    keys: list[str] = []

    def has(self, section: int, key: str) -> bool:
        """Whether an object is in it."""
        if self.keys:
            return section == self.section and key in self.keys
        return section == self.section and key > self.after and (self.upto is None or key <= self.upto)


class Spans:
    """All ranges of one transfer that are not done."""

    def __init__(self, transfer: str, states: KeptStates) -> None:
        self._transfer, self._states = transfer, states
        self._waiting: deque[Span] = deque()
        self._out: dict[str, Span] = {}
        self._number = 0

    async def load(self) -> bool:
        """Read what an earlier run has left; returns whether the keys have been cut into ranges before."""
        kept = await self._states.of(self._transfer)
        if CUT not in kept:
            return False
        spans = [msgspec.msgpack.decode(value, type=Span) for name, value in kept.items() if name.startswith(_RANGE)]
        self._waiting.extend(spans)
        self._number = max((int(each.name.removeprefix(_RANGE)) for each in spans), default=0)
        return True

    async def cut(self, bounds: Iterable[tuple[int, str, str | None]]) -> None:
        """Take the ranges (section, behind, up to) of the whole transfer; on disk when it returns."""
        for section, after, upto in bounds:
            span = Span(self._next_name(), section, after, upto)
            self._keep(span)
            self._waiting.append(span)
        await self._states.demand(self._transfer, CUT, b"1")

    def again(self, section: int, keys: list[str]) -> None:
        """Have exactly these objects tried again, before anything else; the journal's results know them."""
        self._waiting.appendleft(Span("", section, "", None, begun=True, keys=keys))

    @property
    def waiting(self) -> int:
        """How many ranges nobody has."""
        return len(self._waiting)

    @property
    def done(self) -> bool:
        """Whether there are no more."""
        return not self._waiting and not self._out

    async def take(self) -> Span | None:
        """The next range, and on disk that it was begun; None: there is none for now."""
        if not self._waiting:
            return None
        span = self._waiting.popleft()
        begun = replace(span, begun=True)
        if span.name:
            self._out[span.name] = begun
            await self._states.demand(self._transfer, span.name, msgspec.msgpack.encode(begun))
        else:
            self._number += 1
            self._out[f"again-{self._number}"] = span = replace(span, name=f"again-{self._number}")
        return span

    def put_back(self, span: Span) -> None:
        """It was not done to its end: somebody else gets it, soon."""
        if self._out.pop(span.name, None) is not None:
            self._waiting.appendleft(replace(span, begun=True))

    def cut_again(self, span: Span, bounds: list[tuple[str, str | None]]) -> None:
        """A range that nobody has becomes these; nothing if somebody has it now."""
        if span not in self._waiting or len(bounds) < 2:
            return
        self._waiting.remove(span)
        (after, upto), *others = bounds
        parts = [Span(self._next_name(), span.section, *each) for each in others]
        for each in [*parts, replace(span, after=after, upto=upto)]:  # the first one last: until then it is all of it
            self._keep(each)
            self._waiting.append(each)

    def over(self, span: Span, rest: str | None = None) -> Span | None:
        """It is done, or all of it up to the key `rest`; returns what is left."""
        self._out.pop(span.name, None)
        if rest is not None:
            left = replace(span, after=rest, begun=False)
            self._keep(left)
            self._waiting.append(left)
            return left
        if span.name.startswith(_RANGE):
            self._states.drop(self._transfer, span.name)
        return None

    def _keep(self, span: Span) -> None:
        self._states.set(self._transfer, span.name, msgspec.msgpack.encode(span))

    def _next_name(self) -> str:
        self._number += 1
        return f"{_RANGE}{self._number:08d}"
