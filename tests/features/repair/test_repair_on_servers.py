"""B's objects in A's bucket become A's: what is known before, what they are then, and however it is interrupted."""

import asyncio
import dataclasses
import json
import os
import stat
from collections import Counter
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from msgspec.structs import replace

from tests.features.batch.world import Inventory, Row
from tests.servers.policies import Statement, allow_on_objects, grant_read, grant_write
from tests.servers.proxy.proxy import FaultProxy
from tests.servers.server import Account, Feature
from tests.stores.refusals import problem_of
from tests.transfers.world import MOST, ONLY_DEMO, Overtaken, Stopped, World, owner_id, put_in_parts, why
from tui.aws.connections import Connections
from tui.aws.ids import connection_id
from tui.core.facts import Half, ObjectOwnership, OwnersSeen, RepairPlan
from tui.core.identity import IdentitySpec, Owner, Safety
from tui.core.location import Location
from tui.core.naming import MIB
from tui.core.orders import RepairOrder, Selection
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.core.transfer import (
    ObjectResult,
    Outcome,
    PlannedAction,
    Transfer,
    TransferKind,
    TransferState,
    VerificationOutcome,
)
from tui.features.repair.plan_repair import count_owners, dry_run_repair, plan_repair
from tui.features.repair.repair_parties import OWN, Parties, parties_of
from tui.features.repair.repairer import ANOTHER, DONE_BEFORE, MADE_AGAIN
from tui.stores.base import Store
from tui.stores.opening import open_store
from tui.stores.s3.s3_store import S3Store
from tui.stores.store_values import Acl, CopySource, ObjectAttributes, WriteResult
from tui.transfers.bucket_owner import BUCKET_OWNER_FULL_CONTROL

ATTRIBUTES: dict[str, Any] = {
    "ContentType": "text/csv",
    "ContentEncoding": "gzip",
    "ContentLanguage": "de",
    "ContentDisposition": 'attachment; filename="x.csv"',
    "CacheControl": "max-age=60",
    "Metadata": {"colour": "blue", "size": "7"},
    "Tagging": "team=etl&year=2026",
}
"""What an upload may have besides its bytes."""

KEPT = (
    *("ContentType", "ContentEncoding", "ContentLanguage", "ContentDisposition", "CacheControl"),
    *("Metadata", "ContentLength", "StorageClass"),
)


@dataclass(slots=True)
class Uploads:
    world: World
    directory: Path

    def put(self, *keys: str, body: bytes = b"content", **parameters: Any) -> None:
        for key in keys:
            self.world.b.put_object(Bucket=self.bucket, Key=key, Body=body, **parameters)

    def put_in_parts(self, key: str, body: bytes, part_size: int, **parameters: Any) -> None:
        put_in_parts(self.world.b, self.bucket, key, body, part_size, **parameters)

    @property
    def bucket(self) -> str:
        return self.world.buckets.a

    def let_b_list(self, *more: Statement) -> None:
        server = self.world.buckets.server
        read = grant_read(self.bucket, server.b.principal)
        self.world.buckets.set_policy_of_a(*grant_write(self.bucket, server.b.principal), *read, *more)

    def order(self, *keys: str, prefix: str | None = None, **options: Any) -> RepairOrder:
        selection = Selection("a", Location(self.bucket, prefix or ""), list(keys), [] if prefix is None else [prefix])
        options = {"uploader": "b", "receipt": self.path("receipt"), "rollback": self.path("rollback"), **options}
        return RepairOrder(selection, **options)

    def path(self, name: str) -> str:
        return str(self.directory / f"{name}.jsonl")

    async def parties(self, order: RepairOrder) -> Parties:
        source = await self.world.open_store(order.selection.connection)
        uploader = await self.world.open_store(order.uploader) if order.uploader else None
        account = await self.world.owner_of(order.selection.connection)
        return await parties_of(order, source, uploader, account, self.world.owners.target)

    async def plan(self, order: RepairOrder) -> list[RepairPlan]:
        async with aclosing(plan_repair(await self.parties(order))) as plans:
            return [plan async for plan in plans]

    def denied(self, key: str) -> bool:
        try:
            self.world.a.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        except ClientError as error:
            return bool(error.response["ResponseMetadata"]["HTTPStatusCode"] == 403)
        return False

    def seen_by(self, client: Any, key: str) -> dict[str, Any]:
        place = {"Bucket": self.bucket, "Key": key}
        head = client.head_object(**place)
        tags = client.get_object_tagging(**place).get("TagSet", [])
        return {**{name: head.get(name) for name in KEPT}, "tags": sorted((tag["Key"], tag["Value"]) for tag in tags)}

    def owner(self, key: str) -> str:
        owner: str = self.world.a.get_object_acl(Bucket=self.bucket, Key=key)["Owner"]["ID"]
        [listed] = self.world.a.list_objects_v2(Bucket=self.bucket, Prefix=key, FetchOwner=True, MaxKeys=1)["Contents"]
        assert (listed["Key"], listed["Owner"]["ID"]) == (key, owner)
        return owner

    def owners_listed(self) -> dict[str, str]:
        pages = self.world.a.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, FetchOwner=True)
        return {each["Key"]: each["Owner"]["ID"] for page in pages for each in page.get("Contents", [])}

    def receipt(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in Path(self.path("receipt")).read_text().splitlines()]

    def rollback(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in Path(self.path("rollback")).read_text().splitlines()]

    def mode(self, name: str) -> int:
        return stat.S_IMODE(Path(self.path(name)).stat().st_mode)

    def no_upload_is_left(self) -> bool:
        return not self.world.a.list_multipart_uploads(Bucket=self.bucket).get("Uploads")


