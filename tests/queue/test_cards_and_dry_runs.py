"""Route cards, dry runs: what they say is what then happens; many transfers side by side, fair, watched, changed."""

import asyncio
import json
import stat
from array import array
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any, NoReturn

import pytest
from msgspec.structs import replace

from tests.servers.policies import allow_on_objects, grant_read
from tests.servers.server import Feature
from tests.stores.refusals import problem_of
from tests.transfers.world import BROKEN, ONLY_DEMO, OVERWRITE, Crowd, SeenAs, World, owner_id, why
from tests.waiting import until
from tui.aws.connection import Connection
from tui.core.facts import ObjectOwnership
from tui.core.listing import Page
from tui.core.location import LOCAL_BUCKET, Location
from tui.core.naming import MAX_SINGLE_COPY, MIB
from tui.core.orders import (
    AclChoice,
    ConflictPolicy,
    CopyOptions,
    CopyOrder,
    CopyRoute,
    DeleteOrder,
    Destination,
    Filters,
)
from tui.core.problem import ProblemError, ProblemKind
from tui.core.transfer import (
    AccessOutcome,
    Limits,
    ObjectResult,
    Outcome,
    PlannedAction,
    PlannedObject,
    RouteCard,
    TransferState,
)
from tui.core.versions import BucketVersioning
from tui.engine.dry_run import THEN_REMOVED, dry_run
from tui.features.copy.card import SIZE_ALONE, UNTRIED, UNVERIFIED_STAYS, plan_copy
from tui.stores.local.local_store import LocalStore
from tui.stores.s3.s3_store import S3Store
from tui.stores.store_values import WriteResult
from tui.transfers.limits import TransferLimits


async def test_a_blocked_transfer_does_not_delay_another(world: World) -> None:
    for number in range(40):
        world.put(f"slow/{number:02}")
    world.put("quick")
    normal = world.target
    world.target = crowd = Crowd(world.connection_b, wait=True)
    slow = await world.submit(world.order(prefixes=("slow/",), route=CopyRoute.RELAY))
    await until(lambda: crowd.now == TransferLimits().first_objects, "every place is taken")
    world.target = normal
    await world.done(world.order("quick"))
    crowd.go_on.set()
    transfer, _ = await world.ended(slow)
    assert transfer.objects_done == 40


@pytest.mark.thorough
async def test_relayed_bodies_in_memory_are_bounded(world: World) -> None:
    world.queue = world.new_queue(TransferLimits(memory=16 * MIB))
    for number in range(3):
        world.put_random(f"p/{number}", 20 * MIB)
    for number in range(10):
        world.put_random(f"p/small{number}", 3 * MIB)
    world.target = crowd = Crowd(world.connection_b)
    await world.done(world.order(prefixes=("p/",), route=CopyRoute.RELAY, part_size=5 * MIB))
    assert 8 * MIB <= crowd.most_bytes <= 16 * MIB


async def test_an_order_that_makes_no_sense_is_refused_at_once(world: World) -> None:
    world.put("k")
    world.target = world.source
    same = world.order("k")
    onto_itself = CopyOrder(same.selection, Destination("a", same.selection.base))
    assert (await problem_of(world.submit(onto_itself))).kind is ProblemKind.INVALID
    with pytest.raises(ProblemError, match="part size"):
        await world.submit(CopyOrder(same.selection, same.destination, CopyOptions(part_size=1)))
    assert (await anext(world.queue.watch())).transfers == []


async def test_an_unknown_transfer(world: World) -> None:
    with pytest.raises(ProblemError, match="no transfer"):
        world.queue.status("nobody")
    with pytest.raises(ProblemError, match="no transfer"):
        await world.queue.cancel(["nobody"])


async def test_ended_transfers_are_forgotten_in_the_end(world: World) -> None:
    world.queue = world.new_queue(TransferLimits(kept_transfers=2))
    world.put("k")
    names = [(await world.copy(world.order("k", to=f"{number}/")))[0].id for number in range(4)]
    assert [each.id for each in (await anext(world.queue.watch())).transfers] == names[-2:]


