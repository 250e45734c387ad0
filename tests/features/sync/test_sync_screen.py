from typing import Any

import pytest
from msgspec.structs import replace
from textual.widgets import Button

from tests.browser.browser import SMALL, WIDE, Browser, opened
from tests.browser.host import Host, Scene, press, screen_text, showing
from tests.browser.passing import Buckets
from tests.browser.scripted import ScriptedEngine
from tests.waiting import until
from tui.app.browser_screen import BrowserScreen
from tui.core.location import Location
from tui.core.orders import CompareMode, CopyOptions, CopyOrder, Destination, Selection, SyncOrder
from tui.core.transfer import PlannedAction, PlannedObject
from tui.core.versions import BucketVersioning, UndoForecast
from tui.features.sync.card_screen import SyncCardScreen
from tui.features.sync.screen import BeginCopy, ComparisonScreen, DifferenceTable, NameLine, StateCounts
from tui.features.sync.values import (
    Compare,
    ComparedPlace,
    ComparedRow,
    ComparedSide,
    Comparison,
    ComparisonEvidence,
    ComparisonState,
    ComparisonUpdate,
    PlanSync,
    StateCount,
    SyncPlan,
)
from tui.features.sync.words import BY
from tui.kit.choice import Choice
from tui.messages.listing_requests import AskUndo


def shown(browser: Browser) -> ComparisonScreen:
    return browser.front(ComparisonScreen)


def rows(browser: Browser) -> list[tuple[str, ComparisonState]]:
    return [(line.row.name, line.row.state) for line in shown(browser).differences.lines if isinstance(line, NameLine)]


def fill(buckets: Buckets) -> tuple[Any, Any]:
    a, b = buckets.mine, buckets.theirs
    a.put_object(Bucket=buckets.a, Key="old.txt", Body=b"first\nsecond\n")
    b.put_object(Bucket=buckets.b, Key="old.txt", Body=b"first\nchanged\n")
    b.put_object(Bucket=buckets.b, Key="one.txt", Body=b"one.txt")
    return a, b


@pytest.mark.thorough
async def test_differences_are_filtered_folded_looked_at_and_copied(buckets: Buckets) -> None:
    _, b = fill(buckets)
    async with opened(buckets.engine, buckets.here.uri, buckets.there.uri, size=SMALL) as browser:
        await browser.press("=", then="4 only left  > 1 only right  ≠ 1 differs  ? 0 unknown  = 1 same")
        names = ["in/seed.txt", "old.txt", "sub/deep/five.txt", "sub/four.txt", "three.bin", "two.txt"]
        assert [name for name, _ in rows(browser)] == names
        await browser.press("slash", "slash", "slash")
        assert rows(browser) == [("old.txt", ComparisonState.DIFFERS)]
        await browser.press("home", "enter", then="- second")
        assert "+ changed" in browser.text
        await browser.press("escape", "slash", "slash", "home", "left")
        assert [name for name, _ in rows(browser)] == names[1:], "in/ is closed"
        await browser.press("right", "down", "down", "space", "space", then="rows marked")
        await browser.press("C", then=("Copy 3 objects", "(•) ask"))
        browser.app.screen.query_one("#conflict", Choice).focus()
        await browser.press("right", "right", then="(•) overwrite")
        await browser.press("enter", ended=True)
        assert b.get_object(Bucket=buckets.b, Key="old.txt")["Body"].read() == b"first\nsecond\n"
        await browser.until_text("2 only left  > 1 only right  ≠ 0 differs  ? 0 unknown  = 4 same")
        await until(lambda: not shown(browser).differences.marked, "what was copied is not marked any more")
        await browser.press("ctrl+r", then="2 only left  > 1 only right  ≠ 0 differs  ? 0 unknown  = 4 same")
        await browser.press("escape")
        await browser.press_on(browser.left, buckets.here.child("old.txt"), "f5", then="(•) ask")


