"""Both panes: rows as cells and history, the mouse, what is denied or missing, pages to come, the local disk."""

import asyncio
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.events import Key

from tests.browser.browser import (
    ARCHIVE,
    BUCKETS,
    LANDING,
    VIDEO,
    WHO_A,
    WHO_B,
    WIDE,
    A,
    B,
    Browser,
    PicturedEngine,
    confirm,
    line,
    opened,
    pictured,
    state,
    until_screen,
)
from tests.browser.host import Host, text_of
from tests.browser.passing import Buckets, Holding, Passing
from tests.browser.scripted import HOLD, ScriptedEngine
from tests.waiting import until
from tui.app.browser_screen import BrowserScreen
from tui.core.identity import AddressBook, AuthMethod, Identity, IdentitySpec, Owner
from tui.core.listing import BucketList, ObjectSummary, Page, make_page
from tui.core.location import LOCAL_BUCKET, Location
from tui.core.orders import CopyOrder, Destination, Selection
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.core.transfer import TransferList, TransferState
from tui.features.transfer_list.transfer_screen import TransferScreen
from tui.features.versions.screen import UndoScreen
from tui.kit.footer import footer_items
from tui.kit.lines import Lines
from tui.kit.pane_commands import QUIT
from tui.kit.problem_screen import ProblemScreen
from tui.link.session import EngineAccess, EngineSession
from tui.messages.content_requests import BeginContent
from tui.messages.identity_requests import Connect, WatchAddresses, WatchIdentity
from tui.messages.inspect_requests import Inspect
from tui.messages.listing_requests import ListBuckets, ListObjects
from tui.messages.order_requests import SubmitCopy, WaitingConflicts, WatchConflicts, WatchTransfers
from tui.panes import branch as branch_module
from tui.panes import tree_table
from tui.panes.arrangement import Arrangement
from tui.panes.branch import Branch, BranchState
from tui.panes.cells import LEAST_NAME, entry_cells, heading_cells, plan_columns, status_cell
from tui.panes.columns import SortKey, Surroundings
from tui.panes.identity_strip import identity_lines
from tui.panes.path_line import segments
from tui.panes.row_line import fitting, row_texts
from tui.panes.rows import PaneRow, PickError, RowKind
from tui.panes.tree import Tree
from tui.panes.tree_table import KeyedTable
from tui.settings import PaneSettings

ASSETS = Location("media-prod-assets")
FOLDER = ASSETS.child("video/")


async def test_both_panes_show_their_identity_and_list(engine: EngineSession) -> None:
    async with opened(engine) as browser:
        await browser.until_text("111111111111")
        await browser.until_text("222222222222")
        assert line(browser.left.strip).startswith("media-prod 111111111111 ▸ user/deploy via keys")
        assert "media-prod-assets" in browser.names(browser.left)
        assert "analytics-landing" in browser.names(browser.right)
        for swapped in (True, False):
            await browser.press("ctrl+u")
            await until(lambda: (browser.left.region.x > 0) is swapped, "they are swapped")  # noqa: B023  # awaited here
        browser.left.navigation.go(ASSETS)
        await browser.until_listed(browser.left, ASSETS)
        await browser.run("same_path")
        await browser.until_listed(browser.right, ASSETS)


@pytest.mark.thorough
async def test_into_a_prefix_and_back_by_keys(engine: EngineSession) -> None:
    async with opened(engine) as browser:
        left = browser.left
        await browser.press_on(left, ASSETS, "enter", lists=ASSETS)
        await browser.press_on(left, FOLDER, "enter", lists=FOLDER)
        await browser.press("backspace", lists=ASSETS)
        assert left.subject == FOLDER
        await browser.press("alt+left", lists=FOLDER)
        await browser.press("alt+left", "alt+left", "alt+left", lists=Location())  # there is nothing before it
        await browser.press("alt+right", lists=ASSETS)
        await browser.press_on(left, FOLDER, "right")
        await until(lambda: FOLDER in {b.location for b in left.contents.branches}, "it is unfolded")
        await browser.until_listed(left, ASSETS)
        await browser.press("right")
        assert browser.row(left).depth == 1
        await browser.press("left")
        assert left.subject == FOLDER
        await browser.press("left")
        assert len(list(left.contents.branches)) == 1
        for key, character in (("slash", "/"), ("v", "v"), ("i", "i"), ("d", "d")):  # typed ahead
            browser.app.post_message(Key(key, character))
        await until(lambda: left.filter_bar.value == "vid", "the letters are in the line")
        await browser.until_text("/vid")
        assert not browser.screen.inspecting.inspector.display
        await browser.press("enter", "h", lists=Location())
        await browser.press("o", then="of another account by name")
        await browser.press(*"media-prod-assets/poster.png", "enter", lists=ASSETS)
        assert left.subject == ASSETS.child("poster.png"), "the cursor is on the object that was named"
        await browser.press("ctrl+p", *"parent prefix", then="Go up to the parent prefix")
        await browser.press("enter", lists=Location())


