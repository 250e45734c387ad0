"""Copy, move, delete, new places, owners, denials; versions as rows, made current again; what can be undone."""

import re
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from textual.app import App

from tests.browser.browser import SMALL, B, Browser, confirm, done, opened, state, until_screen
from tests.browser.host import text_of
from tests.browser.passing import Buckets
from tests.servers.buckets import fresh_bucket, remove_bucket
from tests.servers.policies import grant_write
from tests.servers.server import S3Server
from tests.waiting import until
from tui.app.browser_screen import BrowserScreen
from tui.browser.dry_run_screen import DryRunScreen
from tui.core.identity import IdentitySpec
from tui.core.location import Location
from tui.core.transfer import TransferState
from tui.core.versions import VersionLocation
from tui.features.buckets.new_place_screen import NewBucketScreen, NewPrefixScreen
from tui.features.copy.rename_screen import RenameManyScreen, RenameScreen
from tui.features.delete.screen import DeleteScreen
from tui.features.transfer_list.conflict_screen import ConflictScreen
from tui.features.versions.screen import UndoScreen
from tui.kit.dialog import ConfirmScreen
from tui.kit.lines import Lines
from tui.kit.menu import ContextMenu
from tui.link.session import EngineSession
from tui.messages.order_requests import CancelTransfers
from tui.panes.rows import RowKind

pytestmark = pytest.mark.thorough


def keys(buckets: Buckets, bucket: str) -> list[str]:
    owner = buckets.server.a if bucket == buckets.a else buckets.server.b
    return [entry["Key"] for entry in buckets.server.client(owner).list_objects_v2(Bucket=bucket).get("Contents", [])]


async def test_a_bucket_is_deleted_by_its_name_with_what_is_in_it(buckets: Buckets) -> None:
    async with opened(buckets.engine) as browser:
        await browser.press_on(browser.left, buckets.here, "D", then="then deletes")
        await browser.press(*buckets.a, "enter", ended=True)
        await until(lambda: buckets.a not in browser.names(browser.left), "it is gone from the list")


async def test_a_new_prefix_appears_under_the_cursor(buckets: Buckets) -> None:
    async with opened(buckets.engine, buckets.here.uri) as browser:
        await browser.press("end", "N", *"sub", "enter", told="it already exists")
        assert browser.left.subject == buckets.here.child("sub/")
        await browser.press("f7", front=NewPrefixScreen)
        await browser.press(*"new/deep", "enter")
        await until(lambda: browser.left.subject == buckets.here.child("new/"), "the cursor is on it", 20)
        assert {"new/deep/", "sub/"} & set(keys(buckets, buckets.a)) == {"new/deep/"}


async def test_where_buckets_are_listed_a_bucket_is_made_and_not_renamed(buckets: Buckets) -> None:
    name = f"{buckets.a}-new"
    try:
        async with opened(buckets.engine) as browser:
            await browser.press("N", *buckets.b, "enter")
            await until(lambda: bool(browser.app._notifications), "it is refused", 20)
            (notice,) = browser.app._notifications
            assert notice.severity == "error"
            await browser.press("N", front=NewBucketScreen)
            await browser.press(*name, "enter")
            await until(lambda: browser.left.subject == Location(name), "the cursor is on it", 20)
            await browser.press("R", told="cannot rename a bucket")
            assert browser.app.screen is browser.screen
        assert name in {bucket["Name"] for bucket in buckets.mine.list_buckets()["Buckets"]}
    finally:
        remove_bucket(buckets.mine, name)


