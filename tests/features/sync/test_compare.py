"""Two places compared, by which evidence, and one made like the other: only what differs, only what was shown."""

import os
import stat
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from itertools import pairwise
from pathlib import Path
from typing import Any, NoReturn, cast

import pytest
from hypothesis import given
from hypothesis import strategies as some
from msgspec.structs import replace

from tests.transfers.world import ONLY_DEMO, World, put_in_parts
from tests.waiting import until
from tui.core.listing import ObjectSummary, Page, make_page
from tui.core.location import LOCAL_BUCKET, Location
from tui.core.naming import MIB
from tui.core.orders import (
    CompareMode,
    ConflictPolicy,
    CopyOptions,
    CopyRoute,
    Destination,
    Filters,
    Order,
    Selection,
    SyncOrder,
)
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.core.transfer import ObjectResult, Outcome, PlannedAction, TransferKind, TransferState
from tui.features.sync.compare import Comparer
from tui.features.sync.merged_names import Merger, PlaceListing, StateCounter
from tui.features.sync.plan_sync import dry_run_sync, plan_sync
from tui.features.sync.sync_changes import CHANGED, SOURCE_HAS_IT
from tui.features.sync.undecided_pairs import READ_UNASKED, Judge
from tui.features.sync.values import (
    ComparedPlace,
    ComparedRow,
    ComparedSide,
    Comparison,
    ComparisonEvidence,
    ComparisonState,
    CountsByState,
    SyncPlan,
)
from tui.stores.base import Store
from tui.stores.local.local_store import LocalStore
from tui.transfers.copy.attempt import OTHER_PARTS
from tui.transfers.local_disk import DIRECTORY_THERE, FILE_THERE

LEFT, RIGHT, DIFFERS, UNKNOWN, SAME = (
    ComparisonState.LEFT,
    ComparisonState.RIGHT,
    ComparisonState.DIFFERS,
    ComparisonState.UNKNOWN,
    ComparisonState.SAME,
)

Said = dict[str, tuple[ComparisonState, ComparisonEvidence]]


async def compared(comparison: Comparison, left: Store, right: Store) -> tuple[Said, CountsByState]:
    said: Said = {}
    counts: CountsByState = {}
    async with aclosing(Comparer(comparison, left, right).run(every=True)) as steps:
        async for step in steps:
            said |= {row.name: (row.state, row.evidence) for row in step.rows}
            counts = step.counter.counts
    return said, counts


def between(world: World, left: str = "", right: str = "") -> Comparison:
    return Comparison(
        ComparedPlace("a", Location(world.buckets.a, left)), ComparedPlace("b", Location(world.buckets.b, right))
    )


async def test_two_accounts_by_size_and_etag(world: World) -> None:
    for name, left, right in (("same", b"one", b"one"), ("longer", b"three", b"one"), ("other", b"one", b"two")):
        world.put(f"in/{name}", left)
        world.put_there(f"out/{name}", right)
    world.put("in/gone", b"x")
    world.put("in/", b"")
    world.put_there("out/new", b"xy")
    said, counts = await compared(between(world, "in/", "out/"), world.source, world.target)
    assert said == {
        "": (LEFT, ComparisonEvidence.LISTED),
        "gone": (LEFT, ComparisonEvidence.LISTED),
        "longer": (DIFFERS, ComparisonEvidence.SIZE),
        "new": (RIGHT, ComparisonEvidence.LISTED),
        "other": (DIFFERS, ComparisonEvidence.ETAG),
        "same": (SAME, ComparisonEvidence.ETAG),
    }
    assert (counts[DIFFERS].objects, counts[DIFFERS].left_bytes, counts[DIFFERS].right_bytes) == (2, 8, 6)


