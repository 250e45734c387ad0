"""How much a queue does at once and remembers afterwards."""

from __future__ import annotations

from dataclasses import dataclass

from tui.core.naming import MIB


@dataclass(frozen=True, slots=True)
class TransferLimits:
    """Bounds of one `TransferQueue`, over all its transfers.

    Small objects are bound by `objects` and `memory`, large ones by `streams`, or where they go through memory by
    `parts` and `memory`. A part larger than `memory` is then relayed alone, so memory is one such part.
    """

    objects: int = 256
    """Objects under way at once; beyond it, a transfer that has none under way still gets one."""
    first_objects: int = 32
    """Those of one transfer, until it has shown that more are of use (see `ObjectConcurrency`)."""
    parts: int = 8
    """Parts of multipart uploads under way at once."""
    streams: int = 32
    """Parts under way at once that are written while they are read: each takes a thread, two connections, 256 KiB."""
    memory: int = 64 * MIB
    """Bytes of relayed bodies held at once."""
    owner_samples: int = 500
    """Of so many copies that were written alike, the owner of one is read back."""
    waiting_conflicts: int = 500
    """Objects of one transfer that wait for a decision before its listing pauses."""
    kept_transfers: int = 200
    """Ended transfers kept in the list (the latest)."""
    notes: int = 50
    """Different notes kept per transfer."""
