"""A relay that takes as long as a test needs: it is bounded to some bytes per second."""

from __future__ import annotations

from contextlib import aclosing

from tests.servers.buckets import BucketPair
from tests.ui.browser.browser import Browser
from tests.waiting import until
from tui.model.location import Location
from tui.model.orders import CopyOptions, CopyOrder, Destination, Route, Selection
from tui.model.transfer import Limits, Transfer, TransferState
from tui.protocol.messages.transfers import SetLimits, SubmitCopy, WatchTransfers
from tui.protocol.session import EngineAccess, EngineSession

SLOW = 256 * 2**10
"""Bytes per second."""

COUNT, SIZE = 12, 64 * 2**10
"""Objects, and bytes of each: three seconds of them."""


def fill(buckets: BucketPair) -> None:
    """Put what is to be relayed into A's bucket."""
    client = buckets.server.client(buckets.server.a)
    for number in range(COUNT):
        client.put_object(Bucket=buckets.a, Key=f"slow/{number:02}", Body=bytes([number]) * SIZE)


async def relay(browser: Browser, buckets: BucketPair, rate: int | None = SLOW) -> str:
    """Submit it, all transfers bounded to `rate`, and wait until it has begun; its id."""
    engine, left, right = browser.screen.context.engine, browser.left.identity, browser.right.identity
    assert left
    assert right
    await engine.ask(SetLimits(Limits(rate)))
    selection = Selection(left.connection, Location(buckets.a), prefixes=["slow/"])
    order = CopyOrder(selection, Destination(right.connection, Location(buckets.b)), CopyOptions(route=Route.RELAY))
    transfer = (await engine.ask(SubmitCopy(order))).transfer
    waiting = (None, TransferState.QUEUED)
    await until(lambda: state_of(browser, transfer) not in waiting, "the transfer has begun", 30)
    return transfer


def state_of(browser: Browser, transfer: str) -> TransferState | None:
    """How it stands on the screen; None: it is not listed."""
    return next((one.state for one in browser.screen.transfers.latest.transfers if one.id == transfer), None)


async def until_state(browser: Browser, transfer: str, state: TransferState | None) -> None:
    """Wait until the screen knows it."""
    await until(lambda: state_of(browser, transfer) is state, f"the transfer is {state}", 30)


async def in_engine(engine: EngineAccess | EngineSession, transfer: str) -> Transfer:
    """How it stands in the engine, asked by another client than the screen."""
    async with aclosing(engine.follow(WatchTransfers())) as snapshots:
        async for snapshot in snapshots:
            for one in snapshot.transfers:
                if one.id == transfer:
                    return one
    raise AssertionError("the engine does not know it")
