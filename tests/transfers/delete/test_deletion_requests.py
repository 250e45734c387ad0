"""How a deletion is requested: in batches or alone, and what is known when it is interrupted."""

import asyncio
from collections.abc import Sequence

import pytest

from tests.transfers.delete.test_deletion import delete, keys_of, order
from tests.transfers.faults import BROKEN
from tests.transfers.world import World
from tests.waiting import until
from tui.accounts.clients.connection import Connection
from tui.model.problem import Problem, ProblemError, ProblemKind
from tui.model.transfer import Outcome, TransferState
from tui.stores.s3 import S3Store


class Moody(S3Store):
    """DeleteObjects fails in a way that DeleteObject does not."""

    def __init__(self, connection: Connection, answer: Problem | dict[str, Problem]) -> None:
        super().__init__(connection)
        self._answer = answer

    async def delete_many(
        self, bucket: str, keys: Sequence[str], markers: dict[str, str] | None = None
    ) -> dict[str, Problem]:
        if isinstance(self._answer, Problem):
            raise ProblemError(self._answer)
        done = await super().delete_many(bucket, [key for key in keys if key not in self._answer], markers)
        return done | self._answer


@pytest.mark.parametrize(
    ("answer", "left"),
    [
        (Problem(kind=ProblemKind.UNSUPPORTED, title="no DeleteObjects here"), set()),
        (Problem(kind=ProblemKind.INVALID, title="MalformedXML"), set()),
        ({"a": BROKEN}, set()),
        (Problem(kind=ProblemKind.DENIED, title="access denied"), {"a", "b"}),
    ],
)
async def test_what_a_batch_cannot_a_single_request_may(
    world: World, answer: Problem | dict[str, Problem], left: set[str]
) -> None:
    world.put("a")
    world.put("b")
    world.source = Moody(world.connection_a, answer)
    results = await delete(world, order(world, "a", "b"))
    assert keys_of(world) == left
    failed = {result.source.rpartition("/")[2] for result in results if result.problem}
    assert failed == left


class HeldAfterDeleting(S3Store):
    """Has deleted, and does not say so until the test lets it."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self.reached, self.go_on = asyncio.Event(), asyncio.Event()

    async def delete_many(
        self, bucket: str, keys: Sequence[str], markers: dict[str, str] | None = None
    ) -> dict[str, Problem]:
        problems = await super().delete_many(bucket, keys, markers)
        self.reached.set()
        await self.go_on.wait()
        return problems


async def test_a_cancelled_deletion_says_what_has_gone(world: World) -> None:
    for key in ("p/a", "p/b"):
        world.put(key)
    world.source = held = HeldAfterDeleting(world.connection_a)
    name = await world.submit(order(world, prefixes=("p/",)))
    await asyncio.wait_for(held.reached.wait(), 10)
    cancelling = asyncio.create_task(world.queue.cancel([name]))
    await until(lambda: world.queue._jobs.get(name)._stopping, "it is told to stop")
    held.go_on.set()
    await cancelling
    transfer, results = await world.ended(name)
    assert (transfer.state, transfer.objects_done) == (TransferState.CANCELLED, 2)
    assert {result.outcome for result in results} == {Outcome.DELETED}