async def test_an_object_gets_another_name(buckets: Buckets) -> None:
    source = buckets.here
    async with opened(buckets.engine, source.uri) as browser:
        asked = ("overwritten objects are lost: the bucket has no versioning", "decide later; it waits", "move  s3://")
        await browser.press_on(browser.left, source.child("one.txt"), "R", *"two.txt", "enter", then=asked)
        await browser.press("escape", told="waiting for your answer")
        await browser.press("t", "f7", "f6", "D", front=ConfirmScreen)
        await browser.press("escape", "enter", front=ConflictScreen)
        await browser.press("c", front=BrowserScreen)
        await until(lambda: state(browser) is TransferState.CANCELLED, "it is given up")
        await browser.press("escape", "f2", *"two.txt", "enter", front=ConflictScreen)
        await browser.press("s", ended=True)
        assert browser.left.subject == source.child("one.txt"), "a declined rename leaves the cursor"
        assert {"one.txt", "two.txt"} < set(keys(buckets, buckets.a))
        lost = "This cannot be undone"
        await browser.press_on(browser.left, source.child("one.txt"), "f2", front=RenameScreen, then=lost)
        await browser.press("home", *"n", "enter")
        await until(lambda: browser.left.subject == source.child("none.txt"), "the cursor is on it", 30)
        assert [key for key in keys(buckets, buckets.a) if "one" in key] == ["none.txt"]
        buckets.mine.put_object(Bucket=buckets.a, Key="images/x")
        await browser.press_on(browser.left, source.child("sub/"), "f2", *"images", then="images/ exists: its objects")


@pytest.fixture
def edit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], object]:
    """Makes a script the user's editor."""
    monkeypatch.setattr(App, "suspend", lambda _: nullcontext())
    monkeypatch.setenv("VISUAL", f"sh {tmp_path / 'edit'}")
    return (tmp_path / "edit").write_text


def kept(surroundings: Path) -> list[str]:
    return [each.read_text() for each in surroundings.rglob("edited/*one.txt")]


async def test_an_edit_asks_where_nothing_brings_back_what_was_there(
    buckets: Buckets, edit: Callable[[str], object], surroundings: Path
) -> None:
    edit('echo two >> "$1"')
    lost = "This cannot be undone: overwritten objects are lost: the bucket"
    async with opened(buckets.engine, buckets.here.uri) as browser:
        await browser.press_on(browser.left, buckets.here.child("one.txt"), "f4", then=lost)
        await browser.press("enter", told="one.txt was not written · your text is in")
        assert kept(surroundings) == ["one.txttwo\n"]
        assert buckets.mine.get_object(Bucket=buckets.a, Key="one.txt")["Body"].read() == b"one.txt"
        await browser.press("f4", then=lost)
        await browser.press("y", told="one.txt was written")
        on = {"Status": "Enabled"}
        buckets.mine.put_bucket_versioning(Bucket=buckets.a, VersioningConfiguration=on)
        await browser.press("f4", told="Z undoes it")


async def test_a_card_says_how_many_marks_the_filter_hides(buckets: Buckets) -> None:
    async with opened(buckets.engine, buckets.here.uri, buckets.there.uri) as browser:
        for name in ("one.txt", "two.txt"):
            await browser.press_on(browser.left, buckets.here.child(name), "space")
        await browser.press("slash", *"three", "enter")
        await browser.press_on(browser.left, buckets.here.child("three.bin"), "space")
        for key in ("f8", "f5", "f6", "f2", "f9"):
            await browser.press(key, then="2 of 3 marked rows are hidden by the filter")
            await browser.press("escape", front=BrowserScreen)
        await browser.press("slash", *["backspace"] * 5, "enter", "f8", then="Delete 3 objects")
        assert "hidden by the filter" not in browser.text


async def test_on_the_local_disk_the_same_keys_do_the_same(buckets: Buckets, tmp_path: Path) -> None:
    (tmp_path / "old.txt").write_text("old")
    (tmp_path / "gone.txt").write_text("gone")
    here, there = Location("/", f"{tmp_path}/".lstrip("/")), Location(buckets.b, "in/")
    async with opened(buckets.engine, here.uri, there.uri, specs=(IdentitySpec(local=True), B)) as browser:
        await browser.press("N", *"made/deep", "enter")
        await until(lambda: browser.left.subject == here.child("made/"), "the directory is under the cursor", 20)
        assert (tmp_path / "made" / "deep").is_dir()
        await browser.press_on(browser.left, here.child("old.txt"), "R", *"new.txt", "enter", ended=True)
        await until(lambda: browser.left.subject == here.child("new.txt"), "it has its new name", 20)
        await browser.press_on(browser.left, here.child("gone.txt"), "D", then="the files are deleted from this disk")
        await browser.until_text("Press →, Enter to delete.")
        await browser.press("right", "enter")
        await until(lambda: browser.names(browser.left) == ["made/", "new.txt"], "it is gone", 20)
        await browser.press_on(browser.left, here.child("new.txt"), "M")
        await confirm(browser)
        await until(lambda: browser.names(browser.left) == ["made/"], "it was moved away", 20)
        await browser.press_on(browser.right, there.child("seed.txt"), "f5", then="download:")
        await confirm(browser)
        await until(lambda: browser.names(browser.left) == ["made/", "seed.txt"], "the target pane shows it", 20)
    assert keys(buckets, buckets.b) == ["in/new.txt", "in/seed.txt"]
    assert not (tmp_path / "new.txt").exists()
    assert (tmp_path / "seed.txt").read_bytes() == b"seed"


