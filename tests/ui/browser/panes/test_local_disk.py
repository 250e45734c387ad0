"""The local disk in a pane: how it looks, and F5 both ways."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.servers.buckets import BucketPair
from tests.ui.browser.browser import A, Browser, line, opened
from tests.ui.browser.panes.test_mouse import confirm
from tests.ui.browser.test_copying import state
from tests.waiting import until
from tui.model.identity import IdentitySpec
from tui.model.location import LOCAL_BUCKET, Location
from tui.model.transfer import TransferState
from tui.protocol.session import EngineSession

LOCAL = IdentitySpec(local=True)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A directory with something in it."""
    made = tmp_path / "files"
    (made / "sub").mkdir(parents=True)
    (made / "sub/inner.txt").write_bytes(b"inner")
    (made / "note.txt").write_bytes(b"12345")
    (made / "note.txt").chmod(0o640)
    return made


def at(directory: Path) -> Location:
    return Location(LOCAL_BUCKET, f"{directory}/".removeprefix("/"))


async def finished(browser: Browser) -> None:
    await until(lambda: state(browser) is TransferState.DONE, "the copy has ended", 30)


async def test_a_directory_is_listed_and_a_file_inspected_without_a_word_of_s3(
    engine: EngineSession, directory: Path
) -> None:
    async with opened(engine, right=at(directory).uri, specs=(A, LOCAL)) as browser:
        assert browser.names(browser.right) == ["sub/", "note.txt"]
        assert line(browser.right.strip).startswith("local disk · file system of ")
        assert "files/" in line(browser.right.path)
        assert "s3:" not in line(browser.right.path)
        await browser.move_to(browser.right, at(directory).child("note.txt"))
        await browser.press("i")
        await browser.until_text("-rw-r----- (0640)")
        await until(lambda: "…" not in inspector_text(browser), "nothing more is waited for")
        told = inspector_text(browser)
        assert str(directory / "note.txt") in "".join(told.split())
        assert not any(word in told for word in ("policy", "owner", "etag", "grants", "ownership"))


def inspector_text(browser: Browser) -> str:
    from tests.ui.dialogs.host import text_of
    from tui.ui.kit.lines import Lines

    return text_of(browser.screen.inspecting.inspector.query_one(Lines))


async def test_f5_downloads_and_uploads(engine: EngineSession, buckets: BucketPair, directory: Path) -> None:
    bucket, place = Location(buckets.a), at(directory)
    async with opened(engine, bucket.uri, place.uri, specs=(A, LOCAL)) as browser:
        await browser.move_to(browser.left, bucket.child("one.txt"))
        await browser.press("f5")
        await browser.until_text("download:")
        await confirm(browser)
        await finished(browser)
        await until(lambda: "one.txt" in browser.names(browser.right), "the target pane shows it")
        assert (directory / "one.txt").read_bytes() == b"one.txt"
        await browser.move_to(browser.right, place.child("sub/"))
        await browser.press("f5")
        await browser.until_text("upload:")
        await confirm(browser)
        client = buckets.server.client(buckets.server.a)

        def uploaded() -> bool:
            found = client.list_objects_v2(Bucket=buckets.a, Prefix="sub/inner").get("Contents", [])
            return bool(found)

        await until(uploaded, "it is in the bucket", 30)
        await finished(browser)


async def test_the_chooser_opens_the_current_directory_and_a_path_opens_the_disk(
    engine: EngineSession, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(directory)
    async with opened(engine) as browser:
        await browser.press("a")
        await browser.until_text("files and directories")
        await browser.press(*"local disk", "enter")
        await browser.until_listed(browser.left, at(directory))
        assert browser.names(browser.left) == ["sub/", "note.txt"]
        browser.screen.panes.activate(browser.right)
        await browser.press("o")
        await browser.pilot.pause()
        await browser.press("ctrl+u", *str(directory / "sub"), "enter")
        await browser.until_listed(browser.right, at(directory / "sub"))
        await browser.press("backspace")
        await browser.until_listed(browser.right, at(directory))
        browser.right.navigation.go(Location())
        await browser.until_listed(browser.right, Location())
        assert line(browser.right.path).startswith("file://")
        assert browser.names(browser.right) == ["/"]
