"""Limits, and the books of a transfer: fair between transfers, counts, rate and time left."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.transfers.journal.samples import transfer
from tui.core.naming import KIB, MIB
from tui.core.orders import CopyRoute
from tui.core.problem import Problem, ProblemKind
from tui.core.transfer import ObjectResult, Outcome, Pace, Tally, Transfer, TransferKind, TransferState
from tui.transfers import limits
from tui.transfers import progress as snapshots
from tui.transfers.backoff import ConcurrencyLimit
from tui.transfers.journal import Cursor, OutcomeCounts
from tui.transfers.limits import (
    BURST_SECONDS,
    EXPECTED,
    FIRST,
    FairSemaphore,
    ObjectConcurrency,
    RateLimit,
    Slots,
    StreamConcurrency,
    TransferLimits,
)
from tui.transfers.progress import (
    BETWEEN_NUMBERS,
    BETWEEN_SNAPSHOTS,
    STEP,
    WINDOW,
    BusyTime,
    ChangeNotifier,
    Meter,
    Progress,
    pace_of,
)


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


async def steps() -> None:
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


async def test_an_object_that_waits_for_a_decision_is_one_that_waits_and_has_no_slot() -> None:
    slots = Slots(FairSemaphore(1), "t", 2)
    slot = await slots.take()
    async with slot.given_up():
        assert (slots.busy, slots.waiting) == (0, 1)
    assert (slots.busy, slots.waiting) == (1, 0)


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


async def test_a_bound_of_one_transfer_delays_no_other() -> None:
    semaphore = FairSemaphore(10)
    semaphore.bound("a", 2)
    tasks = [asyncio.create_task(semaphore.acquire("a")) for _ in range(4)]
    await steps()
    assert semaphore.held("a") == 2
    await semaphore.acquire("b")
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
    """All of it is given back, whatever the capacity is by then."""
    semaphore = FairSemaphore(10)
    async with semaphore.hold("a", 25):
        other = asyncio.create_task(semaphore.acquire("b"))
        await steps()
        assert not other.done()
        semaphore.resize(4, one_each=False)
        assert semaphore.in_use == 10
    await other
    assert semaphore.in_use == 1


async def test_one_each_even_when_it_is_full() -> None:
    semaphore = FairSemaphore(2, one_each=True)
    await semaphore.acquire("greedy")
    await semaphore.acquire("greedy")
    third = asyncio.create_task(semaphore.acquire("greedy"))
    await steps()
    await semaphore.acquire("modest")
    assert not third.done()
    assert (semaphore.held("greedy"), semaphore.held("modest")) == (2, 1)
    semaphore.release("modest")
    await steps()
    assert not third.done()
    semaphore.release("greedy")
    await third


@pytest.mark.parametrize("late", [False, True], ids=["before its turn", "after its turn"])
async def test_a_cancelled_waiter_leaves_nothing_behind(late: bool) -> None:
    """In the same step as its turn comes: that must not be lost with who gave up."""
    semaphore = FairSemaphore(1)
    await semaphore.acquire("a")
    given_up, patient = asyncio.create_task(semaphore.acquire("b")), asyncio.create_task(semaphore.acquire("c"))
    await steps()
    both = (lambda: semaphore.release("a"), given_up.cancel)
    for each in both if late else reversed(both):
        each()
    await asyncio.wait([given_up, patient])
    assert given_up.cancelled()
    assert patient.done()
    assert (semaphore.in_use, semaphore.held("c")) == (1, 1)


# How many requests an endpoint is asked at once.


@asynccontextmanager
async def place(limit: ConcurrencyLimit) -> AsyncIterator[int]:
    token = await limit.enter()
    try:
        yield token
    finally:
        limit.leave()


async def under_way(limit: ConcurrencyLimit, stack: AsyncExitStack, count: int) -> list[int]:
    return [await stack.enter_async_context(place(limit)) for _ in range(count)]


async def test_a_slowdown_halves_what_is_under_way_once_for_all_that_were_sent_before() -> None:
    limit = ConcurrencyLimit(most=100)
    async with AsyncExitStack() as stack:
        tokens = await under_way(limit, stack, 40)
        for token in tokens:
            limit.slow_down(token)
        assert limit.width == 20
    async with AsyncExitStack() as stack:
        [token] = await under_way(limit, stack, 1)
        limit.slow_down(token)
        assert limit.width == 1
        limit.slow_down(token)
        assert limit.width == 1


async def test_it_widens_by_one_for_a_whole_width_of_successes() -> None:
    limit = ConcurrencyLimit(most=5)
    async with AsyncExitStack() as stack:
        for token in await under_way(limit, stack, 4):
            limit.slow_down(token)
    widths = []
    for _ in range(20):
        limit.succeeded()
        widths.append(limit.width)
    assert widths[:9] == [2, 3, 3, 3, 4, 4, 4, 4, 5]
    assert max(widths) == 5


async def test_waiting_requests_are_admitted_in_order() -> None:
    limit = ConcurrencyLimit(most=1)
    order: list[int] = []

    async def one(number: int) -> None:
        async with place(limit):
            order.append(number)
            await asyncio.sleep(0)

    await asyncio.gather(*(one(number) for number in range(5)))
    assert order == list(range(5))
    assert limit.under_way == 0


@given(st.lists(st.integers(0, 3), max_size=40))
def test_cancelling_loses_no_place(steps: list[int]) -> None:
    async def run() -> None:
        limit, go_on = ConcurrencyLimit(most=2), asyncio.Event()

        async def one() -> None:
            async with place(limit):
                await go_on.wait()

        tasks: list[asyncio.Task[None]] = []
        for step in steps:
            if step == 0 and tasks:
                tasks[len(tasks) // 2].cancel()
            elif step == 1:
                await asyncio.sleep(0)
            else:
                tasks.append(asyncio.create_task(one()))
        go_on.set()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert limit.under_way == 0
        async with place(limit), place(limit):
            assert limit.under_way == 2

    asyncio.run(run())


# A throttle lets through what the rate allows, in turn, and a new rate applies at once.


class Timed(RateLimit):
    """One whose time passes only while it is waited for, so that a busy machine changes nothing."""

    def __init__(self, rate: int) -> None:
        self.now = 100.0
        super().__init__(rate, lambda: self.now)

    async def _wait(self, seconds: float) -> None:
        assert seconds <= BURST_SECONDS
        self.now += max(seconds, 1e-9)  # what is smaller would be lost in the sum


@pytest.mark.parametrize(("rate", "count", "seconds"), [(1000, 100, 0.5), (1000, 5000, 25.0), (10, 1, 0.5)])
async def test_it_takes_the_time_it_must_and_no_more(rate: int, count: int, seconds: float) -> None:
    throttle = Timed(rate)
    for _ in range(5):
        await throttle.take(count)
    assert throttle.now - 100.0 == pytest.approx(seconds)


async def test_what_was_not_used_is_saved_but_not_without_end(clock: Clock) -> None:
    throttle = RateLimit(1000, clock=clock)
    throttle.set_rate(1000)
    clock.now = 3600.0
    await throttle.take(int(1000 * BURST_SECONDS))
    more = asyncio.create_task(throttle.take(1))
    await steps()
    assert not more.done()
    throttle.set_rate(None)
    await more


async def test_another_rate_applies_at_once_to_all_waiters() -> None:
    """One that was cancelled delays no other."""
    throttle = RateLimit(1)
    impatient, *patient = [asyncio.create_task(throttle.take(1000)) for _ in range(3)]
    await steps()
    impatient.cancel()
    await asyncio.wait([impatient])
    assert not any(each.done() for each in patient)
    throttle.set_rate(10_000_000)
    await asyncio.gather(*patient)
    await RateLimit().take(1 << 40)  # nothing waits without a rate


# How many objects are under way at once, on lines and servers that are computed.
LEAST_OBJECTS, MOST_OBJECTS = 32, 256


def objects_after(seconds: float, round_trip: float, rate: float) -> int:
    """The number after that time, where an object takes a round trip, and only so many a second can be copied."""
    now = 0.0
    concurrency = ObjectConcurrency(LEAST_OBJECTS, MOST_OBJECTS, now)
    while now < seconds:
        reached = min(rate, concurrency.number / round_trip)
        now += 1 / reached
        concurrency.copied(max(round_trip, concurrency.number / reached), now, KIB)
    return concurrency.number


def test_it_keeps_the_line_busy_and_little_more() -> None:
    few, all_of_them = (LEAST_OBJECTS, 2 * LEAST_OBJECTS + 3), (MOST_OBJECTS, MOST_OBJECTS)
    lines = {
        (10, 0.002, 1000): few,
        (10, 0.02, 500): few,
        (10, 0.05, 1000): (50, 110),
        (10, 0.1, 800): (80, 170),
        (10, 0.2, 4000): all_of_them,
        (2, 0.1, 4000): all_of_them,  # a long line is filled within two seconds
        (60, 0.04, 700): (0, few[1]),  # objects wait for the processor, not for the line
    }
    found = {line: objects_after(*line) for line in lines}
    assert {line: number for line, number in found.items() if not lines[line][0] <= number <= lines[line][1]} == {}


def test_it_becomes_fewer_where_the_line_becomes_slower() -> None:
    """A clock that is set back does no harm."""
    concurrency = ObjectConcurrency(LEAST_OBJECTS, MOST_OBJECTS, 0.0)
    now = 0.0
    for _ in range(2000):
        now += 1 / 2000
        concurrency.copied(0.05, now, KIB)
    assert concurrency.number > 150
    for _ in range(3000):
        now += 1 / 100
        concurrency.copied(0.05, now, KIB)
    assert concurrency.number == LEAST_OBJECTS
    concurrency = ObjectConcurrency(LEAST_OBJECTS, MOST_OBJECTS, 0.0)
    assert not concurrency.copied(-5.0, 1.0, KIB)
    assert concurrency.number == LEAST_OBJECTS


def first_round(size: int, *, seconds: float = 0.05) -> ObjectConcurrency:
    """After the objects that are begun together have ended, before there is a window to measure a rate in."""
    concurrency = ObjectConcurrency(LEAST_OBJECTS, MOST_OBJECTS, 0.0)
    for number in range(LEAST_OBJECTS):
        concurrency.copied(1.0 if number == 0 else seconds, limits.WINDOW / 2, size)
    return concurrency


def test_the_first_small_objects_say_how_many_a_long_line_needs() -> None:
    assert first_round(16 * KIB).number == EXPECTED * 0.05
    assert first_round(16 * KIB, seconds=0.002).number == LEAST_OBJECTS, "the first one, which learns, has no say"
    assert first_round(64 * MIB).number == LEAST_OBJECTS, "large ones are long under way for their size"


# How many parts of one object are written while they are read, on lines that are computed.
MOST_PARTS = 32


def parts_after(seconds: float, part_seconds: float, rate: float) -> int:
    """The number after that time, where a part takes so long at least, and so many a second are possible."""
    clock = Clock()
    streams = StreamConcurrency(FairSemaphore(MOST_PARTS), MOST_PARTS, clock)
    while clock.now < seconds:
        reached = min(rate, streams.number / part_seconds)
        clock.now += 1 / reached
        streams.ended(clock.now - max(part_seconds, streams.number / reached), well=True)
    return streams.number


def test_as_many_as_the_line_needs() -> None:
    near, far, narrow = ((0.02, 100), (FIRST, 2 * FIRST + 2)), ((0.13, 1000), [MOST_PARTS] * 2), ((0.2, 60), (20, 26))
    for line, (least, most) in (near, far, narrow):
        assert least <= parts_after(5, *line) <= most, line


def test_after_a_failure_there_are_fewer() -> None:
    clock = Clock()
    streams = StreamConcurrency(FairSemaphore(MOST_PARTS), MOST_PARTS, clock)
    for left in (FIRST // 2, FIRST // 4, 1, 1):
        streams.ended(clock.now, well=False)
        assert streams.number == left


async def test_no_more_than_all_transfers_may_have() -> None:
    shared = FairSemaphore(3)
    streams, now, most = [StreamConcurrency(shared, MOST_PARTS, Clock()) for _ in range(2)], 0, 0

    async def one(concurrency: StreamConcurrency, transfer: str) -> None:
        nonlocal now, most
        async with concurrency.one(transfer):
            now += 1
            most = max(most, now)
            await asyncio.sleep(0)
            now -= 1

    await asyncio.gather(
        *(one(concurrency, str(number)) for number, concurrency in enumerate(streams) for _ in range(10))
    )
    assert (now, most) == (0, 3)


# The books of a transfer: counts, rate and time left, and how often its watchers are told.


def progress(notes: int = 50) -> Progress:
    made = Progress(transfer(), TransferLimits(notes=notes))
    made.begin()
    return made


@pytest.fixture
def books() -> Progress:
    return progress()


def result(outcome: Outcome, size: int = 10, kind: ProblemKind | None = None, *notes: str) -> ObjectResult:
    problem = Problem(kind=kind, title=kind) if kind else None
    return ObjectResult("t", "s3://a/k", "s3://b/k", outcome, size=size, problem=problem, notes=list(notes))


def test_bytes_of_what_was_skipped_are_not_waited_for(books: Progress) -> None:
    books.count(Tally(3, 30, complete=True))
    books.add(result(Outcome.SKIPPED))
    books.arrived(10)
    books.add(result(Outcome.COPIED))
    snapshot = books.snapshot()
    assert (snapshot.bytes_done, snapshot.bytes_total) == (10, 20)
    assert (snapshot.objects_done, snapshot.objects_skipped, snapshot.objects_total) == (1, 1, 3)


def test_bytes_of_a_failed_upload_are_taken_back_but_were_moved(books: Progress) -> None:
    """An object of another size than listed corrects the total."""
    books.count(Tally(1, 30, complete=True))
    books.arrived(20)
    books.arrived(-20)
    snapshot = books.snapshot()
    assert (snapshot.bytes_done, snapshot.bytes_total) == (0, 30)
    assert snapshot.rate > 0
    books.correct_size(10, 25)
    books.correct_size(None, 7)  # a marked key was counted with its real size
    assert books.snapshot().bytes_total == 45


def test_there_is_no_time_left_while_counting(books: Progress) -> None:
    books.count(Tally(1, 10))
    books.arrived(1)
    assert books.snapshot().counting
    assert books.snapshot().eta is None
    books.count(Tally(1, 10, complete=True))
    assert books.snapshot().eta is not None
    books.arrived(10)
    why = Problem(kind=ProblemKind.EXPIRED, title="expired")
    books.set_state(TransferState.WAITING, why)
    snapshot = books.snapshot()
    assert (snapshot.state, snapshot.waits_for, snapshot.rate, snapshot.eta) == (TransferState.WAITING, why, 0, None)
    books.begin()
    assert books.snapshot().waits_for is None


def test_the_first_error_is_kept_and_decides_the_end(books: Progress) -> None:
    books.add(result(Outcome.FAILED, kind=ProblemKind.CHANGED))
    books.add(result(Outcome.FAILED, kind=ProblemKind.DENIED))
    books.end(cancelled=False)
    snapshot = books.snapshot()
    assert snapshot.problem
    assert (snapshot.state, snapshot.problem.kind) == (TransferState.FAILED, ProblemKind.CHANGED)
    assert (snapshot.ended is not None, snapshot.rate) == (True, 0)


def test_notes_stand_once_and_are_bounded() -> None:
    books = progress(notes=2)
    for note in ("a", "b", "a", "c"):
        books.add(result(Outcome.COPIED, 10, None, note))
    assert books.snapshot().notes == ["a", "b"]


def test_going_on_is_hopeless_without_credentials_and_after_many_dead_connections() -> None:
    at_once = (ProblemKind.NO_CREDENTIALS, ProblemKind.BAD_CREDENTIALS, ProblemKind.NO_SUCH_BUCKET)
    for kind, failures in ((ProblemKind.EXPIRED, 1), (ProblemKind.UNREACHABLE, 10), *((kind, 1) for kind in at_once)):
        books = progress()
        for _ in range(failures - 1):
            books.add(result(Outcome.FAILED, kind=kind))
        assert not books.hopeless
        books.add(result(Outcome.FAILED, kind=kind))
        assert books.hopeless
    books = progress()
    for _ in range(100):
        books.add(result(Outcome.FAILED, kind=ProblemKind.DENIED))
    assert not books.hopeless
    books = progress()
    for kind in (ProblemKind.DENIED, ProblemKind.EXPIRED):
        books.add(result(Outcome.FAILED, kind=kind))
    assert books.hopeless, "the latest failure decides"
    books.give_up()
    assert "credentials expired" in books.snapshot().notes[0]


COUNTS = OutcomeCounts(
    {Outcome.COPIED: 3, Outcome.MOVED: 2, Outcome.SKIPPED: 1, Outcome.FAILED: 4, Outcome.CANCELLED: 1},
    {Outcome.COPIED: 30, Outcome.MOVED: 20, Outcome.SKIPPED: 10, Outcome.FAILED: 40, Outcome.CANCELLED: 10},
)


def test_loading_from_the_journal_counts_kept_bytes_as_copied(books: Progress) -> None:
    books.arrived(1234)
    books.load(COUNTS, 7, retrying=False)
    snapshot = books.snapshot()
    assert (snapshot.objects_done, snapshot.objects_failed, snapshot.objects_skipped) == (5, 4, 1)
    assert snapshot.bytes_done == 57
    assert books.results == 11
    books.load(COUNTS, 0, retrying=True)
    assert books.snapshot().objects_failed == 0
    assert books.results == 6


def test_what_was_moved_is_not_counted_again_but_was_there(books: Progress) -> None:
    books.load(COUNTS, 0, retrying=False)
    books.count(Tally(9, 90, complete=True))  # the listing does not hold the two any more
    snapshot = books.snapshot()
    assert (snapshot.objects_total, snapshot.bytes_total) == (11, 100)


def test_a_total_that_was_complete_is_kept_with_its_corrections(books: Progress) -> None:
    books.count(Tally(3, 30))
    assert books.record(None, 1.0, retrying=False).tally == Tally()
    books.count(Tally(3, 30, complete=True))
    books.correct_size(10, 15)
    record = books.record(Cursor(1, "p/k"), 2.5, retrying=True)
    assert (record.tally.objects, record.tally.bytes, record.position, record.retrying) == (3, 35, 2.5, True)
    again = Progress(record, TransferLimits())
    assert again.counted
    assert again.snapshot().bytes_total == 35


# Rate and time left, by a clock that the test moves.


@pytest.fixture
def meter(clock: Clock) -> Meter:
    made = Meter(clock)
    assert (made.rate(), made.eta(100), made.eta(0)) == (0.0, None, 0.0), "nothing has no rate and no end"
    clock.now = 100.0
    made.start()
    return made


def test_an_even_flow(clock: Clock, meter: Meter) -> None:
    for _ in range(100):
        clock.now += 0.5
        meter.add(50)
    assert meter.rate() == pytest.approx(100, rel=0.06)
    assert meter.eta(1000) == pytest.approx(10, rel=0.06)


@pytest.mark.parametrize(("seconds", "count", "rate"), [(0, 100, 100 / STEP), (2, 200, 100), (4, 2, 0.5)])
def test_the_first_seconds_count_from_the_start(
    clock: Clock, meter: Meter, seconds: int, count: int, rate: float
) -> None:
    """The first instant is no infinite rate, and a flow of less than a byte a second has an end, too."""
    clock.now += seconds
    meter.add(count)
    assert meter.rate() == rate
    assert meter.eta(10) == 10 / rate


def test_a_stalled_flow_sinks_to_nothing(clock: Clock, meter: Meter) -> None:
    clock.now += 1
    meter.add(1000)
    rates = []
    for _ in range(12):
        clock.now += 1
        rates.append(meter.rate())
    assert rates == sorted(rates, reverse=True)
    assert rates[-1] == 0.0
    assert meter.eta(1) is None


def test_it_remembers_no_more_than_its_window(clock: Clock, meter: Meter) -> None:
    for _ in range(100_000):
        clock.now += 0.001
        meter.add(1)
    assert meter.rate() == pytest.approx(1000, rel=0.05)
    assert len(meter._steps) <= WINDOW / STEP + 2


# The pace of this machine, as its latest transfers tell it.


def ended_transfer(
    objects: int, size: int, busy: float, route: CopyRoute | None = CopyRoute.PULL, **more: Any
) -> Transfer:
    done: dict[str, Any] = {
        "objects_done": objects,
        "bytes_done": size,
        "busy": busy,
        "submitted": 1.0,
        "engine": "local",
        **more,
    }
    return Transfer("t", "s3://a/", "s3://b/", TransferState.DONE, route, **done)


def test_what_a_transfer_tells() -> None:
    expected = [
        (ended_transfer(10_000, 0, 5.0), Pace(copies=2000.0)),
        (ended_transfer(10_000, 0, 5.0, CopyRoute.PUSH), Pace(copies=2000.0)),
        (ended_transfer(10_000, 10_000 * 16_384, 5.0, CopyRoute.RELAY), Pace(relays=2000.0)),
        (ended_transfer(4, 1000 * MIB, 5.0, CopyRoute.RELAY), Pace(relayed=200.0 * MIB)),
        (ended_transfer(10_000, 0, 2.0), Pace()),
        (ended_transfer(100, 0, 5.0), Pace()),
        (ended_transfer(100, 100, 5.0, CopyRoute.RELAY), Pace()),
        (ended_transfer(10_000, 0, 5.0, None), Pace()),
        (ended_transfer(0, 0, 5.0), Pace()),
        (ended_transfer(10_000, 0, 5.0, kind=TransferKind.DELETE), Pace()),
        (ended_transfer(10_000, 0, 5.0, engine="tls://here:8786"), Pace()),
    ]
    assert [(done, pace_of([done])) for done, _ in expected] == expected


def test_the_latest_one_counts_and_each_kind_has_its_own() -> None:
    seen = [
        ended_transfer(10_000, 0, 5.0, submitted=2.0),
        ended_transfer(10_000, 0, 10.0, submitted=1.0),
        ended_transfer(10_000, 0, 4.0, CopyRoute.RELAY, submitted=3.0),
        ended_transfer(4, 1000 * MIB, 5.0, CopyRoute.RELAY, submitted=4.0),
    ]
    assert pace_of(seen) == Pace(copies=2000.0, relays=2500.0, relayed=200.0 * MIB)


def test_only_time_in_which_something_was_done_counts(clock: Clock) -> None:
    busy = BusyTime(7.0, clock)
    for _ in range(3):
        busy.note()
    clock.now += STEP
    busy.note()
    clock.now += 3600.0
    busy.note()
    assert busy.seconds == 7.0 + 3 * STEP


# Snapshots come on change, of numbers at most two a second, and not at all otherwise.


@pytest.fixture
def between(monkeypatch: pytest.MonkeyPatch) -> float:
    for name in ("BETWEEN_SNAPSHOTS", "BETWEEN_NUMBERS", "FADING"):
        monkeypatch.setattr(snapshots, name, getattr(snapshots, name) / 10)
    return BETWEEN_NUMBERS / 10


async def test_a_flood_of_changes_becomes_a_few_snapshots_that_end_with_the_last(between: float) -> None:
    changes, counted, seen, loop = ChangeNotifier(), 0, list[int](), asyncio.get_running_loop()
    began = loop.time()

    async def flood() -> None:
        nonlocal counted
        while len(seen) < 4:
            counted += 1
            changes.touch()
            await asyncio.sleep(0)
        changes.end()

    flooding = asyncio.create_task(flood())
    async with aclosing(changes.snapshots(lambda: counted, lambda _: False)) as following:
        async for each in following:
            seen.append(each)
    await flooding
    assert len(seen) <= (loop.time() - began) / between + 2
    assert seen[-1] == counted > len(seen)


async def test_nothing_is_sent_when_nothing_changed(between: float) -> None:
    changes, value, taken = ChangeNotifier(), 1, 0

    def take() -> int:
        nonlocal taken
        taken += 1
        return value

    async with aclosing(changes.snapshots(take, lambda _: False)) as following:
        assert await anext(following) == 1
        coming = asyncio.ensure_future(anext(following))
        changes.touch()  # without a difference
        await asyncio.wait([coming], timeout=3 * between)
        assert not coming.done()
        before = taken
        await asyncio.wait([coming], timeout=3 * between)
        assert taken == before  # it does not even look
        value = 2
        changes.touch()
        assert await coming == 2


async def test_what_is_urgent_does_not_wait_for_the_next_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots, "BETWEEN_NUMBERS", 3600.0)
    changes, value = ChangeNotifier(), 1
    async with aclosing(changes.snapshots(lambda: value, lambda _: False)) as following:
        assert await anext(following) == 1
        value = 2
        coming = asyncio.ensure_future(anext(following))
        await asyncio.sleep(0)
        changes.touch()  # a number: in an hour
        await asyncio.wait([coming], timeout=3 * BETWEEN_SNAPSHOTS)
        assert not coming.done()
        changes.touch(urgent=True)
        assert await coming == 2


async def test_what_fades_is_looked_at_without_being_touched(between: float) -> None:
    changes, values = ChangeNotifier(), iter([3, 2, 1, 0])
    async with aclosing(changes.snapshots(lambda: next(values, 0), lambda value: value > 0)) as following:
        assert await anext(following) == 3
        assert await anext(following) == 2
    assert not changes._watchers, "a watcher that stops is forgotten"
