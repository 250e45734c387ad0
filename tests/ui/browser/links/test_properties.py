"""The properties of a bucket, from its row to its editor."""

from __future__ import annotations

import pytest

from tests.servers.buckets import BucketPair
from tests.ui.browser.browser import opened
from tests.waiting import until
from tui.model.location import Location
from tui.protocol.session import EngineSession
from tui.ui.changes.choose_document import ChooseDocument
from tui.ui.links.bucket import BucketScreen


@pytest.mark.parametrize("place", ["s3://", "inside"])
async def test_a_bucket_shows_its_properties_and_is_edited_from_there(
    engine: EngineSession, buckets: BucketPair, place: str
) -> None:
    client = buckets.server.client(buckets.server.a)
    client.put_bucket_versioning(Bucket=buckets.a, VersioningConfiguration={"Status": "Enabled"})
    bucket = Location(buckets.a)
    async with opened(engine, bucket.uri if place == "inside" else place, size=(160, 60)) as browser:
        await browser.move_to(browser.left, bucket.child("one.txt") if place == "inside" else bucket)
        await browser.press("B")
        await browser.until_text("GetBucketVersioning")
        assert isinstance(browser.app.screen, BucketScreen)
        assert "S3 does not report its size: D in the pane measures it" in browser.text
        assert ("created 20" in browser.text) == (place != "inside")
        await browser.press("E")
        await until(lambda: isinstance(browser.app.screen, ChooseDocument), "its documents are offered")
        await browser.press("escape")
        await until(lambda: browser.screen.in_front, "the panes are back")
