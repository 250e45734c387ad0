"""Incomplete uploads: seen, marked, aborted; never those in use."""

from __future__ import annotations

import asyncio
from typing import Any

from textual.widgets import OptionList

from tests.ui.dialogs import changing as world
from tests.ui.dialogs.host import Host, screen_text
from tests.ui.dialogs.scripted import HOLD, ScriptedEngine
from tests.ui.pressing import press
from tests.waiting import until
from tui.model.location import LOCAL_BUCKET, Location
from tui.model.problem import Problem, ProblemKind
from tui.protocol.messages.uploads import Aborted, AbortUploads, ListUploads, UploadsFound
from tui.ui.inspector.problem import ProblemScreen
from tui.ui.kit.confirm import ConfirmScreen
from tui.ui.orders.uploads import UploadsScreen

SIZE = (140, 30)
OURS, ACTIVE, FOREIGN, UNSEEN = world.LEFT


def host(*found: Any, aborted: Any = None) -> tuple[Host, ScriptedEngine]:
    engine = ScriptedEngine({AbortUploads: aborted or Aborted(1)}, {ListUploads: found or [world.UPLOADS]})
    return Host(dialog=UploadsScreen(engine, "a", Location("media"), lambda: world.NOW)), engine


def aborts(engine: ScriptedEngine) -> list[AbortUploads]:
    return [request for request in engine.asked if isinstance(request, AbortUploads)]


async def test_the_oldest_stands_first_with_all_that_is_known() -> None:
    app, _ = host()
    async with app.run_test(size=SIZE) as pilot:
        await until(lambda: "4 uploads, 85.9 GiB or more" in screen_text(app), "they are listed")
        shown = screen_text(app)
        names = ("backup/[b]db␛[2J.dump", "take-01.mov", "with its end.bin", "take-02.mov")
        assert sorted(names, key=shown.index) == list(names)
        lines = shown.splitlines()
        (ours,) = [line for line in lines if "take-01" in line]
        assert ours.split()[1:9] == [
            "video/raw/take-01.mov",
            "3.91",
            "GiB",
            "501",
            "2025-10-15",
            "user/alice",
            "ours",
            "│",
        ]
        assert any("take-02" in line and "in use" in line for line in lines)
        await press(pilot, "s")
        await pilot.pause()
        assert sorted(names, key=screen_text(app).index) == list(reversed(names))


async def test_what_is_marked_is_aborted_after_a_question() -> None:
    app, engine = host(aborted=Aborted(2))
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await until(lambda: "4 uploads" in screen_text(app), "they are listed")
        await press(pilot, "space", "space", "x")
        await until(lambda: isinstance(app.screen, ConfirmScreen), "it asks")
        shown = screen_text(app)
        assert "Abort 2 uploads?" in shown
        assert "1 upload not started by xs3-tui" in shown
        await press(pilot, "y")
        await until(lambda: aborts(engine) == [AbortUploads("a", [FOREIGN, OURS])], "both are aborted")
        await until(lambda: "2 uploads aborted" in screen_text(app), "it says so")
        assert sum(isinstance(request, ListUploads) for request in engine.asked) == 2


class SlowEngine(ScriptedEngine):
    """Aborts when it may."""

    def __init__(self) -> None:
        super().__init__({AbortUploads: Aborted(1)}, {ListUploads: [world.UPLOADS]})
        self.may_abort = asyncio.Event()
        self.aborted = False

    async def ask(self, request: Any) -> Any:
        if isinstance(request, AbortUploads):
            await self.may_abort.wait()
            self.aborted = True
        return await super().ask(request)


async def test_what_is_being_aborted_is_waited_for() -> None:
    engine = SlowEngine()
    app = Host(dialog=UploadsScreen(engine, "a", Location("media"), lambda: world.NOW))
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await until(lambda: "4 uploads" in screen_text(app), "they are listed")
        await press(pilot, "x", "y")
        await until(lambda: "aborting…" in screen_text(app), "it says what it does")
        await press(pilot, "escape")
        engine.may_abort.set()
        await until(lambda: "1 upload aborted" in screen_text(app), "it says how many")
        assert engine.aborted
        await press(pilot, "escape")
        await until(lambda: bool(app.answers), "the dialog is left")


