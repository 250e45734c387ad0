"""The journal: what must outlive the engine. Transfers, their uploads and parts, and what became of each object.

Where to read: `journal` is what the queue calls; `records` are the values it keeps. `writer` is the one thread that
writes (many calls, one commit), `writes` what it writes, `sweeping` how it removes what nobody needs any more;
`reading` asks on a connection of its own. `opening` makes or finds the file, `schema` brings an older one up to date,
`problems` says what went wrong.
"""

from tui.transfers.journal.journal import Journal
from tui.transfers.journal.records import (
    Counts,
    Cursor,
    Departure,
    KeptPart,
    Standing,
    TransferRecord,
    UploadRecord,
)

__all__ = ["Counts", "Cursor", "Departure", "Journal", "KeptPart", "Standing", "TransferRecord", "UploadRecord"]
