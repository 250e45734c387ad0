"""A part plan covers the object exactly, within S3's limits, for every size there can be."""

from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.model.orders import CopyOptions
from tui.model.problem import ProblemError, ProblemKind
from tui.model.s3_limits import GIB, MAX_OBJECT_SIZE, MAX_PART_SIZE, MAX_PARTS, MAX_SINGLE_COPY, MIB, MIN_PART_SIZE
from tui.stores.values import ObjectHead
from tui.transfers.copy.part_sizes import (
    RELAY_GROWN_PART_MAX,
    RELAY_PART_MAX,
    RELAY_PART_SIZE,
    SERVER_SIDE_PART_SIZE,
    Cut,
    plan_parts,
    relay_sizing,
    server_side_sizing,
)

part_sizes = st.integers(MIN_PART_SIZE, MAX_PART_SIZE)


@given(st.integers(1, MAX_OBJECT_SIZE), part_sizes)
def test_a_plan_is_within_the_limits(size: int, part_size: int) -> None:
    plan = plan_parts(size, part_size)
    assert 1 <= plan.count <= MAX_PARTS
    assert part_size <= plan.part_size <= MAX_PART_SIZE
    if size <= MAX_PARTS * part_size:
        assert plan.part_size == part_size


@given(st.integers(1, 300 * MIB), st.integers(MIN_PART_SIZE, 32 * MIB))
def test_the_ranges_cover_the_object_without_gap_or_overlap(size: int, part_size: int) -> None:
    ranges = list(plan_parts(size, part_size).ranges())
    assert [each.number for each in ranges] == list(range(1, len(ranges) + 1))
    assert ranges[0].start == 0
    assert all(before.start + before.length == after.start for before, after in pairwise(ranges))
    assert ranges[-1].start + ranges[-1].length == size
    assert all(MIN_PART_SIZE <= each.length <= MAX_PART_SIZE for each in ranges[:-1])
    assert ranges[-1].length >= 1


@pytest.mark.parametrize(("size", "count"), [(8 * MIB, 1), (8 * MIB + 1, 2), (16 * MIB, 2), (80_000 * MIB, 10_000)])
def test_counts_at_the_edges(size: int, count: int) -> None:
    assert plan_parts(size, 8 * MIB).count == count


def test_parts_grow_by_whole_mebibytes() -> None:
    assert plan_parts(80_000 * MIB + 1, 8 * MIB).part_size == 9 * MIB
    assert plan_parts(MAX_OBJECT_SIZE, 8 * MIB).part_size == MAX_PART_SIZE


def test_what_no_parts_can_hold_is_refused() -> None:
    with pytest.raises(ProblemError) as refused:
        plan_parts(MAX_OBJECT_SIZE + 1, 8 * MIB)
    assert refused.value.problem.kind is ProblemKind.INVALID
    with pytest.raises(ProblemError, match="too large"):
        plan_parts(MAX_PARTS * GIB + 1, RELAY_PART_SIZE, RELAY_GROWN_PART_MAX)


def test_defaults() -> None:
    server_side, relay = server_side_sizing(CopyOptions()), relay_sizing(CopyOptions())
    assert not server_side.in_parts(MAX_SINGLE_COPY)
    assert server_side.in_parts(MAX_SINGLE_COPY + 1)
    assert server_side.part_size == SERVER_SIDE_PART_SIZE
    assert not relay.in_parts(RELAY_PART_SIZE)
    assert relay.in_parts(RELAY_PART_SIZE + 1)


@given(part_sizes, part_sizes)
def test_options_apply_as_far_as_memory_allows(threshold: int, part_size: int) -> None:
    options = CopyOptions(multipart_threshold=threshold, part_size=part_size)
    server_side, relay = server_side_sizing(options), relay_sizing(options)
    assert (server_side.threshold, server_side.part_size) == (threshold, part_size)
    assert relay.part_size == min(part_size, RELAY_PART_MAX)
    assert relay.threshold <= threshold


@pytest.mark.parametrize("size", [0, MIN_PART_SIZE - 1, MAX_PART_SIZE + 1])
def test_sizes_outside_of_s3s_limits_are_refused_in_words(size: int) -> None:
    wrong = {"multipart threshold": CopyOptions(multipart_threshold=size), "part size": CopyOptions(part_size=size)}
    for (name, options), sizing in product(wrong.items(), (server_side_sizing, relay_sizing)):
        with pytest.raises(ProblemError) as refused:
            sizing(options)
        problem = refused.value.problem
        assert problem.kind is ProblemKind.INVALID
        assert name in problem.title
        assert "5 MiB to 5,120 MiB" in problem.cause


def test_large_objects_are_relayed_in_larger_parts_unless_a_size_was_chosen() -> None:
    free, chosen = relay_sizing(CopyOptions()), relay_sizing(CopyOptions(part_size=8 * MIB))
    assert [free.plan(size).part_size for size in (GIB - 1, GIB, 100 * GIB)] == [8 * MIB, 16 * MIB, 16 * MIB]
    assert chosen.plan(GIB).part_size == 8 * MIB
    cut_by_others = ObjectHead(2 * GIB, '"x-205"', 0, {}, {}, parts=205)
    assert free.fitted(cut_by_others, Cut(10 * MIB, certain=True)).plan(2 * GIB).part_size == 10 * MIB