async def test_denied_is_a_row_that_explains_itself(engine: EngineSession) -> None:
    async with opened(engine, right="s3://media-prod-private/") as browser:
        assert browser.row(browser.right).kind is RowKind.STATUS
        await browser.until_text("✗ access denied: s3:ListBucket for analytics   enter: explain")
        browser.screen.panes.activate(browser.right)
        await browser.press("enter")
        screen = await until_screen(browser, ProblemScreen)
        assert screen._problem.operation == "ListObjectsV2", "the explanation may push it out of sight"
        await browser.press("escape", "backspace", lists=Location())
        assert "media-prod-private" in browser.names(browser.right), "a bucket opened by name is remembered"


OWNED = "analytics owns the object, so the bucket policy of media-prod does not cover it"


async def explained(browser: Browser) -> None:
    """Wait until a dialog explains the denial of the object that analytics owns; close it."""
    why = (await until_screen(browser, ProblemScreen)).query_one("#why")
    await until(lambda: OWNED in " ".join(text_of(why).split()), "the cause")
    assert "in the resource-based policy" not in text_of(why), "no policy helps"
    await browser.press("escape")


@pytest.mark.thorough
async def test_a_denied_object_is_explained_from_the_viewer_a_toast_and_a_transfer(engine: EngineSession) -> None:
    async with opened(engine, "s3://media-prod-assets/incoming/") as browser:
        location, left = Location("media-prod-assets", "incoming/heatmap.png"), browser.left
        await browser.press_on(left, location, "v")
        for key in ("enter", "e"):
            await browser.until_text(OWNED)
            await browser.until_text("PutObjectAcl with bucket-owner-full-control on this object")
            await browser.press(key)
            await explained(browser)
        await browser.press("escape", front=BrowserScreen)

        await browser.press("f4", told="access denied: s3:GetObject · no resource-based policy allows")
        await browser.press("e")
        await explained(browser)

        connection = browser.who(left).connection
        selection = Selection(connection, location.parent, keys=[location.key])
        target = Destination(connection, Location("media-prod-private", "copies/"))
        await engine.ask(SubmitCopy(CopyOrder(selection, target)))
        await until(lambda: state(browser) is TransferState.FAILED, "the transfer has failed", 40)
        await browser.press("t", "enter", front=TransferScreen, then="access denied")
        await browser.press("e")
        await explained(browser)


async def test_a_missing_bucket_and_a_missing_profile_say_so(engine: EngineSession) -> None:
    async with opened(engine, "s3://nobody-has-this-bucket/") as browser:
        await until(lambda: browser.left.contents.root.problem is not None, "the failure is shown")
        assert "✗" in browser.text
        browser.left.table.focus()
        await browser.press("backspace", lists=Location())
        assert "nobody-has-this-bucket" not in browser.names(browser.left), "it is not remembered"


async def test_a_line_shows_the_row_in_full_and_the_first_row_leads_up(engine: EngineSession) -> None:
    async with opened(engine, FOLDER.uri, size=(200, 40)) as browser:
        left = browser.left
        await browser.until_text(f"{' · '.join(row_texts(browser.row(left), left.table.around))}")
        assert left.contents.row(0).kind is RowKind.PARENT
        assert browser.row(left).kind is not RowKind.PARENT, "the cursor begins on the first entry"
        await browser.press("home", then=f"up to {ASSETS.uri}")
        await browser.press("f5", told="nothing is selected")
        await browser.press("enter", lists=ASSETS)
        assert left.subject == FOLDER
    texts = ["a/very/long/key.txt", "12 B", "2026-01-02 03:04:05"]
    assert [fitting(texts, width) for width in (60, 30, 12)] == [
        " · ".join(texts),
        f"{texts[0]} · 12 B",
        "…ong/key.txt",
    ]


async def test_without_the_setting_the_first_row_is_an_entry(engine: EngineSession) -> None:
    async with opened(engine, FOLDER.uri, panes=PaneSettings(parent_row=False)) as browser:
        assert browser.left.contents.row(0).kind is not RowKind.PARENT


