"""Jobs of S3 Batch Operations: from the list or a report of S3 Inventory to the receipt, failed and taken over."""

import asyncio
import base64
import hashlib
import json
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from tests.features.batch.world import PREFIX, Inventory, JobsWorld, Row, connection, everything_in, jobs_world
from tests.servers.buckets import fresh_bucket
from tests.servers.server import S3Server
from tests.transfers.world import why
from tests.waiting import until
from tui.answering.rooms import Rooms
from tui.core.location import Location
from tui.core.naming import GIB
from tui.core.orders import (
    TIERING,
    BatchChecksum,
    BatchOrder,
    BatchRestore,
    BatchTags,
    ConflictPolicy,
    CopyOptions,
    Filters,
    ManifestSource,
    Selection,
)
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.core.transfer import Outcome, PlannedAction, TransferState
from tui.demo.demo_profiles import ANALYTICS, MEDIA_PROD
from tui.engine.job_answers import adopt
from tui.features.batch import batch_work, job_objects
from tui.features.batch import dry_run_job as dry_run
from tui.features.batch.batch_controls import confirm, set_priority
from tui.features.batch.dry_run_job import BY_JOB, OVER, dry_run_job
from tui.features.batch.job_objects import Chooser
from tui.features.batch.job_sources import ready_made
from tui.messages.order_requests import AdoptJob
from tui.queue.job_control import JobControl
from tui.stores.opening import open_store
from tui.transfers.journal import Journal

LIST = ManifestSource.LIST


async def test_a_failing_tenth_is_named_and_retried_by_this_machine(jobs: JobsWorld) -> None:
    keys = [f"{PREFIX}{number}" for number in range(20)]
    jobs.put(*keys)
    jobs.allow(*everything_in(jobs.target, jobs.reports), *[f"arn:aws:s3:::{jobs.source}/{key}" for key in keys[2:]])
    transfer, results = await jobs.carry_out(jobs.order(manifest=LIST))
    failed = [result for result in results if result.outcome is Outcome.FAILED]
    assert transfer.state is TransferState.FAILED
    assert sorted(result.source for result in failed) == [f"s3://{jobs.source}/{key}" for key in keys[:2]]
    assert (transfer.objects_done, transfer.objects_failed) == (18, 2)
    assert failed[0].problem
    assert failed[0].problem.identity == jobs.role
    await jobs.queue.retry(transfer.id)
    transfer, _ = await jobs.ended(transfer.id)
    assert (transfer.state, transfer.objects_done, transfer.objects_failed) == (TransferState.DONE, 20, 0)
    assert len(jobs.target_keys()) == 20
    assert len(await jobs.jobs()) == 1


async def test_a_job_that_fails_as_a_whole_is_retried_by_another_one(jobs: JobsWorld) -> None:
    jobs.put(f"{PREFIX}a")
    iam = jobs.server.client(jobs.account, "iam")
    name = jobs.role.rpartition("/")[2]
    trust = iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]
    other = {**trust, "Statement": [{**trust["Statement"][0], "Principal": {"Service": "ec2.amazonaws.com"}}]}

    iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(other))
    transfer, _ = await jobs.carry_out(jobs.order(manifest=LIST))
    assert transfer.state is TransferState.FAILED
    assert "not authorized to assume" in why(transfer).cause
    iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(trust))
    await jobs.queue.retry(transfer.id)
    transfer, _ = await jobs.ended(transfer.id)
    assert (transfer.state, jobs.target_keys()) == (TransferState.DONE, [f"{PREFIX}a"])
    assert len(await jobs.jobs()) == 2


async def suspended(jobs: JobsWorld) -> str:
    jobs.put(f"{PREFIX}a")
    name = await jobs.queue.submit(jobs.order(manifest=LIST, confirm=True))
    await jobs.until_state(name, TransferState.WAITING, "Suspended")
    return name


async def test_a_job_waits_for_its_confirmation_and_has_no_pause(jobs: JobsWorld) -> None:
    name = await suspended(jobs)
    waiting = await jobs.transfer(name)
    assert waiting.waits_for
    assert "waits for your confirmation: 1 object" in waiting.waits_for.title
    with pytest.raises(ProblemError, match="cannot pause"):
        await jobs.queue.pause([name])
    await set_priority(jobs.queue.status(name), 77)
    (job,) = await jobs.jobs()
    assert (await jobs.rooms.jobs.describe(connection(MEDIA_PROD), "", job)).priority == 77
    await confirm(jobs.queue.status(name))
    confirmed = (await jobs.transfer(name)).state
    transfer, _ = await jobs.ended(name)
    assert (confirmed, transfer.state, jobs.target_keys()) == (
        TransferState.RUNNING,
        TransferState.DONE,
        [f"{PREFIX}a"],
    )
    with pytest.raises(ProblemError, match="no job to change"):
        await confirm(jobs.queue.status(name))