class Refusing(S3Store):
    """PutObject of these keys fails; counts how often each key was tried."""

    def __init__(self, connection: Connection, *keys: str) -> None:
        super().__init__(connection)
        self.keys = set(keys)
        self.tried: Counter[str] = Counter()

    async def put(self, bucket: str, key: str, *rest: Any, **more: Any) -> WriteResult:
        self.tried[key] += 1
        if key in self.keys:
            raise ProblemError(BROKEN)
        return await super().put(bucket, key, *rest, **more)


class Listed(S3Store):
    """Notes the prefixes whose listings were begun."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self.prefixes: list[str] = []

    def pages(self, bucket: str, prefix: str, **how: Any) -> AsyncGenerator[Page, None]:
        self.prefixes.append(prefix)
        return super().pages(bucket, prefix, **how)


class Unlistable(S3Store):
    """A prefix that breaks off behind its first page, as a directory with a name that is no key does, until mended."""

    broken = True

    async def pages(self, bucket: str, prefix: str, **how: Any) -> AsyncGenerator[Page, None]:
        async with aclosing(super().pages(bucket, prefix, **how)) as pages:
            async for page in pages:
                yield page
        if prefix == "a/" and self.broken:
            raise ProblemError(BROKEN)


async def test_a_prefix_that_cannot_be_listed_does_not_hold_up_the_others_and_is_listed_again(world: World) -> None:
    world.put_each("a/1", "b/1", "c/1")
    world.source = source = Unlistable(world.connection_a)
    name = await world.submit(world.order(prefixes=("a/", "b/", "c/")))
    transfer, results = await world.ended(name)
    assert (transfer.state, transfer.problem, len(results)) == (TransferState.FAILED, BROKEN, 3)
    assert world.target_keys() == ["a/1", "b/1", "c/1"]
    world.put("a/2")
    source.broken = False
    await world.queue.retry(name)
    transfer, _ = await world.ended(name)
    assert (transfer.state, transfer.objects_done, transfer.objects_total) == (TransferState.DONE, 4, 4)
    assert world.target_keys() == ["a/1", "a/2", "b/1", "c/1"]


async def test_retry_tries_what_failed_and_nothing_else(world: World) -> None:
    world.put_many(6)
    world.source = listed = Listed(world.connection_a)
    world.target = refusing = Refusing(world.connection_b, "p/1", "p/4")
    name = await world.submit(world.order(prefixes=("p/",), route=CopyRoute.RELAY))
    transfer, results = await world.ended(name)
    assert (transfer.state, transfer.objects_done, transfer.objects_failed) == (TransferState.FAILED, 4, 2)
    await world.restart()
    listed.prefixes.clear()
    refusing.keys.discard("p/1")
    await world.queue.retry(name)
    transfer, results = await world.ended(name)
    assert (transfer.state, transfer.objects_done, transfer.objects_failed) == (TransferState.FAILED, 5, 1)
    refusing.keys.clear()
    await world.queue.retry(name)
    transfer, results = await world.ended(name)
    assert (transfer.state, transfer.objects_done, transfer.objects_failed) == (TransferState.DONE, 6, 0)
    assert (transfer.objects_total, transfer.problem, transfer.id) == (6, None, name)
    assert listed.prefixes == []
    assert refusing.tried == {"p/0": 1, "p/1": 2, "p/2": 1, "p/3": 1, "p/4": 3, "p/5": 1}
    assert sorted(result.source[-3:] for result in results) == [f"p/{number}" for number in range(6)]


async def test_a_retry_survives_the_engine(world: World) -> None:
    world.put_many(3)
    world.target = refusing = Refusing(world.connection_b, "p/1")
    name = await world.submit(world.order(prefixes=("p/",), route=CopyRoute.RELAY))
    await world.ended(name)
    refusing.keys.clear()
    world.target = crowd = Crowd(world.connection_b, wait=True)
    await world.queue.retry(name)
    await until(lambda: crowd.now == 1, "it is tried again")
    await world.restart()
    crowd.go_on.set()
    transfer, results = await world.ended(name)
    assert (transfer.state, transfer.objects_done) == (TransferState.DONE, 3)
    assert len(results) == 3


async def test_retrying_what_was_cancelled_resumes_where_it_was(world: World) -> None:
    world.put_many(80)
    world.target = crowd = Crowd(world.connection_b, wait=True)
    name = await world.submit(world.order(prefixes=("p/",), route=CopyRoute.RELAY))
    await until(lambda: crowd.now == 32, "every place is taken")
    await world.queue.cancel([name])
    assert (await world.transfer(name)).objects_done == 0
    crowd.go_on.set()
    await world.queue.retry(name)
    transfer, results = await world.ended(name)
    assert (transfer.state, transfer.objects_done, transfer.objects_total) == (TransferState.DONE, 80, 80)
    assert len(results) == len(world.target_keys()) == 80


async def test_only_what_has_ended_is_tried_again_or_forgotten(world: World) -> None:
    world.put("k")
    world.target = crowd = Crowd(world.connection_b, wait=True)
    name = await world.submit(world.order("k", route=CopyRoute.RELAY))
    with pytest.raises(ProblemError, match="ended"):
        await world.queue.retry(name)
    with pytest.raises(ProblemError, match="ended"):
        await world.queue.forget([name])
    await world.queue.forget()
    crowd.go_on.set()
    await world.ended(name)
    await world.queue.forget()
    assert (await anext(world.queue.watch())).transfers == []
    await world.restart()
    assert (await anext(world.queue.watch())).transfers == []


async def names(world: World) -> list[str]:
    return [each.id for each in (await anext(world.queue.watch())).transfers]


async def test_the_order_is_changed_and_kept(world: World) -> None:
    world.put("k")
    a, b, c = [await world.submit(world.order("k", to=f"{number}/")) for number in range(3)]
    world.queue.move(c, a)
    assert await names(world) == [c, a, b]
    world.queue.move(c)
    assert await names(world) == [a, b, c]
    world.queue.move(a, c)
    world.queue.move(a, a)
    assert await names(world) == [b, a, c]
    with pytest.raises(ProblemError, match="no transfer"):
        world.queue.move(a, "nobody")
    await world.restart()
    assert await names(world) == [b, a, c]
    for name in (a, b, c):
        await world.ended(name)


async def test_limits_hold_from_the_first_object_on(world: World) -> None:
    """Set after the submission they would come too late: all that may be under way is by then."""
    world.put_many(8)
    world.target = crowd = Crowd(world.connection_b)
    order = world.order(prefixes=("p/",), route=CopyRoute.RELAY, conflict=OVERWRITE.conflict)
    name = await world.queue.submit(order, Limits(objects=1))
    assert (await world.transfer(name)).limits == Limits(objects=1)
    transfer, _ = await world.ended(name)
    assert (transfer.objects_done, crowd.most) == (8, 1)
    with pytest.raises(ProblemError, match="at least 1"):
        await world.queue.submit(order, Limits(rate=0))
    assert [each.id for each in (await anext(world.queue.watch())).transfers] == [name]


async def test_how_many_objects_are_under_way_is_changed_at_once(world: World) -> None:
    world.put_many(60)
    world.target = crowd = Crowd(world.connection_b, wait=True)
    world.queue.set_limits(Limits(objects=3))
    order = world.order(prefixes=("p/",), route=CopyRoute.RELAY, conflict=OVERWRITE.conflict)
    one, two = await world.submit(order), await world.submit(order)
    await until(lambda: crowd.now == 3, "three are under way, of both together")
    world.queue.set_limits(Limits(objects=12))
    await until(lambda: crowd.now == 12, "twelve are under way")
    assert (await anext(world.queue.watch())).limits == Limits(objects=12)
    world.queue.set_limits(Limits(objects=1), one)
    world.queue.set_limits(Limits())
    await until(lambda: crowd.now > 20, "the other one takes what is free")
    assert {each.limits for each in (await anext(world.queue.watch())).transfers} == {Limits(objects=1), Limits()}
    with pytest.raises(ProblemError, match="at least 1"):
        world.queue.set_limits(Limits(objects=0))
    crowd.go_on.set()
    for name in (one, two):
        transfer, _ = await world.ended(name)
        assert transfer.objects_done == 60


async def test_a_rate_is_kept_and_changed_at_once(world: World) -> None:
    for number in range(8):
        world.put_random(f"p/{number}", MIB)
    loop = asyncio.get_running_loop()
    order = world.order(prefixes=("p/",), route=CopyRoute.RELAY, conflict=OVERWRITE.conflict)
    world.queue.set_limits(Limits(rate=4 * MIB))
    began = loop.time()
    transfer, _ = await world.copy(order)
    assert transfer.objects_done == 8
    assert loop.time() - began > 0.6 * 8 / 4
    world.queue.set_limits(Limits(rate=1000))
    name = await world.submit(order)
    world.queue.set_limits(Limits(rate=1000), name)
    await world.until(name, "it runs", lambda now: now.state is TransferState.RUNNING)
    world.queue.set_limits(Limits())
    world.queue.set_limits(Limits(), name)
    transfer, results = await world.ended(name)
    assert {result.outcome for result in results} == {Outcome.COPIED}
    world.let_b_read()
    world.queue.set_limits(Limits(rate=1))
    transfer, _ = await world.copy(world.order("p/0", to="pulled/", route=CopyRoute.PULL))
    assert transfer.state is TransferState.DONE, "what passes no line here is not held up by it"


@pytest.mark.parametrize("how", ["stopped", "killed"])
async def test_the_limits_of_all_together_are_those_of_the_next_engine_until_every_transfer_has_ended(
    world: World, how: str
) -> None:
    world.put_many(8)
    order = world.order(prefixes=("p/",), route=CopyRoute.RELAY, conflict=OVERWRITE.conflict)
    world.target = before = Crowd(world.connection_b, wait=True)
    world.queue.set_limits(Limits(objects=1))
    name = await world.submit(order)
    await until(lambda: before.now == 1, "it runs")
    old = world.queue
    world.target = after = Crowd(world.connection_b)  # what runs has its own open
    if how == "killed":
        await world.journal.flushed()
        await world.killed()
        await world.queue.start()
    else:
        await world.restart()
    assert (await anext(world.queue.watch())).limits == Limits(objects=1)
    before.go_on.set()
    transfer, _ = await world.ended(name)
    assert (transfer.objects_done, after.most) == (8, 1)
    await old.close()
    await world.restart()
    assert (await anext(world.queue.watch())).limits == Limits()


async def test_the_limits_of_all_together_are_there_when_an_idle_engine_was_killed(world: World) -> None:
    world.queue.set_limits(Limits(rate=MIB))
    await world.journal.flushed()
    old = await world.killed()
    await world.queue.start()
    assert (await anext(world.queue.watch())).limits == Limits(rate=MIB)
    await old.close()


async def test_a_copy_and_a_deletion_list_each_prefix_once(world: World) -> None:
    world.put_each("a/1", "a/2", "b/1", "c")
    world.source = source = Listed(world.connection_a)
    copy = world.order("c", prefixes=("a/", "b/", "none/"))
    for order in (copy, DeleteOrder(copy.selection)):
        transfer, _ = await world.copy(order)
        assert (transfer.state, transfer.objects_done, transfer.objects_total) == (TransferState.DONE, 4, 4)
    assert source.prefixes == ["a/", "b/", "none/"] * 2


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def files_in(directory: Path) -> list[str]:
    return sorted(each.name for each in directory.iterdir() if each.is_file())


async def test_it_tells_of_every_object_when_the_transfer_has_ended(world: World, tmp_path: Path) -> None:
    for number in range(3):
        world.put(f"p/{number}", b"content")
    path = tmp_path / "receipt.jsonl"
    transfer, results = await world.copy(world.order(prefixes=("p/",), receipt=str(path)))
    head, *objects = lines(path)
    assert (head["type"], head["objects"]) == ("transfer", 3)
    assert head["transfer"]["id"] == transfer.id
    assert head["transfer"]["state"] == TransferState.DONE
    assert [each["result"]["source"] for each in objects] == [result.source for result in results]
    for each in objects:
        result = each["result"]
        assert result["verification"] == "same"
        assert result["outcome"] == "copied"
        assert result["route"]
        assert result["size"] == 7
        assert result["etag"]
        assert 0 < result["began"] <= result["ended"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert files_in(tmp_path) == ["receipt.jsonl"]


async def test_what_failed_alone(world: World, tmp_path: Path) -> None:
    world.put("there")
    transfer, _ = await world.copy(world.order("there", "missing"))
    assert (world.target_keys(), why(transfer).kind) == (["there"], ProblemKind.NO_SUCH_KEY)
    assert await world.queue.export(transfer.id, str(tmp_path / "failed"), failed=True) == 1
    head, only = lines(tmp_path / "failed")
    assert (head["objects"], head["transfer"]["objects_failed"]) == (1, 1)
    assert only["result"]["source"].endswith("/missing")
    assert only["result"]["problem"]["remedy"] is not None


@pytest.mark.parametrize("path", ["relative", "/no/such/directory/receipt", "/"])
async def test_a_path_that_cannot_be_is_refused_before_the_transfer_begins(world: World, path: str) -> None:
    world.put("k")
    problem = await problem_of(world.submit(world.order("k", receipt=path)))
    assert (problem.kind, "receipt" in problem.title) == (ProblemKind.INVALID, True)
    assert world.target_keys() == []


async def test_another_file_is_never_replaced(world: World, tmp_path: Path) -> None:
    world.put("k")
    path = tmp_path / "precious"
    transfer, _ = await world.copy(replace(world.order("k"), options=replace(OVERWRITE, receipt=str(path))))
    path.write_text("precious")
    with pytest.raises(ProblemError, match="cannot be written"):
        await world.queue.export(transfer.id, str(path))
    assert path.read_text() == "precious"


DONE_AS = {
    PlannedAction.COPY: Outcome.COPIED,
    PlannedAction.OVERWRITE: Outcome.COPIED,
    PlannedAction.RENAME: Outcome.COPIED,
    PlannedAction.SKIP: Outcome.SKIPPED,
    PlannedAction.REFUSE: Outcome.FAILED,
}

WRITES = (
    *("put", "copy", "create_upload", "upload_part", "copy_part", "complete_upload", "abort_upload"),
    *("delete", "delete_many", "create_bucket"),
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


@pytest.mark.thorough
@pytest.mark.parametrize("policy", [policy for policy in ConflictPolicy if policy is not ConflictPolicy.ASK])
async def test_it_says_what_then_happens(world: World, policy: ConflictPolicy) -> None:
    for key, body in (("p/", b""), ("p/same", b"same"), ("p/other", b"new"), ("p/absent", b"absent"), ("k.txt", b"1")):
        world.put(key, body)
    for key, body in (("same", b"same"), ("other", b"old"), ("same (1)", b"taken")):
        world.put_there(key, body)
    order = world.order(prefixes=("p/",), base="p/", conflict=policy)
    world.let_b_read()
    before = {key: world.content(key) for key in world.target_keys()}
    lines = await planned(world, order)
    assert {key: world.content(key) for key in world.target_keys()} == before
    agree(lines, (await world.copy(order))[1])


async def test_names_are_given_as_the_transfer_gives_them(world: World) -> None:
    bodies = [world.put(key, key.encode()) for key in ("p/k (1).txt", "p/k (2).txt", "p/k.txt")]
    world.put_there("k.txt")
    order = world.order(prefixes=("p/",), base="p/", conflict=ConflictPolicy.RENAME)
    targets = [line.target.rpartition("/")[2] for line in await planned(world, order)]
    assert targets == ["k (1).txt", "k (2).txt", "k (3).txt"]
    await world.copy(order)
    assert world.content("k.txt") == b"old"
    contents = [world.content(key) for key in world.target_keys()]
    assert sorted(contents) == sorted([b"old", *bodies]), "side by side they may have got other names, but each its own"


async def test_ask_is_said_for_what_would_be_asked(world: World) -> None:
    world.put_each("a", "b", body=b"new")
    world.put_there("b")
    lines = await planned(world, world.order("a", "b"))
    assert [line.action for line in lines] == [PlannedAction.COPY, PlannedAction.ASK]
    assert "exists" in lines[1].why


async def test_what_cannot_be_seen_is_said(world: World) -> None:
    world.put("k")
    world.put_there("k")
    world.deny_there("s3:GetObject")
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
    assert line.route is CopyRoute.PULL
    [line] = await planned(world, world.order("k", route=CopyRoute.RELAY))
    assert line.route is CopyRoute.RELAY


async def test_a_missing_object_is_refused_and_a_move_says_what_follows(world: World) -> None:
    world.put("k")
    lines = await planned(world, world.order("k", "missing", move=True))
    assert [line.action for line in lines] == [PlannedAction.COPY, PlannedAction.REFUSE]
    assert THEN_REMOVED in lines[0].note


async def test_a_download_is_tried_out_without_a_trace(world: World, tmp_path: Path) -> None:
    for key, body in (("p/", b""), ("p/dir/", b""), ("p/dir/k", b"new"), ("p/../out", b"")):
        world.put(key, body)
    here = tmp_path / "here"
    (here / "dir").mkdir(parents=True)
    (here / "dir" / "k").write_text("old")
    order = world.order(prefixes=("p/",), base="p/", conflict=ConflictPolicy.SKIP)
    order = replace(order, destination=Destination("here", Location(LOCAL_BUCKET, f"{here}/".removeprefix("/"))))
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


def verdicts(card: RouteCard) -> dict[CopyRoute, bool | None]:
    return {verdict.route: verdict.possible for verdict in card.verdicts}


async def test_pull_is_chosen_and_said_why(world: World) -> None:
    world.put("dir/a", b"12345", Tagging="x=y")
    world.put("dir/b", b"123")
    world.put_there("in/a")
    world.let_b_read()
    cards = await world.plan(world.order(prefixes=("dir/",), base="dir/", to="in/"))
    assert not cards[0].complete
    assert cards[0].tally.objects == 0
    card = cards[-1]
    assert card.complete
    assert (card.tally.objects, card.tally.bytes, card.tally.existing, card.tally.complete) == (2, 8, 1, True)
    assert card.chosen is CopyRoute.PULL
    assert verdicts(card) == {CopyRoute.PULL: True, CopyRoute.PUSH: False, CopyRoute.RELAY: True}
    assert "server-side copy" in card.verdicts[0].why
    assert "cannot write the target" in card.verdicts[1].why
    assert owner_id(card) == world.buckets.server.b.canonical_id
    assert {"metadata", "tags", "class STANDARD"} <= set(card.keeps)
    by_operation = {(check.identity, check.operation): check.access for check in card.checks}
    b = world.target.label
    assert by_operation[b, "HeadObject"] is AccessOutcome.ALLOWED
    assert by_operation[b, "CreateMultipartUpload"] is AccessOutcome.ALLOWED
    assert by_operation[world.source.label, "CreateMultipartUpload"] is AccessOutcome.DENIED
    assert world.target_keys() == ["in/a"]


async def test_a_route_that_works_misses_nothing_that_only_another_one_needs(world: World) -> None:
    world.put("k", Tagging="x=y")
    world.let_b_read()
    cards = await world.plan(world.order("k"))
    assert (cards[-1].chosen, verdicts(cards[-1])[CopyRoute.PUSH]) == (CopyRoute.PULL, False)
    assert [card.missing for card in cards if card.missing] == [], "push is denied, and says so in its own line"


async def test_push_says_that_the_writer_will_own_the_copy(world: World) -> None:
    world.put("k")
    world.let_a_write()
    card = await world.card(world.order("k", route=CopyRoute.PUSH))
    assert card.chosen is CopyRoute.PUSH
    assert owner_id(card) == world.buckets.server.a.canonical_id
    assert "full control" in card.owner_note
    assert card.drops == ["ACL (bucket-owner-full-control instead)"]


async def test_relay_names_what_the_better_routes_lack_and_where_none_is_left_that_is_a_problem(world: World) -> None:
    world.put("k")
    card = await world.card(world.order("k"))
    assert card.chosen is CopyRoute.RELAY
    assert verdicts(card) == {CopyRoute.PULL: False, CopyRoute.PUSH: False, CopyRoute.RELAY: True}
    assert any("s3:GetObject" in sentence and world.target.label in sentence for sentence in card.missing)
    assert any("s3:PutObject" in sentence and world.source.label in sentence for sentence in card.missing)
    card = await world.card(world.order("k", route=CopyRoute.PULL))
    assert (card.complete, card.chosen, why(card).kind) == (True, None, ProblemKind.DENIED)


async def test_an_enforced_bucket_owns_what_is_pushed(world: World) -> None:
    if Feature.OWNERSHIP_CONTROLS in world.buckets.server.features:
        rules = [{"ObjectOwnership": "BucketOwnerEnforced"}]
        world.b.put_bucket_ownership_controls(Bucket=world.buckets.b, OwnershipControls={"Rules": rules})
        expected, owner = ObjectOwnership.BUCKET_OWNER_ENFORCED, world.buckets.server.b
    else:
        expected, owner = None, world.buckets.server.a
    world.put("k")
    world.let_a_write()
    card = await world.card(world.order("k", route=CopyRoute.PUSH))
    assert card.ownership is expected
    assert owner_id(card) == owner.canonical_id


async def test_a_prefix_into_itself_is_refused(world: World) -> None:
    world.put("p/a")
    order = CopyOrder(world.order(prefixes=("p/",)).selection, Destination("a", Location(world.buckets.a, "p/q/")))
    world.target = world.source
    card = await world.card(order)
    assert (card.complete, why(card).kind) == (True, ProblemKind.INVALID)
    with pytest.raises(ProblemError, match="cannot be copied"):
        await world.planned(order)


async def test_a_denied_listing_is_said(world: World) -> None:
    world.put("p/a")
    world.buckets.set_policy_of_a(*grant_read(world.buckets.a, world.buckets.server.a.principal))
    world.source, world.target = world.target, world.source  # B may neither list nor read A's bucket
    card = await world.card(world.order(prefixes=("p/",)))
    assert card.complete
    assert why(card).kind is ProblemKind.DENIED
    assert card.tally.objects == 0


async def test_what_cannot_be_listed_does_not_stand_in_the_way_of_the_rest(world: World) -> None:
    world.put("a/1")
    world.source = Unlistable(world.connection_a)
    card = await world.card(world.order(prefixes=("a/",)))
    assert (card.complete, card.problem, card.unlisted, card.tally.objects) == (True, None, BROKEN, 1)


async def test_marked_keys_are_counted_and_looked_for(world: World) -> None:
    world.put_each("a", "b", "p/c", body=b"12")
    world.put_there("b")
    card = await world.card(world.order("a", "b", "p/c", prefixes=("p/",)))
    assert (card.tally.objects, card.tally.bytes, card.tally.existing) == (3, 6, 1)


async def test_closing_the_plan_stops_everything(world: World) -> None:
    world.put_many(20)
    before = asyncio.all_tasks()
    cards = plan_copy(world.order(prefixes=("p/",)), world.source, world.target, world.owners)
    await anext(cards)
    await anext(cards)
    await cards.aclose()
    assert asyncio.all_tasks() <= before


async def test_a_write_probe_whose_abort_is_denied_says_so(world: World) -> None:
    world.put("k")
    world.buckets.set_policy_of_b(
        allow_on_objects(world.buckets.b, world.buckets.server.a.principal, "s3:PutObject", "s3:PutObjectAcl")
    )
    card = await world.card(world.order("k", route=CopyRoute.PUSH))
    [left] = world.uploads()
    world.b.abort_multipart_upload(Bucket=world.buckets.b, Key=left["Key"], UploadId=left["UploadId"])
    assert any(left["UploadId"] in sentence for sentence in card.missing)


async def last(world: World, key: str = "k", **options: Any) -> RouteCard:
    return await world.card(world.order(key, **options))


async def test_a_move_says_that_the_right_to_delete_is_seen_when_it_is_tried_and_whether_the_source_is_kept(
    world: World,
) -> None:
    """A copy deletes nothing."""
    world.put("k")
    card = await last(world, move=True)
    [check] = [check for check in card.checks if check.operation == "DeleteObject"]
    assert (check.identity, check.access, check.detail) == (world.source.label, AccessOutcome.UNKNOWN, UNTRIED)
    assert UNVERIFIED_STAYS in card.verify
    assert world.source_content("k") == b"content"
    assert card.source_undo
    assert card.source_undo.versioning is BucketVersioning.NEVER
    world.keep_versions()
    card = await last(world, move=True)
    assert card.source_undo
    assert card.source_undo.versioning is BucketVersioning.ENABLED
    card = await last(world)
    assert not [check for check in card.checks if check.operation == "DeleteObject"]
    assert card.source_undo is None


@pytest.mark.parametrize("route", [CopyRoute.PULL, CopyRoute.RELAY])
async def test_how_it_will_be_compared_is_how_it_is_compared(world: World, route: CopyRoute) -> None:
    world.let_b_read()
    world.put("k")
    card = await last(world, route=route)
    _, [result] = await world.copy(world.order("k", route=route))
    assert result.evidence in card.verify.split(", else ")


async def test_nothing_to_compare_is_said_before(world: World) -> None:
    world.let_b_read()
    world.put("k")
    indistinct: dict[str, Any] = {"encryption": "aws:kms", "checksums": []}
    world.source, world.target = SeenAs(world.connection_a, **indistinct), SeenAs(world.connection_b, **indistinct)
    assert (await last(world, route=CopyRoute.PULL, move=True)).verify == f"{SIZE_ALONE}; {UNVERIFIED_STAYS}"


@pytest.mark.parametrize(("prefix", "filtered"), [("p/", 1), ("none/", 0)], ids=["by filters", "no object"])
async def test_where_nothing_is_selected_the_card_has_no_problem(world: World, prefix: str, filtered: int) -> None:
    world.put("p/a")
    order = world.order(prefixes=(prefix,))
    order = replace(order, selection=replace(order.selection, filters=Filters(include=["none"])))
    card = await world.card(order)
    assert (card.tally.objects, card.tally.filtered, card.problem, card.complete) == (0, filtered, None, True)


async def test_an_acl_that_was_chosen_is_what_the_copy_gets_instead(world: World) -> None:
    world.put("k")
    assert "ACL (public-read instead)" in (await last(world, acl=AclChoice.PUBLIC_READ)).drops
    assert "ACL (private to its owner)" in (await last(world, acl=AclChoice.PRIVATE)).drops
    card = await last(world, acl=AclChoice.COPY)
    assert not [drop for drop in card.drops if drop.startswith("ACL")]
    assert [kept for kept in card.keeps if kept.startswith("ACL (the source's grants")]


@ONLY_DEMO
async def test_a_class_and_an_encryption_that_were_asked_for_are_said(world: World) -> None:
    world.put("k", StorageClass="STANDARD_IA")
    card = await last(world, storage_class="ONEZONE_IA")
    assert "class ONEZONE_IA (requested)" in card.keeps
    assert "class STANDARD_IA (ONEZONE_IA was requested)" in card.drops
    kept = await last(world)
    assert "class STANDARD_IA" in kept.keeps
    assert not [drop for drop in kept.drops if drop.startswith("class")]
    back = await last(world, storage_class="STANDARD")
    assert "class STANDARD (requested)" in back.keeps
    assert "class STANDARD_IA (STANDARD was requested)" in back.drops
    assert "encryption aws:kms with alias/of-b" in (await last(world, encryption="aws:kms", kms_key="alias/of-b")).keeps


class Inflated(S3Store):
    """A listing in which every object is as large as one CopyObject copies, and those named large a byte larger."""

    async def pages(self, bucket: str, prefix: str, **how: Any) -> AsyncGenerator[Page, None]:
        async with aclosing(super().pages(bucket, prefix, **how)) as pages:
            async for page in pages:
                sizes = [MAX_SINGLE_COPY + name.endswith("large") for name in page.names]
                yield replace(page, sizes=array("q", sizes).tobytes())


@ONLY_DEMO
async def test_the_card_counts_what_one_request_cannot_copy(world: World) -> None:
    world.put_each("p/1-large", "p/2-large", "p/3")
    world.source = Inflated(world.connection_a)
    tally = (await world.card(world.order(prefixes=("p/",)))).tally
    assert (tally.objects, tally.large, tally.large_bytes) == (3, 2, 2 * (MAX_SINGLE_COPY + 1))


@ONLY_DEMO
async def test_a_transfer_says_how_long_it_was_busy_and_the_journal_keeps_it(world: World) -> None:
    world.put("k")
    transfer, _ = await world.copy(world.order("k"))
    assert 0 < transfer.busy < 60
    await world.restart()
    assert (await world.transfer(transfer.id)).busy == transfer.busy