async def test_marks_that_esc_has_cleared_come_back(engine: EngineSession) -> None:
    async with opened(engine, ASSETS.uri) as browser:
        await browser.press("*")
        marks = dict(browser.left.contents.marks)
        assert len(marks) > 1
        await browser.press("escape", told=f"{len(marks)} rows unmarked; Z brings the marks back")
        assert not browser.left.contents.marks
        await browser.press("Z", front=UndoScreen, then="marks them again")
        await browser.press("home", "enter", front=BrowserScreen)
        assert browser.left.contents.marks == marks


class LateRows(Passing):
    """Lists nothing before it may."""

    def __init__(self, engine: EngineAccess) -> None:
        super().__init__(engine, ListObjects)
        self.may_list = asyncio.Event()

    async def follow(self, feed: Any) -> Any:
        self._note(feed)
        if isinstance(feed, ListObjects):
            await self.may_list.wait()
        async for answer in self.engine.follow(feed):
            yield answer


async def test_keys_for_rows_wait_for_the_rows_and_esc_drops_them(engine: EngineSession) -> None:
    late = LateRows(engine)
    async with opened(late) as browser:
        left = browser.left
        await browser.move_to(left, ASSETS)
        for key in ("enter", "end", "space"):
            browser.app.post_message(Key(key, None))
        await until(lambda: bool(late.asked), "the bucket is being listed")
        late.may_list.set()
        await until(lambda: len(left.contents.marks) == 1, "the last row is marked")
        assert not next(iter(left.contents.marks)).is_prefix
        late.may_list.clear()
        late.asked.clear()
        await browser.press("escape", "home", "home")
        for key in ("enter", "down", "down", "enter", "end", "space"):  # up, and into a bucket
            browser.app.post_message(Key(key, None))
        await until(lambda: bool(late.asked), "another bucket is being listed")
        browser.app.post_message(Key("escape", None))
        await until(lambda: not left.contents.loading, "the listing is stopped")
        assert not left.contents.marks, "what was typed before Esc is dropped"


@pytest.mark.thorough
async def test_filter_sort_marks_and_cursor_survive_a_refresh(buckets: Buckets) -> None:
    async with opened(buckets.engine, buckets.here.uri) as browser:
        left = browser.left
        await browser.press("/", *"txt", "enter")
        assert browser.names(left) == ["one.txt", "two.txt"]
        await browser.press_on(left, buckets.here.child("two.txt"), "space", "k")
        await browser.press("s")
        assert browser.names(left) == ["two.txt", "one.txt"]
        cursor = left.subject
        buckets.mine.put_object(Bucket=buckets.a, Key="alpha.txt", Body=b"")
        await browser.press("ctrl+r")
        await until(lambda: "alpha.txt" in browser.names(left), "the new object is shown")
        assert browser.names(left) == ["two.txt", "one.txt", "alpha.txt"]
        assert left.subject == cursor
        assert list(left.contents.marks) == [buckets.here.child("two.txt")]
        await browser.press("escape")
        assert len(browser.names(left)) == 5, "Esc takes the filter away"
        await browser.press("escape")
        assert not left.contents.marks
        await browser.press("+", then="any text")
        await browser.press("backspace", *"*.txt", "enter")
        assert {one.name for one in left.contents.marks} == {"one.txt", "two.txt", "alpha.txt"}
        await browser.press("*")
        assert {one.name for one in left.contents.marks} == {"three.bin", "sub/"}
        await browser.press("escape", "/", *"sub", "enter")
        await browser.press_on(left, buckets.here.child("sub/"), "enter", lists=buckets.here.child("sub/"))
        assert browser.names(left) == ["deep/", "four.txt"], "the sort goes along, the filter stays behind"
        assert left.contents.arrangement.descending
        assert not left.contents.arrangement.pattern


@pytest.mark.thorough
async def test_names_that_hurt_are_shown_and_copied_made_visible(engine: EngineSession) -> None:
    """The exact URI is put on the clipboard only by its own command."""
    place = ASSETS.child("odd names/")
    async with opened(engine, place.uri) as browser:
        assert "[markup]/" in browser.text
        assert "escape-␛[31mred␛[0m.txt" in browser.text
        assert "\x1b" not in browser.text
        assert "\u202e" not in browser.text
        assert "trailing space " in browser.names(browser.left), "names stay exact below what is shown"
        target = place.child("escape-\x1b[31mred\x1b[0m.txt")
        await browser.press_on(browser.left, target, "y", then="Sent to the terminal's clipboard")
        assert browser.app.clipboard == "s3://media-prod-assets/odd names/escape-␛[31mred␛[0m.txt"
        assert "\x1b" not in browser.text
        await browser.press("ctrl+p", *"exact uri", then="copy exact URI")
        await browser.press("enter")
        await until(lambda: browser.app.clipboard == target.uri, "the exact URI copied to the clipboard")
        await browser.until_text("invisible characters included")


