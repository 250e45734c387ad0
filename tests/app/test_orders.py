"""From what is picked to an order; what the engine tells by itself, and what is shown of it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from msgspec import structs
from textual.app import ComposeResult
from textual.geometry import Offset

from tests.app.host import SILENT, Browser, granting_in, identity, mounted, show
from tests.browser.host import Host
from tests.browser.scripted import HOLD, ManyAnswers, ScriptedEngine
from tests.features.transfer_list.world import FAILED, RUNNING
from tests.waiting import until
from tui.app.engine_news import OtherEngineScreen, Watching
from tui.browser.needs import Needs
from tui.core.facts import AccessVerdict
from tui.core.identity import Address, AddressBook, IdentitySpec
from tui.core.location import Location, parse_location
from tui.core.orders import ConflictPolicy, CopyOrder, DeleteOrder, Destination, RemoveBucketOrder, Selection
from tui.core.policy import Evaluation
from tui.core.problem import Need, Problem, ProblemKind
from tui.core.transfer import Conflict, ConflictAnswer, TransferKind, TransferList, TransferState
from tui.features.buckets.actions import NewPlaces
from tui.features.buckets.new_place_screen import NewBucketScreen, NewPrefixScreen
from tui.features.buckets.screen import DeleteBucketScreen
from tui.features.copy.actions import Copying, Dragging
from tui.features.copy.rename_actions import Renaming, rename_order
from tui.features.copy.rename_screen import RenameScreen
from tui.features.copy.screen import RouteCardScreen
from tui.features.delete.actions import Deleting
from tui.features.delete.screen import DeleteScreen
from tui.features.inspect.actions import WIDE, Docked, Inspecting
from tui.features.transfer_list.actions import Conflicts, Transfers
from tui.features.transfer_list.conflict_screen import ConflictScreen
from tui.features.uploads.actions import IncompleteUploads
from tui.features.uploads.screen import UploadsScreen
from tui.kit.problem_screen import ProblemScreen
from tui.kit.sign_in_screens import CodeScreen
from tui.link.request import Done, Request
from tui.link.session import EngineLostError
from tui.messages.identity_requests import Connect, WatchAddresses
from tui.messages.inspect_requests import Explain, Explanation, Inspect
from tui.messages.listing_requests import DeleteBucket, ListObjects, RemovalPlan, SubmitRemoval
from tui.messages.order_requests import (
    AnswerConflict,
    SubmitCopy,
    SubmitDelete,
    WaitingConflicts,
    WatchConflicts,
    WatchTransfers,
)
from tui.panes.drag import DropTarget
from tui.panes.news import NotConnected, PaneSide, ProblemOpened
from tui.settings import AccountSettings, Settings
from tui.settings.schema import TransferSettings

ONE = Selection("a", parse_location("s3://one/"), keys=["key"])
LEFT_LOCKED = "Read-only: the left pane is read-only · ctrl+p read-only allows writes"


def browser(left: str = "s3://one/", right: str = "s3://two/in/") -> tuple[Browser, Copying]:
    made = Browser(ScriptedEngine({SubmitCopy: Done()}), Settings(transfers=TransferSettings(part_size=8 << 20)))
    show(made.left, left, "key", "more/", who=identity("a"))
    show(made.right, right, who=identity("b"))
    return made, Copying(made.context, made.panes, made.guard, made.needs, granting_in(made))


async def test_what_the_card_confirms_is_submitted_and_its_marks_go() -> None:
    made, copying = browser()
    for move, action in ((False, copying.action_copy), (True, copying.action_move)):
        made.left.contents.marks[parse_location("s3://one/key")] = 1
        action()
        await made.host.answered(None, RouteCardScreen)
        assert made.engine.asked == []
        action()
        order = CopyOrder(ONE, Destination("b", parse_location("s3://two/in/")), copying.options(move=move))
        assert (order.options.move, order.options.part_size) == (move, 8 << 20)
        await made.host.answered(order)
        assert made.engine.asked == [SubmitCopy(order)]
        assert made.left.contents.marks == {}
        made.engine.asked.clear()


def test_a_drop_goes_where_it_was_dropped_unless_that_pane_is_read_only() -> None:
    made, copying = browser()
    target = DropTarget(PaneSide.RIGHT, parse_location("s3://two/else/"))
    copying.dropped(ONE, target)
    made.host.answer(None, RouteCardScreen)
    made.guard.locked.add(PaneSide.RIGHT)
    copying.dropped(ONE, target)
    assert (made.words, made.host.dialogs) == (
        ["Read-only: the right pane is read-only · ctrl+p read-only allows writes"],
        [],
    )


def test_a_target_that_is_not_possible_is_reported() -> None:
    says = {"s3://": "open the target bucket in the other pane first", "s3://one/": "both panes show the same location"}
    for right, words in says.items():
        made, copying = browser("s3://one/", right)
        copying.action_copy()
        assert (made.words, made.host.dialogs) == ([words], [])


def test_a_move_needs_both_panes_to_be_writable_a_copy_only_the_target() -> None:
    made, copying = browser()
    made.guard.locked.add(PaneSide.LEFT)
    copying.action_move()
    assert (made.words, made.host.dialogs) == ([LEFT_LOCKED], [])
    copying.action_copy()
    made.host.expect(RouteCardScreen)


def test_without_two_connected_panes_it_says_which_one_is_missing() -> None:
    made, copying = browser()
    made.right.identity = None
    copying.action_copy()
    made.right.connection.spec = None
    copying.action_copy()
    assert made.words == [
        "right not connected yet: try again in a moment",
        "choose an identity for both panes first (a)",
    ]


# Delete, new places and other names: what cannot be is told, the rest is asked, then given to the engine.


class Changing:
    """The controllers that change a place."""

    def __init__(self, made: Browser, copying: Copying) -> None:
        given = (made.context, made.panes, made.guard)
        self.action_delete = Deleting(*given, made.needs).action_delete
        self.action_new = NewPlaces(*given, made.needs).action_new
        self.action_rename = Renaming(*given, copying).action_rename
        self.action_uploads = IncompleteUploads(*given).action_uploads


def changing_browser(place: str = "s3://bucket/", *names: str) -> tuple[Browser, Changing]:
    made = Browser(ScriptedEngine(dict.fromkeys((SubmitDelete, SubmitCopy, DeleteBucket, SubmitRemoval), Done())))
    show(made.left, place, *names, who=identity("a"))
    copying = Copying(made.context, made.panes, made.guard, made.needs, granting_in(made))
    return made, Changing(made, copying)


ACTIONS = ["action_delete", "action_new", "action_rename", "action_uploads"]


def test_a_pane_without_an_identity_changes_nothing() -> None:
    made, changing = changing_browser()
    made.left.identity = None
    for action in ACTIONS:
        getattr(changing, action)()
    assert (made.words, made.host.dialogs) == (["choose an identity for this pane first (a)"] * 4, [])
    made, changing = changing_browser("s3://bucket/", "key")
    made.guard.locked.add(PaneSide.LEFT)
    for action in ACTIONS[:3]:
        getattr(changing, action)()
    assert (made.words, made.host.dialogs) == ([LEFT_LOCKED] * 3, [])


async def test_a_deletion_is_submitted_when_it_is_confirmed_and_its_marks_go() -> None:
    made, changing = changing_browser("s3://bucket/", "key")
    made.left.contents.marks[parse_location("s3://bucket/key")] = 1
    changing.action_delete()
    await made.host.answered(None, DeleteScreen)
    assert made.engine.asked == []
    changing.action_delete()
    order = DeleteOrder(Selection("a", parse_location("s3://bucket/"), keys=["key"]))
    await made.host.answered(order)
    assert made.engine.asked == [SubmitDelete(order)]
    assert made.left.contents.marks == {}


async def test_a_bucket_is_deleted_alone_and_no_pane_remembers_it() -> None:
    made, changing = changing_browser("s3://", "one", "two")
    changing.action_delete()
    made.host.expect(DeleteBucketScreen)
    made.right.branches.listings.remembered = ["one", "three"]
    made.left.identity = None  # it lists nothing again
    await made.host.answered(RemovalPlan(complete=True))
    assert made.engine.asked == [DeleteBucket("a", "one")]
    assert made.right.branches.listings.remembered == ["three"]
    assert made.words == ["s3://one/ was deleted"]


async def test_a_bucket_with_something_in_it_is_removed_by_a_transfer() -> None:
    made, changing = changing_browser("s3://", "one", "two")
    made.left.contents.marks.update({parse_location(f"s3://{name}/"): None for name in ("one", "two")})
    changing.action_delete()
    assert (made.words, made.host.dialogs) == (["one bucket at a time"], [])
    made.left.contents.marks.clear()
    changing.action_delete()
    await made.host.answered(RemovalPlan(objects=1, complete=True))
    assert made.engine.asked == [SubmitRemoval(RemoveBucketOrder(Selection("a", Location("one"), prefixes=[""])))]


def test_something_new_is_a_bucket_where_buckets_are_listed_else_a_prefix() -> None:
    for place, dialog in (("s3://", NewBucketScreen), ("s3://bucket/", NewPrefixScreen)):
        made, changing = changing_browser(place)
        changing.action_new()
        made.host.expect(dialog)


async def test_an_object_is_renamed_at_once_a_prefix_by_the_route_card() -> None:
    made, changing = changing_browser("s3://bucket/", "key")
    changing.action_rename()
    made.host.expect(RenameScreen)
    old, new = parse_location("s3://bucket/key"), parse_location("s3://bucket/other")
    async with mounted(made):
        await made.host.answered(new)
    [asked] = made.engine.asked
    assert isinstance(asked, SubmitCopy)
    assert asked.order == rename_order("a", old, new, asked.order.options)
    assert asked.order.options.move
    show(made.left, "s3://bucket/", "sub/")
    changing.action_rename()
    async with mounted(made):
        made.host.answer(parse_location("s3://bucket/top/"))
    made.host.expect(RouteCardScreen)


def test_a_bucket_has_no_other_name_and_a_line_that_is_no_entry_has_none() -> None:
    """Uploads are listed of a bucket."""
    made, changing = changing_browser("s3://", "one")
    changing.action_rename()
    show(made.left, "s3://bucket/empty/")
    changing.action_rename()
    assert made.words == ["S3 cannot rename a bucket", "move the cursor to an object or prefix"]
    made, changing = changing_browser("s3://")
    show(made.left, "s3://")
    changing.action_uploads()
    assert made.words == ["open a bucket, or move the cursor to one"]
    show(made.left, "s3://bucket/sub/")
    changing.action_uploads()
    made.host.expect(UploadsScreen)


# A drag takes the row or all marked ones, and is dropped only where it may be.


class Dragged:
    """Two panes, of which the left one's table is dragged from, and what was dropped."""

    def __init__(self) -> None:
        self.made = Browser()
        self.dropped: list[tuple[Selection, DropTarget]] = []
        self.dragging = Dragging(self.made.context, self.made.panes, lambda *drop: self.dropped.append(drop))

    def over(self, side: PaneSide, row: int) -> Offset:
        region = self.made.panes.pane(side).table.region
        return Offset(region.x + 6, region.y + row)