@pytest.fixture
def uploads(world: World, tmp_path: Path) -> Uploads:
    world.buckets.set_policy_of_a(*grant_write(world.buckets.a, world.buckets.server.b.principal))
    return Uploads(world, tmp_path)


async def test_the_bucket_owner_owns_it_and_nothing_else_has_changed(world: World, uploads: Uploads) -> None:
    uploads.put("in/k", **ATTRIBUTES)
    before, etag = uploads.seen_by(world.b, "in/k"), world.b.head_object(Bucket=uploads.bucket, Key="in/k")["ETag"]
    assert uploads.denied("in/k")
    transfer, [result] = await world.copy(uploads.order("in/k"))
    assert (transfer.state, transfer.kind) == (TransferState.DONE, TransferKind.REPAIR)
    assert (result.outcome, result.verification, result.problem) == (Outcome.REPAIRED, VerificationOutcome.SAME, None)
    owner = world.buckets.server.a.canonical_id
    assert (owner_id(result), uploads.owner("in/k")) == (owner, owner)
    assert not uploads.denied("in/k")
    assert uploads.seen_by(world.a, "in/k") == before
    [was] = uploads.rollback()
    b = world.buckets.server.b.canonical_id
    assert (was["type"], was["key"], was["owner"], was["acl"]["owner"]["id"]) == ("was", "in/k", b, b)
    assert [each["permission"] for each in was["acl"]["grants"]] == ["FULL_CONTROL"]
    assert was["head"]["etag"].strip('"') == etag.strip('"')
    assert was["head"]["metadata"] == ATTRIBUTES["Metadata"]
    assert uploads.mode("rollback") == 0o600


@ONLY_DEMO
async def test_the_bucket_policy_reaches_it_then(world: World, uploads: Uploads) -> None:
    """On AWS, and on the demo, a policy spares what the bucket's owner does not own."""
    assert Feature.POLICY_SPARES_FOREIGN_OBJECTS in world.buckets.server.features
    everybody, anonymous = allow_on_objects(uploads.bucket, "*", "s3:GetObject"), world.buckets.server.client(None)
    world.a.delete_public_access_block(Bucket=uploads.bucket)
    uploads.let_b_list(everybody)
    uploads.put("k")
    with pytest.raises(ClientError):
        anonymous.get_object(Bucket=uploads.bucket, Key="k")
    await world.copy(uploads.order("k"))
    assert anonymous.get_object(Bucket=uploads.bucket, Key="k")["Body"].read() == b"content"


