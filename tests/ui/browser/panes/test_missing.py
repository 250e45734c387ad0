"""What is not there is said to be not there: the level above, or an empty list, would look like an answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.servers.buckets import BucketPair
from tests.ui.browser.browser import A, opened
from tui.model.identity import IdentitySpec
from tui.model.location import Location, parse_location
from tui.protocol.session import EngineSession

ASSETS = Location("media-prod-assets")


async def test_a_key_that_is_not_there(engine: EngineSession) -> None:
    async with opened(engine, ASSETS.uri) as browser:
        browser.screen.places.show_in(browser.left, ASSETS.child("vide.mp4"))
        await browser.until_told("s3://media-prod-assets/vide.mp4")
        assert [notice.title for notice in browser.app._notifications] == ["No such key"]


async def test_a_key_on_a_level_that_is_not_there(engine: EngineSession) -> None:
    async with opened(engine, ASSETS.uri) as browser:
        browser.screen.places.show_in(browser.left, ASSETS.child("no/such/x.mp4"))
        await browser.until_told("s3://media-prod-assets/no/such/x.mp4")
        await browser.until_text("prefix not found: no key begins with it")
        assert "empty" not in browser.text


async def test_a_key_that_the_app_was_started_with(engine: EngineSession) -> None:
    async with opened(engine, ASSETS.child("vide.mp4").uri) as browser:
        await browser.until_told("s3://media-prod-assets/vide.mp4")


@pytest.mark.parametrize("name", ["video.mp4", "images"])
async def test_one_that_is_there_has_the_cursor_and_no_words(engine: EngineSession, name: str) -> None:
    async with opened(engine, ASSETS.child("video/").uri) as browser:
        browser.screen.places.show_in(browser.left, ASSETS.child(name))
        await browser.until_listed(browser.left, ASSETS)
        row = browser.left.cursor_row
        assert row
        assert row.name.rstrip("/") == name
        assert not list(browser.app._notifications)


async def test_a_prefix_is_empty_only_when_it_has_a_marker(engine: EngineSession, buckets: BucketPair) -> None:
    server = buckets.server
    server.client(server.a).put_object(Bucket=buckets.a, Key="made/", Body=b"")
    async with opened(engine, f"s3://{buckets.a}/made/", f"s3://{buckets.b}/in/nothing/") as browser:
        await browser.until_text("prefix not found: no key begins with it")
        assert [line.split()[0] for line in browser.text.split("\n") if line.strip().startswith("empty")] == ["empty"]


async def test_a_file_that_is_not_there(engine: EngineSession, tmp_path: Path) -> None:
    async with opened(engine, specs=(A, IdentitySpec(local=True)), right=f"file://{tmp_path}/") as browser:
        browser.screen.places.show_in(browser.right, parse_location(f"file://{tmp_path}/none.txt"))
        await browser.until_told("none.txt")
        assert [notice.title for notice in browser.app._notifications] == ["No such file"]
