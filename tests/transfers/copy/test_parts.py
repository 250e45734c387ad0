"""Objects in parts: relayed through bounded memory or copied by the server, whole, verified, or not at all."""

import pytest

from tests.transfers.byte_faults import Damaging
from tests.transfers.faults import AfterFirstRead
from tests.transfers.part_faults import AfterFirstPartCopy, CannotAbort, FailingPart
from tests.transfers.world import World
from tui.model.orders import ConflictPolicy, Route
from tui.model.problem import ProblemKind
from tui.model.transfer import Outcome, TransferState, Verification

MIB = 1 << 20


async def test_a_relay_in_parts_arrives_whole_and_is_verified(world: World) -> None:
    body = world.put_random("big", 48 * MIB + 5)
    transfer, [result] = await world.copy(world.order("big", route=Route.RELAY, part_size=8 * MIB))
    assert (transfer.state, result.problem) == (TransferState.DONE, None)
    assert result.verification is Verification.SAME
    assert result.evidence
    assert world.content("big") == body
    assert world.b.head_object(Bucket=world.buckets.b, Key="big")["ETag"].endswith('-7"')
    assert transfer.bytes_done == transfer.bytes_total == len(body)


async def test_a_pull_in_parts_arrives_whole(world: World) -> None:
    body = world.put_random("big", 21 * MIB)
    world.let_b_read()
    order = world.order("big", multipart_threshold=5 * MIB, part_size=8 * MIB)
    transfer, [result] = await world.copy(order)
    assert (result.outcome, result.route) == (Outcome.COPIED, Route.PULL)
    assert world.content("big") == body
    assert world.b.head_object(Bucket=world.buckets.b, Key="big")["ETag"].endswith('-3"')
    assert transfer.bytes_done == len(body)


@pytest.mark.parametrize("size", [0, 1, 8 * MIB, 8 * MIB + 1])
async def test_sizes_at_the_edges_are_relayed_whole(world: World, size: int) -> None:
    body = world.put_random("k", size)
    _, [result] = await world.copy(world.order("k", route=Route.RELAY))
    assert result.verification is Verification.SAME
    assert world.content("k") == body


@pytest.mark.parametrize("route", [Route.RELAY, Route.PULL])
async def test_a_part_that_fails_ends_the_object_and_leaves_no_upload(world: World, route: Route) -> None:
    world.put_random("big", 20 * MIB)
    world.put("small")
    world.let_b_read()
    world.target = FailingPart(world.connection_b, 3)
    order = world.order("big", "small", route=route, multipart_threshold=5 * MIB, part_size=5 * MIB)
    transfer, results = await world.copy(order)
    assert transfer.state is TransferState.FAILED
    assert transfer.problem
    assert transfer.problem.kind is ProblemKind.SERVER
    outcomes = {result.source.rpartition("/")[2]: result.outcome for result in results}
    assert outcomes == {"big": Outcome.FAILED, "small": Outcome.COPIED}
    assert world.target_keys() == ["small"]
    assert transfer.bytes_done == len(b"content")


@pytest.mark.parametrize("route", [Route.RELAY, Route.PULL])
async def test_a_source_that_changes_between_two_parts_is_an_error_that_names_it(world: World, route: Route) -> None:
    world.put_random("big", 20 * MIB)
    world.let_b_read()
    world.source = AfterFirstRead(world.connection_a, lambda: world.put_random("big", 20 * MIB))
    world.target = AfterFirstPartCopy(world.connection_b, lambda: world.put_random("big", 20 * MIB))
    order = world.order("big", route=route, multipart_threshold=5 * MIB, part_size=5 * MIB)
    transfer, [result] = await world.copy(order)
    assert (transfer.state, result.outcome) == (TransferState.FAILED, Outcome.FAILED)
    assert result.problem
    assert result.problem.kind is ProblemKind.CHANGED
    assert result.problem.resource == f"s3://{world.buckets.a}/big"
    assert world.target_keys() == []


@pytest.mark.parametrize("size", [100, 11 * MIB], ids=["whole", "parts"])
async def test_bytes_that_were_damaged_on_the_way_are_noticed(world: World, size: int) -> None:
    world.put_random("k", size)
    world.target = Damaging(world.connection_b)
    transfer, [result] = await world.copy(world.order("k", route=Route.RELAY))
    assert (transfer.state, transfer.objects_failed) == (TransferState.FAILED, 1)
    assert result.problem
    assert result.problem.kind is ProblemKind.MISMATCH
    assert world.target_keys() == []  # the server refused them


async def test_an_upload_that_cannot_be_aborted_is_named_with_what_to_do(world: World) -> None:
    world.put_random("big", 11 * MIB)
    world.target = CannotAbort(world.connection_b, 2)
    transfer, [result] = await world.copy(
        world.order("big", route=Route.RELAY, conflict=ConflictPolicy.OVERWRITE, part_size=5 * MIB)
    )
    assert result.outcome is Outcome.FAILED
    [left] = world.uploads()
    [note] = transfer.notes
    assert left["UploadId"] in note
    assert "abort it" in note
    world.b.abort_multipart_upload(Bucket=world.buckets.b, Key="big", UploadId=left["UploadId"])