async def test_filters_leave_out_a_name_on_both_sides(world: World) -> None:
    world.put("small.csv", b"1")
    world.put("large.csv", b"1" * 100)
    world.put("note.txt", b"1")
    world.put_there("large.csv", b"2")
    world.put_there("tiny.csv", b"2")
    named = replace(between(world), filters=Filters(include=["*.csv"]))
    assert set((await compared(named, world.source, world.target))[0]) == {"small.csv", "large.csv", "tiny.csv"}
    bounded = replace(between(world), filters=Filters(include=["*.csv"], max_size=10))
    said, counts = await compared(bounded, world.source, world.target)
    assert said == {"small.csv": (LEFT, ComparisonEvidence.LISTED), "tiny.csv": (RIGHT, ComparisonEvidence.LISTED)}, (
        "large.csv is too large"
    )
    assert sum(count.objects for count in counts.values()) == 2


async def test_other_parts_prove_nothing_until_checksums_are_asked_for(world: World) -> None:
    body = os.urandom(11 * MIB)
    other = body[:-1] + bytes([body[-1] ^ 1])
    put_in_parts(world.a, world.buckets.a, "parts", body, 5 * MIB)
    put_in_parts(world.b, world.buckets.b, "parts", body, 6 * MIB)
    put_in_parts(world.a, world.buckets.a, "whole", body, 5 * MIB)
    world.put_there("whole", body)
    put_in_parts(world.a, world.buckets.a, "changed", body, 5 * MIB)
    put_in_parts(world.b, world.buckets.b, "changed", other, 5 * MIB)
    said, _ = await compared(between(world), world.source, world.target)
    assert (said["parts"][0], said["whole"][0]) == (UNKNOWN, UNKNOWN)
    assert said["changed"][0] in (DIFFERS, UNKNOWN), "not every server says how large parts are"
    said, _ = await compared(replace(between(world), by=CompareMode.CHECKSUM), world.source, world.target)
    assert {name: state for name, (state, _) in said.items()} == {"changed": DIFFERS, "parts": SAME, "whole": SAME}


async def test_a_directory_in_the_order_of_keys_with_times_as_evidence(world: World, tmp_path: Path) -> None:
    for name in ("a", "a-b", "a.d/x", "é", "z"):
        world.put(f"d/{name}", b"one")
        path = tmp_path / "d" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"one")
    world.put("d/a.d/", b"")
    (tmp_path / "d" / "empty").mkdir()
    listed = world.a.head_object(Bucket=world.buckets.a, Key="d/z")["LastModified"].timestamp()
    await until(lambda: time.time() > listed + 3, "the second of the objects is long over")
    os.utime(tmp_path / "d" / "z", (listed, listed))
    os.utime(tmp_path / "d" / "a", (listed - 500, listed - 500))
    (tmp_path / "d" / "é").write_bytes(b"two")
    os.utime(tmp_path / "d" / "é", (listed + 500, listed + 500))
    comparison = Comparison(
        ComparedPlace("", Location(LOCAL_BUCKET, f"{tmp_path}/d/".removeprefix("/"))),
        ComparedPlace("a", Location(world.buckets.a, "d/")),
    )
    local = LocalStore()
    said, _ = await compared(comparison, local, world.source)
    assert set(said) == {"a", "a-b", "a.d/x", "é", "z"}, "directories are no objects"
    assert said["z"] == (SAME, ComparisonEvidence.TIME)
    assert (said["a"], said["é"]) == ((SAME, ComparisonEvidence.CHECKSUM), (DIFFERS, ComparisonEvidence.CHECKSUM)), (
        "small files are read"
    )
    said, _ = await compared(replace(comparison, by=CompareMode.CHECKSUM), local, world.source)
    assert {name: state for name, (state, _) in said.items()} == {
        **dict.fromkeys(("a", "a-b", "a.d/x", "z"), SAME),
        "é": DIFFERS,
    }


