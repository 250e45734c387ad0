"""Which of the listed objects a job that restores leaves out. Pure.

Amazon S3 API reference, S3InitiateRestoreObjectOperation: a job restores either GLACIER and DEEP_ARCHIVE, or the
archive tiers of INTELLIGENT_TIERING. It may not send days for the latter.
"""

from __future__ import annotations

from tui.core.orders import ARCHIVE_CLASSES, TIERING, BatchRestore
from tui.transfers.selection import Picked

NOT_ARCHIVED = "not archived"


def why_not_restored(operation: BatchRestore, picked: Picked) -> str:
    """Why it is left out, by its class as listed; empty: it is not, or nothing is known of it."""
    if picked.size is None or picked.storage_class in operation.classes:
        return ""
    if picked.storage_class == TIERING:
        return f"{TIERING}: another job restores it (--intelligent-tiering)"
    if picked.storage_class in ARCHIVE_CLASSES:
        return f"{picked.storage_class}: another job restores it (without --intelligent-tiering)"
    return NOT_ARCHIVED
