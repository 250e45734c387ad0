"""Transfers as what can be taken back."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from tui.model.orders import RevertOrder
from tui.model.transfer import Transfer, TransferState
from tui.model.versions.undo import UndoEntry
from tui.transfers.journal import Journal
from tui.transfers.versions.revert import WROTE, revert_order, why_not

_TOOK_NOTHING_BACK = (TransferState.CANCELLED, TransferState.FAILED)


async def undo_list(transfers: Sequence[Transfer], journal: Journal) -> AsyncGenerator[UndoEntry]:
    """Those that wrote or deleted something, the latest first; each result is looked at, none is kept."""
    orders = {record.id: record.order for record in await journal.transfers()}
    undoing = {
        order.transfer: each.id
        for each in transfers
        if isinstance(order := orders.get(each.id), RevertOrder) and each.state not in _TOOK_NOTHING_BACK
    }
    for transfer in sorted(transfers, key=lambda each: each.submitted, reverse=True):
        done = orders.get(transfer.id)
        order = revert_order(transfer.id, done) if done else None
        if order is None:
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
            yield UndoEntry(transfer, order, objects, possible, why, undoing.get(transfer.id, ""))
