"""A fair semaphore never lets too much through, starves nobody, and forgets nobody who gave up."""

import asyncio

from tui.transfers.limits.fair_semaphore import FairSemaphore


async def steps() -> None:
    """Let every task that can go on go on."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_no_more_than_its_capacity() -> None:
    semaphore, most = FairSemaphore(10), 0

    async def use(owner: str, amount: int) -> None:
        nonlocal most
        async with semaphore.hold(owner, amount):
            most = max(most, semaphore.in_use)
            await asyncio.sleep(0)

    await asyncio.gather(*(use(f"t{number % 3}", number % 7) for number in range(200)))
    assert 8 <= most <= 10
    assert semaphore.in_use == 0


async def test_transfers_without_anything_get_their_turn_in_order() -> None:
    semaphore, order = FairSemaphore(1), list[str]()
    semaphore.arrange(["other", "small", "big"])

    async def use(owner: str) -> None:
        async with semaphore.hold(owner):
            order.append(owner)

    await semaphore.acquire("first")
    waiting = [asyncio.create_task(use(owner)) for owner in ("big", "big", "big", "big", "small", "other")]
    await steps()
    semaphore.release("first")
    await asyncio.gather(*waiting)
    assert order == ["big", "small", "other", "big", "big", "big"]


async def test_what_is_left_goes_by_the_order_of_the_queue() -> None:
    semaphore, order = FairSemaphore(10), list[str]()
    semaphore.arrange(["early", "late"])

    async def take(owner: str) -> None:
        await semaphore.acquire(owner)
        order.append(owner)

    await semaphore.acquire("other", 10)
    waiting = [asyncio.create_task(take(owner)) for owner in ("late",) * 6 + ("early",) * 3]
    await steps()
    semaphore.release("other", 9)
    await asyncio.gather(*waiting)
    assert order == ["late", "early", "early", "early", "late", "late", "late", "late", "late"]


async def test_another_order_applies_at_once() -> None:
    semaphore = FairSemaphore(4)
    semaphore.arrange(["a", "b"])
    for owner in ("a", "b", "other", "other"):
        await semaphore.acquire(owner)
    a, b = asyncio.create_task(semaphore.acquire("a")), asyncio.create_task(semaphore.acquire("b"))
    await steps()
    semaphore.arrange(["b", "a"])
    semaphore.release("other")
    await steps()
    assert (a.done(), b.done()) == (False, True)
    semaphore.release("other")
    await a


async def test_it_grows_and_shrinks_while_it_is_used() -> None:
    semaphore = FairSemaphore(1)
    tasks = [asyncio.create_task(semaphore.acquire("a")) for _ in range(5)]
    await steps()
    assert semaphore.in_use == 1
    semaphore.resize(3, one_each=False)
    await steps()
    assert semaphore.in_use == 3
    semaphore.resize(2, one_each=False)
    semaphore.release("a")
    await steps()
    assert semaphore.in_use == 2
    semaphore.release("a")
    await steps()
    assert semaphore.in_use == 2
    semaphore.resize(9, one_each=False)
    await asyncio.gather(*tasks)


async def test_what_was_granted_is_given_back_whatever_the_capacity_is_by_then() -> None:
    semaphore = FairSemaphore(10)
    async with semaphore.hold("a", 25):
        semaphore.resize(4, one_each=False)
        assert semaphore.in_use == 10
    assert semaphore.in_use == 0


async def test_a_bound_of_one_transfer_delays_no_other() -> None:
    semaphore = FairSemaphore(10)
    semaphore.bound("a", 2)
    tasks = [asyncio.create_task(semaphore.acquire("a")) for _ in range(4)]
    await steps()
    assert semaphore.held("a") == 2
    await asyncio.wait_for(semaphore.acquire("b"), 1)
    semaphore.bound("a", 3)
    await steps()
    assert semaphore.held("a") == 3
    semaphore.bound("a", None)
    await asyncio.gather(*tasks)


async def test_a_large_amount_is_not_overtaken_by_small_ones() -> None:
    semaphore = FairSemaphore(10)
    await semaphore.acquire("a", 6)
    large, small = asyncio.create_task(semaphore.acquire("b", 8)), asyncio.create_task(semaphore.acquire("c", 2))
    await steps()
    assert not large.done()
    assert not small.done()
    semaphore.release("a", 6)
    await asyncio.gather(large, small)
    assert semaphore.in_use == 10


async def test_more_than_all_goes_alone() -> None:
    semaphore = FairSemaphore(10)
    async with semaphore.hold("a", 25):
        assert semaphore.in_use == 10
        other = asyncio.create_task(semaphore.acquire("b"))
        await steps()
        assert not other.done()
    await other
    assert semaphore.in_use == 1


async def test_one_each_even_when_it_is_full() -> None:
    semaphore = FairSemaphore(2, one_each=True)
    await semaphore.acquire("greedy")
    await semaphore.acquire("greedy")
    third = asyncio.create_task(semaphore.acquire("greedy"))
    await steps()
    await asyncio.wait_for(semaphore.acquire("modest"), 1)
    assert not third.done()
    assert (semaphore.held("greedy"), semaphore.held("modest")) == (2, 1)
    semaphore.release("modest")
    await steps()
    assert not third.done()
    semaphore.release("greedy")
    await third


async def test_a_cancelled_waiter_leaves_nothing_behind() -> None:
    semaphore = FairSemaphore(1)
    await semaphore.acquire("a")
    given_up, patient = asyncio.create_task(semaphore.acquire("b")), asyncio.create_task(semaphore.acquire("c"))
    await steps()
    given_up.cancel()
    semaphore.release("a")  # in the same step: the turn must not be lost with who gave up
    await asyncio.wait([given_up, patient], timeout=1)
    assert given_up.cancelled()
    assert patient.done()
    assert (semaphore.in_use, semaphore.held("c")) == (1, 1)


async def test_a_waiter_cancelled_after_its_turn_gives_it_back() -> None:
    semaphore = FairSemaphore(1)
    await semaphore.acquire("a")
    unlucky = asyncio.create_task(semaphore.acquire("b"))
    await steps()
    semaphore.release("a")
    unlucky.cancel()
    await asyncio.wait([unlucky])
    assert unlucky.cancelled()
    assert semaphore.in_use == 0
