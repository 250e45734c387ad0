"""Moves: the source goes only after its copy was found the same, and is never lost."""

import asyncio
import os
from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from tests.servers.policies import allow_on_objects, deny_on_objects, grant_read
from tests.transfers.byte_faults import Damaging
from tests.transfers.world import World
from tui.accounts.clients.connection import Connection
from tui.model.location import Location
from tui.model.orders import ConflictPolicy, CopyOptions, CopyOrder, Destination, Route, Selection
from tui.model.problem import ProblemError, ProblemKind
from tui.model.transfer import Outcome, TransferState, Verification
from tui.stores.s3 import S3Store
from tui.stores.values import Acl, ObjectHead, Stored
from tui.transfers.copy import move_source as removing

MIB = 1 << 20


PARTS: dict[str, Any] = {"multipart_threshold": 5 * MIB, "part_size": 5 * MIB}


def source_keys(world: World) -> list[str]:
    return [entry["Key"] for entry in world.a.list_objects_v2(Bucket=world.buckets.a).get("Contents", [])]


class Indistinct(S3Store):
    """Keeps neither checksums nor ETags that can be compared, in one bucket."""

    def __init__(self, connection: Connection, bucket: str) -> None:
        super().__init__(connection)
        self._bucket = bucket

    async def head(self, bucket: str, key: str, version: str = "") -> ObjectHead:
        head = await super().head(bucket, key, version)
        if bucket != self._bucket:
            return head
        return replace(head, etag='"0123456789abcdef0123456789abcdef-7"', parts=7, checksums=[])

    async def copy(self, *arguments: Any, **named: Any) -> Stored:
        await super().copy(*arguments, **named)
        return Stored('"0123456789abcdef0123456789abcdef-7"')


class Meanwhile(S3Store):
    """Something happens when the owner of a copy is read back: the copy is done, its source still there."""

    def __init__(self, connection: Connection, do: Callable[[], object]) -> None:
        super().__init__(connection)
        self._do = do

    async def object_acl(self, bucket: str, key: str, version: str = "") -> Acl:
        await asyncio.to_thread(self._do)
        return await super().object_acl(bucket, key, version)


@pytest.mark.parametrize("route", list(Route))
async def test_what_was_copied_is_gone(world: World, route: Route) -> None:
    bodies = {key: world.put_random(key, 100) for key in ("p/a", "p/b", "k")}
    world.put("stays")
    world.let_b_read()
    world.let_a_write()
    transfer, results = await world.copy(world.order("k", prefixes=("p/",), route=route, move=True))
    assert transfer.state is TransferState.DONE
    assert {(result.outcome, result.verification) for result in results} == {(Outcome.MOVED, Verification.SAME)}
    assert source_keys(world) == ["stays"]
    for key, body in bodies.items():
        head = await world.target.head(world.buckets.b, key)
        assert head.size == len(body)


async def test_a_large_object_moves_by_relay(world: World) -> None:
    body = world.put_random("k", 12 * MIB)
    _, [result] = await world.copy(world.order("k", route=Route.RELAY, move=True, **PARTS))
    assert result.outcome is Outcome.MOVED
    assert world.content("k") == body
    assert source_keys(world) == []


async def test_the_source_stays_if_its_copy_cannot_be_verified(world: World) -> None:
    world.put_random("k", 100)
    world.let_b_read()
    world.target = Indistinct(world.connection_b, world.buckets.b)
    transfer, [result] = await world.copy(world.order("k", route=Route.PULL, move=True))
    assert (transfer.state, result.outcome) == (TransferState.DONE, Outcome.COPIED)
    assert result.verification is Verification.UNKNOWN
    assert any("the source is kept" in note for note in result.notes)
    assert source_keys(world) == ["k"]


async def test_what_differs_stays(world: World) -> None:
    world.put_random("k", 100)
    world.target = Damaging(world.connection_b)
    _, [result] = await world.copy(world.order("k", route=Route.RELAY, move=True))
    assert result.outcome is Outcome.FAILED
    assert result.problem
    assert source_keys(world) == ["k"]


