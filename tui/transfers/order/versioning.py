"""Whether a bucket keeps what is overwritten and deleted."""

from __future__ import annotations

from collections.abc import Sequence

from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.core.versions import BucketVersioning, UndoForecast
from tui.stores.base import Store


async def undo_forecast(askers: Sequence[Store], bucket: str) -> UndoForecast:
    """GetBucketVersioning, by the first identity that may ask. Raises nothing."""
    refusals: list[Problem] = []
    for store in askers:
        try:
            found = await store.settings.versioning(bucket)
        except ProblemError as error:
            if error.problem.kind is ProblemKind.UNSUPPORTED:
                return UndoForecast(BucketVersioning.NEVER)
            refusals.append(error.problem)
            continue
        if found is None:
            return UndoForecast(BucketVersioning.NEVER)
        return UndoForecast(BucketVersioning.ENABLED if found.status == "Enabled" else BucketVersioning.SUSPENDED)
    first = refusals[0]
    needs = f", needs {first.permission}" if first.permission else ""
    return UndoForecast(BucketVersioning.UNKNOWN, f"the versioning cannot be read by {first.identity}{needs}")
