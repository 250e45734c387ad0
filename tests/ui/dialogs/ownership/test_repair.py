"""The dialog of a repair: nothing is repaired before the whole plan is seen."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from textual.widgets import Button

from tests.ui.dialogs.host import Host, screen_text
from tests.ui.dialogs.scripted import HOLD, ScriptedEngine
from tests.ui.pressing import press
from tests.waiting import until
from tui.model.facts import ObjectOwnership
from tui.model.identity import Address, AddressBook, Owner
from tui.model.location import Location
from tui.model.orders import RepairOrder, Selection
from tui.model.ownership import Half, LeftOut, OwnerCount, OwnersSeen, RepairPlan, RepairStep
from tui.model.plan import PlannedAction, PlannedObject
from tui.model.problem import Problem, ProblemKind
from tui.protocol.messages.ownership import PlanRepair
from tui.protocol.messages.transfers import DryRun
from tui.ui.orders.dry_run import DryRunScreen
from tui.ui.orders.repair import RepairScreen

SIZES = [(80, 24), (200, 50)]
A, B = Owner("a" * 64), Owner("b" * 64)
BOOK = AddressBook(
    {A.id: Address(A.id, "111111111111", "media-prod"), B.id: Address(B.id, "222222222222", "analytics")}
)
PLACE = Location("media-prod-assets", "incoming/")
ORDER = RepairOrder(Selection("a", PLACE, prefixes=[PLACE.key]), "b")
COMMANDS = ["aws s3api put-object-acl --bucket media-prod-assets --key incoming/a --acl bucket-owner-full-control"]
PLAN = RepairPlan(
    objects=1204,
    bytes=213 << 30,
    large=3,
    seen=OwnersSeen([OwnerCount(A, 5, 100), OwnerCount(B, 1207, 213 << 30)], A, True),
    left_out=[LeftOut("archived (GLACIER): restore it first", 2, 20), LeftOut("locked (legal hold on)", 1, 10)],
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


def host(*plans: object) -> tuple[Host, ScriptedEngine]:
    line = PlannedObject(f"{PLACE.uri}a", "", PlannedAction.REPAIR, "analytics grants", 7)
    engine = ScriptedEngine(feeds={PlanRepair: plans, DryRun: [line]})
    return Host(dialog=RepairScreen(engine, ORDER, BOOK)), engine


@pytest.mark.parametrize("size", SIZES)
async def test_the_plan_says_who_does_what_and_enter_repairs(size: tuple[int, int]) -> None:
    app, _ = host(GROWING, PLAN)
    async with app.run_test(size=size) as pilot:
        await until(
            lambda: "Make media-prod the owner of 1,204 objects (213 GiB) in s3:" in screen_text(app), "it is seen"
        )
        shown = " ".join(screen_text(app).replace("│", " ").split())
        for words in (
            "as analytics PutObjectAcl bucket-owner-full-control",
            "1,204 requests",
            "as media-prod copy in place, everything preserved",
            "1,204 copies, 3 in parts",
            "versioned bucket: the old versions stay, and cost 213 GiB until a lifecycle rule ends them",
            "2 archived (GLACIER): restore it first",
            "1 locked (legal hold on)",
            "Object Ownership: ObjectWriter",
            "Repair enter",
            "Commands for step 1 y",
        ):
            assert words in shown, words
        await press(pilot, "enter")
        await until(lambda: app.answers == [ORDER], "the dialog answers")


async def test_while_it_counts_enter_repairs_nothing() -> None:
    app, engine = host(GROWING, HOLD)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(lambda: "600 objects" in screen_text(app), "it counts")
        assert app.screen.query_one("#repair-now", Button).disabled
        await press(pilot, "s")
        await until(lambda: len(engine.closed) == 1, "the count is stopped")
        assert app.screen.query_one("#repair-now", Button).disabled
        await press(pilot, "enter")
        await until(lambda: app.answers == [None], "the dialog is left")


async def test_the_commands_of_step_one_go_to_the_clipboard() -> None:
    app, _ = host(PLAN)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(lambda: "1,204 objects" in screen_text(app), "it is planned")
        await press(pilot, "y")
        await until(lambda: COMMANDS[0] in app.clipboard, "they are copied")
        assert app.clipboard.startswith("# run as analytics: PutObjectAcl")


async def test_a_half_that_is_not_done_here_says_so() -> None:
    grant = replace(PLAN.steps[0], who="whoever uploaded them", ours=False)
    app, _ = host(replace(PLAN, steps=[grant, PLAN.steps[1]]))
    async with app.run_test(size=(80, 24)):
        await until(lambda: "whoever uploaded them, not from here" in screen_text(app), "it is said")


async def test_a_dry_run_shows_each_object() -> None:
    app, _ = host(PLAN)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(lambda: "1,204 objects" in screen_text(app), "it is planned")
        await press(pilot, "d")
        await until(lambda: isinstance(app.screen, DryRunScreen), "the dry run is shown")
        await until(lambda: "repair 1" in screen_text(app), "an object is planned")
        await press(pilot, "escape", "escape")
        await until(lambda: app.answers == [None], "nothing is repaired")


async def test_nothing_to_repair_is_said() -> None:
    app, _ = host(replace(PLAN, objects=0, bytes=0, left_out=[]))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(lambda: "nothing to repair" in screen_text(app), "it is said")
        assert app.screen.query_one("#repair-now", Button).disabled
        await press(pilot, "enter")
        await until(lambda: app.answers == [None], "the dialog is left")


@pytest.mark.parametrize("raised", [True, False], ids=["raised", "in the plan"])
async def test_what_stands_in_the_way_is_said(raised: bool) -> None:
    problem = Problem(ProblemKind.DENIED, "access denied: s3:ListBucket", remedy="ask its owner")
    app, _ = host(problem if raised else RepairPlan(problem=problem, complete=True))
    async with app.run_test(size=(80, 24)):
        await until(lambda: "access denied: s3:ListBucket · ask its owner" in screen_text(app), "it is said")
        assert app.screen.query_one("#repair-now", Button).disabled
