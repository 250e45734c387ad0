"""Sizes of objects and transfers in words, where they may not be known: a job of S3 reports objects without sizes."""

from __future__ import annotations

from tui.core.engines import EngineKind, read_engine
from tui.core.transfer import Transfer, TransferKind, TransferState
from tui.text.format import percent, rate, size

UNKNOWN = "size unknown"
NOT_REPORTED = "size and checksum unknown"
"""Of a copy that a completion report names."""


def object_size(octets: int | None) -> str:
    """``1.42 GiB``, or that it is not known."""
    return UNKNOWN if octets is None else size(octets)


def done_size(transfer: Transfer, unknown: str = UNKNOWN) -> str:
    """How much was carried out. Of a job of S3 only what this machine has copied is known; of none of it: `unknown`."""
    if not reported(transfer):
        return size(transfer.bytes_done)
    return f"over {size(transfer.bytes_done)}" if transfer.bytes_done else unknown


def done_of_all(transfer: Transfer) -> str:
    """``1.42 GiB of 2 GiB``, as far as it is known."""
    if reported(transfer):
        return done_size(transfer)
    return f"{size(transfer.bytes_done)} of {size(transfer.bytes_total)}"


def speed(transfer: Transfer) -> str:
    """The rate of a running transfer; empty while S3 copies by itself, which reports no bytes."""
    return "" if reported(transfer) and not transfer.rate else rate(transfer.rate)


def progress(transfer: Transfer) -> tuple[int, int]:
    """Done and to do: bytes where there are any, else objects; a transfer that found nothing is done."""
    if transfer.bytes_total and not reported(transfer):
        return transfer.bytes_done, transfer.bytes_total
    settled = transfer.objects_done + transfer.objects_skipped
    return settled, transfer.objects_total or int(transfer.state is not TransferState.DONE)


def share(transfer: Transfer) -> str:
    """The percentage of it that is done, in five cells; empty for one that has ended with nothing to do."""
    if transfer.state.ended and not (transfer.bytes_total or transfer.objects_total):
        return ""
    return percent(*progress(transfer))


def found_nothing(transfer: Transfer) -> bool:
    """Whether it has ended without an object to copy or delete, though it was to find some."""
    finds = transfer.kind in (TransferKind.COPY, TransferKind.MOVE, TransferKind.DELETE, TransferKind.UNDELETE)
    empty = not transfer.objects_total and not transfer.objects_filtered
    return finds and empty and transfer.state is TransferState.DONE


def reported(transfer: Transfer) -> bool:
    """Whether its objects are those of a completion report, which says no sizes."""
    return bool(transfer.objects_total) and read_engine(transfer.engine).kind is EngineKind.BATCH
