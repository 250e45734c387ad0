"""Filters: the glob matcher against a naive one, and what its documentation promises."""

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.model.location import Location
from tui.model.orders import Filters, Selection
from tui.model.problem import ProblemError, ProblemKind
from tui.transfers.order.filters import ObjectFilter, compile_glob

ALPHABET = "ab/*?[]!-\n.^\\]"
NAMES = st.text(alphabet=ALPHABET, max_size=12)
SETS = st.builds(
    lambda negated, members: (negated, members),
    st.booleans(),
    st.text(alphabet="ab/*?.^\\\n", min_size=1, max_size=3),
)
TOKENS = st.lists(st.one_of(st.sampled_from(["*", "?", "a", "b", "/", ".", "^", "\\", "\n"]), SETS), max_size=8)
Token = str | tuple[bool, str]


def naive(tokens: list[Token], name: str) -> bool:
    """Matching by its definition, one token at a time, trying every length of a star."""
    if not tokens:
        return not name
    head, rest = tokens[0], tokens[1:]
    if head == "*":
        return any(naive(rest, name[cut:]) for cut in range(len(name) + 1))
    if not name:
        return False
    if isinstance(head, tuple):
        negated, members = head
        return (name[0] in members) is not negated and naive(rest, name[1:])
    return head in ("?", name[0]) and naive(rest, name[1:])


def written(tokens: list[Token]) -> str:
    return "".join(token if isinstance(token, str) else f"[{'!' * token[0]}{token[1]}]" for token in tokens)


def wanted(base: str = "", **filters: Any) -> ObjectFilter:
    return ObjectFilter(Selection("a", Location("bucket", base), filters=Filters(**filters)))


@given(TOKENS.filter(bool), NAMES)
def test_a_glob_matches_as_it_is_defined(tokens: list[Token], name: str) -> None:
    assert bool(compile_glob(written(tokens)).fullmatch(name)) is naive(tokens, name)


@given(st.text(alphabet=ALPHABET, min_size=1, max_size=12), NAMES)
def test_any_text_is_a_glob_or_a_problem_that_names_it(pattern: str, name: str) -> None:
    problem = None
    try:
        compile_glob(pattern).fullmatch(name)
    except ProblemError as error:
        problem = error.problem
    assert problem is None or ("[" in pattern and repr(pattern) in problem.title)


@pytest.mark.parametrize(
    ("pattern", "name", "matches"),
    [
        ("*.csv", "deep/er/x.csv", True),
        ("logs/*", "logs/2024/x", True),
        ("logs/*", "old/logs/x", False),
        ("README", "docs/README", True),
        ("README", "docs/readme", False),
        ("x", "docs/x", True),
        ("docs/README", "a/docs/README", False),
        ("a?", "x/ab", True),
        ("?", "x/", False),
        ("??", "x/y/", True),
        ("[a-c]x", "bx", True),
        ("[!a-c]x", "bx", False),
        ("[a-]", "-", True),
        ("[]]", "]", True),
        ("[!]]", "]", False),
        ("[[]x]", "[x]", True),
        ("[*]", "*", True),
        ("[*]", "x", False),
        ("a\\b", "a\\b", True),
        ("x", "x\n", False),
        ("*x", "\n\x1b[31mx", True),
        ("é", "e\u0301", False),
        ("📦?", "📦é", True),
    ],
)
def test_what_is_promised(pattern: str, name: str, matches: bool) -> None:
    assert wanted(include=[pattern]).takes_name(name) is matches
    assert wanted(exclude=[pattern]).takes_name(name) is not matches


@pytest.mark.parametrize("pattern", ["", "[", "x[ab", "[!", "[]", "[!]", "[z-a]", "a\udcff"])
def test_a_bad_pattern_is_named(pattern: str) -> None:
    for name in ("include", "exclude"):
        broken: dict[str, Any] = {name: ["*", pattern]}
        with pytest.raises(ProblemError) as caught:
            wanted(**broken)
        assert caught.value.problem.kind is ProblemKind.INVALID
        assert repr(pattern) in caught.value.problem.title


def test_names_are_those_below_the_base() -> None:
    assert wanted("logs/", include=["2024/*"]).takes_name("logs/2024/x")
    assert not wanted("logs/", include=["logs/*"]).takes_name("logs/2024/x")


def test_one_of_the_included_and_none_of_the_excluded() -> None:
    filters = wanted(include=["*.csv", "*.json"], exclude=["tmp/*"])
    taken = [key for key in ("a.csv", "b/c.json", "tmp/d.csv", "e.txt") if filters.takes_name(key)]
    assert taken == ["a.csv", "b/c.json"]


@pytest.mark.parametrize(
    ("filters", "size", "modified", "taken"),
    [
        ({"min_size": 3}, 3, 0, True),
        ({"min_size": 3}, 2, 0, False),
        ({"max_size": 3}, 3, 0, True),
        ({"max_size": 0}, 1, 0, False),
        ({"newer_than": 100.7}, 1, 100, True),
        ({"newer_than": 100.7}, 1, 99, False),
        ({"older_than": 100.0}, 1, 100.9, True),
        ({"older_than": 100.0}, 1, 101, False),
    ],
)
def test_bounds_include_themselves(filters: dict[str, Any], size: int, modified: float, taken: bool) -> None:
    assert wanted(**filters).takes("k", size, modified) is taken
    assert bool(wanted(**filters).why_not(size, modified)) is not taken
    assert wanted(**filters).takes("k", None, 0.0), "nothing is known of it yet but its name"


@pytest.mark.parametrize(
    "filters", [{"min_size": 2, "max_size": 1}, {"newer_than": 2, "older_than": 1}, {"max_size": -1}]
)
def test_bounds_that_leave_nothing_are_refused(filters: dict[str, Any]) -> None:
    with pytest.raises(ProblemError, match="match nothing"):
        wanted(**filters)


def test_a_pattern_of_many_stars_takes_no_time() -> None:
    filters = wanted(include=["*a" * 100 + "b"])
    began = time.process_time()
    assert not filters.takes_name("a" * 1024)
    assert time.process_time() - began < 1  # reconsidering the stars would take longer than the universe has
