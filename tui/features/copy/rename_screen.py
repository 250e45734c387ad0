"""Asks for another name of an object or prefix."""

from __future__ import annotations

from tui.core.location import DELIMITER, Location
from tui.kit.name_screen import NameScreen
from tui.text.format import cut_middle, number, visible
from tui.text.typed import TypedError, object_below, prefix_below

COPY_IN_BUCKET = "S3 cannot rename: the object is copied to the new key and deleted after the copy is verified."
COPY_ON_DISK = "The file is copied to the new name and deleted after the copy is verified."
NAME_SHOWN = 40


class RenameScreen(NameScreen):
    """Another name for an object or a prefix, on the same level or below it."""

    VERB = "rename"

    def __init__(self, old: Location, marked: int = 0) -> None:
        """`marked` entries have marks, which do not count here."""
        note = COPY_ON_DISK if old.kind.has_directories else COPY_IN_BUCKET
        name = old.name.removesuffix(DELIMITER) if old.is_prefix else old.name
        if marked:
            others = f"{number(marked)} {'is' if marked == 1 else 'are'} marked"
            note = f"Renames {cut_middle(visible(name), NAME_SHOWN)} only; {others}. {note}"
        super().__init__("Rename in ", note, old.parent, name)
        self._old = old

    def place(self, typed: str) -> Location:
        """The new place; not the old one, and not inside it."""
        if not self._old.is_prefix:
            new = object_below(self._level, typed)
        else:
            new = prefix_below(self._level, typed)
            if new != self._old and new.key.startswith(self._old.key):
                raise TypedError("a prefix cannot be moved into itself")
        if new == self._old:
            raise TypedError("it already has this name")
        return new