async def test_what_is_in_use_is_never_aborted() -> None:
    app, engine = host()
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await until(lambda: "4 uploads" in screen_text(app), "they are listed")
        await press(pilot, "end", "space", "x")
        await until(lambda: "in use by a transfer" in screen_text(app), "it says why not")
        assert "marked" not in screen_text(app)
        await press(pilot, "asterisk")
        await until(lambda: "3 marked" in screen_text(app), "only the others are marked")
        assert aborts(engine) == []


async def test_no_is_no() -> None:
    app, engine = host()
    async with app.run_test(size=SIZE) as pilot:
        await until(lambda: "4 uploads" in screen_text(app), "they are listed")
        await press(pilot, "x")
        await until(lambda: isinstance(app.screen, ConfirmScreen), "it asks")
        await press(pilot, "n")
        await until(lambda: isinstance(app.screen, UploadsScreen), "the list is back")
    assert aborts(engine) == []


async def test_what_could_not_be_aborted_is_said() -> None:
    refusal = Problem(ProblemKind.DENIED, "access denied: s3:AbortMultipartUpload")
    app, _ = host(aborted=Aborted(0, {"u3": refusal}))
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await until(lambda: "4 uploads" in screen_text(app), "they are listed")
        await press(pilot, "x", "y")
        await until(lambda: "access denied: s3:AbortMultipartUpload" in screen_text(app), "the refusal is said")
        assert "1 could not be aborted" in screen_text(app)


async def test_the_cursor_and_the_marks_stay_while_sizes_come() -> None:
    app, _ = host(UploadsFound([OURS, FOREIGN]), world.UPLOADS)
    async with app.run_test(size=SIZE) as pilot:
        await until(lambda: "4 uploads" in screen_text(app), "they are listed")
        await press(pilot, "down", "space", "ctrl+r")
        await until(lambda: "1 marked" in screen_text(app), "the mark stays")
        assert app.screen.query_one(OptionList).highlighted == 2


async def test_an_upload_whose_parts_may_not_be_seen_is_explained() -> None:
    app, _ = host()
    async with app.run_test(size=SIZE) as pilot:
        await until(lambda: "4 uploads" in screen_text(app), "they are listed")
        await press(pilot, "down", "down", "enter")
        await until(lambda: isinstance(app.screen, ProblemScreen), "the refusal is explained")
        assert "s3:ListMultipartUploadParts" in screen_text(app)


async def test_without_any_it_says_what_they_are() -> None:
    app, _ = host(UploadsFound([], complete=True))
    async with app.run_test(size=(80, 24)):
        await until(lambda: "No incomplete upload" in screen_text(app), "it says so")
        assert "billed" in screen_text(app)


async def test_a_refusal_is_no_emptiness_and_leaving_stops_the_look() -> None:
    app, _ = host(Problem(ProblemKind.DENIED, "access denied: s3:ListBucketMultipartUploads"))
    async with app.run_test(size=(80, 24)):
        await until(lambda: "✗ access denied" in screen_text(app), "the refusal is said")
        assert "No incomplete upload" not in screen_text(app)
    app, engine = host(UploadsFound([OURS]), HOLD)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(lambda: "loading…" in screen_text(app), "it looks")
        await press(pilot, "escape")
        await until(lambda: bool(engine.closed), "the feed is closed")


async def test_on_a_disk_they_are_called_what_they_are() -> None:
    engine = ScriptedEngine(feeds={ListUploads: [UploadsFound([], complete=True)]})
    place = Location(LOCAL_BUCKET, "home/me/")
    app = Host(dialog=UploadsScreen(engine, "a", place, lambda: world.NOW))
    async with app.run_test(size=SIZE):
        await until(lambda: "No partial files" in screen_text(app), "nothing is found")
        assert "Partial files below file:///home/me/" in screen_text(app)
        assert "upload" not in screen_text(app)
    assert engine.asked == [ListUploads("a", place)]
