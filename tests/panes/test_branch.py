"""A branch through listings, sorts and filters; its marks and jumps; row numbers against a plain flattening."""

import random
from collections.abc import Callable, Iterator
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui.core.identity import Owner
from tui.core.listing import Bucket, ObjectSummary, Page, make_page
from tui.core.location import Location
from tui.core.orders import Selection
from tui.core.problem import Problem, ProblemKind
from tui.core.versions import VersionPage
from tui.panes import branch as branch_module
from tui.panes.arrangement import (
    CHUNK,
    MOST_SCANNED,
    Arrangement,
    ShownEntries,
    arrange,
    find_entry,
    matcher,
    name_at,
    next_entry,
)
from tui.panes.branch import SMALL, Branch, BranchState, VersionBranch
from tui.panes.columns import SortKey
from tui.panes.drag import Drag, DropTarget, may_drop
from tui.panes.entries import Entries
from tui.panes.navigation import HistoryEntry, NavigationHistory
from tui.panes.news import PaneSide
from tui.panes.rows import Marks, PaneRow, PickError, RowKind, describe, is_below, name_below, select
from tui.panes.tree import Tree

NAMES = st.sets(st.text("abcdef", min_size=1, max_size=3), max_size=30)


def page(names: list[str], *, last: bool = False, size: int = 1, prefixes: tuple[str, ...] = ()) -> Page:
    return make_page("", list(prefixes), [ObjectSummary(name, size, 0) for name in names], last=last)


def taken(*pages: Page, arrangement: Arrangement | None = None) -> Branch:
    branch = Branch(Location("bucket"), arrangement)
    branch.begin()
    for each in pages:
        branch.take(each)
    return branch


def listed(names: list[str], arrangement: Arrangement | None = None) -> Branch:
    return taken(page(names, last=True), arrangement=arrangement)


def shown(branch: Branch) -> list[str]:
    entries, view = branch.entries, branch.shown
    containers = [entries.containers[view.container_at(at)] for at in range(view.container_count)]
    return containers + [entries.names[view.object_at(at)] for at in range(view.object_count)]


def arranged(branch: Branch) -> None:
    """Compute the view of a large branch, as it is done aside."""
    job = branch.job()
    branch.adopt(job, job.run())


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
    branch = taken(page(["a"]))
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
    branch = taken(page(["ab", "b"]), page(["ca", "d"], last=True), arrangement=Arrangement(pattern="a"))
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
    arranged(branch)
    assert set(shown(branch)) == {"a1", "a2"}


def test_a_refresh_of_a_large_sorted_branch_swaps_entries_and_view_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(branch_module, "SMALL", 2)
    branch = listed(["a", "b", "c", "d"])
    branch.arrange(Arrangement(descending=True))
    arranged(branch)
    branch.begin()
    branch.take(page(["b"]))
    branch.take(page(["x", "y"], last=True))
    assert shown(branch) == ["d", "c", "b", "a"], "indices must not shift under the view"
    arranged(branch)
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
    branch = taken(page(["a1", "b"]), arrangement=Arrangement(pattern="a"))
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


def test_patterns() -> None:
    matches = {
        ("ART", "part"): True,
        ("*.json", "a.JSON"): True,
        ("*.json", "a.jsonl"): False,
        ("raw*", "raw/"): True,
        ("[ab]x", "bx"): True,
        ("[markup", "x[markup]"): False,
        ("art/", "part/"): True,
    }
    assert {(pattern, name): matcher(pattern)(name) for pattern, name in matches} == matches


OURS, THEIRS = Owner("a" * 64), Owner("b" * 64)
FOREIGN = Arrangement(foreign_to=OURS.id)


def owned(owners: dict[str, Owner | None], *prefixes: str, last: bool = True) -> Page:
    objects = [ObjectSummary(name, len(name), 0, owner=owner) for name, owner in owners.items()]
    return make_page("", list(prefixes), objects, last=last)


