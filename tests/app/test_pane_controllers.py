"""Panes: connecting, going to places, what one knows of the other; which identities they have, and what is kept."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from msgspec import structs
from textual import on
from textual.geometry import Offset
from textual.message import Message

from tests.app.host import NOW, SILENT, Browser, identity, mounted, show
from tests.browser.host import Host
from tests.browser.scripted import HOLD, ScriptedEngine
from tests.waiting import until
from tui.app.open_places import Bookmarking, Places
from tui.app.session_restore import NOTE_SECONDS, Remembering
from tui.browser.bookmarks_screen import BookmarksScreen
from tui.browser.open_screen import OpenLocationScreen
from tui.browser.pane_pair import SMALLEST_PANE, place_of
from tui.core.identity import Address, AddressBook, IdentitySpec, Owner
from tui.core.listing import Bucket, BucketList, ObjectSummary, make_page
from tui.core.location import Location, parse_location
from tui.core.orders import Selection
from tui.core.problem import Need, Problem, ProblemKind
from tui.features.accounts.actions import AccountNaming, IdentityDialogs, SwitchingAccounts
from tui.features.accounts.details_screen import IdentityScreen
from tui.features.accounts.form_screen import NameAccountScreen
from tui.features.accounts.screen import AccountsScreen, ChosenIdentities
from tui.features.buckets.actions import RequesterPays
from tui.kit.sign_in_screens import CodeScreen
from tui.messages.identity_requests import Connect, ListProfiles, Profiles, WatchIdentity
from tui.messages.listing_requests import ListBuckets, ListObjects
from tui.panes.branch import BranchState
from tui.panes.columns import SortKey
from tui.panes.news import (
    AccentChosen,
    CredentialsAged,
    IdentityOpened,
    Lifetime,
    NeedOpened,
    NotConnected,
    ObjectOpened,
    PaneSide,
    ProblemOpened,
)
from tui.panes.pane import Pane
from tui.saved.bookmarks import Bookmark
from tui.saved.last_session import Keeping, read_last
from tui.settings import AccountSettings, AppStart, IdentitySettings, PaneStart, Settings, read_settings, settings_file

Feeds = dict[type[Any], list[Any]]

SPEC = IdentitySpec("a")
BUCKET, SUB = parse_location("s3://bucket/"), parse_location("s3://bucket/sub/")
DENIED = Problem(ProblemKind.DENIED, "access denied")
NEEDING = Problem(ProblemKind.NO_CREDENTIALS, "MFA", needs=Need.MFA_CODE, subject="device", connection="a")
PAGE = make_page("", ["sub/"], [ObjectSummary("a", 2, 0), ObjectSummary("b", 1, 0)], last=True)


class OnePane(Host):
    def __init__(self, engine: ScriptedEngine) -> None:
        self.pane = Pane(PaneSide.LEFT, engine)
        self.asked_of_screen: list[Message] = []
        super().__init__(widgets=[self.pane])

    @on(IdentityOpened)
    @on(NeedOpened)
    @on(NotConnected)
    @on(ObjectOpened)
    @on(ProblemOpened)
    def _note(self, event: Message) -> None:
        self.asked_of_screen.append(event)


@asynccontextmanager
async def pane(feeds: Feeds | None = None) -> AsyncIterator[tuple[OnePane, Pane]]:
    app = OnePane(ScriptedEngine({ListBuckets: BucketList([])}, {**SILENT, **(feeds or {})}))
    async with app.run_test(size=(100, 30)):
        yield app, app.pane


async def test_a_place_that_is_opened_while_connecting_waits_for_the_connection() -> None:
    feeds: Feeds = {Connect: [HOLD]}
    async with pane(feeds) as (app, one):
        one.connection.connect(SPEC, BUCKET)
        one.navigation.go(SUB)
        assert one.contents.root.loading
        one.opening.action_explain()
        await until(lambda: bool(app._notifications), "it says so")
        assert [notice.message for notice in app._notifications] == ["still connecting"]


async def test_a_failed_connection_is_a_row_and_told_to_the_screen() -> None:
    async with pane({Connect: [DENIED]}) as (app, one):
        one.connection.connect(SPEC, BUCKET)
        await until(lambda: bool(app.asked_of_screen), "the screen is told")
        assert app.asked_of_screen == [NotConnected(PaneSide.LEFT, DENIED)]
        assert one.contents.root.problem == DENIED
        one.opening.action_open()
        await until(lambda: len(app.asked_of_screen) == 2, "it is explained")
        assert app.asked_of_screen[1] == ProblemOpened(PaneSide.LEFT, DENIED, BUCKET)


async def test_credentials_that_work_again_list_what_could_not_be_listed() -> None:
    feeds: Feeds = {WatchIdentity: [identity("a"), HOLD], ListObjects: [PAGE]}
    async with pane(feeds) as (_, one):
        show(one, "s3://bucket/", who=identity("a", problem=NEEDING))
        one.contents.root.fail(NEEDING)
        one.connection.watch()
        await until(lambda: one.contents.root.state is BranchState.COMPLETE, "it is listed again")


async def test_where_buckets_may_not_be_listed_those_that_were_opened_by_name_are_shown() -> None:
    app = OnePane(ScriptedEngine({ListBuckets: DENIED}, SILENT))
    async with app.run_test(size=(100, 30)):
        show(app.pane, "s3://", who=identity("a"))
        app.pane.branches.listings.remembered = ["opened"]
        app.pane.branches.refresh()
        await until(lambda: app.pane.contents.root.problem == DENIED, "the refusal is shown")
        assert [row.name for row in app.pane.contents.entries()] == ["opened"]


async def test_rows_ask_the_screen_for_what_lies_outside_the_pane() -> None:
    async with pane() as (app, one):
        show(one, "s3://bucket/", "a", who=identity("a"))
        one.opening.action_open()
        one.opening.action_explain()
        one.contents.root.fail(NEEDING)
        one.contents.changed()
        one.table.move(0)
        one.opening.action_open()
        await until(lambda: len(app.asked_of_screen) == 3, "the screen is asked")
        assert app.asked_of_screen == [
            ObjectOpened(PaneSide.LEFT),
            IdentityOpened(PaneSide.LEFT, explaining=True),
            NeedOpened(PaneSide.LEFT, NEEDING),
        ]


async def test_a_container_unfolds_and_folds_in_place() -> None:
    async with pane({ListObjects: [make_page("", [], [ObjectSummary("in", 1, 0)], last=True)]}) as (_, one):
        show(one, "s3://bucket/", "sub/", "a", who=identity("a"))
        one.opening.action_expand()
        await until(lambda: not one.contents.loading, "it is listed")
        one.opening.action_expand()
        assert one.subject == parse_location("s3://bucket/sub/in")
        one.opening.action_collapse()
        assert one.subject == SUB
        one.opening.action_collapse()
        assert one.contents.row_count == 2


async def test_filter_and_sort_concern_the_rows_and_esc_takes_one_after_the_other_back() -> None:
    async with pane() as (_, one):
        show(one, "s3://bucket/", "a", "b", who=identity("a"))
        for key, descending in ((SortKey.NAME, True), (SortKey.SIZE, False), (SortKey.SIZE, True)):
            one.arranging.action_sort()
            assert (one.contents.arrangement.key, one.contents.arrangement.descending) == (key, descending)
        one.arranging.action_filter()
        one.arranging.filter("b")
        assert [row.name for row in one.contents.entries()] == ["b"]
        one.contents.marks[parse_location("s3://bucket/b")] = 1
        one.arranging.action_back_out()
        assert {row.name for row in one.contents.entries()} == {"a", "b"}
        assert one.contents.marks
        one.arranging.action_back_out()
        assert one.contents.marks == {}


# Two panes: which is active, what one knows of the other.


async def test_the_pane_that_gets_the_focus_is_the_active_one() -> None:
    made, changes = Browser(), list[str]()
    made.panes.active_changed = lambda: changes.append(made.panes.active.side)

    def looks_active() -> list[bool]:
        return [pane.strip.has_class("-active") for pane in made.panes]

    async with mounted(made):
        made.panes.focus_moved(made.panes.splitter)
        assert (looks_active(), made.panes.active) == ([False, False], made.left)
        made.panes.focus_moved(made.left.table)
        assert (looks_active(), changes) == ([True, False], [])
        made.panes.focus_moved(made.right.table)
        made.panes.focus_moved(made.right.table)
        assert (looks_active(), changes) == ([False, True], ["right"])
        made.panes.action_other_pane()
        assert (made.panes.passive, changes) == (made.right, ["right", "left"])


async def test_the_panes_change_places_and_keep_their_names() -> None:
    made = Browser()
    splitter = made.panes.splitter
    async with mounted(made) as pilot:
        made.panes.split_at(Offset(0, 0))
        left, right = made.panes.sides.values()
        assert left.styles.width
        assert left.styles.width.value == SMALLEST_PANE
        made.panes.split_evenly()
        assert left.styles.width == right.styles.width
        for first, last in ((made.right, made.left), (made.left, made.right)):
            made.panes.action_swap()
            await pilot.pause()
            sides = made.panes.sides
            assert splitter.parent
            order = [child for child in splitter.parent.children if child in (*sides.values(), splitter)]
            assert order == [sides[first.side], splitter, sides[last.side]]
        assert made.panes.pane(made.left.side) is made.left


def test_owners_are_shared_on_one_server_only() -> None:
    made = Browser()
    show(made.left, "s3://", "one", who=identity("a", endpoint="https://s3.example.com", canonical_id="ours"))
    show(made.right, "s3://", who=identity("b", endpoint="https://s3.example.com"))
    made.left.branches.listings.own_buckets = BucketList([Bucket("one", 0)], Owner("ours"))
    made.panes.share_owners()
    assert made.right.bucket_owners == made.left.bucket_owners == {"one": "ours"}
    made.right.identity = identity("b", endpoint="https://other.example.com")
    made.panes.share_owners()
    assert (made.left.bucket_owners, made.right.bucket_owners) == ({"one": "ours"}, {})


def test_marks_go_in_the_panes_of_the_identity_whose_selection_was_submitted() -> None:
    """The place of a pane is kept with it."""
    made = Browser()
    for pane, name in zip(made.panes, "ab", strict=True):
        show(pane, "s3://bucket/", "key", who=identity(name))
        pane.contents.marks[parse_location("s3://bucket/key")] = 1
    made.panes.clear_marks(Selection("b", parse_location("s3://bucket/"), keys=["key"]))
    assert (len(made.left.contents.marks), len(made.right.contents.marks)) == (1, 0)
    made = Browser()
    assert place_of(made.left) == PaneStart()
    who = identity("a")
    show(made.left, "s3://bucket/", who=who)
    made.left.strip.locked = True
    assert place_of(made.left) == PaneStart(who.spec, parse_location("s3://bucket/"), locked=True)


# Which identities panes have, where they begin and go on, and what is kept and told of them.
NUMBER = "111111111111"


def browser(settings: Settings | None = None) -> tuple[Browser, IdentityDialogs]:
    made = Browser(settings=settings)
    return made, IdentityDialogs(made.context, made.panes, made.guard, made.needs)


def test_expired_credentials_are_reported() -> None:
    made, identities = browser()
    show(made.right, "s3://bucket/", who=identity("b", expires=NOW + 300))
    for lifetime in (Lifetime.LASTING, Lifetime.ENDING, Lifetime.ENDED):
        identities.credentials_aged(CredentialsAged(PaneSide.RIGHT, lifetime))
    show(made.right, "s3://bucket/", who=identity("b"))
    identities.credentials_aged(CredentialsAged(PaneSide.RIGHT, Lifetime.ENDING))
    [(ending, warned), (ended, failed)] = made.host.toasts
    assert ending.startswith("b, right pane: the credentials expire in 5 min · ")
    assert ended.startswith("b, right pane: the credentials have expired · ")
    assert (warned, failed) == ("warning", "error")


async def test_an_accounts_colour_is_set_once_and_again_for_another_account() -> None:
    made, identities = browser(Settings(accounts={NUMBER: AccountSettings(colour="red")}))
    show(made.left, "s3://bucket/", who=identity("a", account=NUMBER))
    async with mounted(made):
        identities.choose_accents()
        identities.choose_accents()
        assert made.host.messages == [AccentChosen(PaneSide.LEFT, "red")]
        made.left.identity = identity("c", account="222222222222")
        identities.choose_accents()
    assert made.host.messages[1:] == [AccentChosen(PaneSide.LEFT, "")]


def test_all_about_an_identity_leads_to_what_it_needs() -> None:
    made, identities = browser()
    identities.open(PaneSide.LEFT)
    assert made.host.dialogs == [], "there is no identity"
    show(made.left, "s3://bucket/", who=identity("a", problem=NEEDING))
    identities.open(PaneSide.LEFT)
    made.host.answer(True, IdentityScreen)
    made.host.expect(CodeScreen)


# Which identity a pane gets: as the start says, else as chosen; a pair is chosen once for both.
A, B = IdentitySpec("a"), IdentitySpec("b")


def choosing(start: AppStart | None = None) -> tuple[Browser, SwitchingAccounts]:
    made = Browser(start=start)
    return made, SwitchingAccounts(made.context, made.panes)


async def test_the_panes_begin_where_the_start_says() -> None:
    made, accounts = choosing(AppStart(PaneStart(A, parse_location("s3://one/sub/key")), PaneStart(B)))
    async with mounted(made):
        accounts.begin()
        assert [pane.spec for pane in made.panes] == [A, B]
        assert [pane.location for pane in made.panes] == [parse_location("s3://one/sub/"), Location()]
        assert made.left.branches.listings.remembered == ["one"]
        assert made.host.dialogs == []


async def test_a_pair_is_chosen_once_single_identities_one_after_the_other() -> None:
    for answers, specs in (([ChosenIdentities(A, B)], [A, B]), ([ChosenIdentities(A), None], [A, None])):
        made, accounts = choosing()
        async with mounted(made):
            accounts.begin()
            for answer in answers:
                made.host.answer(answer, AccountsScreen)
            assert [pane.spec for pane in made.panes] == specs
            assert made.host.dialogs == []


async def test_another_identity_begins_at_its_buckets_unless_the_one_before_saw_nothing() -> None:
    made, accounts = choosing()
    async with mounted(made):
        show(made.left, "s3://one/", who=identity("a"))
        accounts.action_accounts()
        made.host.answer(ChosenIdentities(B))
        assert (made.left.spec, made.left.location) == (B, Location())
        made.left.navigation.go(parse_location("s3://one/"))
        made.left.identity = None
        accounts.action_accounts()
        made.host.answer(ChosenIdentities(A))
        assert (made.left.spec, made.left.location) == (A, parse_location("s3://one/"))


def test_what_is_saved_on_the_accounts_screen_is_known_to_all() -> None:
    made, accounts = choosing()
    accounts.action_accounts()
    settings = structs.replace(made.context.settings, left_accent="red")
    made.host.expect(AccountsScreen)
    accounts._take_settings(settings)
    assert made.context.settings is settings
    starts = IdentitySpec("a").start, IdentitySpec(local=True).start
    assert (starts[0], starts[1].is_local) == (Location(), True), "the disk begins in the working directory"


# Whom a name is given to: the owner of the row, else the pane's own account; why not is told.


def naming(settings: Settings | None = None) -> tuple[Browser, AccountNaming]:
    made = Browser(settings=settings)
    return made, AccountNaming(made.context, made.panes)


def test_the_owner_of_the_row_is_named() -> None:
    made, names = naming()
    made.context.book = AddressBook({"f" * 64: Address("f" * 64, "222222222222")})
    show(made.left, "s3://bucket/", "sub/", who=identity("a", account=NUMBER))
    names.action_name_account()
    made.host.answer("", NameAccountScreen)
    owned = ObjectSummary("key", 1, 0, owner=Owner("f" * 64))
    made.left.contents.root.begin()
    made.left.contents.root.take(make_page("", [], [owned], last=True))
    made.left.contents.changed()
    names.action_name_account()
    made.host.answer("Partner", NameAccountScreen)
    assert made.words == [f"{NUMBER} no longer has a custom name", "222222222222 is now named Partner"]


def test_nobody_and_an_account_that_the_settings_name_are_not_named() -> None:
    made, names = naming(Settings(accounts={NUMBER: AccountSettings(label="Ours")}))
    names.action_name_account()
    show(made.left, "s3://bucket/", who=identity("a", account=NUMBER))
    names.action_name_account()
    assert made.host.dialogs == []
    assert made.words[0].startswith("move the cursor to an object with an owner")
    assert made.words[1] == f'{NUMBER} is named Ours: label of accounts."{NUMBER}" in {settings_file()}'


# Going on from the last session: what is gone is left for the level above, and where the panes are is noted.
HERE = PaneStart(IdentitySpec("a"), parse_location("s3://bucket/gone/"))


def remembered(last: Path | None = None, restored: PaneStart | None = HERE) -> tuple[Browser, Remembering]:
    made = Browser(keeping=Keeping(last=last))
    accounts = SwitchingAccounts(made.context, made.panes)
    return made, Remembering(made.context, made.panes, accounts, {PaneSide.LEFT: restored} if restored else {})


def test_a_restored_pane_was_not_chosen_now_until_the_user_moves_on() -> None:
    made, remembering = remembered()
    assert (remembering.chosen_now(PaneSide.LEFT), remembering.chosen_now(PaneSide.RIGHT)) == (False, True)
    show(made.left, "s3://bucket/gone/", who=identity("a"))
    made.left.contents.root.begin()
    remembering.go_on(made.left)
    assert not remembering.chosen_now(PaneSide.LEFT), "it is still listed"
    show(made.left, "s3://other/")
    remembering.go_on(made.left)
    assert remembering.chosen_now(PaneSide.LEFT)


async def test_a_prefix_that_is_gone_is_left_for_the_level_above_one_that_is_there_is_kept() -> None:
    left = "Session not fully restored: s3://bucket/gone/ no longer exists: s3://bucket/"
    for names, location, words in (([], parse_location("s3://bucket/"), [left]), (["key"], HERE.location, [])):
        made, remembering = remembered()
        async with mounted(made):
            show(made.left, "s3://bucket/gone/", *names, who=identity("a"))
            remembering.go_on(made.left)
            assert made.left.location == location
            assert made.words == words


async def test_a_deleted_profile_is_reported_and_another_asked_for() -> None:
    made, remembering = remembered()
    made.host.in_front = False
    remembering.not_connected(NotConnected(PaneSide.LEFT, Problem(ProblemKind.DENIED, "no")))
    assert made.host.toasts == []
    gone = NotConnected(PaneSide.LEFT, Problem(ProblemKind.NO_PROFILE, "no such profile"))
    remembering.not_connected(gone)
    assert made.host.toasts == [("Session not fully restored: no such profile", "warning")]
    assert made.host.dialogs == []
    made, remembering = remembered()
    async with mounted(made):
        remembering.not_connected(gone)
        made.host.expect(AccountsScreen)


def test_where_the_panes_are_is_noted_once_for_all_that_changes(tmp_path: Path) -> None:
    file = tmp_path / "last.json"
    made, remembering = remembered(file, None)
    remembering.note_soon()
    remembering.note_soon()
    [(seconds, note)] = made.host.timers
    assert seconds == NOTE_SECONDS
    note()
    assert not file.exists(), "nobody was chosen"
    show(made.left, "s3://bucket/", who=identity("a"))
    made.right.connection.spec = B
    remembering.note()
    assert not file.exists(), "one is not connected"
    made.right.connection.spec = None
    remembering.note_soon()
    made.host.timers[1][1]()
    assert read_last(file).left.location == parse_location("s3://bucket/")
    file.unlink()
    remembering.note()
    assert not file.exists(), "it is as it was"


# Named places: the other pane follows, a path is shown as the local disk, S3 needs an identity.


def placing() -> tuple[Browser, Places]:
    made = Browser(ScriptedEngine({ListProfiles: Profiles([], [])}, SILENT))
    return made, Places(made.context, made.panes, SwitchingAccounts(made.context, made.panes))


async def test_the_other_pane_comes_to_where_this_one_is() -> None:
    made, places = placing()
    async with mounted(made):
        show(made.left, "s3://one/in/", who=identity("a"))
        show(made.right, "s3://two/", who=identity("b"))
        places.action_same_path()
        assert made.right.location == parse_location("s3://one/in/")
        assert made.right.branches.listings.remembered == ["one"]


async def test_what_was_typed_is_shown_in_the_pane_that_was_active_then() -> None:
    made, places = placing()
    async with mounted(made):
        show(made.left, "s3://one/", who=identity("a"))
        places.action_open_location()
        made.host.expect(OpenLocationScreen)
        made.panes.active_side = PaneSide.RIGHT
        made.host.answer(parse_location("s3://three/sub/key"))
        assert made.left.location == parse_location("s3://three/sub/")


async def test_a_path_is_the_local_disk_and_from_there_into_s3_an_identity_is_chosen_first() -> None:
    made, places = placing()
    disk, sub = parse_location("file:///tmp/"), parse_location("s3://one/sub/")
    async with mounted(made):
        show(made.left, "s3://one/", who=identity("a"))
        places.show_in(made.left, disk)
        assert (made.left.spec, made.left.location) == (IdentitySpec(local=True), disk)
        made.left.identity = structs.replace(identity("disk"), spec=IdentitySpec(local=True))
        for chosen in (None, ChosenIdentities(IdentitySpec(local=True)), ChosenIdentities(B)):
            places.show_in(made.left, sub)
            assert made.left.location.is_local
            made.host.answer(chosen, AccountsScreen)
        assert (made.left.spec, made.left.location) == (B, sub)
    assert made.words == []


# Bookmarks open in both panes, or in the active one; an identity that the settings no longer know is told.
ONE = PaneStart(IdentitySpec("a"), parse_location("s3://one/"))
TWO = PaneStart(IdentitySpec("b"), parse_location("s3://two/in/"))


def bookmarks_opened(file: Path | None) -> Browser:
    made = Browser(keeping=Keeping(bookmarks=file))
    Bookmarking(made.context, made.panes).action_bookmarks()
    return made


async def test_a_bookmark_of_both_panes_opens_in_both(tmp_path: Path) -> None:
    made = bookmarks_opened(tmp_path / "bookmarks.json")
    async with mounted(made):
        made.host.answer(Bookmark("both", ONE, TWO))
        assert [(pane.spec, pane.location) for pane in made.panes] == [(one.spec, one.location) for one in (ONE, TWO)]
        assert made.right.branches.listings.remembered == ["two"]


async def test_a_bookmark_of_one_place_opens_in_the_active_pane_without_connecting_again(tmp_path: Path) -> None:
    made, who = bookmarks_opened(tmp_path / "bookmarks.json"), identity("a")
    async with mounted(made):
        show(made.left, "s3://elsewhere/", who=who)
        made.host.answer(Bookmark("one", PaneStart(), ONE))
        assert made.left.location == ONE.location
        assert made.left.identity is who
        assert made.right.spec is None


def test_an_identity_that_is_no_longer_in_the_settings_is_reported(tmp_path: Path) -> None:
    made = bookmarks_opened(None)
    assert (made.host.dialogs, made.host.toasts) == ([], [("bookmarks are not saved in this session", "warning")])
    made = bookmarks_opened(tmp_path / "bookmarks.json")
    made.host.answer(Bookmark("old", PaneStart(IdentitySpec(name="gone"), ONE.location), PaneStart()), BookmarksScreen)
    assert made.words == [f"{settings_file()} no longer has identity gone"]
    assert made.left.spec is None


# Requester pays is switched for the bucket at the cursor, in the settings and in the panes.


async def test_it_is_kept_in_the_settings_and_the_panes_connect_again(surroundings: Path) -> None:
    made = Browser()
    async with mounted(made) as pilot:
        show(made.left, "s3://bucket/sub/", who=identity("a"))
        for pays in (True, False):
            RequesterPays(made.context, made.panes).action_requester_pays()
            assert made.context.settings.buckets["bucket"].requester_pays is pays
            assert ("bucket" in read_settings(settings_file()).buckets) is pays
            await pilot.pause()
        connects = [each.spec.requester_pays for each in made.engine.asked if isinstance(each, Connect)]
    assert connects == [("bucket",), ()]
    assert [words.split(": ")[1] for words in made.words] == ["bucket", "bucket"]


def test_a_demo_leaves_nothing_in_the_settings(surroundings: Path) -> None:
    made = Browser(start=AppStart(demo=True))
    for place in ("s3://", "file:///tmp/", "s3://bucket/"):
        assert made.context.settings.buckets == {}
        show(made.left, place)
        RequesterPays(made.context, made.panes).action_requester_pays()
    assert made.words[:2] == ["open a bucket, or move the cursor to one"] * 2
    assert made.context.settings.buckets["bucket"].requester_pays
    assert not settings_file().exists()


# Read-only panes: by the start, by the user's switch, by the settings; why not is always told.


def test_a_pane_that_starts_read_only_connects_as_one_that_refuses_to_write() -> None:
    made = Browser(start=AppStart(read_only=frozenset({"right"})))
    assert (made.left.strip.locked, made.right.strip.locked) == (False, True)
    applied = [pane.connection.apply_settings(IdentitySpec("b")) for pane in made.panes]
    assert [each.safety.read_only for each in applied] == [False, True]


async def test_the_switch_locks_and_unlocks_the_active_pane() -> None:
    made = Browser()
    made.guard.action_read_only()
    assert made.host.toasts.pop() == ("choose an identity for this pane first (a)", "warning")
    show(made.left, "s3://bucket/", who=identity("a"))
    async with mounted(made) as pilot:
        for locked in ({PaneSide.LEFT}, set()):
            made.guard.action_read_only()
            assert made.guard.locked == locked
            assert made.guard.may_write(made.left) is not bool(locked)
            await pilot.pause()
    assert made.words == [
        "the left pane is read-only; ctrl+p read-only allows writes",
        "Read-only: the left pane is read-only · ctrl+p read-only allows writes",
        "the left pane allows writes",
    ]


def test_no_key_lifts_what_a_setting_demands() -> None:
    who = structs.replace(identity("a", read_only="production"), spec=IdentitySpec(name="a"))
    for ours, where in ((True, "read_only of identities.a"), (False, "[safety] or [accounts]")):
        made = Browser(settings=Settings(identities={"a": IdentitySettings(read_only=ours)}))
        show(made.left, "s3://bucket/", who=who)
        made.guard.action_read_only()
        assert made.guard.locked == set()
        assert made.words == [f"Read-only: a: production · {where} in {settings_file()} requires it"]
