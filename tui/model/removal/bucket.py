"""What the removal of a bucket would delete."""

from __future__ import annotations

from msgspec import Struct

from tui.core.problem import Problem


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
        """Whether nothing is in it."""
        return not (self.deletions or self.uploads)