def upload(buckets: Buckets, *keys: str) -> None:
    buckets.set_policy_of_a(*grant_write(buckets.a, buckets.server.b.principal))
    for key in keys:
        buckets.theirs.put_object(Bucket=buckets.a, Key=key, Body=b"content", Metadata={"m": "1"})


def owners(buckets: Buckets) -> dict[str, bool]:
    server = buckets.server
    listed = server.client(server.a).list_objects_v2(Bucket=buckets.a, FetchOwner=True)["Contents"]
    return {each["Key"]: each["Owner"]["ID"] == server.a.canonical_id for each in listed}


async def test_the_filter_shows_what_is_foreign_owned_and_one_key_repairs_it(buckets: Buckets) -> None:
    upload(buckets, "from b.csv")
    async with opened(buckets.engine, buckets.here.uri, size=SMALL) as browser:
        await until(lambda: bool(browser.left.bucket_owners.get(buckets.a)), "the bucket's owner is known")
        await browser.run("foreign")
        await until(lambda: browser.names(browser.left) == ["sub/", "from b.csv"], "the rest is left out")
        await browser.move_to(browser.left, buckets.here.child("from b.csv"))
        await browser.press("O", then=("Make media-prod the owner of 1 object (7 B)", "Object Ownership"))
        await browser.press("enter", ended=True)
        await until(lambda: browser.names(browser.left) == ["sub/"], "it is the bucket owner's")
        await browser.press("escape")
        await until(lambda: "from b.csv" in browser.names(browser.left), "all is shown again")
        await browser.press("tab")
        await browser.run("foreign", told="open a bucket first")
    assert owners(buckets)["from b.csv"]


async def test_from_the_uploaders_pane_the_bucket_owner_still_copies(buckets: Buckets) -> None:
    upload(buckets, "up/a", "up/b")
    async with opened(buckets.engine, buckets.here.uri, "s3://", specs=(IdentitySpec("media-prod"), B)) as browser:
        await until(lambda: bool(browser.right.bucket_owners.get(buckets.a)), "the bucket's owner is known")
        await browser.press("tab")
        browser.right.navigation.go(Location(buckets.a, "up/"))
        await until(lambda: browser.right.location.key == "up/", "the pane is there")
        await browser.press("O", then="Make media-prod the owner of 2 objects (14 B)")
        await browser.press("enter", ended=True)
    assert all(owners(buckets).values())


async def test_f5_copies_a_prefix_and_the_target_keeps_its_cursor(buckets: Buckets) -> None:
    """The list of transfers shows it; the letter copies, too, and asks about what exists."""
    source, target = buckets.here, Location(buckets.b, "in/")
    async with opened(buckets.engine, source.uri, target.uri, size=SMALL) as browser:
        await browser.press_on(browser.left, source.child("sub/"), "f5")
        await confirm(browser)
        await done(browser)
        await until(lambda: browser.names(browser.right) == ["sub/", "seed.txt"], "the target pane shows it")
        assert browser.right.subject == target.child("seed.txt")
        await browser.until_text("1 done")
        await browser.press("t")
        assert browser.screen.transfers.panel.has_focus
        await browser.until_text("enter details")
        await browser.press("enter", then=("✓ sub/four.txt", " same ("))
        await browser.press("escape", "escape")
        assert browser.left.table.has_focus
        assert not browser.screen.transfers.panel.display
        buckets.theirs.put_object(Bucket=buckets.b, Key="in/one.txt", Body=b"older")
        await browser.press_on(browser.left, source.child("one.txt"), "C")
        await confirm(browser)
        await until_screen(browser, ConflictScreen)
        await browser.press("o", ended=True)
        assert buckets.theirs.get_object(Bucket=buckets.b, Key="in/one.txt")["Body"].read() == b"one.txt"


