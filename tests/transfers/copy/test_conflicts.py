"""Objects that exist at the target: how they are found, what each policy does with them; none is lost unseen."""

import os
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from tests.servers.proxy.faults import Answer, Meanwhile, Rule
from tests.servers.proxy.messages import Request
from tests.servers.proxy.proxy import FaultProxy
from tests.transfers.world import ONLY_DEMO, PARTS, Crowd, Overtaken, SeenAs, World, put_in_parts, why
from tests.waiting import until
from tui.aws.connection import Connection
from tui.core.listing import Page, make_page
from tui.core.naming import MIB
from tui.core.orders import AclChoice, ConflictPolicy, CopyOrder, CopyRoute, Filters
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.core.transfer import ConflictAnswer, ObjectResult, Outcome, Tally, TransferState, VerificationOutcome
from tui.stores.s3.s3_store import S3Store
from tui.stores.store_values import Capabilities, ObjectHead, WriteResult
from tui.text.order_lines import sameness

NEWER, DIFFERENT = ConflictPolicy.NEWER, ConflictPolicy.DIFFERENT


def both(world: World, *keys: str, there: bytes = b"old") -> None:
    for key in keys:
        world.put(key, b"new")
        world.put_there(key, there)


def by_name(results: list[ObjectResult]) -> dict[str, ObjectResult]:
    return {result.source.rpartition("/")[2]: result for result in results}


async def test_ask_lets_the_others_continue_and_does_what_was_decided(world: World) -> None:
    both(world, "a", "b.txt", "c")
    world.put("d", b"new")
    name = await world.submit(world.order("a", "b.txt", "c", "d"))
    conflicts = await world.conflicts(3)
    await world.until(name, "the transfer asks", lambda now: now.state is TransferState.ASKING)
    assert world.content("d") == b"new"
    by_key = {conflict.target.rpartition("/")[2]: conflict for conflict in conflicts}
    assert (by_key["a"].source_size, by_key["a"].target_size) == (3, 3)
    assert by_key["a"].target_modified > 0
    world.queue.answer(ConflictAnswer(by_key["a"].id, ConflictPolicy.OVERWRITE))
    world.queue.answer(ConflictAnswer(by_key["b.txt"].id, ConflictPolicy.RENAME))
    world.queue.answer(ConflictAnswer(by_key["c"].id, ConflictPolicy.SKIP))
    transfer, results = await world.ended(name)
    assert (transfer.state, transfer.objects_done, transfer.objects_skipped) == (TransferState.DONE, 3, 1)
    assert transfer.bytes_done == transfer.bytes_total == 9
    assert world.content("a") == b"new"
    assert (world.content("b.txt"), world.content("b (1).txt")) == (b"old", b"new")
    assert world.content("c") == b"old"
    assert {result.outcome for result in results} == {Outcome.COPIED, Outcome.SKIPPED}


async def test_the_question_says_what_etags_prove_of_the_two(world: World) -> None:
    for key, there in (("same", b"new"), ("other", b"old"), ("longer", b"older")):
        both(world, key, there=there)
    name = await world.submit(world.order("same", "other", "longer", route=CopyRoute.RELAY))
    known = {each.target.rpartition("/")[2]: each for each in await world.conflicts(3)}
    assert {key: each.verification for key, each in known.items()} == {
        "same": VerificationOutcome.SAME,
        "other": VerificationOutcome.DIFFERS,
        "longer": VerificationOutcome.DIFFERS,
    }
    assert sameness(known["longer"]) == "they differ in size"
    assert sameness(known["same"]).startswith("the same content (")
    world.queue.answer(ConflictAnswer(known["same"].id, ConflictPolicy.SKIP, for_all=True))
    await world.ended(name)


