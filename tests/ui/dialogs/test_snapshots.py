"""Pictures of the dialogs and widgets, small and large; `pytest --snapshot-update` takes them again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.ui.dialogs.host import Host, screen_text
from tests.ui.dialogs.scripted import HOLD, ScriptedEngine
from tests.ui.dialogs.world import BOOK, NOW, ORDER, TARGET, UPDATES, counting_card, finished_card
from tests.waiting import until
from tui.model.problem import Problem, ProblemKind
from tui.model.transfer import Conflict
from tui.protocol.messages.inspecting import Inspect
from tui.protocol.messages.transfers import PlanCopy
from tui.ui.inspector.inspector import Inspector
from tui.ui.inspector.problem import ProblemScreen
from tui.ui.kit.document import DocumentScreen
from tui.ui.moving.open_location import OpenLocationScreen
from tui.ui.orders.conflict import ConflictScreen
from tui.ui.orders.route_card import RouteCardScreen

SIZES = [(80, 24), (160, 45)]


def counting() -> Host:
    return Host(dialog=RouteCardScreen(ScriptedEngine(feeds={PlanCopy: [counting_card(), HOLD]}), ORDER, BOOK))


def finished() -> Host:
    return Host(dialog=RouteCardScreen(ScriptedEngine(feeds={PlanCopy: [finished_card()]}), ORDER, BOOK))


def conflict() -> Host:
    asked = Conflict("c", "t", "s3://a/poster.png", "s3://b/poster.png", 1_153_433, NOW - 700, 1_153_433, NOW - 5)
    return Host(dialog=ConflictScreen(asked, NOW))


def problem() -> Host:
    denied = Problem(
        ProblemKind.DENIED,
        "access denied: s3:ListBucket for user/bob",
        "no statement of the bucket policy allows it",
        "ask the owner of finance-archive for a policy that allows it",
        "ListObjectsV2",
        "s3://finance-archive/",
        "analytics",
        "s3:ListBucket",
        "4442587FB7D0A2F9",
        403,
    )
    return Host(dialog=ProblemScreen(denied))


def document() -> Host:
    return Host(dialog=DocumentScreen("Policy of media", '{"Version": "2012-10-17", "Statement": [{"Sid": "One"}]}'))


def inspector(updates: int) -> Callable[[], Host]:
    def make() -> Host:
        widget = Inspector(ScriptedEngine(feeds={Inspect: [*UPDATES[:updates], HOLD]}), lambda: NOW)
        widget.book = BOOK
        widget.styles.height = "60%"
        return Host(widgets=[widget])

    return make


DIALOGS: dict[str, Callable[[], Host]] = {
    "route card while counting": counting,
    "route card": finished,
    "conflict": conflict,
    "problem": problem,
    "document": document,
    "open": lambda: Host(dialog=OpenLocationScreen()),
    "inspector while asking": inspector(6),
    "inspector": inspector(len(UPDATES)),
}


async def settle(pilot: Pilot[None]) -> None:
    """Until the scripted engine has said all it has to say."""
    for widget in pilot.app.query(Inspector):
        widget.show(TARGET)
        widget.focus()
        await until(lambda: "✗ analytics owns this object" in screen_text(pilot.app), "facts have come")
    await pilot.pause()
    await pilot.pause()


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", DIALOGS)
def test_it_looks_as_it_should(snap_compare: Any, name: str, size: tuple[int, int]) -> None:
    assert snap_compare(DIALOGS[name](), terminal_size=size, run_before=settle)