async def test_one_pane_is_made_like_the_other_after_the_number_was_typed(buckets: Buckets) -> None:
    a, b = fill(buckets)
    async with opened(buckets.engine, buckets.here.uri, buckets.there.uri, size=WIDE) as browser:
        await browser.press("=", then="1 differs")
        await browser.press("S", then=("keep       1 object (4 B) that only the target has", "[ ] delete, too"))
        assert "type 1" not in browser.text
        assert isinstance(browser.app.focused, Button), "Enter copies and keeps"
        await browser.press("space", then="type 1 to confirm")
        assert "- s3://" + buckets.b + "/in/seed.txt" in browser.text
        b.put_object(Bucket=buckets.b, Key="in/late.txt", Body=b"came after it was shown")
        await browser.press("2", "enter", then="✗ '2' is not 1; type 1 to confirm")
        await browser.press("backspace", "1", "enter", ended=True)
        await browser.until_text("< 0 only left  > 1 only right (")
        keys = [
            [each["Key"] for each in client.list_objects_v2(Bucket=bucket)["Contents"]]
            for client, bucket in ((a, buckets.a), (b, buckets.b))
        ]
        assert sorted(keys[1]) == sorted([*keys[0], "in/late.txt"])


async def test_a_click_on_a_count_other_places_and_a_read_only_target(buckets: Buckets) -> None:
    fill(buckets)
    async with opened(buckets.engine, buckets.here.uri, buckets.there.uri, read_only=frozenset({"right"})) as browser:
        await browser.press("=", then="1 differs")
        assert await browser.pilot.click(StateCounts, offset=(3, 0))
        await until(lambda: {each for _, each in rows(browser)} == {ComparisonState.LEFT}, "only left is shown")
        await browser.app.screen.run_action("same")
        await until(lambda: shown(browser).differences.only is ComparisonState.LEFT, "the filter stays")
        await browser.press(*["slash"] * 4)
        await until(lambda: ("one.txt", ComparisonState.SAME) in rows(browser), "what is the same is shown, too")
        await browser.press("=")
        by = shown(browser)._comparison.by
        await browser.press("o", then="other line")
        await browser.press("end", *"sub", "enter", then="four.txt")
        assert shown(browser)._comparison.by is by is CompareMode.AUTO.following
        assert BY[by] in browser.text
        assert ("four.txt", ComparisonState.LEFT) in rows(browser)
        await browser.press("S", told="read-only")


async def test_the_arrow_begins_at_the_active_pane_and_a_key_opens_the_card_at_once(buckets: Buckets) -> None:
    """Copies and syncs go in the same direction, and it can be turned."""
    fill(buckets)
    async with opened(buckets.engine, buckets.here.uri, buckets.there.uri, size=WIDE) as browser:
        await browser.press("S", front=SyncCardScreen, then=f"→ {buckets.there.uri}")
        await browser.press("escape", front=BrowserScreen)
        await browser.press("tab", "S", front=SyncCardScreen, then=f"→ {buckets.here.uri}")
        await browser.press("escape", front=BrowserScreen)
        await browser.press("=", then="1 differs")
        assert f"{buckets.here.uri}  ←" in browser.text
        await browser.press("ctrl+u", then=f"{buckets.here.uri}  →")
        await browser.press("S", front=SyncCardScreen, then=f"→ {buckets.there.uri}")


LEFT, RIGHT = Location("media-prod-assets", "video/"), Location("analytics-landing", "video/")
OLD, NEW = 1_600_000_000, 1_700_000_000


def side(size: int, modified: int = OLD) -> ComparedSide:
    return ComparedSide(size, modified, '"0123"')