async def test_an_answer_for_all_decides_those_that_wait_and_those_to_come(world: World) -> None:
    """Also in the engine that comes next."""
    keys = [f"p/{number:02}" for number in range(40)]  # more than are under way at once
    both(world, *keys)
    world.target = crowd = Crowd(world.connection_b, wait=True)
    name = await world.submit(world.order(prefixes=("p/",), route=CopyRoute.RELAY))
    [first, *_] = await world.conflicts(40)
    world.queue.answer(ConflictAnswer(first.id, ConflictPolicy.OVERWRITE, for_all=True))
    await until(lambda: crowd.now > 0, "they are copied")
    await world.restart()
    crowd.go_on.set()
    transfer, _ = await world.ended(name)
    assert (transfer.state, transfer.objects_done) == (TransferState.DONE, 40)
    assert all(world.content(key) == b"new" for key in keys)
    assert await world.conflicts(0) == []


async def test_what_cannot_be_seen_is_asked_about_and_never_overwritten_unasked(world: World) -> None:
    both(world, "k")
    world.deny_there("s3:GetObject")
    for policy in (ConflictPolicy.SKIP, ConflictPolicy.RENAME, NEWER, DIFFERENT):
        transfer, [result] = await world.copy(world.order("k", conflict=policy))
        assert (transfer.state, result.outcome) == (TransferState.FAILED, Outcome.FAILED)
        assert why(result).kind is ProblemKind.DENIED
    name = await world.submit(world.order("k"))
    [conflict] = await world.conflicts(1)
    assert conflict.target_size == -1
    world.queue.answer(ConflictAnswer(conflict.id, ConflictPolicy.OVERWRITE))
    transfer, [result] = await world.ended(name)
    assert result.outcome is Outcome.COPIED
    world.b.delete_bucket_policy(Bucket=world.buckets.b)
    assert world.content("k") == b"new"


async def test_cancelling_a_transfer_takes_its_questions_back(world: World) -> None:
    both(world, "k")
    name = await world.submit(world.order("k"))
    [conflict] = await world.conflicts(1)
    await world.queue.cancel([name])
    assert await world.conflicts(0) == []
    world.queue.answer(ConflictAnswer(conflict.id, ConflictPolicy.OVERWRITE))  # too late: nothing happens
    assert (await world.transfer(name)).state is TransferState.CANCELLED
    assert world.content("k") == b"old"


async def test_an_object_that_appeared_since_is_replaced_only_where_the_user_wants_it(world: World) -> None:
    body = world.put("k")
    world.target = Overtaken(world.connection_b, world.put_there)
    for policy in (ConflictPolicy.ASK, ConflictPolicy.SKIP, ConflictPolicy.RENAME):
        _, [result] = await world.copy(world.order("k", to=f"{policy}/", route=CopyRoute.RELAY, conflict=policy))
        assert (result.outcome, why(result).kind) == (Outcome.FAILED, ProblemKind.EXISTS)
        assert world.content(f"{policy}/k") == b"old"
    _, [result] = await world.copy(world.order("k", route=CopyRoute.RELAY, conflict=ConflictPolicy.OVERWRITE))
    assert (result.outcome, world.content("k")) == (Outcome.COPIED, body)


@ONLY_DEMO  # Ceph 18 knows the condition of PutObject only
@pytest.mark.parametrize(
    ("route", "size"), [(CopyRoute.RELAY, 6 * MIB), (CopyRoute.PULL, 6 * MIB), (CopyRoute.PULL, 100)]
)
async def test_nor_by_parts_nor_by_a_copy_of_the_server(world: World, route: CopyRoute, size: int) -> None:
    world.put_random("k", size)
    world.let_b_read()
    world.target = Overtaken(world.connection_b, world.put_there)
    _, [result] = await world.copy(world.order("k", route=route, **PARTS))
    assert why(result).kind is ProblemKind.EXISTS
    assert "k" in why(result).title
    assert world.content("k") == b"old"


def filtered(order: CopyOrder, **filters: object) -> CopyOrder:
    return replace(order, selection=replace(order.selection, filters=Filters(**filters)))  # type: ignore[arg-type]  # reason: the tests name the fields


