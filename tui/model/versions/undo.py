"""What can be taken back: transfers that wrote or deleted in buckets that keep versions."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from tui.core.orders import RevertOrder
from tui.core.transfer import Transfer


class Undoable(StrEnum):
    """How much of a transfer can be taken back at most: what was done to its objects since is not looked at."""

    ALL = "all"
    SOME = "some"
    NONE = "no"


class UndoEntry(Struct, frozen=True):
    """One transfer. `objects` were written or deleted, of `possible` of them the version ids are known.

    `why`: why the others cannot be taken back. `undone` is the id of the transfer that was the last to take some of it
    back, `undone_objects` how many objects all of them have taken back; with `undoing` it is still running. Empty: none
    is running, and none has taken anything back.
    """

    transfer: Transfer
    order: RevertOrder
    objects: int = 0
    possible: int = 0
    why: str = ""
    undone: str = ""
    undone_objects: int = 0
    undoing: bool = False

    @property
    def undoable(self) -> Undoable:
        """How much of it."""
        if not self.possible:
            return Undoable.NONE
        return Undoable.ALL if self.possible == self.objects else Undoable.SOME

    @property
    def is_open(self) -> bool:
        """Whether something is left to take back, or is just being taken back."""
        return self.undoing or self.undone_objects < self.possible
