"""Results are bounded, failures outlive successes, and who follows sees everything in order."""

import asyncio
from contextlib import aclosing

from tui.model.transfer import ObjectResult, Outcome
from tui.transfers.limits import TransferLimits
from tui.transfers.results import ResultLog


def result(number: int, outcome: Outcome = Outcome.COPIED) -> ObjectResult:
    return ObjectResult("t", f"s3://a/{number}", f"s3://b/{number}", outcome)


async def sources(log: ResultLog) -> list[str]:
    async with aclosing(log.follow()) as results:
        return [each.source.rpartition("/")[2] async for each in results]


async def test_who_follows_from_the_start_sees_everything_in_order() -> None:
    log = ResultLog(TransferLimits(kept_results=10, kept_failures=10))
    following = [asyncio.create_task(sources(log)) for _ in range(3)]
    for number in range(100):
        log.add(result(number, Outcome.FAILED if number % 7 == 0 else Outcome.COPIED))
        await asyncio.sleep(0)
    log.end()
    assert await asyncio.gather(*following) == [[str(number) for number in range(100)]] * 3


async def test_who_comes_late_sees_the_latest_and_every_failure() -> None:
    log = ResultLog(TransferLimits(kept_results=3, kept_failures=10))
    for number in range(20):
        log.add(result(number, Outcome.FAILED if number < 2 else Outcome.COPIED))
    log.end()
    assert await sources(log) == ["0", "1", "17", "18", "19"]


async def test_a_log_without_results_ends_too() -> None:
    log = ResultLog(TransferLimits())
    following = asyncio.create_task(sources(log))
    await asyncio.sleep(0)
    log.end()
    assert await following == []