async def test_a_key_that_is_not_there(engine: EngineSession) -> None:
    """Whether the app was started with it, it is opened later, or not even its level is there."""
    async with opened(engine, ASSETS.child("vide.mp4").uri) as browser:
        await browser.until_told("s3://media-prod-assets/vide.mp4")
        assert [notice.title for notice in browser.app._notifications] == ["No such key"]
        browser.app.clear_notifications()
        for name in ("video.mp4", "images"):
            browser.screen.places.show_in(browser.left, ASSETS.child(name))
            await browser.until_listed(browser.left, ASSETS)
            assert browser.row(browser.left).name.rstrip("/") == name
        assert not list(browser.app._notifications)
        browser.screen.places.show_in(browser.left, ASSETS.child("vide.mp4"))
        await browser.until_told("s3://media-prod-assets/vide.mp4")
        browser.screen.places.show_in(browser.left, ASSETS.child("no/such/x.mp4"))
        await browser.until_told("s3://media-prod-assets/no/such/x.mp4")
        await browser.until_text("prefix not found: no key begins with it")
        assert "empty" not in browser.text


HERE = Location("bucket")
GONE = HERE.child("gone")
WHO = Identity("id", "media-prod", AuthMethod.KEYS, A, account="1", arn="arn:aws:iam::1:user/me")


def page(start: int, count: int = 1000, *, last: bool = False) -> Page:
    objects = [ObjectSummary(f"{at:07}.bin", at % 97, at) for at in range(start, start + count)]
    return make_page("", [], objects, last=last)


def scripted(*pages: Any) -> ScriptedEngine:
    return ScriptedEngine(
        {ListBuckets: BucketList([])},
        {
            Connect: [WHO],
            ListObjects: pages,
            WatchTransfers: [TransferList(), HOLD],
            WatchConflicts: [WaitingConflicts([]), HOLD],
            WatchAddresses: [AddressBook(), HOLD],
            WatchIdentity: [WHO, HOLD],
        },
    )


async def test_pages_are_shown_as_they_come_and_escape_stops() -> None:
    engine = scripted(page(0), page(1000), HOLD)
    async with opened(engine, HERE.uri, listed=False) as browser:
        await until(lambda: browser.left.contents.root.total == 2000, "all rows are there")
        await browser.until_text("2,000… loading · esc stops")
        await browser.press("end", then="more…   esc: stop")
        await browser.press("asterisk", then="Still loading")
        assert not browser.left.contents.marks
        with pytest.raises(PickError, match="still loading"):
            _ = browser.left.picked
        await browser.press("escape", then="stopped after 2,000 rows")
        await until(lambda: ListObjects(WHO.connection, HERE) in engine.closed, "the engine was told to stop")
        await browser.until_text("2,000+")
        await until(lambda: len(browser.left.contents.marks) == 2000, "all that was listed is marked")
        assert len(browser.left.picked) == 2000


async def test_keys_work_while_many_rows_are_sorted_and_filtered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(branch_module, "SMALL", 100)
    async with opened(scripted(*(page(at, last=at == 19_000) for at in range(0, 20_000, 1000))), HERE.uri) as browser:
        await until(lambda: browser.left.contents.root.total == 20_000, "all rows are there")
        await browser.press("s", "s")
        root = browser.left.contents.root
        await until(lambda: root.arranged, "it is sorted")
        assert root.entries.sizes[root.shown.object_at(0)] == 0
        await browser.press("/", *"99.bin", "enter")
        await until(lambda: root.arranged and root.shown.count == 200, "only what matches is shown")
        await browser.until_text("200 of 20,000")


async def test_marks_are_looked_at_once_for_each_listing_and_not_for_every_key() -> None:
    async with opened(scripted(page(0, last=True)), HERE.uri, HERE.uri, specs=(A, A)) as browser:
        pane = browser.left
        pane.contents.marks[GONE] = 1
        await browser.press("s")
        assert GONE in pane.contents.marks
        pane.branches.refresh()
        await until(lambda: GONE not in pane.contents.marks, "the mark goes with the listing that has it no more")


