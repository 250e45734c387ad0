"""Move, delete, new places and other names, on a real engine: what the dialogs ask for comes to be."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.servers.buckets import BucketPair, remove_bucket
from tests.ui.browser.browser import SMALL, B, Browser, opened
from tests.ui.browser.panes.test_mouse import confirm
from tests.ui.browser.test_copying import state
from tests.waiting import until
from tui.model.identity import IdentitySpec
from tui.model.location import Location
from tui.model.transfer import TransferState
from tui.protocol.session import EngineSession
from tui.ui.orders.conflict import ConflictScreen
from tui.ui.orders.delete import DeleteScreen
from tui.ui.orders.new_place import NewBucketScreen, NewPrefixScreen, RenameScreen


def keys(buckets: BucketPair, bucket: str) -> list[str]:
    """What is in a bucket, as its owner sees it."""
    owner = buckets.server.a if bucket == buckets.a else buckets.server.b
    return [entry["Key"] for entry in buckets.server.client(owner).list_objects_v2(Bucket=bucket).get("Contents", [])]


async def done(browser: Browser) -> None:
    await until(lambda: state(browser) is TransferState.DONE, "the transfer has ended", 30)


@pytest.mark.parametrize("key", ["f6", "m"])
async def test_a_move_leaves_the_source_pane_and_comes_to_the_target(
    engine: EngineSession, buckets: BucketPair, key: str
) -> None:
    source, target = Location(buckets.a), Location(buckets.b, "in/")
    async with opened(engine, source.uri, target.uri) as browser:
        await browser.move_to(browser.left, source.child("one.txt"))
        await browser.press(key)
        await browser.until_text("deleted after its copy is verified")
        await confirm(browser)
        await done(browser)
        await until(lambda: "one.txt" in browser.names(browser.right), "it is at the target")
        await until(lambda: "one.txt" not in browser.names(browser.left), "it is gone from the source")
        assert keys(buckets, buckets.b) == ["in/one.txt", "in/seed.txt"]
        assert "one.txt" not in keys(buckets, buckets.a)


@pytest.mark.parametrize("key", ["f8", "d"])
async def test_a_few_are_deleted_and_the_cursor_stays_near(
    engine: EngineSession, buckets: BucketPair, key: str
) -> None:
    source = Location(buckets.a)
    async with opened(engine, source.uri, size=SMALL) as browser:
        # The dialog names the account as far as it is known then; so narrow a pane does not.
        await until(lambda: bool(browser.left.identity and browser.left.identity.account), "the account is known")
        await browser.move_to(browser.left, source.child("three.bin"))
        await browser.press(key)
        await browser.until_text("Delete 1 object, 9 B")
        await browser.until_text("Press →, Enter to delete.")
        await browser.press("right", "enter")
        await done(browser)
        await until(lambda: browser.names(browser.left) == ["sub/", "one.txt", "two.txt"], "it is gone")
        assert browser.left.subject == source.child("two.txt")
        assert browser.left.contents.marks == {}


async def test_a_prefix_of_many_is_deleted_when_their_number_was_typed(
    engine: EngineSession, buckets: BucketPair
) -> None:
    client = buckets.server.client(buckets.server.a)
    for number in range(7):
        client.put_object(Bucket=buckets.a, Key=f"sub/many/{number}", Body=b"x")
    source = Location(buckets.a)
    async with opened(engine, source.uri) as browser:
        await browser.move_to(browser.left, source.child("sub/"))
        await browser.press("d")
        await browser.until_text("to confirm: 9")
        await browser.press("enter")
        assert isinstance(browser.app.screen, DeleteScreen)
        await browser.press("9", "enter")
        await done(browser)
        await until(lambda: browser.names(browser.left) == ["one.txt", "three.bin", "two.txt"], "they are gone")
        assert keys(buckets, buckets.a) == ["one.txt", "three.bin", "two.txt"]


@pytest.mark.parametrize("emptied", [True, False])
async def test_a_bucket_is_deleted_by_its_name_with_what_is_in_it(
    engine: EngineSession, buckets: BucketPair, emptied: bool
) -> None:
    client = buckets.server.client(buckets.server.a)
    for key in keys(buckets, buckets.a) if emptied else []:
        client.delete_object(Bucket=buckets.a, Key=key)
    async with opened(engine) as browser:
        await browser.move_to(browser.left, Location(buckets.a))
        await browser.press("d")
        await browser.until_text("the bucket is empty" if emptied else "then deletes")
        await browser.press(*buckets.a, "enter")
        if emptied:
            await browser.until_told("was deleted")
        else:
            await done(browser)
        await until(lambda: buckets.a not in browser.names(browser.left), "it is gone from the list")


async def test_a_bucket_is_not_renamed(engine: EngineSession, buckets: BucketPair) -> None:
    async with opened(engine) as browser:
        await browser.move_to(browser.left, Location(buckets.a))
        await browser.press("R")
        await browser.until_told("cannot rename a bucket")
        assert browser.app.screen is browser.screen


@pytest.mark.parametrize("key", ["f7", "n"])
async def test_a_new_prefix_appears_under_the_cursor(engine: EngineSession, buckets: BucketPair, key: str) -> None:
    source = Location(buckets.a)
    async with opened(engine, source.uri) as browser:
        await browser.press(key)
        await until(lambda: isinstance(browser.app.screen, NewPrefixScreen), "its name is asked for")
        await browser.press(*"new/deep", "enter")
        await until(lambda: browser.left.subject == source.child("new/"), "the cursor is on it", 20)
        assert "new/deep/" in keys(buckets, buckets.a)


async def test_a_prefix_that_is_there_is_not_made_again(engine: EngineSession, buckets: BucketPair) -> None:
    source = Location(buckets.a)
    async with opened(engine, source.uri) as browser:
        await browser.press("end", "n", *"sub", "enter")
        await browser.until_told("it already exists")
        assert browser.left.subject == source.child("sub/")
        assert "sub/" not in keys(buckets, buckets.a)


async def test_where_buckets_are_listed_a_bucket_is_made(engine: EngineSession, buckets: BucketPair) -> None:
    name = f"{buckets.a}-new"
    client = buckets.server.client(buckets.server.a)
    try:
        async with opened(engine) as browser:
            await browser.press("n")
            await until(lambda: isinstance(browser.app.screen, NewBucketScreen), "its name is asked for")
            await browser.press(*name, "enter")
            await until(lambda: browser.left.subject == Location(name), "the cursor is on it", 20)
        assert name in {bucket["Name"] for bucket in client.list_buckets()["Buckets"]}
    finally:
        remove_bucket(client, name)


async def test_a_bucket_that_another_account_has_is_said(engine: EngineSession, buckets: BucketPair) -> None:
    async with opened(engine) as browser:
        await browser.press("n", *buckets.b, "enter")
        await until(lambda: bool(browser.app._notifications), "it is refused", 20)
        (notice,) = browser.app._notifications
        assert notice.severity == "error"


@pytest.mark.parametrize("key", ["f2", "R"])
async def test_an_object_gets_another_name(engine: EngineSession, buckets: BucketPair, key: str) -> None:
    source = Location(buckets.a)
    async with opened(engine, source.uri) as browser:
        await browser.move_to(browser.left, source.child("one.txt"))
        await browser.press(key)
        await until(lambda: isinstance(browser.app.screen, RenameScreen), "the new name is asked for")
        await browser.press("home", *"n", "enter")
        await done(browser)
        await until(lambda: browser.left.subject == source.child("none.txt"), "the cursor is on it", 20)
        assert [key for key in keys(buckets, buckets.a) if "one" in key] == ["none.txt"]


async def test_a_name_that_is_taken_is_asked_about(engine: EngineSession, buckets: BucketPair) -> None:
    source = Location(buckets.a)
    async with opened(engine, source.uri) as browser:
        await browser.move_to(browser.left, source.child("one.txt"))
        await browser.press("R", *"two.txt", "enter")
        await until(lambda: isinstance(browser.app.screen, ConflictScreen), "it is asked about", 30)
        await browser.press("s")
        await done(browser)
        assert {"one.txt", "two.txt"} < set(keys(buckets, buckets.a))


async def test_a_prefix_takes_all_below_it_along(engine: EngineSession, buckets: BucketPair) -> None:
    source = Location(buckets.a)
    async with opened(engine, source.uri) as browser:
        await browser.move_to(browser.left, source.child("sub/"))
        await browser.press("R", *"moved", "enter")
        await browser.until_text("Move 2 objects")
        await confirm(browser)
        await done(browser)
        await until(lambda: browser.left.subject == source.child("moved/"), "the cursor is on it", 20)
        assert [key for key in keys(buckets, buckets.a) if "/" in key] == ["moved/deep/five.txt", "moved/four.txt"]


async def test_the_choices_of_the_last_card_come_again(engine: EngineSession, buckets: BucketPair) -> None:
    source, target = Location(buckets.a), Location(buckets.b, "in/")
    async with opened(engine, source.uri, target.uri) as browser:
        await browser.move_to(browser.left, source.child("sub/"))
        await browser.press("c")
        await browser.until_text("keeps")
        await browser.press("o", *"*five*", "enter")
        await browser.until_text("Copy 1 object, ")
        await browser.press("enter")
        await done(browser)
        assert keys(buckets, buckets.b) == ["in/seed.txt", "in/sub/deep/five.txt"]
        await browser.press("c")
        await browser.until_text("filter   include *five*")
        await browser.until_text("1 of 1 exist at the target")


async def test_incomplete_uploads_of_the_bucket_under_the_cursor_are_aborted(
    engine: EngineSession, buckets: BucketPair
) -> None:
    client = buckets.server.client(buckets.server.a)
    for key in ("left/[b]one", "left/two"):
        upload = client.create_multipart_upload(Bucket=buckets.a, Key=key)["UploadId"]
        client.upload_part(Bucket=buckets.a, Key=key, UploadId=upload, PartNumber=1, Body=b"part")
    async with opened(engine) as browser:
        await browser.move_to(browser.left, Location(buckets.a))
        await browser.press("u")
        await browser.until_text("2 uploads, 8 B")
        await browser.until_text("left/[b]one")
        await browser.press("x", "y")
        await browser.until_told("1 upload aborted")
        await browser.until_text("1 upload, 4 B")
        await browser.press("x", "y")
        await browser.until_text("No incomplete uploads")
    assert "Uploads" not in client.list_multipart_uploads(Bucket=buckets.a)


async def test_on_the_local_disk_the_same_keys_do_the_same(
    engine: EngineSession, buckets: BucketPair, tmp_path: Path
) -> None:
    (tmp_path / "old.txt").write_text("old")
    (tmp_path / "gone.txt").write_text("gone")
    here, there = Location("/", f"{tmp_path}/".lstrip("/")), Location(buckets.b, "in/")
    async with opened(engine, here.uri, there.uri, specs=(IdentitySpec(local=True), B)) as browser:
        await browser.press("n", *"made/deep", "enter")
        await until(lambda: browser.left.subject == here.child("made/"), "the directory is under the cursor", 20)
        assert (tmp_path / "made" / "deep").is_dir()
        await browser.move_to(browser.left, here.child("old.txt"))
        await browser.press("R", *"new.txt", "enter")
        await done(browser)
        await until(lambda: browser.left.subject == here.child("new.txt"), "it has its new name", 20)
        await browser.move_to(browser.left, here.child("gone.txt"))
        await browser.press("d")
        await browser.until_text("the files are deleted from this disk")
        await browser.until_text("Press →, Enter to delete.")
        await browser.press("right", "enter")
        await until(lambda: browser.names(browser.left) == ["made/", "new.txt"], "it is gone", 20)
        await browser.move_to(browser.left, here.child("new.txt"))
        await browser.press("m")
        await confirm(browser)
        await until(lambda: browser.names(browser.left) == ["made/"], "it was moved away", 20)
    assert keys(buckets, buckets.b) == ["in/new.txt", "in/seed.txt"]
    assert not (tmp_path / "new.txt").exists()
