"""A repair with one identity does its half, and says in commands what the other account has to do."""

from __future__ import annotations

from typing import Any

from tests.transfers.repair.uploads import ATTRIBUTES, Uploads
from tests.transfers.world import World
from tui.model.ownership import Half
from tui.model.problem import ProblemKind
from tui.model.transfer import Outcome, TransferState
from tui.transfers.order.ownership import BUCKET_OWNER_FULL_CONTROL


async def test_only_the_uploader_grants_and_the_receipt_has_the_other_half(world: World, uploads: Uploads) -> None:
    uploads.put("k")
    order = uploads.order("k", uploader="", half=Half.GRANT)
    order = _as_b(order)
    transfer, [result] = await world.copy(order)
    assert (transfer.state, result.outcome) == (TransferState.DONE, Outcome.GRANTED)
    assert uploads.owner("k") == world.buckets.server.b.canonical_id
    assert not uploads.denied("k")
    [other] = [line for line in uploads.receipt() if line["type"] == "other-half"]
    assert other["half"] == "copy"
    assert other["commands"] == [f"aws s3 cp s3://{uploads.bucket}/k s3://{uploads.bucket}/k --storage-class STANDARD"]


async def test_only_the_bucket_owner_copies_what_was_granted(world: World, uploads: Uploads) -> None:
    uploads.put("in/granted", ACL=BUCKET_OWNER_FULL_CONTROL, **ATTRIBUTES)
    uploads.put("in/not")
    before = uploads.seen_by(world.b, "in/granted")
    transfer, results = await world.copy(uploads.order(prefix="in/", uploader=""))
    outcomes = {each.source.rpartition("/")[2]: each for each in results}
    assert outcomes["granted"].outcome is Outcome.REPAIRED
    assert uploads.seen_by(world.a, "in/granted") == before
    denied = outcomes["not"].problem
    assert denied is not None
    assert denied.kind is ProblemKind.DENIED
    command = f"aws s3api put-object-acl --bucket {uploads.bucket} --key in/not --acl {BUCKET_OWNER_FULL_CONTROL}"
    assert command in denied.remedy
    assert transfer.state is TransferState.FAILED
    [other] = [line for line in uploads.receipt() if line["type"] == "other-half"]
    assert (other["half"], command in other["commands"]) == ("grant", True)


async def test_of_other_accounts_than_the_uploaders_nothing_is_tried(world: World, uploads: Uploads) -> None:
    uploads.put("k")
    _, [result] = await world.copy(uploads.order("k", uploader="a"))
    assert result.outcome is Outcome.SKIPPED
    assert "no identity here" in result.notes[0]


async def test_who_does_not_own_the_bucket_does_not_copy(world: World, uploads: Uploads) -> None:
    uploads.put("k")
    order = _as_b(uploads.order("k", uploader="", half=Half.COPY))
    transfer, results = await world.copy(order)
    assert (transfer.state, results) == (TransferState.FAILED, [])
    assert transfer.problem is not None
    assert transfer.problem.title == f"the owner of {uploads.bucket} is not known"
    assert uploads.denied("k")


def _as_b(order: Any) -> Any:
    """The same by B's identity alone."""
    selection = order.selection
    return type(order)(
        type(selection)("b", selection.base, selection.keys, selection.prefixes),
        half=order.half,
        receipt=order.receipt,
        rollback=order.rollback,
    )
