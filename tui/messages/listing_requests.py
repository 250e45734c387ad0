"""What is asked about buckets and prefixes: their lists, searches, sizes, versions."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from tui.core.listing import BucketList, Page
from tui.core.location import Location
from tui.core.orders import RemoveBucketOrder, RevertOrder, UndeleteOrder
from tui.core.problem import Problem
from tui.core.searching import Search, SearchUpdate, SizesFound, StorageUse
from tui.core.transfer import Limits, Transfer
from tui.core.versions import UndoForecast, VersionPage, VersionTally
from tui.link.request import Done, Feed, Request
from tui.messages.order_requests import Accepted


class RemovalPlan(Struct, frozen=True):
    """What is in a bucket, growing until it is `complete`; what forbids the removal is its `problem`."""

    objects: int = 0
    """Current versions; of a bucket without versioning, its objects."""
    noncurrent: int = 0
    markers: int = 0
    bytes: int = 0
    uploads: int = 0
    """Incomplete multipart uploads."""
    warnings: tuple[str, ...] = ()
    problem: Problem | None = None
    complete: bool = False

    @property
    def deletions(self) -> int:
        """How many versions and delete markers are to be deleted."""
        return self.objects + self.noncurrent + self.markers

    @property
    def empty(self) -> bool:
        return not (self.deletions or self.uploads)


class ListBuckets(Request[BucketList], frozen=True, tag="list-buckets"):
    """The identity's own buckets."""

    connection: str


class ListObjects(Feed[Page], frozen=True, tag="list-objects"):
    """The pages below a prefix: one level (prefixes and objects), or with `recursive` every key."""

    connection: str
    location: Location
    recursive: bool = False


class CreatePrefix(Request[Done], frozen=True, tag="create-prefix"):
    """Make an empty object whose key ends in ``/``, so that the prefix is there; locally, a directory."""

    connection: str
    location: Location


class CreateBucket(Request[Done], frozen=True, tag="create-bucket"):
    """CreateBucket, owned by the identity's account; `region` empty: the identity's own."""

    connection: str
    bucket: str
    region: str = ""


class DeleteBucket(Request[Done], frozen=True, tag="delete-bucket"):
    """DeleteBucket: the server refuses it while something is in the bucket."""

    connection: str
    bucket: str


class PlanRemoval(Feed[RemovalPlan], frozen=True, tag="plan-removal"):
    """What the removal of a bucket would delete, growing until it is complete; stopping it stops the count."""

    order: RemoveBucketOrder


class SubmitRemoval(Request[Accepted], frozen=True, tag="submit-removal"):
    """Start the removal of a bucket in the background."""

    order: RemoveBucketOrder
    limits: Limits = Limits()


PlaceRequests = ListBuckets | ListObjects | CreatePrefix | CreateBucket | DeleteBucket | PlanRemoval | SubmitRemoval
"""All requests of this subject."""


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


class FindObjects(Feed[SearchUpdate], frozen=True, tag="find-objects"):
    """What is found below a location, and how far the search has come; stopping it stops the search."""

    connection: str
    location: Location
    search: Search


class MeasureSizes(Feed[SizesFound], frozen=True, tag="measure-sizes"):
    """What is stored below a location, piece by piece; stopping it stops the measurement."""

    connection: str
    location: Location
    stored: StorageUse = StorageUse.CURRENT
    depth: int = 0
    """Levels of prefixes that are kept apart; 0: all."""
    inventory: str = ""
    """As in `Search`; for current objects."""


FindingRequests = FindObjects | MeasureSizes
"""All requests of this subject."""


class ListVersions(Feed[VersionPage], frozen=True, tag="list-versions"):
    """The versions of a key, of one level, or with `recursive` of every key that begins with the location's."""

    connection: str
    location: Location
    recursive: bool = False


class ListWithDeleted(Feed[Page], frozen=True, tag="list-with-deleted"):
    """One level as `ListObjects` lists it, and the keys whose latest version is a delete marker (class `DELETED`)."""

    connection: str
    location: Location


class CountVersions(Feed[VersionTally], frozen=True, tag="count-versions"):
    """How many versions there are of a key or below a prefix, and their bytes, growing; stopping it stops the count."""

    connection: str
    location: Location


class SubmitVersions(Request[Accepted], frozen=True, tag="submit-versions"):
    """Bring deleted objects back, or take a transfer back, in the background."""

    order: UndeleteOrder | RevertOrder


class ListUndo(Feed[UndoEntry], frozen=True, tag="list-undo"):
    """The transfers that can be taken back, or why not, the latest first; of all that the engine still has."""


class AskUndo(Request[UndoForecast], frozen=True, tag="ask-undo"):
    """Whether what a bucket loses can be taken back, before it is overwritten or deleted."""

    connection: str
    bucket: str


VersionRequests = AskUndo | ListVersions | ListWithDeleted | CountVersions | SubmitVersions | ListUndo
"""All requests of this subject."""