@asynccontextmanager
async def dragged() -> AsyncIterator[Dragged]:
    one = Dragged()
    left, right = one.made.panes.sides.values()
    widgets = [left, one.made.panes.splitter, right, one.dragging.ghost]
    async with Host(widgets=widgets).run_test(size=(100, 30)) as pilot:
        endpoint = {"endpoint": "https://s3.example.com"}
        show(one.made.left, "s3://one/", "key", "other", who=identity("a", **endpoint))
        show(one.made.right, "s3://two/", "in/", who=identity("b", **endpoint))
        await until(lambda: one.made.right.table.region.height > 6, "the tables are laid out")
        await pilot.pause()
        one.made.left.table._dragging = True  # as after a press and a move of the pointer
        yield one


async def test_the_row_is_dropped_onto_the_prefix_under_the_pointer() -> None:
    async with dragged() as one:
        one.dragging.begin(0, one.over(PaneSide.LEFT, 0))
        assert bool(one.dragging.ghost.display)
        one.dragging.move(one.over(PaneSide.RIGHT, 0))
        drag = one.dragging.drag
        assert drag
        assert drag.target == DropTarget(PaneSide.RIGHT, parse_location("s3://two/in/"))
        one.dragging.end(one.over(PaneSide.RIGHT, 0))
        assert one.dragging.drag is None
        assert not bool(one.dragging.ghost.display)
    [(selection, target)] = one.dropped
    assert selection.keys == ["key"]
    assert target == DropTarget(PaneSide.RIGHT, parse_location("s3://two/in/"))


