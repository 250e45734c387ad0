"""Moving about: tabs, columns, jumps, `o`, what is pasted; bookmarks, and how the next start finds the panes."""

from pathlib import Path

import pytest
from textual.events import Paste
from textual.widgets import Button, Input, OptionList

from tests.browser.browser import SMALL, A, B, Browser, opened, until_screen
from tests.browser.passing import Buckets
from tests.browser.scripted import ScriptedEngine
from tests.servers.server import S3Server
from tests.waiting import until
from tui.app.browser_screen import BrowserScreen
from tui.browser.bookmarks_screen import BookmarkNameScreen, BookmarksScreen
from tui.browser.columns_screen import ChooseColumns, ColumnList
from tui.browser.open_screen import Levels, OfferSources, OpenLocationScreen
from tui.core.identity import IdentitySpec
from tui.core.location import LOCAL_BUCKET, Location
from tui.core.problem import Problem, ProblemKind
from tui.features.accounts.screen import AccountsScreen
from tui.kit.command_base import use_keys
from tui.kit.dialog import ConfirmScreen
from tui.kit.problem_screen import ProblemScreen
from tui.kit.sign_in_screens import SecretScreen
from tui.link.session import EngineSession
from tui.messages.listing_requests import ListObjects
from tui.panes.columns import CHOICES
from tui.panes.news import PaneSide
from tui.panes.pane import Pane
from tui.panes.tabs import PaneTabs
from tui.saved.bookmarks import Bookmark, Bookmarks
from tui.saved.last_session import IdentityPair, Keeping, LastSession, read_last, write_last
from tui.saved.own_files import add_to_history, read_history
from tui.settings import IdentitySettings, PaneStart, SafetySettings, TabList, read_settings, settings_file
from tui.settings.checks import COLUMNS

ASSETS, LANDING = Location("media-prod-assets"), Location("analytics-landing")
SIGNED = "https://media-prod-assets.s3.amazonaws.com/video.mp4?X-Amz-Signature=0123"


@pytest.fixture
def keeping(tmp_path: Path) -> Keeping:
    return Keeping(tmp_path / "bookmarks.json", tmp_path / "last.json", tmp_path / "history.json")


def offered(dialog: OpenLocationScreen) -> list[str]:
    return [str(option.prompt).split()[0] for option in dialog.query_one(OptionList).options]


async def test_a_bucket_and_a_prefix_are_completed_and_noted(engine: EngineSession, keeping: Keeping) -> None:
    async with opened(engine, size=SMALL, keeping=keeping) as browser:
        await browser.press("o")
        dialog = await until_screen(browser, OpenLocationScreen)
        line = dialog.query_one(Input)
        await browser.press(*"media-prod-as", "tab")
        await until(lambda: line.value == ASSETS.uri, "the bucket is completed")
        await browser.press("i")
        await until(lambda: f"{ASSETS.uri}incoming/" in offered(dialog), "its entries are offered")
        assert offered(dialog)[:2] == [f"{ASSETS.uri}images/", f"{ASSETS.uri}incoming/"]
        await browser.press("down", "down", "enter", lists=ASSETS.child("incoming/"))
        assert keeping.history
        assert read_history(keeping.history) == [ASSETS.child("incoming/")]
        dialog = OpenLocationScreen(known=OfferSources(history=[LANDING, ASSETS]))
        answers: list[object] = []
        browser.screen.open_dialog(dialog, answers.append)
        await until_screen(browser, OpenLocationScreen)
        await browser.press("down", "down")
        dialog.offer_also(OfferSources(["more"], [LANDING, ASSETS]))
        await until(lambda: "s3://more/" in offered(dialog), "more is offered")
        await browser.press("enter")
        await until(lambda: bool(answers), "the dialog answers")
    assert answers == [ASSETS], "what is chosen stays chosen when more is offered"