async def test_refreshing_the_listing_asks_the_inspector_s_facts_again() -> None:
    engine = PicturedEngine()

    def inspected() -> list[Inspect]:
        return [each for each in engine.asked if isinstance(each, Inspect)]

    async with opened(engine, VIDEO.uri, ARCHIVE.uri, listed=False) as browser:
        await until(lambda: browser.left.contents.root.state is BranchState.COMPLETE, "it is listed")
        await browser.press("i")
        await until(lambda: len(inspected()) == 1, "the row is looked at")
        await browser.press("ctrl+r")
        await until(lambda: len(inspected()) == 2, "it is looked at again")
        browser.screen.inspecting.inspector.focus()
        await browser.press("ctrl+r")
        await until(lambda: len(inspected()) == 3, "from the inspector, too")
    assert [each.fresh for each in inspected()] == [False, True, True]
    assert len({each.location for each in inspected()}) == 1


class SlowBuckets(PicturedEngine):
    """The buckets of A are refused at first; asked for again they come when they may."""

    def __init__(self) -> None:
        super().__init__()
        self.may_list = asyncio.Event()
        self.listed = 0

    async def ask(self, request: Any) -> Any:
        if isinstance(request, ListBuckets) and request.connection == "a":
            self.listed += 1
            if self.listed == 1:
                raise ProblemError(Problem(ProblemKind.DENIED, "access denied"))
            await self.may_list.wait()
        return await super().ask(request)


async def test_the_buckets_of_an_identity_are_not_taken_for_those_of_the_next_one() -> None:
    engine = SlowBuckets()
    async with opened(engine, VIDEO.uri, VIDEO.uri) as browser:
        pane = browser.left
        await until(lambda: engine.listed == 1, "its own buckets were refused")
        pane.connection.working_again()
        await until(lambda: engine.listed == 2, "they are asked for again")
        pane.connection.connect(B, VIDEO)
        await until(lambda: pane.branches.listings.own_buckets == BUCKETS["b"], "those of the other one are known")
        engine.may_list.set()
        for _ in range(5):
            await browser.pilot.pause()
        assert pane.branches.listings.own_buckets == BUCKETS["b"]


@pytest.mark.thorough
async def test_an_object_that_is_being_read_for_the_editor_is_not_read_twice(buckets: Buckets) -> None:
    slow = Holding(buckets.engine, BeginContent)
    async with opened(slow, buckets.here.uri) as browser:
        await browser.move_to(browser.left, Location(buckets.a, "one.txt"))
        await browser.press("f4", "f4", told="one.txt is still being read or written")
        assert len(slow.asked) == 1
        slow.may_go_on.set()
        await browser.until_told("no other program can have this terminal")
        await browser.press("f4")
        await until(lambda: len(slow.asked) == 2, "it is read again")


LOCAL = IdentitySpec(local=True)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    made = tmp_path / "files"
    (made / "sub").mkdir(parents=True)
    (made / "sub/inner.txt").write_bytes(b"inner")
    (made / "note.txt").write_bytes(b"12345")
    (made / "note.txt").chmod(0o640)
    return made


def at(directory: Path) -> Location:
    return Location(LOCAL_BUCKET, f"{directory}/".removeprefix("/"))


async def test_a_directory_is_listed_and_a_file_inspected_without_a_word_of_s3(
    engine: EngineSession, directory: Path
) -> None:
    async with opened(engine, right=at(directory).uri, specs=(A, LOCAL)) as browser:
        assert browser.names(browser.right) == ["sub/", "note.txt"]
        assert line(browser.right.strip).startswith("local disk · file system of ")
        assert "files/" in line(browser.right.path)
        assert "s3:" not in line(browser.right.path)
        browser.screen.places.show_in(browser.right, at(directory).child("none.txt"))
        await browser.until_told("none.txt")
        assert [notice.title for notice in browser.app._notifications] == ["No such file"]
        await browser.press_on(browser.right, at(directory).child("note.txt"), "i", then="-rw-r----- (0640)")
        await until(lambda: "…" not in inspector_text(browser), "nothing more is waited for")
        told = inspector_text(browser)
        assert str(directory / "note.txt") in "".join(told.split())
        assert not any(word in told for word in ("policy", "owner", "etag", "grants", "ownership"))
        browser.right.navigation.go(Location())
        await browser.until_listed(browser.right, Location())
        assert line(browser.right.path).startswith("file://")
        assert browser.names(browser.right) == ["/"]


