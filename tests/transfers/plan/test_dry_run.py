"""A dry run says what the transfer then does, and writes nothing at all."""

from collections.abc import Sequence
from contextlib import aclosing
from pathlib import Path
from typing import NoReturn

import pytest
from msgspec.structs import replace

from tests.servers.policies import deny_on_objects
from tests.transfers.world import World
from tui.model.location import LOCAL_BUCKET, Location
from tui.model.orders import ConflictPolicy, CopyOrder, Destination, Route
from tui.model.plan import PlannedAction, PlannedObject
from tui.model.problem import ProblemError
from tui.model.transfer import ObjectResult, Outcome
from tui.stores.local import LocalStore
from tui.stores.s3 import S3Store
from tui.transfers.plan.dry_run import THEN_REMOVED, dry_run

DONE_AS = {
    PlannedAction.COPY: Outcome.COPIED,
    PlannedAction.OVERWRITE: Outcome.COPIED,
    PlannedAction.RENAME: Outcome.COPIED,
    PlannedAction.SKIP: Outcome.SKIPPED,
    PlannedAction.REFUSE: Outcome.FAILED,
}

WRITES = (
    "put",
    "copy",
    "create_upload",
    "upload_part",
    "copy_part",
    "complete_upload",
    "abort_upload",
    "delete",
    "delete_many",
    "create_bucket",
)


class ReadOnly(S3Store):
    """Raises for every operation that writes."""

    def __getattribute__(self, name: str) -> object:
        return _written if name in WRITES else super().__getattribute__(name)


def _written(*_: object, **__: object) -> NoReturn:
    raise AssertionError("a dry run wrote")


async def planned(world: World, order: CopyOrder) -> list[PlannedObject]:
    source, target = ReadOnly(world.connection_a), ReadOnly(world.connection_b)
    async with aclosing(dry_run(order, source, target, world.owners)) as lines:
        return [line async for line in lines]


def agree(lines: Sequence[PlannedObject], results: Sequence[ObjectResult]) -> None:
    """Each object ended as it was said, at the key and by the route that were said."""
    by_source = {result.source: result for result in results}
    assert sorted(by_source) == sorted(line.source for line in lines)
    for line in lines:
        result = by_source[line.source]
        assert result.outcome is DONE_AS[line.action], line
        assert result.size == line.size
        if line.action is not PlannedAction.REFUSE:
            assert (result.target, result.route) == (line.target, line.route)
        if line.action is PlannedAction.SKIP:
            assert line.why in result.notes


@pytest.mark.parametrize("policy", [policy for policy in ConflictPolicy if policy is not ConflictPolicy.ASK])
async def test_it_says_what_then_happens(world: World, policy: ConflictPolicy) -> None:
    for key, body in (("p/", b""), ("p/same", b"same"), ("p/other", b"new"), ("p/absent", b"absent"), ("k.txt", b"1")):
        world.put(key, body)
    for key, body in (("same", b"same"), ("other", b"old"), ("same (1)", b"taken")):
        world.b.put_object(Bucket=world.buckets.b, Key=key, Body=body)
    order = world.order(prefixes=("p/",), base="p/", conflict=policy)
    world.let_b_read()
    before = {key: world.content(key) for key in world.target_keys()}
    lines = await planned(world, order)
    assert {key: world.content(key) for key in world.target_keys()} == before
    agree(lines, (await world.copy(order))[1])


async def test_names_are_given_as_the_transfer_gives_them(world: World) -> None:
    bodies = [world.put(key, key.encode()) for key in ("p/k (1).txt", "p/k (2).txt", "p/k.txt")]
    world.b.put_object(Bucket=world.buckets.b, Key="k.txt", Body=b"old")
    order = world.order(prefixes=("p/",), base="p/", conflict=ConflictPolicy.RENAME)
    targets = [line.target.rpartition("/")[2] for line in await planned(world, order)]
    assert targets == ["k (1).txt", "k (2).txt", "k (3).txt"]
    await world.copy(order)
    assert world.content("k.txt") == b"old"
    contents = [world.content(key) for key in world.target_keys()]
    assert sorted(contents) == sorted([b"old", *bodies]), "side by side they may have got other names, but each its own"