@pytest.mark.thorough
async def test_history_bookmarks_and_identities_are_opened_from_the_list(
    engine: EngineSession, keeping: Keeping
) -> None:
    assert keeping.history
    assert keeping.bookmarks
    add_to_history(keeping.history, ASSETS.child("video/"))
    Bookmarks(keeping.bookmarks).add(Bookmark("theirs", PaneStart(B, LANDING), PaneStart()))
    async with opened(engine, ASSETS.uri, size=SMALL, keeping=keeping) as browser:
        await browser.press("o")
        dialog = await until_screen(browser, OpenLocationScreen)
        await until(lambda: offered(dialog)[:1] == [f"{ASSETS.uri}video/"], "history comes first")
        await browser.press("down", "enter", lists=ASSETS.child("video/"))
        await browser.press("o")
        dialog = await until_screen(browser, OpenLocationScreen)
        await browser.press(*"theirs")
        await until(lambda: offered(dialog) == [LANDING.uri], "the bookmark is offered")
        await browser.pilot.click(dialog.query_one(OptionList), offset=(4, 0))
        await browser.until_listed(browser.left, LANDING)
        assert browser.left.spec == B
        await browser.press("o")
        dialog = await until_screen(browser, OpenLocationScreen)
        await browser.press(*"media-prod")
        await until(lambda: "media-prod" in offered(dialog), "the identity is offered")
        await browser.press("pageup", *["down"] * (offered(dialog).index("media-prod") + 1), "enter")
        await until(lambda: browser.left.spec is not None and browser.left.spec.profile == "media-prod", "it is used")


async def test_where_the_pane_is_already_is_completed_once_it_is_typed(engine: EngineSession, keeping: Keeping) -> None:
    """Until then history is offered; then what lies below, and of history what contains it."""
    assert keeping.history
    for place in (LANDING.child("2026/"), ASSETS.child("video/raw/")):
        add_to_history(keeping.history, place)
    async with opened(engine, ASSETS.uri, size=SMALL, keeping=keeping) as browser:
        await browser.press("o")
        dialog = await until_screen(browser, OpenLocationScreen)
        await until(lambda: f"{LANDING.uri}2026/" in offered(dialog), "history is offered")
        await browser.press(*ASSETS.uri)
        assert dialog.query_one(Input).value == ASSETS.uri
        await until(lambda: f"{ASSETS.uri}images/" in offered(dialog), "its entries are offered")
        assert f"{ASSETS.uri}video/raw/" in offered(dialog)
        assert f"{LANDING.uri}2026/" not in offered(dialog)


@pytest.mark.thorough
async def test_what_is_pasted_is_opened_or_marked(engine: EngineSession, keeping: Keeping) -> None:
    async with opened(engine, size=SMALL, keeping=keeping) as browser:
        table = browser.left.table
        table.post_message(Paste(SIGNED))
        await browser.until_listed(browser.left, ASSETS)
        await until(lambda: browser.left.subject == ASSETS.child("video.mp4"), "the cursor is on it")
        assert keeping.history
        assert "Amz" not in keeping.history.read_text(encoding="utf-8")
        uris = [ASSETS.child(f"video/{name}").uri for name in ("no-such", "clip-001.mp4")]
        rows = [ASSETS.child("poster.png"), ASSETS.child("images/")]
        table.post_message(Paste("\n".join(place.uri for place in rows)))
        await until(lambda: set(browser.left.contents.marks) == set(rows), "both are marked")
        await browser.press("y", then="2 URIs sent to the terminal's clipboard")
        assert set(browser.app.clipboard.split("\n")) == {place.uri for place in rows}
        browser.left.navigation.go(Location())
        await browser.until_listed(browser.left, Location())
        table.post_message(Paste("\n".join([rows[0].uri, f"{ASSETS.uri}gone", "hello"])))
        await browser.until_told("1 row marked, 1 not found")
        await browser.until_told("1 line not opened")
        assert list(browser.left.contents.marks) == [rows[0]]
        table.post_message(Paste("\n".join([*uris, LANDING.uri])))
        assert offered(await until_screen(browser, OpenLocationScreen)) == [*uris, LANDING.uri]