async def test_what_makes_no_sense_is_refused(world: World) -> None:
    here = ComparedPlace("a", Location(world.buckets.a))
    with pytest.raises(ProblemError, match="the same"):
        Comparer(Comparison(here, here), world.source, world.source)
    with pytest.raises(ProblemError, match="buckets"):
        Comparer(Comparison(here, ComparedPlace("b", Location())), world.source, world.target)


class Watched:
    """A store that notes what is asked of single objects, and refuses to read them."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.heads: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def head(self, bucket: str, key: str, **how: Any) -> Any:
        self.heads.append(key.rpartition("/")[2])
        return await self._store.head(bucket, key, **how)

    async def read(self, *_: Any, **__: Any) -> NoReturn:
        raise AssertionError("no object is read")


class Tree:
    """A directory beside the bucket of A, and the synchronisations between them."""

    def __init__(self, world: World, path: Path) -> None:
        self.world, self.path = world, path
        path.mkdir()
        world.others["disk"] = LocalStore()
        self.here = ComparedPlace("disk", Location(LOCAL_BUCKET, f"{path}/".removeprefix("/")))
        self.there = ComparedPlace("a", Location(world.buckets.a, "in/"))

    async def said(self, by: CompareMode = CompareMode.AUTO, store: Watched | None = None) -> Said:
        """What is compared, and no object is read for it."""
        remote = cast("Store", store or Watched(self.world.source))
        return (await compared(Comparison(self.here, self.there, by=by), LocalStore(), remote))[0]

    def order(self, *, up: bool = True, by: CompareMode = CompareMode.AUTO) -> SyncOrder:
        source, target = (self.here, self.there) if up else (self.there, self.here)
        return SyncOrder(
            Selection(source.connection, source.location, prefixes=[source.location.key]),
            Destination(target.connection, target.location),
            CopyOptions(conflict=ConflictPolicy.OVERWRITE),
            by=by,
        )

    async def sync(self, *, up: bool) -> dict[str, Outcome]:
        return await self.carried_out(self.order(up=up))

    async def carried_out(self, order: Order) -> dict[str, Outcome]:
        _, results = await self.world.copy(order)
        return {each.source.rpartition("/")[2]: each.outcome for each in results}

    def written(self, name: str) -> int:
        return int(self.world.a.head_object(Bucket=self.world.buckets.a, Key=f"in/{name}")["LastModified"].timestamp())

    def write(self, name: str, body: bytes, second: int, fraction: float = 0.7) -> None:
        (self.path / name).write_bytes(body)
        moment = second * 10**9 + round(fraction * 10**9)
        os.utime(self.path / name, ns=(moment, moment))

    def content(self, name: str) -> bytes:
        body: bytes = self.world.a.get_object(Bucket=self.world.buckets.a, Key=f"in/{name}")["Body"].read()
        return body


@pytest.fixture
def tree(world: World, tmp_path: Path) -> Tree:
    return Tree(world, tmp_path / "tree")


async def test_a_file_that_is_written_again_in_the_second_of_its_upload_is_copied(tree: Tree) -> None:
    for name in ("changed", "kept"):
        (tree.path / name).write_bytes(b"one")
    assert set(await tree.sync(up=True)) == {"changed", "kept"}
    tree.write("changed", b"two", tree.written("changed"))
    tree.write("kept", b"one", tree.written("kept"))
    assert await tree.said() == {
        "changed": (DIFFERS, ComparisonEvidence.CHECKSUM),
        "kept": (SAME, ComparisonEvidence.CHECKSUM),
    }
    assert await tree.sync(up=True) == {"changed": Outcome.COPIED}
    assert tree.content("changed") == b"two"
    assert await tree.sync(up=True) == {}, "and that once"


async def test_an_object_that_is_replaced_in_the_second_of_its_download_is_copied(tree: Tree) -> None:
    for before, after in pairwise([b"%03d" % number for number in range(50)]):
        tree.world.put("in/x", before)
        second = tree.written("x")
        await tree.sync(up=False)
        tree.world.put("in/x", after)
        if tree.written("x") == second == int((tree.path / "x").stat().st_mtime):
            break
    assert (tree.path / "x").read_bytes() == before
    assert (await tree.said())["x"][0] is DIFFERS
    assert await tree.sync(up=False) == {"x": Outcome.COPIED}
    assert (tree.path / "x").read_bytes() == after


async def test_a_downloaded_directory_is_not_copied_again(tree: Tree) -> None:
    for number in range(30):
        tree.world.put(f"in/{number}", b"%02d" % number)
    assert len(await tree.sync(up=False)) == 30
    assert await tree.sync(up=False) == {}
    assert await tree.sync(up=True) == {}


@ONLY_DEMO
async def test_etags_that_are_no_md5_are_copied_where_they_may_be_older(tree: Tree) -> None:
    tree.world.put("in/keyed", b"one", ServerSideEncryption="aws:kms")
    tree.write("keyed", b"two", tree.written("keyed"))
    assert await tree.said() == {"keyed": (UNKNOWN, ComparisonEvidence.TIME)}
    assert await tree.sync(up=True) == {"keyed": Outcome.COPIED}


YEAR = 365 * 86400
LONG_AGO = 1_600_000_000


@pytest.fixture
def parted(world: World, tmp_path: Path) -> Tree:
    """A directory whose files were written before and after their upload, and the objects, all of 6 MiB in parts."""
    parted = Tree(world, tmp_path / "parted")
    body = os.urandom(6 * MIB)
    for name in ("older", "newer", "second"):
        put_in_parts(world.a, world.buckets.a, f"in/{name}", body, 5 * MIB)
    put_in_parts(world.a, world.buckets.a, "in/longer", body + b"x", 5 * MIB)
    parted.write("older", body, parted.written("older") - YEAR)
    parted.write("second", body, parted.written("second"))
    parted.write("newer", body, parted.written("newer") + 1, 0)
    parted.write("longer", body, parted.written("longer") - YEAR)
    parted.write("alone", b"x", parted.written("longer"))
    world.put("in/there", b"x")
    return parted


@pytest.mark.parametrize(
    ("by", "said"),
    [
        (
            CompareMode.TIME,
            {
                "older": (SAME, ComparisonEvidence.SIZE_TIME),
                "second": (SAME, ComparisonEvidence.SIZE_TIME),
                "newer": (DIFFERS, ComparisonEvidence.SIZE_TIME),
            },
        ),
        (CompareMode.SIZE, dict.fromkeys(("older", "second", "newer"), (SAME, ComparisonEvidence.SIZE_ONLY))),
    ],
)
async def test_a_file_and_an_object_whose_etag_proves_nothing(
    parted: Tree, by: CompareMode, said: dict[str, tuple[ComparisonState, ComparisonEvidence]]
) -> None:
    found, counts = await compared(Comparison(parted.here, parted.there, by=by), LocalStore(), parted.world.source)
    always = {
        "longer": (DIFFERS, ComparisonEvidence.SIZE),
        "alone": (LEFT, ComparisonEvidence.LISTED),
        "there": (RIGHT, ComparisonEvidence.LISTED),
    }
    assert found == {**said, **always}
    assert UNKNOWN not in counts


@ONLY_DEMO
async def test_without_a_choice_such_a_file_is_read_where_the_server_tells_the_size_of_parts(parted: Tree) -> None:
    found = await parted.said()
    assert {found[name] for name in ("older", "second", "newer")} == {(SAME, ComparisonEvidence.CHECKSUM)}


@pytest.mark.parametrize("by", [CompareMode.TIME, CompareMode.SIZE])
async def test_the_second_of_two_synchronisations_copies_nothing(parted: Tree, by: CompareMode) -> None:
    expected = {"alone", "longer"} | ({"newer"} if by is CompareMode.TIME else set())
    async with aclosing(dry_run_sync(parted.order(by=by), LocalStore(), parted.world.source)) as lines:
        planned = {line.source.rpartition("/")[2]: line async for line in lines}
    assert set(planned) == expected, "the dry run says what the run does"
    if by is CompareMode.TIME:
        found = planned["newer"]
        assert (found.action, found.why) == (PlannedAction.OVERWRITE, "same size, and the source is newer")
    transfer, results = await parted.world.copy(parted.order(by=by))
    assert {each.source.rpartition("/")[2] for each in results} == expected
    assert {each.outcome for each in results} == {Outcome.COPIED}
    assert any("by size" in note and note.endswith(f": {5 - len(expected)}") for note in transfer.notes), transfer.notes
    os.utime(parted.path / "newer", (LONG_AGO, LONG_AGO))  # it was newer than its object by less than the copy took
    _, again = await parted.world.copy(parted.order(by=by))
    assert again == []
    assert parted.world.a.head_object(Bucket=parted.world.buckets.a, Key="in/there"), "what only the target has stays"


async def test_small_files_that_were_just_uploaded_are_settled_without_a_request(tree: Tree) -> None:
    for name in ("equal", "other"):
        tree.world.put(f"in/{name}", b"one")
        tree.write(name, b"one" if name == "equal" else b"two", LONG_AGO)
    tree.world.put("in/large", bytes(READ_UNASKED + 1))
    tree.write("large", bytes(READ_UNASKED + 1), LONG_AGO)
    store = Watched(tree.world.source)
    assert await tree.said(store=store) == {
        "equal": (SAME, ComparisonEvidence.CHECKSUM),
        "large": (UNKNOWN, ComparisonEvidence.TIME),
        "other": (DIFFERS, ComparisonEvidence.CHECKSUM),
    }
    assert store.heads == ["other"], "how it is encrypted"
    store.heads.clear()
    await tree.said(CompareMode.TIME, store)
    assert not store.heads


@ONLY_DEMO
async def test_checksums_of_files_are_computed_and_objects_are_not_read(tree: Tree) -> None:
    body = os.urandom(11 * MIB)
    other = body[:-1] + bytes([body[-1] ^ 1])
    tree.world.put("in/kms", b"one", ServerSideEncryption="aws:kms", ChecksumAlgorithm="SHA256")
    tree.write("kms", b"two", LONG_AGO)
    put_in_parts(tree.world.a, tree.world.buckets.a, "in/parts", body, 5 * MIB)
    tree.write("parts", body, LONG_AGO)
    assert await tree.said(CompareMode.CHECKSUM) == {
        "kms": (DIFFERS, ComparisonEvidence.CHECKSUM),
        "parts": (SAME, ComparisonEvidence.CHECKSUM),
    }
    tree.write("parts", other, LONG_AGO)
    by_checksum = Comparison(tree.here, tree.there, by=CompareMode.CHECKSUM)
    found, _ = await compared(by_checksum, LocalStore(), tree.world.source)
    assert found["parts"][0] is DIFFERS, "by whatever the server keeps of parts"


class Undescribed(Watched):
    """Refuses to describe objects, as S3 does of those with a key of the user's."""

    async def head(self, *_: Any, **__: Any) -> NoReturn:
        raise ProblemError(Problem(kind=ProblemKind.INVALID, title="the object has a key of the user's"))