async def test_everything_below_a_prefix(world: World, uploads: Uploads) -> None:
    world.keep_versions()
    uploads.put("in/a", "in/b/c", "other", **ATTRIBUTES)
    world.put("in/own")
    transfer, results = await world.copy(uploads.order("in/own", prefix="in/"))
    assert {each.source.rpartition("in/")[2]: each.outcome for each in results} == {
        "a": Outcome.REPAIRED,
        "b/c": Outcome.REPAIRED,
    }
    assert (transfer.objects_done, transfer.objects_total) == (2, 2)
    assert any(note.endswith(": 1") for note in transfer.notes)
    a, b = world.buckets.server.a.canonical_id, world.buckets.server.b.canonical_id
    assert uploads.owners_listed() == {"in/a": a, "in/b/c": a, "in/own": a, "other": b}
    assert versions(world, uploads.bucket) == {"in/a": 2, "in/b/c": 2, "in/own": 1, "other": 1}


@pytest.mark.thorough
async def test_a_large_object_keeps_its_parts(world: World, uploads: Uploads) -> None:
    """100 MiB in parts of 8 MiB, as the AWS CLI uploads them."""
    body = os.urandom(100 * MIB)
    uploads.put_in_parts("big", body, 8 * MIB, **ATTRIBUTES)
    before, etag = uploads.seen_by(world.b, "big"), world.b.head_object(Bucket=uploads.bucket, Key="big")["ETag"]
    _, [result] = await world.copy(uploads.order("big"))
    assert (result.outcome, result.verification, result.problem) == (Outcome.REPAIRED, VerificationOutcome.SAME, None)
    assert uploads.owner("big") == world.buckets.server.a.canonical_id
    assert uploads.seen_by(world.a, "big") == before
    there = world.a.get_object(Bucket=uploads.bucket, Key="big")
    assert there["ETag"].strip('"') == etag.strip('"')
    assert there["Body"].read() == body
    assert uploads.no_upload_is_left()


async def test_beyond_the_threshold_it_is_copied_in_parts_with_all_it_has(world: World, uploads: Uploads) -> None:
    uploads.put("big", body=os.urandom(12 * MIB), **ATTRIBUTES)
    before = uploads.seen_by(world.b, "big")
    order = uploads.order("big", multipart_threshold=5 * MIB)
    assert (await uploads.plan(order))[-1].large == 1
    _, [result] = await world.copy(order)
    assert (result.outcome, result.problem) == (Outcome.REPAIRED, None)
    assert uploads.seen_by(world.a, "big") == before
    assert uploads.owner("big") == world.buckets.server.a.canonical_id
    assert "-1" in world.a.head_object(Bucket=uploads.bucket, Key="big")["ETag"]


@ONLY_DEMO
async def test_encryption_and_class_stay(world: World, uploads: Uploads) -> None:
    key = "arn:aws:kms:ap-northeast-1:111111111111:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    uploads.put("k", ServerSideEncryption="aws:kms", SSEKMSKeyId=key, StorageClass="STANDARD_IA")
    _, [result] = await world.copy(uploads.order("k"))
    assert (result.outcome, result.problem) == (Outcome.REPAIRED, None)
    head = world.a.head_object(Bucket=uploads.bucket, Key="k")
    assert (head["ServerSideEncryption"], head["SSEKMSKeyId"], head["StorageClass"]) == ("aws:kms", key, "STANDARD_IA")


async def test_the_grants_of_others_stay(world: World, uploads: Uploads) -> None:
    uploads.put("site.html", ACL="public-read")
    _, [result] = await world.copy(uploads.order("site.html"))
    assert (result.outcome, result.problem) == (Outcome.REPAIRED, None)
    acl = world.a.get_object_acl(Bucket=uploads.bucket, Key="site.html")
    permissions = {
        each["Grantee"].get("URI", each["Grantee"].get("ID", "")): each["Permission"] for each in acl["Grants"]
    }
    assert permissions == {
        world.buckets.server.a.canonical_id: "FULL_CONTROL",
        "http://acs.amazonaws.com/groups/global/AllUsers": "READ",
    }


async def test_an_object_that_changes_before_its_copy_is_not_overwritten(world: World, uploads: Uploads) -> None:
    uploads.put("k", body=b"older content")
    newer = partial(uploads.put, body=b"newer content", ACL=BUCKET_OWNER_FULL_CONTROL)
    world.source = Overtaken(world.connection_a, newer)
    transfer, [result] = await world.copy(uploads.order("k"))
    assert (transfer.state, result.outcome) == (TransferState.FAILED, Outcome.FAILED)
    assert why(result).kind in (ProblemKind.CHANGED, ProblemKind.EXISTS)
    assert world.a.get_object(Bucket=uploads.bucket, Key="k")["Body"].read() == b"newer content"
    assert uploads.owner("k") == world.buckets.server.b.canonical_id


