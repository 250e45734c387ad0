"""Newer and different, and filters: what was not changed, and that it is said why."""

import os
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from tests.servers.policies import deny_on_objects
from tests.transfers.world import World
from tui.model.orders import ConflictPolicy, CopyOrder, Filters
from tui.model.plan import Tally
from tui.model.problem import ProblemError, ProblemKind
from tui.model.transfer import ObjectResult, Outcome, TransferState
from tui.stores.s3 import S3Store
from tui.stores.values import ObjectHead

MIB = 1 << 20
NEWER, DIFFERENT = ConflictPolicy.NEWER, ConflictPolicy.DIFFERENT


class Dated(S3Store):
    """Objects were written when the test says: servers know only now."""

    modified = 1_000.0

    async def head(self, bucket: str, key: str, version: str = "") -> ObjectHead:
        return replace(await super().head(bucket, key, version), modified=self.modified)


def filtered(order: CopyOrder, **filters: object) -> CopyOrder:
    return replace(order, selection=replace(order.selection, filters=Filters(**filters)))  # type: ignore[arg-type]  # reason: the tests name the fields


@pytest.mark.parametrize(
    ("source", "target", "outcome"),
    [
        (1_001.0, 1_000.0, Outcome.COPIED),
        (1_000.0, 1_000.0, Outcome.SKIPPED),
        (1_000.9, 1_000.2, Outcome.SKIPPED),
        (999.0, 1_000.0, Outcome.SKIPPED),
    ],
)
async def test_newer_replaces_only_what_is_older(world: World, source: float, target: float, outcome: Outcome) -> None:
    world.put("k", b"new")
    world.put("absent", b"new")
    world.b.put_object(Bucket=world.buckets.b, Key="k", Body=b"old")
    theirs, ours = Dated(world.connection_a), Dated(world.connection_b)
    theirs.modified, ours.modified = source, target
    world.source, world.target = theirs, ours
    _, results = await world.copy(world.order("k", "absent", conflict=NEWER))
    by_key = {result.source.rpartition("/")[2]: result for result in results}
    assert by_key["absent"].outcome is Outcome.COPIED
    assert by_key["k"].outcome is outcome
    assert any("not older" in note for note in by_key["k"].notes) is (outcome is Outcome.SKIPPED)
    assert world.content("k") == (b"new" if outcome is Outcome.COPIED else b"old")


async def test_different_replaces_what_differs_by_size_or_content(world: World) -> None:
    body = os.urandom(10)
    contents = {"same": body, "longer": body + b"1", "other": os.urandom(10)}
    for key in contents:
        world.put(key, body)
        world.b.put_object(Bucket=world.buckets.b, Key=key, Body=contents[key])
    _, results = await world.copy(world.order(*contents, conflict=DIFFERENT))
    by_key = {result.source.rpartition("/")[2]: result for result in results}
    assert {key: result.outcome for key, result in by_key.items()} == {
        "same": Outcome.SKIPPED,
        "longer": Outcome.COPIED,
        "other": Outcome.COPIED,
    }
    [why] = by_key["same"].notes
    assert "the same (" in why
    assert all(world.content(key) == body for key in contents)


async def test_the_same_size_is_never_the_same_by_itself(world: World) -> None:
    """Parts of other sizes give an ETag that cannot be compared."""
    body = world.put_random("k", 6 * MIB)
    upload = world.b.create_multipart_upload(Bucket=world.buckets.b, Key="k")["UploadId"]
    part = world.b.upload_part(Bucket=world.buckets.b, Key="k", UploadId=upload, PartNumber=1, Body=bytes(6 * MIB))
    parts = [{"PartNumber": 1, "ETag": part["ETag"]}]
    world.b.complete_multipart_upload(
        Bucket=world.buckets.b, Key="k", UploadId=upload, MultipartUpload={"Parts": parts}
    )
    _, [result] = await world.copy(world.order("k", conflict=DIFFERENT))
    assert result.outcome is Outcome.COPIED
    assert world.content("k") == body


@pytest.mark.parametrize("policy", [NEWER, DIFFERENT])
async def test_nothing_is_replaced_unseen(world: World, policy: ConflictPolicy) -> None:
    world.put("k", b"new")
    world.b.put_object(Bucket=world.buckets.b, Key="k", Body=b"old")
    world.buckets.set_policy_of_b(deny_on_objects(world.buckets.b, "*", "s3:GetObject"))
    _, [result] = await world.copy(world.order("k", conflict=policy))
    assert result.outcome is Outcome.FAILED
    assert result.problem
    assert result.problem.kind is ProblemKind.DENIED
    world.b.delete_bucket_policy(Bucket=world.buckets.b)
    assert world.content("k") == b"old"


async def test_filters_leave_out_what_is_listed_and_skip_what_was_marked(world: World) -> None:
    for key, size in (("p/a.log", 5), ("p/b.txt", 5), ("p/c.log", 1), ("k.log", 5), ("l.log", 1), ("m.txt", 5)):
        world.put(key, bytes(size))
    order = filtered(world.order("k.log", "l.log", "m.txt", prefixes=("p/",)), include=["*.log"], min_size=2)
    card = (await world.plan(order))[-1]
    assert card.tally == Tally(objects=2, bytes=10, existing=0, filtered=4, complete=True)
    transfer, results = await world.copy(order)
    assert transfer.state is TransferState.DONE
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
    card = (await world.plan(order))[-1]
    assert card.problem
    assert "a[b" in card.problem.title
    with pytest.raises(ProblemError, match="a\\[b"):
        await copied(world, order)
    assert world.target_keys() == []


async def copied(world: World, order: CopyOrder) -> list[ObjectResult]:
    _, results = await world.copy(order)
    return results
