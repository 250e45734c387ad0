"""From what is picked to the order: what stands in its way is told, else the route card asks."""

from __future__ import annotations

import pytest

from tests.ui.dialogs.scripted import ScriptedEngine
from tests.unit.ui.controllers.host import Browser, granting_in, identity, show
from tui.model.location import parse_location
from tui.model.orders import CopyOrder, Destination, Selection
from tui.protocol.messages.base import Done
from tui.protocol.messages.transfers import SubmitCopy
from tui.settings import Settings
from tui.settings.schema import TransferSettings
from tui.ui.browser.controllers.copying import Copying
from tui.ui.kit.messages import Side
from tui.ui.orders.route_card import RouteCardScreen
from tui.ui.panes.drag import DropTarget

ONE = Selection("a", parse_location("s3://one/"), keys=["key"])


def browser(left: str = "s3://one/", right: str = "s3://two/in/") -> tuple[Browser, Copying]:
    made = Browser(ScriptedEngine({SubmitCopy: Done()}), Settings(transfers=TransferSettings(part_size=8 << 20)))
    show(made.left, left, "key", "more/", who=identity("a"))
    show(made.right, right, who=identity("b"))
    return made, Copying(made.context, made.panes, made.guard, made.needs, granting_in(made))


@pytest.mark.parametrize("move", [False, True], ids=["copy", "move"])
async def test_what_the_card_confirms_is_submitted_and_its_marks_go(move: bool) -> None:
    made, copying = browser()
    made.left.contents.marks[parse_location("s3://one/key")] = 1
    (copying.action_move if move else copying.action_copy)()
    made.host.expect(RouteCardScreen)
    order = CopyOrder(ONE, Destination("b", parse_location("s3://two/in/")), copying.options(move=move))
    assert (order.options.move, order.options.part_size) == (move, 8 << 20)
    made.host.answer(order)
    await made.host.work()
    assert made.engine.asked == [SubmitCopy(order)]
    assert made.left.contents.marks == {}


async def test_what_the_card_does_not_confirm_is_not_submitted() -> None:
    made, copying = browser()
    copying.action_copy()
    made.host.answer(None)
    await made.host.work()
    assert made.engine.asked == []


def test_a_drop_goes_where_it_was_dropped_unless_that_pane_is_read_only() -> None:
    made, copying = browser()
    target = DropTarget(Side.RIGHT, parse_location("s3://two/else/"))
    copying.dropped(ONE, target)
    made.host.expect(RouteCardScreen)
    made.host.answer(None)
    made.guard.locked.add(Side.RIGHT)
    copying.dropped(ONE, target)
    assert made.host.dialogs == []
    assert made.words == ["Read-only: the right pane is read-only · W allows writes"]


@pytest.mark.parametrize(
    ("left", "right", "words"),
    [
        ("s3://one/", "s3://", "open a bucket in the other pane first: it is the target"),
        ("s3://one/", "s3://one/", "both panes show the same location"),
    ],
)
def test_a_target_that_is_not_possible_is_reported(left: str, right: str, words: str) -> None:
    made, copying = browser(left, right)
    copying.action_copy()
    assert made.words == [words]
    assert made.host.dialogs == []


def test_a_move_needs_both_panes_to_be_writable_a_copy_only_the_target() -> None:
    made, copying = browser()
    made.guard.locked.add(Side.LEFT)
    copying.action_move()
    assert made.words == ["Read-only: the left pane is read-only · W allows writes"]
    assert made.host.dialogs == []
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