def inspector_text(browser: Browser) -> str:
    return text_of(browser.screen.inspecting.inspector.query_one(Lines))


async def test_a_click_focuses_and_moves_and_a_double_click_opens(engine: EngineSession) -> None:
    async with opened(engine, ASSETS.uri, ASSETS.uri) as browser:
        await browser.pilot.click(offset=browser.point(browser.right, FOLDER))
        assert browser.screen.panes.active is browser.right
        assert browser.right.subject == FOLDER
        await browser.pilot.click(offset=browser.point(browser.right, FOLDER), times=2)
        await browser.until_listed(browser.right, FOLDER)
        path = browser.right.path.region
        await browser.pilot.click(offset=(path.x + 1 + len("s3://med"), path.y))
        await browser.until_listed(browser.right, ASSETS)
        await browser.pilot.click(offset=(browser.text.split("\n")[-1].index("? help") + 3, 44))
        await browser.until_text("Navigation")


async def test_what_is_beside_the_names_unfolds_sorts_and_shares_the_screen(engine: EngineSession) -> None:
    async with opened(engine, ASSETS.uri) as browser:
        left = browser.left
        await browser.pilot.click(offset=browser.point(left, FOLDER, x=1))
        await until(lambda: left.contents.branch(FOLDER) is not None, "it is unfolded")
        await browser.until_listed(left, ASSETS)
        await browser.pilot.click(offset=browser.point(left, FOLDER, x=1))
        await until(lambda: left.contents.branch(FOLDER) is None, "it is folded")
        at = browser.text.split("\n")[left.header.region.y].index("size")
        for descending in (False, True):
            await browser.pilot.click(offset=(at + 1, left.header.region.y))
            assert left.contents.arrangement.key is SortKey.SIZE
            assert left.contents.arrangement.descending is descending
        await browser.pilot.mouse_down(offset=(browser.screen.panes.splitter.region.x, 5))
        await browser.pilot.hover(offset=(60, 5))
        await browser.pilot.mouse_up(offset=(60, 5))
        await until(lambda: left.size.width == 60, "the left pane has what was given to it")


async def test_ctrl_and_shift_clicks_mark(engine: EngineSession) -> None:
    async with opened(engine, ASSETS.uri) as browser:
        left = browser.left
        await browser.pilot.click(offset=browser.point(left, ASSETS.child("index.html")), control=True)
        assert list(left.contents.marks) == [ASSETS.child("index.html")]
        await browser.pilot.click(offset=browser.point(left, ASSETS.child("video.mp4")), shift=True)
        assert {one.name for one in left.contents.marks} == {"index.html", "poster.png", "video.mp4"}
        await browser.pilot.click(offset=browser.point(left, ASSETS.child("poster.png")), control=True)
        assert {one.name for one in left.contents.marks} == {"index.html", "video.mp4"}


@pytest.mark.thorough
async def test_what_was_pressed_is_dragged_though_a_row_has_come_above_it(buckets: Buckets) -> None:
    async with opened(buckets.engine, buckets.here.uri, buckets.there.uri) as browser:
        left = browser.left
        await browser.pilot.mouse_down(offset=browser.point(left, buckets.here.child("three.bin")))
        buckets.mine.put_object(Bucket=buckets.a, Key="a new one", Body=b"new")
        left.branches.refresh()
        await until(lambda: "a new one" in browser.names(left), "there is one more row", 20)
        await browser.pilot.hover(offset=browser.point(browser.right, buckets.there.child("in/")))
        await browser.until_text("copy 1 object, 9 B → in/")
        assert browser.screen.dragging.drag
        assert browser.screen.dragging.drag.selection.keys == ["three.bin"]


@pytest.mark.thorough
@pytest.mark.parametrize("spot", ["pane", "path"])
async def test_marked_ones_are_dragged_together(buckets: Buckets, spot: str) -> None:
    source, target = buckets.here, Location(buckets.b, "in/")
    async with opened(buckets.engine, source.uri, target.uri) as browser:
        left, right = browser.left, browser.right
        await browser.press_on(left, source.child("one.txt"), "space", "down", "space")
        assert {one.name for one in left.contents.marks} == {"one.txt", "two.txt"}
        region = right.table.region if spot == "pane" else right.path.region
        end = (region.right - 5, region.bottom - 1)
        await browser.drag(browser.point(left, source.child("two.txt")), end, drop=False)
        await browser.until_text("copy 2 objects, 14 B → in/")
        await browser.pilot.mouse_up(offset=end)
        await confirm(browser)
        await until(lambda: {"one.txt", "two.txt"} <= set(browser.names(right)), "both are there", 30)
        assert not left.contents.marks


