"""The controllers of a pane: connecting, going to places, opening rows, sorting and filtering."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from textual import on
from textual.message import Message

from tests.ui.dialogs.host import Host
from tests.ui.dialogs.scripted import HOLD, ScriptedEngine
from tests.unit.ui.controllers.host import SILENT, identity, show
from tests.waiting import until
from tui.model.identity import IdentitySpec
from tui.model.listing import BucketList, ObjectSummary, make_page
from tui.model.location import parse_location
from tui.model.problem import Need, Problem, ProblemKind
from tui.protocol.messages.identities import Connect, WatchIdentity
from tui.protocol.messages.places import ListBuckets, ListObjects
from tui.ui.kit.messages import IdentityOpened, NeedOpened, NotConnected, ObjectOpened, ProblemOpened, Side
from tui.ui.listing.branch import BranchState
from tui.ui.listing.columns import SortKey
from tui.ui.panes.pane import Pane

Feeds = dict[type[Any], list[Any]]

A = IdentitySpec("a")
BUCKET, SUB = parse_location("s3://bucket/"), parse_location("s3://bucket/sub/")
DENIED = Problem(ProblemKind.DENIED, "access denied")
NEEDING = Problem(ProblemKind.NO_CREDENTIALS, "MFA", needs=Need.MFA_CODE, subject="device", connection="a")
PAGE = make_page("", ["sub/"], [ObjectSummary("a", 2, 0), ObjectSummary("b", 1, 0)], last=True)


class OnePane(Host):
    """One pane on a scripted engine; what it asks of the screen is noted."""

    def __init__(self, engine: ScriptedEngine) -> None:
        self.pane = Pane(Side.LEFT, engine)
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


async def test_an_identity_is_listed_with_as_soon_as_it_is_connected() -> None:
    feeds: Feeds = {Connect: [identity("a"), HOLD], ListObjects: [PAGE]}
    async with pane(feeds) as (_, one):
        one.connection.connect(A, BUCKET)
        assert one.contents.root.loading
        await until(lambda: one.contents.root.state is BranchState.COMPLETE, "it is listed")
        assert one.identity == identity("a")
        assert [row.name for row in one.contents.entries()] == ["sub/", "a", "b"]


async def test_a_place_that_is_opened_while_connecting_waits_for_the_connection() -> None:
    feeds: Feeds = {Connect: [HOLD]}
    async with pane(feeds) as (app, one):
        one.connection.connect(A, BUCKET)
        one.navigation.go(SUB)
        assert one.contents.root.loading
        one.opening.action_explain()
        await until(lambda: bool(app._notifications), "it says so")
        assert [notice.message for notice in app._notifications] == ["still connecting"]


async def test_a_failed_connection_is_a_row_and_told_to_the_screen() -> None:
    async with pane({Connect: [DENIED]}) as (app, one):
        one.connection.connect(A, BUCKET)
        await until(lambda: bool(app.asked_of_screen), "the screen is told")
        assert app.asked_of_screen == [NotConnected(Side.LEFT, DENIED)]
        assert one.contents.root.problem == DENIED
        one.opening.action_open()
        await until(lambda: len(app.asked_of_screen) == 2, "it is explained")
        assert app.asked_of_screen[1] == ProblemOpened(Side.LEFT, DENIED, BUCKET)


async def test_credentials_that_work_again_list_what_could_not_be_listed() -> None:
    needing = identity("a", problem=NEEDING)
    feeds: Feeds = {WatchIdentity: [identity("a"), HOLD], ListObjects: [PAGE]}
    async with pane(feeds) as (_, one):
        show(one, "s3://bucket/", who=needing)
        one.contents.root.fail(NEEDING)
        one.connection.watch()
        await until(lambda: one.contents.root.state is BranchState.COMPLETE, "it is listed again")


async def test_places_are_entered_left_and_returned_to() -> None:
    async with pane() as (_, one):
        show(one, "s3://bucket/", "sub/", "a")
        one.opening.action_open()
        assert one.location == SUB
        one.navigation.action_up()
        assert one.location == BUCKET
        one.navigation.action_back()
        assert one.location == SUB
        one.navigation.action_back()
        one.navigation.action_back()
        assert one.location == BUCKET
        one.navigation.action_forward()
        assert one.location == SUB


async def test_a_missing_key_is_reported_once_its_level_is_listed() -> None:
    async with pane({ListObjects: [PAGE]}) as (app, one):
        show(one, "s3://bucket/", who=identity("a"))
        one.navigation.go(parse_location("s3://bucket/gone"), by_name=True)
        await until(lambda: bool(app._notifications), "it is told")
        assert [notice.title for notice in app._notifications] == ["No such key"]
        one.navigation.go(parse_location("s3://bucket/b"), by_name=True)
        await until(lambda: one.subject == parse_location("s3://bucket/b"), "the cursor is on it")
        assert len(app._notifications) == 1


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
            ObjectOpened(Side.LEFT),
            IdentityOpened(Side.LEFT),
            NeedOpened(Side.LEFT, NEEDING),
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
        one.arranging.action_sort()
        assert one.contents.arrangement.key is SortKey.SIZE
        one.arranging.action_sort_reverse()
        assert one.contents.arrangement.descending
        one.arranging.action_filter()
        one.arranging.filter("b")
        assert [row.name for row in one.contents.entries()] == ["b"]
        one.contents.marks[parse_location("s3://bucket/b")] = 1
        one.arranging.action_back_out()
        assert {row.name for row in one.contents.entries()} == {"a", "b"}
        assert one.contents.marks
        one.arranging.action_back_out()
        assert one.contents.marks == {}
