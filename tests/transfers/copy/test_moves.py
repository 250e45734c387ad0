"""Moves: the source goes only after its copy was found the same, and is never lost, whatever happens meanwhile."""

import asyncio
import os
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from tests.servers.policies import allow_on_objects, deny_on_objects
from tests.servers.proxy.faults import Answer, Meanwhile, Rule
from tests.servers.proxy.messages import Request
from tests.servers.proxy.proxy import FaultProxy
from tests.servers.server import Feature
from tests.transfers.world import ONLY_DEMO, PARTS, Held, Mute, PartStore, SeenAs, Stopped, World, why
from tests.waiting import until
from tui.aws.connection import Connection
from tui.core.location import LOCAL_BUCKET, Location
from tui.core.naming import MIB
from tui.core.orders import ConflictPolicy, CopyOptions, CopyOrder, CopyRoute, Destination, Selection
from tui.core.problem import Problem, ProblemKind
from tui.core.transfer import ConflictAnswer, ObjectResult, Outcome, Transfer, TransferState, VerificationOutcome
from tui.stores.local.local_store import LocalStore
from tui.stores.s3.s3_store import S3Store
from tui.stores.store_values import Acl, ObjectHead, WriteResult
from tui.transfers.backoff import Backoff, Interrupted
from tui.transfers.copy import moves as removing
from tui.transfers.copy.moves import NOT_AT_TARGET, UNKNOWN
from tui.transfers.copy.object_copy import BEFORE, CLASS_STAYS
from tui.transfers.retries import Retries


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

    async def copy(self, *arguments: Any, **named: Any) -> WriteResult:
        await super().copy(*arguments, **named)
        return WriteResult('"0123456789abcdef0123456789abcdef-7"')


class WhenOwnerIsRead(S3Store):
    """Something happens when the owner of a copy is read back: the copy is done, its source still there."""

    def __init__(self, connection: Connection, do: Callable[[], object]) -> None:
        super().__init__(connection)
        self._do = do

    async def object_acl(self, bucket: str, key: str, version: str = "") -> Acl:
        await asyncio.to_thread(self._do)
        return await super().object_acl(bucket, key, version)


@pytest.mark.parametrize("route", list(CopyRoute))
async def test_what_was_copied_is_gone(world: World, route: CopyRoute) -> None:
    bodies = {key: world.put_random(key, 100) for key in ("p/a", "p/b", "k")}
    world.put("stays")
    world.let_b_read()
    world.let_a_write()
    _, results = await world.done(world.order("k", prefixes=("p/",), route=route, move=True))
    assert {(result.outcome, result.verification) for result in results} == {(Outcome.MOVED, VerificationOutcome.SAME)}
    assert world.source_keys() == ["stays"]
    for key, body in bodies.items():
        assert (await world.target.head(world.buckets.b, key)).size == len(body)


async def test_the_source_stays_if_its_copy_cannot_be_verified(world: World) -> None:
    world.put_random("k", 100)
    world.let_b_read()
    world.target = Indistinct(world.connection_b, world.buckets.b)
    transfer, [result] = await world.copy(world.order("k", route=CopyRoute.PULL, move=True))
    assert (transfer.state, result.outcome) == (TransferState.DONE, Outcome.COPIED)
    assert result.verification is VerificationOutcome.UNKNOWN
    assert any("the source is kept" in note for note in result.notes)
    assert world.source_keys() == ["k"]


async def test_what_has_changed_since_stays(world: World) -> None:
    world.put("k", b"old")
    world.target = WhenOwnerIsRead(world.connection_b, lambda: world.put("k", b"new"))
    _, [result] = await world.copy(world.order("k", move=True))
    assert result.outcome is Outcome.COPIED
    assert removing.CHANGED in result.notes
    assert world.content("k") == b"old"
    assert world.source_content("k") == b"new"


async def test_a_source_that_disappeared_counts_as_moved(world: World) -> None:
    world.put("k", b"old")
    world.target = WhenOwnerIsRead(world.connection_b, lambda: world.a.delete_object(Bucket=world.buckets.a, Key="k"))
    _, [result] = await world.copy(world.order("k", move=True))
    assert (result.outcome, removing.GONE in result.notes) == (Outcome.MOVED, True)