@ONLY_DEMO
async def test_large_objects_are_compared_by_the_checksums_that_are_kept(world: World) -> None:
    """A copy in parts has another ETag than its source; the checksum of the whole is the same."""
    whole: dict[str, Any] = {"ChecksumAlgorithm": "CRC32", "ChecksumType": "FULL_OBJECT"}
    body = os.urandom(6 * MIB)
    for name in ("equal", "other", "bare"):
        world.put(f"in/{name}", body, ChecksumAlgorithm="CRC32")
        world.put(f"in/small-{name}", b"x", ServerSideEncryption="aws:kms")
        world.b.put_object(Bucket=world.buckets.b, Key=f"out/small-{name}", Body=b"y", ServerSideEncryption="aws:kms")
    put_in_parts(world.b, world.buckets.b, "out/equal", body, 5 * MIB, **whole)
    put_in_parts(world.b, world.buckets.b, "out/other", body[:-1] + bytes([body[-1] ^ 1]), 5 * MIB, **whole)
    put_in_parts(world.b, world.buckets.b, "out/bare", body, 5 * MIB)
    left, right = Watched(world.source), Watched(world.target)
    said, _ = await compared(between(world, "in/", "out/"), cast("Store", left), cast("Store", right))
    large = {name: each for name, each in said.items() if not name.startswith("small-")}
    assert large.pop("bare")[0] is UNKNOWN, "no checksum of the whole is kept"
    assert large == {"equal": (SAME, ComparisonEvidence.CHECKSUM), "other": (DIFFERS, ComparisonEvidence.CHECKSUM)}
    assert sorted(left.heads)[:3] == ["bare", "equal", "other"]
    assert len([name for name in left.heads if name.startswith("small-")]) <= 1, "small ones are not asked for"
    said, _ = await compared(between(world, "in/", "out/"), world.source, cast("Store", Undescribed(world.target)))
    assert {said[name][0] for name in large} == {UNKNOWN}


