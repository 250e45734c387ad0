"""What must end ends, and what must not run on does not."""

import asyncio

import pytest

from tui.transfers.tasks import finish, set_within, together


async def test_what_was_begun_is_finished_however_often_it_is_cancelled() -> None:
    began, go_on, done = asyncio.Event(), asyncio.Event(), []

    async def work() -> None:
        began.set()
        await go_on.wait()
        done.append(True)

    task = asyncio.create_task(finish(work()))
    await began.wait()
    for _ in range(3):
        task.cancel()
        await asyncio.sleep(0)
    assert not task.done()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert done == [True]


async def test_a_failure_is_passed_on_unless_it_was_cancelled() -> None:
    async def fail() -> None:
        raise LookupError

    with pytest.raises(LookupError):
        await finish(fail())


async def test_when_one_fails_the_other_does_not_run_on() -> None:
    ended = []

    async def fail() -> None:
        await asyncio.sleep(0)
        raise LookupError

    async def go_on_for_ever() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    with pytest.raises(LookupError):
        await together(fail(), go_on_for_ever())
    assert ended == [True]


@pytest.mark.parametrize("steps", range(5))
async def test_a_cancellation_right_after_the_event_counts(steps: int) -> None:
    """However many steps of the loop lie between: what waits goes on otherwise, and nobody stops it any more."""
    event = asyncio.Event()
    waiting = asyncio.create_task(set_within(event, 60.0))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    event.set()
    for _ in range(steps):
        await asyncio.sleep(0)
    if waiting.cancel():
        with pytest.raises(asyncio.CancelledError):
            await waiting
    assert waiting.cancelled() or steps


async def test_what_does_not_come_in_time_is_not_waited_for() -> None:
    await set_within(asyncio.Event(), 0.0)