async def test_a_denied_deletion_is_said_and_the_copy_counts(world: World) -> None:
    world.put("k")
    world.deny("s3:DeleteObject")
    transfer, [result] = await world.copy(world.order("k", move=True))
    assert result.outcome is Outcome.COPIED
    assert removing.UNDELETABLE in result.notes
    assert (why(result).kind, why(result).permission) == (ProblemKind.DENIED, "s3:DeleteObject")
    assert removing.UNDELETABLE in transfer.notes
    assert world.source_keys() == ["k"]


async def test_the_other_identity_deletes_where_only_that_may(world: World) -> None:
    world.put("k")
    server, bucket = world.buckets.server, world.buckets.a
    world.let_b_read(
        allow_on_objects(bucket, server.b.principal, "s3:DeleteObject"),
        deny_on_objects(bucket, server.a.principal, "s3:DeleteObject"),
    )
    _, [result] = await world.copy(world.order("k", move=True))
    world.a.delete_bucket_policy(Bucket=bucket)
    assert (result.outcome, world.source_keys()) == (Outcome.MOVED, [])


async def test_versions_stay_below_a_delete_marker(world: World) -> None:
    world.keep_versions()
    world.put("k", b"old")
    world.put("k", b"new")
    _, [result] = await world.copy(world.order("k", move=True))
    assert result.outcome is Outcome.MOVED
    assert result.version
    assert world.source_keys() == []
    assert len(world.a.list_object_versions(Bucket=world.buckets.a)["Versions"]) == 2
    assert world.content("k") == b"new"


async def test_a_named_version_goes_and_the_current_one_stays(world: World) -> None:
    world.keep_versions()
    old = world.a.put_object(Bucket=world.buckets.a, Key="k", Body=b"old")["VersionId"]
    world.put("k", b"new")
    order = world.order("k", move=True)
    _, [result] = await world.copy(replace(order, selection=replace(order.selection, version=old)))
    assert (result.outcome, result.version) == (Outcome.MOVED, old)
    assert world.content("k") == b"old"
    versions = world.a.list_object_versions(Bucket=world.buckets.a)
    assert old not in [each["VersionId"] for each in versions["Versions"]]
    assert "DeleteMarkers" not in versions
    assert world.source_content("k") == b"new"


def within(world: World, selection: Selection, to: str, name: str = "", **options: Any) -> CopyOrder:
    world.target = world.source
    destination = Destination("a", Location(world.buckets.a, to), name)
    return CopyOrder(selection, destination, CopyOptions(move=True, **options))


async def test_a_prefix_is_renamed_with_all_below_it(world: World) -> None:
    for key in ("old/", "old/a", "old/deep/b", "older/c"):
        world.put(key, b"" if key.endswith("/") else b"body")
    selection = Selection("a", Location(world.buckets.a, "old/"), prefixes=["old/"])
    _, results = await world.done(within(world, selection, "new/"))
    assert {result.outcome for result in results} == {Outcome.MOVED}
    assert world.source_keys() == ["new/", "new/a", "new/deep/b", "older/c"]


async def test_no_object_takes_the_place_of_another_one_that_is_still_to_move(world: World) -> None:
    """``p/p/x`` moved up by one would be ``p/x``, which is itself to become ``x``."""
    world.put("p/p/x", b"inner")
    world.put("p/x", b"outer")
    selection = Selection("a", Location(world.buckets.a, "p/"), prefixes=["p/"])
    _, results = await world.copy(within(world, selection, "", conflict=ConflictPolicy.OVERWRITE))
    by_key = {result.source.removeprefix(f"s3://{world.buckets.a}/"): result for result in results}
    assert (by_key["p/p/x"].outcome, by_key["p/x"].outcome) == (Outcome.FAILED, Outcome.MOVED)
    assert world.source_keys() == ["p/p/x", "x"]
    assert world.source_content("x") == b"outer"


class Elsewhere(S3Store):
    """The same bucket by another endpoint, which nobody can tell from another service."""

    @property
    def endpoint(self) -> str:
        return "http://another.name"


async def test_a_move_onto_itself_under_another_name_keeps_the_object(world: World) -> None:
    body = world.put("k", os.urandom(100))
    order = within(world, Selection("a", Location(world.buckets.a), ["k"]), "", conflict=ConflictPolicy.OVERWRITE)
    world.target = Elsewhere(world.connection_a)
    order = replace(order, destination=replace(order.destination, connection="b"))
    _, [result] = await world.copy(order)
    assert result.outcome is not Outcome.MOVED
    assert world.source_content("k") == body


