"""Changes within one second, of one size: none is taken for the same, and what is the same is not copied again."""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.transfers.comparison.test_compare import DIFFERS, SAME, UNKNOWN, Said, compared
from tests.transfers.world import World
from tui.model.comparing.comparison import Comparison, Evidence, Place
from tui.model.location import LOCAL_BUCKET, Location
from tui.model.orders import ConflictPolicy, CopyOptions, Destination, Filters, Selection, SyncOrder
from tui.model.transfer import Outcome
from tui.stores.local import LocalStore


class Tree:
    """A directory beside the bucket of A, and the synchronisations between them."""

    def __init__(self, world: World, path: Path) -> None:
        self.world, self.path = world, path
        path.mkdir()
        world.others["disk"] = LocalStore()
        self.here = Place("disk", Location(LOCAL_BUCKET, f"{path}/".removeprefix("/")))
        self.there = Place("a", Location(world.buckets.a, "in/"))

    async def said(self, filters: Filters = Filters()) -> Said:  # noqa: B008  # it is frozen
        return (await compared(Comparison(self.here, self.there, filters), LocalStore(), self.world.source))[0]

    async def sync(self, *, up: bool) -> dict[str, Outcome]:
        """Make one place like the other: the names that were copied."""
        source, target = (self.here, self.there) if up else (self.there, self.here)
        order = SyncOrder(
            Selection(source.connection, source.location, prefixes=[source.location.key]),
            Destination(target.connection, target.location),
            CopyOptions(conflict=ConflictPolicy.OVERWRITE),
        )
        _, results = await self.world.copy(order)
        return {each.source.rpartition("/")[2]: each.outcome for each in results}

    def written(self, name: str) -> int:
        """The whole second of an object."""
        head = self.world.a.head_object(Bucket=self.world.buckets.a, Key=f"in/{name}")
        return int(head["LastModified"].timestamp())

    def write(self, name: str, body: bytes, second: int, fraction: float = 0.7) -> None:
        """A file of this time."""
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
    assert await tree.said() == {"changed": (DIFFERS, Evidence.CHECKSUM), "kept": (SAME, Evidence.CHECKSUM)}
    assert await tree.sync(up=True) == {"changed": Outcome.COPIED}
    assert tree.content("changed") == b"two"
    assert await tree.sync(up=True) == {}, "and that once"


async def test_the_source_of_a_download_is_copied_over_a_file_that_was_written_in_its_second(tree: Tree) -> None:
    tree.world.put("in/x", b"one")
    tree.write("x", b"two", tree.written("x"))
    assert await tree.said() == {"x": (DIFFERS, Evidence.CHECKSUM)}
    assert await tree.sync(up=False) == {"x": Outcome.COPIED}
    assert (tree.path / "x").read_bytes() == b"one"


async def test_an_object_that_is_replaced_in_the_second_of_its_download_is_copied(tree: Tree) -> None:
    bodies = [b"%03d" % number for number in range(50)]
    for before, after in pairwise(bodies):
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


@pytest.mark.parametrize("s3_server", ["demo"], indirect=True)
async def test_etags_that_are_no_md5_are_copied_where_they_may_be_older(tree: Tree) -> None:
    tree.world.put("in/keyed", b"one", ServerSideEncryption="aws:kms")
    tree.write("keyed", b"two", tree.written("keyed"))
    assert await tree.said() == {"keyed": (UNKNOWN, Evidence.TIME)}
    assert await tree.sync(up=True) == {"keyed": Outcome.COPIED}


async def test_the_policy_newer_takes_a_file_of_the_same_second(tree: Tree) -> None:
    tree.world.put("in/x", b"one")
    tree.world.put("in/y", b"one")
    tree.write("x", b"two", tree.written("x"))
    tree.write("y", b"two", tree.written("y"), 0)
    order = tree.world.order()
    order = replace(
        order,
        selection=Selection("disk", tree.here.location, prefixes=[tree.here.location.key]),
        destination=Destination("a", tree.there.location),
        options=CopyOptions(conflict=ConflictPolicy.NEWER),
    )
    _, results = await tree.world.copy(order)
    assert {each.source.rpartition("/")[2]: each.outcome for each in results} == {
        "x": Outcome.COPIED,
        "y": Outcome.SKIPPED,
    }
