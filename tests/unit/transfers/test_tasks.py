"""What must end ends, and what must not run on does not."""

import asyncio

import pytest

from tui.transfers.tasks import finish, together


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
