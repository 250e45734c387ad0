"""Sizes and costs in words."""

from __future__ import annotations

from tui.core.costs import Cost
from tui.core.identity import AddressBook
from tui.core.searching import SizeProgress, Stored
from tui.model.finding.size_tree import Breakdown
from tui.text.format import counted, number, visible

OVERHEADS = (
    "Estimate for storage alone: no requests, transfer, retrieval or tax. STANDARD_IA, ONEZONE_IA and GLACIER_IR bill "
    "at least 128 KiB an object; GLACIER and DEEP_ARCHIVE 32 KiB more an object and 8 KiB as STANDARD; "
    "INTELLIGENT_TIERING counts as frequently accessed."
)


def money(cost: Cost) -> str:
    """USD a month in at most eight cells; a ``+`` where classes without a price are not in it."""
    more = "+" if cost.unpriced else ""
    if cost.usd >= 100:
        return f"${number(round(cost.usd))}{more}"
    if cost.usd >= 0.01:
        return f"${cost.usd:.2f}{more}"
    return f"{'<$0.01' if cost.usd > 0 else '$0'}{more}"


def label_words(label: str, by: Breakdown, book: AddressBook) -> str:
    """A label of a breakdown as it is shown: owners by their names."""
    if by is Breakdown.OWNER:
        return visible(book.name(label)) if label else "unknown"
    return visible(label)


def measuring_words(stored: Stored, progress: SizeProgress) -> str:
    """How far it has come: ``200,000 keys, 41,000/s``; of noncurrent versions ``3 of 17 versions``."""
    rate = f", {number(int(progress.looked_at / progress.seconds))}/s" if progress.seconds >= 1 else ""
    if stored is Stored.NONCURRENT:
        return f"{number(progress.looked_at - progress.current)} of {counted(progress.looked_at, 'version')}{rate}"
    return counted(progress.looked_at, "key") + rate
