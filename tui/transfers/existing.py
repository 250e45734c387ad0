"""Whether objects are at the target already: one by one, or a whole listing beside the source's."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass

from tui.model.problem import Problem, ProblemError, ProblemKind
from tui.stores.base import ObjectHead, Store


@dataclass(frozen=True, slots=True)
class Existing:
    """What is at a key of the target: an object's head, nothing, or (with `unseen`) nobody may tell."""

    head: ObjectHead | None = None
    unseen: Problem | None = None
    looked: bool = True

    @property
    def seen_absent(self) -> bool:
        """Whether somebody who may tell has said that nothing is there."""
        return self.looked and self.head is None and self.unseen is None


NOT_LOOKED = Existing(looked=False)
"""Nobody has asked, because it makes no difference."""


async def look_for(askers: Sequence[Store], bucket: str, key: str) -> Existing:
    """HeadObject by the first identity that may.

    S3 answers 403 for a missing key to those who may not list the bucket: that says nothing, and is `unseen`. Any
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


class KeysBeside:
    """The keys below a prefix, read only as far as they are asked for, in S3's order."""

    def __init__(self, store: Store, bucket: str, prefix: str) -> None:
        self._keys = self._listed(store, bucket, prefix)
        self._next: str | None = ""

    async def has(self, key: str) -> bool:
        """Whether the key exists; keys must be asked for in S3's order. Raises `ProblemError` as listings do."""
        while self._next is not None and self._next < key:
            self._next = await anext(self._keys, None)
        return self._next == key

    async def close(self) -> None:
        """Stop the listing."""
        await self._keys.aclose()

    @staticmethod
    async def _listed(store: Store, bucket: str, prefix: str) -> AsyncGenerator[str]:
        pages = store.pages(bucket, prefix, recursive=True)
        try:
            async for page in pages:
                for name in page.names:
                    yield page.prefix + name
        finally:
            await pages.aclose()
