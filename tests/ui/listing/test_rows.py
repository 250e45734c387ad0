"""Row numbers against a plain flattening of the same tree."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import given, settings
from hypothesis import strategies as st

from tui.model.listing import ObjectSummary, make_page
from tui.model.location import Location
from tui.model.problem import Problem, ProblemKind
from tui.ui.listing.arrangement import Arrangement
from tui.ui.listing.branch import Branch, BranchState
from tui.ui.listing.columns import SortKey
from tui.ui.listing.rows import Row, RowKind, is_below, name_below
from tui.ui.listing.tree import Tree

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


def told(row: Row) -> tuple[RowKind, Location, int]:
    return row.kind, row.location, row.depth


@given(trees())
@settings(deadline=None)
def test_rows_are_the_flattened_tree(tree: Tree) -> None:
    assert [told(tree.row(number)) for number in range(tree.row_count)] == list(flatten(tree, tree.root, 0))


@given(trees())
@settings(deadline=None)
def test_every_entry_is_found_at_its_row(tree: Tree) -> None:
    for number in range(tree.row_count):
        row = tree.row(number)
        if row.is_entry:
            assert tree.row_of(row.location) == number


@given(trees())
@settings(deadline=None)
def test_a_row_is_unfolded_where_its_branch_is(tree: Tree) -> None:
    for row in tree.entries():
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
