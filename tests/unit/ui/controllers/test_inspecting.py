"""Where the inspector is, and what it is told to show."""

from __future__ import annotations

import pytest
from textual.app import ComposeResult

from tests.ui.dialogs.host import Host
from tests.ui.dialogs.scripted import HOLD, ScriptedEngine
from tests.unit.ui.controllers.host import SILENT, Browser, granting_in, identity, show
from tests.waiting import until
from tui.model.access.evaluation import Evaluation
from tui.model.facts import Verdict
from tui.model.location import parse_location
from tui.model.problem import Problem, ProblemKind
from tui.protocol.messages.inspecting import Explain, Explanation, Inspect
from tui.ui.browser.controllers.inspecting import WIDE, Docked, Inspecting
from tui.ui.inspector.problem import ProblemScreen
from tui.ui.kit.messages import ProblemOpened, Side

DENIED = Problem(ProblemKind.DENIED, "access denied")


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


async def test_it_goes_from_off_to_the_right_below_and_off() -> None:
    app = Laid()
    async with app.run_test(size=(WIDE, 30)):
        places = []
        for _ in range(3):
            app.inspecting.action_inspector()
            places.append((app.inspecting.docked, bool(app.inspecting.inspector.display)))
        assert places == [(Docked.RIGHT, True), (Docked.BELOW, True), (Docked.OFF, False)]


@pytest.mark.parametrize(("width", "covers"), [(WIDE - 1, True), (WIDE, False)])
async def test_at_the_right_of_a_narrow_screen_it_covers_the_passive_pane(width: int, covers: bool) -> None:
    app = Laid()
    async with app.run_test(size=(width, 30)):
        app.inspecting.resized(width)
        app.inspecting.open()
        left, right = app.made.panes.sides.values()
        assert (left.display, right.display) == (True, not covers)
        app.made.panes.active_side = Side.RIGHT
        app.inspecting.lay_out()
        assert (left.display, right.display) == (not covers, True)
        app.inspecting.action_inspector()
        app.inspecting.lay_out()
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
    seen = Evaluation("b", "", "s3:ListBucket", "arn:aws:s3:::bucket", Verdict.DENIED, True, [])
    made = Browser(ScriptedEngine({Explain: Explanation(seen)}))
    inspecting = inspecting_in(made)
    show(made.right, "s3://bucket/", who=identity("b"))
    inspecting.explain(ProblemOpened(Side.RIGHT, DENIED, parse_location("s3://bucket/")))
    dialog = made.host.expect(ProblemScreen)
    assert dialog._explain
    assert await dialog._explain() == seen
    assert made.engine.asked == [Explain(parse_location("s3://bucket/"), "b", None, DENIED)]