async def test_links_to_the_server_of_the_identity_are_opened(engine: EngineSession, keeping: Keeping) -> None:
    async with opened(engine, size=SMALL, keeping=keeping) as browser:
        identity = browser.who(browser.left)
        host = identity.endpoint.removeprefix("http://")
        browser.left.table.post_message(Paste(f"{identity.endpoint}/{ASSETS.bucket}/video.mp4?X-Amz-Signature=0123"))
        await browser.until_listed(browser.left, ASSETS)
        await until(lambda: browser.left.subject == ASSETS.child("video.mp4"), "the cursor is on it")
        await browser.press("o")
        (await until_screen(browser, OpenLocationScreen)).query_one(
            Input
        ).value = f"http://{ASSETS.bucket}.{host}/poster.png?X-Amz-Signature=0123"
        await browser.press("enter")
        await until(lambda: browser.left.subject == ASSETS.child("poster.png"), "it is opened by name")
        assert keeping.history
        assert read_history(keeping.history) == [ASSETS.child("poster.png"), ASSETS.child("video.mp4")]
        assert "Amz" not in keeping.history.read_text(encoding="utf-8")


VIDEO = ASSETS.child("video/")


def tabs_of(browser: Browser) -> PaneTabs:
    return browser.screen.panes.sides[PaneSide.LEFT]


async def tab_in_front(browser: Browser, number: int, *keys: str) -> None:
    """After these keys the tab `number`, counted from 1, is in front and has the focus."""
    tabs = tabs_of(browser)
    for key in keys:
        await (browser.run(key) if key.endswith("_tab") else browser.press(key))

    def is_front() -> bool:
        return tabs.number == number - 1 and browser.screen.focused is tabs.front.table

    await until(is_front, f"tab {number} is in front")
    await browser.pilot.pause()


async def test_each_tab_has_its_place_its_marks_and_its_identity(engine: EngineSession) -> None:
    async with opened(engine, ASSETS.uri, LANDING.uri, size=SMALL) as browser:
        first, tabs = browser.left, tabs_of(browser)
        assert not tabs.line.display
        await tab_in_front(browser, 2, "space", "new_tab")
        second = browser.left
        await browser.until_listed(second, ASSETS)
        assert second.spec == A
        assert (len(first.contents.marks), len(second.contents.marks)) == (1, 0)
        second.connection.connect(B, LANDING)
        await browser.until_listed(second, LANDING)
        await browser.until_text(" 2 analy")
        await tab_in_front(browser, 1, "[")
        assert (browser.left.location, len(browser.left.contents.marks), browser.left.spec) == (ASSETS, 1, A)
        assert browser.screen.panes.active is first
        assert first.strip.has_class("-active")
        await tab_in_front(browser, 2, "2")
        await tab_in_front(browser, 1, "]")
        await tab_in_front(browser, 1, "close_tab")
        assert (tabs.tabs, bool(tabs.line.display)) == ([second], False)
        await browser.run("close_tab", told="only tab")
        assert browser.left is second


async def test_tabs_go_with_their_pane(engine: EngineSession) -> None:
    """Read-only is all of a pane, the mouse shows and closes its tabs, and it is swapped with all of them."""
    async with opened(engine, ASSETS.uri, LANDING.uri, size=SMALL) as browser:
        await tab_in_front(browser, 2, "new_tab")
        await browser.until_listed(browser.left, ASSETS)
        await browser.press("space")
        await browser.run("read_only", told="the left pane is read-only")
        assert [pane.strip.locked for pane in browser.screen.panes.every] == [True, True, False]
        tabs = tabs_of(browser)
        await until(
            lambda: all(pane.identity and pane.identity.read_only for pane in tabs.tabs), "both are connected again"
        )
        await browser.until_listed(browser.left, ASSETS)
        assert len(browser.left.contents.marks) == 1, "what is marked stays so"
        await browser.press("ctrl+u")
        await until(lambda: tabs.region.x > 0, "the left one is at the right")
        assert browser.right.region.x == 0
        assert browser.left.region.x == tabs.region.x
        await browser.press("tab")
        await browser.pilot.click(tabs.line, offset=(3, 0))
        await tab_in_front(browser, 1)
        assert browser.screen.panes.active is browser.left
        closed = browser.left
        await browser.pilot.click(tabs.line, offset=(3, 0), button=2)
        await until(lambda: closed not in tabs.tabs, "it is closed")


