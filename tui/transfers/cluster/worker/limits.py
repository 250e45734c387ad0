"""The limits of one transfer in a worker."""

from __future__ import annotations

from tui.transfers.limits import ObjectConcurrency, SharedLimits, TransferLimits


class WorkerLimits(SharedLimits):
    """How many objects are under way is found out once, not by each range again."""

    def __init__(self, limits: TransferLimits) -> None:
        super().__init__(limits)
        self._concurrency: ObjectConcurrency | None = None

    def concurrency(self, now: float) -> ObjectConcurrency:
        """See `SharedLimits`."""
        self._concurrency = self._concurrency or super().concurrency(now)
        return self._concurrency
