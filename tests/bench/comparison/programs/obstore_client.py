"""What obstore can do, as a program: `obstore_client.py relay|relay-parts|list|list-by-prefix JSON`.

It runs in an environment of its own, which has obstore and not xs3-tui. The argument is a JSON object: `source` and
`target` (endpoint and bucket each), `at_once`, `checks`, `certificate`, `size`, `prefixes`.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from typing import Any

import obstore
from obstore.store import S3Store

PART = 16 << 20
PAGE = 1000


def _store(at: dict[str, str], task: dict[str, Any]) -> S3Store:
    checked = {"checksum_algorithm": "SHA256"} if task["checks"] else {"unsigned_payload": True}
    client: dict[str, Any] = {"allow_http": True, "timeout": "600s"}
    if task["certificate"]:
        with open(task["certificate"], encoding="ascii") as file:  # noqa: PTH123  # reason: one line more than Path
            client["root_certificate"] = file.read()
    return S3Store(
        at["bucket"],
        config={
            "endpoint": at["endpoint"],
            "region": "us-east-1",
            "access_key_id": "STANDIN",
            "secret_access_key": "unread",
            **checked,
        },
        client_options=client,
    )


async def relay(task: dict[str, Any]) -> None:
    """Each object below the bucket by GET and PUT, `at_once` of them at the same time."""
    source, target = _store(task["source"], task), _store(task["target"], task)
    keys: asyncio.Queue[str | None] = asyncio.Queue(4 * PAGE)

    async def worker() -> None:
        while (key := await keys.get()) is not None:
            body = await (await obstore.get_async(source, key)).bytes_async()
            await obstore.put_async(target, key, body, use_multipart=False)

    workers = [asyncio.create_task(worker()) for _ in range(task["at_once"])]
    async for page in obstore.list(source, chunk_size=PAGE):
        for entry in page:
            await keys.put(entry["path"])
    for _ in workers:
        await keys.put(None)
    await asyncio.gather(*workers)


async def relay_parts(task: dict[str, Any]) -> None:
    """Each object by ranges, of which `at_once` are read and as many written at the same time."""
    source, target = _store(task["source"], task), _store(task["target"], task)
    async for page in obstore.list(source, chunk_size=PAGE):
        for entry in page:
            ranges = _ranges(source, entry["path"], entry["size"], task["at_once"])
            await obstore.put_async(
                target, entry["path"], ranges, use_multipart=True, chunk_size=PART, max_concurrency=task["at_once"]
            )


async def _ranges(source: S3Store, key: str, size: int, at_once: int) -> AsyncIterator[Any]:
    starts = iter(range(0, size, PART))
    reading: list[asyncio.Task[Any]] = []
    while True:
        while len(reading) < at_once and (start := next(starts, None)) is not None:
            read = obstore.get_range_async(source, key, start=start, end=min(size, start + PART))
            reading.append(asyncio.ensure_future(read))
        if not reading:
            return
        yield await reading.pop(0)


async def listing(task: dict[str, Any]) -> None:
    count = 0
    async for page in obstore.list(_store(task["source"], task), chunk_size=PAGE, return_arrow=True):
        count += page.num_rows
    print(count)  # reason: the answer of this program


async def listing_by_prefix(task: dict[str, Any]) -> None:
    store, free = _store(task["source"], task), asyncio.Semaphore(task["at_once"])

    async def below(prefix: str) -> int:
        async with free:
            pages = obstore.list(store, prefix, chunk_size=PAGE, return_arrow=True)
            return sum([page.num_rows async for page in pages])

    count, prefixes = 0, [""]
    for _ in range(2):
        levels = await asyncio.gather(*(obstore.list_with_delimiter_async(store, each or None) for each in prefixes))
        prefixes = [prefix for level in levels for prefix in level["common_prefixes"]]
        count += sum(len(level["objects"]) for level in levels)
    print(count + sum(await asyncio.gather(*map(below, prefixes))))  # reason: the answer of this program


WORK = {"relay": relay, "relay-parts": relay_parts, "list": listing, "list-by-prefix": listing_by_prefix}

if __name__ == "__main__":
    asyncio.run(WORK[sys.argv[1]](json.loads(sys.argv[2])))
    sys.stdout.flush()
    os._exit(0)  # obstore's own threads may abort Python's shutdown when all is done
