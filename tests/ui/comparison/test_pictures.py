"""What a comparison looks like, and the card that asks before anything is deleted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot

from tests.ui.dialogs.host import Host, screen_text
from tests.ui.dialogs.scripted import ScriptedEngine
from tests.waiting import until
from tui.model.comparing.comparison import (
    ComparedRow,
    ComparedSide,
    Comparison,
    ComparisonState,
    ComparisonUpdate,
    Evidence,
    Place,
    StateCount,
)
from tui.model.comparing.mode import CompareMode
from tui.model.comparing.plan import SyncPlan
from tui.model.location import Location
from tui.model.orders import CopyOptions, CopyOrder, Destination, Selection, SyncOrder
from tui.model.plan import PlannedAction, PlannedObject
from tui.model.versions.forecast import BucketVersioning, UndoForecast
from tui.protocol.messages.comparing import Compare, PlanSync
from tui.protocol.messages.versions import AskUndo
from tui.ui.comparison.screen import ComparisonScreen
from tui.ui.comparison.sync_card import SyncCardScreen

LEFT, RIGHT = Location("media-prod-assets", "video/"), Location("analytics-landing", "video/")
OLD, NEW = 1_600_000_000, 1_700_000_000


def side(size: int, modified: int = OLD) -> ComparedSide:
    return ComparedSide(size, modified, '"0123"')


ROWS = [
    ComparedRow("2026/a.mp4", ComparisonState.LEFT, Evidence.LISTED, side(12_000_000), None),
    ComparedRow("2026/b.srt", ComparisonState.DIFFERS, Evidence.SIZE, side(840), side(838, NEW)),
    ComparedRow(
        "2026/raw/c.mov", ComparisonState.UNKNOWN, Evidence.TIME, side(9_000_000_000, NEW), side(9_000_000_000)
    ),
    ComparedRow("old.txt", ComparisonState.RIGHT, Evidence.LISTED, None, side(12)),
]
COUNTS = {
    ComparisonState.LEFT: StateCount(1, 12_000_000, 0),
    ComparisonState.DIFFERS: StateCount(1, 840, 838),
    ComparisonState.UNKNOWN: StateCount(1, 9_000_000_000, 9_000_000_000),
    ComparisonState.RIGHT: StateCount(1, 0, 12),
    ComparisonState.SAME: StateCount(1_000_000, 7_000_000, 7_000_000),
}


KEPT = UndoForecast(BucketVersioning.ENABLED)


def comparison() -> Host:
    engine = ScriptedEngine(feeds={Compare: [ComparisonUpdate(ROWS, COUNTS, complete=True)]})
    places = Comparison(Place("a", LEFT), Place("b", RIGHT))
    return Host(dialog=ComparisonScreen(places, engine, CopyOptions(), lambda _: None))


def card(forecast: UndoForecast = KEPT, there: Location = RIGHT, overwrites: int = 1) -> Host:
    deletions = [PlannedObject(RIGHT.child("old.txt").uri, "", PlannedAction.DELETE, "", 12)]
    plan = SyncPlan(1, overwrites, 12_000_840, 1, 12, 1_000_000, 1, deletions)
    complete = SyncPlan(1, overwrites, 12_000_840, 1, 12, 1_000_000, 1, [], "/x", True)
    engine = ScriptedEngine({AskUndo: forecast}, feeds={PlanSync: [plan, complete]})
    order = SyncOrder(Selection("a", LEFT, prefixes=[LEFT.key]), Destination("b", there), delete=True)
    return Host(dialog=SyncCardScreen(engine, order))


async def marked(pilot: Pilot[Any]) -> None:
    await until(lambda: "old.txt" in screen_text(pilot.app), "the rows are shown")
    await pilot.press("down", "space")
    await until(lambda: "1 row marked" in screen_text(pilot.app), "one is marked")


async def planned(pilot: Pilot[Any]) -> None:
    await until(lambda: "type 1 to delete" in screen_text(pilot.app), "the number is asked for")


@pytest.mark.parametrize(("host", "act"), [(comparison, marked), (card, planned)], ids=["comparison", "card"])
def test_pictures(snap_compare: Any, host: Any, act: Any) -> None:
    assert snap_compare(host(), terminal_size=(80, 24), run_before=act)


@pytest.mark.parametrize(
    ("host", "words"),
    [
        (
            lambda: card(UndoForecast(BucketVersioning.NEVER)),
            (
                "overwritten objects are lost: the bucket has no versioning",
                "this cannot be undone: the bucket",
            ),
        ),
        (card, ("undo takes overwrites back: the bucket keeps versions", "undo brings them back: the bucket keeps")),
        (lambda: card(UndoForecast(BucketVersioning.UNKNOWN, "b may not look")), ("may be lost: b may not look",)),
        (lambda: card(there=Location("/", "home/ann/")), ("this cannot be undone: a local disk keeps no versions",)),
        (lambda: card(UndoForecast(BucketVersioning.NEVER), overwrites=0), ("this cannot be undone: the bucket",)),
    ],
    ids=["no versioning", "versions", "not known", "disk", "nothing is overwritten"],
)
async def test_the_card_says_whether_overwrites_and_deletions_can_be_undone(
    host: Callable[[], Host], words: tuple[str, ...]
) -> None:
    app = host()
    async with app.run_test(size=(100, 30)) as pilot:
        await planned(pilot)
        await until(lambda: all(each in screen_text(app) for each in words), "it is said")
        assert "overwrite  1 object that differs" in screen_text(app) or "overwritten" not in screen_text(app)


async def test_bytes_are_said_of_what_is_copied() -> None:
    app = card(overwrites=0)
    async with app.run_test(size=(100, 30)) as pilot:
        await planned(pilot)
        assert "copy       1 object (11.4 MiB) that the target does not have" in screen_text(app)
        assert [line.strip(" │") for line in screen_text(app).splitlines() if "overwrite" in line] == [
            "overwrite  0 objects that differ"
        ]


async def test_an_empty_segment_is_a_level_of_its_own() -> None:
    rows = [ComparedRow("odd names//double//slash.txt", ComparisonState.LEFT, Evidence.LISTED, side(1), None)]
    engine = ScriptedEngine(feeds={Compare: [ComparisonUpdate(rows, complete=True)]})
    places = Comparison(Place("a", LEFT), Place("b", RIGHT))
    app = Host(dialog=ComparisonScreen(places, engine, CopyOptions(), lambda _: None))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(lambda: "slash.txt" in screen_text(pilot.app), "the rows are shown")
        shown = [line.split("▾ ")[1].split()[:-2] for line in screen_text(app).splitlines() if "▾" in line]
        assert shown == [["odd", "names/"], ["/"], ["double/"], ["/"]]


async def test_x_compares_by_something_else() -> None:
    engine = ScriptedEngine(feeds={Compare: [ComparisonUpdate(ROWS, COUNTS, complete=True)]})
    places = Comparison(Place("a", LEFT), Place("b", RIGHT))
    orders = list[CopyOrder]()
    app = Host(dialog=ComparisonScreen(places, engine, CopyOptions(), orders.append))
    async with app.run_test(size=(100, 30)) as pilot:
        for words in ("by size and time", "by size only", "with checksums"):
            await pilot.press("x")
            await until(lambda words=words: words in screen_text(app), "it is said")  # type: ignore[misc]  # bound now
        await pilot.press("x", "x", "d")
        await until(lambda: bool(orders), "the order is made")
    asked = [each.comparison.by for each in engine.asked if isinstance(each, Compare)]
    assert asked == [*CompareMode, CompareMode.AUTO, CompareMode.TIME]
    assert [each.by for each in orders if isinstance(each, SyncOrder)] == [CompareMode.TIME], "as it was compared"


async def test_the_card_plans_again_by_something_else_and_answers_with_that() -> None:
    deletions = [PlannedObject(RIGHT.child("old.txt").uri, "", PlannedAction.DELETE, "", 12)]
    plans = [SyncPlan(1, 1, 1, 1, 12, 1, 1, deletions), SyncPlan(1, 1, 1, 1, 12, 1, 1, [], "/x", True)]
    engine = ScriptedEngine({AskUndo: KEPT}, feeds={PlanSync: plans})
    order = SyncOrder(Selection("a", LEFT, prefixes=[LEFT.key]), Destination("b", RIGHT), delete=True)
    app = Host(dialog=SyncCardScreen(engine, order))
    async with app.run_test(size=(100, 30)) as pilot:
        await planned(pilot)
        assert "compared by size, ETag and time" in screen_text(app)
        await pilot.click("#by")
        await until(lambda: "compared by size and time" in screen_text(app), "it is compared by something else")
        await planned(pilot)
        assert screen_text(app).count("old.txt") == 1, "what was planned before is gone"
        await pilot.press("shift+tab", "x")
        await until(lambda: "compared by size only" in screen_text(app), "the key does the same")
        await planned(pilot)
        await pilot.press("1", "enter")
        await until(lambda: bool(app.answers), "it is answered")
    assert app.answers == [replace(order, by=CompareMode.SIZE, shown="/x")]
