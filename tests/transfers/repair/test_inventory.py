"""An S3 Inventory report in place of a listing, on every server."""

import gzip
import hashlib
import json
from typing import Any
from urllib.parse import quote

import pytest

from tests.transfers.repair.uploads import Uploads
from tests.transfers.world import World
from tui.model.location import Location
from tui.model.problem import ProblemKind
from tui.model.transfer import Outcome, TransferState

SCHEMA = ["Bucket", "Key", "VersionId", "IsLatest", "IsDeleteMarker", "Size", "ETag", "StorageClass", "ObjectOwner"]
MANIFEST = "inventory/2026-11-26T01-00Z/manifest.json"


def report(uploads: Uploads, rows: list[dict[str, str]], **manifest: Any) -> Location:
    """Put a report into B's bucket, which A may read; rows are dictionaries by field."""
    world, server = uploads.world, uploads.world.buckets.server
    world.let_a_write()
    owned = {"Bucket": uploads.bucket, "IsLatest": "true", "IsDeleteMarker": "false", "StorageClass": "STANDARD"}
    owned |= {"ObjectOwner": server.b.canonical_id, "Size": "7"}
    files = []
    for number, some in enumerate((rows[::2], rows[1::2])):
        lines = [",".join(f'"{(owned | row).get(name, "")}"' for name in SCHEMA) for row in some]
        packed, key = gzip.compress("\n".join(lines).encode()), f"inventory/data/{number}.csv.gz"
        world.a.put_object(Bucket=world.buckets.a, Key=key, Body=packed)
        md5 = hashlib.md5(packed, usedforsecurity=False).hexdigest()
        files.append({"key": key, "size": len(packed), "MD5checksum": md5})
    content = {
        "sourceBucket": uploads.bucket,
        "destinationBucket": f"arn:aws:s3:::{world.buckets.a}",
        "version": "2016-11-30",
        "creationTimestamp": "1800000000000",
        "fileFormat": "CSV",
        "fileSchema": ", ".join(SCHEMA),
        "files": files,
        **manifest,
    }
    world.a.put_object(Bucket=world.buckets.a, Key=MANIFEST, Body=json.dumps(content).encode())
    return Location(world.buckets.a, MANIFEST)


async def test_the_objects_of_a_report_are_repaired(world: World, uploads: Uploads) -> None:
    uploads.put("in/a", "in/b c+ü", "in/old", "in/not in it", "other/d")
    world.put("in/own")
    rows = [{"Key": quote(key)} for key in ("in/a", "in/b c+ü", "other/d")]
    rows += [{"Key": "in/own", "ObjectOwner": world.buckets.server.a.canonical_id}]
    rows += [{"Key": "in/old", "IsLatest": "false"}, {"Key": "in/gone", "IsDeleteMarker": "true", "Size": ""}]
    order = uploads.order(prefix="in/", inventory=report(uploads, rows))
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
    rows = [{"Key": quote(key)} for key in ("in/a", "in/own by now", "in/gone")]
    _, results = await world.copy(uploads.order(prefix="in/", inventory=report(uploads, rows)))
    outcomes = {each.source.rpartition("/")[2]: each for each in results}
    assert outcomes["a"].outcome is Outcome.REPAIRED
    assert outcomes["own by now"].outcome is Outcome.SKIPPED
    gone = outcomes["gone"].problem
    assert gone is not None
    assert gone.kind is ProblemKind.NO_SUCH_KEY


async def test_a_thousand_and_more_rows(world: World, uploads: Uploads) -> None:
    rows = [{"Key": f"in/{number}"} for number in range(3001)]
    plan = (await uploads.plan(uploads.order(prefix="in/", inventory=report(uploads, rows))))[-1]
    assert plan.objects == 3001


@pytest.mark.parametrize(
    ("manifest", "cause"),
    [
        ({"fileFormat": "XML"}, "only CSV, Parquet and ORC are read"),
        ({"sourceBucket": "another"}, "a report on another"),
        ({"fileSchema": "Bucket, Key, Size"}, "it has no ObjectOwner"),
        ({"files": 7}, "no manifest.json"),
    ],
    ids=["format", "bucket", "fields", "damaged"],
)
async def test_a_report_that_cannot_be_used_says_why(
    world: World, uploads: Uploads, manifest: dict[str, Any], cause: str
) -> None:
    order = uploads.order(prefix="in/", inventory=report(uploads, [{"Key": "in/a"}], **manifest))
    transfer, results = await world.copy(order)
    assert (transfer.state, results) == (TransferState.FAILED, [])
    assert transfer.problem is not None
    assert cause in transfer.problem.cause


async def test_a_file_of_it_that_is_damaged_is_said(world: World, uploads: Uploads) -> None:
    location = report(uploads, [{"Key": "in/a"}, {"Key": "in/b"}])
    world.a.put_object(Bucket=world.buckets.a, Key="inventory/data/1.csv.gz", Body=b"no gzip")
    transfer, _ = await world.copy(uploads.order(prefix="in/", inventory=location))
    assert transfer.problem is not None
    assert "damaged" in transfer.problem.title