def test_only_objects_of_others_are_shown_and_all_prefixes() -> None:
    branch = taken(owned({"mine": OURS, "theirs": THEIRS, "unknown": None}, "sub/"), arrangement=FOREIGN)
    assert shown(branch) == ["sub/", "theirs"]
    branch.arrange(Arrangement())
    assert shown(branch) == ["sub/", "mine", "theirs", "unknown"]


def test_it_goes_together_with_a_name_and_a_sort() -> None:
    owners: dict[str, Owner | None] = {"a.csv": THEIRS, "b.csv": OURS, "c.txt": THEIRS, "longer.csv": THEIRS}
    by_size = FOREIGN.filtered("csv").sorted_by(SortKey.SIZE).sorted_by(SortKey.SIZE)
    assert shown(taken(owned(owners), arrangement=by_size)) == ["longer.csv", "a.csv"]


def test_pages_that_come_later_are_filtered_too() -> None:
    many: dict[str, Owner | None] = {f"{number:06}": OURS for number in range(SMALL + 1)}
    branch = taken(owned(many, last=False), arrangement=FOREIGN)
    arranged(branch)
    branch.take(owned({"7": THEIRS, "8": OURS}))
    assert shown(branch) == ["7"]


SUMMARIES = [ObjectSummary(f"{number:07}", 1, 0) for number in range(3)]


def test_marks_of_entries_in_no_order_are_forgotten_when_these_are_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    """None is looked for among all others: of many that would take minutes."""
    place, names = Location("b"), ["c", "a", "b"]
    tree = Tree(place)
    tree.root.begin()
    tree.root.take(page(names))
    assert not tree.root.entries.sorted
    tree.marks = dict.fromkeys([place.child("gone"), place.child("gone/"), *map(place.child, names)], 1)
    monkeypatch.setattr(Entries, "find_object", None)
    monkeypatch.setattr(Entries, "find_container", None)
    tree.forget_gone(tree.root)
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
        arranged(branch)
    assert branch.total == SMALL + 1
    assert branch.has_news


def test_versions_that_are_listed_are_news() -> None:
    branch = VersionBranch(Location("b", "key"))
    branch.begin()
    branch.has_news = False
    branch.take_versions(VersionPage([], []))
    assert branch.has_news


def showing(*names: str, arrangement: Arrangement | None = None) -> ShownEntries:
    made = Branch(Location("b"), arrangement)
    made.take(make_page("", [], [ObjectSummary(name, number, 0) for number, name in enumerate(names)]))
    return made.shown


TYPED = {
    "b": "beta.txt",
    "al": "Alpha.txt",
    "alpha": "Alpha.txt",
    "-al": "gamma-alpha.txt",
    "xlp": "xaxlxp.txt",
    "q": None,
}
LETTERED = ("Alpha.txt", "beta.txt", "gamma-alpha.txt", "xaxlxp.txt")


@pytest.mark.parametrize("key", [SortKey.NAME, SortKey.SIZE])
def test_the_best_entry_is_found_in_any_order(key: SortKey) -> None:
    shown = showing(*LETTERED, arrangement=Arrangement(key, key is SortKey.SIZE))
    found = {typed: find_entry(shown, typed) for typed in TYPED}
    assert {typed: at if at is None else name_at(shown, at) for typed, (at, _) in found.items()} == TYPED
    assert {looked_at for _, looked_at in found.values()} == {len(LETTERED)}


def test_what_starts_with_it_is_found_among_millions_and_the_rest_is_looked_at_in_pieces() -> None:
    count = MOST_SCANNED + 10
    shown = showing(*(f"{number:07}" for number in range(count)), "a-last")
    assert find_entry(shown, "a-l")[0] == count
    found, looked_at = find_entry(shown, "-last")
    assert (found, looked_at) == (None, MOST_SCANNED)
    assert find_entry(shown, "-last", looked_at)[0] == count


def test_what_was_found_may_be_gone_from_a_level_that_is_shorter_now() -> None:
    shown = showing(*LETTERED)
    assert next_entry(shown, "alpha", 10, -1) == 2
    assert next_entry(shown, "alpha", 10, 1) is None


