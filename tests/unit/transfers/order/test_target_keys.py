"""Keys at the target: what they become, and what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.model.location import Location
from tui.model.orders import CopyOrder, Destination, Selection
from tui.model.problem import ProblemError, ProblemKind
from tui.transfers.order.selection import lone_keys, outermost
from tui.transfers.order.target_keys import refuse_copy_into_itself, renamed, target_key


def order(
    *keys: str, prefixes: tuple[str, ...] = (), base: str = "", to: str = "", bucket: str = "b", name: str = ""
) -> CopyOrder:
    selection = Selection("one", Location("a", base), list(keys), list(prefixes))
    return CopyOrder(selection, Destination("two", Location(bucket, to), name))


@given(base=st.text(max_size=20), rest=st.text(min_size=1, max_size=20), to=st.text(max_size=20))
def test_what_lies_below_the_base_comes_below_the_target(base: str, rest: str, to: str) -> None:
    asked = order(base + rest, base=base, to=to)
    assert target_key(asked.selection, asked.destination, base + rest) == to + rest


def test_a_name_that_was_asked_for_is_taken() -> None:
    asked = order("x/y", base="x/", to="in/", name="in/other")
    assert target_key(asked.selection, asked.destination, "x/y") == "in/other"


@pytest.mark.parametrize(
    ("key", "base", "to", "cause", "remedy"),
    [
        ("z", "x/", "", "'z' is not below 's3://a/x/'", "select it again in its listing"),
        ("x/", "x/", "", "the copy would have an empty name", "choose a target name"),
        ("x/y", "x/", "n" * 1024, "the new key would have 1,025 bytes, the limit is 1,024", "choose a shorter target"),
    ],
)
def test_keys_that_cannot_be_are_refused(key: str, base: str, to: str, cause: str, remedy: str) -> None:
    asked = order(key, base=base, to=to)
    with pytest.raises(ProblemError) as refused:
        target_key(asked.selection, asked.destination, key)
    problem = refused.value.problem
    assert (problem.kind, problem.cause, problem.remedy) == (ProblemKind.INVALID, cause, remedy)


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("name.txt", "name (1).txt"),
        ("dir.d/name", "dir.d/name (1)"),
        ("a/.hidden", "a/.hidden (1)"),
        ("a/x.tar.gz", "a/x (1).tar.gz"),
        ("events.json.zst", "events (1).json.zst"),
        (".tar.gz", ".tar (1).gz"),
        ("x.gz", "x (1).gz"),
        ("folder/", "folder (1)/"),
        ("a/b.c/", "a/b.c (1)/"),
        ("//", "/ (1)/"),
        ("name (1).txt", "name (1) (1).txt"),
        ("📦.bin", "📦 (1).bin"),
    ],
)
def test_the_number_goes_before_the_extension(key: str, expected: str) -> None:
    assert renamed(key, 1) == expected


@given(st.text(min_size=1, max_size=200), st.integers(1, 999), st.integers(1, 999))
def test_new_names_are_distinct_and_stay_in_their_prefix(key: str, one: int, other: int) -> None:
    assert renamed(key, one) != key
    assert (renamed(key, one) == renamed(key, other)) == (one == other)
    assert Location("b", renamed(key, one)).parent == Location("b", key).parent


def test_a_name_that_would_grow_too_long_is_refused() -> None:
    with pytest.raises(ProblemError, match="cannot be copied"):
        renamed("k" * 1022, 1)


@pytest.mark.parametrize(
    "nonsense",
    [
        order("k", bucket="a"),
        order("x/k", base="x/", to="x/", bucket="a"),
        order(prefixes=("p/",), to="p/", base="p/", bucket="a"),
        order(prefixes=("p/",), to="p/q/", bucket="a"),
        order(prefixes=("p/",), bucket="a"),
        order(prefixes=("",), to="sub/", bucket="a"),
        order("a", "p/b", prefixes=("p/",), to="p/", bucket="a"),
    ],
)
def test_a_copy_into_itself_is_refused_where_the_bucket_is_the_same(nonsense: CopyOrder) -> None:
    with pytest.raises(ProblemError) as refused:
        refuse_copy_into_itself(nonsense, same_service=True)
    assert refused.value.problem.kind is ProblemKind.INVALID
    refuse_copy_into_itself(nonsense, same_service=False)


def test_neighbours_are_no_nonsense() -> None:
    refuse_copy_into_itself(order(prefixes=("p/",), to="pq/", bucket="a"), same_service=True)
    refuse_copy_into_itself(order("k", name="l", bucket="a"), same_service=True)


def test_a_name_is_for_exactly_one_object() -> None:
    for several in (order("a", "b", name="c"), order(prefixes=("p/",), name="c"), order(name="c")):
        with pytest.raises(ProblemError, match="cannot be copied"):
            refuse_copy_into_itself(several, same_service=False)


def test_nothing_is_listed_twice() -> None:
    selection = order("p/a", "q", "q", "r/s", prefixes=("p/", "p/x/", "t/", "p/")).selection
    assert outermost(selection.prefixes) == ["p/", "t/"]
    assert lone_keys(selection) == ["q", "r/s"]
    assert outermost(["", "a/"]) == [""]


def test_a_prefix_goes_to_the_top_of_its_own_bucket() -> None:
    refuse_copy_into_itself(order(prefixes=("dir/",), base="dir/", to="", bucket="a"), same_service=True)
