"""How a denied request is evaluated, in its dialog: whole at 80x24 and at 200x50, literally, and copied."""

from __future__ import annotations

import pytest

from tests.ui.dialogs.host import Host, screen_text
from tests.ui.pressing import press
from tests.waiting import until
from tui.model.access.evaluation import Cause, Evaluation, Layer, LayerKind, LayerVerdict, Remedy
from tui.model.access.policy_edit import PolicyEdit, PolicyKind
from tui.model.facts import Verdict
from tui.model.problem import Problem, ProblemKind
from tui.ui.inspector.problem import ProblemScreen

DENIED = Problem(
    ProblemKind.DENIED,
    "access denied: s3:GetObject",
    identity="analytics",
    permission="s3:GetObject",
    authorization_id="4k2v9qx7m1",
)
EDIT = PolicyEdit(PolicyKind.BUCKET_POLICY, "111111111111", "assets", "{}", "Office")
SEEN = Evaluation(
    "analytics",
    "arn:aws:iam::222222222222:user/bob",
    "s3:GetObject",
    "arn:aws:s3:::assets/a",
    Verdict.DENIED,
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


def dialog() -> ProblemScreen:
    async def explain() -> Evaluation:
        return SEEN

    return ProblemScreen(DENIED, explain)


@pytest.mark.parametrize("size", [(80, 24), (200, 50)])
async def test_the_whole_evaluation_can_be_read(size: tuple[int, int]) -> None:
    app = Host(dialog=dialog())
    async with app.run_test(size=size) as pilot:
        await until(lambda: "Office" in screen_text(app), "it is explained")
        await pilot.pause()
        shown = screen_text(app)
        for _ in range(40):
            await press(pilot, "down")
        await pilot.pause()
        shown += screen_text(app)
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


async def test_it_is_copied_with_the_problem() -> None:
    app = Host(dialog=dialog())
    async with app.run_test(size=(80, 24)) as pilot:
        await until(lambda: "Office" in screen_text(app), "it is explained")
        await press(pilot, "y")
        await pilot.pause()
        copied = app.clipboard
    assert "access denied: s3:GetObject" in copied
    assert "statement Office would allow it" in copied
    assert "bucket policy" in copied
    assert "\x1b" not in copied