async def test_ask_is_said_for_what_would_be_asked(world: World) -> None:
    world.put("a", b"new")
    world.put("b", b"new")
    world.b.put_object(Bucket=world.buckets.b, Key="b", Body=b"old")
    lines = await planned(world, world.order("a", "b"))
    assert [line.action for line in lines] == [PlannedAction.COPY, PlannedAction.ASK]
    assert "exists" in lines[1].why


async def test_what_cannot_be_seen_is_said(world: World) -> None:
    world.put("k")
    world.b.put_object(Bucket=world.buckets.b, Key="k", Body=b"old")
    world.buckets.set_policy_of_b(deny_on_objects(world.buckets.b, "*", "s3:GetObject"))
    for policy, action in (
        (ConflictPolicy.SKIP, PlannedAction.REFUSE),
        (ConflictPolicy.ASK, PlannedAction.ASK),
        (ConflictPolicy.OVERWRITE, PlannedAction.OVERWRITE),
    ):
        [line] = await planned(world, world.order("k", conflict=policy))
        assert line.action is action
        assert "whether it exists at the target" in line.why


async def test_routes_are_those_whose_identity_can_read(world: World) -> None:
    world.put("k")
    [line] = await planned(world, world.order("k"))
    assert line.route is None, "whether the source's identity may write would have to be tried"
    assert f"by push if {world.source.label} has write access, otherwise by relay" in line.why
    world.let_b_read()
    [line] = await planned(world, world.order("k"))
    assert line.route is Route.PULL
    [line] = await planned(world, world.order("k", route=Route.RELAY))
    assert line.route is Route.RELAY


async def test_a_missing_object_is_refused_and_a_move_says_what_follows(world: World) -> None:
    world.put("k")
    lines = await planned(world, world.order("k", "missing", move=True))
    assert [line.action for line in lines] == [PlannedAction.COPY, PlannedAction.REFUSE]
    assert THEN_REMOVED in lines[0].why


async def test_a_download_is_tried_out_without_a_trace(world: World, tmp_path: Path) -> None:
    for key, body in (("p/", b""), ("p/dir/", b""), ("p/dir/k", b"new"), ("p/../out", b"")):
        world.put(key, body)
    here = tmp_path / "here"
    (here / "dir").mkdir(parents=True)
    (here / "dir" / "k").write_text("old")
    order = world.order(prefixes=("p/",), base="p/", conflict=ConflictPolicy.SKIP)
    target = Location(LOCAL_BUCKET, f"{here}/".removeprefix("/"))
    order = replace(order, destination=Destination("here", target))
    async with aclosing(dry_run(order, ReadOnly(world.connection_a), LocalStore(), world.owners)) as lines:
        actions = {line.source.rpartition("/p/")[2]: line.action async for line in lines}
    assert actions == {
        "": PlannedAction.COPY,
        "../out": PlannedAction.REFUSE,
        "dir/": PlannedAction.COPY,
        "dir/k": PlannedAction.SKIP,
    }
    assert found_below(here) == ["dir", "dir/k"]
    assert (here / "dir" / "k").read_text() == "old"


def found_below(directory: Path) -> list[str]:
    return sorted(str(path.relative_to(directory)) for path in directory.rglob("*"))


async def test_nonsense_is_refused_at_once(world: World) -> None:
    world.put("p/a")
    order = world.order(prefixes=("p/",))
    into_itself = CopyOrder(order.selection, Destination("a", Location(world.buckets.a, "p/q/")))
    source = ReadOnly(world.connection_a)
    with pytest.raises(ProblemError, match="cannot be copied"):
        await anext(dry_run(into_itself, source, source, world.owners))