async def test_a_marked_row_takes_all_marked_ones_along() -> None:
    async with dragged() as one:
        for begun_over, ended_over in ((None, one.over(PaneSide.LEFT, 1)), (one.over(PaneSide.RIGHT, 0), None)):
            one.dragging.begin(0, one.over(PaneSide.LEFT, 0))
            if begun_over:
                one.dragging.move(begun_over)
            one.dragging.end(ended_over)
        assert one.dropped == []
        one.made.left.contents.marks.update({parse_location(f"s3://one/{name}"): 1 for name in ("key", "other")})
        one.dragging.begin(0, one.over(PaneSide.LEFT, 0))
        one.dragging.end(one.over(PaneSide.RIGHT, 5))
    [(selection, target)] = one.dropped
    assert sorted(selection.keys) == ["key", "other"]
    assert target.location == parse_location("s3://two/"), "the pane itself, where no prefix is"


# What an identity needs is asked for once, then what failed is tried again.
CODE = Problem(ProblemKind.NO_CREDENTIALS, "MFA", needs=Need.MFA_CODE, subject="arn:aws:iam::1:mfa/a", connection="c")
DENIED = Problem(ProblemKind.DENIED, "access denied")
REQUEST = SubmitDelete(DeleteOrder(Selection("c", Location("bucket"), keys=["key"])))