async def test_a_cancelled_transfer_cancels_its_job(jobs: JobsWorld) -> None:
    name = await suspended(jobs)
    await jobs.queue.cancel([name])
    assert (await jobs.transfer(name)).state is TransferState.CANCELLED
    (job,) = await jobs.jobs()
    assert (await jobs.rooms.jobs.describe(connection(MEDIA_PROD), "", job)).state == "Cancelled"
    assert jobs.target_keys() == []


@pytest.mark.thorough
@pytest.mark.parametrize("after", [False, True])
async def test_a_kill_around_create_job_makes_no_second_one(
    jobs: JobsWorld, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    """The journal has the request; whether S3 has it, nobody knows."""
    jobs.put(f"{PREFIX}a", f"{PREFIX}b")
    create, reached, released = JobControl.create, list[str](), asyncio.Event()

    async def killed(self: JobControl, *arguments: Any) -> str:
        if after:
            await create(self, *arguments)
        reached.append("CreateJob")
        await released.wait()
        raise ProblemError(Problem(kind=ProblemKind.ENGINE, title="it was killed"))

    control = jobs.rooms.jobs
    with monkeypatch.context() as patched:
        patched.setattr(control, "create", killed.__get__(control))
        name = await jobs.queue.submit(jobs.order(manifest=LIST))
        await until(lambda: bool(reached), "the engine is killed")
        old = await jobs.killed()
    await jobs.queue.start()
    transfer, results = await jobs.ended(name)
    assert (transfer.state, len(results)) == (TransferState.DONE, 2)
    assert len(await jobs.jobs()) == 1
    released.set()
    await old.close()


async def test_a_job_goes_on_while_the_engine_is_killed(jobs: JobsWorld) -> None:
    name = await suspended(jobs)
    old = await jobs.killed()
    await jobs.queue.start()
    await jobs.until_state(name, TransferState.WAITING, "Suspended")
    await confirm(jobs.queue.status(name))
    transfer, results = await jobs.ended(name)
    assert (transfer.state, len(results), len(await jobs.jobs())) == (TransferState.DONE, 1, 1)
    await old.close()


async def test_another_machine_takes_a_job_over(jobs: JobsWorld) -> None:
    name = await suspended(jobs)
    (job,) = await jobs.jobs()
    found = await jobs.rooms.jobs.find(connection(MEDIA_PROD), "", name)
    assert (found and found.id) == job
    await jobs.queue.close()

    jobs.path = jobs.path.with_name("another.sqlite")
    jobs.journal = await Journal.open(jobs.path, jobs.problems.append)
    jobs.queue = jobs.rooms.queue = jobs.new_queue()
    own = connection(MEDIA_PROD)
    assert (await adopt(jobs.rooms, AdoptJob(own, job, own, own))).transfer == name
    await jobs.until_state(name, TransferState.WAITING, "Suspended")
    await confirm(jobs.queue.status(name))
    transfer, results = await jobs.ended(name)
    assert (transfer.state, len(results), jobs.target_keys()) == (TransferState.DONE, 1, [f"{PREFIX}a"])


async def test_what_no_job_can_do_is_refused_beforehand(jobs: JobsWorld) -> None:
    key = "arn:aws:kms:us-west-2:111111111111:key/1"
    order = jobs.order()
    wrong = {
        "IAM role": replace(order, options=replace(order.options, role="")),
        "different accounts": replace(order, options=replace(order.options, role="arn:aws:iam::222222222222:role/x")),
        "is in us-west-2": jobs.order(jobs.copying(options=CopyOptions(ConflictPolicy.OVERWRITE, kms_key=key))),
        "days": jobs.order(BatchRestore(0)),
    }
    for words, each in wrong.items():
        with pytest.raises(ProblemError, match=words):
            await jobs.queue.submit(each)
    assert await jobs.jobs() == []


TERRIBLE = [
    *(f"{PREFIX}{name}" for name in ("plain", "with space", "com,ma", "ü/ä", 'quo"te', "plus+and%20", "line\nbreak")),
    *(f"{PREFIX}{name}" for name in ("[markup]/\x1b[31m", "..//./", "💥")),
]


async def test_a_list_is_written_the_job_carried_out_and_its_report_read(jobs: JobsWorld, tmp_path: Path) -> None:
    jobs.put(*TERRIBLE)
    receipt = tmp_path / "receipt.jsonl"
    transfer, results = await jobs.done(replace(jobs.order(manifest=ManifestSource.LIST), receipt=str(receipt)))
    assert sorted(jobs.target_keys()) == sorted(TERRIBLE)
    assert (transfer.engine, transfer.objects_total, transfer.objects_done) == ("batch", len(TERRIBLE), len(TERRIBLE))
    assert "Complete" in transfer.elsewhere
    assert {result.outcome for result in results} == {Outcome.COPIED}
    assert sorted(result.target for result in results) == sorted(f"s3://{jobs.target}/{key}" for key in TERRIBLE)
    assert any("verified 10 of 10 copies" in note and "10 same" in note for note in transfer.notes), transfer.notes
    assert any("owned by the account of the target bucket" in note for note in transfer.notes)
    location = (await jobs.described())["Manifest"]["Location"]
    key = location["ObjectArn"].partition("/")[2]
    assert jobs.client.head_object(Bucket=jobs.reports, Key=key)["ETag"] == f'"{location["ETag"]}"', "by a bare ETag"
    octets = sum(len(f"content of {key}".encode()) for key in TERRIBLE)
    assert f"the list has 10 objects of {octets} bytes" in transfer.notes
    assert {result.size for result in results} == {None}, "completion reports say no sizes"
    first, *lines = [json.loads(line) for line in receipt.read_text().splitlines()]
    assert {line["result"]["size"] for line in lines} == {None}
    assert first["transfer"]["engine"] == "batch"
    assert len(lines) == len(TERRIBLE)


async def test_the_generator_of_s3_finds_what_filters_say(jobs: JobsWorld) -> None:
    jobs.put(f"{PREFIX}a.csv", f"{PREFIX}b.csv", f"{PREFIX}c.txt")
    selection = Selection(
        connection(MEDIA_PROD), Location(jobs.source, PREFIX), prefixes=[PREFIX], filters=Filters(include=["*.csv"])
    )
    _, results = await jobs.done(jobs.order(selection=selection))
    assert jobs.target_keys() == [f"{PREFIX}a.csv", f"{PREFIX}b.csv"]
    assert len(results) == 2
    assert not [key for key in jobs.keys(jobs.reports) if key.endswith(".csv") and "manifest-" in key]
    store = await open_store(jobs.rooms.connections, connection(MEDIA_PROD), attempts=1)
    for operation, large in ((jobs.copying(), None), (BatchTags(), 0)):  # nobody has counted what S3 lists
        ready = await ready_made(jobs.order(operation, selection=selection), store, store)
        made, said = ready.manifest, ready.notes[0]
        assert made
        assert (made.objects, made.bytes, made.large, "S3 generates" in said) == (None, 0, large, True)


async def test_nothing_selected_is_no_job(jobs: JobsWorld) -> None:
    for source in (ManifestSource.LIST, ManifestSource.GENERATOR):
        transfer, results = await jobs.carry_out(jobs.order(manifest=source))
        assert (transfer.state, results) == (TransferState.DONE, [])
        assert any("nothing to do" in note for note in transfer.notes)
    assert await jobs.jobs() == []
    assert jobs.keys(jobs.reports) == []


async def test_a_prefix_is_put_before_the_whole_key(jobs: JobsWorld) -> None:
    jobs.put(f"{PREFIX}a")
    _, results = await jobs.done(jobs.order(jobs.copying(f"backup/{PREFIX}")))
    assert jobs.target_keys() == [f"backup/{PREFIX}a"]
    assert [result.target for result in results] == [f"s3://{jobs.target}/backup/{PREFIX}a"]


@pytest.mark.parametrize(
    ("policy", "copied"),
    [
        (ConflictPolicy.SKIP, ["new"]),
        (ConflictPolicy.DIFFERENT, ["new", "other"]),
        (ConflictPolicy.NEWER, ["new"]),
        (ConflictPolicy.OVERWRITE, ["new", "other", "same"]),
    ],
)
async def test_conflicts_are_answered_while_the_list_is_written(
    jobs: JobsWorld, policy: ConflictPolicy, copied: list[str]
) -> None:
    jobs.put(f"{PREFIX}new", f"{PREFIX}other", f"{PREFIX}same")
    jobs.client.put_object(Bucket=jobs.target, Key=f"{PREFIX}other", Body=b"something else")
    jobs.client.put_object(Bucket=jobs.target, Key=f"{PREFIX}same", Body=f"content of {PREFIX}same".encode())
    operation = jobs.copying(options=CopyOptions(conflict=policy))
    transfer, results = await jobs.done(jobs.order(operation, manifest=ManifestSource.LIST))
    by_outcome = {Outcome.COPIED: set[str](), Outcome.SKIPPED: set[str]()}
    for result in results:
        by_outcome[result.outcome].add(result.source.rpartition("/")[2])
    assert sorted(by_outcome[Outcome.COPIED]) == copied
    assert by_outcome[Outcome.SKIPPED] == {"new", "other", "same"} - set(copied)
    assert transfer.objects_total == 3


async def test_marked_keys_and_a_version_are_copied(jobs: JobsWorld) -> None:
    jobs.keep_versions()
    old = jobs.client.put_object(Bucket=jobs.source, Key="one", Body=b"old")["VersionId"]
    jobs.client.put_object(Bucket=jobs.source, Key="one", Body=b"new")
    selection = Selection(connection(MEDIA_PROD), Location(jobs.source), keys=["one"], version=old)
    _, (result,) = await jobs.done(jobs.order(jobs.copying(""), selection=selection))
    assert result.version == old
    assert jobs.client.get_object(Bucket=jobs.target, Key="one")["Body"].read() == b"old"


async def test_the_manifest_names_current_versions(jobs: JobsWorld) -> None:
    jobs.keep_versions()
    jobs.put(f"{PREFIX}a", f"{PREFIX}b")
    jobs.client.delete_object(Bucket=jobs.source, Key=f"{PREFIX}b")
    now = jobs.client.head_object(Bucket=jobs.source, Key=f"{PREFIX}a")["VersionId"]
    _, results = await jobs.done(jobs.order(versions=True))
    assert [(result.source, result.version) for result in results] == [(f"s3://{jobs.source}/{PREFIX}a", now)]


async def test_only_failures_are_reported_and_all_are_counted(jobs: JobsWorld) -> None:
    jobs.put(f"{PREFIX}a", f"{PREFIX}b")
    transfer, results = await jobs.carry_out(jobs.order(failed_only=True))
    assert (transfer.state, results) == (TransferState.DONE, [])
    assert (transfer.objects_done, transfer.objects_total) == (2, 2)


async def test_all_lines_name_versions_where_the_bucket_has_none(jobs: JobsWorld) -> None:
    jobs.put(f"{PREFIX}a", "one")
    selection = Selection(connection(MEDIA_PROD), Location(jobs.source), keys=["one"], prefixes=[PREFIX])
    _, results = await jobs.done(jobs.order(jobs.copying(""), selection=selection, versions=True))
    assert {result.source.rpartition("/")[2]: result.version for result in results} == {"a": "null", "one": "null"}


async def test_what_has_failed_is_listed_again_with_its_version(jobs: JobsWorld) -> None:
    jobs.keep_versions()
    jobs.put(f"{PREFIX}a")
    now = jobs.client.head_object(Bucket=jobs.source, Key=f"{PREFIX}a")["VersionId"]
    store = await jobs.rooms.store(connection(MEDIA_PROD))
    chooser = Chooser("t", jobs.order(versions=True), store, store)

    async def failed() -> AsyncGenerator[list[tuple[int, str]]]:
        yield [(1, f"{PREFIX}a")]

    [chosen] = [each async for each in chooser.again(failed())]
    assert chosen.versions == {f"{PREFIX}a": now}


@pytest.mark.parametrize("source", [ManifestSource.GENERATOR, ManifestSource.LIST])
async def test_a_dry_run_says_what_would_be_overwritten(jobs: JobsWorld, source: ManifestSource) -> None:
    jobs.put(f"{PREFIX}new", f"{PREFIX}other")
    jobs.client.put_object(Bucket=jobs.target, Key=f"{PREFIX}other", Body=b"something else")
    store = await jobs.rooms.store(connection(MEDIA_PROD))
    order = jobs.order(manifest=source)
    planned = {each.source[-3:]: each.action async for each in dry_run_job(order, store, store, store)}
    assert planned == {"new": PlannedAction.COPY, "her": PlannedAction.OVERWRITE}


async def test_a_dry_run_of_two_folders_looks_at_the_target_of_each(jobs: JobsWorld) -> None:
    keys = [f"{PREFIX}a", "more/a"]
    jobs.put(*keys)
    for key in keys:
        jobs.client.put_object(Bucket=jobs.target, Key=key, Body=b"something else")
    store = await jobs.rooms.store(connection(MEDIA_PROD))
    selection = Selection(connection(MEDIA_PROD), Location(jobs.source), prefixes=[PREFIX, "more/"])
    order = jobs.order(jobs.copying(""), selection=selection)
    planned = [each.action async for each in dry_run_job(order, store, store, store)]
    assert planned == [PlannedAction.OVERWRITE] * 2


async def test_a_dry_run_of_a_target_that_may_not_be_listed_says_that_it_overwrites(jobs: JobsWorld) -> None:
    jobs.put(f"{PREFIX}new", f"{PREFIX}other")
    seeing, blind = [await jobs.rooms.store(connection(each)) for each in (MEDIA_PROD, ANALYTICS)]
    planned = [each async for each in dry_run_job(jobs.order(), seeing, blind, seeing)]
    assert [(each.action, each.why) for each in planned] == [(PlannedAction.COPY, f"{BY_JOB}; {OVER}")] * 2


TWO = [f"{PREFIX}a", f"{PREFIX}b c"]


def restores(jobs: JobsWorld, key: str) -> str:
    return str(jobs.client.head_object(Bucket=jobs.source, Key=key).get("Restore", ""))


@pytest.mark.thorough
@pytest.mark.parametrize("bulk", [False, True])
@pytest.mark.parametrize("manifest", [LIST, ManifestSource.GENERATOR])
async def test_a_restore_of_each_archived_object_is_asked_for(
    jobs: JobsWorld, manifest: ManifestSource, bulk: bool
) -> None:
    jobs.put(*TWO, StorageClass="DEEP_ARCHIVE")
    _, results = await jobs.done(jobs.order(BatchRestore(7, bulk), manifest=manifest))
    assert sorted(result.source for result in results) == [f"s3://{jobs.source}/{key}" for key in TWO]
    assert {(result.outcome, result.target) for result in results} == {(Outcome.REQUESTED, "")}
    asked = {restores(jobs, key).partition(",")[0] for key in TWO}
    assert asked <= {'ongoing-request="true"', 'ongoing-request="false"'}, "each was asked for; here it takes a second"
    described = await jobs.described()
    tier = "BULK" if bulk else "STANDARD"
    assert described["Operation"] == {"S3InitiateRestoreObject": {"ExpirationInDays": 7, "GlacierJobTier": tier}}


@pytest.mark.parametrize("manifest", [LIST, ManifestSource.GENERATOR])
async def test_a_job_restores_archives_or_intelligent_tiering_and_sends_no_days_for_that(
    jobs: JobsWorld, manifest: ManifestSource
) -> None:
    jobs.put(TWO[0], StorageClass="GLACIER")
    jobs.put(TWO[1])
    jobs.put(f"{PREFIX}t", StorageClass=TIERING)
    _, results = await jobs.done(jobs.order(BatchRestore(7), manifest=manifest))
    notes = {result.source: result.notes[0] for result in results if result.outcome is Outcome.SKIPPED}
    left = {TWO[1]: "not archived", f"{PREFIX}t": f"{TIERING}: another job restores it (--intelligent-tiering)"}
    assert notes == ({f"s3://{jobs.source}/{key}": why for key, why in left.items()} if manifest is LIST else {})
    assert [result.source for result in results if result.outcome is Outcome.REQUESTED] == [
        f"s3://{jobs.source}/{TWO[0]}"
    ]
    await jobs.carry_out(jobs.order(BatchRestore(None), manifest=manifest))
    described = [await jobs.rooms.jobs.described(connection(MEDIA_PROD), "", job) for job in await jobs.jobs()]
    assert {"S3InitiateRestoreObject": {"GlacierJobTier": "STANDARD"}} in [each["Operation"] for each in described]
    assert {each["ProgressSummary"]["TotalNumberOfTasks"] for each in described} == {1}


@pytest.mark.parametrize("manifest", [LIST, ManifestSource.GENERATOR])
async def test_each_result_has_the_checksum_that_s3_has_computed(jobs: JobsWorld, manifest: ManifestSource) -> None:
    jobs.put(*TWO)
    _, results = await jobs.done(jobs.order(BatchChecksum("SHA256"), manifest=manifest))
    expected = {
        f"s3://{jobs.source}/{key}": "SHA256:"
        + base64.b64encode(hashlib.sha256(f"content of {key}".encode()).digest()).decode()
        for key in TWO
    }
    assert {result.source: result.checksum for result in results} == expected
    assert {result.outcome for result in results} == {Outcome.COMPUTED}
    assert jobs.target_keys() == []


async def test_the_checksums_of_versions_are_those_of_the_versions(jobs: JobsWorld) -> None:
    jobs.keep_versions()
    jobs.put(TWO[0])
    version = jobs.client.head_object(Bucket=jobs.source, Key=TWO[0])["VersionId"]
    _, [result] = await jobs.carry_out(jobs.order(BatchChecksum("SHA1"), versions=True))
    assert result.version == version
    assert (
        result.checksum == "SHA1:" + base64.b64encode(hashlib.sha1(f"content of {TWO[0]}".encode()).digest()).decode()
    )


INVENTORY = ManifestSource.INVENTORY
TAGS = BatchTags([("kind", "log")])
KEYS = [f"{PREFIX}a", f"{PREFIX}ü b+c,d%", "other/x"]


@pytest.fixture
def inventory(jobs: JobsWorld) -> Iterator[Inventory]:
    with fresh_bucket(jobs.server, jobs.account) as lists:
        jobs.allow(*everything_in(jobs.source, jobs.target, jobs.reports, lists))
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
    found: dict[str, object] = (await jobs.described())["Manifest"]
    return found


@pytest.mark.thorough
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
    transfer, results = await jobs.done(jobs.order(manifest=INVENTORY))
    assert jobs.target_keys() == sorted(KEYS[:2])
    assert {result.outcome for result in results} == {Outcome.COPIED}
    assert any(f"{inventory.folder}2026-11-20T01-00Z/manifest.json of 1 hour ago" in note for note in transfer.notes)
    spec = (await manifest_of(jobs))["Spec"]
    assert spec == {"Format": "S3BatchOperations_CSV_20180820", "Fields": ["Bucket", "Key"]}


async def test_a_job_takes_a_csv_report_itself_where_it_leaves_nothing_out(
    jobs: JobsWorld, inventory: Inventory
) -> None:
    jobs.put(*KEYS)
    key = inventory.write([Row(key) for key in KEYS[1:]])
    order = jobs.order(TAGS, selection=whole(jobs), manifest=INVENTORY, inventory=named(inventory, key))
    transfer, results = await jobs.done(order)
    assert not [note for note in transfer.notes if "by this machine" in note]
    assert tagged(jobs) == sorted(KEYS[1:])
    assert sorted(result.source for result in results) == sorted(f"s3://{jobs.source}/{each}" for each in KEYS[1:])
    found = await manifest_of(jobs)
    etag = jobs.client.head_object(Bucket=inventory.target, Key=key)["ETag"].strip('"')
    assert found == {
        "Spec": {"Format": "S3InventoryReport_CSV_20161130"},
        "Location": {"ObjectArn": f"arn:aws:s3:::{inventory.target}/{key}", "ETag": etag},
    }


@pytest.mark.thorough
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
    await jobs.done(jobs.order(TAGS, selection=selection, manifest=INVENTORY, inventory=named(inventory, key)))
    assert tagged(jobs) == (sorted(KEYS) if filters == Filters() else [KEYS[0], KEYS[2]])
    assert str((await manifest_of(jobs))["Spec"]).startswith("{'Format': 'S3BatchOperations_CSV")


@pytest.mark.parametrize("file_format", ["CSV", "Parquet", "ORC"])
async def test_the_current_versions_of_a_report_are_named(
    jobs: JobsWorld, inventory: Inventory, file_format: str
) -> None:
    jobs.put(f"{PREFIX}before")
    jobs.keep_versions()
    reported = jobs.client.put_object(Bucket=jobs.source, Key=f"{PREFIX}a", Body=b"reported")["VersionId"]
    jobs.client.put_object(Bucket=jobs.source, Key=f"{PREFIX}a", Body=b"written since")
    inventory.file_format, inventory.versions = file_format, True
    rows = [
        Row(f"{PREFIX}a", version=reported),
        Row(f"{PREFIX}a", version="older", latest=False),
        Row(f"{PREFIX}before"),
    ]
    order = jobs.order(manifest=INVENTORY, inventory=named(inventory, inventory.write(rows)), versions=True)
    _, results = await jobs.done(order)
    assert {result.source.rpartition("/")[2]: result.version for result in results} == {"a": reported, "before": "null"}
    assert jobs.client.get_object(Bucket=jobs.target, Key=f"{PREFIX}a")["Body"].read() == b"reported"


async def test_what_is_too_large_for_a_job_is_copied_here_and_listed_so(
    jobs: JobsWorld, inventory: Inventory, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (job_objects, batch_work):
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
    assert {result.source.rpartition("/")[2]: (result.outcome, result.route is None) for result in results} == {
        "a": (Outcome.COPIED, True),
        "gone": (Outcome.FAILED, True),
        "large": (Outcome.COPIED, False),
        "shrunk": (Outcome.COPIED, True),
    }
    assert any("copied by this machine after the job: 1 object" in note for note in transfer.notes)


async def refused(jobs: JobsWorld, order: BatchOrder) -> str:
    transfer, _ = await jobs.carry_out(order)
    assert (transfer.state, await jobs.jobs(), jobs.target_keys()) == (TransferState.FAILED, [], [])
    return why(transfer).sentence()


async def test_a_report_that_cannot_be_used_is_refused_with_the_reason(jobs: JobsWorld, inventory: Inventory) -> None:
    jobs.put(*KEYS)
    rows = [Row(key) for key in KEYS]

    def order(key: str, **options: Any) -> BatchOrder:
        return jobs.order(manifest=INVENTORY, inventory=named(inventory, key), **options)

    assert "it is a report on elsewhere" in await refused(jobs, order(inventory.write(rows, sourceBucket="elsewhere")))
    assert "only CSV, Parquet and ORC" in await refused(jobs, order(inventory.write(rows, fileFormat="Avro")))
    assert "it has no Size" in await refused(jobs, order(inventory.write(rows, fileSchema="Bucket, Key")))
    assert "it names no storage classes" in await refused(jobs, order(inventory.write(rows), operation=BatchRestore(7)))
    skipping = jobs.copying(options=CopyOptions(conflict=ConflictPolicy.SKIP))
    assert "conflicts are answered by skip" in await refused(jobs, order(inventory.write(rows), operation=skipping))
    assert "it names no versions" in await refused(jobs, order(inventory.write(rows), versions=True))
    assert "does not exist" in await refused(jobs, order("reports/nothing/manifest.json"))
    lost = await refused(jobs, order(inventory.write(rows, day=21, without_file=True)))
    assert f"{inventory.folder}data/21" in lost
    inventory.versions = True
    schema = "Bucket, Key, VersionId, Size, LastModifiedDate, IsLatest"
    assert "not the current ones" in await refused(jobs, order(inventory.write(rows, fileSchema=schema)))


@pytest.mark.thorough
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
    for order, words in (
        (jobs.order(manifest=INVENTORY, inventory=named(inventory, key)), f"{BY_JOB}; {OVER}"),
        (jobs.order(TAGS, manifest=INVENTORY, inventory=named(inventory, key)), BY_JOB),
    ):
        planned = [each async for each in dry_run.dry_run_job(order, store, store, store)]
        assert [(each.source, each.why, each.size) for each in planned] == [
            (f"s3://{jobs.source}/{PREFIX}reported", words, 5)
        ]
    inventory.configure()
    blind, newest = await jobs.rooms.store(connection(ANALYTICS)), jobs.order(TAGS, manifest=INVENTORY)
    assert len([each async for each in dry_run_job(newest, store, store, blind)]) == 1, "whoever sees the objects looks"


@pytest.fixture
async def rooms(demo_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Rooms]:
    for name, value in demo_server.environment.items():
        monkeypatch.setenv(name, value)
    rooms = Rooms()
    yield rooms
    for _, client in rooms.control_plane._clients.values():  # which the engine keeps until its process ends
        client.close()
    await rooms.connections.close()


@pytest.fixture
async def jobs(demo_server: S3Server, rooms: Rooms, journal: Journal, journal_path: Path) -> AsyncIterator[JobsWorld]:
    with jobs_world(demo_server, rooms, journal_path, journal) as world:
        yield world
        await world.queue.close()