async def test_newer_replaces_only_what_is_older(world: World) -> None:
    both(world, "k")
    world.put("absent", b"new")
    world.target = SeenAs(world.connection_b, modified=1_000.2)  # servers know only now
    for modified, outcome, content in ((1_000.9, Outcome.SKIPPED, b"old"), (1_001.0, Outcome.COPIED, b"new")):
        world.source = SeenAs(world.connection_a, modified=modified)
        _, results = await world.copy(world.order("k", "absent", conflict=NEWER))
        found = by_name(results)
        assert (found["absent"].outcome, found["k"].outcome) == (Outcome.COPIED, outcome)
        assert any("not older" in note for note in found["k"].notes) is (outcome is Outcome.SKIPPED)
        assert world.content("k") == content


async def test_different_replaces_what_differs_by_size_or_content(world: World) -> None:
    body = os.urandom(10)
    contents = {"same": body, "longer": body + b"1", "other": os.urandom(10)}
    for key in contents:
        world.put(key, body)
        world.put_there(key, contents[key])
    _, results = await world.copy(world.order(*contents, conflict=DIFFERENT))
    found = by_name(results)
    assert {key: result.outcome for key, result in found.items()} == {
        "same": Outcome.SKIPPED,
        "longer": Outcome.COPIED,
        "other": Outcome.COPIED,
    }
    [note] = found["same"].notes
    assert "the same (" in note
    assert all(world.content(key) == body for key in contents)


async def test_the_same_size_is_never_the_same_by_itself(world: World) -> None:
    body = world.put_random("k", 6 * MIB)
    put_in_parts(world.b, world.buckets.b, "k", bytes(6 * MIB), 6 * MIB)
    _, [result] = await world.copy(world.order("k", conflict=DIFFERENT))
    assert result.outcome is Outcome.COPIED
    assert world.content("k") == body


async def test_filters_leave_out_what_is_listed_and_skip_what_was_marked(world: World) -> None:
    for key, size in (("p/a.log", 5), ("p/b.txt", 5), ("p/c.log", 1), ("k.log", 5), ("l.log", 1), ("m.txt", 5)):
        world.put(key, bytes(size))
    order = filtered(world.order("k.log", "l.log", "m.txt", prefixes=("p/",)), include=["*.log"], min_size=2)
    assert (await world.card(order)).tally == Tally(objects=2, bytes=10, existing=0, filtered=4, complete=True)
    _, results = await world.done(order)
    assert world.target_keys() == ["k.log", "p/a.log"]
    [skipped] = [result for result in results if result.outcome is Outcome.SKIPPED]
    assert skipped.source.endswith("/l.log")
    assert skipped.notes == ["skipped by the filters: it is smaller than 2 bytes"]


async def test_times_are_those_of_the_listing(world: World) -> None:
    world.put("p/k")
    now = datetime.now(UTC).timestamp()
    for filters, keys in (
        ({"newer_than": now + 3600}, []),
        ({"older_than": now - 3600}, []),
        ({"newer_than": now - 3600, "older_than": now + 3600}, ["p/k"]),
    ):
        await world.copy(filtered(world.order(prefixes=("p/",)), **filters))
        assert world.target_keys() == keys


async def test_a_bad_pattern_stops_everything_and_is_named(world: World) -> None:
    world.put("p/k")
    order = filtered(world.order(prefixes=("p/",)), exclude=["a[b"])
    assert "a[b" in why(await world.card(order)).title
    with pytest.raises(ProblemError, match="a\\[b"):
        await world.submit(order)
    assert world.target_keys() == []


NAMES = ("k", "k (1)", "k (2)")


def without_conditions(proxy: FaultProxy) -> None:
    """The server does not know ``If-None-Match`` on a write."""
    proxy.rules.append(
        Rule(
            Answer(501, "NotImplemented"),
            ("PutObject", "CopyObject", "CompleteMultipartUpload"),
            when=lambda request: bool(request.head.header("if-none-match")),
        )
    )


