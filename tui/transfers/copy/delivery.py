"""One object that is being copied: its key at the target, the bytes written so far, the notes for its result."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from tui.core.transfer import ObjectResult
from tui.stores.store_values import ObjectHead
from tui.transfers.copy.inferred.owners import OwnerOfCopy
from tui.transfers.copy.upload_records import ObjectUploads

BeforeDelete = Callable[[ObjectHead, str, ObjectResult], Awaitable[None]]
"""Awaited before the source of a move is deleted: the source as it was copied, the copy's key, the copy's result."""


@dataclass(slots=True)
class Delivery:
    """One object that is being copied to its key, and what its transfer learns about it."""

    transfer: str
    bucket: str
    key: str
    on_bytes: Callable[[int, bool], None]
    """Called with how many bytes have arrived, and whether they were sent just now; a negative count takes back what
    an aborted upload had brought."""
    uploads: ObjectUploads
    before_delete: BeforeDelete
    notes: list[str] = field(default_factory=list)
    replaces: str = ""
    """The ETag of what was at the key when it was looked at, and is to be replaced; nothing else may be."""
    new: bool = False
    """Nothing was at the key when it was looked at, and nothing may be replaced that has come since."""
    arrived: int = 0
    """At first what an upload that was left has of it."""
    annotations: str = ""
    """What became of the source's annotations, for the result."""
    stays: str = ""
    """Why the source of a move is to stay, though its copy is the same; empty: it need not."""
    continued: bool = False
    """An upload was finished that an earlier run has begun: which of its attributes were refused is not known here."""
    owner: OwnerOfCopy | None = None
    """Who owns the copy, once it was made."""
    ended: ObjectResult | None = None
    """Its result, once the source was deleted or is to stay: a cancellation after that comes too late."""

    def add(self, count: int) -> None:
        """More bytes are at the target."""
        self.arrived += count
        self.on_bytes(count, True)

    def found(self, count: int) -> None:
        """Bytes are at the target that were brought there before."""
        self.arrived += count
        self.on_bytes(count, False)

    def withdraw(self) -> None:
        """Nothing has arrived after all."""
        if self.arrived:
            self.on_bytes(-self.arrived, False)
        self.arrived = 0

    def note(self, text: str) -> None:
        """Keep something the user should know, once."""
        if text not in self.notes:
            self.notes.append(text)