async def test_a_bucket_that_keeps_versions_gets_a_new_one(world: World, uploads: Uploads) -> None:
    world.keep_versions()
    uploads.put("k", body=b"x" * 1000)
    plan = (await uploads.plan(uploads.order("k")))[-1]
    assert (plan.versioned, plan.bytes, plan.complete) == (True, 1000, True)
    old = world.b.head_object(Bucket=uploads.bucket, Key="k")["VersionId"]
    _, [result] = await world.copy(uploads.order("k"))
    assert (result.outcome, result.version) == (Outcome.REPAIRED, old)
    versions = world.a.list_object_versions(Bucket=uploads.bucket)["Versions"]
    latest = {each["VersionId"]: each["Owner"]["ID"] for each in versions}
    assert latest.pop(old) == world.buckets.server.b.canonical_id
    assert list(latest.values()) == [world.buckets.server.a.canonical_id]


@ONLY_DEMO
@pytest.mark.parametrize(
    ("parameters", "reason"),
    [({"StorageClass": "GLACIER"}, "archived (GLACIER)"), ({"ObjectLockLegalHoldStatus": "ON"}, "locked")],
    ids=["archived", "legal hold"],
)
async def test_what_cannot_be_copied_is_left_and_said_before_and_after(
    world: World, uploads: Uploads, parameters: dict[str, Any], reason: str
) -> None:
    assert Feature.OWNERSHIP_CONTROLS in world.buckets.server.features
    world.keep_versions()
    uploads.put("in/k", **parameters)
    uploads.put("in/other")
    try:
        plan = (await uploads.plan(uploads.order(prefix="in/")))[-1]
        assert plan.objects == 1
        assert [(each.why.startswith(reason), each.objects) for each in plan.left_out] == [(True, 1)]
        _, results = await world.copy(uploads.order(prefix="in/"))
        [skipped] = [each for each in results if each.source.endswith("/k")]
        assert skipped.outcome is Outcome.SKIPPED
        assert skipped.notes[0].startswith(f"skipped: {reason}")
        assert uploads.owners_listed()["in/k"] == world.buckets.server.b.canonical_id
    finally:
        if "ObjectLockLegalHoldStatus" in parameters:
            world.b.put_object_legal_hold(Bucket=uploads.bucket, Key="in/k", LegalHold={"Status": "OFF"})


async def test_a_version_is_not_repaired(world: World, uploads: Uploads) -> None:
    order = uploads.order("k")
    of_a_version = replace(order, selection=replace(order.selection, version="v1"))
    assert (await problem_of(world.submit(of_a_version))).kind is ProblemKind.INVALID


async def test_a_rollback_list_that_cannot_be_written_is_refused_before_anything(
    world: World, uploads: Uploads, tmp_path: Path
) -> None:
    uploads.put("k")
    for path in ("relative", str(tmp_path), str(tmp_path / "gone" / "list")):
        problem = await problem_of(world.submit(uploads.order("k", rollback=path)))
        assert "the rollback list cannot be written" in problem.title
    assert uploads.denied("k")


async def test_only_the_bucket_owner_copies_what_was_granted(world: World, uploads: Uploads) -> None:
    uploads.put("in/granted", ACL=BUCKET_OWNER_FULL_CONTROL, **ATTRIBUTES)
    uploads.put("in/not")
    before = uploads.seen_by(world.b, "in/granted")
    transfer, results = await world.copy(uploads.order(prefix="in/", uploader=""))
    outcomes = {each.source.rpartition("/")[2]: each for each in results}
    assert outcomes["granted"].outcome is Outcome.REPAIRED
    assert uploads.seen_by(world.a, "in/granted") == before
    command = f"aws s3api put-object-acl --bucket {uploads.bucket} --key in/not --acl {BUCKET_OWNER_FULL_CONTROL}"
    assert why(outcomes["not"]).kind is ProblemKind.DENIED
    assert command in why(outcomes["not"]).remedy
    assert transfer.state is TransferState.FAILED
    [other] = [line for line in uploads.receipt() if line["type"] == "other-half"]
    assert (other["half"], command in other["commands"]) == ("grant", True)