async def test_a_drag_over_what_is_no_target_continues_without_one() -> None:
    """Nor does Ctrl+C end the app: it names the key that does."""
    async with pictured(size=WIDE) as browser:
        dragging, start = browser.screen.dragging, browser.point(browser.left, VIDEO.child("intro.mp4"))
        outside, inside = (start[0], WIDE[1] - 1), browser.point(browser.right, LANDING.child("daily/"))
        await browser.drag(start, outside, drop=False)
        for at in (outside, inside, outside):
            await browser.pilot.hover(offset=at)
            assert dragging.drag
            assert bool(dragging.drag.target) is (at == inside)
            assert (browser.right.table.drop_row is not None) is (at == inside)
        await browser.pilot.mouse_up(offset=outside)
        assert not dragging.ghost.display
        assert len(browser.app.screen_stack) == 2
        await browser.press("ctrl+c", told="q quits")
        assert "F10" in QUIT.key_text.split()


NARROW = 34
"""What a pane of a terminal of 80 columns has for the words in its rows."""

NOBODY = Surroundings(AddressBook())
"""No bucket owner is known, no account has a name."""

NAMES = st.text(min_size=1, max_size=200)


def row(name: str, *, depth: int = 0, container: bool = False, owner: Owner | None = None) -> PaneRow:
    branch = Branch(Location("b"))
    summary = ObjectSummary(name, 10**15, 1_764_000_000, "INTELLIGENT_TIERING", owner)
    branch.take(make_page("", [name], []) if container else make_page("", [], [summary]))
    return PaneRow(RowKind.CONTAINER if container else RowKind.OBJECT, branch, 0, depth)


@given(NAMES, st.integers(16, 250), st.integers(0, 9), st.booleans(), st.booleans(), NAMES)
def test_a_row_is_as_wide_as_its_table(
    name: str, width: int, depth: int, container: bool, marked: bool, owner: str
) -> None:
    around = Surroundings(AddressBook(), "somebody", 1_764_025_200.0)
    cells = entry_cells(
        row(name, depth=depth, container=container, owner=Owner(owner)), plan_columns(width), around, marked=marked
    )
    text = "".join(cell for cell, _ in cells)
    assert cell_len(text) == width
    assert not {character for character in text if character < " " or "\x7f" <= character <= "\x9f"}


def nothing(location: Location, pattern: str = "", *names: str) -> Branch:
    """A listed level that shows no row."""
    branch = Branch(location)
    branch.take(make_page("", [], [ObjectSummary(name, 1, 1) for name in names]))
    if pattern:
        branch.arrange(Arrangement(pattern=pattern))
    return branch


def emptied(location: Location) -> Branch:
    """A level that had a row, and has none when it is listed again."""
    branch = nothing(location, "", "x")
    branch.begin()
    branch.take(make_page("", [], []))
    return branch


@pytest.mark.parametrize(
    ("branch", "narrow", "wide"),
    [
        (Branch(Location()), "no identity selected   a: accounts", None),
        (nothing(Location("b", "made/"), "", ""), "empty", "empty"),
        (nothing(Location("b", "no/")), "prefix not found", "prefix not found: no key begins with it"),
        (emptied(Location("b", "no/")), "empty now", "empty now: no key begins with it any more"),
        (nothing(Location()), "no buckets   o: open one by name", "this account has no buckets   o: open one by name"),
        (nothing(Location("b"), "a" * 30, "x"), "no name matches …  esc: show all 1", None),
    ],
)
def test_why_there_are_no_rows_is_said_in_the_room_there_is(branch: Branch, narrow: str, wide: str | None) -> None:
    assert status_cell(branch, NARROW)[0] == narrow
    assert cell_len(narrow) <= NARROW
    assert wide is None or status_cell(branch, 60)[0] == wide


def test_headings_stand_over_their_columns() -> None:
    for width in (20, 38, 60, 78, 120, 250):
        cells = heading_cells(plan_columns(width), Arrangement(SortKey.SIZE, True))
        assert sum(cell_len(text) for text, _ in cells) == width


def text_of_row(row: PaneRow, width: int, around: Surroundings = NOBODY) -> str:
    return "".join(cell for cell, _ in entry_cells(row, plan_columns(width), around, marked=False))


