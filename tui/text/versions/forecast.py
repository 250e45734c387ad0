"""What a confirmation says of undo."""

from __future__ import annotations

from tui.model.versions.forecast import BucketVersioning, UndoForecast


def overwrites(forecast: UndoForecast) -> str:
    """Whether overwritten objects can be taken back."""
    match forecast.versioning:
        case BucketVersioning.ENABLED:
            return "undo takes overwrites back: the bucket keeps versions"
        case BucketVersioning.SUSPENDED:
            return "overwritten objects may be lost: versioning is suspended"
        case BucketVersioning.NEVER:
            return "overwritten objects are lost: the bucket has no versioning"
        case BucketVersioning.UNKNOWN:
            return f"overwritten objects may be lost: {forecast.why}"


def deletions(forecast: UndoForecast) -> str:
    """Whether deleted objects can be brought back."""
    match forecast.versioning:
        case BucketVersioning.ENABLED:
            return "undo brings them back: the bucket keeps versions"
        case BucketVersioning.SUSPENDED:
            return "they may be lost: versioning is suspended"
        case BucketVersioning.NEVER:
            return "this cannot be undone: the bucket has no versioning"
        case BucketVersioning.UNKNOWN:
            return f"this cannot be undone, unless the bucket has versioning: {forecast.why}"