ROWS = [
    ComparedRow("2026/a.mp4", ComparisonState.LEFT, ComparisonEvidence.LISTED, side(12_000_000), None),
    ComparedRow("2026/b.srt", ComparisonState.DIFFERS, ComparisonEvidence.SIZE, side(840), side(838, NEW)),
    ComparedRow(
        "2026/raw/c.mov",
        ComparisonState.UNKNOWN,
        ComparisonEvidence.TIME,
        side(9_000_000_000, NEW),
        side(9_000_000_000),
    ),
    ComparedRow("old.txt", ComparisonState.RIGHT, ComparisonEvidence.LISTED, None, side(12)),
]
COUNTS = {
    ComparisonState.LEFT: StateCount(1, 12_000_000, 0),
    ComparisonState.DIFFERS: StateCount(1, 840, 838),
    ComparisonState.UNKNOWN: StateCount(1, 9_000_000_000, 9_000_000_000),
    ComparisonState.RIGHT: StateCount(1, 0, 12),
    ComparisonState.SAME: StateCount(1_000_000, 7_000_000, 7_000_000),
}


KEPT = UndoForecast(BucketVersioning.ENABLED)


def compared(update: ComparisonUpdate, ordered: BeginCopy = lambda _: None) -> tuple[Host, ScriptedEngine]:
    engine = ScriptedEngine(feeds={Compare: [update]})
    places = Comparison(ComparedPlace("a", LEFT), ComparedPlace("b", RIGHT))
    return Host(dialog=ComparisonScreen(places, engine, CopyOptions(), ordered)), engine


def comparison() -> Host:
    return compared(ComparisonUpdate(ROWS, COUNTS, complete=True))[0]


ORDER = SyncOrder(Selection("a", LEFT, prefixes=[LEFT.key]), Destination("b", RIGHT), delete=True)


def card(forecast: UndoForecast = KEPT, there: Location = RIGHT, overwrites: int = 1) -> SyncCardScreen:
    deletions = [PlannedObject(RIGHT.child("old.txt").uri, "", PlannedAction.DELETE, "", 12)]
    plan = SyncPlan(1, overwrites, 12_000_840, 1, 12, 1_000_000, 1, deletions)
    complete = SyncPlan(1, overwrites, 12_000_840, 1, 12, 1_000_000, 1, [], "/x", True)
    engine = ScriptedEngine({AskUndo: forecast}, feeds={PlanSync: [plan, complete]})
    return SyncCardScreen(engine, replace(ORDER, destination=Destination("b", there)))


KEPT_THERE, ASKED = "keep       1 object", "type 1 to confirm"

PICTURES = {
    "comparison": Scene(comparison, "old.txt", ("down", "space"), "1 row marked"),
    "card": Scene(lambda: Host(dialog=card()), KEPT_THERE, ("space",), ASKED),
}


@pytest.mark.parametrize("name", PICTURES)
def test_pictures(snap_compare: Any, name: str) -> None:
    assert snap_compare(PICTURES[name].make(), terminal_size=SMALL, run_before=PICTURES[name].arrange)


NEVER, UNSEEN = UndoForecast(BucketVersioning.NEVER), UndoForecast(BucketVersioning.UNKNOWN, "b may not look")
LOST, FINAL = "overwritten objects are lost: the bucket has no versioning", "this cannot be undone: the bucket"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"forecast": NEVER}, (LOST, FINAL)),
        ({}, ("you can undo overwrites: the bucket keeps versions", "you can undo the deletion: the bucket keeps")),
        ({"forecast": UNSEEN}, ("may be lost: b may not look",)),
        ({"there": Location("/", "home/ann/")}, ("this cannot be undone: a local disk keeps no versions",)),
        ({"forecast": NEVER, "overwrites": 0}, (FINAL,)),
    ],
    ids=["no versioning", "versions", "not known", "disk", "nothing is overwritten"],
)
async def test_the_card_says_whether_overwrites_and_deletions_can_be_undone(
    given: dict[str, Any], words: tuple[str, ...]
) -> None:
    async with showing(card(**given), KEPT_THERE, (100, 30)) as (app, pilot):
        await press(pilot, "space", then=ASKED)
        await until(lambda: all(each in screen_text(app) for each in words), "it is said")
        assert "overwrite  1 object that differs" in screen_text(app) or "overwritten" not in screen_text(app)


