"""What the assistant does when a part cannot be applied, is not allowed to be, or takes long."""

from __future__ import annotations

import asyncio
from typing import Any

from msgspec.structs import replace

from tests.ui.access.test_snapshots import ORDER, OTHERS, OWNERS
from tests.ui.browser.world import WHO_A, WHO_B
from tests.ui.dialogs.host import Host, screen_text
from tests.ui.dialogs.scripted import HOLD, ManyAnswers
from tests.ui.pressing import press
from tests.waiting import until
from tui.model.access.grants import AccessPlan
from tui.model.change import AppliedChange, Change
from tui.model.identity import Identity
from tui.model.problem import Problem, ProblemKind
from tui.protocol.messages import access
from tui.protocol.messages.changes import ApplyChange, PlanUndo
from tui.ui.access.access_screen import AccessScreen

READABLE = replace(OTHERS, unread=None)
PLAN = AccessPlan("analytics (user/bob)", [OWNERS, READABLE])
DENIED = Problem(ProblemKind.DENIED, "access denied: iam:PutUserPolicy for user/bob")


def applied(change: Change, name: str) -> AppliedChange:
    return AppliedChange(name, 0.0, "someone", change.ref, change.before, change.after)


class Engine(ManyAnswers):
    """`HOLD` among the answers: it does not answer any more."""

    async def ask(self, request: Any) -> Any:
        if self.answers[type(request)][0] is HOLD:
            self.asked.append(request)
            await asyncio.Event().wait()
        return await super().ask(request)


def host(engine: ManyAnswers, other: Identity = WHO_B) -> Host:
    return Host(dialog=AccessScreen(engine, ORDER, WHO_A, other))


def asked(engine: ManyAnswers, kind: type[Any]) -> list[Any]:
    return [each for each in engine.asked if isinstance(each, kind)]


async def test_what_was_applied_before_a_refusal_can_be_undone() -> None:
    back = Change(OWNERS.ref, OWNERS.after, OWNERS.before)
    first = applied(OWNERS, "c1")
    engine = Engine(
        {access.PlanGrant: [PLAN, PLAN], ApplyChange: [first, DENIED, applied(back, "c2")], PlanUndo: [back]}
    )
    app = host(engine)
    async with app.run_test(size=(100, 80)) as pilot:
        await until(lambda: "Apply 2 parts" in screen_text(app), "all is in sight")
        await press(pilot, "enter")
        await until(lambda: "access denied: iam:PutUserPolicy" in screen_text(app), "the refusal is said")
        assert "media-prod applied:" in screen_text(app)
        assert "Apply 1 part" in screen_text(app)
        await press(pilot, "u")
        await until(lambda: "undone" in screen_text(app), "it was taken back")
        assert asked(engine, ApplyChange)[1] == ApplyChange(READABLE, group="c1"), "both parts are one grant"
        assert asked(engine, PlanUndo) == [PlanUndo("c1")]
        assert asked(engine, ApplyChange)[-1] == ApplyChange(back, "c1")
        await press(pilot, "escape")
        await until(lambda: app.answers == [True], "it answers that something was changed")


async def test_escape_while_it_writes_warns_first() -> None:
    engine = Engine({access.PlanGrant: [PLAN], ApplyChange: [HOLD]})
    app = host(engine)
    async with app.run_test(size=(100, 80)) as pilot:
        await until(lambda: "Apply 2 parts" in screen_text(app), "all is in sight")
        await press(pilot, "enter")
        await until(lambda: bool(asked(engine, ApplyChange)), "it is writing")
        await press(pilot, "a", "w", "ctrl+u", "escape")
        await until(lambda: bool(app._notifications), "it warns")
        assert app.answers == []
        assert len(asked(engine, access.PlanGrant)) == 1
        await press(pilot, "escape")
        await until(lambda: app.answers == [True], "it leaves, and says that something may have changed")


async def test_a_part_of_a_read_only_identity_is_left_to_others() -> None:
    engine = Engine(
        {access.PlanGrant: [PLAN], ApplyChange: [applied(OWNERS, "c1")]},
        {access.TestAccess: [[]]},
    )
    app = host(engine, replace(WHO_B, read_only="it is read-only"))
    async with app.run_test(size=(100, 80)) as pilot:
        await until(lambda: "Apply 1 part" in screen_text(app), "one part can be applied")
        assert "analytics is read-only" in screen_text(app)
        await press(pilot, "enter")
        await until(lambda: bool(asked(engine, access.TestAccess)), "it is tested")
        assert [each.change for each in asked(engine, ApplyChange)] == [OWNERS]
        assert asked(engine, access.TestAccess)[0].patience == 0, "nothing is waited for that others have to do"
        assert "1 part cannot be applied from here" in screen_text(app)
