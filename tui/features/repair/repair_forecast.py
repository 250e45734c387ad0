"""Objects of a repair, counted by owner and by the reason why they stay as they are; its commands for the AWS CLI."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence

from tui.core.facts import Half, OwnerCount, OwnersSeen, RepairLeftOut
from tui.core.identity import Owner
from tui.core.transfer import Tally
from tui.features.repair.repair_parties import OWN, Parties
from tui.transfers.bucket_owner import BUCKET_OWNER_FULL_CONTROL
from tui.transfers.selection import SelectedObject, outermost

FIRST_KEYS = 100
"""So many keys are remembered for commands that name each of them."""


class TotalsByName:
    """Objects and bytes by some name."""

    def __init__(self) -> None:
        self._counts: dict[str, tuple[int, int]] = {}

    def add(self, name: str, objects: int, size: int) -> None:
        before = self._counts.get(name, (0, 0))
        self._counts[name] = (before[0] + objects, before[1] + size)

    def most_first(self) -> list[tuple[str, int, int]]:
        """Name, objects and bytes, the most objects first."""
        return sorted(((name, *each) for name, each in self._counts.items()), key=lambda row: (-row[1], row[0]))


def owners_seen(counts: TotalsByName, bucket_owner: Owner | None, *, complete: bool) -> OwnersSeen:
    """Counts by canonical id as a value, the bucket's owner first."""
    mine = bucket_owner.id if bucket_owner else ""
    rows = [OwnerCount(Owner(owner), objects, size) for owner, objects, size in counts.most_first()]
    return OwnersSeen(sorted(rows, key=lambda each: each.owner.id != mine), bucket_owner, complete)


class Reckoning:
    """A running count of a repair."""

    def __init__(self, parties: Parties) -> None:
        self._parties = parties
        self._by_owner, self._left_out = TotalsByName(), TotalsByName()
        self._foreign = self._foreign_bytes = 0
        self.objects = self.bytes = self.large = 0
        self.first: list[SelectedObject] = []
        """The first objects that are to be repaired."""

    def add(self, picked: Iterable[SelectedObject]) -> None:
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

    def leave_out(self, each: SelectedObject, why: str) -> None:
        """A look has shown that an object, counted already, stays as it is."""
        size = each.size or 0
        self.objects, self.bytes = self.objects - 1, self.bytes - size
        self.large -= size > self._parties.large_from
        self._left_out.add(why, 1, size)

    @property
    def tally(self) -> Tally:
        """The objects that get a result: those that are not the bucket owner's."""
        return Tally(self._foreign, self._foreign_bytes)

    @property
    def left_out(self) -> list[RepairLeftOut]:
        return [RepairLeftOut(*row) for row in self._left_out.most_first()]

    def seen(self, *, complete: bool) -> OwnersSeen:
        return owners_seen(self._by_owner, self._parties.bucket_owner, complete=complete)

    @property
    def own(self) -> int:
        """How many objects the bucket's owner owns already."""
        return sum(each.objects for each in self.left_out if each.why == OWN)


_LOOP = (
    "aws s3api list-objects-v2 --bucket {bucket} --prefix {prefix} --fetch-owner "
    "--query {query} --output text | while IFS=$'\\t' read -r class key; do {each}; done"
)


def commands(half: Half, parties: Parties, first: Sequence[SelectedObject], objects: int) -> list[str]:
    """One command an object, or a loop over a prefix where there are more than are named in `first`."""
    if objects <= len(first) or not parties.order.selection.prefixes:
        return [_named(half, parties.name, each) for each in first]
    query = _quoted(
        f"Contents[?Owner.ID!='{parties.bucket_owner.id if parties.bucket_owner else ''}'].[StorageClass,Key]"
    )
    each_one = _one(half, parties.name, '"$key"', '"$class"', "")
    loops = [
        _LOOP.format(bucket=parties.name, prefix=_quoted(prefix), query=query, each=each_one)
        for prefix in outermost(parties.order.selection.prefixes)
    ]
    alone = [each for each in first if not each.key.startswith(tuple(parties.order.selection.prefixes))]
    return [_named(half, parties.name, each) for each in alone] + loops


def _named(half: Half, bucket: str, picked: SelectedObject) -> str:
    return _one(half, bucket, _quoted(picked.key), _quoted(picked.storage_class), picked.key)


def _one(half: Half, bucket: str, key: str, storage_class: str, raw: str) -> str:
    if half is Half.GRANT:
        return f"aws s3api put-object-acl --bucket {bucket} --key {key} --acl {BUCKET_OWNER_FULL_CONTROL}"
    place = _quoted(f"s3://{bucket}/{raw}") if raw else f'"s3://{bucket}/$key"'
    # Without a class S3 refuses to copy an object onto itself (Amazon S3 API Reference, CopyObject).
    return f"aws s3 cp {place} {place} --storage-class {storage_class}"


def _quoted(text: str) -> str:
    """A word for a shell; bytes that no terminal should get are escaped (``$'\\x1b'``)."""
    if text.isprintable():
        return shlex.quote(text)
    return "$'" + "".join(map(_escaped, text)) + "'"


def _escaped(character: str) -> str:
    if character in "\\'":
        return f"\\{character}"
    return character if character.isprintable() else "".join(f"\\x{byte:02x}" for byte in character.encode())
