"""By what two objects of one name and one size are compared."""

from __future__ import annotations

from enum import StrEnum


class CompareMode(StrEnum):
    """What decides about equal sizes; other sizes always differ, and equal ETags are always the same content."""

    AUTO = "auto"
    """ETags and times as far as they prove something; what they leave open is unknown."""
    TIME = "time"
    """The same unless the left one, the source, was written later, by whole seconds."""
    SIZE = "size"
    """The same."""
    CHECKSUM = "checksum"
    """As AUTO, and what that leaves open by checksums, or by reading both where there are none."""

    @property
    def trusts(self) -> bool:
        """Whether objects are taken for the same without a proof, because the user said so."""
        return self in (CompareMode.TIME, CompareMode.SIZE)

    @property
    def following(self) -> CompareMode:
        """The next one of a choice that goes round."""
        modes = list(CompareMode)
        return modes[(modes.index(self) + 1) % len(modes)]
