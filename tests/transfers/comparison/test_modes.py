"""What decides about equal sizes where the user says so: times, or nothing; and that proofs stay proofs."""

from __future__ import annotations

import os
from contextlib import aclosing
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.transfers.comparison.test_compare import DIFFERS, LEFT, RIGHT, SAME, UNKNOWN, between, compared, upload
from tests.transfers.comparison.test_times import Tree
from tests.transfers.world import World
from tui.model.comparing.comparison import Comparison, ComparisonState, Evidence
from tui.model.comparing.mode import CompareMode
from tui.model.orders import ConflictPolicy, CopyOptions, Destination, Selection, SyncOrder
from tui.model.plan import PlannedAction
from tui.model.s3_limits import MIB
from tui.model.transfer import Outcome
from tui.stores.local import LocalStore
from tui.transfers.sync.planning import dry_run_sync

YEAR = 365 * 86400


@pytest.fixture
def tree(world: World, tmp_path: Path) -> Tree:
    """A directory whose files were written before and after their upload, and the objects, all of 6 MiB in parts."""
    tree = Tree(world, tmp_path / "tree")
    body = os.urandom(6 * MIB)
    for name in ("older", "newer", "second"):
        upload(world.a, world.buckets.a, f"in/{name}", body, 5 * MIB)
    upload(world.a, world.buckets.a, "in/longer", body + b"x", 5 * MIB)
    tree.write("older", body, tree.written("older") - YEAR)
    tree.write("second", body, tree.written("second"))
    tree.write("newer", body, tree.written("newer") + 1, 0)
    tree.write("longer", body, tree.written("longer") - YEAR)
    tree.write("alone", b"x", tree.written("longer"))
    world.put("in/there", b"x")
    return tree


def order(tree: Tree, by: CompareMode) -> SyncOrder:
    return SyncOrder(
        Selection("disk", tree.here.location, prefixes=[tree.here.location.key]),
        Destination("a", tree.there.location),
        CopyOptions(conflict=ConflictPolicy.OVERWRITE),
        by=by,
    )


@pytest.mark.parametrize(
    ("by", "said"),
    [
        (
            CompareMode.TIME,
            {
                "older": (SAME, Evidence.SIZE_TIME),
                "second": (SAME, Evidence.SIZE_TIME),
                "newer": (DIFFERS, Evidence.SIZE_TIME),
            },
        ),
        (CompareMode.SIZE, dict.fromkeys(("older", "second", "newer"), (SAME, Evidence.SIZE_ONLY))),
    ],
)
async def test_a_file_and_an_object_whose_etag_proves_nothing(
    tree: Tree, by: CompareMode, said: dict[str, tuple[ComparisonState, Evidence]]
) -> None:
    found, counts = await compared(Comparison(tree.here, tree.there, by=by), LocalStore(), tree.world.source)
    always = {
        "longer": (DIFFERS, Evidence.SIZE),
        "alone": (LEFT, Evidence.LISTED),
        "there": (RIGHT, Evidence.LISTED),
    }
    assert found == {**said, **always}
    assert UNKNOWN not in counts


@pytest.mark.parametrize("s3_server", ["demo"], indirect=True)
async def test_without_a_choice_such_a_file_is_read_where_the_server_tells_the_size_of_parts(tree: Tree) -> None:
    found, _ = await compared(Comparison(tree.here, tree.there), LocalStore(), tree.world.source)
    assert {found[name] for name in ("older", "second", "newer")} == {(SAME, Evidence.CHECKSUM)}


@pytest.mark.parametrize("by", [CompareMode.TIME, CompareMode.SIZE])
async def test_the_second_of_two_synchronisations_copies_nothing(tree: Tree, by: CompareMode) -> None:
    expected = {"alone", "longer"} | ({"newer"} if by is CompareMode.TIME else set())
    async with aclosing(dry_run_sync(order(tree, by), LocalStore(), tree.world.source)) as lines:
        planned = {line.source.rpartition("/")[2]: line async for line in lines}
    assert set(planned) == expected, "the dry run says what the run does"
    if by is CompareMode.TIME:
        found = planned["newer"]
        assert (found.action, found.why) == (PlannedAction.OVERWRITE, "one size, and the source is newer")
    transfer, results = await tree.world.copy(order(tree, by))
    assert {each.source.rpartition("/")[2] for each in results} == expected
    assert {each.outcome for each in results} == {Outcome.COPIED}
    assert any("by size" in note and note.endswith(f": {5 - len(expected)}") for note in transfer.notes), transfer.notes
    os.utime(
        tree.path / "newer", (1_700_000_000, 1_700_000_000)
    )  # it was newer than its object by less than the copy took
    _, again = await tree.world.copy(order(tree, by))
    assert again == []
    assert tree.world.a.head_object(Bucket=tree.world.buckets.a, Key="in/there"), "what only the target has stays"


async def test_two_buckets_by_the_times_of_their_objects(world: World) -> None:
    world.put("x", b"one")
    world.put("equal", b"one")
    world.b.put_object(Bucket=world.buckets.b, Key="equal", Body=b"one")
    world.b.put_object(Bucket=world.buckets.b, Key="x", Body=b"two")
    by_time, by_size = (replace(between(world), by=by) for by in (CompareMode.TIME, CompareMode.SIZE))
    said, _ = await compared(by_time, world.source, world.target)
    assert said == {"x": (SAME, Evidence.SIZE_TIME), "equal": (SAME, Evidence.ETAG)}, "the right one is not older"
    said, _ = await compared(by_size, world.source, world.target)
    assert said["x"] == (SAME, Evidence.SIZE_ONLY)
    said, _ = await compared(between(world), world.source, world.target)
    assert said["x"] == (DIFFERS, Evidence.ETAG)
