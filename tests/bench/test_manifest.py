"""A manifest of ten million keys: what it costs in time and memory. Prints, and never passes or fails by a number."""

from __future__ import annotations

import asyncio
import os
import resource
import sys
import time
from array import array
from collections.abc import AsyncGenerator
from typing import Any, cast

import pytest

from tui.model.batch.operations import BatchOptions, ManifestSource
from tui.model.engines import BATCH
from tui.model.listing import Page
from tui.model.location import Location
from tui.model.orders import BatchCopy, BatchOrder, ConflictPolicy, CopyOptions, Destination, Selection
from tui.model.plan import Tally
from tui.stores.base import Store
from tui.stores.values import Capabilities, Completed, Part
from tui.transfers.batch.choosing import Chooser, Chosen, Listed
from tui.transfers.batch.manifest import ManifestWriter, write_manifest
from tui.transfers.order.selection import SectionPage, picked_of

KEYS = int(os.environ.get("ROWS", "10_000_000"))
PAGE = 1000


class _Sink:
    """Takes parts, and forgets them."""

    capabilities = Capabilities()

    def __init__(self) -> None:
        self.size = 0

    async def create_upload(self, *_: Any, **__: Any) -> str:
        return "upload"

    async def upload_part(self, _bucket: str, _key: str, _upload: str, number: int, body: bytes, **_more: Any) -> Part:
        self.size += len(body)
        return Part(number, "etag")

    async def complete_upload(self, *_: Any, **__: Any) -> Completed:
        return Completed("etag")

    async def put(self, *_: Any, **__: Any) -> Any:
        raise AssertionError("ten million keys take more than one part")


async def _listing(_section: int) -> AsyncGenerator[Listed]:
    for first in range(0, KEYS, PAGE):
        names = [f"year=2026/month=11/part-{number:012}.parquet" for number in range(first, first + PAGE)]
        sizes, times = array("q", [4096]) * PAGE, array("q", [1]) * PAGE
        page = Page(
            prefix="data/",
            prefixes=[],
            names=names,
            sizes=sizes.tobytes(),
            modified=times.tobytes(),
            classes=["STANDARD"],
            class_index=(array("H", [0]) * PAGE).tobytes(),
            owners=[],
            owner_index=(array("H", [0]) * PAGE).tobytes(),
        )
        yield SectionPage(1, picked_of(page)), {}


def _megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@pytest.mark.bench
async def test_a_manifest_of_ten_million_keys(capsys: pytest.CaptureFixture[str]) -> None:
    selection = Selection("", Location("source", "data/"), prefixes=["data/"])
    copy = BatchCopy(Destination("", Location("target", "data/")), CopyOptions(conflict=ConflictPolicy.OVERWRITE))
    options = BatchOptions("arn:aws:iam::123456789012:role/jobs", Location("reports"), ManifestSource.LIST)
    order, sink = BatchOrder(selection, "", copy, options), _Sink()
    store = cast(Store, sink)
    chooser = Chooser(BATCH, order, store, store, _listing)
    writer = ManifestWriter(store, Location("reports", "manifest.csv"), "source", options.role)
    marks: list[float] = []

    async def take(chosen: Chosen) -> Chosen:
        return chosen

    async def tell(tally: Tally) -> None:
        if tally.objects % 1_000_000 == 0:
            marks.append(_megabytes())
            await asyncio.sleep(0)

    before, began = _megabytes(), time.monotonic()
    kept = await write_manifest(writer, chooser.pages(), take, tell)
    took = time.monotonic() - began
    with capsys.disabled():
        print(
            f"\n{kept.objects:,} keys, {sink.size / 1e6:,.0f} MB of manifest in {took:.0f} s "
            f"({KEYS / took:,.0f} keys/s); peak RSS {before:.0f} MB before, {marks[0]:.0f} MB after a million, "
            f"{marks[-1]:.0f} MB at the end",
            file=sys.stdout,
        )
