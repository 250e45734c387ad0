"""The results of objects as a feed of the queue has them, one by one."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from tui.model.transfer import ObjectResult
from tui.transfers.journal.records import unpack_result


async def unpacked(following: AsyncGenerator[list[bytes]]) -> AsyncGenerator[ObjectResult]:
    async with aclosing(following) as bursts:
        async for burst in bursts:
            for packed in burst:
                yield unpack_result(packed)
