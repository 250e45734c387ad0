"""Whether a server-side copy may lose website redirect locations."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from tui.core.problem import ProblemError, ProblemKind
from tui.stores.base import Store
from tui.transfers.order.sides import Sides


class Websites:
    """Whether website redirect locations may matter to a transfer: CopyObject does not copy them by itself.

    They have an effect only in a bucket that is a website (Amazon S3 User Guide, "Configuring a webpage redirect"), and
    objects that have one are mostly empty, which are looked at anyway.
    """

    def __init__(self, sides: Sides) -> None:
        self._sides = sides
        self._asking = asyncio.Lock()
        self._concerned: bool | None = None

    async def concerned(self) -> bool:
        """Whether source or target is a website, or may be one, for all that can be read; asked once."""
        async with self._asking:
            if self._concerned is None:
                sides = self._sides
                self._concerned = await _may_be_website(sides.readers(), sides.source_bucket) or await _may_be_website(
                    sides.writers(), sides.target_bucket
                )
        return self._concerned


async def _may_be_website(askers: Sequence[Store], bucket: str) -> bool:
    for store in askers:
        try:
            return await store.settings.website(bucket)
        except ProblemError as error:
            if error.problem.kind in (ProblemKind.UNSUPPORTED, ProblemKind.INVALID):
                return False  # a server that has no websites
    return True
