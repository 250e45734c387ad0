"""Pictures of the access assistant, small and large; `pytest --snapshot-update` takes them again."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot

from tests.ui.browser.world import WHO_A, WHO_B
from tests.ui.dialogs.host import Host, screen_text
from tests.ui.dialogs.scripted import HOLD, ManyAnswers, ScriptedEngine
from tests.ui.pressing import press
from tests.waiting import until
from tui.model.access.grants import AccessPlan, Allow, GrantOrder, ProbeAnswer, ProbeResult, Way
from tui.model.change import AppliedChange, Change, DocumentKind, DocumentRef
from tui.model.location import Location
from tui.model.problem import Need, Problem, ProblemKind
from tui.protocol.messages import access
from tui.protocol.messages.changes import ApplyChange
from tui.ui.access.access_screen import AccessScreen

SIZES = [(80, 24), (200, 50)]

PLACE = Location("media-prod-assets", "video/[b]x\x1b/")
ORDER = GrantOrder(Way.POLICY, Allow.READ, PLACE, "a", "b")

STAFF = {"Sid": "Staff", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::333333333333:root"}, "Action": "s3:*"}
OURS = {
    "Sid": "Xs3Read0c9d04a8Objects",
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::222222222222:user/bob"},
    "Action": ["s3:GetObject", "s3:GetObjectTagging"],
    "Resource": "arn:aws:s3:::media-prod-assets/video/[b]x\x1b/*",
}


def document(*statements: object) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


OWNERS = Change(
    DocumentRef(DocumentKind.BUCKET_POLICY, Location(PLACE.bucket), account="111111111111", connection="a"),
    document(STAFF),
    document(STAFF, OURS),
    limit=20_480,
    size=2_150,
)
OTHERS = Change(
    DocumentRef(
        DocumentKind.USER_POLICY,
        resource="bob",
        name="xs3-tui-media-prod-assets",
        account="222222222222",
        connection="b",
    ),
    None,
    document({name: value for name, value in OURS.items() if name != "Principal"}),
    unread=Problem(ProblemKind.DENIED, "access denied: iam:GetUserPolicy for user/bob"),
)
STOPPED = replace(OWNERS, stops=["statement #2 would let everyone in"], notes=["the bucket has versions"])

PLAN = AccessPlan("analytics (user/bob)", [OWNERS, OTHERS], notes=["Object Ownership cannot be read"])
WHOLE = AccessPlan("analytics (user/bob)", [OWNERS])
NEEDS_CODE = Problem(
    ProblemKind.NO_CREDENTIALS,
    "no credentials: an MFA code is needed",
    remedy="enter the code",
    needs=Need.MFA_CODE,
    connection="a",
    subject="arn:aws:iam::111111111111:mfa/me",
)
RESULTS = [
    ProbeResult("HeadObject", "s3:GetObject", PLACE.child("a.mp4"), ProbeAnswer.ALLOWED, ProbeAnswer.ALLOWED),
    ProbeResult("PutObject", "s3:PutObject", PLACE.child("b"), ProbeAnswer.REFUSED, ProbeAnswer.REFUSED),
    ProbeResult(
        "ListObjectsV2",
        "s3:ListBucket",
        Location(PLACE.bucket),
        ProbeAnswer.REFUSED,
        ProbeAnswer.ALLOWED,
        "another policy allows it",
    ),
]

Scene = Callable[[Pilot[None]], Awaitable[None]]


def host(answer: object, *, results: list[Any] | None = None) -> Host:
    applied = AppliedChange("c1", 0.0, "media-prod", OWNERS.ref, OWNERS.before, OWNERS.after)
    engine = ManyAnswers(
        {access.PlanGrant: [answer, answer], ApplyChange: [applied]}, {access.TestAccess: [[*(results or []), HOLD]]}
    )
    return Host(dialog=AccessScreen(engine, ORDER, WHO_A, WHO_B))


async def shown(pilot: Pilot[None]) -> None:
    await until(lambda: "reading the documents" not in screen_text(pilot.app), "the plan is shown")


def plans_asked(pilot: Pilot[None]) -> int:
    screen = pilot.app.screen
    assert isinstance(screen, AccessScreen)
    engine = screen._engine
    assert isinstance(engine, ScriptedEngine)
    return sum(isinstance(each, access.PlanGrant) for each in engine.asked)


async def unfolded(pilot: Pilot[None]) -> None:
    await shown(pilot)
    await press(pilot, "w")
    await until(lambda: plans_asked(pilot) == 2, "the other way is planned")
    await until(lambda: "reading the documents" not in screen_text(pilot.app), "the plan is shown")
    await pilot.pause()
    await press(pilot, "o")  # what was in sight before counts as seen
    await until(lambda: "ext. id" in screen_text(pilot.app), "it is unfolded")


async def proven(pilot: Pilot[None]) -> None:
    await shown(pilot)
    await press(pilot, *["enter"] * 8)
    await until(lambda: "3 requests so far" in screen_text(pilot.app), "the table is shown")


SCENES: dict[str, tuple[Callable[[], Host], Scene]] = {
    "plan": (lambda: host(PLAN), shown),
    "choices": (lambda: host(PLAN), unfolded),
    "tested": (lambda: host(WHOLE, results=RESULTS), proven),
    "stopped": (lambda: host(AccessPlan("analytics (user/bob)", [STOPPED])), shown),
    "needs a code": (lambda: host(NEEDS_CODE), shown),
}


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", SCENES)
def test_it_looks_as_it_should(snap_compare: Any, name: str, size: tuple[int, int]) -> None:
    make, scene = SCENES[name]

    async def settle(pilot: Pilot[None]) -> None:
        await scene(pilot)
        await pilot.pause()
        await pilot.pause()

    assert snap_compare(make(), terminal_size=size, run_before=settle)
