"""What a repair would do, counted from listings: by owner, and by why objects are left as they are."""

from __future__ import annotations

from collections.abc import Iterable

from tui.core.facts import LeftOut, OwnerCount, OwnersSeen
from tui.core.identity import Owner
from tui.core.transfer import Tally
from tui.transfers.repair.parties import OWN, Parties
from tui.transfers.selection import Picked

FIRST_KEYS = 100
"""So many keys are remembered for commands that name each of them."""


class Counts:
    """Objects and bytes by some name."""

    def __init__(self) -> None:
        self._counts: dict[str, tuple[int, int]] = {}

    def add(self, name: str, objects: int, size: int) -> None:
        """So many more."""
        before = self._counts.get(name, (0, 0))
        self._counts[name] = (before[0] + objects, before[1] + size)

    def most_first(self) -> list[tuple[str, int, int]]:
        """Name, objects and bytes, the most objects first."""
        return sorted(((name, *each) for name, each in self._counts.items()), key=lambda row: (-row[1], row[0]))


def owners_seen(counts: Counts, bucket_owner: Owner | None, *, complete: bool) -> OwnersSeen:
    """Counts by canonical id as a value, the bucket's owner first."""
    mine = bucket_owner.id if bucket_owner else ""
    rows = [OwnerCount(Owner(owner), objects, size) for owner, objects, size in counts.most_first()]
    return OwnersSeen(sorted(rows, key=lambda each: each.owner.id != mine), bucket_owner, complete)


class Reckoning:
    """A running count of a repair."""

    def __init__(self, parties: Parties) -> None:
        self._parties = parties
        self._by_owner, self._left_out = Counts(), Counts()
        self._foreign = self._foreign_bytes = 0
        self.objects = self.bytes = self.large = 0
        self.first: list[Picked] = []
        """The first objects that are to be repaired."""

    def add(self, picked: Iterable[Picked]) -> None:
        """Count more objects."""
        for each in picked:
            size = each.size or 0
            self._by_owner.add(each.owner, 1, size)
            why = self._parties.why_not(each)
            if why != OWN:
                self._foreign, self._foreign_bytes = self._foreign + 1, self._foreign_bytes + size
            if why:
                self._left_out.add(why, 1, size)
                continue
            self.objects, self.bytes = self.objects + 1, self.bytes + size
            self.large += size > self._parties.large_from
            if len(self.first) < FIRST_KEYS:
                self.first.append(each)

    def leave_out(self, each: Picked, why: str) -> None:
        """An object that was counted is left as it is, as was found out by looking at it."""
        size = each.size or 0
        self.objects, self.bytes = self.objects - 1, self.bytes - size
        self.large -= size > self._parties.large_from
        self._left_out.add(why, 1, size)

    @property
    def tally(self) -> Tally:
        """The objects that get a result: those that are not the bucket owner's."""
        return Tally(self._foreign, self._foreign_bytes)

    @property
    def left_out(self) -> list[LeftOut]:
        """What stays as it is, and why."""
        return [LeftOut(*row) for row in self._left_out.most_first()]

    def seen(self, *, complete: bool) -> OwnersSeen:
        """The owners so far."""
        return owners_seen(self._by_owner, self._parties.bucket_owner, complete=complete)

    @property
    def own(self) -> int:
        """How many objects the bucket's owner owns already."""
        return sum(each.objects for each in self.left_out if each.why == OWN)