async def test_a_question_that_was_answered_elsewhere_goes(buckets: Buckets) -> None:
    buckets.theirs.put_object(Bucket=buckets.b, Key="one.txt", Body=b"older")
    async with opened(buckets.engine, buckets.here.uri, buckets.there.uri) as browser:
        await browser.press_on(browser.left, buckets.here.child("one.txt"), "f5")
        await confirm(browser)
        await until_screen(browser, ConflictScreen)
        await buckets.engine.ask(CancelTransfers([]))
        await until(lambda: browser.app.screen is browser.screen, "the question has gone", 30)
        assert not any("waiting for your answer" in each.message for each in browser.app._notifications)


@dataclass(frozen=True, slots=True)
class Versioned:
    name: str
    client: Any

    @property
    def place(self) -> Location:
        return Location(self.name)

    def put(self, key: str, *bodies: bytes) -> list[str]:
        return [self.client.put_object(Bucket=self.name, Key=key, Body=body)["VersionId"] for body in bodies]

    def delete(self, key: str) -> str:
        marker: str = self.client.delete_object(Bucket=self.name, Key=key)["VersionId"]
        return marker

    def body(self, key: str) -> bytes:
        content: bytes = self.client.get_object(Bucket=self.name, Key=key)["Body"].read()
        return content

    def history(self, key: str) -> list[tuple[str, bool]]:
        listed = self.client.list_object_versions(Bucket=self.name, Prefix=key)
        both = [(one, False) for one in listed.get("Versions", [])]
        both += [(one, True) for one in listed.get("DeleteMarkers", [])]
        both = [each for each in both if each[0]["Key"] == key]
        both.sort(key=lambda each: each[0]["LastModified"], reverse=True)
        both.sort(key=lambda each: not each[0]["IsLatest"])
        return [(one["VersionId"], marker) for one, marker in both]


@pytest.fixture
def versioned(demo_server: S3Server) -> Iterator[Versioned]:
    with fresh_bucket(demo_server, demo_server.a) as name:
        client = demo_server.client(demo_server.a)
        client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        bucket = Versioned(name, client)
        bucket.put("p/gone.txt", b"first", b"last words")
        bucket.delete("p/gone.txt")
        bucket.put("p/kept.txt", b"old", b"the new one")
        bucket.put("p/kept.txt.bak", b"another key that begins so")
        yield bucket


def shown(browser: Browser) -> list[tuple[str, int]]:
    """The rows of the left pane: names, of versions whether they are the current one, with their depth."""
    return [
        (row.name if row.version is None else "current" if row.version.latest else "noncurrent", row.depth)
        for row in browser.left.contents.entries()
    ]


async def unfold(browser: Browser, key: Location, count: int) -> None:
    await browser.press_on(browser.left, key, "w")
    rows = browser.left.contents.entries
    await until(lambda: sum(row.kind is RowKind.VERSION for row in rows()) == count, "its versions are listed")
    await browser.pilot.pause()


async def test_versions_are_rows_below_their_object_alone(engine: EngineSession, versioned: Versioned) -> None:
    level = versioned.place.child("p/")
    async with opened(engine, level.uri, size=SMALL) as browser:
        await unfold(browser, level.child("kept.txt"), 2)
        assert shown(browser) == [("kept.txt", 0), ("current", 1), ("noncurrent", 1), ("kept.txt.bak", 0)]
        await browser.press("s", "s", "s")
        assert ("current", 1) in shown(browser)
        await browser.press("s", "s", "s", "s", "s")
        await browser.press("down", "down", "w")
        await until(lambda: len(shown(browser)) == 2, "they are hidden")
        assert browser.row(browser.left).name == "kept.txt", "the cursor is where they were"


