"""Two listings merged by column: whatever the names, pages and differences, as one dictionary against another."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence

from hypothesis import given
from hypothesis import strategies as some

from tui.model.comparing.comparison import ComparedRow, ComparedSide, ComparisonState
from tui.model.listing import ObjectSummary, Page, make_page
from tui.transfers.comparison.judging import Judge
from tui.transfers.comparison.merging import Counter, Merger
from tui.transfers.comparison.stretches import Listed

ETAGS = [f'"{digit * 32}"' for digit in "abc"]

Names = Mapping[str, tuple[int, str]]

names = some.dictionaries(
    some.text("ab/é\U0001f600\ue000", max_size=4),
    some.tuples(some.integers(0, 2), some.sampled_from(ETAGS)),
    max_size=30,
)


def side(name: str, made: tuple[int, str]) -> ComparedSide:
    """What a list says of a name; time and storage class vary with it."""
    size, etag = made
    return ComparedSide(size, len(name.encode()), etag, "GLACIER" if "a" in name else "STANDARD")


async def pages(objects: Names, cut: int) -> AsyncGenerator[Page, None]:
    rows = [
        ObjectSummary(f"p/{name}", each.size, each.modified, each.storage_class, etag=each.etag)
        for name, each in ((name, side(name, objects[name])) for name in sorted(objects))
    ]
    starts = range(0, max(1, len(rows)), cut)
    for start in starts:
        yield make_page("p/", [], rows[start : start + cut], last=start == starts[-1])


async def merged(left: Names, right: Names, cuts: Sequence[int], *, every: bool) -> tuple[list[ComparedRow], Counter]:
    sides = [
        Listed(pages(each, cut), None, markers=True, what="") for each, cut in zip((left, right), cuts, strict=True)
    ]
    merger, counter, rows = Merger(Judge(), every=every), Counter(), list[ComparedRow]()
    while True:
        for side in sides:
            await side.fill()
        if not any(side.stretch for side in sides):
            return rows, counter
        step = merger.step(sides[0].stretch, sides[1].stretch)
        counter.add(step)
        rows += step.rows


def state(left: tuple[int, str] | None, right: tuple[int, str] | None) -> ComparisonState:
    if left is None or right is None:
        return ComparisonState.LEFT if right is None else ComparisonState.RIGHT
    same = left[0] == right[0] and (left[1] == right[1] or not left[0])
    return ComparisonState.SAME if same else ComparisonState.DIFFERS


@given(left=names, right=names, cuts=some.tuples(some.integers(1, 9), some.integers(1, 9)), every=some.booleans())
async def test_merged_pages_say_of_each_name_what_a_dictionary_says(
    left: Names, right: Names, cuts: tuple[int, int], every: bool
) -> None:
    expected = {name: state(left.get(name), right.get(name)) for name in sorted({*left, *right}, key=str.encode)}
    rows, counter = await merged(left, right, cuts, every=every)
    found = {row.name: row.state for row in rows}
    assert list(found.items()) == [(name, each) for name, each in expected.items() if name in found], (
        "in the order of UTF-8"
    )
    for row in rows:
        for said, objects in ((row.left, left), (row.right, right)):
            assert said == (side(row.name, objects[row.name]) if row.name in objects else None)
    unsaid = {expected[name] for name in expected if name not in found}
    assert unsaid <= (set() if every else {ComparisonState.SAME})
    assert {each: count.objects for each, count in counter.counts.items()} == {
        each: list(expected.values()).count(each) for each in ComparisonState if each in expected.values()
    }
    assert sum(count.left_bytes for count in counter.counts.values()) == sum(size for size, _ in left.values())
    assert sum(count.right_bytes for count in counter.counts.values()) == sum(size for size, _ in right.values())
