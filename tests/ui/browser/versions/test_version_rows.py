"""Versions as rows: shown and hidden, copied, deleted; levels with what is deleted."""

from __future__ import annotations

import pytest

from tests.servers.buckets import BucketPair
from tests.ui.browser.browser import SMALL, Browser, opened
from tests.ui.browser.panes.test_mouse import confirm
from tests.ui.browser.test_changing import done
from tests.ui.browser.versions.conftest import Versioned
from tests.ui.dialogs.host import text_of
from tests.waiting import until
from tui.model.location import Location
from tui.model.versions import VersionLocation
from tui.protocol.session import EngineSession
from tui.ui.kit.lines import Lines
from tui.ui.listing.rows import RowKind
from tui.ui.orders.delete import DeleteScreen


def shown(browser: Browser) -> list[tuple[str, int]]:
    """The rows of the left pane: names, of versions whether they are the current one, with their depth."""
    rows = browser.left.contents.entries()
    return [
        (row.name if row.version is None else "current" if row.version.latest else "noncurrent", row.depth)
        for row in rows
    ]


async def unfold(browser: Browser, key: Location, count: int) -> None:
    await browser.move_to(browser.left, key)
    await browser.press("V")
    rows = browser.left.contents.entries
    await until(lambda: sum(row.kind is RowKind.VERSION for row in rows()) == count, "its versions are listed")
    await browser.pilot.pause()


async def test_versions_are_rows_below_their_object_alone(engine: EngineSession, versioned: Versioned) -> None:
    level = versioned.place.child("p/")
    async with opened(engine, level.uri, size=SMALL) as browser:
        await unfold(browser, level.child("kept.txt"), 2)
        rows = [("kept.txt", 0), ("current", 1), ("noncurrent", 1), ("kept.txt.bak", 0)]
        assert shown(browser) == rows
        await browser.press("s", "S")
        assert ("current", 1) in shown(browser)
        await browser.press("s", "s", "s")
        await browser.press("down", "down", "V")
        await until(lambda: len(shown(browser)) == 2, "they are hidden")
        assert browser.left.cursor_row
        assert browser.left.cursor_row.name == "kept.txt", "the cursor is where they were"


async def test_a_new_prefix_from_a_version_is_on_the_level_of_its_object(
    engine: EngineSession, versioned: Versioned
) -> None:
    level = versioned.place.child("p/")
    async with opened(engine, versioned.place.uri, size=SMALL) as browser:
        await browser.move_to(browser.left, level)
        await browser.press("right")
        await until(lambda: browser.left.contents.row_of(level.child("kept.txt")) is not None, "it is unfolded")
        await unfold(browser, level.child("kept.txt"), 2)
        await browser.press("down", "f7")
        await browser.until_text(f"New prefix in {level.uri}")
        await browser.press(*"new", "enter")
        await until(lambda: browser.left.subject == level.child("new/"), "the cursor is on it", 20)
    listed = versioned.client.list_objects_v2(Bucket=versioned.name)["Contents"]
    assert [each["Key"] for each in listed] == ["p/kept.txt", "p/kept.txt.bak", "p/new/"]


async def test_sizes_count_the_versions_that_are_not_current(engine: EngineSession, versioned: Versioned) -> None:
    """Of two keys with one current version each: an old one, and two with a delete marker."""
    async with opened(engine, versioned.place.uri, size=SMALL) as browser:
        await browser.press("D")
        await browser.until_text("current: 2 keys")
        await browser.press("v")
        await browser.until_text("noncurrent: 4 of 6 versions")


async def test_a_level_with_what_is_deleted(engine: EngineSession, versioned: Versioned) -> None:
    level = versioned.place.child("p/")
    async with opened(engine, versioned.place.uri, size=SMALL) as browser:
        await browser.press("V")
        await browser.until_told("deleted objects are listed")
        await browser.press("enter")
        await browser.until_listed(browser.left, level)
        assert browser.names(browser.left) == ["gone.txt", "kept.txt", "kept.txt.bak"]
        row = browser.left.cursor_row
        assert row
        assert row.is_deleted
        assert "✗ gone.txt" in browser.text
        await browser.press("d")
        await browser.until_told("it is deleted already")
        await unfold(browser, level.child("gone.txt"), 3)
        await browser.press("down", "d")
        await browser.until_text("The object is visible again")
        await browser.press("y")
        await done(browser)
        assert versioned.body("p/gone.txt") == b"last words"
        await until(lambda: not any(row.is_deleted for row in browser.left.contents.entries()), "its row is as others")