def late(proxy: FaultProxy, world: World, key: str, after: str) -> Rule:
    """The source at `key` is seen only when the object `after` has its result; its place was looked at before."""

    async def wait(_: Request) -> None:
        async def ended() -> bool:
            [transfer] = [each for each in await world.journal.transfers() if each.ended is None]
            return bool(await world.journal.results.finished(transfer.id, 1, [after]))

        await until(ended, f"{after} has its result")

    rule = Rule(
        Meanwhile(after=wait),
        ("HeadObject", "GetObject"),
        key=key,
        times=1,
        when=lambda each: each.bucket == world.buckets.a,
    )
    proxy.rules.append(rule)
    return rule


@pytest.mark.parametrize(
    ("acl", "move", "conditions"),
    [
        (AclChoice.AUTO, False, True),
        (AclChoice.AUTO, True, False),
        (AclChoice.COPY, True, True),
        (AclChoice.COPY, False, False),
    ],
)
async def test_a_key_that_a_sibling_was_renamed_to_is_taken(
    proxied: World, proxy: FaultProxy, *, acl: AclChoice, move: bool, conditions: bool
) -> None:
    """Objects whose ACL is to be copied are looked at first."""
    proxied.put_there("k", b"there before")
    bodies = {name: proxied.put(f"p/{name}", f"body of {name}".encode()) for name in NAMES}
    held = late(proxy, proxied, "p/k (1)", after="p/k")
    if not conditions:
        without_conditions(proxy)
    order = proxied.order(
        prefixes=("p/",), base="p/", conflict=ConflictPolicy.RENAME, move=move, route=CopyRoute.RELAY, acl=acl
    )
    _, results = await proxied.copy(order)
    assert held.taken == 1
    assert {result.outcome for result in results} == {Outcome.MOVED if move else Outcome.COPIED}
    contents = [proxied.content(key) for key in proxied.target_keys()]
    assert sorted(contents) == sorted([b"there before", *bodies.values()])
    assert len({result.target for result in results}) == len(NAMES)
    for result in results:
        assert (
            proxied.content(result.target.removeprefix(f"s3://{proxied.buckets.b}/"))
            == bodies[result.source.rpartition("/")[2]]
        ), "each result names the key that has its object's body"
    assert proxied.source_keys() == ([] if move else [f"p/{name}" for name in NAMES])


KEYS = [f"p/{number}" for number in range(5)]


class Watched(S3Store):
    """Notes the keys of a bucket it was asked for by HeadObject before anything was written there."""

    def __init__(
        self, connection: Connection, bucket: str, *, honors: bool = False, lists: bool = True, empty: bool = False
    ) -> None:
        """`empty`: its listing is from a time when nothing was there."""
        super().__init__(connection)
        self._bucket, self._honors, self._lists, self._empty = bucket, honors, lists, empty
        self.heads: list[str] = []
        self.written: set[str] = set()

    @property
    def capabilities(self) -> Capabilities:
        return replace(super().capabilities, honors_conditions=self._honors)

    async def head(self, bucket: str, key: str, version: str = "") -> ObjectHead:
        if bucket == self._bucket and key not in self.written:
            self.heads.append(key)
        return await super().head(bucket, key, version)

    async def put(self, bucket: str, key: str, *rest: Any, **more: Any) -> WriteResult:
        self.written.add(key)
        return await super().put(bucket, key, *rest, **more)

    async def pages(self, bucket: str, prefix: str, **how: Any) -> AsyncGenerator[Page, None]:
        if not self._lists:
            raise ProblemError(Problem(kind=ProblemKind.DENIED, title="listing is denied"))
        if self._empty:
            yield make_page(prefix, [], [])
            return
        async for page in super().pages(bucket, prefix, **how):
            yield page


