"""Whether what a bucket loses can be taken back: known before it is overwritten or deleted."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


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
