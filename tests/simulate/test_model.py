"""The simulation in cases that can be worked out by hand."""

from itertools import pairwise, product

import pytest

from tests.simulate.copying import TASK, copy
from tests.simulate.keyspace import Keyspace, Names
from tests.simulate.service import Machine, Partitions, Service
from tui.stores.split_listing import LEAST

MILLION = 1_000_000
STILL = Service(splits_after=1e12, spread=0.0, latency=0.01)
FAST = Machine(objects=1e9, bandwidth=1e18, shared=1.0)


def even(objects: int, count: int) -> list[tuple[float, float]]:
    return [(objects * at // count, objects * (at + 1) // count) for at in range(count)]


def test_one_partition_bounds_all_workers() -> None:
    ended = copy(MILLION, 0, even(MILLION, 200), 100, STILL, FAST)
    assert ended.seconds == pytest.approx(MILLION / (3500 * STILL.throttled), rel=0.02)
    assert ended.refused > 0.9


def test_latency_bounds_one_worker() -> None:
    ended = copy(MILLION, 0, even(MILLION, 10), 1, STILL, Machine(objects=1e9, at_once=16, bandwidth=1e18))
    tasks = 10 * -(-MILLION // 10 // TASK)
    assert ended.seconds == pytest.approx(MILLION * 0.01 / 16 + tasks * 0.01, rel=0.02)
    assert ended.refused == 0


def test_bandwidth_bounds_large_objects() -> None:
    size = 100 << 20
    ended = copy(10_000, size, even(10_000, 100), 4, STILL, Machine(objects=1e9, bandwidth=1e9, shared=1.0))
    assert ended.seconds == pytest.approx(10_000 * size / 4e9, rel=0.02)


def test_a_processor_bounds_small_objects_and_twice_the_workers_take_half_the_time() -> None:
    wide = Service(partitions=512, splits_after=1e12, spread=0.0, latency=0.001)
    slow = Machine(objects=100.0, shared=1.0)
    one, two = (copy(MILLION, 0, even(MILLION, 500), workers, wide, slow).seconds for workers in (10, 20))
    assert one == pytest.approx(1000, rel=0.03)
    assert two == pytest.approx(500, rel=0.03)


def test_busy_partitions_are_split_and_it_goes_faster() -> None:
    ended = copy(100 * MILLION, 0, even(100 * MILLION, 500), 50, Service(), Machine())
    assert ended.partitions > 4
    assert ended.seconds < 100 * MILLION / (3500 * 0.85) / 2


def test_a_partition_is_split_only_when_it_was_at_its_rate_for_so_long() -> None:
    partitions = Partitions(Service(partitions=2, splits_after=100.0))
    partitions.split_busy([True, False], 60.0)
    assert partitions.ends == [0.5, 1.0]
    partitions.split_busy([True, False], 60.0)
    assert partitions.ends == [0.25, 0.5, 1.0]
    partitions.split_busy([False, True, False], 60.0)
    partitions.split_busy([False, False, False], 60.0)
    partitions.split_busy([False, True, False], 60.0)
    assert partitions.ends == [0.25, 0.5, 1.0], "only time without a break counts"


def test_more_workers_than_ranges_have_nothing_to_do() -> None:
    ended = copy(MILLION, 0, even(MILLION, 4), 8, STILL, Machine(objects=10.0))
    assert ended.idle == pytest.approx(0.5, abs=0.05)


def test_they_get_a_part_of_what_others_have() -> None:
    slow = Machine(objects=10.0, shared=1.0)
    ended = copy(MILLION, 0, even(MILLION, 3), 8, STILL, slow, balanced=True)
    assert ended.idle < 0.02
    assert ended.seconds == pytest.approx(MILLION / 80, rel=0.03)


def test_the_same_seed_gives_the_same() -> None:
    assert copy(MILLION, 0, even(MILLION, 64), 7) == copy(MILLION, 0, even(MILLION, 64), 7)


def test_the_real_code_cuts_keys_that_are_nowhere_stored() -> None:
    for objects, names in product((1, 999, 100_000, 10**10), Names):
        ranges = Keyspace(objects, names).ranges(16)
        assert (ranges[0][0], ranges[-1][1]) == (0, objects), (objects, names)
        assert all(one[1] == other[0] for one, other in pairwise(ranges)), (objects, names)


def test_no_range_has_much_more_than_its_share() -> None:
    for objects, names, most in product((10**5, 10**7, 10**10), Names, (16, 64)):
        ranges = Keyspace(objects, names).ranges(most)
        wanted = min(most, objects // int(LEAST))
        assert wanted / 2 <= len(ranges) <= 2 * wanted, (objects, names, most)
        assert max(high - low for low, high in ranges) <= 3 * objects / wanted, (objects, names, most)


def test_keys_are_where_their_places_say() -> None:
    texts = ("", "0", "00", "5", "9/", "a", "a:", "0000000001x", "ffff", "000000000500", "000000000500x", "/", "zz")
    for names in Names:
        keys = Keyspace(1000, names)
        listed = list(keys.names(0, 1000))
        assert listed == sorted(set(listed))
        assert [keys.place_behind(name) for name in listed] == list(range(1, 1001))
        for text in texts:
            assert keys.place_behind(text) == sum(name <= text for name in listed), (names, text)