async def test_who_does_not_own_the_bucket_does_not_copy(world: World, uploads: Uploads) -> None:
    uploads.put("k")
    transfer, results = await world.copy(_as_b(uploads.order("k", uploader="", half=Half.COPY)))
    assert (transfer.state, results) == (TransferState.FAILED, [])
    assert why(transfer).title == f"the owner of {uploads.bucket} is unknown"
    assert uploads.denied("k")


def _as_b(order: RepairOrder) -> RepairOrder:
    return replace(order, selection=replace(order.selection, connection="b"))


async def test_the_plan_counts_by_owner_and_says_who_does_what(world: World, uploads: Uploads) -> None:
    uploads.put("in/a", "in/b", body=b"12345")
    world.put("in/own", b"123")
    plans = await uploads.plan(uploads.order(prefix="in/"))
    assert [plan.complete for plan in plans] == [False] * (len(plans) - 1) + [True]
    plan, server = plans[-1], world.buckets.server
    assert (plan.objects, plan.bytes, plan.large, plan.versioned) == (2, 10, 0, False)
    assert [(each.owner.id, each.objects, each.bytes) for each in plan.seen.owners] == [
        (server.a.canonical_id, 1, 3),
        (server.b.canonical_id, 2, 10),
    ]
    assert [(each.why, each.objects) for each in plan.left_out] == [(OWN, 1)]
    assert [(step.half, step.who, step.requests, step.ours) for step in plan.steps] == [
        (Half.GRANT, server.b.profile, 2, True),
        (Half.COPY, server.a.profile, 2, True),
    ]
    if Feature.OWNERSHIP_CONTROLS in server.features:
        assert plan.ownership is ObjectOwnership.OBJECT_WRITER


async def test_a_dry_run_names_each_object_and_writes_nothing(world: World, uploads: Uploads) -> None:
    uploads.put("in/a")
    world.put("in/own")
    async with aclosing(dry_run_repair(await uploads.parties(uploads.order(prefix="in/")))) as planned:
        [line] = [each async for each in planned]
    server = world.buckets.server
    assert (line.action, line.source, line.size) == (PlannedAction.REPAIR, f"s3://{uploads.bucket}/in/a", 7)
    assert line.why == f"{server.b.profile} grants, {server.a.profile} copies it in place"
    assert uploads.denied("in/a")


async def test_no_request_an_object_is_made_to_count_them(
    world: World, uploads: Uploads, connections: Connections, proxy: FaultProxy
) -> None:
    uploads.put(*(f"in/{number}" for number in range(30)), body=b"12")
    world.put("in/own")
    server = world.buckets.server
    spec = IdentitySpec(profile=server.a.profile, endpoint=proxy.endpoint)
    store = await open_store(connections, connection_id(spec))
    async with aclosing(count_owners(store, Location(uploads.bucket, "in/"), Owner(server.a.canonical_id))) as counts:
        seen = [each async for each in counts][-1]
    assert isinstance(seen, OwnersSeen)
    assert [(each.owner.id, each.objects, each.bytes) for each in seen.owners] == [
        (server.a.canonical_id, 1, 7),
        (server.b.canonical_id, 30, 60),
    ]
    assert [each.owner.id for each in seen.foreign] == [server.b.canonical_id]
    assert {each.operation for each in proxy.seen} == {"ListObjectsV2"}


@ONLY_DEMO
@pytest.mark.parametrize("who", ["a", "b"])
async def test_a_read_only_identity_repairs_nothing(
    world: World, uploads: Uploads, connections: Connections, proxy: FaultProxy, who: str
) -> None:
    uploads.put("k")
    server, safety = world.buckets.server, Safety(read_only=True)

    async def opened(account: Account, name: str) -> Store:
        spec = IdentitySpec(account.profile, endpoint=proxy.endpoint, safety=safety if name == who else Safety())
        return await open_store(connections, connection_id(spec), attempts=1)

    world.source, world.target = await opened(server.a, "a"), await opened(server.b, "b")
    assert (await problem_of(world.submit(uploads.order("k")))).kind is ProblemKind.READ_ONLY
    assert not [each.operation for each in proxy.seen if not each.operation.startswith(("Get", "Head", "List", "STS"))]
    assert uploads.denied("k")