@pytest.mark.parametrize(("forecast", "answer"), [(NEVER, None), (UNSEEN, None), (KEPT, replace(ORDER, delete=False))])
async def test_enter_overwrites_only_what_versions_keep(forecast: UndoForecast, answer: SyncOrder | None) -> None:
    async with showing(card(forecast), KEPT_THERE) as (_, pilot):
        await press(pilot, "enter", answer=answer)


async def test_bytes_are_said_of_what_is_copied() -> None:
    async with showing(card(overwrites=0), KEPT_THERE, (100, 30)) as (app, _):
        assert "copy       1 object (11.4 MiB) that the target does not have" in screen_text(app)
        assert [line.strip(" │") for line in screen_text(app).splitlines() if "overwrite" in line] == [
            "overwrite  0 objects that differ"
        ]


async def test_a_long_list_scrolls_down_only() -> None:
    rows = [
        ComparedRow(f"many/{at:02}", ComparisonState.LEFT, ComparisonEvidence.LISTED, side(0), None) for at in range(30)
    ]
    app, _ = compared(ComparisonUpdate(rows, complete=True))
    async with app.run_test(size=SMALL) as pilot:
        await until(lambda: "many/" in screen_text(pilot.app), "the rows are shown")
        table = app.screen.query_one(DifferenceTable)
        await until(lambda: table.show_vertical_scrollbar, "there are more rows than lines", 10)
        assert not table.show_horizontal_scrollbar


async def test_an_empty_segment_is_a_level_of_its_own() -> None:
    rows = [ComparedRow("odd names//double//slash.txt", ComparisonState.LEFT, ComparisonEvidence.LISTED, side(1), None)]
    app, _ = compared(ComparisonUpdate(rows, complete=True))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(lambda: "slash.txt" in screen_text(pilot.app), "the rows are shown")
        shown = [line.split("▾ ")[1].split()[:-2] for line in screen_text(app).splitlines() if "▾" in line]
        assert shown == [["odd", "names/"], ["/"], ["double/"], ["/"]]


async def test_a_key_compares_by_something_else() -> None:
    orders = list[CopyOrder]()
    app, engine = compared(ComparisonUpdate(ROWS, COUNTS, complete=True), orders.append)
    async with app.run_test(size=(100, 30)) as pilot:
        for words in ("by size and time", "by size only", "with checksums"):
            await pilot.press("equals_sign")
            await until(lambda words=words: words in screen_text(app), "it is said")  # type: ignore[misc]  # bound now
        await pilot.press("equals_sign", "equals_sign", "S")
        await until(lambda: bool(orders), "the order is made")
    asked = [each.comparison.by for each in engine.asked if isinstance(each, Compare)]
    assert asked == [*CompareMode, CompareMode.AUTO, CompareMode.TIME]
    assert [each.by for each in orders if isinstance(each, SyncOrder)] == [CompareMode.TIME], "as it was compared"


async def test_the_card_plans_again_by_something_else_and_answers_with_that() -> None:
    async with showing(card(), KEPT_THERE, (100, 30)) as (app, pilot):
        await press(pilot, "space", then=ASKED)
        assert "compared by size, ETag and time" in screen_text(app)
        await pilot.click("#by")
        await until(lambda: "compared by size and time" in screen_text(app), "it is compared by something else")
        await until(lambda: ASKED in screen_text(app), "it is planned again")
        assert screen_text(app).count("old.txt") == 1, "what was planned before is gone"
        await pilot.press("shift+tab", "equals_sign")
        await until(lambda: "compared by size only" in screen_text(app), "the key does the same")
        await until(lambda: ASKED in screen_text(app), "it is planned again")
        await pilot.press("1", "enter")
        assert await app.answered() == replace(ORDER, by=CompareMode.SIZE, shown="/x")
    async with showing(card(), KEPT_THERE) as (app, pilot):
        await press(pilot, "space", then=ASKED)
        await press(pilot, "1", "space", then=KEPT_THERE)
        await press(pilot, "enter")
        assert await app.answered() == replace(ORDER, delete=False), "what is not ticked stays"