async def test_what_has_changed_since_stays(world: World) -> None:
    world.put("k", b"old")
    world.target = Meanwhile(world.connection_b, lambda: world.put("k", b"new"))
    _, [result] = await world.copy(world.order("k", move=True))
    assert result.outcome is Outcome.COPIED
    assert removing.CHANGED in result.notes
    assert world.content("k") == b"old"
    assert world.a.get_object(Bucket=world.buckets.a, Key="k")["Body"].read() == b"new"


async def test_a_source_that_disappeared_counts_as_moved(world: World) -> None:
    world.put("k", b"old")
    world.target = Meanwhile(world.connection_b, lambda: world.a.delete_object(Bucket=world.buckets.a, Key="k"))
    _, [result] = await world.copy(world.order("k", move=True))
    assert (result.outcome, removing.GONE in result.notes) == (Outcome.MOVED, True)


async def test_a_denied_deletion_is_said_and_the_copy_counts(world: World) -> None:
    world.put("k")
    world.buckets.set_policy_of_a(deny_on_objects(world.buckets.a, "*", "s3:DeleteObject"))
    transfer, [result] = await world.copy(world.order("k", move=True))
    assert result.outcome is Outcome.COPIED
    assert removing.UNDELETABLE in result.notes
    assert result.problem
    assert (result.problem.kind, result.problem.permission) == (ProblemKind.DENIED, "s3:DeleteObject")
    assert removing.UNDELETABLE in transfer.notes
    assert source_keys(world) == ["k"]


async def test_the_other_identity_deletes_where_only_that_may(world: World) -> None:
    world.put("k")
    server, bucket = world.buckets.server, world.buckets.a
    world.buckets.set_policy_of_a(
        *grant_read(bucket, server.b.principal),
        allow_on_objects(bucket, server.b.principal, "s3:DeleteObject"),
        deny_on_objects(bucket, server.a.principal, "s3:DeleteObject"),
    )
    _, [result] = await world.copy(world.order("k", move=True))
    world.a.delete_bucket_policy(Bucket=bucket)
    assert (result.outcome, source_keys(world)) == (Outcome.MOVED, [])


async def test_versions_stay_below_a_delete_marker(world: World) -> None:
    world.a.put_bucket_versioning(Bucket=world.buckets.a, VersioningConfiguration={"Status": "Enabled"})
    world.put("k", b"old")
    world.put("k", b"new")
    _, [result] = await world.copy(world.order("k", move=True))
    assert result.outcome is Outcome.MOVED
    assert result.version
    assert source_keys(world) == []
    assert len(world.a.list_object_versions(Bucket=world.buckets.a)["Versions"]) == 2
    assert world.content("k") == b"new"


async def test_a_named_version_goes_and_the_current_one_stays(world: World) -> None:
    world.a.put_bucket_versioning(Bucket=world.buckets.a, VersioningConfiguration={"Status": "Enabled"})
    old = world.a.put_object(Bucket=world.buckets.a, Key="k", Body=b"old")["VersionId"]
    world.put("k", b"new")
    order = world.order("k", move=True)
    _, [result] = await world.copy(replace(order, selection=replace(order.selection, version=old)))
    assert (result.outcome, result.version) == (Outcome.MOVED, old)
    assert world.content("k") == b"old"
    versions = world.a.list_object_versions(Bucket=world.buckets.a)
    assert old not in [each["VersionId"] for each in versions["Versions"]]
    assert "DeleteMarkers" not in versions
    assert world.a.get_object(Bucket=world.buckets.a, Key="k")["Body"].read() == b"new"


async def test_what_is_skipped_stays(world: World) -> None:
    world.put("k", b"new")
    world.b.put_object(Bucket=world.buckets.b, Key="k", Body=b"old")
    _, [result] = await world.copy(world.order("k", move=True, conflict=ConflictPolicy.SKIP))
    assert (result.outcome, source_keys(world)) == (Outcome.SKIPPED, ["k"])


