"""Many marks in a list that is in no order, such as what a search has found in a report."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

from tui.model.listing import Bucket, ObjectSummary, make_page
from tui.model.location import Location
from tui.model.problem import Problem, ProblemKind
from tui.model.versions import VersionPage
from tui.ui.listing.arrangement import Arrangement
from tui.ui.listing.branch import SMALL, Branch
from tui.ui.listing.columns import SortKey
from tui.ui.listing.tree import Tree
from tui.ui.listing.versions import VersionBranch

COUNT = 30_000

SUMMARIES = [ObjectSummary(f"{number:07}", 1, 0) for number in range(3)]


def test_marks_of_entries_in_no_order_are_looked_at_in_no_time() -> None:
    place, names = Location("b"), [f"{number:07}" for number in range(COUNT)]
    random.Random(1).shuffle(names)
    tree = Tree(place)
    tree.root.begin()
    tree.root.take(make_page("", [], [ObjectSummary(name, 1, 0) for name in names]))
    assert not tree.root.entries.sorted
    tree.marks = dict.fromkeys([place.child("gone"), place.child("gone/"), *map(place.child, names)], 1)
    begun = time.monotonic()
    tree.forget_gone(tree.root)
    assert time.monotonic() - begun < 3  # seconds; to look for each among all others would take ten
    assert set(tree.marks) == set(map(place.child, names))


def test_each_way_in_which_entries_change_is_news() -> None:
    branch = Branch(Location("b"))
    ways: dict[str, Callable[[], None]] = {
        "a page": lambda: branch.take(make_page("", [], SUMMARIES)),
        "buckets": lambda: branch.take_buckets([Bucket("a")]),
        "a failure": lambda: branch.fail(Problem(ProblemKind.DENIED, "denied")),
    }
    for way, change in ways.items():
        branch.begin()
        branch.has_news = False
        change()
        assert branch.has_news, way
    branch.has_news = False
    branch.arrange(Arrangement(SortKey.SIZE))
    assert not branch.has_news, "another order has the same entries"
    branch.begin()
    branch.take(make_page("", [], SUMMARIES[:2]))
    assert branch.has_news, "a sorted list was listed again"


def test_a_long_list_that_was_listed_again_is_news_once_it_is_sorted() -> None:
    many = [ObjectSummary(f"{number:07}", number % 7, 0) for number in range(SMALL + 2)]
    branch = Branch(Location("b"), Arrangement(SortKey.SIZE))
    for summaries in (many, many[1:]):
        branch.begin()
        branch.take(make_page("", [], summaries))
        branch.has_news = False
        assert not branch.arranged
        job = branch.job()
        branch.adopt(job, job.run())
    assert branch.total == SMALL + 1
    assert branch.has_news


def test_versions_that_are_listed_are_news() -> None:
    branch = VersionBranch(Location("b", "key"))
    branch.begin()
    branch.has_news = False
    branch.take_versions(VersionPage([], []))
    assert branch.has_news
