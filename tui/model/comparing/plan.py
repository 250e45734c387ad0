"""What a synchronisation would do."""

from __future__ import annotations

from msgspec import Struct

from tui.core.problem import Problem
from tui.core.transfer import PlannedObject


class SyncPlan(Struct, frozen=True):
    """Counts so far, and more of what would be deleted. Sizes in bytes.

    `unknown`: objects of one size that nothing proves to be the same or not, and whose target is not older: they stay.
    `unlisted`: why something could not be listed; nothing is deleted then, as what is not seen cannot be compared.
    `shown`: the list of all that would be deleted, once it is complete; empty: nothing would be.
    """

    copies: int = 0
    overwrites: int = 0
    copied_bytes: int = 0
    deletes: int = 0
    deleted_bytes: int = 0
    same: int = 0
    unknown: int = 0
    deletions: list[PlannedObject] = []
    shown: str = ""
    complete: bool = False
    unlisted: Problem | None = None

    @property
    def source_objects(self) -> int:
        """How many objects the source has, as far as it was compared."""
        return self.copies + self.overwrites + self.same + self.unknown