def write_before(proxy: FaultProxy, world: World, operation: str, key: str, body: bytes) -> Rule:
    """Somebody writes the source just before this request reaches the server, in a later second than the one before."""

    async def write(_: Request) -> None:
        written = (await world.source.head(world.buckets.a, key)).modified
        await until(lambda: time.time() > written + 1.1, "another second has begun")
        await asyncio.to_thread(world.put, key, body)

    rule = Rule(Meanwhile(before=write), (operation,), key=key, times=1)
    proxy.rules.append(rule)
    return rule


@pytest.mark.parametrize("route", [CopyRoute.PULL, CopyRoute.RELAY])
async def test_what_is_written_just_before_the_deletion_stays(
    proxied: World, proxy: FaultProxy, route: CopyRoute
) -> None:
    proxied.let_b_read()
    proxied.put("first", b"makes known what the server does")
    await proxied.copy(proxied.order("first", move=True))
    proxied.put("k", b"old")
    written = write_before(proxy, proxied, "DeleteObject", "k", b"new")
    _, [result] = await proxied.copy(proxied.order("k", route=route, move=True))
    assert written.taken == 1
    assert (result.outcome, removing.CHANGED in result.notes) == (Outcome.COPIED, True)
    assert (proxied.source_content("k"), proxied.content("k")) == (b"new", b"old")
    assert await proxied.journal.deletes.of(result.transfer) == []


async def test_the_very_first_deletion_is_safe_too(proxied: World, proxy: FaultProxy) -> None:
    proxied.put("k", b"old")
    assert proxied.source.honors_delete_condition is None
    write_before(proxy, proxied, "DeleteObject", "k", b"new")
    _, [result] = await proxied.copy(proxied.order("k", move=True))
    assert (result.outcome, proxied.source_content("k")) == (Outcome.COPIED, b"new")
    assert proxied.source.honors_delete_condition is None, "it was the object that had changed"


async def test_what_a_server_does_is_known_after_the_first_deletion(proxied: World, proxy: FaultProxy) -> None:
    proxied.put_each("a", "b", "c")
    _, results = await proxied.copy(proxied.order("a", "b", "c", move=True))
    assert {result.outcome for result in results} == {Outcome.MOVED}
    honors = Feature.DELETE_IF_MATCH in proxied.buckets.server.features
    assert proxied.source.honors_delete_condition is honors
    assert proxy.count("DeleteObject") == (4 if honors else 3), "one object was asked for twice, where that tells more"
    assert proxied.source_keys() == []


async def test_the_source_is_looked_at_last_and_the_journal_written_before(proxied: World, proxy: FaultProxy) -> None:
    proxied.put("k")
    pending = []

    async def look(_: Request) -> None:
        [transfer] = [record.id for record in await proxied.journal.transfers()]
        pending.append(len(await proxied.journal.deletes.of(transfer)))

    proxy.rules.append(Rule(Meanwhile(before=look), ("HeadObject",), key="k"))
    await proxied.copy(proxied.order("k", move=True, route=CopyRoute.RELAY))
    of_source = [each.operation for each in proxy.seen if each.key == "k"]
    last = len(of_source) - of_source[::-1].index("DeleteObject") - 1
    first = of_source.index("DeleteObject")
    assert of_source[first - 1] == "HeadObject"
    assert set(of_source[first : last + 1]) <= {"DeleteObject", "HeadObject"}
    assert pending[-1 if first == last else -2] == 1


async def test_a_server_that_refuses_conditions_is_asked_without(proxied: World, proxy: FaultProxy) -> None:
    proxied.put_each("a", "b")
    conditional = Rule(
        Answer(501, "NotImplemented"),
        ("DeleteObject",),
        when=lambda request: bool(
            request.head.header("if-match") or request.head.header("x-amz-delete-if-unmodified-since")
        ),
    )
    proxy.rules.append(conditional)
    _, results = await proxied.copy(proxied.order("a", "b", move=True))
    assert {result.outcome for result in results} == {Outcome.MOVED}
    assert proxied.source_keys() == []
    assert proxied.source.honors_delete_condition is False
    assert conditional.taken <= 4