def test_it_is_asked_at_once_where_the_user_has_just_chosen_and_later_where_a_dialog_is_in_front() -> None:
    """Once, even if it meets both panes."""
    for sides, answer in (((PaneSide.LEFT,), None), (tuple(PaneSide), True)):
        made = Browser()
        made.host.in_front = False
        for side in sides:
            made.needs.not_connected(NotConnected(side, CODE))
        assert made.host.dialogs == []
        made.host.in_front = True
        made.needs.ask_next()
        made.host.answer(answer, CodeScreen)
        made.needs.ask_next()
        assert made.host.dialogs == [], "it was asked"


def test_a_restored_pane_asks_for_nothing() -> None:
    made = Browser()
    needs = Needs(made.context, made.panes, lambda side: side is not PaneSide.LEFT)
    needs.not_connected(NotConnected(PaneSide.LEFT, CODE))
    assert made.host.dialogs == []
    needs.not_connected(NotConnected(PaneSide.RIGHT, CODE))
    made.host.expect(CodeScreen)


def test_the_answer_decides_what_follows() -> None:
    made, called = Browser(), list[str]()
    for answer in (True, None):
        assert made.needs.meet(CODE, lambda: called.append("then"), lambda: called.append("otherwise"))
        made.host.answer(answer)
    assert called == ["then", "otherwise"]
    assert not made.needs.meet(DENIED)


async def requested(engine: ScriptedEngine) -> tuple[Browser, list[str]]:
    made, done = Browser(engine), list[str]()
    made.needs.request(REQUEST, lambda: done.append("done"))
    await made.host.work()
    return made, done


async def test_a_request_is_sent_again_when_what_it_needs_was_given() -> None:
    made, done = await requested(ManyAnswers({SubmitDelete: [CODE, Done()]}))
    assert done == []
    await made.host.answered(True, CodeScreen)
    assert done == ["done"]
    assert made.engine.asked == [REQUEST, REQUEST]


class Dying(ScriptedEngine):
    """An engine that ends before it answers."""

    async def ask(self, request: Request[Any]) -> Any:
        self.asked.append(request)
        raise EngineLostError


async def test_an_order_that_an_engine_took_with_it_is_not_forgotten() -> None:
    made, done = await requested(ScriptedEngine({SubmitDelete: DENIED}))
    assert (done, made.host.toasts) == ([], [("access denied", "error")])
    made, done = await requested(Dying())
    ((said, severity),) = made.host.toasts
    assert "look in the list of transfers" in said
    assert (done, severity) == ([], "error")


