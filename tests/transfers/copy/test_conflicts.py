"""Objects that exist at the target: asked about, skipped, renamed, overwritten; never lost unseen."""

import asyncio
from contextlib import aclosing

import pytest

from tests.servers.policies import deny_on_objects
from tests.transfers.faults import Crowd
from tests.transfers.world import World
from tests.waiting import until
from tui.model.orders import ConflictPolicy, Route
from tui.model.problem import ProblemError, ProblemKind
from tui.model.transfer import Conflict, ConflictAnswer, Outcome, TransferState, Verification
from tui.text.comparing.conflicts import sameness


def exist(world: World, *keys: str) -> None:
    for key in keys:
        world.b.put_object(Bucket=world.buckets.b, Key=key, Body=b"old")


async def waiting(world: World, count: int) -> list[Conflict]:
    async with asyncio.timeout(10):
        async with aclosing(world.queue.conflicts()) as conflicts:
            async for found in conflicts:
                if len(found) == count:
                    return found
    raise AssertionError("the queue was closed")


async def asking(world: World, transfer: str) -> None:
    async def is_asking() -> bool:
        return (await world.transfer(transfer)).state is TransferState.ASKING

    await until(is_asking, "the transfer asks")


async def test_ask_lets_the_others_continue_and_does_what_was_decided(world: World) -> None:
    for key in ("a", "b.txt", "c", "d"):
        world.put(key, b"new")
    exist(world, "a", "b.txt", "c")
    name = await world.submit(world.order("a", "b.txt", "c", "d"))
    conflicts = await waiting(world, 3)
    await asking(world, name)
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
        world.put(key, b"new")
        world.b.put_object(Bucket=world.buckets.b, Key=key, Body=there)
    name = await world.submit(world.order("same", "other", "longer", route=Route.RELAY))
    known = {each.target.rpartition("/")[2]: each for each in await waiting(world, 3)}
    assert {key: each.verification for key, each in known.items()} == {
        "same": Verification.SAME,
        "other": Verification.DIFFERS,
        "longer": Verification.DIFFERS,
    }
    assert sameness(known["longer"]) == "they differ by size"
    assert sameness(known["same"]).startswith("the same content (")
    world.queue.answer(ConflictAnswer(known["same"].id, ConflictPolicy.SKIP, for_all=True))
    await world.ended(name)


async def test_an_answer_for_all_decides_those_that_wait_and_those_to_come(world: World) -> None:
    keys = [f"p/{number:02}" for number in range(40)]  # more than are under way at once
    for key in keys:
        world.put(key, b"new")
    exist(world, *keys)
    name = await world.submit(world.order(prefixes=("p/",)))
    [first, *_] = await waiting(world, 40)
    world.queue.answer(ConflictAnswer(first.id, ConflictPolicy.OVERWRITE, for_all=True))
    transfer, _ = await world.ended(name)
    assert (transfer.state, transfer.objects_done) == (TransferState.DONE, 40)
    assert all(world.content(key) == b"new" for key in keys)
    assert await waiting(world, 0) == []


@pytest.mark.parametrize(
    ("policy", "content"),
    [(ConflictPolicy.SKIP, b"old"), (ConflictPolicy.OVERWRITE, b"new"), (ConflictPolicy.RENAME, b"old")],
)
async def test_a_policy_decides_without_asking(world: World, policy: ConflictPolicy, content: bytes) -> None:
    world.put("dir/k.tar.gz", b"new")
    exist(world, "dir/k.tar.gz", "dir/k (1).tar.gz")
    transfer, _ = await world.copy(world.order("dir/k.tar.gz", conflict=policy))
    assert transfer.state is TransferState.DONE
    assert world.content("dir/k.tar.gz") == content
    if policy is ConflictPolicy.RENAME:
        assert world.content("dir/k (2).tar.gz") == b"new"


async def test_renaming_never_meets_another_object_of_the_same_transfer(world: World) -> None:
    for number in ("", " (1)", " (2)"):
        world.put(f"k{number}", number.encode() or b"none")
    exist(world, "k")
    transfer, _ = await world.copy(world.order("k", "k (1)", "k (2)", conflict=ConflictPolicy.RENAME))
    assert transfer.state is TransferState.DONE
    contents = {key: world.content(key) for key in world.target_keys()}
    assert len(contents) == 4
    assert sorted(contents.values()) == [b" (1)", b" (2)", b"none", b"old"]


async def test_what_cannot_be_seen_is_asked_about_and_never_overwritten_unasked(world: World) -> None:
    world.put("k", b"new")
    exist(world, "k")
    server = world.buckets.server
    for account in (server.a, server.b):
        assert account.principal
    world.buckets.set_policy_of_b(deny_on_objects(world.buckets.b, "*", "s3:GetObject"))
    for policy in (ConflictPolicy.SKIP, ConflictPolicy.RENAME):
        transfer, [result] = await world.copy(world.order("k", conflict=policy))
        assert (transfer.state, result.outcome) == (TransferState.FAILED, Outcome.FAILED)
        assert result.problem
        assert result.problem.kind is ProblemKind.DENIED
    name = await world.submit(world.order("k"))
    [conflict] = await waiting(world, 1)
    assert conflict.target_size == -1
    world.queue.answer(ConflictAnswer(conflict.id, ConflictPolicy.OVERWRITE))
    transfer, [result] = await world.ended(name)
    assert result.outcome is Outcome.COPIED
    world.b.delete_bucket_policy(Bucket=world.buckets.b)
    assert world.content("k") == b"new"


async def test_cancelling_a_transfer_takes_its_questions_back(world: World) -> None:
    world.put("k")
    exist(world, "k")
    name = await world.submit(world.order("k"))
    [conflict] = await waiting(world, 1)
    await world.queue.cancel([name])
    assert await waiting(world, 0) == []
    world.queue.answer(ConflictAnswer(conflict.id, ConflictPolicy.OVERWRITE))  # too late: nothing happens
    assert (await world.transfer(name)).state is TransferState.CANCELLED
    assert world.content("k") == b"old"


@pytest.mark.parametrize("policy", [ConflictPolicy.NEWER, ConflictPolicy.DIFFERENT])
async def test_a_policy_that_looks_at_both_is_no_answer(world: World, policy: ConflictPolicy) -> None:
    with pytest.raises(ProblemError, match="decided"):
        world.queue.answer(ConflictAnswer("any", policy))


async def test_a_decision_for_all_outlives_the_engine(world: World) -> None:
    keys = [f"p/{number:02}" for number in range(40)]
    for key in keys:
        world.put(key, b"new")
    exist(world, *keys)
    world.target = crowd = Crowd(world.connection_b, wait=True)
    name = await world.submit(world.order(prefixes=("p/",), route=Route.RELAY))
    [first, *_] = await waiting(world, 40)
    world.queue.answer(ConflictAnswer(first.id, ConflictPolicy.OVERWRITE, for_all=True))
    await until(lambda: crowd.now > 0, "they are copied")
    await world.restart()
    crowd.go_on.set()
    transfer, _ = await world.ended(name)
    assert (transfer.state, transfer.objects_done) == (TransferState.DONE, 40)