def test_the_next_and_the_previous_that_contain_it() -> None:
    shown = showing("a1", "b", "b a", "c a")
    following = {(0, 1): 2, (2, 1): 3, (3, 1): None, (2, -1): 0, (0, -1): None}
    assert {(at, by): next_entry(shown, "A", at, by) for at, by in following} == following


LETTERS = st.text("ab\u00e9/\n", min_size=1, max_size=4)
CONTAINERS = st.sets(LETTERS.map(lambda name: name.replace("/", "") + "/"), max_size=4)
OBJECTS = st.sets(LETTERS.filter(lambda name: "/" not in name), max_size=4)
ARRANGEMENTS = st.builds(
    Arrangement, st.sampled_from(SortKey), st.booleans(), st.one_of(st.just(""), st.text("ab*", max_size=2))
)


def fill(branch: Branch, containers: set[str], objects: set[str], state: BranchState = BranchState.COMPLETE) -> None:
    prefix = branch.location.key
    summaries = [ObjectSummary(prefix + name, len(name), index) for index, name in enumerate(sorted(objects))]
    branch.begin()
    last = state is not BranchState.LOADING
    branch.take(make_page(prefix, sorted(prefix + name for name in containers), summaries, last=last))
    if state is BranchState.FAILED:
        branch.fail(Problem(ProblemKind.DENIED, "denied"))


@st.composite
def trees(draw: st.DrawFn) -> Tree:
    tree = Tree(Location("bucket"))
    waiting = [tree.root]
    for _ in range(4):
        if not waiting:
            break
        branch = waiting.pop(0)
        state = draw(st.sampled_from((BranchState.COMPLETE, BranchState.LOADING, BranchState.FAILED)))
        fill(branch, draw(CONTAINERS), draw(OBJECTS), state)
        opened = [name for name in branch.entries.containers if draw(st.booleans())]
        waiting += [child for name in opened if (child := tree.expand(branch.location.child(name)))]
    tree.arrange(draw(ARRANGEMENTS))
    return tree


def flatten(tree: Tree, branch: Branch, depth: int) -> Iterator[tuple[RowKind, Location, int]]:
    """What the rows must be, made the slow way."""
    here = branch.location
    if branch.state is BranchState.FAILED:
        yield RowKind.STATUS, here, depth
    for position in range(branch.shown.container_count):
        location = here.child(branch.entries.containers[branch.shown.container_at(position)])
        yield RowKind.CONTAINER, location, depth
        if child := tree.branch(location):
            yield from flatten(tree, child, depth + 1)
    for position in range(branch.shown.object_count):
        yield RowKind.OBJECT, here.child(branch.entries.names[branch.shown.object_at(position)]), depth
    if branch.state in (BranchState.LOADING, BranchState.WAITING) or (
        branch.state is BranchState.COMPLETE and not branch.shown.count
    ):
        yield RowKind.STATUS, here, depth


def told(row: PaneRow) -> tuple[RowKind, Location, int]:
    return row.kind, row.location, row.depth


@given(trees())
@settings(deadline=None)
def test_rows_are_the_flattened_tree(tree: Tree) -> None:
    """Each entry is found at its row, and is unfolded where its branch is."""
    rows = [tree.row(number) for number in range(tree.row_count)]
    assert [told(row) for row in rows] == list(flatten(tree, tree.root, 0))
    for number, row in enumerate(rows):
        if row.is_entry:
            assert tree.row_of(row.location) == number
            assert row.expanded == (row.kind is RowKind.CONTAINER and tree.branch(row.location) is not None)


@given(trees())
@settings(deadline=None)
def test_folding_everything_leaves_the_root(tree: Tree) -> None:
    for row in [row for row in tree.entries() if row.expanded and row.depth == 0]:
        tree.collapse(row.location)
    assert list(tree.branches) == [tree.root]
    assert all(row.depth == 0 for row in tree.entries())


