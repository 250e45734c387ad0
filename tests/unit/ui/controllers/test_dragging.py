"""A drag takes the row or all marked ones, and is dropped only where it may be."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from textual.geometry import Offset

from tests.ui.dialogs.host import Host
from tests.unit.ui.controllers.host import Browser, identity, show
from tests.waiting import until
from tui.model.location import parse_location
from tui.model.orders import Selection
from tui.ui.browser.controllers.dragging import Dragging
from tui.ui.kit.messages import Side
from tui.ui.panes.drag import DropTarget


class Dragged:
    """Two panes, of which the left one's table is dragged from, and what was dropped."""

    def __init__(self) -> None:
        self.made = Browser()
        self.dropped: list[tuple[Selection, DropTarget]] = []
        self.dragging = Dragging(self.made.context, self.made.panes, lambda *drop: self.dropped.append(drop))

    def over(self, side: Side, row: int) -> Offset:
        """The cell of the screen at which a row of a pane is shown."""
        region = self.made.panes.pane(side).table.region
        return Offset(region.x + 6, region.y + row)


@asynccontextmanager
async def dragged() -> AsyncIterator[Dragged]:
    """The drag of the first row at the left has begun."""
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
        one.dragging.begin(0, one.over(Side.LEFT, 0))
        assert bool(one.dragging.ghost.display)
        one.dragging.move(one.over(Side.RIGHT, 0))
        drag = one.dragging.drag
        assert drag
        assert drag.target == DropTarget(Side.RIGHT, parse_location("s3://two/in/"))
        one.dragging.end(one.over(Side.RIGHT, 0))
        assert one.dragging.drag is None
        assert not bool(one.dragging.ghost.display)
    [(selection, target)] = one.dropped
    assert selection.keys == ["key"]
    assert target == DropTarget(Side.RIGHT, parse_location("s3://two/in/"))


async def test_a_marked_row_takes_all_marked_ones_along() -> None:
    async with dragged() as one:
        one.made.left.contents.marks.update({parse_location(f"s3://one/{name}"): 1 for name in ("key", "other")})
        one.dragging.begin(0, one.over(Side.LEFT, 0))
        one.dragging.end(one.over(Side.RIGHT, 5))
    [(selection, target)] = one.dropped
    assert sorted(selection.keys) == ["key", "other"]
    assert target.location == parse_location("s3://two/"), "the pane itself, where no prefix is"


async def test_a_drag_that_is_cancelled_or_ends_where_things_are_drops_nothing() -> None:
    async with dragged() as one:
        one.dragging.begin(0, one.over(Side.LEFT, 0))
        one.dragging.end(one.over(Side.LEFT, 1))
        one.dragging.begin(0, one.over(Side.LEFT, 0))
        one.dragging.move(one.over(Side.RIGHT, 0))
        one.dragging.end(None)
    assert one.dropped == []
