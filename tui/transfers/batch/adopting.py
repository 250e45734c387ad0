"""The order of a job, kept beside its manifest: another machine with the same account takes the job over by it.

It says what was ordered and nothing of the identities that ordered it.
"""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from tui.core.location import Location
from tui.core.naming import counted
from tui.core.orders import BatchCopy, BatchOrder
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.stores.base import Store
from tui.stores.store_values import ObjectAttributes

ORDER = "order.json"

MOST_ORDER = 32 * 1024 * 1024
"""Bytes; an order may name many keys."""

_ATTRIBUTES = ObjectAttributes(headers={"ContentType": "application/json"}, encryption="AES256")


async def keep_order(store: Store, folder: Location, order: BatchOrder) -> None:
    """Write it into the folder of its transfer. Raises `ProblemError`."""
    await store.put(folder.bucket, folder.key + ORDER, msgspec.json.encode(of_nobody(order)), _ATTRIBUTES)


async def read_order(store: Store, folder: Location) -> BatchOrder:
    """The order of a job, whose identities are empty. Raises `ProblemError`."""
    place = Location(folder.bucket, folder.key + ORDER)
    head = await store.head(place.bucket, place.key)
    if head.size > MOST_ORDER:
        raise _unusable(place, f"it has {counted(head.size, 'byte')}")
    content = await store.read(place.bucket, place.key, etag=head.etag, start=0, length=head.size)
    try:
        return msgspec.json.decode(content, type=BatchOrder)
    except msgspec.MsgspecError as error:
        raise _unusable(place, str(error)) from error


def of_nobody(order: BatchOrder) -> BatchOrder:
    """The order without identities, and without what belongs to one machine."""
    return with_identities(replace(order, receipt="", adopts=""), "", "", "")


def with_identities(order: BatchOrder, job: str, source: str, target: str) -> BatchOrder:
    """The order with these connections: the job's, and those of both sides."""
    operation = order.operation
    if isinstance(operation, BatchCopy):
        operation = replace(operation, destination=replace(operation.destination, connection=target))
    return replace(order, connection=job, selection=replace(order.selection, connection=source), operation=operation)


def _unusable(place: Location, why: str) -> ProblemError:
    return ProblemError(
        Problem(
            kind=ProblemKind.INVALID,
            title="the order of the job cannot be read",
            cause=why,
            remedy="adopt jobs that xs3-tui has made, with a version that is not newer than this one",
            resource=place.uri,
        )
    )
