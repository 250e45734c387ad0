"""Requests about buckets and prefixes: listings, searches, sizes, versions."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct, field

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
    """The content of a bucket, growing until it is `complete`; `problem` is the reason if removing it is forbidden."""

    objects: int = 0
    """Current versions; without versioning, the objects."""
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
        """Versions and delete markers to delete."""
        return self.objects + self.noncurrent + self.markers

    @property
    def empty(self) -> bool:
        return not (self.deletions or self.uploads)


class ListBuckets(Request[BucketList], frozen=True, tag="list-buckets"):
    """The identity's own buckets."""

    connection: str


class ListObjects(Feed[Page], frozen=True, tag="list-objects"):
    """Pages of one level below a prefix (prefixes and objects), or with `recursive` of every key."""

    connection: str
    location: Location
    recursive: bool = False


class CreatePrefix(Request[Done], frozen=True, tag="create-prefix"):
    """Create an empty object whose key ends in ``/``, so that the prefix exists; locally, a directory."""

    connection: str
    location: Location


class CreateBucket(Request[Done], frozen=True, tag="create-bucket"):
    """CreateBucket in the identity's account; `region` empty: the identity's own."""

    connection: str
    bucket: str
    region: str = ""


class DeleteBucket(Request[Done], frozen=True, tag="delete-bucket"):
    """DeleteBucket: the server refuses unless the bucket is empty."""

    connection: str
    bucket: str


class PlanRemoval(Feed[RemovalPlan], frozen=True, tag="plan-removal"):
    """What removing a bucket would delete, growing until it is complete; stopping it stops the count."""

    order: RemoveBucketOrder


class SubmitRemoval(Request[Accepted], frozen=True, tag="submit-removal"):
    """Remove a bucket in the background."""

    order: RemoveBucketOrder
    limits: Limits = Limits()


class Undoable(StrEnum):
    """How much of a transfer can be undone at most; later changes of its objects are not checked."""

    ALL = "all"
    SOME = "some"
    NONE = "no"


class UndoEntry(Struct, frozen=True):
    """One transfer. It wrote or deleted `objects`; the version IDs of `possible` of them are known.

    `why`: why the others cannot be undone. `undone` is the ID of the latest undo, `undone_objects` the number of
    objects of all undos; with `undoing` it is still running. Both are empty without an undo.
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
        if not self.possible:
            return Undoable.NONE
        return Undoable.ALL if self.possible == self.objects else Undoable.SOME

    @property
    def is_open(self) -> bool:
        """Whether something is left to undo, or an undo is running."""
        return self.undoing or self.undone_objects < self.possible


class FindObjects(Feed[SearchUpdate], frozen=True, tag="find-objects"):
    """Objects below a location that match, and the progress; stopping it stops the search."""

    connection: str
    location: Location
    search: Search
    match: list[str] = field(default_factory=list)
    """As in `Selection`; the location may then end within a name."""


class MeasureSizes(Feed[SizesFound], frozen=True, tag="measure-sizes"):
    """The storage below a location, piece by piece; stopping it stops the measurement."""

    connection: str
    location: Location
    stored: StorageUse = StorageUse.CURRENT
    depth: int = 0
    """Levels of prefixes to keep apart; 0: all."""
    inventory: str = ""
    """As in `Search`; for current objects."""
    match: list[str] = field(default_factory=list)
    """As in `Selection`; not for uploads and versions."""


class ListVersions(Feed[VersionPage], frozen=True, tag="list-versions"):
    """Versions of a key, of one level, or with `recursive` of every key that begins with the location's."""

    connection: str
    location: Location
    recursive: bool = False


class ListWithDeleted(Feed[Page], frozen=True, tag="list-with-deleted"):
    """One level like `ListObjects`, and the keys whose latest version is a delete marker (class `DELETED`)."""

    connection: str
    location: Location


class CountVersions(Feed[VersionTally], frozen=True, tag="count-versions"):
    """Count the versions of a key or below a prefix, and their bytes; stopping it stops the count."""

    connection: str
    location: Location


class SubmitVersions(Request[Accepted], frozen=True, tag="submit-versions"):
    """Restore deleted objects, or undo a transfer, in the background."""

    order: UndeleteOrder | RevertOrder


class ListUndo(Feed[UndoEntry], frozen=True, tag="list-undo"):
    """All transfers that the engine still has, latest first: whether each can be undone, or why not."""


class AskUndo(Request[UndoForecast], frozen=True, tag="ask-undo"):
    """Whether objects of a bucket can be restored after overwriting or deleting them."""

    connection: str
    bucket: str