async def test_the_inspector_tells_of_a_marker_and_of_the_version_under_the_cursor(
    engine: EngineSession, versioned: Versioned
) -> None:
    level = versioned.place.child("p/")
    marker, old = versioned.history("p/gone.txt")[0][0], versioned.history("p/kept.txt")[1][0]
    async with opened(engine, level.uri) as browser:
        await browser.press("X", "i")
        await until(lambda: "gone.txt" in browser.names(browser.left), "with what is deleted")
        facts = browser.screen.inspecting.inspector.query_one(Lines)

        def told() -> str:
            return " ".join(text_of(facts).split())

        await browser.move_to(browser.left, level.child("gone.txt"))
        await until(lambda: "hides it; U brings it back" in told(), "what hides it is named")
        assert ("unknown" in told(), "does not exist" in told(), "grant" in told()) == (False, False, False)
        await unfold(browser, level.child("gone.txt"), 3)
        await browser.press("down")
        await until(lambda: f"(version {marker}) hides it" in told(), "with its version id")
        await browser.press("up", "V")
        await unfold(browser, level.child("kept.txt"), 2)
        await browser.move_to(browser.left, VersionLocation(versioned.name, "p/kept.txt", old))
        await until(lambda: told().startswith(f"version {old}"), "the version is named")
        await until(lambda: "3 bytes" in told() or "3 B" in told(), "its size is that of the version")


async def test_what_is_deleted_is_listed_where_there_are_only_objects(
    engine: EngineSession, versioned: Versioned
) -> None:
    level = versioned.place.child("p/")
    async with opened(engine, level.uri, size=SMALL) as browser:
        await browser.press("U")
        await browser.until_told("X lists what is")
        await browser.press("X")
        await browser.until_told("deleted objects are listed")
        await until(
            lambda: browser.names(browser.left) == ["gone.txt", "kept.txt", "kept.txt.bak"], "with what is deleted"
        )
        await browser.press("X")
        await browser.until_told("deleted objects are hidden")
        await until(lambda: browser.names(browser.left) == ["kept.txt", "kept.txt.bak"], "without what is deleted")


async def test_a_noncurrent_version_is_copied(engine: EngineSession, versioned: Versioned, buckets: BucketPair) -> None:
    level, target = versioned.place.child("p/"), Location(buckets.b, "in/")
    async with opened(engine, level.uri, target.uri) as browser:
        await unfold(browser, level.child("kept.txt"), 2)
        await browser.press("down", "down", "c")
        await browser.until_text("kept.txt")
        await confirm(browser)
        await done(browser)
    client = buckets.server.client(buckets.server.b)
    assert client.get_object(Bucket=buckets.b, Key="in/kept.txt")["Body"].read() == b"old"


@pytest.mark.parametrize("typed", ["3", "permanently"])
async def test_a_version_is_deleted_only_by_the_word(engine: EngineSession, versioned: Versioned, typed: str) -> None:
    level = versioned.place.child("p/")
    (new, _), (old, _) = versioned.history("p/kept.txt")[:2]
    async with opened(engine, level.uri) as browser:
        await unfold(browser, level.child("kept.txt"), 2)
        await browser.move_to(browser.left, VersionLocation(versioned.name, "p/kept.txt", old))
        await browser.press("d")
        await browser.until_text("cannot be undone")
        await browser.until_text("type 'permanently' to confirm")
        await browser.press(*typed, "enter")
        if typed == "3":
            assert isinstance(browser.app.screen, DeleteScreen)
            return
        await done(browser)
        await until(lambda: ("noncurrent", 1) not in shown(browser), "it is not listed any more")
        assert versioned.history("p/kept.txt")[0] == (new, False)
        assert (old, False) not in versioned.history("p/kept.txt")


async def test_versions_are_marked_one_at_a_time(engine: EngineSession, versioned: Versioned) -> None:
    level = versioned.place.child("p/")
    async with opened(engine, level.uri, versioned.place.uri) as browser:
        await unfold(browser, level.child("kept.txt"), 2)
        await browser.press("down", "space", "space", "c")
        await browser.until_told("versions go one at a time")


async def test_two_versions_are_compared(engine: EngineSession, versioned: Versioned) -> None:
    level = versioned.place.child("p/")
    versioned.put("p/text.txt", b"same\nbefore\n")
    versioned.client.put_object(
        Bucket=versioned.name, Key="p/text.txt", Body=b"same\nafterwards\n", Metadata={"by": "me"}
    )
    async with opened(engine, level.uri, size=(100, 40)) as browser:
        await browser.press("K")
        await browser.until_told("mark two versions of one object")
        await unfold(browser, level.child("text.txt"), 2)
        await browser.press("down", "space", "space", "K")
        for words in ("- before", "+ afterwards", "12 B", "→ 16 B", "by  me"):
            await browser.until_text(words)
