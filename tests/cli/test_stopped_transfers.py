"""A transfer that stops and resumes: why it stopped, and that it resumed, are each printed once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from tui.cli.commands.copy_run import CopyRun
from tui.model.exit_codes import Exit
from tui.model.problem import Problem, ProblemKind
from tui.model.transfer import Transfer, TransferList, TransferState
from tui.protocol.messages.base import Feed, Request
from tui.protocol.messages.transfers import WatchConflicts, WatchTransfers

EXPIRED = Problem(kind=ProblemKind.EXPIRED, title="the sign-in has expired", remedy="sign in again")
AWAY = Problem(kind=ProblemKind.UNREACHABLE, title="cannot reach the endpoint")


def snapshot(state: TransferState, waits_for: Problem | None = None) -> Transfer:
    return Transfer("t", "s3://a/", "s3://b/", state, None, objects_total=1, waits_for=waits_for)


class Engine:
    """Tells of a transfer in one snapshot after another, more than one of each."""

    def __init__(self, *snapshots: Transfer) -> None:
        self._snapshots = snapshots

    async def ask(self, request: Request[Any]) -> Any:
        raise AssertionError(f"nothing is asked: {request}")

    async def follow(self, feed: Feed[Any]) -> AsyncGenerator[Any, None]:
        if isinstance(feed, WatchTransfers):
            for each in self._snapshots:
                for _ in range(3):
                    yield TransferList([each])
        elif isinstance(feed, WatchConflicts):
            await asyncio.Event().wait()  # until the transfer has ended

    async def other_has_ended(self) -> None:
        raise AssertionError("there is no other engine")


async def test_each_change_is_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    running, done = snapshot(TransferState.RUNNING), snapshot(TransferState.DONE)
    waiting = snapshot(TransferState.WAITING, EXPIRED), snapshot(TransferState.WAITING, AWAY)
    engine = Engine(running, *waiting, running, snapshot(TransferState.PAUSED), running, done)
    assert await CopyRun(engine, "t", as_json=False).follow() is Exit.DONE
    assert capsys.readouterr().err.splitlines() == [
        f"waiting: {EXPIRED.sentence()}",
        f"waiting: {AWAY.sentence()}",
        "resumed",
        "paused",
        "resumed",
    ]