def sync(world: World, *, delete: bool = False, filters: Filters = Filters()) -> SyncOrder:  # noqa: B008  # it is frozen
    return SyncOrder(
        Selection("a", Location(world.buckets.a, "in/"), prefixes=["in/"], filters=filters),
        Destination("b", Location(world.buckets.b, "out/")),
        CopyOptions(conflict=ConflictPolicy.OVERWRITE),
        delete=delete,
    )


async def planned(world: World, order: SyncOrder, lists: Path) -> tuple[SyncPlan, list[str]]:
    plan, deletions = SyncPlan(), list[str]()
    async with aclosing(plan_sync(order, world.source, world.target, lists)) as plans:
        async for plan in plans:
            deletions += [each.source for each in plan.deletions]
    return plan, deletions


def mode(path: str) -> int:
    return stat.S_IMODE(Path(path).stat().st_mode)


def fill(world: World) -> None:
    world.let_b_read()
    for name, left, right in (("same", b"1", b"1"), ("other", b"new", b"old"), ("missing", b"x", None)):
        world.put(f"in/{name}", left)
        if right:
            world.put_there(f"out/{name}", right)
    for name in ("extra/1", "extra/2", "extra/3"):
        world.put_there(f"out/{name}", b"extra")


def outcomes(results: list[ObjectResult]) -> dict[str, Outcome]:
    return {(each.target or each.source).rpartition("/out/")[2]: each.outcome for each in results}


