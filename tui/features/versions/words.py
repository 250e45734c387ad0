"""Undo in words, for screen and commands."""

from __future__ import annotations

from collections.abc import Collection

from tui.core.transfer import Transfer, TransferKind
from tui.messages.listing_requests import Undoable, UndoEntry
from tui.text.format import counted, number

WHAT = {
    TransferKind.COPY: "copy",
    TransferKind.MOVE: "move",
    TransferKind.DELETE: "deletion",
    TransferKind.WRITE: "edit or upload",
}


def undo_words(entry: UndoEntry) -> str:
    """What can be taken back: ``up to 3 objects``, ``up to 2 of 3 objects: …``, ``no: the bucket kept no versions``."""
    if entry.undoing:
        return f"being undone by {entry.undone}"
    if entry.undone and entry.undone_objects < entry.objects:
        done = f"{number(entry.undone_objects)} of {counted(entry.objects, 'object')}"
        return f"partly undone by {entry.undone}: {done}"
    if entry.undone:
        return f"undone by {entry.undone}"
    match entry.undoable:
        case Undoable.ALL:
            return f"up to {counted(entry.objects, 'object')}"
        case Undoable.SOME:
            return f"up to {number(entry.possible)} of {counted(entry.objects, 'object')}: {entry.why}"
        case Undoable.NONE:
            return f"no: {entry.why}"


def left_out_words(left_out: Collection[UndoEntry], how: str) -> str:
    """What a list leaves out: ``2 transfers cannot be undone, 1 is undone already: …``, and `how` it is listed."""
    undone = sum(1 for entry in left_out if entry.possible)
    cannot = len(left_out) - undone
    said = [f"{counted(cannot, 'transfer')} cannot be undone"] if cannot else []
    if undone:
        subject = number(undone) if cannot else counted(undone, "transfer")
        said.append(f"{subject} {'is' if undone == 1 else 'are'} undone already")
    return f"{', '.join(said)}: {how}"


def what_words(transfer: Transfer) -> str:
    """What it did: ``deletion s3://a/x``, ``copy s3://a/x/ → s3://b/y/``."""
    arrow = f" → {transfer.target}" if transfer.target else ""
    return f"{WHAT.get(transfer.kind, transfer.kind.value)} {transfer.source}{arrow}"
