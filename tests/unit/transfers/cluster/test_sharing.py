"""Limits that are shared out: never more under way than they allow, whatever comes when."""

from __future__ import annotations

from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.transfers.cluster.contacts import InMemory
from tui.model.transfer import Limits
from tui.transfers.cluster import contact
from tui.transfers.cluster.sharing import share_out

Action = Literal["join", "share", "letter", "begin", "end", "range", "no range"]
ACTIONS: tuple[Action, ...] = ("join", "share", "letter", "begin", "end", "range", "no range")
MOST_WORKERS = 4


async def take(action: Action, worker: InMemory, crew: list[InMemory], limits: Limits) -> None:
    """Have one thing happen."""
    if action == "join" and len(crew) < MOST_WORKERS:
        crew.append(InMemory(len(crew)))
    elif action == "share":
        share_out(limits, crew, waiting=True)
    elif action == "letter":
        await worker.exchange()
    elif action == "begin":
        worker.begin_objects()
    elif action == "end":
        worker.running = max(0, worker.running - 1)
    elif action == "range" and worker.takes_part:
        worker.give()
    elif action == "no range" and not worker.running:
        worker.assigned.clear()
        await worker.exchange()


@given(
    steps=st.lists(st.tuples(st.sampled_from(ACTIONS), st.integers(0, MOST_WORKERS - 1)), min_size=20, max_size=100),
    most=st.integers(1, 9),
)
async def test_objects_of_all_together(steps: list[tuple[Action, int]], most: int) -> None:
    crew = [InMemory(0)]
    for action, at in steps:
        await take(action, crew[at % len(crew)], crew, Limits(objects=most))
        assert sum(each.running for each in crew) <= most


async def test_a_worker_that_joins_gets_what_the_other_one_has_ended() -> None:
    limits, alone, joins = Limits(rate=1000, objects=3), InMemory(1), InMemory(2)
    share_out(limits, [alone], waiting=True)
    alone.give()
    await alone.exchange()
    assert (alone.share, alone.running) == (limits, 3)

    share_out(limits, [alone, joins], waiting=True)
    assert (alone.share, joins.share) == (Limits(500, 2), None)
    await alone.exchange()
    share_out(limits, [alone, joins], waiting=True)
    assert joins.share is None, "three are under way"
    alone.running = 2
    await alone.exchange()
    share_out(limits, [alone, joins], waiting=True)
    assert [each.share for each in (alone, joins)] == [Limits(500, 2), Limits(500, 1)]


async def test_what_a_worker_leaves_goes_to_the_others() -> None:
    limits, both = Limits(objects=5), [InMemory(1), InMemory(2)]
    for each in both:
        share_out(limits, both, waiting=True)
        each.give()
        await each.exchange()
    assert [each.share for each in both] == [Limits(objects=3), Limits(objects=2)]
    both[0].assigned.clear()
    share_out(limits, both, waiting=False)
    assert [each.share for each in both] == [None, Limits(objects=5)]


async def test_a_limit_where_there_was_none() -> None:
    both = [InMemory(1), InMemory(2)]
    share_out(Limits(), both, waiting=True)
    for each in both:
        each.give()
        await each.exchange()
    share_out(Limits(objects=1), both, waiting=True)
    assert [each.share for each in both] == [Limits(objects=1), None]
    assert both[1].surplus


async def test_a_limit_is_not_kept_by_a_worker_whose_threads_are_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    limits, busy, other = Limits(objects=1), InMemory(1), InMemory(2)
    share_out(limits, [busy, other], waiting=True)
    busy.give()
    await busy.exchange()
    busy.running = 0
    share_out(limits, [busy, other], waiting=True)
    assert [each.share for each in (busy, other)] == [limits, None]
    monkeypatch.setattr(contact, "STALLED", -1.0)
    share_out(limits, [busy, other], waiting=True)
    assert busy.surplus
    busy.assigned.clear()
    busy.renew()
    share_out(limits, [busy, other], waiting=True)
    assert [each.share for each in (busy, other)] == [None, limits]


def test_a_worker_that_does_not_get_ready_keeps_no_part() -> None:
    limits, starting, ready = Limits(objects=1), InMemory(1), InMemory(2)
    starting.ready = False
    share_out(limits, [starting], waiting=True)
    assert starting.share == limits
    share_out(limits, [starting, ready], waiting=True)
    assert [each.share for each in (starting, ready)] == [None, limits]