def test_what_lies_below() -> None:
    prefix = Location("b", "a/")
    assert is_below(Location("b", "a/x"), prefix)
    assert not is_below(prefix, prefix)
    assert not is_below(Location("c", "a/x"), prefix)
    assert name_below(Location("b", "a/x/"), prefix) == "x/"
    assert name_below(Location("b", "a/x/y"), prefix) is None
    assert name_below(Location("b", "a//"), prefix) == "/"
    assert name_below(Location("b"), Location()) == "b"


def picked(*keys: str, bucket: str = "b") -> Marks:
    return {Location(bucket, key): None if key.endswith("/") or not key else 10 for key in keys}


def test_names_are_relative_to_the_deepest_common_level() -> None:
    for keys, base, objects, prefixes in (
        (["v/a.mp4"], "v/", ["v/a.mp4"], []),
        (["v/w/"], "v/", [], ["v/w/"]),
        (["v/a", "v/w/b"], "v/", ["v/a", "v/w/b"], []),
        (["v/w/", "v/w/b", "v/c"], "v/", ["v/c"], ["v/w/"]),
        (["a", "v/w/b"], "", ["a", "v/w/b"], []),
        (["//x", "/"], "", [], ["/"]),
        ([""], "", [], [""]),
    ):
        assert select("me", picked(*keys)) == Selection("me", Location("b", base), objects, prefixes), keys


@given(st.lists(st.text("a/", min_size=1, max_size=6), min_size=1, max_size=6))
def test_the_level_is_above_all_that_is_taken_and_none_below_it_is(keys: list[str]) -> None:
    taken = select("me", picked(*keys))
    names = [*taken.keys, *taken.prefixes]
    assert all(name.startswith(taken.base.key) and name != taken.base.key for name in names)
    below = {name[len(taken.base.key) :].partition("/")[:2] for name in names}
    assert len(below) > 1 or [end for _, end in below] == [""] or len(names) == 1


def test_many_marks_are_selected_by_their_keys_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """To sort a million locations would take many seconds: they cannot be compared here."""
    keys = [f"p/{number:03}" for number in range(200)]
    many = picked(*random.Random(1).sample(keys, len(keys)))
    monkeypatch.setattr(Location, "__lt__", None)
    selection = select("me", many)
    assert (selection.keys, selection.base.key) == (keys, "p/")


@pytest.mark.parametrize("nothing", [{}, {Location(): None}, picked("a") | picked("a", bucket="c")])
def test_what_cannot_be_copied_together(nothing: Marks) -> None:
    with pytest.raises(PickError):
        select("me", nothing)


def test_words() -> None:
    assert describe(picked("a", "b")) == "2 objects, 20 B"
    assert describe(picked("a", "p/", "q/")) == "1 object, 10 B and 2 prefixes"
    assert describe(picked("")) == "1 bucket"


def test_where_a_prefix_may_be_dropped() -> None:
    allowed = {
        (Location("b", "v/"), True): False,
        (Location("b", "v/"), False): True,
        (Location("b", "v/w/"), True): False,
        (Location("b", "v/w/deep/"), True): False,
        (Location("b", "other/"), True): True,
        (Location("b"), True): True,
        (Location(), True): False,
        (Location("c", "an-object"), True): False,
    }
    dragged = select("me", picked("v/w/"))
    assert {(to, same): may_drop(dragged, to, same_server=same) for to, same in allowed} == allowed


def test_the_ghost_makes_control_characters_visible() -> None:
    drag = Drag(
        PaneSide.LEFT, select("me", picked("a")), "1 object", DropTarget(PaneSide.RIGHT, Location("b", "\x1b[31m/"))
    )
    assert "\x1b" not in drag.label


def test_history_goes_back_and_forward_and_forgets_what_was_ahead() -> None:
    history = NavigationHistory()
    one, two, three = (HistoryEntry(Location("b", key)) for key in ("1/", "2/", "3/"))
    history.leave(one)
    history.leave(two)
    assert history.back(three) == two
    assert history.back(two) == one
    assert history.back(one) is None
    assert history.forward(one) == two
    history.leave(two)
    assert history.forward(three) is None