def report(uploads: Uploads, *rows: Row, **manifest: Any) -> Location:
    b = uploads.world.buckets.server.b.canonical_id
    inventory = Inventory(uploads.world.a, uploads.bucket, uploads.bucket, versions=True, owners=True, files=2)
    owned = [dataclasses.replace(row, owner=row.owner or b) for row in rows]
    return Location(uploads.bucket, inventory.write(owned, **manifest))


async def test_the_objects_of_a_report_are_repaired(world: World, uploads: Uploads) -> None:
    uploads.put("in/a", "in/b c+ü", "in/old", "in/not in it", "other/d")
    world.put("in/own")
    rows = [Row(key, 7) for key in ("in/a", "in/b c+ü", "other/d")]
    rows += [Row("in/own", owner=world.buckets.server.a.canonical_id)]
    rows += [Row("in/old", latest=False), Row("in/gone", marker=True)]
    order = uploads.order(prefix="in/", inventory=report(uploads, *rows))
    plan = (await uploads.plan(order))[-1]
    assert (plan.objects, plan.bytes) == (2, 14)
    transfer, results = await world.copy(order)
    assert (transfer.state, transfer.objects_done, transfer.objects_total) == (TransferState.DONE, 2, 2)
    assert sorted(each.source.rpartition("/")[2] for each in results) == ["a", "b c+ü"]
    assert {each.outcome for each in results} == {Outcome.REPAIRED}
    a, b = world.buckets.server.a.canonical_id, world.buckets.server.b.canonical_id
    owners = uploads.owners_listed()
    assert (owners["in/a"], owners["in/b c+ü"], owners["in/old"], owners["other/d"]) == (a, a, b, b)


async def test_what_a_report_does_not_know_yet_is_found_out(world: World, uploads: Uploads) -> None:
    """It is a day old: by now the bucket's owner owns one of them, and another one is gone."""
    uploads.put("in/a")
    world.put("in/own by now")
    rows = [Row(key) for key in ("in/a", "in/own by now", "in/gone")]
    _, results = await world.copy(uploads.order(prefix="in/", inventory=report(uploads, *rows)))
    outcomes = {each.source.rpartition("/")[2]: each for each in results}
    assert outcomes["a"].outcome is Outcome.REPAIRED
    assert outcomes["own by now"].outcome is Outcome.SKIPPED
    assert why(outcomes["gone"]).kind is ProblemKind.NO_SUCH_KEY


async def test_a_thousand_and_more_rows(world: World, uploads: Uploads) -> None:
    rows = [Row(f"in/{number}") for number in range(3001)]
    assert (await uploads.plan(uploads.order(prefix="in/", inventory=report(uploads, *rows))))[-1].objects == 3001


async def test_a_report_that_cannot_be_used_says_why(world: World, uploads: Uploads) -> None:
    manifests: dict[str, dict[str, Any]] = {
        "only CSV, Parquet and ORC can be read": {"fileFormat": "XML"},
        "a report on another": {"sourceBucket": "another"},
        "it has no ObjectOwner": {"fileSchema": "Bucket, Key, Size"},
        "not a manifest.json": {"files": 7},
    }
    for cause, manifest in manifests.items():
        inventory = report(uploads, Row("in/a"), **manifest)
        files = {name: uploads.path(f"{name} of {cause}") for name in ("receipt", "rollback")}
        transfer, results = await world.copy(uploads.order(prefix="in/", inventory=inventory, **files))
        assert (transfer.state, results) == (TransferState.FAILED, [])
        assert cause in why(transfer).cause


async def killed_and_continued(
    world: World, uploads: Uploads, held: Stopped, meanwhile: Callable[[], object] = lambda: None
) -> tuple[Transfer, list[ObjectResult]]:
    """The engine is killed once the store has come so far, and the next one continues: how it ended."""
    world.source = held
    name = await world.submit(uploads.order(prefix="in/"))
    await held.reached.wait()
    meanwhile()
    return await continued(world, name)


async def continued(world: World, transfer: str) -> tuple[Transfer, list[ObjectResult]]:
    old = await world.killed()
    world.source = Stopped(world.connection_a)
    await world.queue.start()
    ended = await world.ended(transfer)
    await old.close()
    return ended