async def test_the_risk_is_said_where_it_is_one(world: World) -> None:
    world.put_each("k", "first")
    [line] = await world.planned(world.order("k", move=True))
    card = await world.card(world.order("k", move=True))
    unknown = removing.MAY_BE_LOST.format(why=removing.NOT_KNOWN)
    assert card.risks == [unknown]
    assert unknown in line.note
    assert (await world.card(world.order("k"))).risks == []
    await world.copy(world.order("first", move=True))
    known = (await world.card(world.order("k", move=True))).risks
    honors = Feature.DELETE_IF_MATCH in world.buckets.server.features
    assert known == ([] if honors else [removing.MAY_BE_LOST.format(why=removing.IGNORED)])


async def test_a_bucket_that_keeps_versions_loses_nothing(world: World) -> None:
    world.keep_versions()
    world.put("k")
    assert (await world.card(world.order("k", move=True))).risks == []


@ONLY_DEMO
async def test_a_file_that_was_written_since_stays(world: World, tmp_path: Path) -> None:
    path = tmp_path / "k"
    path.write_text("old")
    disk = LocalStore()
    seen = await disk.head(LOCAL_BUCKET, str(path)[1:])
    path.write_text("newer")
    with pytest.raises(Exception, match="changed"):
        await disk.delete(LOCAL_BUCKET, str(path)[1:], matching=seen)
    assert path.read_text() == "newer"
    world.source = disk
    order = world.order("k", move=True)
    base = Location(LOCAL_BUCKET, f"{tmp_path}/"[1:])
    order = replace(order, selection=replace(order.selection, base=base, keys=[str(path)[1:]]))
    assert (await world.card(order)).risks == [removing.MAY_BE_LOST.format(why=removing.ON_DISK)]


async def put_down_when_copied(
    world: World, policy: ConflictPolicy, storage_class: str = ""
) -> tuple[Transfer, ObjectResult]:
    """A move is paused when the copy is there and not yet noted, and resumed; returns how it ended."""
    body = world.put("k", b"body")
    held = Stopped(world.connection_b, read_back=False)
    world.target = held
    name = await world.submit(world.order("k", move=True, conflict=policy, storage_class=storage_class))
    await held.reached.wait()
    await world.queue.pause([name])
    assert world.content("k") == body
    assert world.source_keys() == ["k"]
    world.target = S3Store(world.connection_b)
    await world.queue.resume([name])
    transfer, [result] = await world.ended(name)
    assert world.content("k") == body
    return transfer, result


@pytest.mark.parametrize("policy", [ConflictPolicy.ASK, ConflictPolicy.RENAME])
async def test_a_move_stopped_between_copy_and_deletion_ends_when_resumed(world: World, policy: ConflictPolicy) -> None:
    transfer, result = await put_down_when_copied(world, policy)
    assert (transfer.state, result.outcome) == (TransferState.DONE, Outcome.MOVED)
    assert BEFORE in result.notes
    assert world.source_keys() == []
    assert world.target_keys() == ["k"]


async def test_the_source_of_a_copy_that_was_refused_its_class_stays_when_resumed(world: World) -> None:
    transfer, result = await put_down_when_copied(world, ConflictPolicy.ASK, "NO_SUCH_CLASS")
    assert (transfer.state, result.outcome) == (TransferState.DONE, Outcome.COPIED)
    assert {BEFORE, CLASS_STAYS.format("NO_SUCH_CLASS")} <= set(result.notes)
    assert world.source_keys() == ["k"]


async def test_a_move_keeps_the_source_of_an_upload_that_was_begun_in_another_class(world: World) -> None:
    """The refusal of the class was answered to the run that began it."""
    world.put_random("big", 6 * 5 * MIB)
    world.target = store = PartStore(world.connection_b, let=2)
    name = await world.submit(
        world.order("big", route=CopyRoute.RELAY, move=True, storage_class="NO_SUCH_CLASS", **PARTS)
    )
    await until(lambda: store.stands, "two parts are made")
    await world.queue.pause([name])
    store.go_on.set()
    await world.queue.resume([name])
    _, [result] = await world.ended(name)
    assert (result.outcome, store.made.total()) == (Outcome.COPIED, 6)
    assert CLASS_STAYS.format("NO_SUCH_CLASS") in result.notes
    assert world.a.head_object(Bucket=world.buckets.a, Key="big")["ContentLength"] == 6 * 5 * MIB


