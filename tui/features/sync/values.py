"""Two places compared, and synchronised."""

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
    """What a name is in two places."""

    LEFT = "left"
    """Only the left place has it."""
    RIGHT = "right"
    """Only the right place has it."""
    DIFFERS = "differs"
    UNKNOWN = "unknown"
    """Both have it with one size, and what is known of the two proves neither that they are the same nor not."""
    SAME = "same"


class ComparisonEvidence(StrEnum):
    """What a state rests on."""

    LISTED = "listed"
    """Only one of the two lists has it."""
    SIZE = "size"
    ETAG = "etag"
    CHECKSUM = "checksum"
    """Checksums that S3 keeps or that were computed of a local file."""
    CONTENT = "content"
    """Both were read."""
    TIME = "time"
    """Equal sizes and times; of UNKNOWN: equal sizes and other times, or times of one second that prove nothing."""
    SIZE_ONLY = "size-only"
    """Equal sizes, and nothing else was looked at, as the user wished."""
    SIZE_TIME = "size-time"
    """Equal sizes, and the left one is not newer, as the user wished to decide; of DIFFERS: it is newer."""


class ComparedSide(Struct, frozen=True, array_like=True, gc=False):
    """What a list has at a name: `size` in bytes, `modified` in seconds since the epoch, ETag with its quotes.

    Not tracked by the garbage collector, nor are rows: millions are made, and there can be no cycle.
    """

    size: int
    modified: int
    etag: str = ""
    storage_class: str = "STANDARD"


class ComparedRow(Struct, frozen=True, array_like=True, gc=False):
    """One name, relative to both places."""

    name: str
    state: ComparisonState
    evidence: ComparisonEvidence
    left: ComparedSide | None = None
    right: ComparedSide | None = None

    @property
    def left_is_newer(self) -> bool:
        """Whether both places have it, and the left one was written later."""
        return self.left is not None and self.right is not None and self.left.modified > self.right.modified

    @property
    def is_of_one_second(self) -> bool:
        """Whether a file and what it is compared with are of one second, and nothing says which one is newer."""
        unproven = self.state is ComparisonState.UNKNOWN and self.evidence is ComparisonEvidence.TIME
        return (
            unproven and self.left is not None and self.right is not None and self.left.modified == self.right.modified
        )


class StateCount(Struct, frozen=True):
    """How many names have one state, and the bytes of both places."""

    objects: int = 0
    left_bytes: int = 0
    right_bytes: int = 0


CountsByState = dict[ComparisonState, StateCount]
"""By state; a state that no name has may be missing."""


class ComparedPlace(Struct, frozen=True):
    """A prefix (or bucket, or directory) as one identity sees it."""

    connection: str
    location: Location


class Comparison(Struct, frozen=True):
    """What is compared: all below two places whose names the filters let through.

    Bounds on size and time are those of the left object, and of the right one where there is no left one. `by` says
    what decides about equal sizes.
    """

    left: ComparedPlace
    right: ComparedPlace
    filters: Filters = Filters()
    by: CompareMode = CompareMode.AUTO


class ComparisonUpdate(Struct, frozen=True):
    """More of a comparison: rows in key order, and the counts so far."""

    rows: list[ComparedRow] = []
    counts: CountsByState = {}
    complete: bool = False
    unlisted: Problem | None = None
    """Why something could not be listed, and was not compared."""
    unfit: dict[str, int] = {}
    """What the left place has and is no object, and so was not compared, by what it is: ``a named pipe``."""


def unfit_words(unfit: Mapping[str, int]) -> str:
    """What was left out because it is no object, with numbers."""
    kinds = ", ".join(f"{what} ({number:,})" for what, number in sorted(unfit.items()))
    return f"left out, as they are not objects: {kinds}"


def different(counts: CountsByState) -> int:
    """How many names are not known to be the same."""
    return sum(count.objects for state, count in counts.items() if state is not ComparisonState.SAME)


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


def sync_order(comparison: Comparison, copying: CopyOptions, *, delete: bool) -> SyncOrder:
    """The sync that makes the right place of a comparison the same as the left one."""
    left, right = comparison.left, comparison.right
    return SyncOrder(
        Selection(left.connection, left.location, prefixes=[left.location.key], filters=comparison.filters),
        Destination(right.connection, right.location),
        copying,
        by=comparison.by,
        delete=delete,
    )


class Compare(Feed[ComparisonUpdate], frozen=True, tag="compare"):
    """All below two places in key order, with the rows of these states; stopping it stops the listings."""

    comparison: Comparison
    wanted: list[ComparisonState]


class PlanSync(Feed[SyncPlan], frozen=True, tag="plan-sync"):
    """What a synchronisation would do, growing; the last plan names the list of what may be deleted."""

    order: SyncOrder


class SubmitSync(Request[Accepted], frozen=True, tag="submit-sync"):
    """Start a synchronisation in the background."""

    order: SyncOrder
    limits: Limits = Limits()