def test_a_bucket_has_the_room_of_the_size_it_does_not_have() -> None:
    assert "media-prod-preferred" in text_of_row(row("media-prod-preferred", container=True), 38)


def test_a_foreign_owner_is_marked_at_every_width() -> None:
    around = Surroundings(AddressBook(), "mine")
    for width in (20, 38, 78, 120):
        for owner, marked in ((Owner("theirs"), True), (Owner("mine"), False), (None, False)):
            assert ("⚠" in text_of_row(row("x", owner=owner), width, around)) is marked, (width, owner)


def test_without_a_known_bucket_owner_no_owner_is_marked() -> None:
    assert not NOBODY.is_foreign(Owner("somebody"))


@given(st.lists(NAMES.filter(lambda name: "/" not in name), max_size=6), st.integers(12, 80))
def test_a_path_fits_and_ends_with_where_we_are(names: list[str], width: int) -> None:
    place = Location("bucket", "".join(f"{name}/" for name in names)[:900])
    placed = segments(place if place.is_prefix else place.parent, width)
    assert sum(cell_len(one.text) for one in placed) <= width
    assert placed[0].location == Location()
    assert all(one.span.stop == other.span.start for one, other in pairwise(placed))


def test_the_strip_shortens_before_it_cuts() -> None:
    lines = [line.plain for line in identity_lines(WHO_B, 0.0)]
    assert lines[0].startswith("analytics 222222222222 ▸ user/bob via keys · us-east-1 · bucket.vpce-1")
    assert lines[-1] == "analytics ▸bob"
    assert len(lines[-1]) == min(map(len, lines))
    assert any("us-east-1" in line and "222222222222" in line and len(line) < 78 for line in lines)
    assert "read-only" in identity_lines(WHO_B, 0.0, locked=True)[0].plain


def test_the_strip_says_how_long_credentials_last() -> None:
    assert WHO_A.expires
    for left, words in ((2460, "41 min"), (30, "30 s"), (0, "expired"), (-5, "expired")):
        assert words in identity_lines(WHO_A, WHO_A.expires - left)[0].plain


def test_the_footer_fits() -> None:
    for width in (40, 80, 160):
        items = footer_items(width)
        assert items[-1].span.stop <= width
        assert items[0].command.id == "view"
        assert width < 80 or "help" in {item.command.id for item in items}


@pytest.mark.parametrize("chosen", [("name",), ("owner", "size"), ("class", "modified", "size", "owner")])
def test_chosen_columns_stand_in_their_order_as_far_as_the_name_has_room(chosen: tuple[str, ...]) -> None:
    for width in (12, 20, 38, 78, 120):
        plan = plan_columns(width, chosen=chosen)
        shown = tuple(column.title for column, _ in plan.columns if column.title)
        assert shown == chosen[: len(shown)] or chosen == ("name",)
        assert plan.name >= min(width, LEAST_NAME)
        if width >= 78 and chosen != ("name",):
            assert shown == chosen
        around, long = Surroundings(AddressBook(), "mine"), row("x" * 90, owner=Owner("theirs"))
        assert cell_len("".join(text for text, _ in entry_cells(long, plan, around, marked=True))) == width
        assert sum(cell_len(text) for text, _ in heading_cells(plan, Arrangement())) == width


def test_names_are_moved_to_show_what_was_cut() -> None:
    name = "".join(f"{number:03}" for number in range(100))
    plan = plan_columns(38)
    texts = [
        "".join(text for text, _ in entry_cells(row(name), plan, NOBODY, marked=False, shift=by)) for by in (150, 400)
    ]
    assert "…50051052" in texts[0]
    assert "0" not in texts[1][: plan.name]
    assert [cell_len(text) for text in texts] == [38, 38]


NOW = 1_764_025_200


async def test_a_young_row_grows_older_on_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree_table, "AGE_SECONDS", 0.05)
    present = float(NOW)
    tree = Tree(Location("bucket"))
    tree.root.take(make_page("", [], [ObjectSummary("fresh.txt", 1, NOW - 5), ObjectSummary("old.txt", 1, 1)]))
    tree.changed()
    table = KeyedTable(tree, clock=lambda: present)
    async with Host(widgets=[table]).run_test(size=(80, 24)) as pilot:
        table.sync()
        await pilot.pause()
        assert "5 s" in text_of(table)
        present += 60
        await until(lambda: "1 min" in text_of(table), "the new age is shown", 5)