@pytest.mark.parametrize("below", [False, True])
@pytest.mark.parametrize("stop", ["pause", "cancel"])
async def test_stopping_after_the_source_was_deleted_reports_it_as_moved(
    world: World, stop: str, *, below: bool
) -> None:
    world.put("p/k", b"body")
    world.source = held = Held(world.connection_a, "delete")
    selected = world.order(prefixes=("p/",), move=True) if below else world.order("p/k", move=True)
    name = await world.submit(selected)
    await held.reached.wait()
    stopping = asyncio.create_task(getattr(world.queue, stop)([name]))
    await until(lambda: world.queue._jobs.get(name)._stopping, "it is told to stop")
    held.go_on.set()
    await stopping
    await world.queue.resume([name])
    transfer, [result] = await world.ended(name)
    assert (result.outcome, result.problem, transfer.problem) == (Outcome.MOVED, None, None)
    assert (transfer.objects_done, transfer.objects_total, transfer.bytes_done) == (1, 1, 4)


@pytest.mark.parametrize("move", [False, True])
async def test_the_user_still_decides_about_what_was_there_before_the_transfer(world: World, *, move: bool) -> None:
    world.put("k", b"body", Metadata={"who": "source"})
    world.put_there("k", b"body")
    world.target = SeenAs(world.connection_b, modified=time.time() - 60)
    name = await world.submit(world.order("k", move=move))
    await world.conflicts(1)
    await world.queue.pause([name])
    await world.queue.resume([name])
    [conflict] = await world.conflicts(1)
    world.queue.answer(ConflictAnswer(conflict.id, ConflictPolicy.SKIP))
    _, [result] = await world.ended(name)
    assert (result.outcome, world.source_keys()) == (Outcome.SKIPPED, ["k"])


@pytest.mark.parametrize("policy", [ConflictPolicy.SKIP, ConflictPolicy.NEWER, ConflictPolicy.DIFFERENT])
async def test_what_may_have_been_there_before_costs_no_source(world: World, policy: ConflictPolicy) -> None:
    _, result = await put_down_when_copied(world, policy)
    assert result.outcome is Outcome.SKIPPED
    assert world.source_keys() == ["k"]


DELETED, UNDELETED = "delete", "before delete"
OUT = Problem(kind=ProblemKind.UNREACHABLE, title="the network is out")


@asynccontextmanager
async def killed_at_its_end(world: World, order: CopyOrder, moment: str) -> AsyncGenerator[str]:
    """A move whose engine is killed when the source of ``p/b`` is being deleted; the next engine is not started yet."""
    world.source = held = Held(world.connection_a, moment, only="p/b")
    name = await world.submit(order)
    await until(held.reached.is_set, "the source is being deleted")
    await world.until(name, "the others are moved", lambda now: now.objects_done == 2)
    await world.journal.flushed()
    old = await world.killed()
    world.source = S3Store(world.connection_a)
    try:
        yield name
    finally:
        held.go_on.set()
        await old.close()


def arranged(world: World, **options: Any) -> CopyOrder:
    for key in ("p/a", "p/b", "p/c"):
        world.put_random(key, 100)
    return world.order(prefixes=("p/",), move=True, **options)


def assert_all_moved(transfer: Transfer, results: list[ObjectResult]) -> None:
    assert (transfer.state, transfer.objects_done, transfer.objects_total) == (TransferState.DONE, 3, 3)
    assert transfer.bytes_done == transfer.bytes_total == 300
    assert sorted(result.source[-3:] for result in results) == ["p/a", "p/b", "p/c"]
    assert {(result.outcome, result.verification) for result in results} == {(Outcome.MOVED, VerificationOutcome.SAME)}


@pytest.mark.parametrize("moment", [DELETED, UNDELETED])
@pytest.mark.parametrize("by", ["prefix", "keys"])
async def test_a_move_that_was_interrupted_is_complete(world: World, by: str, moment: str) -> None:
    order = arranged(world)
    if by == "keys":
        order = world.order("p/a", "p/b", "p/c", move=True)
    async with killed_at_its_end(world, order, moment) as name:
        await world.queue.start()
        transfer, results = await world.ended(name)
    assert_all_moved(transfer, results)
    assert all(result.evidence and result.etag and result.route for result in results)
    assert transfer.problem is None
    assert world.source_keys() == []
    assert world.target_keys() == ["p/a", "p/b", "p/c"]
    assert await world.journal.deletes.of(name) == []