async def test_copies_what_is_missing_or_differs_and_nothing_else(world: World) -> None:
    fill(world)
    transfer, results = await world.copy(sync(world))
    assert outcomes(results) == {"missing": Outcome.COPIED, "other": Outcome.COPIED}
    assert (transfer.kind, transfer.state, transfer.objects_total) == (TransferKind.SYNC, TransferState.DONE, 2)
    assert world.content("out/other") == b"new"
    assert len(world.target_keys()) == 6
    transfer, results = await world.copy(sync(world))
    assert (transfer.state, results) == (TransferState.DONE, [])
    assert any("already the same: 3" in note for note in transfer.notes)


async def test_deletes_what_was_shown_and_nothing_that_came_later(world: World, tmp_path: Path) -> None:
    fill(world)
    order = sync(world, delete=True)
    plan, deletions = await planned(world, order, tmp_path / "lists")
    assert [uri.rpartition("/out/")[2] for uri in deletions] == ["extra/1", "extra/2", "extra/3"]
    assert (plan.copies, plan.overwrites, plan.deletes, plan.deleted_bytes, plan.same) == (1, 1, 3, 15, 1)
    assert mode(plan.shown) == 0o600
    world.put_there("out/late", b"came after the plan")
    world.put_there("out/extra/2", b"written since")
    world.put("in/extra/3", b"extra")
    transfer, results = await world.copy(replace(order, shown=plan.shown))
    assert outcomes(results) == {
        "missing": Outcome.COPIED,
        "other": Outcome.COPIED,
        "extra/1": Outcome.DELETED,
        "extra/2": Outcome.SKIPPED,
        "extra/3": Outcome.SKIPPED,
    }
    assert {note for each in results for note in each.notes if note.startswith("kept")} == {CHANGED, SOURCE_HAS_IT}
    assert world.target_keys() == [f"out/{name}" for name in ("extra/2", "extra/3", "late", "missing", "other", "same")]
    assert transfer.state is TransferState.DONE


