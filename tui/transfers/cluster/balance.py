"""Workers that have nothing left to begin get a part of what others have."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from msgspec.structs import replace

from tui.stores.cutting import Cut
from tui.transfers.cluster.contact import Assigned, Contact
from tui.transfers.cluster.ranges import Span, Spans
from tui.transfers.cluster.talk import Shortened

CutSpan = Callable[[Span, str, int], Awaitable[list[Cut]]]
"""Cuts what is left of a range behind a key into about so many ranges."""

_AT_ONCE = 8
"""Ranges that are looked at, and cut, at once."""


class Balance:
    """Has ranges that workers have end sooner, so that others get the rest.

    A worker is asked to end a range at a key, and says where it really ends: nobody else begins anything before that
    was heard. So nothing is copied twice, whatever is lost meanwhile.
    """

    def __init__(self, contacts: Mapping[str, Contact], spans: Spans, cut: CutSpan) -> None:
        self._contacts, self._spans, self._cut = contacts, spans, cut
        self._needed = asyncio.Event()

    async def keep(self) -> None:
        """Look whenever a worker needs ranges; until it is cancelled."""
        while True:
            await self._needed.wait()
            self._needed.clear()
            await self.look()

    def heard(self, contact: Contact) -> None:
        """A worker has told how it stands, and was given what there was."""
        if contact.hungry:
            self._needed.set()

    @property
    def may_cut(self) -> bool:
        """Whether there are ranges of which a part may be had by others."""
        return any(not (each.short or each.span.keys) for contact in self._contacts.values() for each in contact.open)

    async def look(self) -> None:
        """Cut ranges off, if there are workers that need some."""
        hungry = sum(each.hungry for each in self._contacts.values())
        if not hungry or self._spans.waiting:
            return
        asked = sum(each.cuts is not None for contact in self._contacts.values() for each in contact.open)
        for contact, assigned in self._reserves():
            if asked >= hungry:
                return
            contact.cut_off(assigned, [Cut(assigned.span.after, assigned.span.after, 0.0), _whole(assigned.span)])
            asked += 1
        if asked < hungry:
            await self._cut_begun(hungry - asked)

    def shortened(self, contact: Contact, told: Shortened) -> None:
        """A worker has said where a range ends now."""
        assigned = contact.assigned.get(told.number)
        if assigned is not None and told.upto != assigned.span.upto:
            self.ended(assigned, told.upto)

    def ended(self, assigned: Assigned, upto: str) -> None:
        """A range ends there, whatever it was asked."""
        assigned.span = self._spans.shorten(assigned.span, upto, assigned.cuts or [_whole(assigned.span)])
        assigned.grant, assigned.cuts = replace(assigned.grant, upto=upto), None

    def _reserves(self) -> list[tuple[Contact, Assigned]]:
        """The ranges that wait in workers behind others, and of which nothing was begun."""
        return [
            (contact, each)
            for contact in self._contacts.values()
            for each in contact.open[contact.threads :]
            if each.known and each.cuts is None and not each.span.keys and each.grant.number not in contact.positions
        ]

    async def _cut_begun(self, hungry: int) -> None:
        """Cut the heaviest of the ranges that are being begun."""
        begun = [
            (contact, each, contact.positions[each.grant.number])
            for contact in self._contacts.values()
            for each in contact.open
            if each.cuts is None and not each.short and not each.span.keys and each.grant.number in contact.positions
        ]
        begun.sort(key=lambda one: one[1].span.weight, reverse=True)
        some = begun[: min(_AT_ONCE, hungry)]
        wanted = 2 + hungry // max(1, len(some))
        await asyncio.gather(*(self._cut_one(contact, each, after, wanted) for contact, each, after in some))

    async def _cut_one(self, contact: Contact, assigned: Assigned, after: str, wanted: int) -> None:
        """Cut what is left behind the key `after`; the worker's next report may not name the range any more."""
        cuts = await self._cut(assigned.span, after, wanted)
        if len(cuts) == 1:
            assigned.short = True
        elif cuts and contact.assigned.get(assigned.grant.number) is assigned:
            contact.cut_off(assigned, cuts)


def _whole(span: Span) -> Cut:
    return Cut(span.after, span.upto, span.weight)
