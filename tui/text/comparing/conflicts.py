"""An object that exists at the target, in words."""

from __future__ import annotations

from tui.core.transfer import Conflict, Verification


def sameness(conflict: Conflict) -> str:
    """Whether the two contents are the same, and what that rests on; both objects were seen."""
    if conflict.source_size != conflict.target_size:
        return "they differ by size"
    match conflict.verification:
        case Verification.SAME:
            return f"the same content ({conflict.evidence})"
        case Verification.DIFFERS:
            return f"same size, but they differ ({conflict.evidence})"
        case Verification.UNKNOWN:
            return "same size; not known whether they are the same"