async def test_a_new_prefix_from_a_version_is_on_the_level_of_its_object(
    engine: EngineSession, versioned: Versioned
) -> None:
    """Sizes count the versions that are not current: of two keys an old one, and two with a delete marker."""
    level = versioned.place.child("p/")
    async with opened(engine, versioned.place.uri, size=SMALL) as browser:
        await browser.press("u", then="current: 2 keys")
        await browser.press("w", then="noncurrent: 4 of 6 versions")
        await browser.press("escape", front=BrowserScreen)
        await browser.press_on(browser.left, level, "right")
        await until(lambda: browser.left.contents.row_of(level.child("kept.txt")) is not None, "it is unfolded")
        await unfold(browser, level.child("kept.txt"), 2)
        await browser.press("down", "f7", then=f"New prefix in {level.uri}")
        await browser.press(*"new", "enter")
        await until(lambda: browser.left.subject == level.child("new/"), "the cursor is on it", 20)
    listed = versioned.client.list_objects_v2(Bucket=versioned.name)["Contents"]
    assert [each["Key"] for each in listed] == ["p/kept.txt", "p/kept.txt.bak", "p/new/"]


async def test_a_level_with_what_is_deleted(engine: EngineSession, versioned: Versioned) -> None:
    level = versioned.place.child("p/")
    async with opened(engine, versioned.place.uri, size=SMALL) as browser:
        await browser.press("w", told="deleted objects shown")
        await browser.press("enter", lists=level)
        assert browser.names(browser.left) == ["gone.txt", "kept.txt", "kept.txt.bak"]
        assert browser.row(browser.left).is_deleted
        assert "✗ gone.txt" in browser.text
        await browser.press("D", told="it is deleted already")
        assert await menu(browser) == ["versions", "deleted objects", "mark", "undelete", "copy URI", "pane"]
        await browser.press("escape")
        await unfold(browser, level.child("gone.txt"), 3)
        await browser.press("down")
        assert await menu(browser) == ["versions", "remove marker", "mark", "undelete", "copy URI", "pane"]
        await browser.press("escape", "D", then="The object is visible again")
        await browser.press("y", ended=True)
        assert versioned.body("p/gone.txt") == b"last words"
        await until(lambda: not any(row.is_deleted for row in browser.left.contents.entries()), "its row is as others")


async def test_the_inspector_tells_of_a_marker_and_of_the_version_under_the_cursor(
    engine: EngineSession, versioned: Versioned
) -> None:
    level = versioned.place.child("p/")
    marker, old = versioned.history("p/gone.txt")[0][0], versioned.history("p/kept.txt")[1][0]
    async with opened(engine, level.uri) as browser:
        await browser.run("deleted")
        await browser.press("i")
        await until(lambda: "gone.txt" in browser.names(browser.left), "with what is deleted")

        def told() -> str:
            return " ".join(text_of(browser.screen.inspecting.inspector.query_one(Lines)).split())

        await browser.move_to(browser.left, level.child("gone.txt"))
        await until(lambda: "hides it; U brings it back" in told(), "what hides it is named")
        assert ("unknown" in told(), "does not exist" in told(), "grant" in told()) == (False, False, False)
        await unfold(browser, level.child("gone.txt"), 3)
        await browser.press("down")
        await until(lambda: f"(version {marker}) hides it" in told(), "with its version id")
        await browser.press("up", "w")
        await unfold(browser, level.child("kept.txt"), 2)
        await browser.move_to(browser.left, VersionLocation(versioned.name, "p/kept.txt", old))
        await until(lambda: told().startswith(f"version {old}"), "the version is named")
        await until(lambda: "3 bytes" in told() or "3 B" in told(), "its size is that of the version")


async def test_what_is_deleted_is_listed_where_there_are_only_objects(
    engine: EngineSession, versioned: Versioned
) -> None:
    """And is not brought back where nothing may be written."""
    names = ["gone.txt", "kept.txt", "kept.txt.bak"]
    async with opened(engine, versioned.place.child("p/").uri, size=SMALL, read_only=frozenset({"left"})) as browser:
        await browser.press("U", told="the left pane is read-only")
        await browser.run("read_only")
        await until(lambda: bool(browser.left.identity and not browser.left.identity.read_only), "it may be written to")
        await browser.until_listed(browser.left, versioned.place.child("p/"))
        await browser.press("U", told="w on its prefix lists deleted objects")
        await browser.run("deleted", told="deleted objects shown")
        await until(lambda: browser.names(browser.left) == names, "with what is deleted")
        await browser.run("deleted", told="deleted objects hidden")
        await until(lambda: browser.names(browser.left) == names[1:], "without what is deleted")