@pytest.mark.parametrize("policy", [ConflictPolicy.SKIP, ConflictPolicy.RENAME])
async def test_a_copy_that_was_verified_is_no_conflict(world: World, policy: ConflictPolicy) -> None:
    async with killed_at_its_end(world, arranged(world, conflict=policy), UNDELETED) as name:
        await world.queue.start()
        transfer, results = await world.ended(name)
    assert_all_moved(transfer, results)
    assert world.target_keys() == ["p/a", "p/b", "p/c"]


async def test_a_source_that_has_changed_since_is_moved_again(world: World) -> None:
    async with killed_at_its_end(world, arranged(world, conflict=ConflictPolicy.OVERWRITE), UNDELETED) as name:
        body = world.put_random("p/b", 100)
        await world.queue.start()
        transfer, results = await world.ended(name)
    assert_all_moved(transfer, results)
    assert world.content("p/b") == body


async def test_a_copy_that_is_not_what_it_was_costs_no_source(world: World) -> None:
    async with killed_at_its_end(world, arranged(world, conflict=ConflictPolicy.SKIP), UNDELETED) as name:
        world.put_there("p/b", b"another")
        await world.queue.start()
        await world.ended(name)
        assert world.source_keys() == ["p/b"]


async def test_a_copy_that_is_gone_by_now_was_moved(world: World) -> None:
    async with killed_at_its_end(world, arranged(world), DELETED) as name:
        world.b.delete_object(Bucket=world.buckets.b, Key="p/b")
        await world.queue.start()
        transfer, results = await world.ended(name)
    assert_all_moved(transfer, results)
    assert [result.source[-3:] for result in results if NOT_AT_TARGET in result.notes] == ["p/b"]
    assert NOT_AT_TARGET in transfer.notes


async def test_the_delete_marker_of_an_interrupted_move_is_found(world: World) -> None:
    """`undo` needs its id, and the engine was killed before it had recorded it."""
    world.keep_versions()
    async with killed_at_its_end(world, arranged(world), DELETED) as name:
        await world.queue.start()
        _, results = await world.ended(name)
    markers = {
        each["Key"]: each["VersionId"] for each in world.a.list_object_versions(Bucket=world.buckets.a)["DeleteMarkers"]
    }
    assert {result.source[-3:]: result.marker for result in results} == markers


async def test_a_large_object_leaves_no_upload(world: World) -> None:
    arranged(world)
    world.put_random("p/b", 11 * MIB)
    options: dict[str, Any] = {"multipart_threshold": 5 * MIB, "part_size": 5 * MIB, "route": CopyRoute.RELAY}
    async with killed_at_its_end(world, world.order(prefixes=("p/",), move=True, **options), DELETED) as name:
        await world.queue.start()
        transfer, results = await world.ended(name)
    assert {result.outcome for result in results} == {Outcome.MOVED}
    assert transfer.bytes_done == transfer.bytes_total == 11 * MIB + 200
    assert await world.journal.uploads.of(name) == []


async def test_one_that_is_cancelled_then_says_what_is_known(world: World) -> None:
    async with killed_at_its_end(world, arranged(world), DELETED) as name:
        world.source = Mute(world.connection_a)
        await world.queue.start()
        await world.queue.cancel([name])
        transfer, results = await world.ended(name)
    assert transfer.state is TransferState.CANCELLED
    assert [(result.source[-3:], result.outcome) for result in results if UNKNOWN in result.notes] == [
        ("p/b", Outcome.COPIED)
    ]
    assert len(results) == transfer.objects_done == 3


class Unheard(S3Store):
    """Deletes a source, and nobody hears of it: the network is out until it works again."""

    works = False

    async def delete(self, bucket: str, key: str, version: str = "", *, matching: ObjectHead | None = None) -> str:
        marker = await super().delete(bucket, key, version, matching=matching)
        if not self.works:
            raise Interrupted(OUT, "a")
        return marker


async def test_a_deletion_whose_answer_was_lost_is_found_out(world: World) -> None:
    order = arranged(world)
    world.source = store = Unheard(world.connection_a)

    async def probe(_connection: str) -> None:
        store.works = True

    world.retries = Retries(probe, probes=Backoff(0.01, 0.05))
    world.queue = world.new_queue()
    transfer, results = await world.ended(await world.submit(order))
    assert_all_moved(transfer, results)
    await world.retries.health.close()