# Questions about what exists at a target: one at a time, withdrawn when decided elsewhere, put off when left.


def conflict(number: int, transfer: str = "t") -> Conflict:
    return Conflict(str(number), transfer, f"s3://a/{number}", f"s3://b/{number}", 1, 0.0, 1, 0.0)


def asking_browser(answer: object = Done()) -> tuple[Browser, Conflicts]:
    made = Browser(ScriptedEngine({AnswerConflict: answer}))
    return made, Conflicts(made.context)


async def test_one_question_at_a_time_and_the_answer_goes_to_the_engine() -> None:
    made, conflicts = asking_browser()
    made.host.in_front = False
    conflicts.take([conflict(1), conflict(2)])
    assert made.host.dialogs == []
    made.host.in_front = True
    conflicts.ask_next()
    assert made.host.expect(ConflictScreen).conflict == conflict(1)
    answer = ConflictAnswer("1", ConflictPolicy.SKIP)
    await made.host.answered(answer)
    assert made.engine.asked == [AnswerConflict(answer)]
    conflicts.take([conflict(2)])
    assert made.host.expect(ConflictScreen).conflict == conflict(2)


def test_one_that_was_left_without_an_answer_is_put_off_until_the_user_asks_for_it() -> None:
    made, conflicts = asking_browser()
    conflicts.take([conflict(1)])
    made.host.answer(None)
    assert made.words == ["postponed: waiting for your answer: t, then enter"]
    conflicts.take([conflict(1)])
    assert made.host.dialogs == []
    conflicts.ask_again("another")
    assert made.host.dialogs == []
    conflicts.ask_again("t")
    assert made.host.expect(ConflictScreen).conflict == conflict(1)


async def test_an_answer_for_all_of_a_transfer_asks_no_more_about_it() -> None:
    made, conflicts = asking_browser()
    conflicts.take([conflict(1), conflict(2), conflict(3, "u")])
    made.host.answer(ConflictAnswer("1", ConflictPolicy.OVERWRITE, for_all=True))
    conflicts.ask_next()
    assert made.host.expect(ConflictScreen).conflict == conflict(3, "u")
    await made.host.work()


async def test_an_answer_that_fails_is_reported() -> None:
    made, conflicts = asking_browser(Problem(ProblemKind.ENGINE, "the engine has ended"))
    conflicts.take([conflict(1)])
    await made.host.answered(ConflictAnswer("1", ConflictPolicy.SKIP))
    assert made.host.toasts == [("the engine has ended", "error")]


# What the engine tells by itself, and what is shown of it: feeds, transfers, the inspector.
ENDED = Problem(ProblemKind.ENGINE, "the engine has ended")
OTHER = Problem(ProblemKind.OTHER_VERSION, "another engine")


class Watched:
    """A watching browser on feeds of which one says `steps`; it watches from now on."""

    def __init__(self, feed: type[object], *steps: object, settings: Settings | None = None) -> None:
        feeds = {each: [HOLD] for each in (WatchTransfers, WatchConflicts, WatchAddresses)}
        self.made = Browser(ScriptedEngine(feeds={**SILENT, **feeds, feed: steps}), settings)
        self.conflicts = Conflicts(self.made.context)
        self.transfers = Transfers(self.made.context, self.made.panes, self.made.needs)
        self.books: list[AddressBook] = []
        Watching(self.made.context, self.made.panes, self.transfers, self.conflicts, self.books.append).begin()


async def test_each_feed_goes_to_its_controller() -> None:
    snapshot = TransferList([RUNNING])
    one = Watched(WatchTransfers, snapshot, HOLD)
    await until(lambda: one.transfers.latest == snapshot, "the snapshot is taken")
    other = Watched(WatchConflicts, WaitingConflicts([conflict(1)]), HOLD)
    await until(lambda: list(other.conflicts.waiting) == [conflict(1)], "the conflict waits")


