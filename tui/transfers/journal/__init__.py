"""The journal: what must outlive the engine, in SQLite. Transfers, their uploads and parts, the result of each object.

`journal` is what the queue calls, with its `results`, `uploads` and `pending_deletes`; `records` are the values kept.
`file_access` runs the threads: `writer` writes (many calls, one commit), `writes` are its statements, `sweeping`
removes what is no longer needed; `reading` queries on a connection of its own. `opening` creates or opens the file,
`schema` migrates an older one, `problems` words what went wrong.
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