async def test_tabs_are_restored_and_connected_when_they_are_shown(engine: EngineSession, keeping: Keeping) -> None:
    assert keeping.last
    behind, front = PaneStart(B, LANDING), PaneStart(A, ASSETS)
    gone = PaneStart(A, Location("media-prod-assets", "gone/"))
    disk = PaneStart(IdentitySpec(local=True), Location(LOCAL_BUCKET))
    write_last(keeping.last, front, PaneStart(B), TabList([behind, front, gone, disk], 1))
    async with opened(engine, keeping=keeping, size=SMALL, specs=(None, None)) as browser:
        await browser.until_listed(browser.left, ASSETS)
        await tab_in_front(browser, 2)
        assert tabs_of(browser).line.names == ("analytics-landing", "media-prod-assets", "gone", "file://")
        assert [pane.identity for pane in tabs_of(browser).tabs if pane is not browser.left] == [None] * 3
        await browser.press("3", lists=ASSETS)
        await browser.until_told("no longer exists")
        await browser.press("1", lists=LANDING)
        assert browser.left.spec == B
    last = read_last(keeping.last)
    assert last.left == behind
    assert last.left_tabs == TabList([behind, front, front, disk], 0)
    assert last.right_tabs == TabList()


@pytest.mark.thorough
async def test_many_tabs_show_those_around_the_one_in_front(engine: EngineSession) -> None:
    """Their numbers have the keys of the settings."""
    try:
        async with opened(engine, ASSETS.uri, size=SMALL, keys={"tab_by_number": ["ctrl+k", "5"]}) as browser:
            for number in range(2, 7):
                await tab_in_front(browser, number, "new_tab")
            browser.left.navigation.go(VIDEO)
            await browser.until_text("6 video")
            line = browser.text.split("\n")[0]
            assert line.startswith("‹"), line
            await tab_in_front(browser, 2, "5")
            await browser.until_text("›")
            await tab_in_front(browser, 1, "ctrl+k")
            await tab_in_front(browser, 2, "2", "5")
    finally:
        use_keys({})


def titles(pane: Pane) -> list[str]:
    return [column.title for column, _ in pane.table.plan.columns if column.title]


@pytest.mark.thorough
async def test_columns_are_chosen_for_all_panes_and_saved(engine: EngineSession) -> None:
    async with opened(engine, "s3://media-prod-assets/", "s3://analytics-landing/events/", size=SMALL) as browser:
        assert titles(browser.left) == ["size", "modified"]
        await browser.press("|", front=ChooseColumns)
        await browser.press("down", "space", "down", "down", "K", "K", "K", "enter")  # without modified, owner first
        await until(lambda: titles(browser.right)[:2] == ["owner", "size"], "the right one has them, too")
        assert titles(browser.left)[0] == "owner"
        assert read_settings(settings_file()).panes.columns.shown == ["owner", "size", "class"]
        await browser.run("new_tab")
        await until(lambda: len(browser.screen.panes.every) == 3, "there is a tab")
        assert browser.left.table.chosen == ("owner", "size", "class")
        await browser.press("|", front=ChooseColumns)
        await browser.press("tab", "tab", "enter")
        await until(lambda: titles(browser.right) == ["size", "modified"], "the width decides again")
        assert read_settings(settings_file()).panes.columns.shown == []


def test_what_is_shown_has_a_tick_in_its_order_and_the_others_are_below() -> None:
    columns = ColumnList(("owner", "size"))
    assert columns.chosen == ["owner", "size"]
    assert columns.titles == ("owner", "size", *(title for title in CHOICES if title not in columns.chosen))


def test_the_settings_know_every_column() -> None:
    assert ("name", *CHOICES) == COLUMNS


EVENTS = Location("analytics-landing", "events/")


async def until_on(browser: Browser, name: str) -> None:
    def there() -> bool:
        row = browser.right.cursor_row
        return row is not None and row.is_entry and row.name == name

    await until(there, f"the cursor is on {name}")


