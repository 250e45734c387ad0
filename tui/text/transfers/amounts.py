"""How much of a transfer is done. Pure."""

from __future__ import annotations

from tui.model.engines import EngineKind, read_engine
from tui.model.transfer import Transfer, TransferState
from tui.text.format import size


def progress(transfer: Transfer) -> tuple[int, int]:
    """Done and to do: bytes where there are any, else objects; an ended count of nothing is done.

    Of a transfer by a job of S3 always objects: S3 says nothing of bytes, and this machine copies only the largest.
    """
    if transfer.bytes_total and not _by_job(transfer):
        return transfer.bytes_done, transfer.bytes_total
    settled = transfer.objects_done + transfer.objects_skipped
    return settled, transfer.objects_total or int(transfer.state is not TransferState.DONE)


def bytes_words(transfer: Transfer) -> str:
    """``1.20 GiB of 3.40 GiB``; empty where the bytes are not known."""
    return f"{size(transfer.bytes_done)} of {size(transfer.bytes_total)}" if bytes_known(transfer) else ""


def bytes_known(transfer: Transfer) -> bool:
    """Whether its bytes say anything: of a job of S3 only those that this machine copies are known."""
    return bool(transfer.bytes_total or transfer.bytes_done) or not _by_job(transfer)


def _by_job(transfer: Transfer) -> bool:
    return read_engine(transfer.engine).kind is EngineKind.BATCH
