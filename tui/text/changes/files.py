"""The documents of planned changes as files: their names and their texts. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from tui.core.changes import Change
from tui.text.changes.diff import pretty


def document_files(changes: Sequence[Change]) -> dict[str, str]:
    """The text of each document as it shall be, by the name of its file; one that is removed has none."""
    return {
        _name(number, change): pretty(change.after) + "\n"
        for number, change in enumerate(changes, start=1)
        if change.after is not None
    }


def _name(number: int, change: Change) -> str:
    kind = change.ref.kind.replace(" ", "-")
    return f"{number}-{kind}-{change.ref.resource or change.ref.location.bucket}.json".replace("/", "_")