async def test_without_a_plan_nothing_is_deleted(world: World) -> None:
    with pytest.raises(ProblemError, match="shown"):
        await world.submit(sync(world, delete=True))
    inside = SyncOrder(
        Selection("a", Location(world.buckets.a, "x/y/"), prefixes=["x/y/"]),
        Destination("a", Location(world.buckets.a, "x/")),
    )
    with pytest.raises(ProblemError, match="inside the target"):
        await world.submit(inside)
    with pytest.raises(ProblemError, match="inside the target"):
        async with aclosing(dry_run_sync(replace(inside, delete=True), world.source, world.source)) as lines:
            await anext(lines)


async def test_a_dry_run_says_what_would_happen_by_which_evidence(world: World) -> None:
    fill(world)
    lines = await world.planned(sync(world, delete=True))
    assert {line.source.rpartition("/")[2]: (line.action, line.why) for line in lines} == {
        "missing": (PlannedAction.COPY, "nothing at the target"),
        "other": (PlannedAction.OVERWRITE, "another ETag"),
        **dict.fromkeys("123", (PlannedAction.DELETE, "only the target has it")),
    }


async def test_filters_protect_what_they_leave_out(world: World, tmp_path: Path) -> None:
    fill(world)
    order = sync(world, delete=True, filters=Filters(exclude=["extra/*", "other"]))
    plan, _ = await planned(world, order, tmp_path / "lists")
    assert (plan.copies, plan.overwrites, plan.deletes, plan.shown) == (1, 0, 0, "")
    assert list((tmp_path / "lists").iterdir()) == []


async def test_a_directory_is_downloaded_and_emptied_of_what_is_gone(world: World, tmp_path: Path) -> None:
    fill(world)
    tree = tmp_path / "tree"
    (tree / "old").mkdir(parents=True)
    (tree / "old" / "file").write_bytes(b"gone in the bucket")
    world.others["disk"] = LocalStore()
    place = Location(LOCAL_BUCKET, f"{tree}/".removeprefix("/"))
    order = replace(sync(world, delete=True), destination=Destination("disk", place))
    async with aclosing(plan_sync(order, world.source, world.others["disk"], tmp_path / "lists")) as plans:
        plan = [each async for each in plans][-1]
    await world.copy(replace(order, shown=plan.shown))
    assert {str(each.relative_to(tree)) for each in tree.rglob("*")} == {"missing", "other", "same"}
    transfer, results = await world.copy(replace(order, delete=False))
    assert (transfer.state, results) == (TransferState.DONE, []), "downloads keep the time of their object"
    (tree / "same").write_bytes(b"2")
    os.utime(tree / "same", (1_700_000_000, 1_700_000_000))
    _, results = await world.copy(replace(order, delete=False))
    assert [each.outcome for each in results] == [Outcome.COPIED], "the object is newer"


