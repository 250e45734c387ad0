"""The canned ACL of a job's copies where none is chosen."""

from __future__ import annotations

from tui.core.identity import Owner
from tui.core.orders import BatchCopy, BatchOrder
from tui.stores.base import Store
from tui.transfers.bucket_owner import acl_to_send, read_target_bucket


async def target_acl(order: BatchOrder, target: Store, writer: Owner | None) -> str:
    """What AUTO is by the bucket that `target` sees and the account that the job writes as; empty: none.

    Raises `ProblemError` only where the bucket does not exist.
    """
    operation = order.operation
    if not isinstance(operation, BatchCopy):
        return ""
    return acl_to_send(await read_target_bucket([target], operation.destination.location.bucket), writer)
