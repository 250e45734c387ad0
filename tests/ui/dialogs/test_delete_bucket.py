"""A bucket is deleted only when its name was typed, in sight of the question."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from tests.ui.dialogs.host import Host, screen_text
from tests.ui.dialogs.scripted import ScriptedEngine
from tests.ui.pressing import press
from tests.waiting import until
from tui.model.location import Location
from tui.model.orders import RemoveBucketOrder, Selection
from tui.model.problem import Problem, ProblemKind
from tui.model.removal.bucket import RemovalPlan
from tui.protocol.messages.places import PlanRemoval
from tui.ui.orders.delete_bucket import DeleteBucketScreen

ORDER = RemoveBucketOrder(Selection("a", Location("media-old"), prefixes=[""]))
FULL = RemovalPlan(objects=12, noncurrent=3, markers=1, bytes=4_194_304, uploads=2, warnings=("Object Lock is on",))


def host(plan: RemovalPlan | None = None) -> Host:
    engine = ScriptedEngine(feeds={PlanRemoval: [plan or RemovalPlan(complete=True)]})
    return Host(dialog=DeleteBucketScreen(engine, ORDER, "media-prod"))


@pytest.mark.parametrize("size", [(80, 24), (200, 50)])
async def test_its_name_deletes(size: tuple[int, int]) -> None:
    app = host()
    async with app.run_test(size=size) as pilot:
        await until(lambda: "This cannot be undone" in screen_text(app), "the question is shown")
        assert "as media-prod" in screen_text(app)
        await press(pilot, "enter", *"media-ol", "enter")
        await until(lambda: "'media-ol' is not the bucket name" in screen_text(app), "another name is refused")
        assert app.answers == []
        await press(pilot, "d", "enter")
        await until(lambda: app.answers == [RemovalPlan(complete=True)], "its name was typed")


async def test_esc_deletes_nothing() -> None:
    app = host()
    async with app.run_test() as pilot:
        await until(lambda: "This cannot be undone" in screen_text(app), "the question is shown")
        await press(pilot, "escape")
        await until(lambda: app.answers == [None], "it was left")


async def test_what_is_in_it_is_shown_and_counted_to_its_end() -> None:
    app = host(FULL)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(lambda: "uploads so far" in screen_text(app), "it counts")
        assert "12 objects, 3 noncurrent versions, 1 delete marker" in screen_text(app)
        assert "Object Lock is on" in screen_text(app)
        await press(pilot, *"media-old", "enter")
        await until(lambda: "still counting" in screen_text(app), "the count has not ended")
        assert app.answers == []
    app = host(RemovalPlan(objects=1, complete=True))
    async with app.run_test(size=(80, 24)):
        await until(lambda: "deletes 1 version or delete marker for good" in screen_text(app), "one is one")
    app = host(replace(FULL, complete=True))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(lambda: "aborts 2 uploads, then" in screen_text(app), "all is counted")
        assert "␊" not in screen_text(app), "lines are lines, not control characters made visible"
        await press(pilot, *"media-old", "enter")
        await until(lambda: app.answers == [replace(FULL, complete=True)], "its name was typed")


async def test_what_forbids_it_is_said_and_no_name_helps() -> None:
    app = host(RemovalPlan(problem=Problem(ProblemKind.DENIED, "it has MFA delete"), complete=True))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(lambda: "✗ it has MFA delete" in screen_text(app), "it is said")
        await press(pilot, *"media-old", "enter")
        await until(lambda: "it cannot be deleted" in screen_text(app), "no name helps")
        assert app.answers == []
