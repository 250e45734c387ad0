"""A few letters find what was meant."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pytest
from textual.fuzzy import FuzzySearch

from tui.text.fuzzy import find


def best(typed: str, *names: str) -> str:
    scores = {name: found.score for name in names if (found := find(typed, [name]))}
    return max(scores, key=lambda name: scores[name]) if scores else ""


@pytest.mark.parametrize(
    ("typed", "names", "expected"),
    [
        ("analytics", ("analytics-as-media-reader", "analytics"), "analytics"),
        ("media", ("intermediate", "prod-media"), "prod-media"),
        ("prod", ("p-r-o-d", "prod-1"), "prod-1"),
        ("anreader", ("analytics", "analytics-as-media-reader"), "analytics-as-media-reader"),
        ("PROD", ("media-prod",), "media-prod"),
        ("xyz", ("media-prod",), ""),
    ],
)
def test_the_closest_name_comes_first(typed: str, names: tuple[str, ...], expected: str) -> None:
    assert best(typed, *names) == expected


def test_letters_may_lie_apart_in_the_name_only() -> None:
    assert find("mp", ["media-prod", ""])
    assert find("mp", ["", "media-prod"]) is None
    assert find("prod", ["", "media-prod"])


def test_every_word_is_somewhere_and_a_name_counts_more() -> None:
    texts = ["admin", "sso", "eu-central-1"]
    found = find("sso adm", texts)
    assert found
    assert found.letters == (frozenset({0, 1, 2}), frozenset({0, 1, 2}), frozenset())
    assert find("adm keys", texts) is None
    in_name, elsewhere = find("role", ["role", "x"]), find("role", ["x", "role"])
    assert in_name
    assert elsewhere
    assert in_name.score > elsewhere.score


def test_a_text_of_one_letter_is_searched_in_no_time() -> None:
    assert find("a" * 40 + "b", ["a" * 4000]) is None


class CountingSearch(FuzzySearch):
    """Textual's own search, which counts the ways to find the letters that it weighs."""

    def __init__(self) -> None:
        super().__init__()
        self.weighed = 0

    def score(self, candidate: str, positions: Sequence[int]) -> float:
        """See `FuzzySearch`."""
        self.weighed += 1
        return super().score(candidate, positions)


def test_why_textuals_own_search_is_not_used() -> None:
    """It weighs every way to find the letters: of a long name with a letter that repeats, more than can be weighed."""
    weighed = []
    for letters in (4, 6, 8, 10):
        search = CountingSearch()
        assert search.match("a" * letters, "a-" * 2 * letters)[0] > 0
        weighed.append(search.weighed)
    assert all(later > 5 * earlier for earlier, later in pairwise(weighed)), weighed
    assert find("a" * 40, ["a-" * 80]) is not None