def versions(world: World, bucket: str) -> Counter[str]:
    pages = world.a.get_paginator("list_object_versions").paginate(Bucket=bucket)
    return Counter(each["Key"] for page in pages for each in page.get("Versions", []))


async def test_killed_between_copy_and_result_it_is_not_copied_again(world: World, uploads: Uploads) -> None:
    world.keep_versions()
    uploads.put("in/k", **ATTRIBUTES)
    before = uploads.seen_by(world.b, "in/k")
    _, [result] = await killed_and_continued(world, uploads, Stopped(world.connection_a, read_back=False))
    assert (result.outcome, result.verification) == (Outcome.REPAIRED, VerificationOutcome.SAME)
    assert DONE_BEFORE in result.notes
    assert versions(world, uploads.bucket) == {"in/k": 2}
    assert uploads.seen_by(world.a, "in/k") == before


class CopiesWithoutTags(Stopped):
    """Copies as Ceph does, which gets the tags by a second request, and does not come to that."""

    async def copy(
        self, source: CopySource, bucket: str, key: str, attributes: ObjectAttributes, *rest: Any, **more: Any
    ) -> WriteResult:
        await super().copy(source, bucket, key, replace(attributes, tags=None), *rest, **more)
        await self._stay()
        raise AssertionError("unreachable")


async def test_killed_between_the_copy_and_its_tags_it_gets_them(world: World, uploads: Uploads) -> None:
    uploads.put("in/k", **ATTRIBUTES)
    before = uploads.seen_by(world.b, "in/k")
    _, [result] = await killed_and_continued(world, uploads, CopiesWithoutTags(world.connection_a))
    assert (result.outcome, result.problem) == (Outcome.REPAIRED, None)
    assert MADE_AGAIN in result.notes
    assert uploads.seen_by(world.a, "in/k") == before
    assert uploads.owner("in/k") == world.buckets.server.a.canonical_id


class EndsLate(S3Store):
    """A request of the engine that was killed ends now: B's object is A's when B wants to grant."""

    async def put_object_acl(
        self, bucket: str, key: str, version: str = "", *, canned: str = "", acl: Acl | None = None
    ) -> None:
        await super().put_object_acl(bucket, key, version, canned=canned, acl=acl)
        self.arranged()
        raise ProblemError(Problem(ProblemKind.DENIED, "access denied: s3:PutObjectAcl", permission="s3:PutObjectAcl"))

    arranged: Callable[[], None]


async def test_a_copy_of_the_killed_engine_that_ends_late_is_seen(world: World, uploads: Uploads) -> None:
    uploads.put("in/k", **ATTRIBUTES)
    before = uploads.seen_by(world.b, "in/k")
    late = EndsLate(world.connection_b)

    def copy_in_place() -> None:
        place = {"Bucket": uploads.bucket, "Key": "in/k"}
        directives = {"MetadataDirective": "REPLACE", "TaggingDirective": "REPLACE"}
        world.a.copy_object(**place, CopySource=place, **directives, **ATTRIBUTES)
        tags = [{"Key": "team", "Value": "etl"}, {"Key": "year", "Value": "2026"}]
        world.a.put_object_tagging(**place, Tagging={"TagSet": tags})

    def end_late() -> None:
        world.target = late

    late.arranged = copy_in_place
    _, [result] = await killed_and_continued(world, uploads, Stopped(world.connection_a, copies=0), end_late)
    assert (result.outcome, result.problem) == (Outcome.REPAIRED, None)
    assert DONE_BEFORE in result.notes
    assert uploads.seen_by(world.a, "in/k") == before


async def test_killed_between_grant_and_copy_the_first_acl_stays_recorded(world: World, uploads: Uploads) -> None:
    uploads.put("in/k", **ATTRIBUTES)
    _, [result] = await killed_and_continued(world, uploads, Stopped(world.connection_a, copies=0))
    assert result.outcome is Outcome.REPAIRED
    assert uploads.owner("in/k") == world.buckets.server.a.canonical_id
    [was] = uploads.rollback()
    assert [each["grantee"]["id"] for each in was["acl"]["grants"]] == [world.buckets.server.b.canonical_id]