async def test_where_not_all_could_be_listed_nothing_is_to_be_deleted(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    for file in (source / os.fsdecode(b"caf\xe9"), target / "old"):
        file.parent.mkdir()
        file.write_bytes(b"content")
    here, there = (Location(LOCAL_BUCKET, f"{each}/".removeprefix("/")) for each in (source, target))
    order = SyncOrder(Selection("a", here, prefixes=[here.key]), Destination("b", there), delete=True)
    async with aclosing(plan_sync(order, LocalStore(), LocalStore(), tmp_path / "lists")) as plans:
        plan = [each async for each in plans][-1]
    assert plan.unlisted
    assert (plan.deletes, plan.deleted_bytes, plan.shown) == (0, 0, "")


async def test_a_dry_run_refuses_what_something_on_the_disk_is_in_the_way_of(world: World, tmp_path: Path) -> None:
    """It said that the file would be deleted, and the copy fails at it each time, so that nothing is deleted."""
    for key in ("file/x", "file/y/z", "directory", "new/a/b"):
        world.put(f"in/{key}")
    tree = tmp_path / "tree"
    (tree / "directory").mkdir(parents=True)
    for name in ("file", "directory/old"):
        (tree / name).write_bytes(b"only here")
    place = Location(LOCAL_BUCKET, f"{tree}/".removeprefix("/"))
    order = replace(sync(world, delete=True), destination=Destination("disk", place))
    async with aclosing(dry_run_sync(order, world.source, LocalStore())) as lines:
        found = {each.source: (each.action, each.why) async for each in lines}
    at = f"s3://{world.buckets.a}/in"
    file_there = (PlannedAction.REFUSE, FILE_THERE.format(tree / "file"))
    assert {uri: told for uri, told in found.items() if uri.startswith(at)} == {
        f"{at}/file/x": file_there,
        f"{at}/file/y/z": file_there,
        f"{at}/directory": (PlannedAction.REFUSE, DIRECTORY_THERE),
        f"{at}/new/a/b": (PlannedAction.COPY, "nothing at the target"),
    }


async def test_copies_have_the_parts_of_their_sources(world: World) -> None:
    world.let_b_read()
    put_in_parts(world.a, world.buckets.a, "in/parts", os.urandom(11 * MIB), 5 * MIB)
    options = CopyOptions(conflict=ConflictPolicy.OVERWRITE, same_parts=True)
    _, [cut_otherwise] = await world.copy(replace(sync(world), options=replace(options, part_size=8 * MIB)))
    assert cut_otherwise.notes[0] == OTHER_PARTS
    world.b.delete_object(Bucket=world.buckets.b, Key="out/parts")
    _, [result] = await world.copy(replace(sync(world), options=options))
    assert result.route is CopyRoute.PULL
    here = world.a.head_object(Bucket=world.buckets.a, Key="in/parts")["ETag"]
    assert world.b.head_object(Bucket=world.buckets.b, Key="out/parts")["ETag"] == here
    assert here.endswith('-3"')


async def test_what_is_no_object_is_noted(world: World, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "file").write_bytes(b"one")
    os.mkfifo(tree / "pipe")
    for name in ("dangling", "gone", "left.out"):
        (tree / name).symlink_to("/nowhere/at/all")
    world.others["disk"] = LocalStore()
    place = Location(LOCAL_BUCKET, f"{tree}/".removeprefix("/"))
    selection = Selection("disk", place, prefixes=[place.key], filters=Filters(exclude=["*.out"]))
    transfer, results = await world.copy(replace(sync(world), selection=selection))
    assert (transfer.state, len(results)) == (TransferState.DONE, 1)
    assert "left out because they are not objects: a broken symbolic link (2), a named pipe (1)" in transfer.notes


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


async def merged(
    left: Names, right: Names, cuts: Sequence[int], *, every: bool
) -> tuple[list[ComparedRow], StateCounter]:
    sides = [
        PlaceListing(pages(each, cut), None, markers=True, what="")
        for each, cut in zip((left, right), cuts, strict=True)
    ]
    merger, counter, rows = Merger(Judge(), every=every), StateCounter(), list[ComparedRow]()
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
