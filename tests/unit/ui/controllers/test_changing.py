"""Delete, new places and other names: what cannot be is told, the rest is asked, then given to the engine."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.ui.dialogs.scripted import ScriptedEngine
from tests.unit.ui.controllers.host import Browser, granting_in, identity, mounted, show
from tui.model.location import Location, parse_location
from tui.model.orders import DeleteOrder, RemoveBucketOrder, Selection
from tui.model.removal.bucket import RemovalPlan
from tui.protocol.messages.base import Done
from tui.protocol.messages.places import DeleteBucket, SubmitRemoval
from tui.protocol.messages.transfers import SubmitCopy, SubmitDelete
from tui.ui.browser.controllers.changing import Changing, rename_order
from tui.ui.browser.controllers.copying import Copying
from tui.ui.kit.messages import Side
from tui.ui.orders.delete import DeleteScreen
from tui.ui.orders.delete_bucket import DeleteBucketScreen
from tui.ui.orders.new_place import NewBucketScreen, NewPrefixScreen, RenameScreen
from tui.ui.orders.route_card import RouteCardScreen
from tui.ui.orders.uploads import UploadsScreen


def browser(place: str = "s3://bucket/", *names: str) -> tuple[Browser, Changing]:
    made = Browser(
        ScriptedEngine({SubmitDelete: Done(), SubmitCopy: Done(), DeleteBucket: Done(), SubmitRemoval: Done()})
    )
    show(made.left, place, *names, who=identity("a"))
    copying = Copying(made.context, made.panes, made.guard, made.needs, granting_in(made))
    return made, Changing(made.context, made.panes, made.guard, made.needs, copying)


ACTIONS: list[Callable[[Changing], None]] = [
    Changing.action_delete,
    Changing.action_new,
    Changing.action_rename,
    Changing.action_uploads,
]


@pytest.mark.parametrize("action", ACTIONS)
def test_a_pane_without_an_identity_changes_nothing(action: Callable[[Changing], None]) -> None:
    made, changing = browser()
    made.left.identity = None
    action(changing)
    assert made.words == ["choose an identity for this pane first (a)"]
    assert made.host.dialogs == []


@pytest.mark.parametrize("action", ACTIONS[:3])
def test_a_read_only_pane_is_not_changed(action: Callable[[Changing], None]) -> None:
    made, changing = browser("s3://bucket/", "key")
    made.guard.locked.add(Side.LEFT)
    action(changing)
    assert made.words == ["Read-only: the left pane is read-only · W allows writes"]
    assert made.host.dialogs == []


async def test_a_deletion_is_submitted_when_it_is_confirmed_and_its_marks_go() -> None:
    made, changing = browser("s3://bucket/", "key")
    made.left.contents.marks[parse_location("s3://bucket/key")] = 1
    changing.action_delete()
    made.host.expect(DeleteScreen)
    made.host.answer(None)
    await made.host.work()
    assert made.engine.asked == []
    changing.action_delete()
    order = DeleteOrder(Selection("a", parse_location("s3://bucket/"), keys=["key"]))
    made.host.answer(order)
    await made.host.work()
    assert made.engine.asked == [SubmitDelete(order)]
    assert made.left.contents.marks == {}


async def test_a_bucket_is_deleted_alone_and_no_pane_remembers_it() -> None:
    made, changing = browser("s3://", "one", "two")
    changing.action_delete()
    made.host.expect(DeleteBucketScreen)
    made.right.branches.listings.remembered = ["one", "three"]
    made.left.identity = None  # it lists nothing again
    made.host.answer(RemovalPlan(complete=True))
    await made.host.work()
    assert made.engine.asked == [DeleteBucket("a", "one")]
    assert made.right.branches.listings.remembered == ["three"]
    assert made.words == ["s3://one/ was deleted"]


async def test_a_bucket_with_something_in_it_is_removed_by_a_transfer() -> None:
    made, changing = browser("s3://", "one", "two")
    changing.action_delete()
    made.host.answer(RemovalPlan(objects=1, complete=True))
    await made.host.work()
    assert made.engine.asked == [SubmitRemoval(RemoveBucketOrder(Selection("a", Location("one"), prefixes=[""])))]


def test_buckets_are_not_deleted_together() -> None:
    made, changing = browser("s3://", "one", "two")
    made.left.contents.marks.update({parse_location(f"s3://{name}/"): None for name in ("one", "two")})
    changing.action_delete()
    assert made.words == ["one bucket at a time"]


def test_something_new_is_a_bucket_where_buckets_are_listed_else_a_prefix() -> None:
    for place, dialog in (("s3://", NewBucketScreen), ("s3://bucket/", NewPrefixScreen)):
        made, changing = browser(place)
        changing.action_new()
        made.host.expect(dialog)


async def test_an_object_is_renamed_at_once_a_prefix_by_the_route_card() -> None:
    made, changing = browser("s3://bucket/", "key")
    changing.action_rename()
    made.host.expect(RenameScreen)
    old, new = parse_location("s3://bucket/key"), parse_location("s3://bucket/other")
    async with mounted(made):
        made.host.answer(new)
        await made.host.work()
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
    made, changing = browser("s3://", "one")
    changing.action_rename()
    show(made.left, "s3://bucket/empty/")
    changing.action_rename()
    assert made.words == ["S3 cannot rename a bucket", "move the cursor to an object or prefix"]


def test_uploads_are_listed_of_a_bucket() -> None:
    made, changing = browser("s3://")
    show(made.left, "s3://")
    changing.action_uploads()
    assert made.words == ["open a bucket, or move the cursor to one"]
    show(made.left, "s3://bucket/sub/")
    changing.action_uploads()
    made.host.expect(UploadsScreen)
