"""Archived rows, their restore, and the copy that waits for it, on a real engine."""

from __future__ import annotations

import pytest

from tests.servers.buckets import BucketPair
from tests.ui.browser.browser import opened
from tests.ui.browser.test_copying import state
from tests.waiting import until
from tui.model.location import Location
from tui.model.transfer import TransferState
from tui.protocol.session import EngineSession
from tui.ui.orders.route_card import RouteCardScreen


@pytest.fixture
def archive(buckets: BucketPair) -> Location:
    """A's bucket, with two archived objects of eleven bytes below a prefix."""
    client = buckets.server.client(buckets.server.a)
    for key, kind in (("old/film.mov", "DEEP_ARCHIVE"), ("old/take.mov", "GLACIER")):
        client.put_object(Bucket=buckets.a, Key=key, Body=b"hello world", StorageClass=kind)
    return Location(buckets.a, "old/")


async def test_an_archived_row_is_marked_and_its_card_offers_no_route(engine: EngineSession, archive: Location) -> None:
    async with opened(engine, archive.uri, "s3://analytics-landing/", size=(80, 24)) as browser:
        assert "~ film.mov" in browser.text
        await browser.press("f5")
        await browser.until_text("✗ archived: restore")
        assert "✓ media-prod reads" not in browser.text


async def test_a_key_restores_a_prefix_and_waits(engine: EngineSession, archive: Location, buckets: BucketPair) -> None:
    async with opened(engine, Location(buckets.a).uri, size=(80, 24)) as browser:
        await browser.move_to(browser.left, archive)
        await browser.press("r")
        await browser.until_text("DEEP_ARCHIVE: 1 object, 11 B")
        await browser.until_text("GLACIER 3 to 5 hours")
        await browser.until_text("Restore 2 archived objects")
        await browser.press("down", "down", "right", "enter")
        await until(lambda: state(browser) is TransferState.WAITING, "it waits for the restore", 30)
        await until(lambda: state(browser) is TransferState.DONE, "all can be read", 30)
    client = buckets.server.client(buckets.server.a)
    assert client.get_object(Bucket=buckets.a, Key="old/take.mov")["Body"].read() == b"hello world"


async def test_where_nothing_is_archived_the_dialog_says_so_and_closes(
    engine: EngineSession, buckets: BucketPair
) -> None:
    buckets.server.client(buckets.server.a).put_object(Bucket=buckets.a, Key="new/take.mov", Body=b"hello world")
    async with opened(engine, Location(buckets.a).uri, size=(80, 24)) as browser:
        await browser.move_to(browser.left, Location(buckets.a, "new/"))
        await browser.press("r")
        await browser.until_text("nothing selected is archived")
        assert "Nothing to restore" in browser.text
        assert "Expedited" not in browser.text, "there is nothing to choose"
        await browser.press("enter")
        await until(lambda: "Nothing to restore" not in browser.text, "the dialog is closed")


async def test_a_copy_restores_first_where_that_is_chosen(
    engine: EngineSession, archive: Location, buckets: BucketPair
) -> None:
    async with opened(engine, archive.uri, f"s3://{buckets.b}/") as browser:
        await browser.move_to(browser.left, archive.child("take.mov"))
        await browser.press("f5")
        await browser.until_text("archived: restore")
        await browser.press("o")
        card = browser.app.screen
        assert isinstance(card, RouteCardScreen)
        card.query_one("#restore").focus()
        await browser.press("right")
        await browser.until_text("restore Standard")
        await until(lambda: card._card.complete and card._card.problem is None, "the copy is possible", 20)
        card.query_one("#copy").focus()
        await browser.press("enter")
        await until(lambda: state(browser) is TransferState.DONE, "the copy has ended", 40)
    client = buckets.server.client(buckets.server.b)
    copied = client.head_object(Bucket=buckets.b, Key="take.mov")
    assert (copied["ContentLength"], copied["StorageClass"]) == (11, "GLACIER")