async def test_what_the_bucket_owner_wrote_in_between_is_not_taken_for_repaired(world: World, uploads: Uploads) -> None:
    uploads.put("in/k", body=b"first content")
    _, [result] = await killed_and_continued(
        world, uploads, Stopped(world.connection_a, copies=0), lambda: world.put("in/k", b"other content")
    )
    assert result.outcome is Outcome.SKIPPED
    assert result.notes == [f"skipped: {ANOTHER}"]
    assert world.a.get_object(Bucket=uploads.bucket, Key="in/k")["Body"].read() == b"other content"


@pytest.mark.thorough
async def test_a_thousand_objects_killed_in_between_are_each_repaired_once(world: World, uploads: Uploads) -> None:
    world.keep_versions()
    keys = [f"in/{number:04}" for number in range(1000)]
    await asyncio.to_thread(uploads.put, *keys, Metadata={"m": "1"}, ContentType="text/csv")
    transfer, results = await killed_and_continued(world, uploads, Stopped(world.connection_a, copies=300))
    assert {each.source.removeprefix(f"s3://{uploads.bucket}/") for each in results} == set(keys)
    assert {(each.outcome, each.verification) for each in results} == {(Outcome.REPAIRED, VerificationOutcome.SAME)}
    assert (transfer.state, transfer.objects_done, transfer.objects_total) == (TransferState.DONE, 1000, 1000)
    assert set(uploads.owners_listed().values()) == {world.buckets.server.a.canonical_id}
    assert set(versions(world, uploads.bucket).values()) == {2}
    objects = [line["result"] for line in uploads.receipt() if line["type"] == "object"]
    assert (len(objects), {each["outcome"] for each in objects}) == (1000, {"repaired"})
    head = world.a.head_object(Bucket=uploads.bucket, Key=keys[500])
    assert (head["Metadata"], head["ContentType"]) == ({"m": "1"}, "text/csv")


@pytest.mark.thorough
@pytest.mark.parametrize("killed", [True, False], ids=["killed", "paused"])
async def test_parts_that_were_copied_are_not_copied_again(world: World, uploads: Uploads, killed: bool) -> None:
    body = os.urandom(40 * MIB)
    uploads.put_in_parts("in/big", body, 8 * MIB, **ATTRIBUTES)
    world.source = held = Stopped(world.connection_a, parts=2)
    name = await world.submit(uploads.order(prefix="in/"))
    await held.reached.wait()

    await world.until(name, "two parts are copied", lambda now: now.bytes_done == 16 * MIB)
    await world.journal.flushed()
    if killed:
        _, [result] = await continued(world, name)
    else:
        await world.queue.pause([name])
        world.source = Stopped(world.connection_a)
        await world.queue.resume([name])
        _, [result] = await world.ended(name)
    assert (result.outcome, result.verification) == (Outcome.REPAIRED, VerificationOutcome.SAME)
    assert isinstance(world.source, Stopped)
    assert world.source.parts_left == MOST - 3  # of five, two had been copied
    assert world.a.get_object(Bucket=uploads.bucket, Key="in/big")["Body"].read() == body
    assert uploads.owner("in/big") == world.buckets.server.a.canonical_id
    assert uploads.no_upload_is_left()


async def test_a_cancelled_repair_leaves_the_object_and_no_upload(world: World, uploads: Uploads) -> None:
    body = os.urandom(20 * MIB)
    uploads.put_in_parts("in/big", body, 8 * MIB)
    world.source = held = Stopped(world.connection_a, parts=1)
    name = await world.submit(uploads.order(prefix="in/"))
    await held.reached.wait()
    await world.queue.cancel([name])
    world.source = S3Store(world.connection_a)
    transfer, [result] = await world.ended(name)
    assert (transfer.state, result.outcome) == (TransferState.CANCELLED, Outcome.CANCELLED)
    assert uploads.owner("in/big") == world.buckets.server.b.canonical_id
    assert world.a.get_object(Bucket=uploads.bucket, Key="in/big")["Body"].read() == body
    assert uploads.no_upload_is_left()
    await world.queue.retry(name)
    _, [result] = await world.ended(name)
    assert result.outcome is Outcome.REPAIRED
    assert uploads.owner("in/big") == world.buckets.server.a.canonical_id
