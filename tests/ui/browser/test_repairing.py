"""From the rows to a repair of ownership, on a real engine."""

from __future__ import annotations

import pytest

from tests.servers.buckets import BucketPair
from tests.servers.policies import grant_write
from tests.ui.browser.browser import SMALL, WIDE, B, Browser, opened
from tests.ui.browser.test_copying import state
from tests.waiting import until
from tui.model.identity import IdentitySpec
from tui.model.location import Location
from tui.model.transfer import TransferState
from tui.protocol.session import EngineSession


def upload(buckets: BucketPair, *keys: str) -> None:
    """Let B upload these into A's bucket."""
    buckets.set_policy_of_a(*grant_write(buckets.a, buckets.server.b.principal))
    client = buckets.server.client(buckets.server.b)
    for key in keys:
        client.put_object(Bucket=buckets.a, Key=key, Body=b"content", Metadata={"m": "1"})


def owners(buckets: BucketPair) -> dict[str, bool]:
    """Whether A owns it, by key."""
    server = buckets.server
    listed = server.client(server.a).list_objects_v2(Bucket=buckets.a, FetchOwner=True)["Contents"]
    return {each["Key"]: each["Owner"]["ID"] == server.a.canonical_id for each in listed}


async def done(browser: Browser) -> None:
    await until(lambda: state(browser) is TransferState.DONE, "the transfer has ended", 30)


@pytest.mark.parametrize("size", [SMALL, WIDE])
async def test_the_filter_shows_what_is_foreign_owned_and_one_key_repairs_it(
    engine: EngineSession, buckets: BucketPair, size: tuple[int, int]
) -> None:
    upload(buckets, "from b.csv")
    place = Location(buckets.a)
    async with opened(engine, place.uri, size=size) as browser:
        await until(lambda: bool(browser.left.bucket_owners.get(buckets.a)), "the bucket's owner is known")
        await browser.press("F")
        await until(lambda: browser.names(browser.left) == ["sub/", "from b.csv"], "the rest is left out")
        await browser.move_to(browser.left, place.child("from b.csv"))
        await browser.press("O")
        await browser.until_text("Make media-prod the owner of 1 object (7 B)")
        await browser.until_text("Object Ownership")
        await browser.press("enter")
        await done(browser)
        await until(lambda: browser.names(browser.left) == ["sub/"], "it is the bucket owner's")
        await browser.press("escape")
        await until(lambda: "from b.csv" in browser.names(browser.left), "all is shown again")
    assert owners(buckets)["from b.csv"]


async def test_from_the_uploaders_pane_the_bucket_owner_still_copies(
    engine: EngineSession, buckets: BucketPair
) -> None:
    upload(buckets, "up/a", "up/b")
    place = Location(buckets.a)
    async with opened(engine, place.uri, "s3://", specs=(IdentitySpec("media-prod"), B)) as browser:
        await until(lambda: bool(browser.right.bucket_owners.get(buckets.a)), "the bucket's owner is known")
        await browser.press("tab")
        browser.right.navigation.go(Location(buckets.a, "up/"))
        await until(lambda: browser.right.location.key == "up/", "the pane is there")
        await browser.press("O")
        await browser.until_text("Make media-prod the owner of 2 objects (14 B)")
        await browser.press("enter")
        await done(browser)
    assert all(owners(buckets).values())


async def test_where_all_is_the_bucket_owners_nothing_is_repaired(engine: EngineSession, buckets: BucketPair) -> None:
    place = Location(buckets.a, "sub/")
    async with opened(engine, place.uri) as browser:
        await browser.move_to(browser.left, place.child("four.txt"))
        await browser.press("O")
        await browser.until_text("nothing to repair")
        await browser.press("escape")


async def test_a_read_only_pane_is_not_repaired(engine: EngineSession, buckets: BucketPair) -> None:
    upload(buckets, "k")
    async with opened(engine, Location(buckets.a).uri, read_only=frozenset(("left",))) as browser:
        await browser.press("O")
        await browser.until_told("read-only")
    assert not owners(buckets)["k"]


async def test_without_a_bucket_there_is_no_owner_to_compare_with(engine: EngineSession) -> None:
    async with opened(engine) as browser:
        await browser.press("F")
        await browser.until_told("open a bucket first")
