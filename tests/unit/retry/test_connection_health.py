"""Which identities are out, and who finds out that they work again."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.waiting import until
from tui.model.problem import Problem, ProblemError, ProblemKind
from tui.transfers.retry import Interrupted, Retries
from tui.transfers.retry.backoff import Backoff
from tui.transfers.retry.connection_health import ConnectionHealth

AWAY = Problem(kind=ProblemKind.UNREACHABLE, title="cannot reach it")
DENIED = Problem(kind=ProblemKind.DENIED, title="access denied", status=403, operation="ListBuckets")
NO_ROLE = Problem(kind=ProblemKind.DENIED, title="access denied", status=403, operation="AssumeRole")
UNKNOWN_KEY = Problem(kind=ProblemKind.BAD_CREDENTIALS, title="refused", status=403, code="InvalidAccessKeyId")
NO_PROFILE = Problem(kind=ProblemKind.NO_PROFILE, title="there is no such profile")


class Scripted:
    """A probe whose answers a test sets."""

    def __init__(self) -> None:
        self.problem: Problem | None = AWAY
        self.looks = 0
        self.go_on = asyncio.Event()
        self.go_on.set()

    async def __call__(self, _connection: str) -> None:
        self.looks += 1
        await self.go_on.wait()
        if self.problem:
            raise ProblemError(self.problem)


@pytest.fixture
def probe() -> Scripted:
    return Scripted()


@pytest.fixture
async def health(probe: Scripted) -> AsyncIterator[ConnectionHealth]:
    made = ConnectionHealth(probe, Backoff(first=0.001, longest=0.002))
    yield made
    await made.close()


async def test_one_check_serves_all_callers(health: ConnectionHealth, probe: Scripted) -> None:
    probe.go_on.clear()
    asking = [asyncio.create_task(health.check("c")) for _ in range(10)]
    await until(lambda: probe.looks == 1, "somebody looks")
    probe.go_on.set()
    assert await asyncio.gather(*asking) == [AWAY] * 10
    assert probe.looks == 1


async def test_one_watch_serves_all_waiting_callers(health: ConnectionHealth, probe: Scripted) -> None:
    health.mark_unusable("c", AWAY)
    waiting = [asyncio.create_task(health.wait_until_usable("c")) for _ in range(10)]
    await until(lambda: probe.looks > 3, "it was looked several times")
    assert health.why_unusable("c") == AWAY
    probe.problem = None
    await asyncio.gather(*waiting)
    assert health.why_unusable("c") is None


@pytest.mark.parametrize("problem", [AWAY, NO_ROLE, UNKNOWN_KEY, NO_PROFILE])
async def test_what_does_not_work(health: ConnectionHealth, probe: Scripted, problem: Problem) -> None:
    probe.problem = problem
    assert await health.check("c") == problem


async def test_a_denial_shows_that_the_identity_works(health: ConnectionHealth, probe: Scripted) -> None:
    probe.problem = DENIED
    assert await health.check("c") is None


async def test_checks_end_with_the_last_waiting_caller(health: ConnectionHealth, probe: Scripted) -> None:
    waiting = [asyncio.create_task(health.wait_until_usable("c")) for _ in range(2)]
    await until(lambda: probe.looks > 1, "it is looked")
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert "await-connection" not in {task.get_name() for task in asyncio.all_tasks() if not task.cancelling()}
    probe.problem = None
    await health.wait_until_usable("c")  # a later one starts over


async def test_what_works_only_when_it_is_looked_at_is_not_looked_at_in_a_rush(probe: Scripted) -> None:
    health = ConnectionHealth(probe, Backoff(first=3600, longest=3600))
    probe.problem = None
    await health.wait_until_usable("c")
    again = asyncio.create_task(health.wait_until_usable("c"))
    await until(lambda: "await-connection" in {task.get_name() for task in asyncio.all_tasks()}, "it is waited")
    await asyncio.sleep(0)
    assert probe.looks == 1
    health.check_now()
    await again
    assert probe.looks == 2
    health.succeeded("c")  # so soon that it says as little
    again = asyncio.create_task(health.wait_until_usable("c"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert (again.done(), probe.looks) == (False, 2)
    await health.close()
    await asyncio.gather(again, return_exceptions=True)


async def test_what_has_worked_for_a_while_is_looked_at_at_once(health: ConnectionHealth, probe: Scripted) -> None:
    probe.problem = None
    for _ in range(8):
        await health.wait_until_usable("c")

    async def settled() -> bool:
        health.succeeded("c")
        looks, before = probe.looks, asyncio.get_running_loop().time()
        await health.wait_until_usable("c")
        assert probe.looks == looks + 1
        return asyncio.get_running_loop().time() - before < 0.001

    await until(settled, "a look comes without a pause")


async def test_what_is_done_during_a_look_hurries_the_next_one(probe: Scripted) -> None:
    """The look that was under way came too early for it."""
    health = ConnectionHealth(probe, Backoff(first=3600.0, longest=3600.0))
    probe.go_on.clear()
    waiting = asyncio.create_task(health.wait_until_usable("c"))
    await until(lambda: probe.looks == 1, "it is looked at")
    health.check_now("c")
    probe.go_on.set()
    await until(lambda: probe.looks == 2, "it is looked at again")
    waiting.cancel()
    await health.close()


async def test_waiting_callers_get_the_latest_problem(health: ConnectionHealth, probe: Scripted) -> None:
    told: list[Problem] = []
    waiting = asyncio.create_task(health.wait_until_usable("c", told.append))
    await until(lambda: AWAY in told, "it is told that the network is away")
    probe.problem = UNKNOWN_KEY
    await until(lambda: UNKNOWN_KEY in told, "it is told that its key is refused")
    probe.problem = None
    await waiting


async def test_a_waiting_transfer_is_looked_after_at_once_when_the_user_did_something(probe: Scripted) -> None:
    """Keys that were typed, a code, a resume: nobody waits for the next look, which may be half a minute away."""
    retries = Retries(probe, probes=Backoff(first=3600.0, longest=3600.0))
    waiting = asyncio.create_task(retries.wait_until_usable(Interrupted(AWAY, "c")))
    await until(lambda: probe.looks == 1, "it is looked at")
    probe.problem = None
    retries.check_now("another")
    await asyncio.sleep(0)
    assert not waiting.done()
    retries.check_now("c")
    await asyncio.wait_for(waiting, 10)
    assert probe.looks == 2
    await retries.close()
