"""A transfer in a worker that is not asked in time, and one that is told late."""

from __future__ import annotations

import asyncio
from typing import cast

from tests.unit.transfers.journal.samples import ORDER
from tests.waiting import until
from tui.transfers.cluster.talk import Grant, Left, Letter, Report, Setup
from tui.transfers.cluster.worker.session import Session
from tui.transfers.queue.prepared import Prepared
from tui.transfers.tasks import finish

RANGE = Grant(number=1, section=1, after="", upto=None, keys=[], again=False, uploads=[], most=100)
GIVEN_UP = Left(1, False, None, None, "")


async def told(session: Session, lease: float) -> Report:
    """What it says to a letter."""
    return await session.exchange(Letter(transfer="t", run="r", seen=0, lease=lease, wait=0.0, grants=[RANGE]))


async def test_a_range_whose_task_comes_after_it_was_given_up_is_not_begun() -> None:
    """The engine has given it to somebody by then, perhaps to this worker again."""
    session = Session("t")
    await told(session, lease=-1.0)
    session.look()
    assert session.begin(1).is_set()
    report = await told(session, lease=10.0)
    assert report.items == [GIVEN_UP]
    assert session.begin(1).is_set(), "a letter that was under way has granted it once more"
    await session.close()


async def test_a_letter_that_comes_too_late_does_not_keep_a_range() -> None:
    """A process that was stopped goes on: the letter is there before it has looked at the time."""
    session = Session("t")
    await told(session, lease=-1.0)
    report = await told(session, lease=10.0)
    assert report.items == [GIVEN_UP]
    await session.close()


async def test_a_task_that_no_engine_asks_for_ends() -> None:
    """Its transfer has ended before it came: it would keep a thread of the worker for ever."""
    session = Session("t")
    over = session.begin(7)
    await session.exchange(Letter(transfer="t", run="r", seen=0, lease=-1.0, wait=0.0, end=True))
    late = session.begin(8)
    session.look()
    assert over.is_set()
    assert late.is_set()
    await session.close()


async def test_a_task_that_waits_for_its_grant_when_the_time_is_over() -> None:
    """The engine could write nothing for a while: the range whose task has come already must not stay with nobody."""
    session = Session("t")
    await session.exchange(Letter(transfer="t", run="r", seen=0, lease=-1.0, wait=0.0))
    assert not session.begin(1).is_set()
    report = await told(session, lease=10.0)
    assert session.begin(1).is_set()
    assert report.items == [GIVEN_UP]
    await session.close()


async def test_a_task_that_begins_while_the_run_before_stops() -> None:
    """It is one of that run: it would keep a thread of the worker for ever."""
    session = Session("t")
    opened = asyncio.Event()

    async def stops_later() -> None:
        await finish(opened.wait())

    task = asyncio.create_task(stops_later())
    session._tasks[1] = task  # only a whole transfer makes one, and its end cannot be timed
    task.add_done_callback(lambda _: session._tasks.clear())
    await asyncio.sleep(0)
    letter = asyncio.create_task(told(session, lease=10.0))
    await until(lambda: session._stopping is not None, "the new run stops the earlier one")
    late = session.begin(2)
    opened.set()
    await letter
    assert late.is_set()
    await session.close()


class Counting:
    """Work that counts how often it was asked to do what is left to be done."""

    finished = 0

    async def finish(self) -> None:
        self.finished += 1


async def test_what_is_left_is_done_at_the_end_of_each_run() -> None:
    """The engine lost the scheduler when all was done, and then what had failed was retried."""
    session, work = Session("t"), Counting()
    for run in ("r", "s"):
        await session.exchange(Letter(transfer="t", run=run, seen=0, lease=10.0, wait=0.0))
        session._prepared = cast("Prepared", type("Made", (), {"work": work}))  # no store is needed to finish
        await session.exchange(Letter(transfer="t", run=run, seen=0, lease=10.0, wait=0.0, finish=True))
        await until(lambda: session._finishing is not None and session._finishing.done(), "it has finished")
    assert work.finished == 2
    await session.close()


async def test_it_stops_although_its_last_range_has_just_ended() -> None:
    """The task is done, and what is called when it is done was not called yet when it was told to stop."""
    session = Session("t")
    task = asyncio.create_task(asyncio.sleep(0))
    session._tasks[1] = task  # only a whole transfer makes one, and its end cannot be timed
    session.stop()
    session._tasks.clear()  # as the callback of the task does
    await until(lambda: session._stopping is None, "it has stopped")
    await task
    await session.close()


async def test_it_is_ready_once_all_of_the_run_before_was_heard() -> None:
    """What is left of an earlier run has the numbers of other ranges: it must not be taken for this run's."""
    session = Session("t")
    await told(session, lease=-1.0)
    session.look()
    setup = Setup(order=ORDER, submitted=1.0, owners={})
    for _ in range(20):
        early = await session.exchange(
            Letter(transfer="t", run="s", seen=0, lease=10.0, wait=0.05, setup=setup, grants=[])
        )
        assert early.items == [GIVEN_UP]
        assert early.problem is None
    late = early
    while late.problem is None:
        late = await session.exchange(Letter(transfer="t", run="s", seen=1, lease=10.0, wait=0.05, setup=setup))
    assert late.items == []
    await session.close()
