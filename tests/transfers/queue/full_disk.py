"""A queue whose journal's disk is full: ``python -m … DIRECTORY A BUCKET B BUCKET``, the directory all of it ours."""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import aclosing
from pathlib import Path

import pytest

from tests.results import unpacked
from tests.transfers.faults import Crowd
from tests.unit.transfers.journal.full_disk import ALL_IS_WELL, Disk
from tests.waiting import until
from tui.accounts.connections import Connections
from tui.accounts.ids import connection_id
from tui.model.identity import IdentitySpec
from tui.model.location import Location
from tui.model.orders import ConflictPolicy, CopyOptions, CopyOrder, Destination, Route, Selection
from tui.model.problem import ProblemError, ProblemKind
from tui.model.transfer import Outcome, Transfer, TransferState
from tui.stores.base import Store
from tui.stores.s3 import S3Store
from tui.transfers.journal import Journal
from tui.transfers.limits.bounds import TransferLimits
from tui.transfers.queue.queue import TransferQueue

OBJECTS = 200


async def nobody(_connection: str) -> None:
    """Whose a connection is does not matter here."""


class Under:
    """The queue under test, with a target that lets nothing through before it is told to."""

    def __init__(self, queue: TransferQueue, journal: Journal, crowd: Crowd, order: CopyOrder) -> None:
        self.queue, self.journal, self.crowd, self.order = queue, journal, crowd, order

    async def transfer(self) -> Transfer:
        """The only one."""
        [transfer] = (await anext(self.queue.watch())).transfers
        return transfer

    async def results(self, name: str) -> int:
        """How many results are written down."""
        return len([each async for each in self.journal.results.of(name)])


async def full_while_it_runs(under: Under, disk: Disk) -> None:
    """What is under way ends, nothing new begins, it is said why, and resumes automatically."""
    name = await under.queue.submit(under.order)
    await until(lambda: under.crowd.now == TransferLimits().first_objects, "every place is taken")
    disk.fill()
    under.crowd.go_on.set()
    await until(lambda: under.journal.trouble is not None, "the journal is in trouble")
    end = asyncio.create_task(ended(under, name))
    await asyncio.wait([end], timeout=1.5)  # what was under way ends; the journal is tried again in that time
    await until(lambda: under.crowd.now == 0, "what was under way has ended")
    waiting = await under.transfer()
    assert waiting.state is TransferState.WAITING
    assert waiting.waits_for
    assert waiting.waits_for.kind is ProblemKind.JOURNAL
    assert waiting.objects_done < OBJECTS
    with pytest.raises(ProblemError, match="disk is full"):
        await under.queue.submit(under.order)
    await asyncio.wait([end], timeout=1.5)
    assert not end.done()
    still = await under.transfer()
    assert (still.state, still.objects_done) == (TransferState.WAITING, waiting.objects_done)
    assert await under.results(name) <= waiting.objects_done
    async with asyncio.timeout(5):
        await under.queue.pause()
        assert (await under.transfer()).state is TransferState.PAUSED
        await under.queue.resume()
    assert (await under.transfer()).state is TransferState.WAITING
    disk.free()
    assert await end == OBJECTS
    done = await under.transfer()
    assert (done.state, done.objects_done, done.problem) == (TransferState.DONE, OBJECTS, None)
    assert await under.results(name) == OBJECTS


async def ended(under: Under, name: str) -> int:
    """How many objects were copied, when the transfer has ended."""
    async with aclosing(unpacked(under.queue.results(name))) as following:
        outcomes = [each.outcome async for each in following]
    assert set(outcomes) == {Outcome.COPIED}
    return len(outcomes)


async def main(directory: Path, a: str, source: str, b: str, target: str) -> None:
    connections = Connections()
    ids = [connection_id(IdentitySpec(profile=profile)) for profile in (a, b)]
    crowd = Crowd(await connections.get(ids[1]), wait=True)

    async def open_store(connection: str) -> Store:
        return crowd if connection == ids[1] else S3Store(await connections.get(connection))

    order = CopyOrder(
        Selection(ids[0], Location(source), prefixes=["p/"]),
        Destination(ids[1], Location(target)),
        CopyOptions(conflict=ConflictPolicy.SKIP, route=Route.RELAY),
    )
    disk = Disk(directory)
    journal = await Journal.open(disk.journal, lambda _: None)
    queue = TransferQueue(open_store, nobody, journal)
    async with asyncio.timeout(90):
        await full_while_it_runs(Under(queue, journal, crowd, order), disk)
    await queue.close()
    await connections.close()
    sys.stdout.write(f"{ALL_IS_WELL}\n")


if __name__ == "__main__":
    os.umask(0o077)
    asyncio.run(main(Path(sys.argv[1]), *sys.argv[2:]))
