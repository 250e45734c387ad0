"""What the transfers of a queue share: stores that cannot be opened now, and those that never can."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tui.model.identity import Owner
from tui.model.problem import Problem, ProblemError, ProblemKind
from tui.stores.base import Store
from tui.transfers.journal import Journal
from tui.transfers.limits.bounds import TransferLimits
from tui.transfers.limits.shared import SharedLimits
from tui.transfers.queue.context import QueueContext
from tui.transfers.queue.pending_conflicts import PendingConflicts
from tui.transfers.retry import Interrupted, Retries

PERMANENT = Problem(kind=ProblemKind.DENIED, title="access denied", status=403, operation="HeadBucket")
EXPIRED = Problem(kind=ProblemKind.EXPIRED, title="credentials expired")
AWAY = Problem(kind=ProblemKind.UNREACHABLE, title="cannot reach it")


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[Journal]:
    made = await Journal.open(tmp_path / "journal.sqlite", lambda _: None)
    yield made
    await made.close()


@pytest.fixture
async def retries() -> AsyncIterator[Retries]:
    async def works(_connection: str) -> None:
        """Every connection does."""

    made = Retries(works)
    yield made
    await made.close()


def context(journal: Journal, retries: Retries | None, problem: Problem) -> QueueContext:
    """One whose identities have a problem."""

    async def open_store(_connection: str) -> Store:
        raise ProblemError(problem)

    async def owner_of(_connection: str) -> Owner | None:
        raise ProblemError(problem)

    def nothing(*_: object) -> None:
        """Nobody listens."""

    limits = TransferLimits()
    shared, conflicts = SharedLimits(limits), PendingConflicts()
    return QueueContext(open_store, owner_of, journal, retries, limits, shared, conflicts, nothing, nothing, nothing)


async def test_a_permanent_refusal_is_that_problem(journal: Journal, retries: Retries) -> None:
    refusing = context(journal, retries, PERMANENT)
    for ask in (refusing.open_or_interrupt, refusing.owner):
        with pytest.raises(ProblemError) as raised:
            await ask("c")
        assert raised.value.problem == PERMANENT


@pytest.mark.parametrize("problem", [EXPIRED, AWAY], ids=["identity", "network"])
async def test_what_passes_interrupts_and_only_where_it_is_waited_for(
    journal: Journal, retries: Retries, problem: Problem
) -> None:
    waiting, never = context(journal, retries, problem), context(journal, None, problem)
    for ask in (waiting.open_or_interrupt, waiting.owner):
        with pytest.raises(Interrupted) as interrupted:
            await ask("c")
        assert (interrupted.value.problem, interrupted.value.connection) == (problem, "c")
    for ask in (never.open_or_interrupt, never.owner):
        with pytest.raises(ProblemError) as raised:
            await ask("c")
        assert raised.value.problem == problem
