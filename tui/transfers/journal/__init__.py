"""The journal: what must outlive the engine, in SQLite. Transfers, their uploads and parts, the result of each object.

The queue calls `journal`, with its `results`, `uploads` and `deletes`; `records` are the values that are kept.
`writer` writes in a thread of its own (many calls, one commit) and sweeps out what is no longer needed;
`reading_journal` queries on a connection of its own. `opening_journal` opens the file and words its problems,
`journal_schema` migrates older files.
"""

from tui.transfers.journal.journal import Journal
from tui.transfers.journal.records import (
    Cursor,
    KeptPart,
    KeptResult,
    OutcomeCounts,
    PendingDelete,
    TransferRecord,
    TransferStatus,
    UploadRecord,
)

__all__ = [
    "Cursor",
    "Journal",
    "KeptPart",
    "KeptResult",
    "OutcomeCounts",
    "PendingDelete",
    "TransferRecord",
    "TransferStatus",
    "UploadRecord",
]
