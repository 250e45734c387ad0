"""A branch through listings, refreshes, sorts and filters."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui.model.identity import Owner
from tui.model.listing import Bucket, ObjectSummary, Page, make_page
from tui.model.location import Location
from tui.model.problem import Problem, ProblemKind
from tui.ui.listing import branch as branch_module
from tui.ui.listing.arrangement import CHUNK, Arrangement, arrange, matcher
from tui.ui.listing.branch import Branch, BranchState
from tui.ui.listing.columns import SortKey
from tui.ui.listing.entries import Entries

NAMES = st.sets(st.text("abcdef", min_size=1, max_size=3), max_size=30)


def page(names: list[str], *, last: bool = False, size: int = 1, prefixes: tuple[str, ...] = ()) -> Page:
    return make_page("", list(prefixes), [ObjectSummary(name, size, 0) for name in names], last=last)


def listed(names: list[str], arrangement: Arrangement | None = None) -> Branch:
    branch = Branch(Location("bucket"), arrangement)
    branch.begin()
    branch.take(page(names, last=True))
    return branch


def shown(branch: Branch) -> list[str]:
    entries, view = branch.entries, branch.shown
    containers = [entries.containers[view.container_at(at)] for at in range(view.container_count)]
    return containers + [entries.names[view.object_at(at)] for at in range(view.object_count)]


def in_pages(names: set[str], cuts: list[int]) -> list[Page]:
    ordered = sorted(names)
    edges = [0, *sorted(min(cut, len(ordered)) for cut in cuts), len(ordered)]
    pieces = [ordered[start:end] for start, end in pairwise(edges)]
    return [page(piece, last=piece is pieces[-1], size=2) for piece in pieces]


def test_old_entries_stay_until_the_page_that_covers_them() -> None:
    branch = listed(["a", "b", "d", "e"])
    branch.begin()
    assert shown(branch) == ["a", "b", "d", "e"]
    branch.take(page(["a", "c"], size=2))
    assert shown(branch) == ["a", "c", "d", "e"]
    assert list(branch.entries.sizes) == [2, 2, 1, 1]
    branch.take(page(["e"], last=True))
    assert shown(branch) == ["a", "c", "e"]
    assert branch.state is BranchState.COMPLETE


def test_a_stopped_refresh_keeps_what_it_did_not_reach() -> None:
    branch = listed(["a", "b", "d"])
    branch.begin()
    branch.take(page(["b"]))
    branch.stop()
    assert shown(branch) == ["b", "d"]
    assert branch.state is BranchState.STOPPED


def test_a_failure_keeps_what_came() -> None:
    branch = Branch(Location("bucket"))
    branch.begin()
    branch.take(page(["a"]))
    branch.fail(Problem(ProblemKind.EXPIRED, "expired"))
    assert shown(branch) == ["a"]
    assert branch.problem == Problem(ProblemKind.EXPIRED, "expired")


@pytest.mark.parametrize("arrangement", [Arrangement(), Arrangement(descending=True)])
def test_a_refresh_that_is_denied_leaves_no_row_of_an_earlier_listing(arrangement: Arrangement) -> None:
    branch = listed(["a", "b", "d"], arrangement)
    branch.begin()
    branch.fail(Problem(ProblemKind.DENIED, "access denied"))
    assert (shown(branch), branch.total) == ([], 0)
    branch.begin()
    branch.take(page(["c"], last=True))
    assert shown(branch) == ["c"], "a later listing fills it again"


@given(NAMES, NAMES, st.lists(st.integers(0, 30), max_size=4), st.booleans())
@settings(deadline=None)
def test_a_whole_refresh_shows_the_new_listing(old: set[str], new: set[str], cuts: list[int], descending: bool) -> None:
    branch = listed(sorted(old), Arrangement(descending=descending))
    branch.begin()
    for one in in_pages(new, cuts):
        branch.take(one)
    assert shown(branch) == sorted(new, reverse=descending)
    assert set(branch.entries.sizes) <= {2}


@given(NAMES, NAMES, st.lists(st.integers(0, 30), max_size=4), st.integers(0, 4))
@settings(deadline=None)
def test_during_a_refresh_every_entry_is_old_or_new(old: set[str], new: set[str], cuts: list[int], seen: int) -> None:
    branch = listed(sorted(old))
    branch.begin()
    for one in in_pages(new, cuts)[:seen]:
        branch.take(one)
    assert shown(branch) == sorted(shown(branch))
    assert set(shown(branch)) <= old | new


def test_a_filter_survives_pages_and_refresh() -> None:
    branch = Branch(Location("bucket"), Arrangement(pattern="a"))
    branch.begin()
    branch.take(page(["ab", "b"]))
    branch.take(page(["ca", "d"], last=True))
    assert shown(branch) == ["ab", "ca"]
    branch.begin()
    branch.take(page(["b", "xa"], last=True))
    assert shown(branch) == ["xa"]


def test_large_branches_are_arranged_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(branch_module, "SMALL", 2)
    branch = listed(["a1", "a2", "b"])
    branch.arrange(Arrangement(pattern="a"))
    assert not branch.arranged
    assert len(shown(branch)) == 3, "the old view stays until the new one is there"
    job = branch.job()
    branch.adopt(job, job.run())
    assert set(shown(branch)) == {"a1", "a2"}


def test_a_refresh_of_a_large_sorted_branch_swaps_entries_and_view_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(branch_module, "SMALL", 2)
    branch = listed(["a", "b", "c", "d"])
    by_name_down = Arrangement(descending=True)
    branch.arrange(by_name_down)
    job = branch.job()
    branch.adopt(job, job.run())
    branch.begin()
    branch.take(page(["b"]))
    branch.take(page(["x", "y"], last=True))
    assert shown(branch) == ["d", "c", "b", "a"], "indices must not shift under the view"
    job = branch.job()
    branch.adopt(job, job.run())
    assert shown(branch) == ["y", "x", "b"]


def test_a_view_that_was_overtaken_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(branch_module, "SMALL", 0)
    branch = listed(["a", "b"])
    branch.arrange(Arrangement(pattern="a"))
    job = branch.job()
    branch.arrange(Arrangement(pattern="b"))
    branch.adopt(job, job.run())
    assert not branch.arranged
    assert shown(branch) == ["a", "b"]


def test_entries_that_came_while_a_view_was_computed_are_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(branch_module, "SMALL", 0)
    branch = Branch(Location("bucket"), Arrangement(pattern="a"))
    branch.begin()
    branch.take(page(["a1", "b"]))
    job = branch.job()
    view = job.run()
    branch.take(page(["c", "da"], last=True))
    branch.adopt(job, view)
    assert shown(branch) == ["a1", "da"]
    assert not branch.arranged


@pytest.mark.parametrize("key", SortKey)
@pytest.mark.parametrize("descending", [False, True])
def test_sorting_more_than_a_chunk(key: SortKey, descending: bool) -> None:
    entries = Entries()
    count = 2 * CHUNK + 3
    objects = [
        ObjectSummary(f"{at:06}", at * 7919 % count, at * 104729 % count, ("STANDARD", "GLACIER")[at % 2])
        for at in range(count)
    ]
    entries.append_page(make_page("", [], objects))
    view = arrange(entries, Arrangement(key, descending))
    order = list(range(count) if view.objects is None else view.objects)
    values: dict[SortKey, Callable[[int], int | str]] = {
        SortKey.NAME: entries.names.__getitem__,
        SortKey.SIZE: entries.sizes.__getitem__,
        SortKey.MODIFIED: entries.modified.__getitem__,
        SortKey.CLASS: entries.storage_class,
    }
    assert order == sorted(order, key=values[key], reverse=descending)
    assert sorted(order) == list(range(count))


def test_a_listing_out_of_order_is_sorted_by_name() -> None:
    branch = listed(["b", "a", "c"])
    assert not branch.entries.sorted
    assert shown(branch) == ["a", "b", "c"]
    assert branch.shown.position_of("b") == 1


def test_a_prefix_marker_is_not_an_entry() -> None:
    entries = Entries()
    owner = Owner("1")
    entries.append_page(make_page("p/", [], [ObjectSummary("p/", 0, 1), ObjectSummary("p/x", 5, 2, "GLACIER", owner)]))
    assert entries.names == ["x"]
    assert (entries.sizes[0], entries.modified[0]) == (5, 2)
    assert (entries.storage_class(0), entries.owner(0)) == ("GLACIER", owner)


def test_pages_number_owners_and_classes_differently() -> None:
    entries = Entries()
    one, two = Owner("1"), Owner("2")
    entries.append_page(make_page("", [], [ObjectSummary("a", 0, 0, "GLACIER", one)]))
    entries.append_page(make_page("", [], [ObjectSummary("b", 0, 0, "STANDARD", two), ObjectSummary("c", 0, 0)]))
    assert [entries.owner(at) for at in range(3)] == [one, two, None]
    assert [entries.storage_class(at) for at in range(3)] == ["GLACIER", "STANDARD", "STANDARD"]


def test_buckets_sort_by_their_age() -> None:
    branch = Branch(Location())
    branch.begin()
    branch.take_buckets([Bucket("a", 30.0), Bucket("b", 10.0), Bucket("c", 20.0)])
    branch.arrange(Arrangement(SortKey.MODIFIED))
    assert shown(branch) == ["b", "c", "a"]


@pytest.mark.parametrize(
    ("pattern", "name", "matches"),
    [
        ("ART", "part", True),
        ("*.json", "a.JSON", True),
        ("*.json", "a.jsonl", False),
        ("raw*", "raw/", True),
        ("[ab]x", "bx", True),
        ("[markup", "x[markup]", False),
        ("art/", "part/", True),
    ],
)
def test_patterns(pattern: str, name: str, matches: bool) -> None:
    assert matcher(pattern)(name) is matches