def within(world: World, selection: Selection, to: str, name: str = "", **options: Any) -> CopyOrder:
    """A move within A's bucket, by A alone."""
    world.target = world.source
    destination = Destination("a", Location(world.buckets.a, to), name)
    return CopyOrder(selection, destination, CopyOptions(move=True, **options))


async def test_an_object_is_renamed(world: World) -> None:
    world.put("dir/old name", b"body", Metadata={"who": "me"})
    selection = Selection("a", Location(world.buckets.a, "dir/"), ["dir/old name"])
    _, [result] = await world.copy(within(world, selection, "dir/", name="dir/new name"))
    assert (result.outcome, result.route) == (Outcome.MOVED, Route.PULL)
    assert source_keys(world) == ["dir/new name"]
    head = await world.source.head(world.buckets.a, "dir/new name")
    assert head.metadata == {"who": "me"}


async def test_a_prefix_is_renamed_with_all_below_it(world: World) -> None:
    for key in ("old/", "old/a", "old/deep/b", "older/c"):
        world.put(key, b"" if key.endswith("/") else b"body")
    selection = Selection("a", Location(world.buckets.a, "old/"), prefixes=["old/"])
    transfer, results = await world.copy(within(world, selection, "new/"))
    assert transfer.state is TransferState.DONE
    assert {result.outcome for result in results} == {Outcome.MOVED}
    assert source_keys(world) == ["new/", "new/a", "new/deep/b", "older/c"]


@pytest.mark.parametrize(
    ("keys", "prefixes", "base", "to", "name"),
    [
        (["p/a"], [], "p/", "p/", ""),
        (["p/a"], [], "p/", "p/", "p/a"),
        ([], ["p/"], "", "", ""),
        ([], ["p/"], "p/", "p/", ""),
        ([], ["p/"], "p/", "p/q/", ""),
    ],
)
async def test_a_move_onto_or_into_itself_is_refused(
    world: World, keys: list[str], prefixes: list[str], base: str, to: str, name: str
) -> None:
    world.put("p/a")
    selection = Selection("a", Location(world.buckets.a, base), keys, prefixes)
    with pytest.raises(ProblemError) as caught:
        await world.copy(within(world, selection, to, name))
    assert caught.value.problem.kind is ProblemKind.INVALID
    assert source_keys(world) == ["p/a"]


async def test_no_object_takes_the_place_of_another_one_that_is_still_to_move(world: World) -> None:
    """``p/p/x`` moved up by one would be ``p/x``, which is itself to become ``x``."""
    world.put("p/p/x", b"inner")
    world.put("p/x", b"outer")
    selection = Selection("a", Location(world.buckets.a, "p/"), prefixes=["p/"])
    _, results = await world.copy(within(world, selection, "", conflict=ConflictPolicy.OVERWRITE))
    by_key = {result.source.removeprefix(f"s3://{world.buckets.a}/"): result for result in results}
    assert (by_key["p/p/x"].outcome, by_key["p/x"].outcome) == (Outcome.FAILED, Outcome.MOVED)
    assert source_keys(world) == ["p/p/x", "x"]
    assert world.a.get_object(Bucket=world.buckets.a, Key="x")["Body"].read() == b"outer"


class Elsewhere(S3Store):
    """The same bucket by another endpoint, which nobody can tell from another service."""

    @property
    def endpoint(self) -> str:
        return "http://another.name"


async def test_a_move_onto_itself_under_another_name_keeps_the_object(world: World) -> None:
    body = world.put("k", os.urandom(100))
    order = within(
        world,
        Selection("a", Location(world.buckets.a), ["k"]),
        "",
        conflict=ConflictPolicy.OVERWRITE,
    )
    world.target = Elsewhere(world.connection_a)
    order = replace(order, destination=replace(order.destination, connection="b"))
    _, [result] = await world.copy(order)
    assert result.outcome is not Outcome.MOVED
    assert world.a.get_object(Bucket=world.buckets.a, Key="k")["Body"].read() == body