@pytest.mark.thorough
async def test_the_cursor_goes_where_the_letters_lead(engine: EngineSession) -> None:
    """Names that differ at the end are told apart at 80 columns, and moved."""
    async with opened(engine, "s3://", EVENTS.uri, size=SMALL) as browser:
        names = [line[41:].split()[0] for line in browser.text.split("\n")[4:19]]
        assert len(set(names)) == len(names)
        assert all(f"{number:05}" in name for number, name in enumerate(names))
        await browser.press("tab", ">")
        await until(lambda: browser.right.table.shift > 0, "the names are moved")
        assert "…000.jsonl" in browser.text
        await browser.press("<", then="events-00000")
        await browser.run("jump")
        await browser.press(*"events-04")
        await until_on(browser, "events-04000.jsonl.gz")
        await browser.press(*"99")
        await until_on(browser, "events-04990.jsonl.gz")
        await browser.press("down")
        await until_on(browser, "events-04991.jsonl.gz")
        await browser.press("up", "enter")
        await until_on(browser, "events-04990.jsonl.gz")
        assert browser.screen.focused is browser.right.table
        await until(lambda: not browser.right.jump_bar.display, "the line is gone")
        await browser.run("jump")
        await browser.press(*"0123.")
        await until_on(browser, "events-00123.jsonl.gz")
        await browser.press(*"zzz")
        await until(lambda: browser.right.jump_bar.missing, "nothing fits")
        await browser.until_text("jump: 0123.zzz  no match")
        await browser.press("escape")
        await until_on(browser, "events-00123.jsonl.gz")
        browser.right.navigation.go(Location())
        await browser.until_listed(browser.right, Location())
        browser.right.navigation.go(EVENTS)
        await browser.run("jump")
        await browser.press(*"events-04999")
        await until_on(browser, "events-04999.jsonl.gz")  # which is listed only later


NOBODY = (None, None)


def last(keeping: Keeping) -> LastSession:
    assert keeping.last
    return read_last(keeping.last)


def leave(keeping: Keeping, left: PaneStart, right: PaneStart) -> None:
    """As a session that has ended there."""
    assert keeping.last
    write_last(keeping.last, left, right)


@pytest.mark.thorough
async def test_the_next_start_restores_the_session(engine: EngineSession, keeping: Keeping) -> None:
    async with opened(engine, keeping=keeping, size=SMALL, safety=SafetySettings(read_only=["*nothing*"])) as browser:
        await until(lambda: last(keeping).pairs == [IdentityPair(A, B)], "the pair is noted while it runs")
        await browser.press_on(browser.left, ASSETS, "enter", lists=ASSETS)
        await until(lambda: last(keeping).left.location == ASSETS, "the place is noted while it runs")
        browser.screen.panes.activate(browser.right)
        await browser.run("read_only")
        await until(lambda: last(keeping).right.locked, "it is noted that it is read-only")
    left, right = PaneStart(A, ASSETS), PaneStart(B, Location(), locked=True)
    assert last(keeping) == LastSession(left, right, [IdentityPair(A, B)])
    async with opened(engine, keeping=keeping, size=SMALL, specs=NOBODY) as browser:
        await browser.until_listed(browser.left, ASSETS)
        await browser.until_listed(browser.right, Location())
        assert (browser.left.spec, browser.right.spec) == (A, B)
        assert (browser.left.strip.locked, browser.right.strip.locked) == (False, True)
        browser.screen.panes.activate(browser.right)
        await browser.run("read_only")
        await until(lambda: not last(keeping).right.locked, "it is lifted")


async def test_what_is_named_is_stronger_than_the_last_session(engine: EngineSession, keeping: Keeping) -> None:
    leave(keeping, PaneStart(A, ASSETS), PaneStart(B, LANDING))
    async with opened(engine, keeping=keeping, size=SMALL, specs=(B, None), listed=False) as browser:
        await browser.until_listed(browser.left, Location())
        await browser.until_listed(browser.right, LANDING)
        assert (browser.left.spec, browser.right.spec) == (B, B)
    async with opened(engine, keeping=keeping, size=SMALL, specs=NOBODY, restore=False) as browser:
        await until_screen(browser, AccountsScreen)
        assert browser.left.spec is None, "who does not want it is asked"


@pytest.mark.thorough
async def test_a_place_that_is_gone_is_left_for_the_one_above(keeping: Keeping, buckets: Buckets) -> None:
    gone = Location(buckets.a, "sub/gone/further/")
    leave(keeping, PaneStart(A, gone), PaneStart(B, Location("xs3-no-such-bucket", "x/")))
    async with opened(buckets.engine, keeping=keeping, size=SMALL, specs=NOBODY) as browser:
        await browser.until_listed(browser.left, Location(buckets.a, "sub/"))
        await browser.until_listed(browser.right, Location())
        await browser.until_told(f"{gone.uri} no longer exists")
        assert "xs3-no-such-bucket" not in browser.names(browser.right)