async def test_names_come_with_those_of_the_settings() -> None:
    book = AddressBook({"f" * 64: Address("f" * 64, "111111111111")})
    settings = Settings(accounts={"111111111111": AccountSettings(label="Partner")})
    one = Watched(WatchAddresses, book, HOLD, settings=settings)
    await until(lambda: len(one.books) == 1, "the names are shown")
    assert one.made.context.book == one.books[0]
    assert one.books[0].account_label("111111111111") == "Partner"


async def test_after_an_engine_has_ended_the_panes_connect_again() -> None:
    """It is not told of a feed of less weight that breaks off."""
    less = Watched(WatchConflicts, ENDED)
    await until(lambda: less.made.engine.asked.count(WatchConflicts()) >= 2, "it is asked again")
    assert less.made.host.toasts == []
    one = Watched(WatchTransfers, ENDED)
    async with mounted(one.made):
        one.made.left.connection.spec = IdentitySpec("a")
        asked = one.made.engine.asked
        await until(lambda: Connect(IdentitySpec("a")) in asked, "the pane connects")
        await until(lambda: asked.count(WatchTransfers()) >= 2, "it is asked again")
        assert one.made.host.toasts[0] == ("the engine has ended", "error")
        assert one.made.host.dialogs == []


@pytest.mark.parametrize("ended", [False, True])
async def test_an_engine_of_another_version_is_a_question_asked_once(ended: bool) -> None:
    """When it has ended the panes connect."""
    one = Watched(WatchTransfers, OTHER)
    async with mounted(one.made):
        await until(lambda: one.made.engine.asked.count(WatchTransfers()) >= 2, "it is asked again")
        one.made.host.expect(OtherEngineScreen)
        one.made.left.connection.spec = IdentitySpec("a")
        one.made.host.answer(ended)
        assert one.made.host.left is not ended
        if ended:
            await until(lambda: Connect(IdentitySpec("a")) in one.made.engine.asked, "the pane connects")


# Snapshots of the transfers: what is told of them, what the panes list again, list and strip.


def transfers_browser() -> tuple[Browser, Transfers]:
    made = Browser()
    return made, Transfers(made.context, made.panes, made.needs)


def test_the_first_snapshot_tells_what_it_finds_the_next_one_what_has_happened() -> None:
    made, transfers = transfers_browser()
    transfers.take(TransferList([RUNNING]))
    assert made.words == ["1 transfer is under way: t"]
    transfers.take(TransferList([structs.replace(FAILED, id=RUNNING.id)]))
    assert len(made.words) == 2
    assert made.host.toasts[1][1] == "error"
    assert transfers.strip.transfers is transfers.latest


async def test_the_list_takes_snapshots_only_while_it_is_open() -> None:
    made, transfers = transfers_browser()
    panel, strip, running, failed = transfers.panel, transfers.strip, TransferList([RUNNING]), TransferList([FAILED])
    async with mounted(made, panel, strip):
        transfers.take(running)
        assert (panel.transfers, strip.display) == (TransferList(), True)
        transfers.action_transfers()
        assert (panel.transfers, strip.display) == (running, False)
        transfers.take(failed)
        assert (panel.transfers, strip.display) == (failed, False)
        transfers.action_transfers()
        transfers.take(running)
        assert (panel.transfers, strip.display) == (failed, True)


def test_notices_without_room_are_shown_later() -> None:
    made, transfers = transfers_browser()
    for state in (RUNNING, FAILED):
        transfers.take(TransferList([structs.replace(state, id=str(number)) for number in range(8)]))
    assert len(made.host.toasts) < 8
    assert len(made.host.timers) <= 1


async def test_the_place_where_a_transfer_ended_is_listed_again() -> None:
    made, transfers = transfers_browser()
    ends: list[tuple[TransferKind, list[str]]] = [
        (TransferKind.COPY, ["s3://b/"]),
        (TransferKind.MOVE, ["s3://a/", "s3://b/"]),
    ]
    async with mounted(made) as pilot:
        show(made.left, "s3://a/", who=identity("a"))
        show(made.right, "s3://b/", who=identity("b"))
        for kind, places in ends:
            running = structs.replace(RUNNING, id=kind.value, source="s3://a/key", target="s3://b/key", kind=kind)
            transfers.take(TransferList([running]))
            transfers.take(TransferList([structs.replace(running, state=TransferState.DONE)]))
            await pilot.pause()
            listed = [each.location.uri for each in made.engine.asked if isinstance(each, ListObjects)]
            assert listed == places, "a copy leaves its source as it was"
            made.engine.asked.clear()


