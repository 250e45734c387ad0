"""The words for what a transfer has done, and how far it has come."""

from __future__ import annotations

from tui.model.transfer import Transfer, TransferKind
from tui.text.format import eta, number, percent, rate, size

DONE_WORDS = {
    TransferKind.COPY: "copied",
    TransferKind.MOVE: "moved",
    TransferKind.DELETE: "deleted",
    TransferKind.REPAIR: "repaired or granted",
    TransferKind.UNDELETE: "undeleted",
    TransferKind.REVERT: "undone",
    TransferKind.RESTORE: "requested",
    TransferKind.REMOVE: "deleted",
    TransferKind.SYNC: "copied or deleted",
    TransferKind.TAG: "tagged",
    TransferKind.ACL: "changed",
    TransferKind.CHECKSUM: "computed",
}
"""What has become of the objects that had what was asked for."""


def progress_words(transfer: Transfer) -> str:
    """How far it has come, in a line. Of restores only the requests are known: when S3 has the bytes is not."""
    of = number(transfer.objects_total) + ("…" if transfer.counting else "")
    if transfer.kind is TransferKind.RESTORE:
        skipped = f"  {number(transfer.objects_skipped)} skipped" if transfer.objects_skipped else ""
        return f"{number(transfer.objects_done)} of {of} restores requested{skipped}"
    words = [
        percent(transfer.bytes_done, transfer.bytes_total),
        f"{number(transfer.objects_done)} of {of} objects",
        f"{size(transfer.bytes_done)} of {size(transfer.bytes_total)}",
        rate(transfer.rate),
        eta(transfer.eta),
        transfer.route or "",
    ]
    return "  ".join(word for word in words if word)
