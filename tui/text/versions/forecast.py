"""What a confirmation says of undo."""

from __future__ import annotations

from tui.core.versions import BucketVersioning, UndoForecast


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


def moves(source: UndoForecast | None, target: UndoForecast | None) -> str:
    """Whether a move can be taken back, for which both ends must keep versions; None: a local disk."""
    ends = (("source", source), ("target", target))
    for end, forecast in ends:
        if forecast is None:
            return "this cannot be undone: a local disk keeps no versions"
        if forecast.versioning is BucketVersioning.NEVER:
            return f"this cannot be undone: the {end} bucket has no versioning"
        if forecast.versioning is BucketVersioning.SUSPENDED:
            return f"this cannot be undone: versioning of the {end} bucket is suspended"
    for end, forecast in ends:
        if forecast and forecast.versioning is BucketVersioning.UNKNOWN:
            return f"this cannot be undone, unless the {end} bucket has versioning: {forecast.why}"
    return "undo takes it back: both buckets keep versions"


def can_undo_move(source: UndoForecast | None, target: UndoForecast | None) -> bool:
    """Whether both ends are known to keep versions."""
    return all(each is not None and each.versioning is BucketVersioning.ENABLED for each in (source, target))


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
