"""Two panes: which is active, what one knows of the other."""

from __future__ import annotations

from textual.geometry import Offset

from tests.unit.ui.controllers.host import Browser, identity, mounted, show
from tui.model.identity import Owner
from tui.model.listing import Bucket, BucketList
from tui.model.location import parse_location
from tui.model.orders import Selection
from tui.settings import PaneStart
from tui.ui.browser.controllers.panes import SMALLEST_PANE, place_of


async def test_the_pane_that_gets_the_focus_is_the_active_one() -> None:
    made, changes = Browser(), list[str]()
    made.panes.active_changed = lambda: changes.append(made.panes.active.side)
    async with mounted(made):
        made.panes.focus_moved(made.right.table)
        made.panes.focus_moved(made.right.table)
        assert changes == ["right"]
        assert (made.left.strip.has_class("-active"), made.right.strip.has_class("-active")) == (False, True)
        made.panes.action_other_pane()
        assert changes == ["right", "left"]
        assert made.panes.passive is made.right


async def test_no_pane_looks_active_while_a_panel_has_the_keys() -> None:
    made, changes = Browser(), list[str]()
    made.panes.active_changed = lambda: changes.append(made.panes.active.side)
    async with mounted(made):
        made.panes.focus_moved(made.panes.splitter)
        assert [pane.strip.has_class("-active") for pane in made.panes] == [False, False]
        assert made.panes.active is made.left
        made.panes.focus_moved(made.left.table)
        assert [pane.strip.has_class("-active") for pane in made.panes] == [True, False]
        assert changes == []


async def test_the_panes_change_places_and_keep_their_names() -> None:
    made = Browser()
    async with mounted(made) as pilot:
        for first, last in ((made.right, made.left), (made.left, made.right)):
            made.panes.action_swap()
            await pilot.pause()
            container, sides = made.panes.splitter.parent, made.panes.sides
            assert container
            order = [child for child in container.children if child in (*sides.values(), made.panes.splitter)]
            assert order == [sides[first.side], made.panes.splitter, sides[last.side]]
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
    made = Browser()
    for pane, name in zip(made.panes, "ab", strict=True):
        show(pane, "s3://bucket/", "key", who=identity(name))
        pane.contents.marks[parse_location("s3://bucket/key")] = 1
    made.panes.clear_marks(Selection("b", parse_location("s3://bucket/"), keys=["key"]))
    assert (len(made.left.contents.marks), len(made.right.contents.marks)) == (1, 0)


async def test_the_splitter_leaves_either_pane_some_room() -> None:
    made = Browser()
    async with mounted(made):
        made.panes.split_at(Offset(0, 0))
        left, right = made.panes.sides.values()
        assert left.styles.width
        assert left.styles.width.value == SMALLEST_PANE
        made.panes.split_evenly()
        assert left.styles.width == right.styles.width


def test_the_place_of_a_pane_is_kept_with_its_identity() -> None:
    made = Browser()
    assert place_of(made.left) == PaneStart()
    who = identity("a")
    show(made.left, "s3://bucket/", who=who)
    made.left.strip.locked = True
    assert place_of(made.left) == PaneStart(who.spec, parse_location("s3://bucket/"), locked=True)
