"""Versions of objects: those that were replaced, and the delete markers that hide them."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from tui.core.identity import Owner
from tui.core.location import Location

DELETED = "DELETED"
"""In the place of a storage class: the latest version of this key is a delete marker."""

NULL_VERSION = "null"
"""The id of what was written while the bucket kept no versions (Amazon S3 User Guide, "Using versioning in S3")."""


class VersionLocation(Location, frozen=True):
    """One version of an object: whoever does not ask for its id takes it for the object."""

    version: str = ""

    @property
    def of_object(self) -> Location:
        return Location(self.bucket, self.key)


class ObjectVersion(Struct, frozen=True):
    """One version of a key, or a delete marker, which has no size and no ETag. Size in bytes, time since the epoch."""

    key: str
    version: str
    latest: bool
    marker: bool = False
    size: int = 0
    modified: float = 0.0
    etag: str = ""
    storage_class: str = ""
    owner: Owner | None = None


class VersionMarker(Struct, frozen=True):
    """Where the next page of a listing of versions begins: behind this version of this key (empty: all of the key)."""

    key: str = ""
    version: str = ""


class VersionPage(Struct, frozen=True):
    """One page: by key, then the newest version first; `prefixes` and keys are whole. `next` None: the last page."""

    prefixes: list[str]
    versions: list[ObjectVersion]
    next: VersionMarker | None = None


class VersionTally(Struct, frozen=True):
    """Versions counted so far, in bytes where they have any; `complete` when the count has ended."""

    current: int = 0
    current_bytes: int = 0
    noncurrent: int = 0
    noncurrent_bytes: int = 0
    markers: int = 0
    deleted: int = 0
    """Keys whose latest version is a delete marker."""
    complete: bool = False


class BucketVersioning(StrEnum):
    """The versioning of a bucket, as far as it decides what undo can do."""

    ENABLED = "enabled"
    SUSPENDED = "suspended"
    NEVER = "never"
    UNKNOWN = "unknown"


class UndoForecast(Struct, frozen=True):
    """What undo could do in a bucket; `why` it is UNKNOWN: whose permission is missing."""

    versioning: BucketVersioning
    why: str = ""
