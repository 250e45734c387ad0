"""How far a transfer has come, as a share."""

from __future__ import annotations

from tui.model.transfer import Transfer, TransferState
from tui.text.format import percent


def progress(transfer: Transfer) -> tuple[int, int]:
    """Done and to do: bytes where there are any, else objects; a transfer that found nothing is done."""
    if transfer.bytes_total:
        return transfer.bytes_done, transfer.bytes_total
    settled = transfer.objects_done + transfer.objects_skipped
    return settled, transfer.objects_total or int(transfer.state is not TransferState.DONE)


def share(transfer: Transfer) -> str:
    """The percentage of it that is done, in five cells; empty for one that has ended with nothing to do."""
    if transfer.state.ended and not (transfer.bytes_total or transfer.objects_total):
        return ""
    return percent(*progress(transfer))
