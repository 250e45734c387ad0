"""What a queue says of its transfers and their objects, and its journal as a killed engine leaves it."""

import sqlite3
from collections.abc import AsyncGenerator
from contextlib import aclosing, closing
from pathlib import Path

from tui.core.transfer import ObjectResult, Transfer
from tui.queue.queue import TransferQueue
from tui.transfers.journal.records import unpack_result


async def unpacked(following: AsyncGenerator[list[bytes]]) -> AsyncGenerator[ObjectResult]:
    async with aclosing(following) as bursts:
        async for burst in bursts:
            for packed in burst:
                yield unpack_result(packed)


async def transfer_of(queue: TransferQueue, name: str) -> Transfer:
    async with aclosing(queue.watch()) as snapshots:
        async for snapshot in snapshots:
            return next(each for each in snapshot.transfers if each.id == name)
    raise AssertionError("the queue was closed")


async def ended_in(queue: TransferQueue, name: str) -> tuple[Transfer, list[ObjectResult]]:
    async with aclosing(unpacked(queue.status(name).results.follow())) as following:
        results = [result async for result in following]
    return await transfer_of(queue, name), results


def as_on_disk(journal: Path, copy: Path) -> Path:
    with closing(sqlite3.connect(journal)) as now, closing(sqlite3.connect(copy)) as kept:
        now.backup(kept)
    return copy
