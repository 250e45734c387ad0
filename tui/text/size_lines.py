"""Sizes and costs in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import assert_never

from tui.core.identity import AddressBook
from tui.core.location import DELIMITER
from tui.core.price_table import Cost
from tui.core.searching import AGES, Amount, Share, SizePart, SizeProgress, StorageUse
from tui.text.format import counted, number, visible

OVERHEADS = (
    "Estimate for storage alone: no requests, transfer, retrieval or tax. STANDARD_IA, ONEZONE_IA and GLACIER_IR bill "
    "at least 128 KiB an object; GLACIER and DEEP_ARCHIVE 32 KiB more an object and 8 KiB as STANDARD; "
    "INTELLIGENT_TIERING counts as frequently accessed."
)


def money(cost: Cost) -> str:
    """USD a month in at most eight cells; a ``+`` if it lacks classes without a price."""
    more = "+" if cost.unpriced else ""
    if cost.usd >= 100:
        return f"${number(round(cost.usd))}{more}"
    if cost.usd >= 0.01:
        return f"${cost.usd:.2f}{more}"
    return f"{'<$0.01' if cost.usd > 0 else '$0'}{more}"


def label_words(label: str, by: Breakdown, book: AddressBook) -> str:
    if by is Breakdown.OWNER:
        return visible(book.name(label)) if label else "unknown"
    return visible(label)


def measuring_words(stored: StorageUse, progress: SizeProgress) -> str:
    """The progress: ``200,000 keys, 41,000/s``; of noncurrent versions ``3 of 17 versions``."""
    rate = f", {number(int(progress.looked_at / progress.seconds))}/s" if progress.seconds >= 1 else ""
    if stored is StorageUse.NONCURRENT:
        return f"{number(progress.looked_at - progress.current)} of {counted(progress.looked_at, 'version')}{rate}"
    return counted(progress.looked_at, "key") + rate


MOST_NODES = 30_000
"""Prefixes that are kept apart, about a kilobyte each; deeper ones count for those above."""


class SizeNode:
    """One prefix; its shares include everything below it."""

    __slots__ = ("children", "folded", "name", "parent", "shares")

    def __init__(self, name: str, parent: SizeNode | None) -> None:
        self.name, self.parent = name, parent
        self.children: dict[str, SizeNode] = {}
        self.shares: dict[Share, Amount] = {}
        self.folded = False
        """Whether prefixes below are not kept apart."""

    @property
    def prefix(self) -> str:
        """The prefix, below the measured location."""
        return self.parent.prefix + self.name if self.parent else ""

    @property
    def bytes(self) -> int:
        return sum(each.bytes for each in self.shares.values())

    @property
    def objects(self) -> int:
        return sum(each.objects for each in self.shares.values())

    def own(self) -> Mapping[Share, Amount]:
        """The amounts directly here, or below prefixes that are not kept apart."""
        rest = {share: Amount(*_values(amount)) for share, amount in self.shares.items()}
        for child in self.children.values():
            for share, amount in child.shares.items():
                rest[share].add(Amount(*(-value for value in _values(amount))))
        return {share: amount for share, amount in rest.items() if amount.objects}


class SizeTree:
    """All prefixes below a location."""

    def __init__(self, most: int = MOST_NODES) -> None:
        self.root = SizeNode("", None)
        self._free = most

    @property
    def folded(self) -> bool:
        return self._free <= 0

    def add(self, parts: Iterable[SizePart]) -> None:
        for part in parts:
            for node in self._way(part.prefix):
                known = node.shares.get(part.share)
                if known is None:
                    known = node.shares[part.share] = Amount()
                known.add(part.amount)

    def remove(self, node: SizeNode, stored: StorageUse) -> None:
        """Remove what is `stored` below a prefix, and prefixes that become empty."""
        gone = [(share, amount) for share, amount in node.shares.items() if share.stored is stored]
        for above in _above(node):
            for share, amount in gone:
                above.shares[share].add(Amount(*(-value for value in _values(amount))))
                if not above.shares[share].objects:
                    del above.shares[share]
        below = [node]
        for each in below:
            each.shares = {share: amount for share, amount in each.shares.items() if share.stored is not stored}
            below += each.children.values()
        for each in [*reversed(below), *_above(node)]:
            if each.parent and not each.shares:
                each.parent.children.pop(each.name, None)

    def _way(self, prefix: str) -> Iterator[SizeNode]:
        """The nodes from the root to a prefix, created while there is room."""
        node = self.root
        yield node
        for segment in prefix.split(DELIMITER)[:-1]:
            child = node.children.get(segment + DELIMITER)
            if child is None:
                if self._free <= 0:
                    node.folded = True
                    return
                self._free -= 1
                child = node.children[segment + DELIMITER] = SizeNode(segment + DELIMITER, node)
            node = child
            yield node


class Breakdown(StrEnum):
    """The criteria by which amounts are broken down."""

    CLASS = "class"
    OWNER = "owner"
    AGE = "age"
    STORED = "stored"


def broken_down(shares: Mapping[Share, Amount], by: Breakdown) -> dict[str, Amount]:
    """Amounts by class, owner (canonical id), age or kind: the largest first, ages in their order."""
    sums: dict[str, Amount] = {}
    for share, amount in shares.items():
        sums.setdefault(_label(share, by), Amount()).add(amount)
    if by is Breakdown.AGE:
        return {words: sums[words] for _, words in AGES if words in sums}
    return dict(sorted(sums.items(), key=lambda item: (-item[1].bytes, item[0])))


def _above(node: SizeNode) -> Iterator[SizeNode]:
    while node.parent:
        node = node.parent
        yield node


def _values(amount: Amount) -> tuple[int, int, int, int]:
    return amount.objects, amount.bytes, amount.missing, amount.monitored


def _label(share: Share, by: Breakdown) -> str:
    match by:
        case Breakdown.CLASS:
            return share.storage_class
        case Breakdown.OWNER:
            return share.owner
        case Breakdown.AGE:
            return AGES[share.age][1]
        case Breakdown.STORED:
            return share.stored.value
        case _:
            assert_never(by)
