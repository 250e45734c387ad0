"""What can be taken back, in words, for screen and commands."""

from __future__ import annotations

from tui.model.transfer import Transfer, TransferKind
from tui.model.versions.undo import Undoable, UndoEntry
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


def cannot_words(count: int, how: str) -> str:
    """What is left out of a list: ``12 transfers cannot be undone: --all lists them``; `how` they are listed."""
    return f"{counted(count, 'transfer')} cannot be undone: {how}"


def what_words(transfer: Transfer) -> str:
    """What it did: ``deletion s3://a/x``, ``copy s3://a/x/ → s3://b/y/``."""
    arrow = f" → {transfer.target}" if transfer.target else ""
    return f"{WHAT.get(transfer.kind, transfer.kind.value)} {transfer.source}{arrow}"
