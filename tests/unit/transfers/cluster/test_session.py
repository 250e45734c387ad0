"""A transfer in a worker that is not asked in time, and one that is told late."""

from __future__ import annotations

import asyncio

from tests.unit.transfers.journal.samples import ORDER
from tests.waiting import until
from tui.transfers.cluster.talk import Grant, Left, Letter, Report, Setup
from tui.transfers.cluster.worker.session import Session

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
