"""Object versions: noncurrent versions and delete markers."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from tui.core.identity import Owner
from tui.core.location import Location

DELETED = "DELETED"
"""Instead of a storage class: the key's latest version is a delete marker."""

NULL_VERSION = "null"
"""The version ID of objects written without versioning (Amazon S3 User Guide, "Using versioning in S3")."""


class VersionLocation(Location, frozen=True):
    """One version of an object. Code that does not read `version` takes it for the object."""

    version: str = ""

    @property
    def of_object(self) -> Location:
        return Location(self.bucket, self.key)


class ObjectVersion(Struct, frozen=True):
    """A version of a key, or a delete marker, which has no size and no ETag. Size in bytes, time since the epoch."""

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
    """The start of the next page of versions: after this version of this key (empty: after the whole key)."""

    key: str = ""
    version: str = ""


class VersionPage(Struct, frozen=True):
    """One page, by key and then newest first; `prefixes` and keys are whole. `next` None: the last page."""

    prefixes: list[str]
    versions: list[ObjectVersion]
    next: VersionMarker | None = None


class VersionTally(Struct, frozen=True):
    """The versions counted so far, sizes in bytes; `complete` when counting has ended."""

    current: int = 0
    current_bytes: int = 0
    noncurrent: int = 0
    noncurrent_bytes: int = 0
    markers: int = 0
    deleted: int = 0
    """Keys whose latest version is a delete marker."""
    complete: bool = False


class BucketVersioning(StrEnum):
    """A bucket's versioning, as far as undo depends on it."""

    ENABLED = "enabled"
    SUSPENDED = "suspended"
    NEVER = "never"
    UNKNOWN = "unknown"


class UndoForecast(Struct, frozen=True):
    """What undo can do in a bucket; `why` it is UNKNOWN: the missing permission and its identity."""

    versioning: BucketVersioning
    why: str = ""
