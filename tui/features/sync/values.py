"""Compare and sync two locations."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct

from tui.core.location import Location
from tui.core.orders import CompareMode, CopyOptions, Destination, Filters, Selection, SyncOrder
from tui.core.problem import Problem
from tui.core.transfer import Limits, PlannedObject
from tui.link.request import Feed, Request
from tui.messages.order_requests import Accepted


class ComparisonState(StrEnum):
    """The state of a name at two locations."""

    LEFT = "left"
    """Only the left place has it."""
    RIGHT = "right"
    """Only the right place has it."""
    DIFFERS = "differs"
    UNKNOWN = "unknown"
    """Both have it with equal sizes, and nothing proves that they are the same or that they differ."""
    SAME = "same"


class ComparisonEvidence(StrEnum):
    """The evidence for a state."""

    LISTED = "listed"
    """Only one of the two listings has it."""
    SIZE = "size"
    ETAG = "etag"
    CHECKSUM = "checksum"
    """Checksums that S3 stores, or computed from a local file."""
    CONTENT = "content"
    """Both were read and compared."""
    TIME = "time"
    """Equal sizes and times. For UNKNOWN: other times, or times in one second that prove nothing."""
    SIZE_ONLY = "size-only"
    """Equal sizes; the user wanted no other check."""
    SIZE_TIME = "size-time"
    """Equal sizes; the user wanted times to decide. The left one is not newer; for DIFFERS, it is."""


class ComparedSide(Struct, frozen=True, array_like=True, gc=False):
    """What a listing has for a name: `size` in bytes, `modified` in seconds since the epoch, ETag with its quotes.

    The garbage collector tracks neither these nor rows: there are millions, and they have no cycles.
    """

    size: int
    modified: int
    etag: str = ""
    storage_class: str = "STANDARD"


class ComparedRow(Struct, frozen=True, array_like=True, gc=False):
    """One name, relative to both locations."""

    name: str
    state: ComparisonState
    evidence: ComparisonEvidence
    left: ComparedSide | None = None
    right: ComparedSide | None = None

    @property
    def left_is_newer(self) -> bool:
        """Whether both locations have it and the left one was written later."""
        return self.left is not None and self.right is not None and self.left.modified > self.right.modified

    @property
    def is_of_one_second(self) -> bool:
        """Whether a file and the other side were written in the same second, and nothing shows which is newer."""
        unproven = self.state is ComparisonState.UNKNOWN and self.evidence is ComparisonEvidence.TIME
        return (
            unproven and self.left is not None and self.right is not None and self.left.modified == self.right.modified
        )


class StateCount(Struct, frozen=True):
    """The number of names with one state, and their bytes at both locations."""

    objects: int = 0
    left_bytes: int = 0
    right_bytes: int = 0


CountsByState = dict[ComparisonState, StateCount]
"""By state; states without names may be missing."""


class ComparedPlace(Struct, frozen=True):
    """A prefix (or bucket, or directory) as one identity sees it."""

    connection: str
    location: Location


class Comparison(Struct, frozen=True):
    """Compares all names below two locations that pass the filters.

    Limits on size and time apply to the left object, or to the right one if there is no left one. `by` says what
    decides about equal sizes.
    """

    left: ComparedPlace
    right: ComparedPlace
    filters: Filters = Filters()
    by: CompareMode = CompareMode.AUTO


class ComparisonUpdate(Struct, frozen=True):
    """More rows of a comparison, in key order, and the counts so far."""

    rows: list[ComparedRow] = []
    counts: CountsByState = {}
    complete: bool = False
    unlisted: Problem | None = None
    """Why something could not be listed and compared."""
    unfit: dict[str, int] = {}
    """What the left location has that is not an object, by its kind: ``a named pipe``."""


def unfit_words(unfit: Mapping[str, int]) -> str:
    """What was left out because it is not an object, with numbers."""
    kinds = ", ".join(f"{what} ({number:,})" for what, number in sorted(unfit.items()))
    return f"left out because they are not objects: {kinds}"


def different(counts: CountsByState) -> int:
    """The number of names that are not known to be the same."""
    return sum(count.objects for state, count in counts.items() if state is not ComparisonState.SAME)


class SyncPlan(Struct, frozen=True):
    """The counts so far, and more of what the sync would delete. Sizes in bytes.

    `unknown`: objects of equal size that are not known to be the same or different, and whose target is not older. They
    stay. `unlisted`: why something could not be listed; then nothing is deleted, because it cannot be compared.
    `shown`: the complete list of deletions; empty: there are none.
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
        """The number of compared objects at the source."""
        return self.copies + self.overwrites + self.same + self.unknown


def sync_order(comparison: Comparison, copying: CopyOptions, *, delete: bool, to_right: bool = True) -> SyncOrder:
    """The sync from the left to the right location of a comparison, or the other way round."""
    left, right = (comparison.left, comparison.right) if to_right else (comparison.right, comparison.left)
    return SyncOrder(
        Selection(left.connection, left.location, prefixes=[left.location.key], filters=comparison.filters),
        Destination(right.connection, right.location),
        copying,
        by=comparison.by,
        delete=delete,
    )


class Compare(Feed[ComparisonUpdate], frozen=True, tag="compare"):
    """Compare all names below two locations, in key order. Stopping it stops the listings.

    The updates have only rows of the `wanted` states.
    """

    comparison: Comparison
    wanted: list[ComparisonState]


class PlanSync(Feed[SyncPlan], frozen=True, tag="plan-sync"):
    """The growing plan of a sync. The last plan names the list of what the sync may delete."""

    order: SyncOrder


class SubmitSync(Request[Accepted], frozen=True, tag="submit-sync"):
    """Start a sync in the background."""

    order: SyncOrder
    limits: Limits = Limits()
