"""The keys of the list of transfers, on a real engine and real copies."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.servers.buckets import BucketPair
from tests.ui.browser.browser import SMALL, WIDE, opened
from tests.ui.browser.relay import COUNT, fill, relay, state_of, until_state
from tests.ui.terminal.pictured import pictured
from tests.waiting import until
from tui.model.location import Location
from tui.model.transfer import Limits, TransferState
from tui.protocol.session import EngineSession
from tui.ui.kit.confirm import ConfirmScreen
from tui.ui.transfers.limits import LimitsScreen
from tui.ui.transfers.receipt import ReceiptScreen


async def test_pause_resume_and_a_limit_that_is_lifted_while_it_runs(
    engine: EngineSession, buckets: BucketPair
) -> None:
    fill(buckets)
    async with opened(engine, Location(buckets.a).uri, Location(buckets.b).uri, size=WIDE) as browser:
        transfer = await relay(browser, buckets)
        await browser.press("t", "p")
        await until_state(browser, transfer, TransferState.PAUSED)
        await browser.until_text("waiting 1")
        await browser.press("p")
        await until_state(browser, transfer, TransferState.RUNNING)
        await browser.until_text("active 1")
        await browser.press("L")
        await until(lambda: isinstance(browser.app.screen, LimitsScreen), "it asks")
        await browser.until_text("256 KiB")
        await browser.press("delete", *"0", "enter")
        await until(lambda: browser.screen.transfers.latest.limits == Limits(), "the limit is gone")
        await until_state(browser, transfer, TransferState.DONE)
    client = buckets.server.client(buckets.server.b)
    assert client.list_objects_v2(Bucket=buckets.b, Prefix="slow/")["KeyCount"] == COUNT


async def test_cancel_retry_and_forget(engine: EngineSession, buckets: BucketPair) -> None:
    fill(buckets)
    async with opened(engine, Location(buckets.a).uri, Location(buckets.b).uri, size=SMALL) as browser:
        transfer = await relay(browser, buckets)
        await browser.press("t", "x")
        await until(lambda: isinstance(browser.app.screen, ConfirmScreen), "it asks")
        await browser.press("y")
        await until_state(browser, transfer, TransferState.CANCELLED)
        await browser.press("r")
        await until(lambda: state_of(browser, transfer) is not TransferState.CANCELLED, "it is resumed", 30)
        await browser.press("P")
        await until_state(browser, transfer, TransferState.PAUSED)
        await browser.press("X")
        await until(lambda: isinstance(browser.app.screen, ConfirmScreen), "it asks")
        await browser.press("y")
        await until_state(browser, transfer, TransferState.CANCELLED)
        await browser.press("D")
        await until(lambda: isinstance(browser.app.screen, ConfirmScreen), "it asks")
        await browser.press("y")
        await until_state(browser, transfer, None)
        await browser.until_text("No transfers yet")


async def test_a_receipt_names_every_object(
    engine: EngineSession, buckets: BucketPair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    fill(buckets)
    async with opened(engine, Location(buckets.a).uri, Location(buckets.b).uri, size=WIDE) as browser:
        transfer = await relay(browser, buckets, rate=None)
        await until_state(browser, transfer, TransferState.DONE)
        await browser.press("t", "R")
        await until(lambda: isinstance(browser.app.screen, ReceiptScreen), "it asks where")
        await browser.press("enter")
        await browser.until_told(f"{COUNT} objects in ")
    lines = (tmp_path / f"xs3-receipt-{transfer}.jsonl").read_text().splitlines()
    named = [line["result"]["source"] for line in map(json.loads, lines) if line["type"] == "object"]
    assert sorted(named) == [Location(buckets.a, f"slow/{number:02}").uri for number in range(COUNT)]


async def test_esc_leaves_the_list_and_closes_it() -> None:
    async with pictured() as browser:
        await browser.press("t")
        await until(lambda: bool(browser.screen.transfers.panel.has_focus), "the list has the keys")
        await browser.press("escape")
        await until(lambda: not browser.screen.transfers.panel.display, "the list is closed")
        assert browser.left.table.has_focus