@ONLY_DEMO
@pytest.mark.parametrize(("route", "size"), [(CopyRoute.RELAY, 100), (CopyRoute.RELAY, 6 * MIB), (CopyRoute.PULL, 100)])
async def test_what_cannot_be_seen_is_written_where_nothing_is_there(world: World, route: CopyRoute, size: int) -> None:
    new, there = world.put_random("new", size), world.put_random("there", size)
    world.put_there("there", b"old")
    world.let_b_read()
    world.deny_there("s3:GetObject")
    world.target = Watched(world.connection_b, world.buckets.b, honors=True)
    order = world.order("new", "there", conflict=ConflictPolicy.SKIP, route=route, **PARTS)
    transfer, results = await world.copy(order)
    found = {key: result.outcome for key, result in by_name(results).items()}
    assert found == {"new": Outcome.COPIED, "there": Outcome.SKIPPED}, [each.problem for each in results]
    assert transfer.bytes_done == size
    for answer, outcome in ((ConflictPolicy.ASK, Outcome.UNDECIDED), (ConflictPolicy.OVERWRITE, Outcome.COPIED)):
        name = await world.submit(world.order("there", route=route, **PARTS))
        [conflict] = await world.conflicts(1)
        assert (conflict.target_size, conflict.refused) == (-1, True)
        world.queue.answer(ConflictAnswer(conflict.id, answer))
        _, [result] = await world.ended(name)
        assert result.outcome is outcome, result
        world.b.delete_bucket_policy(Bucket=world.buckets.b)
        assert world.content("there") == (there if outcome is Outcome.COPIED else b"old")
        world.deny_there("s3:GetObject")
    world.deny_there("s3:GetObject", "s3:PutObject")
    transfer, [result] = await world.copy(world.order("there", route=route, **PARTS))
    assert (transfer.state, why(result).kind) == (TransferState.FAILED, ProblemKind.DENIED)
    world.b.delete_bucket_policy(Bucket=world.buckets.b)
    assert world.content("new") == new


async def outcomes(world: World, policy: ConflictPolicy) -> list[Outcome]:
    _, results = await world.copy(world.order(prefixes=("p/",), conflict=policy, route=CopyRoute.RELAY))
    return [result.outcome for result in sorted(results, key=lambda each: each.source)]


@pytest.mark.parametrize(
    ("policy", "there", "how", "outcome", "looked_at"),
    [
        (ConflictPolicy.SKIP, True, {"honors": False}, Outcome.SKIPPED, ["p/0", "p/1", "p/3", "p/4"]),
        (ConflictPolicy.SKIP, True, {"lists": False}, Outcome.SKIPPED, KEYS),
        (ConflictPolicy.SKIP, True, {"empty": True}, Outcome.FAILED, []),
        (ConflictPolicy.ASK, False, {}, Outcome.COPIED, []),
    ],
    ids=["conditions may be ignored", "no listing is allowed", "came after the listing", "nothing is there"],
)
async def test_what_is_not_listed_is_looked_for_or_written_on_condition(
    world: World, policy: ConflictPolicy, there: bool, how: dict[str, bool], outcome: Outcome, looked_at: list[str]
) -> None:
    """The third of five objects is there, or seems not to be; nothing that is there is replaced."""
    world.put_each(*KEYS)
    if there:
        world.put_there("p/2")
    world.target = target = Watched(world.connection_b, world.buckets.b, **{"honors": True, **how})
    assert await outcomes(world, policy) == [Outcome.COPIED] * 2 + [outcome] + [Outcome.COPIED] * 2
    assert sorted(target.heads) == looked_at
    assert world.content("p/2") == (b"old" if there else b"content")


async def test_what_differs_is_found_out_by_looking(world: World) -> None:
    world.put_each(*KEYS)
    await outcomes(world, ConflictPolicy.OVERWRITE)
    world.put_there("p/2", b"changed")
    world.target = target = Watched(world.connection_b, world.buckets.b, honors=True)
    found = await outcomes(world, ConflictPolicy.DIFFERENT)
    assert found == [Outcome.SKIPPED, Outcome.SKIPPED, Outcome.COPIED, Outcome.SKIPPED, Outcome.SKIPPED]
    assert sorted(target.heads) == KEYS


async def test_a_name_that_another_object_may_get_is_looked_for(world: World) -> None:
    world.put_each("p/a", "p/a (1)")
    world.put_there("p/a")
    world.target = Watched(world.connection_b, world.buckets.b, honors=True)
    assert await outcomes(world, ConflictPolicy.RENAME) == [Outcome.COPIED] * 2
    assert len(world.target_keys()) == 3
    assert world.content("p/a") == b"old"
