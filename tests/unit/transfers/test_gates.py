"""A gate never lets too much through, starves nobody, and forgets nobody who gave up."""

import asyncio

from tui.transfers.gates import FairGate


async def steps() -> None:
    """Let every task that can go on go on."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_no_more_than_its_capacity() -> None:
    gate, most = FairGate(10), 0

    async def use(owner: str, amount: int) -> None:
        nonlocal most
        async with gate.hold(owner, amount):
            most = max(most, gate.in_use)
            await asyncio.sleep(0)

    await asyncio.gather(*(use(f"t{number % 3}", number % 7) for number in range(200)))
    assert 8 <= most <= 10
    assert gate.in_use == 0


async def test_those_who_hold_nothing_get_their_turn_one_after_the_other() -> None:
    gate, order = FairGate(1), list[str]()
    gate.arrange(["other", "small", "big"])

    async def use(owner: str) -> None:
        async with gate.hold(owner):
            order.append(owner)

    await gate.acquire("first")
    waiting = [asyncio.create_task(use(owner)) for owner in ("big", "big", "big", "big", "small", "other")]
    await steps()
    gate.release("first")
    await asyncio.gather(*waiting)
    assert order == ["big", "small", "other", "big", "big", "big"]


async def test_what_is_left_goes_by_the_order_of_the_queue() -> None:
    gate, order = FairGate(10), list[str]()
    gate.arrange(["early", "late"])

    async def take(owner: str) -> None:
        await gate.acquire(owner)
        order.append(owner)

    await gate.acquire("other", 10)
    waiting = [asyncio.create_task(take(owner)) for owner in ("late",) * 6 + ("early",) * 3]
    await steps()
    gate.release("other", 9)
    await asyncio.gather(*waiting)
    assert order == ["late", "early", "early", "early", "late", "late", "late", "late", "late"]


async def test_another_order_holds_at_once() -> None:
    gate = FairGate(4)
    gate.arrange(["a", "b"])
    for owner in ("a", "b", "other", "other"):
        await gate.acquire(owner)
    a, b = asyncio.create_task(gate.acquire("a")), asyncio.create_task(gate.acquire("b"))
    await steps()
    gate.arrange(["b", "a"])
    gate.release("other")
    await steps()
    assert (a.done(), b.done()) == (False, True)
    gate.release("other")
    await a


async def test_it_grows_and_shrinks_while_it_is_used() -> None:
    gate = FairGate(1)
    tasks = [asyncio.create_task(gate.acquire("a")) for _ in range(5)]
    await steps()
    assert gate.in_use == 1
    gate.resize(3, one_each=False)
    await steps()
    assert gate.in_use == 3
    gate.resize(2, one_each=False)
    gate.release("a")
    await steps()
    assert gate.in_use == 2
    gate.release("a")
    await steps()
    assert gate.in_use == 2
    gate.resize(9, one_each=False)
    await asyncio.gather(*tasks)


async def test_what_was_granted_is_given_back_whatever_the_capacity_is_by_then() -> None:
    gate = FairGate(10)
    async with gate.hold("a", 25):
        gate.resize(4, one_each=False)
        assert gate.in_use == 10
    assert gate.in_use == 0


async def test_a_bound_of_its_own_holds_up_nobody_else() -> None:
    gate = FairGate(10)
    gate.bound("a", 2)
    tasks = [asyncio.create_task(gate.acquire("a")) for _ in range(4)]
    await steps()
    assert gate.held("a") == 2
    await asyncio.wait_for(gate.acquire("b"), 1)
    gate.bound("a", 3)
    await steps()
    assert gate.held("a") == 3
    gate.bound("a", None)
    await asyncio.gather(*tasks)


async def test_a_large_amount_is_not_overtaken_by_small_ones() -> None:
    gate = FairGate(10)
    await gate.acquire("a", 6)
    large, small = asyncio.create_task(gate.acquire("b", 8)), asyncio.create_task(gate.acquire("c", 2))
    await steps()
    assert not large.done()
    assert not small.done()
    gate.release("a", 6)
    await asyncio.gather(large, small)
    assert gate.in_use == 10


async def test_more_than_all_goes_alone() -> None:
    gate = FairGate(10)
    async with gate.hold("a", 25):
        assert gate.in_use == 10
        other = asyncio.create_task(gate.acquire("b"))
        await steps()
        assert not other.done()
    await other
    assert gate.in_use == 1


async def test_one_each_even_when_it_is_full() -> None:
    gate = FairGate(2, one_each=True)
    await gate.acquire("greedy")
    await gate.acquire("greedy")
    third = asyncio.create_task(gate.acquire("greedy"))
    await steps()
    await asyncio.wait_for(gate.acquire("modest"), 1)
    assert not third.done()
    assert (gate.held("greedy"), gate.held("modest")) == (2, 1)
    gate.release("modest")
    await steps()
    assert not third.done()
    gate.release("greedy")
    await third


async def test_who_gives_up_leaves_nothing_behind() -> None:
    gate = FairGate(1)
    await gate.acquire("a")
    given_up, patient = asyncio.create_task(gate.acquire("b")), asyncio.create_task(gate.acquire("c"))
    await steps()
    given_up.cancel()
    gate.release("a")  # in the same step: the turn must not be lost with who gave up
    await asyncio.wait([given_up, patient], timeout=1)
    assert given_up.cancelled()
    assert patient.done()
    assert (gate.in_use, gate.held("c")) == (1, 1)


async def test_who_is_cancelled_after_the_turn_came_gives_it_back() -> None:
    gate = FairGate(1)
    await gate.acquire("a")
    unlucky = asyncio.create_task(gate.acquire("b"))
    await steps()
    gate.release("a")
    unlucky.cancel()
    await asyncio.wait([unlucky])
    assert unlucky.cancelled()
    assert gate.in_use == 0
