"""Lists of objects from reports of S3 Inventory, all the way to the copies, and which reports are refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from tests.servers.buckets import fresh_bucket
from tests.transfers.batch.inventory import Inventory, Row
from tests.transfers.batch.world import PREFIX, JobsWorld, connection
from tui.demo.profiles import MEDIA_PROD
from tui.model.batch.operations import BatchTags, ManifestSource
from tui.model.location import Location
from tui.model.orders import BatchOrder, Filters, Selection
from tui.model.s3_limits import GIB
from tui.model.transfer import Outcome, TransferState
from tui.transfers.batch import choosing, dry_run
from tui.transfers.batch.dry_run import BY_JOB, OVER
from tui.transfers.queue.kinds import batch_work

INVENTORY = ManifestSource.INVENTORY
TAGS = BatchTags([("kind", "log")])
KEYS = [f"{PREFIX}a", f"{PREFIX}ü b+c,d%", "other/x"]


@pytest.fixture
def inventory(jobs: JobsWorld) -> Iterator[Inventory]:
    """Reports in a bucket of their own, which the role may read, too."""
    with fresh_bucket(jobs.server, jobs.account) as lists:
        everything = [
            f"arn:aws:s3:::{name}{rest}"
            for name in (jobs.source, jobs.target, jobs.reports, lists)
            for rest in ("", "/*")
        ]
        jobs.allow((["s3:*"], everything))
        yield Inventory(jobs.client, jobs.source, lists)


def whole(jobs: JobsWorld, **more: object) -> Selection:
    base = Location(jobs.source)
    return Selection(connection(MEDIA_PROD), base, prefixes=[""], **more)  # type: ignore[arg-type]  # each by its name


def named(inventory: Inventory, key: str) -> Location:
    return Location(inventory.target, key)


def tagged(jobs: JobsWorld) -> list[str]:
    return [
        key for key in jobs.keys(jobs.source) if jobs.client.get_object_tagging(Bucket=jobs.source, Key=key)["TagSet"]
    ]


async def manifest_of(jobs: JobsWorld) -> dict[str, object]:
    """What the one job was given as its list."""
    [job] = await jobs.jobs()
    found: dict[str, object] = (await jobs.rooms.jobs.described(connection(MEDIA_PROD), "", job))["Manifest"]
    return found


@pytest.mark.parametrize("file_format", ["CSV", "Parquet", "ORC"])
@pytest.mark.parametrize("versions", [False, True])
async def test_the_newest_report_is_read_and_a_list_is_written(
    jobs: JobsWorld, inventory: Inventory, file_format: str, versions: bool
) -> None:
    jobs.put(*KEYS)
    inventory.file_format, inventory.versions = file_format, versions
    inventory.configure()
    inventory.write([Row(KEYS[2])], day=19)
    rows = [Row(key) for key in KEYS]
    if versions:
        rows += [Row(f"{PREFIX}gone", marker=True), Row(f"{PREFIX}a", version="old", latest=False)]
    inventory.write(rows, day=20)
    transfer, results = await jobs.carry_out(jobs.order(manifest=INVENTORY))
    assert transfer.state is TransferState.DONE, transfer
    assert jobs.target_keys() == sorted(KEYS[:2])
    assert {result.outcome for result in results} == {Outcome.COPIED}
    assert any(f"{inventory.folder}2026-11-20T01-00Z/manifest.json of 1 hours ago" in note for note in transfer.notes)
    spec = (await manifest_of(jobs))["Spec"]
    assert spec == {"Format": "S3BatchOperations_CSV_20180820", "Fields": ["Bucket", "Key"]}


async def test_a_job_takes_a_csv_report_itself_where_it_leaves_nothing_out(
    jobs: JobsWorld, inventory: Inventory
) -> None:
    jobs.put(*KEYS)
    key = inventory.write([Row(key) for key in KEYS[1:]])
    order = jobs.order(TAGS, selection=whole(jobs), manifest=INVENTORY, inventory=named(inventory, key))
    transfer, results = await jobs.carry_out(order)
    assert transfer.state is TransferState.DONE, transfer
    assert tagged(jobs) == sorted(KEYS[1:])
    assert sorted(result.source for result in results) == sorted(f"s3://{jobs.source}/{each}" for each in KEYS[1:])
    found = await manifest_of(jobs)
    etag = jobs.client.head_object(Bucket=inventory.target, Key=key)["ETag"].strip('"')
    assert found == {
        "Spec": {"Format": "S3InventoryReport_CSV_20161130"},
        "Location": {"ObjectArn": f"arn:aws:s3:::{inventory.target}/{key}", "ETag": etag},
    }


@pytest.mark.parametrize(
    ("file_format", "filters", "versions"),
    [("Parquet", Filters(), False), ("CSV", Filters(include=["*a", "*x"]), False), ("CSV", Filters(), True)],
    ids=["Parquet", "filtered", "versions"],
)
async def test_else_a_list_is_written(
    jobs: JobsWorld, inventory: Inventory, file_format: str, filters: Filters, versions: bool
) -> None:
    jobs.put(*KEYS)
    inventory.file_format, inventory.versions = file_format, versions
    key = inventory.write([Row(key) for key in KEYS])
    selection = whole(jobs, filters=filters)
    order = jobs.order(TAGS, selection=selection, manifest=INVENTORY, inventory=named(inventory, key))
    transfer, _ = await jobs.carry_out(order)
    assert transfer.state is TransferState.DONE, transfer
    assert tagged(jobs) == (sorted(KEYS) if filters == Filters() else [KEYS[0], KEYS[2]])
    assert str((await manifest_of(jobs))["Spec"]).startswith("{'Format': 'S3BatchOperations_CSV")


@pytest.mark.parametrize("file_format", ["CSV", "Parquet", "ORC"])
async def test_the_current_versions_of_a_report_are_named(
    jobs: JobsWorld, inventory: Inventory, file_format: str
) -> None:
    jobs.put(f"{PREFIX}before")
    jobs.client.put_bucket_versioning(Bucket=jobs.source, VersioningConfiguration={"Status": "Enabled"})
    reported = jobs.client.put_object(Bucket=jobs.source, Key=f"{PREFIX}a", Body=b"reported")["VersionId"]
    jobs.client.put_object(Bucket=jobs.source, Key=f"{PREFIX}a", Body=b"written since")
    inventory.file_format, inventory.versions = file_format, True
    rows = [
        Row(f"{PREFIX}a", version=reported),
        Row(f"{PREFIX}a", version="older", latest=False),
        Row(f"{PREFIX}before"),
    ]
    key = inventory.write(rows)
    order = jobs.order(manifest=INVENTORY, inventory=named(inventory, key), versions=True)
    transfer, results = await jobs.carry_out(order)
    assert transfer.state is TransferState.DONE, transfer
    assert {result.source.rpartition("/")[2]: result.version for result in results} == {"a": reported, "before": "null"}
    assert jobs.client.get_object(Bucket=jobs.target, Key=f"{PREFIX}a")["Body"].read() == b"reported"


async def test_what_is_too_large_for_a_job_is_copied_here_and_listed_so(
    jobs: JobsWorld, inventory: Inventory, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (choosing, batch_work):
        monkeypatch.setattr(module, "MAX_SINGLE_COPY", 1000)
    jobs.put(f"{PREFIX}a", f"{PREFIX}shrunk")
    jobs.client.put_object(Bucket=jobs.source, Key=f"{PREFIX}large", Body=bytes(1001))
    rows = [
        Row(f"{PREFIX}a"),
        Row(f"{PREFIX}gone", 6 * GIB),
        Row(f"{PREFIX}large", 1001),
        Row(f"{PREFIX}shrunk", 6 * GIB),
    ]
    key = inventory.write(rows)
    transfer, results = await jobs.carry_out(jobs.order(manifest=INVENTORY, inventory=named(inventory, key)))
    assert transfer.state is TransferState.FAILED, "what is gone was in the report"
    assert jobs.target_keys() == [f"{PREFIX}{name}" for name in ("a", "large", "shrunk")]
    found = {result.source.rpartition("/")[2]: (result.outcome, result.route is None) for result in results}
    assert found == {
        "a": (Outcome.COPIED, True),
        "gone": (Outcome.FAILED, True),
        "large": (Outcome.COPIED, False),
        "shrunk": (Outcome.COPIED, True),
    }
    assert any("1 objects above 5 GiB are copied by this machine" in note for note in transfer.notes)


async def refused(jobs: JobsWorld, order: BatchOrder) -> str:
    """Why a transfer has failed before it had a job."""
    transfer, _ = await jobs.carry_out(order)
    assert (transfer.state, await jobs.jobs(), jobs.target_keys()) == (TransferState.FAILED, [], [])
    assert transfer.problem
    return transfer.problem.sentence()


async def test_a_report_that_cannot_be_used_is_refused_with_the_reason(jobs: JobsWorld, inventory: Inventory) -> None:
    jobs.put(*KEYS)
    rows = [Row(key) for key in KEYS]

    def order(key: str, **options: Any) -> BatchOrder:
        return jobs.order(manifest=INVENTORY, inventory=named(inventory, key), **options)

    assert "it is a report on elsewhere" in await refused(jobs, order(inventory.write(rows, sourceBucket="elsewhere")))
    assert "only CSV, Parquet and ORC" in await refused(jobs, order(inventory.write(rows, fileFormat="Avro")))
    assert "it has no Size" in await refused(jobs, order(inventory.write(rows, fileSchema="Bucket, Key")))
    assert "it names no versions" in await refused(jobs, order(inventory.write(rows), versions=True))
    assert "does not exist" in await refused(jobs, order("reports/nothing/manifest.json"))
    lost = await refused(jobs, order(inventory.write(rows, day=21, without_file=True)))
    assert f"{inventory.folder}data/21" in lost
    inventory.versions = True
    schema = "Bucket, Key, VersionId, Size, LastModifiedDate, IsLatest"
    assert "not the current ones" in await refused(jobs, order(inventory.write(rows, fileSchema=schema)))


@pytest.mark.parametrize("file_format", ["CSV", "Parquet", "ORC"])
async def test_a_file_that_is_damaged_is_said(jobs: JobsWorld, inventory: Inventory, file_format: str) -> None:
    jobs.put(*KEYS)
    inventory.file_format = file_format
    key = inventory.write([Row(key) for key in KEYS])
    data = f"{inventory.folder}data/20"
    content = jobs.client.get_object(Bucket=inventory.target, Key=data)["Body"].read()
    spoiled = content[:-70] + bytes(each ^ 0xFF for each in content[-70:-10]) + content[-10:]
    jobs.client.put_object(Bucket=inventory.target, Key=data, Body=spoiled)
    why = await refused(jobs, jobs.order(manifest=INVENTORY, inventory=named(inventory, key)))
    assert "is damaged" in why
    assert data in why


async def test_a_file_that_ends_too_soon_is_damaged(jobs: JobsWorld, inventory: Inventory) -> None:
    jobs.put(*KEYS)
    key = inventory.write([Row(key) for key in KEYS], part=-8)
    assert "it ends too soon" in await refused(jobs, jobs.order(manifest=INVENTORY, inventory=named(inventory, key)))


async def test_every_member_of_a_gzipped_file_is_read(jobs: JobsWorld, inventory: Inventory) -> None:
    jobs.put(*KEYS)
    inventory.members = len(KEYS)
    key = inventory.write([Row(key) for key in KEYS])
    transfer, _ = await jobs.carry_out(jobs.order(manifest=INVENTORY, inventory=named(inventory, key)))
    assert (transfer.state, jobs.target_keys()) == (TransferState.DONE, sorted(KEYS[:2]))


async def test_an_old_report_is_taken_only_where_it_is_named(jobs: JobsWorld, inventory: Inventory) -> None:
    jobs.put(*KEYS)
    inventory.age = 9 * 86400
    inventory.configure()
    key = inventory.write([Row(key) for key in KEYS])
    assert "it is 9 days old" in await refused(jobs, jobs.order(manifest=INVENTORY))
    transfer, _ = await jobs.carry_out(jobs.order(manifest=INVENTORY, inventory=named(inventory, key)))
    assert (transfer.state, len(jobs.target_keys())) == (TransferState.DONE, 2)


async def test_a_report_is_about_all_that_is_selected(jobs: JobsWorld, inventory: Inventory) -> None:
    jobs.put(*KEYS)
    assert "no inventory configuration" in await refused(jobs, jobs.order(manifest=INVENTORY))
    inventory.configure(prefix="other/")
    key = inventory.write([Row(KEYS[2])])
    assert "no enabled inventory" in await refused(jobs, jobs.order(manifest=INVENTORY))
    order = jobs.order(manifest=INVENTORY, inventory=named(inventory, key))
    assert f"it is about s3://{jobs.source}/other/, and more is selected" in await refused(jobs, order)
    selection = replace(order.selection, base=Location(jobs.source, "other/"), prefixes=["other/"])
    order = jobs.order(TAGS, selection=selection, manifest=INVENTORY, inventory=named(inventory, key))
    transfer, _ = await jobs.carry_out(order)
    assert (transfer.state, tagged(jobs)) == (TransferState.DONE, [KEYS[2]])
    assert (await manifest_of(jobs))["Spec"] == {"Format": "S3InventoryReport_CSV_20161130"}, "it is about just that"


async def test_a_dry_run_shows_what_the_report_says(jobs: JobsWorld, inventory: Inventory) -> None:
    jobs.put(*KEYS)
    store = await jobs.rooms.store(connection(MEDIA_PROD))
    key = inventory.write([Row(f"{PREFIX}reported", 5), Row(KEYS[2])])
    for order, why in (
        (jobs.order(manifest=INVENTORY, inventory=named(inventory, key)), f"{BY_JOB}; {OVER}"),
        (jobs.order(TAGS, manifest=INVENTORY, inventory=named(inventory, key)), BY_JOB),
    ):
        planned = [each async for each in dry_run.dry_run_job(order, store, store, store)]
        assert [(each.source, each.why, each.size) for each in planned] == [
            (f"s3://{jobs.source}/{PREFIX}reported", why, 5)
        ]
