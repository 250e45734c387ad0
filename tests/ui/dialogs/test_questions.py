"""The small dialogs: what is typed or pressed is what they answer, and nothing from outside is read as markup."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec import structs
from textual.content import Content
from textual.events import Key
from textual.screen import Screen
from textual.widgets import Input, Static

from tests.ui.dialogs.host import Host, screen_text, text_of
from tests.ui.pressing import press
from tests.waiting import until
from tui.model.access.evaluation import Evaluation
from tui.model.location import Location
from tui.model.orders import ConflictPolicy
from tui.model.problem import Problem, ProblemError, ProblemKind
from tui.model.transfer import ANSWERS, Conflict, ConflictAnswer, Verification
from tui.ui.help import HelpScreen
from tui.ui.inspector.problem import ProblemScreen
from tui.ui.kit.commands import COMMANDS
from tui.ui.kit.confirm import ConfirmScreen
from tui.ui.kit.document import DocumentScreen
from tui.ui.moving.open_location import OpenLocationScreen
from tui.ui.orders.conflict import ConflictScreen, comparison
from tui.ui.panes.marking import PatternScreen

SMALL = (80, 24)
NOW = 1_764_025_200.0

CONFLICT = Conflict(
    "c1", "t1", "s3://a/[b]x[/b]\x1b.png", "s3://b/in/x.png", 1_153_433, NOW - 700, 1_100_000, NOW - 345_600
)


async def answers(dialog: Screen[Any], *keys: str) -> list[Any]:
    """What a dialog answers to some keys."""
    app = Host(dialog=dialog)
    async with app.run_test(size=SMALL) as pilot:
        await pilot.pause()
        await press(pilot, *keys)
        await pilot.pause()
        return app.answers


@pytest.mark.parametrize(
    ("typed", "location"),
    [
        ("s3://media-prod-assets/video/", Location("media-prod-assets", "video/")),
        ("media-prod-assets", Location("media-prod-assets")),
        ("arn:aws:s3:::media/a b ", Location("media", "a b ")),
        ("  media  ", Location("media")),
        ("s3://m//x", Location("m", "/x")),
    ],
)
async def test_a_location_opens_by_uri_name_or_arn(typed: str, location: Location) -> None:
    dialog = OpenLocationScreen()
    app = Host(dialog=dialog)
    async with app.run_test(size=SMALL) as pilot:
        dialog.query_one(Input).value = typed
        await press(pilot, "enter")
        await pilot.pause()
    assert app.answers == [location]


async def test_what_is_no_location_is_said_and_asked_again() -> None:
    dialog = OpenLocationScreen(Location("media", "video/"))
    app = Host(dialog=dialog)
    async with app.run_test(size=SMALL) as pilot:
        assert dialog.query_one(Input).value == "s3://media/video/"
        await press(pilot, *"http://x", "enter")
        await pilot.pause()
        assert "'http://x' is not an S3 URI" in text_of(dialog.query_one("#message", Static))
        assert app.answers == []
        await press(pilot, "escape")
        await pilot.pause()
    assert app.answers == [None]


async def test_a_pattern_is_answered_as_typed() -> None:
    assert await answers(PatternScreen("Mark"), *"*.[jp]*", "enter") == ["*.[jp]*"]
    assert await answers(PatternScreen("Mark"), "backspace", "enter") == []


@pytest.mark.parametrize(("keys", "said"), [(("y",), True), (("n",), False), (("escape",), None), (("enter",), True)])
async def test_a_question_is_answered_by_letter_or_button(keys: tuple[str, ...], said: bool | None) -> None:
    assert await answers(ConfirmScreen("Sure?", Content("[b]all[/b] of it"), "Yes"), *keys) == [said]


@pytest.mark.parametrize(
    ("keys", "answer"),
    [
        (("o",), ConflictAnswer("c1", ConflictPolicy.OVERWRITE)),
        (("s",), ConflictAnswer("c1", ConflictPolicy.SKIP)),
        (("a", "r"), ConflictAnswer("c1", ConflictPolicy.RENAME, for_all=True)),
        (("a", "a", "right", "enter"), ConflictAnswer("c1", ConflictPolicy.OVERWRITE)),
        (("escape",), None),
    ],
)
async def test_a_conflict_is_decided_for_one_or_for_all(keys: tuple[str, ...], answer: ConflictAnswer | None) -> None:
    assert await answers(ConflictScreen(CONFLICT, NOW), *keys) == [answer]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"verification": Verification.SAME, "evidence": "ETag"}, "the same content (ETag)"),
        ({"verification": Verification.DIFFERS, "evidence": "ETag"}, "same size, but they differ (ETag)"),
        ({}, "same size; not known whether they are the same"),
    ],
)
def test_a_conflict_says_whether_the_contents_are_the_same_and_by_what(changes: dict[str, Any], words: str) -> None:
    assert comparison(structs.replace(CONFLICT, target_size=CONFLICT.source_size, **changes)).plain == words


def test_a_newer_target_is_named_unless_the_contents_are_the_same() -> None:
    newer = structs.replace(CONFLICT, target_size=CONFLICT.source_size, target_modified=NOW)
    assert comparison(newer).plain == "same size; not known whether they are the same; the target is newer"
    same = structs.replace(newer, verification=Verification.SAME, evidence="ETag")
    assert comparison(same).plain == "the same content (ETag)"


@pytest.mark.parametrize(("key", "policy"), ANSWERS.items())
async def test_every_answer_to_a_conflict_has_its_key_and_its_button(key: str, policy: ConflictPolicy) -> None:
    answer = ConflictAnswer("c1", policy)
    assert await answers(ConflictScreen(CONFLICT, NOW), key) == [answer]
    dialog = ConflictScreen(CONFLICT, NOW)
    app = Host(dialog=dialog)
    async with app.run_test(size=SMALL) as pilot:
        await pilot.pause()
        await pilot.click(f"#{policy}")
        await pilot.pause()
        assert app.answers == [answer]


async def test_a_conflict_shows_both_sides() -> None:
    app = Host(dialog=ConflictScreen(CONFLICT, NOW))
    async with app.run_test(size=SMALL) as pilot:
        await pilot.pause()
        shown = screen_text(app)
    for words in (
        "s3://a/[b]x[/b]␛.png",
        "1.10 MiB (1,153,433 bytes) · 11 min ago",
        "s3://b/in/x.png",
        "differ by size",
    ):
        assert words in shown


async def test_a_conflict_that_no_identity_can_check_says_so() -> None:
    unseen = structs.replace(CONFLICT, target_size=-1, target_modified=0.0)
    app = Host(dialog=ConflictScreen(unseen, NOW))
    async with app.run_test(size=SMALL) as pilot:
        await pilot.pause()
        shown = screen_text(app)
    assert "May exist at the target" in shown
    assert "      cannot be checked" in shown
    assert "only overwrite copies it" in shown
    assert "-1" not in shown
    assert "1970" not in shown


async def test_a_conflict_of_two_empty_objects_says_that_they_are_the_same() -> None:
    app = Host(dialog=ConflictScreen(structs.replace(CONFLICT, source_size=0, target_size=0)))
    async with app.run_test(size=SMALL) as pilot:
        await pilot.pause()
        assert "both are empty: their contents are the same" in screen_text(app)


async def test_a_box_that_is_not_ticked_is_empty() -> None:
    dialog = ConflictScreen(CONFLICT, NOW)
    app = Host(dialog=dialog)
    async with app.run_test(size=SMALL) as pilot:
        await pilot.pause()
        assert "[ ] for all" in text_of(dialog.query_one("#all"))
        await press(pilot, "a")
        await pilot.pause()
        assert "[x] for all" in text_of(dialog.query_one("#all"))


async def test_the_signs_of_a_pattern_are_all_explained() -> None:
    app = Host(dialog=PatternScreen("Mark"))
    async with app.run_test(size=SMALL) as pilot:
        await pilot.pause()
        assert "[ab] one of these" in screen_text(app)


async def test_keys_typed_while_a_dialog_is_built_reach_its_line() -> None:
    app = Host()
    async with app.run_test(size=SMALL) as pilot:
        app.push_screen(OpenLocationScreen(), app.answers.append)
        for key in (*"media", "enter"):
            app.post_message(Key(key, key if len(key) == 1 else "\r"))
        await until(lambda: bool(app.answers), "the dialog has answered")
        await pilot.pause()
    assert app.answers == [Location("media")]


async def test_a_problem_is_explained_in_full() -> None:
    problem = Problem(
        ProblemKind.DENIED,
        "access denied: [red]s3:ListBucket",
        "no statement allows it",
        "ask the owner\x1b]0;x\x07",
        "ListObjectsV2",
        "s3://finance/",
        "analytics",
        "s3:ListBucket",
        "4442587FB7D0A2F9",
        403,
    )
    app = Host(dialog=ProblemScreen(problem))
    async with app.run_test(size=SMALL) as pilot:
        await pilot.pause()
        shown = screen_text(app)
        await press(pilot, "enter")
        await pilot.pause()
    for words in ("denied: [red]s3", "no statement allows it", "ask the owner␛]0;x␇", "ListObjectsV2", "s3://finance/"):
        assert words in shown
    for words in ("analytics", "missing    s3:ListBucket", "4442587FB7D0A2F9", "403"):
        assert words in shown
    assert app.answers == [None]


async def test_a_long_problem_keeps_its_button_in_sight_and_scrolls() -> None:
    dialog = ProblemScreen(Problem(ProblemKind.SERVER, "x", "word " * 600, "the end"))
    app = Host(dialog=dialog)
    async with app.run_test(size=SMALL) as pilot:
        await pilot.pause()
        assert "Close" in screen_text(app)
        assert "the end" not in screen_text(app)
        await press(pilot, *["down"] * 60)
        await pilot.pause()
        assert "the end" in screen_text(app)


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


async def test_help_has_every_command_and_scrolls_to_the_traps() -> None:
    app = Host(dialog=HelpScreen())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        pages = [screen_text(app)]
        for _ in range(8):
            await press(pilot, "pagedown")
            await pilot.pause()
            pages.append(screen_text(app))
    shown = "\n".join(pages)
    assert [command.id for command in COMMANDS if command.help[:40] not in shown] == []
    assert "aws:SourceIp is absent" in shown
    assert "IAM role: a role in that account that trusts you" in shown


async def test_a_document_that_is_no_json_is_shown_as_it_stands() -> None:
    app = Host(dialog=DocumentScreen("Policy of [x]", "<b>not json\x1b[2J"))
    async with app.run_test(size=SMALL) as pilot:
        await pilot.pause()
        shown = screen_text(app)
    assert "<b>not json␛[2J" in shown
    assert "Policy of [x]" in shown


async def test_a_document_is_searched_and_copied() -> None:
    statements = [{"Sid": f"Number{number}", "Effect": "Allow"} for number in range(60)]
    app = Host(dialog=DocumentScreen("Policy of x", json.dumps({"Statement": statements})))
    async with app.run_test(size=SMALL) as pilot:
        await pilot.pause()
        await press(pilot, "slash", *"number4", "enter")
        await until(lambda: '"Number4"' in screen_text(app), "the first match is in sight")
        await press(pilot, "N")
        await until(lambda: '"Number49"' in screen_text(app), "the last one is before it")
        await press(pilot, "n", "n")
        await until(lambda: '"Number40"' in screen_text(app), "then the second")
        await press(pilot, "y")
        assert json.loads(app.clipboard)["Statement"] == statements
