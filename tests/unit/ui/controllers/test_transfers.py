"""Snapshots of the transfers: what is told of them, what the panes list again, list and strip."""

from __future__ import annotations

from msgspec import structs

from tests.ui.dialogs.scripted import ScriptedEngine
from tests.ui.dialogs.transfers.world import FAILED, RUNNING
from tests.unit.ui.controllers.host import SILENT, Browser, identity, mounted, show
from tui.model.location import parse_location
from tui.model.problem import Need, Problem, ProblemKind
from tui.model.transfer import TransferKind, TransferList, TransferState
from tui.protocol.messages.places import ListObjects
from tui.ui.browser.controllers.transfers import Transfers
from tui.ui.needs.code import CodeScreen


def browser() -> tuple[Browser, Transfers]:
    made = Browser(ScriptedEngine(feeds=SILENT))
    return made, Transfers(made.context, made.panes, made.needs)


def test_the_first_snapshot_tells_what_it_finds_the_next_one_what_has_happened() -> None:
    made, transfers = browser()
    transfers.take(TransferList([RUNNING]))
    assert made.words == ["1 transfer is under way: t"]
    transfers.take(TransferList([structs.replace(FAILED, id=RUNNING.id)]))
    assert len(made.words) == 2
    assert made.host.toasts[1][1] == "error"
    assert transfers.strip.transfers is transfers.latest


async def test_the_list_takes_snapshots_only_while_it_is_open() -> None:
    made, transfers = browser()
    async with mounted(made, transfers.panel, transfers.strip):
        panel, strip, running, failed = (
            transfers.panel,
            transfers.strip,
            TransferList([RUNNING]),
            TransferList([FAILED]),
        )
        transfers.take(running)
        assert (panel.transfers, strip.display) == (TransferList(), True)
        transfers.action_transfers()
        assert (panel.transfers, strip.display) == (running, False)
        transfers.take(failed)
        assert (panel.transfers, strip.display) == (failed, False)
        transfers.action_transfers()
        transfers.take(running)
        assert (panel.transfers, strip.display) == (failed, True)


def test_notices_without_room_are_shown_later() -> None:
    made, transfers = browser()
    transfers.take(TransferList([structs.replace(RUNNING, id=str(number)) for number in range(8)]))
    transfers.take(TransferList([structs.replace(FAILED, id=str(number)) for number in range(8)]))
    assert len(made.host.toasts) < 8
    assert len(made.host.timers) <= 1


async def test_the_place_where_a_transfer_ended_is_listed_again() -> None:
    made, transfers = browser()
    async with mounted(made) as pilot:
        show(made.left, "s3://a/", who=identity("a"))
        show(made.right, "s3://b/", who=identity("b"))
        copy = structs.replace(RUNNING, source="s3://a/key", target="s3://b/key", kind=TransferKind.COPY)
        transfers.take(TransferList([copy]))
        transfers.take(TransferList([structs.replace(copy, state=TransferState.DONE)]))
        await pilot.pause()
        listed = [each.location for each in made.engine.asked if isinstance(each, ListObjects)]
        assert listed == [parse_location("s3://b/")], "a copy leaves its source as it was"
        move = structs.replace(copy, id="move", kind=TransferKind.MOVE)
        transfers.take(TransferList([move]))
        transfers.take(TransferList([structs.replace(move, state=TransferState.DONE)]))
        await pilot.pause()
        listed = [each.location for each in made.engine.asked if isinstance(each, ListObjects)]
        assert listed[1:] == [parse_location("s3://a/"), parse_location("s3://b/")]


def test_each_identity_is_shown_in_the_accent_of_its_pane() -> None:
    made, transfers = browser()
    show(made.left, "s3://a/", who=identity("a"))
    show(made.right, "s3://b/", who=identity("b"))
    transfers.show_accents()
    assert transfers.panel.accents == {"a": "$left-accent", "b": "$right-accent"}
    made.right.identity = identity("a")
    transfers.show_accents()
    assert transfers.panel.accents == {"a": "$left-accent"}


def test_what_a_transfer_needs_is_asked_for() -> None:
    made, transfers = browser()
    transfers.give(Problem(ProblemKind.NO_CREDENTIALS, "MFA", needs=Need.MFA_CODE, subject="device", connection="a"))
    made.host.expect(CodeScreen)
    made.host.answer(True)
    assert made.host.toasts == []
