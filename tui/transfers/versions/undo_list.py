"""Transfers as what can be taken back."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from tui.core.orders import RevertOrder
from tui.core.transfer import Transfer
from tui.messages.listing_requests import UndoEntry
from tui.transfers.journal import Journal
from tui.transfers.versions.revert import WROTE, revert_order, why_not


async def undo_list(transfers: Sequence[Transfer], journal: Journal) -> AsyncGenerator[UndoEntry]:
    """Those that wrote or deleted something, the latest first; each result is looked at, none is kept."""
    orders = {record.id: record.order for record in await journal.transfers()}
    undoing = defaultdict[str, list[Transfer]](list)
    for each in sorted(transfers, key=lambda each: each.submitted):
        if isinstance(order := orders.get(each.id), RevertOrder) and (each.objects_done or not each.state.ended):
            undoing[order.transfer].append(each)
    for transfer in sorted(transfers, key=lambda each: each.submitted, reverse=True):
        done = orders.get(transfer.id)
        revert = revert_order(transfer.id, done) if done else None
        if revert is None:
            continue
        objects, reasons = 0, Counter[str]()
        async with aclosing(journal.results.of(transfer.id)) as results:
            async for result in results:
                if result.outcome in WROTE:
                    objects += 1
                    reasons[why_not(result)] += 1
        if objects:
            possible = reasons.pop("", 0)
            why = next((why for why, _ in reasons.most_common(1)), "")
            undone = undoing.get(transfer.id, [])
            yield UndoEntry(
                transfer,
                revert,
                objects,
                possible,
                why,
                undone[-1].id if undone else "",
                sum(each.objects_done for each in undone),
                undoing=any(not each.state.ended for each in undone),
            )
