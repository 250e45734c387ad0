"""Waiting ends with the condition, or with an error that names it."""

import asyncio

import pytest

from tests.waiting import until, until_true


async def test_it_lets_the_loop_run_and_returns_when_the_condition_holds() -> None:
    happened = asyncio.Event()
    asyncio.get_running_loop().call_later(0.02, happened.set)
    await until(happened.is_set, "it happened")
    assert happened.is_set()


async def test_a_coroutine_can_be_the_condition() -> None:
    answers = iter([False, True])

    async def ask() -> bool:
        return next(answers)

    await until(ask, "the answer is yes")
    assert next(answers, None) is None


async def test_a_condition_that_never_holds_is_named() -> None:
    with pytest.raises(AssertionError, match=r"in vain until pigs fly"):
        await until(lambda: False, "pigs fly", timeout=0)


def test_without_a_loop_too() -> None:
    answers = iter([False, True])
    until_true(lambda: next(answers), "the answer is yes")
    with pytest.raises(AssertionError, match=r"in vain until pigs fly"):
        until_true(lambda: False, "pigs fly", timeout=0)
