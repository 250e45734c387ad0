"""Which entry is meant by a few letters: what starts with them, what contains them, what has them in order."""

from __future__ import annotations

import pytest

from tui.model.listing import ObjectSummary, make_page
from tui.model.location import Location
from tui.ui.listing.arrangement import Arrangement
from tui.ui.listing.branch import Branch
from tui.ui.listing.columns import SortKey
from tui.ui.listing.jump import MOST_SCANNED, find_entry, name_at, next_entry


def branch(*names: str, arrangement: Arrangement | None = None) -> Branch:
    made = Branch(Location("b"), arrangement)
    made.take(make_page("", [], [ObjectSummary(name, number, 0) for number, name in enumerate(names)]))
    return made


NAMES = ("Alpha.txt", "beta.txt", "gamma-alpha.txt", "xaxlxp.txt")


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("b", "beta.txt"),
        ("al", "Alpha.txt"),
        ("alpha", "Alpha.txt"),
        ("-al", "gamma-alpha.txt"),
        ("xlp", "xaxlxp.txt"),
        ("q", None),
    ],
)
@pytest.mark.parametrize("key", [SortKey.NAME, SortKey.SIZE])
def test_the_best_entry_is_found_in_any_order(typed: str, expected: str | None, key: SortKey) -> None:
    shown = branch(*NAMES, arrangement=Arrangement(key, key is SortKey.SIZE)).shown
    found, looked_at = find_entry(shown, typed)
    assert (None if found is None else name_at(shown, found)) == expected
    assert looked_at == len(NAMES)


def test_what_starts_with_it_is_found_among_millions_and_the_rest_is_looked_at_in_pieces() -> None:
    names = [f"{number:07}" for number in range(MOST_SCANNED + 10)]
    shown = branch(*names, "a-last").shown
    assert find_entry(shown, "a-l")[0] == len(names)
    found, looked_at = find_entry(shown, "-last")
    assert (found, looked_at) == (None, MOST_SCANNED)
    assert find_entry(shown, "-last", looked_at)[0] == len(names)


def test_what_was_found_may_be_gone_from_a_level_that_is_shorter_now() -> None:
    shown = branch(*NAMES).shown
    assert next_entry(shown, "alpha", 10, -1) == 2
    assert next_entry(shown, "alpha", 10, 1) is None


def test_the_next_and_the_previous_that_contain_it() -> None:
    shown = branch("a1", "b", "b a", "c a").shown
    assert [next_entry(shown, "A", position, by) for position, by in ((0, 1), (2, 1), (3, 1), (2, -1), (0, -1))] == [
        2,
        3,
        None,
        0,
        None,
    ]
