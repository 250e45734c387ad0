"""What estimates of a copy go by: how much of it one request cannot copy, and the pace of earlier transfers."""

from __future__ import annotations

from array import array
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import pytest
from msgspec.structs import replace

from tests.transfers.world import World
from tui.model.listing import Page
from tui.model.s3_limits import MAX_SINGLE_COPY
from tui.stores.s3 import S3Store

pytestmark = pytest.mark.parametrize("s3_server", ["demo"], indirect=True)


class Inflated(S3Store):
    """A listing in which every object is as large as one CopyObject copies, and those named large a byte larger."""

    async def pages(self, bucket: str, prefix: str, **how: Any) -> AsyncGenerator[Page, None]:
        async with aclosing(super().pages(bucket, prefix, **how)) as pages:
            async for page in pages:
                sizes = [MAX_SINGLE_COPY + name.endswith("large") for name in page.names]
                yield replace(page, sizes=array("q", sizes).tobytes())


async def test_the_card_counts_what_one_request_cannot_copy(world: World) -> None:
    world.put("p/1-large")
    world.put("p/2-large")
    world.put("p/3")
    world.source = Inflated(world.connection_a)
    tally = (await world.plan(world.order(prefixes=("p/",))))[-1].tally
    assert (tally.objects, tally.large, tally.large_bytes) == (3, 2, 2 * (MAX_SINGLE_COPY + 1))


async def test_a_transfer_says_how_long_it_was_busy_and_the_journal_keeps_it(world: World) -> None:
    world.put("k")
    transfer, _ = await world.copy(world.order("k"))
    assert 0 < transfer.busy < 60
    await world.restart()
    async with aclosing(world.queue.watch()) as lists:
        assert (await anext(lists)).transfers[0].busy == transfer.busy