@pytest.mark.thorough
async def test_a_restored_pane_does_not_ask_before_it_is_used(
    engine: EngineSession, keeping: Keeping, demo_server: S3Server
) -> None:
    keys = IdentitySpec(access_key=demo_server.b.access_key, endpoint=demo_server.endpoint, region="us-east-1")
    leave(keeping, PaneStart(A, ASSETS), PaneStart(keys, Location("analytics-landing", "no/more/")))
    async with opened(engine, keeping=keeping, size=SMALL, specs=NOBODY) as browser:
        await browser.until_text("enter: enter the secret")
        await browser.until_listed(browser.left, ASSETS)
        assert browser.app.screen is browser.screen
        await browser.press("tab", "e", front=ProblemScreen, then="Enter the secret")
        await browser.press("enter", front=SecretScreen)
        await browser.press("escape", front=BrowserScreen)
        await browser.press("enter", front=SecretScreen)
        await browser.press(*demo_server.b.secret_key, "enter", told="no longer exists")
        await until(lambda: browser.right.location == LANDING, "the level above is listed", 20)


async def test_an_identity_of_the_settings_is_taken_as_it_is_now(engine: EngineSession, keeping: Keeping) -> None:
    old = IdentitySpec("media-prod", name="mine")
    leave(keeping, PaneStart(old, ASSETS), PaneStart(IdentitySpec("analytics", name="gone"), LANDING))
    identities = {"mine": IdentitySettings(profile="analytics")}
    async with opened(engine, keeping=keeping, size=SMALL, specs=NOBODY, identities=identities) as browser:
        await until_screen(browser, AccountsScreen)
        await browser.until_listed(browser.left, ASSETS)
        assert browser.left.spec == IdentitySpec("analytics", name="mine")
        assert browser.right.spec is None


@pytest.mark.thorough
async def test_a_bookmark_is_made_opened_and_removed(engine: EngineSession, keeping: Keeping) -> None:
    async with opened(engine, ASSETS.uri, LANDING.uri, keeping=keeping, size=SMALL) as browser:
        await browser.press("b", front=BookmarksScreen, then="No bookmarks yet")
        await browser.press("N", front=BookmarkNameScreen)
        await browser.press(*"daily", "enter", then="daily")
        assert keeping.bookmarks
        kept = Bookmarks(keeping.bookmarks)
        assert kept.read() == [Bookmark("daily", PaneStart(A, ASSETS), PaneStart(B, LANDING))]
        await browser.press("escape")
        browser.left.connection.connect(B, Location())
        browser.right.navigation.go(Location())
        await browser.until_listed(browser.left, Location())
        await browser.press("b", front=BookmarksScreen)
        await browser.press("enter", lists=ASSETS)
        await browser.until_listed(browser.right, LANDING)
        assert browser.left.spec == A
        await browser.press("b", front=BookmarksScreen)
        await browser.press("D", front=ConfirmScreen)
        await browser.press("y", then="No bookmarks yet")
        assert kept.read() == []
        browser.app.screen.query_one("#add-one", Button).press()
        await browser.press(front=BookmarkNameScreen)
        await browser.press("enter", "escape", "tab")
        assert browser.screen.panes.active is browser.right
        await browser.press("b", "enter", lists=ASSETS)
        assert (browser.left.location, browser.right.spec) == (ASSETS, A), "of one pane: where the keys are"
        kept.add(Bookmark("two\x1b[2J", PaneStart(A), PaneStart(B, LANDING)))
        await browser.press("b", front=BookmarksScreen)
        await browser.press("slash", *"landing", then="two␛[2J")
        await until(lambda: len(browser.app.screen.query_one(OptionList).options) == 1, "the other one is hidden")
        await browser.press("enter", lists=LANDING)


async def test_nothing_is_offered_below_what_is_denied() -> None:
    engine = ScriptedEngine(feeds={ListObjects: [Problem(ProblemKind.DENIED, "access denied")]})
    assert await Levels(engine, "a").below("s3://media-prod-private/x") == []
