"""Requester pays is switched for the bucket at the cursor, in the settings and in the panes."""

from __future__ import annotations

from pathlib import Path

from tests.unit.ui.controllers.host import Browser, identity, mounted, show
from tui.protocol.messages.identities import Connect
from tui.settings import Start, read_settings, settings_file
from tui.ui.browser.controllers.buckets.requester_pays import RequesterPays


async def test_it_is_kept_in_the_settings_and_the_panes_connect_again(surroundings: Path) -> None:
    made = Browser()
    async with mounted(made) as pilot:
        show(made.left, "s3://bucket/sub/", who=identity("a"))
        for pays in (True, False):
            RequesterPays(made.context, made.panes).action_requester_pays()
            assert made.context.settings.buckets["bucket"].requester_pays is pays
            kept = read_settings(settings_file()).buckets
            assert ("bucket" in kept) is pays
            await pilot.pause()
        connects = [each.spec.requester_pays for each in made.engine.asked if isinstance(each, Connect)]
    assert connects == [("bucket",), ()]
    assert [words.split(": ")[1] for words in made.words] == ["bucket", "bucket"]


def test_a_demo_leaves_nothing_in_the_settings(surroundings: Path) -> None:
    made = Browser(start=Start(demo=True))
    show(made.left, "s3://bucket/")
    RequesterPays(made.context, made.panes).action_requester_pays()
    assert made.context.settings.buckets["bucket"].requester_pays
    assert not settings_file().exists()


def test_only_buckets_have_a_requester() -> None:
    made = Browser()
    for place in ("s3://", "file:///tmp/"):
        show(made.left, place)
        RequesterPays(made.context, made.panes).action_requester_pays()
    assert made.words == ["open a bucket, or move the cursor to one"] * 2
    assert made.context.settings.buckets == {}
