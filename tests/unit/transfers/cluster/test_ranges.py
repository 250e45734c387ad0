"""The ranges of a transfer: what is cut off one is done once, whatever the journal has of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from tests.unit.transfers.journal.samples import silent, transfer
from tui.stores.partitioned.cutting import Cut
from tui.transfers.cluster.ranges import CUT, Span, Spans
from tui.transfers.journal import Journal

NAME = "t"
KEYS = [f"{first}{second}" for first in "abcdefghij" for second in "0123456789"]


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[Journal]:
    made = await Journal.open(tmp_path / "journal.sqlite", silent)
    await made.add(transfer(NAME))
    yield made
    await made.close()


async def loaded(journal: Journal) -> list[Span]:
    """The ranges that an engine finds which begins now, in key order."""
    spans = Spans(NAME, journal.states)
    assert await spans.load()
    found = list[Span]()
    while span := await spans.take():
        found.append(span)
    return sorted(found, key=lambda each: each.after)


def assert_each_key_once(spans: list[Span]) -> None:
    assert {key: sum(each.has(1, key) for each in spans) for key in KEYS} == dict.fromkeys(KEYS, 1)


async def begun(journal: Journal) -> tuple[Spans, Span]:
    """All keys as one range, which was handed out."""
    spans = Spans(NAME, journal.states)
    await spans.cut([(1, "", None, 100.0)])
    span = await spans.take()
    assert span
    return spans, span


async def test_what_is_cut_off_becomes_ranges(journal: Journal) -> None:
    spans, span = await begun(journal)
    left = spans.shorten(span, "c5", [Cut("", "b9", 1.0), Cut("b9", "f0", 2.0), Cut("f0", None, 3.0)])
    others = [await spans.take(), await spans.take()]
    assert [(each.after, each.upto, each.weight) for each in others if each] == [("c5", "f0", 2.0), ("f0", None, 3.0)]
    assert_each_key_once([left, *[each for each in others if each]])
    found = await loaded(journal)
    assert_each_key_once(found)
    assert [(each.after, each.begun) for each in found] == [("", True), ("c5", True), ("f0", True)]


async def test_a_range_that_another_worker_had_begun_stays_so(journal: Journal) -> None:
    spans, span = await begun(journal)
    spans.put_back(span)
    again = await spans.take()
    assert again
    assert again.begun
    spans.shorten(again, "c5", [Cut("", "b9", 1.0), Cut("b9", None, 1.0)])
    behind = await spans.take()
    assert behind
    assert behind.begun, "what the first worker has copied there is looked for"


async def test_the_rest_of_a_range_that_another_worker_had_begun_stays_so(journal: Journal) -> None:
    """The other one may have come further: objects that have come since fill up what one task does."""
    spans, span = await begun(journal)
    spans.put_back(span)
    again = await spans.take()
    assert again
    spans.over(again, "c5")
    rest = await spans.take()
    assert rest
    assert (rest.after, rest.begun) == ("c5", True)


async def test_a_range_that_was_never_assigned_is_done_again(journal: Journal) -> None:
    """The scheduler was lost between the moment it was taken and the moment a worker got it."""
    spans, _ = await begun(journal)
    assert (spans.waiting, spans.done) == (0, False)
    spans.put_all_back()
    again = await spans.take()
    assert again
    assert again.begun
    spans.over(again)
    assert spans.done


def test_the_keys_of_a_range() -> None:
    assert Span("", 0, "", None).keys_of(KEYS) == KEYS
    assert Span("", 0, KEYS[2], KEYS[5]).keys_of(KEYS) == KEYS[3:6]
    assert Span("", 0, "b55", "b77").keys_of(KEYS) == ["b6", "b7"]
    assert Span("", 0, KEYS[-1], None).keys_of(KEYS) == []


async def test_nothing_is_left_of_what_waits(journal: Journal) -> None:
    spans, span = await begun(journal)
    spans.over(spans.shorten(span, "", [Cut("", "", 0.0), Cut("", None, 1.0)]))
    assert_each_key_once(await loaded(journal))


async def test_a_journal_that_has_the_parts_and_the_whole(journal: Journal) -> None:
    """The engine was killed while a range was cut."""
    for span in (
        Span("range-00000001", 1, "", None, begun=True),
        Span("range-00000002", 1, "c5", "f0"),
        Span("range-00000003", 1, "f0", None),
    ):
        await journal.states.demand(NAME, span.name, msgspec.msgpack.encode(span))
    await journal.states.demand(NAME, CUT, b"1")
    assert_each_key_once(await loaded(journal))


async def test_neighbours_are_not_handed_out_one_after_the_other(journal: Journal) -> None:
    spans = Spans(NAME, journal.states)
    ends = ["", *KEYS[9::10]]
    await spans.cut([(1, low, high, 1.0) for low, high in zip(ends, [*ends[1:], None], strict=True)])
    taken = [await spans.take(), await spans.take()]
    assert [each.after for each in taken if each] == ["", ends[8]]