async def test_a_noncurrent_version_is_copied(versioned: Versioned, buckets: Buckets) -> None:
    level, target = versioned.place.child("p/"), Location(buckets.b, "in/")
    async with opened(buckets.engine, level.uri, target.uri) as browser:
        await unfold(browser, level.child("kept.txt"), 2)
        await browser.press("down", "space", "space", "C", told="one version at a time")
        await browser.press("escape", "up", "C", then="kept.txt")
        await confirm(browser)
        await done(browser)
    assert buckets.theirs.get_object(Bucket=buckets.b, Key="in/kept.txt")["Body"].read() == b"old"


async def test_a_version_is_deleted_only_by_the_word(engine: EngineSession, versioned: Versioned) -> None:
    level = versioned.place.child("p/")
    (new, _), (old, _) = versioned.history("p/kept.txt")[:2]
    async with opened(engine, level.uri) as browser:
        await unfold(browser, level.child("kept.txt"), 2)
        await browser.move_to(browser.left, VersionLocation(versioned.name, "p/kept.txt", old))
        await browser.press("D", then=("cannot be undone", "type permanently to confirm"))
        await browser.press("3", "enter")
        assert isinstance(browser.app.screen, DeleteScreen), "the number of them is not enough"
        await browser.press("backspace", *"permanently", "enter", ended=True)
        await until(lambda: ("noncurrent", 1) not in shown(browser), "it is not listed any more")
    assert versioned.history("p/kept.txt")[0] == (new, False)
    assert (old, False) not in versioned.history("p/kept.txt")


async def test_two_versions_are_compared(engine: EngineSession, versioned: Versioned) -> None:
    level = versioned.place.child("p/")
    versioned.put("p/text.txt", b"same\nbefore\n")
    versioned.client.put_object(
        Bucket=versioned.name, Key="p/text.txt", Body=b"same\nafterwards\n", Metadata={"by": "me"}
    )
    async with opened(engine, level.uri, size=(100, 40)) as browser:
        await browser.run("compare_versions", told="mark two versions of one object")
        await unfold(browser, level.child("text.txt"), 2)
        await browser.press("down", "space", "space")
        await browser.run("compare_versions")
        await browser.until_text("- before", "+ afterwards", "12 B", "→ 16 B", "by  me")


async def menu(browser: Browser) -> list[str]:
    await browser.press("full_stop", front=ContextMenu)
    await browser.pilot.pause()
    lines = text_of(browser.app.screen.query_one("OptionList")).split("\n")
    return [re.split(r"\s{2,}", line.strip())[0] for line in lines if line.strip(" ─")]


async def choose(browser: Browser, command: str) -> None:
    while browser.front(ContextMenu).chosen != command:
        await browser.press("down")
    await browser.press("enter")


@pytest.mark.parametrize("by", ["key", "menu"])
async def test_an_older_version_becomes_the_current_one(engine: EngineSession, versioned: Versioned, by: str) -> None:
    level = versioned.place.child("p/")
    async with opened(engine, level.uri, size=SMALL) as browser:
        await unfold(browser, level.child("kept.txt"), 2)
        await browser.press("down")
        if by == "key":
            await browser.press("U", told="this is the current version")
            await browser.press("down", "U")
        else:
            await browser.press("down")
            first, second = ["view", "versions", "copy", "delete version"], ["mark", "make current"]
            assert await menu(browser) == [*first, *second, "copy URI", "compare versions", "pane"]
            await choose(browser, "undelete")
        await browser.until_text("the current one?")
        await browser.until_text("copies it on top")
        await browser.press("y", ended=True)
    assert versioned.body("p/kept.txt") == b"old"
    assert len(versioned.history("p/kept.txt")) == 3


async def test_everything_deleted_below_a_prefix_comes_back(engine: EngineSession, versioned: Versioned) -> None:
    versioned.put("p/also.txt", b"gone, too")
    versioned.delete("p/also.txt")
    async with opened(engine, versioned.place.uri) as browser:
        await browser.press_on(browser.left, versioned.place.child("p/"), "U", front=DryRunScreen, then="undelete 2")
        assert versioned.history("p/gone.txt")[0][1], "nothing was changed yet"
        await browser.press("U", ended=True)
        assert versioned.body("p/gone.txt") == b"last words"
        assert versioned.body("p/also.txt") == b"gone, too"


