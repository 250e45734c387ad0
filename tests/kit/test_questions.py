"""Dialogs that ask, and those that change a bucket: what is pressed is the answer, nothing from outside is markup."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs
from msgspec.structs import replace
from textual.content import Content
from textual.events import Key
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Button, Input, OptionList

from tests.browser import world
from tests.browser.host import Host, press, screen_text, showing, text_of, until_shown
from tests.browser.scripted import HOLD, HeldEngine, ScriptedEngine
from tests.e2e.terminal import Terminal
from tests.features.transfer_list.world import RUNNING
from tests.link.other import other_engine
from tests.waiting import until
from tui.app.engine_news import OtherEngineScreen
from tui.browser.dry_run_screen import DryRunScreen
from tui.browser.open_screen import OpenLocationScreen
from tui.core.changes import DocumentKind, DocumentRef, PlannedChange
from tui.core.facts import (
    AccessVerdict,
    Half,
    ObjectOwnership,
    OwnerCount,
    OwnersSeen,
    RepairLeftOut,
    RepairPlan,
    RepairStep,
)
from tui.core.identity import Owner
from tui.core.location import LOCAL_BUCKET, Location
from tui.core.orders import ConflictPolicy, DeleteOrder, RepairOrder, RestoreOrder, RevertOrder, Selection
from tui.core.policy import Cause, Evaluation, Layer, LayerKind, LayerVerdict, PolicyEdit, PolicyKind, Remedy
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.core.transfer import (
    ANSWERS,
    Conflict,
    ConflictAnswer,
    PlannedAction,
    PlannedObject,
    Tally,
    VerificationOutcome,
)
from tui.core.versions import ObjectVersion
from tui.features.archive.screen import RestoreScreen
from tui.features.archive.values import PlanRestore
from tui.features.buckets.new_place_screen import NewBucket, NewBucketScreen, NewPrefixScreen
from tui.features.copy.rename_screen import RenameScreen
from tui.features.delete.screen import DeleteScreen
from tui.features.links.screen import PresignScreen
from tui.features.links.values import LinkMethod, Presign, Presigned, PresignedLink
from tui.features.repair.screen import RepairScreen
from tui.features.repair.values import PlanRepair
from tui.features.transfer_list.conflict_screen import ConflictScreen, comparison
from tui.features.uploads.screen import UploadsScreen
from tui.features.uploads.values import Aborted, AbortUploads, ListUploads, UploadsFound
from tui.features.versions.compare_screen import CompareScreen
from tui.features.versions.screen import UndoScreen
from tui.features.versions.words import undo_words
from tui.kit.change_screens import ChangeDiff
from tui.kit.dialog import ConfirmScreen
from tui.kit.json_screen import DocumentScreen
from tui.kit.problem_screen import ProblemScreen
from tui.link.request import Welcome
from tui.link.session import OtherVersionError
from tui.messages.inspect_requests import Inspect
from tui.messages.listing_requests import ListUndo, RemovalPlan, UndoEntry
from tui.messages.order_requests import DryRun, PlanDelete
from tui.panes.pane import PatternScreen

SMALL = (80, 24)

CONFLICT = Conflict(
    "c1", "t1", "s3://a/[b]x[/b]\x1b.png", "s3://b/in/x.png", 1_153_433, world.NOW - 700, 1_100_000, world.NOW - 345_600
)


async def answers(dialog: Screen[Any], *keys: str) -> list[Any]:
    return (await told(dialog, *keys))[0]


@pytest.mark.parametrize(
    ("typed", "location"), [("arn:aws:s3:::media/a b ", Location("media", "a b ")), ("  media  ", Location("media"))]
)
async def test_a_location_opens_by_uri_name_or_arn(typed: str, location: Location) -> None:
    async with showing(OpenLocationScreen(), "bucket") as (app, pilot):
        app.screen.query_one(Input).value = typed
        await press(pilot, "enter", answer=location)


async def test_what_is_no_location_is_said_and_asked_again() -> None:
    async with showing(OpenLocationScreen(Location("media", "video/")), "s3://media/video/") as (app, pilot):
        await press(pilot, *"http://x", "enter", then="'http://x' is not an S3 URI")
        assert app.answers == []
        await press(pilot, "escape", answer=None)


async def test_a_pattern_is_answered_as_typed() -> None:
    async with showing(PatternScreen("Mark"), "[ab] one of these") as (_, pilot):
        await press(pilot, *"*.[jp]*", "enter", answer="*.[jp]*")
    assert await answers(PatternScreen("Mark"), "backspace", "enter") == []


@pytest.mark.parametrize(("keys", "said"), [(("y",), True), (("n",), False), (("escape",), None), (("enter",), True)])
async def test_a_question_is_answered_by_letter_or_button(keys: tuple[str, ...], said: bool | None) -> None:
    assert await answers(ConfirmScreen("Sure?", Content("[b]all[/b] of it"), "Yes"), *keys) == [said]


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("keys", "answer"),
    [
        (("space", "r"), ConflictAnswer("c1", ConflictPolicy.RENAME, for_all=True)),
        (("space", "space", "right", "enter"), ConflictAnswer("c1", ConflictPolicy.OVERWRITE)),
        (("escape",), None),
    ],
)
async def test_a_conflict_is_decided_for_one_or_for_all(keys: tuple[str, ...], answer: ConflictAnswer | None) -> None:
    assert await answers(ConflictScreen(CONFLICT, world.NOW), *keys) == [answer]


SAME = {"verification": VerificationOutcome.SAME, "evidence": "ETag"}
NEWER = {"target_modified": world.NOW}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (SAME, "the same content (ETag)"),
        ({"verification": VerificationOutcome.DIFFERS, "evidence": "ETag"}, "same size, but they differ (ETag)"),
        ({}, "same size; the content may differ"),
        (NEWER, "same size; the content may differ; the target is newer"),
        (NEWER | SAME, "the same content (ETag)"),
        ({"source_size": 0, "target_size": 0}, "both are empty"),
    ],
)
def test_a_conflict_says_whether_the_contents_are_the_same_and_by_what(changes: dict[str, Any], words: str) -> None:
    assert comparison(structs.replace(CONFLICT, **({"target_size": CONFLICT.source_size} | changes))).plain == words


@pytest.mark.parametrize(("key", "policy"), ANSWERS.items())
async def test_every_answer_to_a_conflict_has_its_key_and_its_button(key: str, policy: ConflictPolicy) -> None:
    answer = ConflictAnswer("c1", policy)
    assert await answers(ConflictScreen(CONFLICT, world.NOW), key) == [answer]
    async with showing(ConflictScreen(CONFLICT, world.NOW), "for all") as (app, pilot):
        await pilot.click(f"#{policy}")
        await until(lambda: app.answers == [answer], "its button answers")


async def test_a_conflict_shows_both_sides() -> None:
    async with showing(ConflictScreen(CONFLICT, world.NOW), "s3://a/[b]x[/b]␛.png") as (app, pilot):
        for words in ("1.10 MiB (1,153,433 bytes) · 11 min ago", "s3://b/in/x.png", "differ in size", "[ ] for all"):
            assert words in screen_text(app)
        await press(pilot, "space", then="[x] for all")


async def test_a_conflict_that_no_identity_can_check_says_so() -> None:
    unseen = structs.replace(CONFLICT, target_size=-1, target_modified=0.0)
    async with showing(ConflictScreen(unseen, world.NOW), "May exist at the target") as (app, _):
        shown = screen_text(app)
    assert "      cannot be checked" in shown
    assert "only Overwrite copies it" in shown
    assert "-1" not in shown
    assert "1970" not in shown


async def test_keys_typed_while_a_dialog_is_built_reach_its_line() -> None:
    app = Host()
    async with app.run_test(size=SMALL) as pilot:
        app.push_screen(OpenLocationScreen(), app.answers.append)
        for key in (*"media", "enter"):
            app.post_message(Key(key, key if len(key) == 1 else "\r"))
        await until(lambda: bool(app.answers), "the dialog has answered")
        await pilot.pause()
    assert app.answers == [Location("media")]


async def test_a_document_that_is_no_json_is_shown_as_it_stands() -> None:
    async with showing(DocumentScreen("Policy of [x]", "<b>not json\x1b[2J"), "<b>not json␛[2J") as (app, _):
        assert "Policy of [x]" in screen_text(app)


async def test_a_document_is_searched_and_copied() -> None:
    statements = [{"Sid": f"Number{number}", "Effect": "Allow"} for number in range(60)]
    app = Host(dialog=DocumentScreen("Policy of x", json.dumps({"Statement": statements})))
    async with app.run_test(size=SMALL) as pilot:
        await pilot.pause()
        await press(pilot, "slash", *"number4", "enter", then='"Number4"')
        await press(pilot, "left_square_bracket", then='"Number49"')
        await press(pilot, "n", "n", then='"Number40"')
        await press(pilot, "y")
        assert json.loads(app.clipboard)["Statement"] == statements


DENIED = Problem(
    ProblemKind.DENIED, "access denied: s3:GetObject", identity="analytics", permission="s3:GetObject",
    authorization_id="4k2v9qx7m1",
)  # fmt: skip
EDIT = PolicyEdit(PolicyKind.BUCKET_POLICY, "111111111111", "assets", "{}", "Office")
SEEN = Evaluation(
    "analytics",
    "arn:aws:iam::222222222222:user/bob",
    "s3:GetObject",
    "arn:aws:s3:::assets/a",
    AccessVerdict.DENIED,
    live=True,
    layers=[
        Layer(
            LayerKind.IDENTITY, LayerVerdict.ALLOWS, "statement All of [b]bob allows it", "GetUserPolicy", "analytics"
        ),
        Layer(
            LayerKind.BUCKET_POLICY, LayerVerdict.DOES_NOT_ALLOW, "no statement allows it", "GetBucketPolicy", "media"
        ),
        Layer(LayerKind.ACCOUNT_PUBLIC_ACCESS, LayerVerdict.NOT_APPLICABLE, "it blocks nothing"),
        Layer(LayerKind.KEY, LayerVerdict.DENIES, "statement \x1b]0;Never denies it", "GetKeyPolicy", "media"),
        Layer(LayerKind.RCP, LayerVerdict.NOT_SEEN, "no member account can read which apply " * 3),
    ],
    cause=Cause("statement Office would allow it, but it needs aws:SourceIp", [LayerKind.BUCKET_POLICY], "Office"),
    remedies=[
        Remedy("As media: add 127.0.0.1 to aws:SourceIp in Office.", EDIT),
        Remedy("In bob's account: allow it."),
    ],
    notes=["S3 names no kind of policy in this denial."],
)


def evaluated() -> ProblemScreen:
    async def explain() -> Evaluation:
        return SEEN

    return ProblemScreen(DENIED, explain)


async def test_the_whole_evaluation_can_be_read() -> None:
    """And copied, with the problem."""
    async with showing(evaluated(), "Office") as (app, pilot):
        await pilot.pause()
        shown = screen_text(app)
        await press(pilot, *["down"] * 40)
        await pilot.pause()
        shown += screen_text(app)
        await press(pilot, "y")
        await pilot.pause()
        copied = app.clipboard
    for words in ("access denied: s3:GetObject", "statement Office would allow it", "bucket policy"):
        assert words in copied
    assert "\x1b" not in copied
    for words in (
        *(layer.kind.value for layer in SEEN.layers),
        "1. As media: add 127.0.0.1 to aws:SourceIp in Office.",
        "2. In bob's account",
        "no statement allows it",
        "GetUserPolicy as analytics",
        "statement All of [b]bob",
        "␛]0;Never",
        "names no kind of policy",
        "4k2v9qx7m1",
    ):
        assert words in shown, words


MOST_TURNS = 40
"""Turns of the event loop after the press, in one of which the dialog is half gone."""


@pytest.mark.thorough
async def test_an_explanation_may_come_while_the_dialog_is_closing() -> None:
    app = Host()
    async with app.run_test() as pilot:
        for turns in range(MOST_TURNS):
            may_explain = asyncio.Event()

            async def explain(may_explain: asyncio.Event = may_explain) -> None:
                await may_explain.wait()

            dialog = ProblemScreen(DENIED, explain)
            app.push_screen(dialog)
            await pilot.pause()
            dialog.query_one("#close", Button).press()
            for _ in range(turns):
                await asyncio.sleep(0)
            may_explain.set()
            await until(lambda dialog=dialog: not dialog.is_attached, "it is gone")  # type: ignore[misc]  # mypy cannot infer a lambda with a default
    assert app.is_running is False


WHOLE = Problem(
    ProblemKind.DENIED, "access denied: [red]s3:ListBucket", "no statement allows it", "ask the owner\x1b]0;x\x07",
    "ListObjectsV2", "s3://finance/", "analytics", "s3:ListBucket", "4442587FB7D0A2F9", 403, "AccessDenied",
)  # fmt: skip


async def test_a_problem_is_explained_in_full_and_copied_with_all_that_a_ticket_needs() -> None:
    async with showing(ProblemScreen(WHOLE), "denied: [red]s3") as (app, pilot):
        needed = ("ListObjectsV2", "s3://finance/", "analytics", "AccessDenied", "4442587FB7D0A2F9", "403")
        await until_shown(pilot, "no statement allows it", "▸ ask the owner␛]0;x␇", "missing    s3:ListBucket", *needed)
        await press(pilot, "y")
        for words in ("access denied: [red]s3:ListBucket\n", "no statement allows it", "▸ ask the owner␛", *needed):
            assert words in app.clipboard
        assert app.answers == []
        await press(pilot, "enter", answer=None)


async def test_a_long_problem_keeps_its_button_in_sight_and_scrolls() -> None:
    async with showing(ProblemScreen(Problem(ProblemKind.SERVER, "x", "word " * 600, "the end")), "") as (app, pilot):
        await until_shown(pilot, "Close")
        assert "the end" not in screen_text(app)
        await press(pilot, *["down"] * 60, then="the end")


@pytest.mark.thorough
@pytest.mark.parametrize(("title", "times"), [("denied: sts", 0), ("denied: s3", 1)])
async def test_what_stands_there_already_is_no_explanation(title: str, times: int) -> None:
    asked: list[bool] = []

    async def explain() -> Evaluation | None:
        asked.append(True)
        raise ProblemError(Problem(ProblemKind.DENIED, title, "no trust", request_id="2"))

    app = Host(dialog=ProblemScreen(Problem(ProblemKind.DENIED, "denied: sts", "no trust", request_id="1"), explain))
    async with app.run_test(size=SMALL) as pilot:
        await until(lambda: bool(asked) and "reading policy" not in screen_text(app), "it has been explained")
        await pilot.pause()
        assert screen_text(app).count("why: ") == times


def other_version() -> Problem:
    return OtherVersionError(Welcome(version=1, pid=7, program="0.9[b]", unfinished=3)).problem


async def test_waiting_ends_when_the_other_engine_has_ended() -> None:
    engine = ScriptedEngine()
    words = "an engine of xs3-tui 0.9[b] is running"
    async with showing(OtherEngineScreen(engine, other_version()), words) as (app, pilot):
        assert "3 unfinished transfers" in screen_text(app)
        await press(pilot, "enter", then="waiting until it ends")
        assert app.answers == []
        engine.other_ends.set()
        await until(lambda: app.answers == [True], "it has ended")


@pytest.mark.parametrize("key", ["q", "escape"])
async def test_it_can_be_left(key: str) -> None:
    assert await answers(OtherEngineScreen(ScriptedEngine(), other_version()), key) == [False]


async def test_the_app_waits_and_then_continues_automatically(surroundings: Path) -> None:
    async with other_engine(dict(os.environ), unfinished=1) as other:
        with Terminal(["--left", "x", "--right", "x"], dict(os.environ), 120, 30) as terminal:

            async def shown(text: str) -> None:
                def look() -> bool:
                    terminal.read(0.01)
                    return text in terminal.text

                await until(look, f"{text!r} is shown", 30)

            await shown("Wait until it ends")  # a pane says "is running", too
            terminal.send("\r")
            await shown("waiting until it ends")
            other.unfinished = 0
            other.idle.set()
            await shown("no profile")


REF = DocumentRef(DocumentKind.BUCKET_POLICY, Location("media-prod"), account="111111111111", connection="profile:a")
BEFORE = json.dumps({"a": 1, "b": "[red]x\x1b"})
AFTER = json.dumps({"a": 2, "b": "[red]x\x1b", "c": "word " * 30})


async def difference(change: PlannedChange, width: int) -> list[str]:
    widget = ChangeDiff(change)
    async with Host(widgets=[widget]).run_test(size=(width, 24)) as pilot:
        await pilot.pause()
        return text_of(widget).splitlines()


async def test_a_change_is_shown_line_by_line() -> None:
    lines = await difference(
        PlannedChange(REF, BEFORE, AFTER, stops=["it would be public"], notes=["ACLs are off"]), 80
    )
    assert lines[0] == "Change in account 111111111111: bucket policy of media-prod"
    assert lines[1:5] == ["    {", '  -   "a": 1,', '  +   "a": 2,', '      "b": "[red]x\\u001b",']
    assert lines[-2:] == ["  ✗ it would be public", "  ! ACLs are off"]


async def test_no_line_is_wider_than_its_room_and_nothing_is_cut() -> None:
    for width in (30, 80, 200):
        lines = await difference(PlannedChange(REF, BEFORE, AFTER), width)
        assert max(map(len, lines)) <= width
        assert "\n".join(lines).count("word") == 30


async def test_what_cannot_be_read_and_what_stays_is_said() -> None:
    problem = Problem(ProblemKind.DENIED, "access denied", "s3:GetBucketPolicy is missing")
    unread = await difference(PlannedChange(REF, None, AFTER, unread=problem), 80)
    assert unread[1].startswith("  ! cannot be read from here")
    assert (await difference(PlannedChange(REF, AFTER, AFTER), 80))[1] == "    no change"


@asynccontextmanager
async def deleting(
    words: str, *tallies: Any, order: DeleteOrder = world.MANY
) -> AsyncIterator[tuple[Host, Pilot[None], ScriptedEngine]]:
    engine = ScriptedEngine(feeds={PlanDelete: tallies, Inspect: [world.VERSION], DryRun: world.PLAN})
    async with showing(DeleteScreen(engine, order, world.WHO), words) as (app, pilot):
        yield app, pilot, engine


@pytest.mark.thorough
@pytest.mark.parametrize(
    "keys", [("enter",), ("f8", "enter"), ("D", "enter"), ("y", "enter"), ("space", "enter"), ("escape",)]
)
async def test_a_reflex_deletes_nothing(keys: tuple[str, ...]) -> None:
    async with deleting("Delete 2 objects", world.HANDFUL, order=world.FEW) as (_, pilot, _):
        await press(pilot, *keys, answer=None)


async def test_a_few_are_deleted_by_the_button_beside() -> None:
    async with deleting("Delete 2 objects, 1.42 GiB", world.HANDFUL, order=world.FEW) as (_, pilot, _):
        await until_shown(pilot, "intro.mp4", "[b]x␛.mp4", "media-prod", "111111111111", "role/deploy")
        await until_shown(pilot, "has versioning", "Press →, Enter to delete")
        await press(pilot, "right", "enter", answer=world.FEW)


async def test_many_are_deleted_only_when_their_number_is_typed() -> None:
    async with deleting("type 80,000 to confirm", world.COUNTED) as (app, pilot, _):
        assert "and 37 more" in screen_text(app)
        await press(pilot, "enter", *"8000", "enter", then="✗ '8000' is not 80,000")
        assert app.screen.query_one("#delete-now", Button).disabled
        assert app.answers == []
        await press(pilot, "0", "enter", answer=world.MANY)


async def test_while_it_is_counted_nothing_confirms_it() -> None:
    async with deleting("Delete 8,412 objects, 112 GiB…", world.COUNTING, HOLD) as (app, pilot, engine):
        assert app.screen.query_one("#delete-now", Button).disabled
        await pilot.click("#stop")
        await until(lambda: PlanDelete(world.MANY) in engine.closed, "the count is stopped")
        await until(lambda: "type everything to confirm" in screen_text(app), "a word is demanded")
        await press(pilot, *"8412", "enter")
        await pilot.pause()
        assert app.answers == []
        await press(pilot, *["backspace"] * 4, *"everything", "enter", answer=world.MANY)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("nothing to delete", Tally(complete=True)),
        ("✗ access denied: s3:ListBucket", Problem(ProblemKind.DENIED, "access denied: s3:ListBucket")),
    ],
)
async def test_what_is_nothing_or_cannot_be_counted_is_not_deleted(words: str, told: object) -> None:
    async with deleting(words, told) as (app, pilot, _):
        assert app.screen.query_one("#delete-now", Button).disabled
        await press(pilot, "enter", answer=None)


async def test_its_dry_run_shows_and_does_not_do() -> None:
    async with deleting("80,000", world.COUNTED) as (app, pilot, engine):
        await pilot.click("#dry-run")
        await until(lambda: isinstance(app.screen, DryRunScreen), "the dry run is shown")
        assert DryRun(world.MANY) in engine.asked
        await press(pilot, "c", "escape", front=DeleteScreen)
    assert app.answers == []


SIZE = (140, 30)
OURS, ACTIVE, FOREIGN, UNSEEN = world.LEFT


@asynccontextmanager
async def uploads(
    words: str, *found: Any, aborted: Any = None, size: tuple[int, int] = SIZE
) -> AsyncIterator[tuple[Host, Pilot[None], ScriptedEngine]]:
    engine = ScriptedEngine({AbortUploads: aborted or Aborted(1)}, {ListUploads: found or [world.UPLOADS]})
    async with showing(UploadsScreen(engine, "a", Location("media"), lambda: world.NOW), words, size) as (app, pilot):
        yield app, pilot, engine


def aborts(engine: ScriptedEngine) -> list[AbortUploads]:
    return [request for request in engine.asked if isinstance(request, AbortUploads)]


async def test_the_oldest_stands_first_with_all_that_is_known() -> None:
    async with uploads("4 uploads, 85.9 GiB or more") as (app, pilot, _):
        shown = screen_text(app)
        names = ("backup/[b]db␛[2J.dump", "take-01.mov", "with its end.bin", "take-02.mov")
        assert sorted(names, key=shown.index) == list(names)
        lines = shown.splitlines()
        (ours,) = [line for line in lines if "take-01" in line]
        name, *values = ours.split()[1:9]
        assert name == "video/raw/take-01.mov"
        assert values == ["3.91", "GiB", "501", "2025-10-15", "user/alice", "ours", "│"]
        assert any("take-02" in line and "in use" in line for line in lines)
        await press(pilot, "s")
        await pilot.pause()
        assert sorted(names, key=screen_text(app).index) == list(reversed(names))


async def test_what_is_marked_is_aborted_after_a_question() -> None:
    async with uploads("4 uploads", aborted=Aborted(2)) as (app, pilot, engine):
        await press(pilot, "space", "space", "D", front=ConfirmScreen)
        shown = screen_text(app)
        assert "Abort 2 uploads?" in shown
        assert "1 upload not started by xs3-tui" in shown
        await press(pilot, "n", front=UploadsScreen)
        assert aborts(engine) == []
        await press(pilot, "D", "y")
        await until(lambda: aborts(engine) == [AbortUploads("a", [FOREIGN, OURS])], "both are aborted")
        await until(lambda: "2 uploads aborted" in screen_text(app), "it says so")
        assert sum(isinstance(request, ListUploads) for request in engine.asked) == 2


@pytest.mark.thorough
async def test_what_is_being_aborted_is_waited_for() -> None:
    engine = HeldEngine(AbortUploads, {AbortUploads: Aborted(1)}, {ListUploads: [world.UPLOADS]})
    dialog = UploadsScreen(engine, "a", Location("media"), lambda: world.NOW)
    async with showing(dialog, "4 uploads", SIZE) as (app, pilot):
        await press(pilot, "D", "y", then="aborting…")
        await press(pilot, "escape")
        engine.may_answer.set()
        await until(lambda: "1 upload aborted" in screen_text(app), "it says how many")
        assert len(aborts(engine)) == 1
        await press(pilot, "escape")
        await until(lambda: bool(app.answers), "the dialog is left")


async def test_what_is_in_use_is_never_aborted() -> None:
    async with uploads("4 uploads") as (app, pilot, engine):
        await press(pilot, "end", "space", "D", then="in use by a transfer")
        assert "marked" not in screen_text(app)
        await press(pilot, "asterisk", then="3 marked")
        assert aborts(engine) == []


async def test_what_could_not_be_aborted_is_said() -> None:
    refusal = Problem(ProblemKind.DENIED, "access denied: s3:AbortMultipartUpload")
    async with uploads("4 uploads", aborted=Aborted(0, {"u3": refusal})) as (app, pilot, _):
        await press(pilot, "D", "y", then="access denied: s3:AbortMultipartUpload")
        assert "1 could not be aborted" in screen_text(app)


async def test_the_cursor_and_the_marks_stay_while_sizes_come() -> None:
    async with uploads("4 uploads", UploadsFound([OURS, FOREIGN]), world.UPLOADS) as (app, pilot, _):
        await press(pilot, "down", "space", "ctrl+r", then="1 marked")
        assert app.screen.query_one(OptionList).highlighted == 2


async def test_an_upload_whose_parts_may_not_be_seen_is_explained() -> None:
    async with uploads("4 uploads") as (app, pilot, _):
        await press(pilot, "down", "down", "enter", front=ProblemScreen)
        assert "s3:ListMultipartUploadParts" in screen_text(app)


async def test_a_refusal_is_no_emptiness_and_leaving_stops_the_look() -> None:
    refusal = Problem(ProblemKind.DENIED, "access denied: s3:ListBucketMultipartUploads")
    async with uploads("✗ access denied", refusal, size=SMALL) as (app, _, _):
        assert "No incomplete upload" not in screen_text(app)
    async with uploads("loading…", UploadsFound([OURS]), HOLD, size=SMALL) as (app, pilot, engine):
        await press(pilot, "escape")
        await until(lambda: bool(engine.closed), "the feed is closed")


async def test_on_a_disk_they_are_called_what_they_are() -> None:
    engine = ScriptedEngine(feeds={ListUploads: [UploadsFound([], complete=True)]})
    place = Location(LOCAL_BUCKET, "home/me/")
    async with showing(UploadsScreen(engine, "a", place, lambda: world.NOW), "No partial files", SIZE) as (app, _):
        assert "Partial files below file:///home/me/" in screen_text(app)
        assert "upload" not in screen_text(app)
    assert engine.asked == [ListUploads("a", place)]


LEVEL = Location("media", "video/")


async def told(dialog: Screen[Any], *keys: str) -> tuple[list[Any], str]:
    app = Host(dialog=dialog)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await press(pilot, *keys)
        await pilot.pause()
        return app.answers, screen_text(app)


@pytest.mark.parametrize(
    ("dialog", "keys", "said"),
    [
        (lambda: NewBucketScreen("", "x"), (*"Media", "enter"), "lowercase"),
        (lambda: NewBucketScreen("", "x"), ("enter",), "3 to 63"),
        (lambda: NewPrefixScreen(LEVEL), ("enter",), "type a name"),
        (lambda: NewPrefixScreen(LEVEL), (*"a//b", "enter"), "an empty level"),
        (lambda: RenameScreen(LEVEL.child("x.mp4")), ("enter",), "already has this name"),
        (lambda: RenameScreen(LEVEL.child("raw/")), ("end", *"/old", "enter"), "into itself"),
        (lambda: RenameScreen(LEVEL.child("x.mp4")), (*"y/", "enter"), "is a prefix"),
    ],
)
async def test_what_cannot_be_is_said_and_asked_again(dialog: Any, keys: tuple[str, ...], said: str) -> None:
    answers, shown = await told(dialog(), *keys)
    assert answers == []
    assert said in shown


@pytest.mark.parametrize(
    ("dialog", "keys", "answer"),
    [
        (lambda: NewPrefixScreen(LEVEL), (*"a/[b]",), Location("media", "video/a/[b]/")),
        (lambda: NewBucketScreen("eu-west-1", "media-prod"), (*"new-one",), NewBucket("new-one", "")),
        (lambda: NewBucketScreen("", "x"), (*"new-one", "tab", *"eu-west-3"), NewBucket("new-one", "eu-west-3")),
        (lambda: RenameScreen(LEVEL.child("x.mp4")), ("end", *["backspace"] * 4, *".mov"), LEVEL.child("x.mov")),
        (lambda: RenameScreen(LEVEL.child("raw/")), ("end", "2"), LEVEL.child("raw2/")),
    ],
)
async def test_what_is_typed_is_the_answer(dialog: Any, keys: tuple[str, ...], answer: object) -> None:
    answers, _ = await told(dialog(), *keys, "enter")
    assert answers == [answer]


async def test_control_characters_of_the_old_name_are_shown_and_kept() -> None:
    answers, shown = await told(RenameScreen(LEVEL.child("x\x1b[2J\u202e.mp4")))
    assert answers == []
    assert "x␛[2J�.mp4" in shown
    assert "already" not in shown
    answers, _ = await told(RenameScreen(LEVEL.child("x\x1b[2J")), "end", "y", "enter")
    assert answers == [Location("media", "video/x\x1b[2Jy")]


A, B = Owner("aaa"), Owner("bbb")
PLACE = Location("media-prod-assets", "incoming/")
ORDER = RepairOrder(Selection("a", PLACE, prefixes=[PLACE.key]), "b")
COMMANDS = ["aws s3api put-object-acl --bucket media-prod-assets --key incoming/a --acl bucket-owner-full-control"]
PLAN = RepairPlan(
    objects=1204,
    bytes=213 << 30,
    large=3,
    seen=OwnersSeen([OwnerCount(A, 5, 100), OwnerCount(B, 1207, 213 << 30)], A, True),
    left_out=[
        RepairLeftOut("archived (GLACIER): restore it first", 2, 20),
        RepairLeftOut("locked (legal hold on)", 1, 10),
    ],
    steps=[
        RepairStep(Half.GRANT, "analytics", "PutObjectAcl bucket-owner-full-control", 1204, commands=COMMANDS),
        RepairStep(Half.COPY, "media-prod", "copy in place, everything preserved", 1204),
    ],
    versioned=True,
    ownership=ObjectOwnership.OBJECT_WRITER,
    ownership_known=True,
    complete=True,
)
GROWING = replace(PLAN, objects=600, complete=False)


@asynccontextmanager
async def repairing(words: str, *plans: object) -> AsyncIterator[tuple[Host, Pilot[None], ScriptedEngine]]:
    line = PlannedObject(f"{PLACE.uri}a", "", PlannedAction.REPAIR, "analytics grants", 7)
    engine = ScriptedEngine(feeds={PlanRepair: plans, DryRun: [line]})
    async with showing(RepairScreen(engine, ORDER, world.BOOK), words) as (app, pilot):
        yield app, pilot, engine


async def test_the_plan_says_who_does_what_and_enter_repairs() -> None:
    words = "Make media-prod the owner of 1,204 objects (213 GiB) in s3:"
    async with repairing(words, GROWING, PLAN) as (app, pilot, _):
        shown = " ".join(screen_text(app).replace("│", " ").split())
        for words in (
            "as analytics PutObjectAcl bucket-owner-full-control",
            "1,204 requests",
            "as media-prod copy in place, everything preserved",
            "1,204 copies, 3 in parts",
            "versioned bucket: the old versions stay (213 GiB) until a lifecycle rule deletes them",
            "2 archived (GLACIER): restore it first",
            "1 locked (legal hold on)",
            "Object Ownership: ObjectWriter",
            "Repair enter",
            "Commands for step 1 y",
        ):
            assert words in shown, words
        await press(pilot, "enter", answer=ORDER)


async def test_while_it_counts_enter_repairs_nothing() -> None:
    async with repairing("600 objects", GROWING, HOLD) as (app, pilot, engine):
        assert app.screen.query_one("#repair-now", Button).disabled
        await press(pilot, "ctrl+c")
        await until(lambda: len(engine.closed) == 1, "the count is stopped")
        assert app.screen.query_one("#repair-now", Button).disabled
        await press(pilot, "enter", answer=None)


async def test_the_commands_of_step_one_go_to_the_clipboard() -> None:
    async with repairing("1,204 objects", PLAN) as (app, pilot, _):
        await press(pilot, "y")
        await until(lambda: COMMANDS[0] in app.clipboard, "they are copied")
        assert app.clipboard.startswith("# run as analytics: PutObjectAcl")
        await press(pilot, "d", front=DryRunScreen, then="repair 1")
        await press(pilot, "escape", "escape", answer=None)


OWNER_DENIES = Problem(ProblemKind.DENIED, "access denied: s3:ListBucket", remedy="ask its owner")


@pytest.mark.parametrize(
    ("words", "plan"),
    [
        ("nothing to repair", replace(PLAN, objects=0, bytes=0, left_out=[])),
        ("access denied: s3:ListBucket · ask its owner", OWNER_DENIES),
        ("access denied: s3:ListBucket · ask its owner", RepairPlan(problem=OWNER_DENIES, complete=True)),
    ],
    ids=["nothing", "raised", "in the plan"],
)
async def test_what_stands_in_the_way_is_said(words: str, plan: object) -> None:
    async with repairing(words, plan) as (app, pilot, _):
        assert app.screen.query_one("#repair-now", Button).disabled
        await press(pilot, "enter", answer=None)


async def test_a_half_that_is_not_done_here_says_so() -> None:
    theirs = replace(PLAN, steps=[replace(PLAN.steps[0], who="whoever uploaded them", ours=False), PLAN.steps[1]])
    async with repairing("whoever uploaded them, not from here", theirs):
        pass


async def test_its_name_deletes() -> None:
    async with showing(world.removal(RemovalPlan(complete=True)), "This cannot be undone") as (app, pilot):
        assert "as media-prod" in screen_text(app)
        await press(pilot, "enter", *"media-ol", "enter", then="'media-ol' is not the bucket name")
        assert app.answers == []
        await press(pilot, "d", "enter", answer=RemovalPlan(complete=True))


async def test_what_is_in_it_is_shown_and_counted_to_its_end() -> None:
    async with showing(world.removal(world.FULL), "uploads so far") as (app, pilot):
        assert "12 objects, 3 noncurrent versions, 1 delete marker" in screen_text(app)
        assert "Object Lock is on" in screen_text(app)
        await press(pilot, *"media-old", "enter", then="still counting")
        assert app.answers == []
    async with showing(
        world.removal(RemovalPlan(objects=1, complete=True)), "deletes 1 version or delete marker for good"
    ):
        pass  # one is one
    whole = replace(world.FULL, complete=True)
    async with showing(world.removal(whole), "aborts 2 uploads, then") as (app, pilot):
        assert "deletes 16 versions" in screen_text(app)
        assert "␊" not in screen_text(app), "lines are lines, not control characters made visible"
        await press(pilot, *"media-old", "enter", answer=whole)


async def test_what_forbids_it_is_said_and_no_name_helps() -> None:
    denied = RemovalPlan(problem=Problem(ProblemKind.DENIED, "it has MFA delete"), complete=True)
    async with showing(world.removal(denied), "✗ it has MFA delete") as (app, pilot):
        await press(pilot, *"media-old", "enter", then="it cannot be deleted")
        assert app.answers == []
        await press(pilot, "escape", answer=None)


def entry(name: str) -> UndoEntry:
    order = RevertOrder(Selection("c", Location("b"), prefixes=[""]), name)
    return UndoEntry(replace(RUNNING, id=name, source=f"s3://{name}/"), order, objects=3, possible=3)


FIRST, SECOND = entry("first"), entry("second")
REFUSED = Problem(ProblemKind.DENIED, "access denied: [s3]", remedy="ask its owner")
VERSIONS = ObjectVersion("video/x", "v1", False), ObjectVersion("video/x", "v2", True)
ARCHIVED = RestoreOrder(Selection("a", PLACE, prefixes=[PLACE.key]))


@pytest.mark.parametrize(
    ("feed", "before", "dialog"),
    [
        (ListUndo, "loading…", lambda engine: UndoScreen(engine, lambda: 0.0)),
        (Inspect, "reading…", lambda engine: CompareScreen(engine, "a", PLACE, VERSIONS, world.BOOK)),
        (PlanRestore, "counting…", lambda engine: RestoreScreen(engine, ARCHIVED, "media-prod")),
    ],
    ids=["undo", "compare", "restore"],
)
async def test_a_refusal_of_what_is_read_first_is_said(
    feed: type[Any], before: str, dialog: Callable[[ScriptedEngine], Screen[Any]]
) -> None:
    engine = HeldEngine(feed, feeds={feed: [REFUSED]})
    async with showing(dialog(engine), before) as (_, pilot):
        await pilot.pause()
        engine.may_answer.set()
        await until_shown(pilot, "✗ access denied: [s3] · ask its owner")
        await pilot.resize_terminal(70, 24)
        await pilot.pause()
        await until_shown(pilot, "✗ access denied: [s3] · ask its owner")


async def test_a_link_says_who_signed_it_and_how_long_it_lasts() -> None:
    link = PresignedLink(
        PLACE.child("a"), LinkMethod.GET, "https://a?X-Amz-Signature=1", "media-prod", "", "", world.NOW, world.NOW
    )
    engine = ScriptedEngine({Presign: Presigned([link])})
    dialog = PresignScreen(engine, "a", [link.location], lambda: world.NOW - 3600, lambda: True)
    async with showing(dialog, "signed by media-prod") as (_, pilot):
        await until_shown(pilot, link.url)


def test_how_much_can_be_undone_is_said() -> None:
    words = [undo_words(replace(FIRST, possible=possible, why="it kept none")) for possible in (3, 2, 0)]
    assert words == ["up to 3 objects", "up to 2 of 3 objects: it kept none", "no: it kept none"]


async def test_objects_that_cannot_be_shown_say_why_until_they_are_folded() -> None:
    engine = ScriptedEngine(feeds={ListUndo: [FIRST], DryRun: [REFUSED]})
    async with showing(UndoScreen(engine, lambda: 0.0), "s3://first/") as (app, pilot):
        await press(pilot, "right")
        await until_shown(pilot, "✗ access denied: [s3] · ask its owner")
        await press(pilot, "left")
        await until(lambda: "access denied" not in screen_text(app), "it is folded")


async def test_the_cursor_stays_on_its_transfer() -> None:
    objects = [PlannedObject(f"s3://first/{at}", "", PlannedAction.UNDO, why="goes") for at in range(3)]
    engine = HeldEngine(DryRun, feeds={ListUndo: [FIRST, SECOND], DryRun: objects})
    app = Host(dialog=UndoScreen(engine, lambda: 0.0))
    async with app.run_test(size=(100, 30)) as pilot:
        await until(lambda: "s3://second/" in screen_text(app), "both are listed")
        await press(pilot, "right", "down")
        engine.may_answer.set()
        await until(lambda: "s3://first/2" in screen_text(app), "the objects of the first are listed")
        await press(pilot, "enter", answer=SECOND.order)
