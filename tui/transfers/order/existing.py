"""Whether an object is at the target already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.stores.base import Store
from tui.stores.store_values import ObjectHead


@dataclass(frozen=True, slots=True)
class Existing:
    """What is at a key of the target: an object's head, nothing, or (with `unseen`) unknown: no identity may look."""

    head: ObjectHead | None = None
    unseen: Problem | None = None
    looked: bool = True

    @property
    def seen_absent(self) -> bool:
        """Whether an identity that may look has found nothing there."""
        return self.looked and self.head is None and self.unseen is None


NOT_LOOKED = Existing(looked=False)
"""Not looked up, because it makes no difference."""


async def look_for(askers: Sequence[Store], bucket: str, key: str) -> Existing:
    """HeadObject by the first identity that may.

    S3 answers 403 for a missing key to an identity that may not list the bucket: that is `unseen`. Any
    other failure is raised (`ProblemError`).
    """
    unseen: Problem | None = None
    for store in askers:
        try:
            return Existing(await store.head(bucket, key))
        except ProblemError as error:
            if error.problem.kind is ProblemKind.NO_SUCH_KEY:
                return Existing()
            if error.problem.kind is not ProblemKind.DENIED:
                raise
            unseen = unseen or error.problem
    return Existing(unseen=unseen)
