"""The first look at an object of which nothing is known yet."""

from __future__ import annotations

from typing import Protocol

from tui.stores.operations import reads
from tui.stores.values import Fetched


class Beginning(Protocol):
    """An object's first bytes, with what their answer says of the object: nothing was asked before."""

    @reads(GetObject="s3:GetObject")
    async def begin(self, bucket: str, key: str, *, length: int, version: str = "") -> Fetched:
        """GetObject of the first `length` bytes (at least one), fewer where the object has fewer.

        `Fetched.head` has the size of the whole object, and its `checksums` are none: those beside a range may be
        those of the range.
        """
