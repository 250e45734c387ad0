"""What an order is, for a list: its kind, its engine, its two ends. Pure."""

from __future__ import annotations

from tui.model.batch.operations import BatchAcl, BatchChecksum, BatchRestore, BatchTags
from tui.model.engines import BATCH, LOCAL
from tui.model.location import Location
from tui.model.orders import (
    BatchCopy,
    BatchOrder,
    CopyOrder,
    DeleteOrder,
    Order,
    RemoveBucketOrder,
    RepairOrder,
    RestoreOrder,
    RevertOrder,
    SyncOrder,
    UndeleteOrder,
    WriteOrder,
)
from tui.model.transfer import TransferKind

_KINDS: dict[type, TransferKind] = {
    DeleteOrder: TransferKind.DELETE,
    RepairOrder: TransferKind.REPAIR,
    UndeleteOrder: TransferKind.UNDELETE,
    RevertOrder: TransferKind.REVERT,
    RestoreOrder: TransferKind.RESTORE,
    RemoveBucketOrder: TransferKind.REMOVE,
    SyncOrder: TransferKind.SYNC,
    WriteOrder: TransferKind.WRITE,
}


_BATCH_KINDS: dict[type, TransferKind] = {
    BatchCopy: TransferKind.COPY,
    BatchTags: TransferKind.TAG,
    BatchAcl: TransferKind.ACL,
    BatchRestore: TransferKind.RESTORE,
    BatchChecksum: TransferKind.CHECKSUM,
}


def kind_of(order: Order) -> TransferKind:
    """What an order does."""
    if isinstance(order, BatchOrder):
        return _BATCH_KINDS[type(order.operation)]
    if kind := _KINDS.get(type(order)):
        return kind
    return TransferKind.MOVE if isinstance(order, CopyOrder) and order.options.move else TransferKind.COPY


def engine_of(order: Order) -> str:
    """What carries an order out."""
    if isinstance(order, BatchOrder):
        return BATCH
    return order.options.engine if isinstance(order, CopyOrder) else LOCAL


def source_name(order: Order) -> str:
    """What an order is about, for a list: the one object or prefix, else where the selected ones lie."""
    selection = order.selection
    only = [*selection.keys, *selection.prefixes]
    return Location(selection.base.bucket, only[0]).uri if len(only) == 1 else selection.base.uri


def target_name(order: Order) -> str:
    """Where it goes, for a list; empty for what goes nowhere."""
    if isinstance(order, BatchOrder):
        return target_name(order.copy) if order.copy else ""
    if not isinstance(order, CopyOrder):
        return ""
    destination = order.destination
    return Location(destination.location.bucket, destination.name or destination.location.key).uri