async def test_a_deletion_is_undone_from_the_list(engine: EngineSession, versioned: Versioned) -> None:
    level = versioned.place.child("p/")
    async with opened(engine, level.uri, size=SMALL) as browser:
        await browser.press_on(browser.left, level.child("kept.txt"), "D", then="Enter deletes")
        await browser.press("enter", ended=True)
        await until(lambda: "kept.txt" not in browser.names(browser.left), "it is gone")
        assert browser.left.subject == level.child("kept.txt.bak"), "the cursor stays near"
        await browser.press("Z", front=UndoScreen, then="up to 1 object")
        await browser.press("right", then="removes the delete marker")
        await browser.press("enter", front=DryRunScreen, then="undo 1")
        await browser.press("escape", front=UndoScreen, then="up to 1 object")
        await browser.press("enter", front=DryRunScreen, then="undo 1")
        await browser.press("Z")
        await until(lambda: "kept.txt" in browser.names(browser.left), "it is there again", 20.0)
        assert versioned.body("p/kept.txt") == b"the new one"
        await browser.press("Z", then="1 transfer is undone already: / lists them")
        assert "undone by" not in browser.text
        await browser.press("slash", then="undone by")


async def test_marked_objects_are_renamed_by_a_pattern_or_as_text(
    buckets: Buckets, edit: Callable[[str], object]
) -> None:
    source = buckets.here
    buckets.mine.put_object(Bucket=buckets.a, Key="ONE.txt", Body=b"there")
    async with opened(buckets.engine, source.uri) as browser:
        for name in ("one.txt", "two.txt", "sub/"):
            await browser.press_on(browser.left, source.child(name), "space")
        await browser.press("R", front=RenameManyScreen, then="0 of 4 objects will be renamed")
        await browser.press(*"*.tx", then=r"for *.tx write .*\.tx")
        await browser.press("home", *"x-", then=r"for x-*.tx write x-.*\.tx")
        await browser.press("home", "ctrl+k", *"none", then="nothing matches none: none of 4 objects gets another name")
        await browser.press("home", "ctrl+k", *r"[a-z]+\.txt", "tab", *"x", then="another object gets this name, too")
        assert "sub/deep/five.txt" in browser.text
        await browser.press("enter", then="✗ nothing is renamed: 2 of 4 objects cannot get the new name")
        await browser.press("shift+tab", "end", *"(", then="not a valid regular expression")
        await browser.press(
            "home",
            "ctrl+k",
            *r"(\w)\w*(\.txt)",
            "tab",
            "home",
            "ctrl+k",
            *"{1}{2}",
            then="4 of 4 objects will be renamed",
        )
        await browser.press("home", "ctrl+k", *"ONE{2}", then="✗ another object gets this name, too")

        edit("sed -i 1d $1")
        await browser.press("f4", then="the text has 3 lines for 4 names: nothing is renamed, and nothing is deleted")
        edit("sed -i s/one.txt/ONE.txt/ $1")
        await browser.press("f4", then=("✗ exists: you are asked", "1 of 4 objects will be renamed, 1 exist"))
        edit("sed -i -e 's/ONE.txt/new *[1].txt/' -e s,five,deeper/5, $1")
        await browser.press("f4", then=("→ new *[1].txt", "2 of 4 objects will be renamed"))
        await browser.press("enter", ended=True)
        assert keys(buckets, buckets.a) == [
            *("ONE.txt", "new *[1].txt", "sub/deep/deeper/5.txt", "sub/four.txt", "three.bin", "two.txt")
        ]
        assert not browser.left.contents.marks
        await browser.press_on(browser.left, source.child("sub/"), "f2", front=RenameScreen)
        await browser.press("f2", front=RenameManyScreen, then="0 of 2 objects will be renamed")
        await browser.press(*"(.*).txt", "tab", *"{1}", then="2 of 2 objects will be renamed")
        await browser.press("enter", ended=True)
        await until(lambda: "sub/four" in keys(buckets, buckets.a), "it is renamed", 20)