def test_each_identity_is_shown_in_the_accent_of_its_pane() -> None:
    made, transfers = transfers_browser()
    show(made.left, "s3://a/", who=identity("a"))
    show(made.right, "s3://b/", who=identity("b"))
    transfers.show_accents()
    assert transfers.panel.accents == {"a": "$left-accent", "b": "$right-accent"}
    made.right.identity = identity("a")
    transfers.show_accents()
    assert transfers.panel.accents == {"a": "$left-accent"}


def test_what_a_transfer_needs_is_asked_for() -> None:
    made, transfers = transfers_browser()
    transfers.give(CODE)
    made.host.answer(True, CodeScreen)
    assert made.host.toasts == []


# Where the inspector is, and what it is told to show.


def inspecting_in(made: Browser) -> Inspecting:
    return Inspecting(made.context, made.panes, made.needs, granting_in(made))


class Laid(Host):
    """Shows panes and inspector as the browser does."""

    def __init__(self) -> None:
        super().__init__()
        self.made = Browser(ScriptedEngine(feeds={**SILENT, Inspect: [HOLD]}))
        self.inspecting = inspecting_in(self.made)

    def compose(self) -> ComposeResult:
        with self.inspecting.work:
            yield from (*self.made.panes.sides.values(), self.made.panes.splitter, self.inspecting.inspector)

    @property
    def asked(self) -> list[Inspect]:
        return [each for each in self.made.engine.asked if isinstance(each, Inspect)]


async def test_at_the_right_of_a_narrow_screen_it_covers_the_passive_pane() -> None:
    app, places = Laid(), []
    inspecting = app.inspecting
    left, right = app.made.panes.sides.values()
    async with app.run_test(size=(WIDE, 30)):
        for _ in range(3):
            inspecting.action_inspector()
            places.append((inspecting.docked, bool(inspecting.inspector.display)))
        assert places == [(Docked.RIGHT, True), (Docked.BELOW, True), (Docked.OFF, False)]
        inspecting.open()
        for width, covers in ((WIDE - 1, True), (WIDE, False)):
            inspecting.resized(width)
            for active, displayed in ((PaneSide.LEFT, (True, not covers)), (PaneSide.RIGHT, (not covers, True))):
                app.made.panes.active_side = active
                inspecting.lay_out()
                assert (left.display, right.display) == displayed
        inspecting.resized(WIDE - 1)
        inspecting.action_inspector()
        inspecting.lay_out()
        assert left.display


async def test_it_asks_about_the_row_by_both_identities_and_only_while_it_is_open() -> None:
    app = Laid()
    async with app.run_test(size=(WIDE, 30)):
        show(app.made.left, "s3://bucket/", "key", who=identity("a"))
        show(app.made.right, "s3://bucket/", who=identity("b"))
        app.inspecting.follow()
        assert app.asked == []
        app.inspecting.action_into_inspector()
        await until(lambda: len(app.asked) == 1, "it asks")
        assert app.asked == [Inspect("a", parse_location("s3://bucket/key"), "b")]
        assert app.inspecting.docked is Docked.RIGHT


async def test_a_problem_is_explained_by_the_engine_for_its_pane() -> None:
    seen = Evaluation("b", "", "s3:ListBucket", "arn:aws:s3:::bucket", AccessVerdict.DENIED, True, [])
    made = Browser(ScriptedEngine({Explain: Explanation(seen)}))
    inspecting = inspecting_in(made)
    show(made.right, "s3://bucket/", who=identity("b"))
    inspecting.explain(ProblemOpened(PaneSide.RIGHT, DENIED, parse_location("s3://bucket/")))
    dialog = made.host.expect(ProblemScreen)
    assert dialog._explain
    assert await dialog._explain() == seen
    assert made.engine.asked == [Explain(parse_location("s3://bucket/"), "b", None, DENIED)]
