"""Copies by a job: from the list to the receipt, with what it leaves to this machine."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.transfers.batch.world import PREFIX, JobsWorld, connection
from tui.demo.profiles import ANALYTICS, MEDIA_PROD
from tui.model.batch.operations import ManifestSource
from tui.model.location import Location
from tui.model.orders import ConflictPolicy, CopyOptions, Filters, Selection
from tui.model.plan import PlannedAction
from tui.model.transfer import Outcome, TransferState
from tui.transfers.batch.choosing import Chooser
from tui.transfers.batch.dry_run import BY_JOB, OVER, dry_run_job

TERRIBLE = [
    f"{PREFIX}plain",
    f"{PREFIX}with space",
    f"{PREFIX}com,ma",
    f"{PREFIX}ü/ä",
    f'{PREFIX}quo"te',
    f"{PREFIX}plus+and%20",
    f"{PREFIX}line\nbreak",
    f"{PREFIX}[markup]/\x1b[31m",
    f"{PREFIX}..//./",
    f"{PREFIX}💥",
]


async def test_a_list_is_written_the_job_carried_out_and_its_report_read(jobs: JobsWorld, tmp_path: Path) -> None:
    jobs.put(*TERRIBLE)
    receipt = tmp_path / "receipt.jsonl"
    order = replace(jobs.order(manifest=ManifestSource.LIST), receipt=str(receipt))
    transfer, results = await jobs.carry_out(order)
    assert transfer.state is TransferState.DONE, transfer
    assert sorted(jobs.target_keys()) == sorted(TERRIBLE)
    assert (transfer.engine, transfer.objects_total, transfer.objects_done) == ("batch", len(TERRIBLE), len(TERRIBLE))
    assert "Complete" in transfer.elsewhere
    assert {result.outcome for result in results} == {Outcome.COPIED}
    assert sorted(result.target for result in results) == sorted(f"s3://{jobs.target}/{key}" for key in TERRIBLE)
    assert any("verified 10 of 10 copies" in note and "10 same" in note for note in transfer.notes), transfer.notes
    assert any("owned by the account of the target bucket" in note for note in transfer.notes)
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
    transfer, results = await jobs.carry_out(jobs.order(selection=selection))
    assert transfer.state is TransferState.DONE
    assert jobs.target_keys() == [f"{PREFIX}a.csv", f"{PREFIX}b.csv"]
    assert len(results) == 2
    assert not [key for key in jobs.keys(jobs.reports) if key.endswith(".csv") and "manifest-" in key]


async def test_nothing_selected_is_no_job(jobs: JobsWorld) -> None:
    for source in (ManifestSource.LIST, ManifestSource.GENERATOR):
        transfer, results = await jobs.carry_out(jobs.order(manifest=source))
        assert (transfer.state, results) == (TransferState.DONE, [])
        assert any("nothing to do" in note for note in transfer.notes)
    assert await jobs.jobs() == []
    assert jobs.keys(jobs.reports) == []


async def test_a_prefix_is_put_before_the_whole_key(jobs: JobsWorld) -> None:
    jobs.put(f"{PREFIX}a")
    transfer, results = await jobs.carry_out(jobs.order(jobs.copying(f"backup/{PREFIX}")))
    assert transfer.state is TransferState.DONE
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
    transfer, results = await jobs.carry_out(jobs.order(operation, manifest=ManifestSource.LIST))
    assert transfer.state is TransferState.DONE
    by_outcome = {Outcome.COPIED: set[str](), Outcome.SKIPPED: set[str]()}
    for result in results:
        by_outcome[result.outcome].add(result.source.rpartition("/")[2])
    assert sorted(by_outcome[Outcome.COPIED]) == copied
    assert by_outcome[Outcome.SKIPPED] == {"new", "other", "same"} - set(copied)
    assert transfer.objects_total == 3


async def test_marked_keys_and_a_version_are_copied(jobs: JobsWorld) -> None:
    versioned = {"Bucket": jobs.source, "VersioningConfiguration": {"Status": "Enabled"}}
    jobs.client.put_bucket_versioning(**versioned)
    old = jobs.client.put_object(Bucket=jobs.source, Key="one", Body=b"old")["VersionId"]
    jobs.client.put_object(Bucket=jobs.source, Key="one", Body=b"new")
    selection = Selection(connection(MEDIA_PROD), Location(jobs.source), keys=["one"], version=old)
    transfer, (result,) = await jobs.carry_out(jobs.order(jobs.copying(""), selection=selection))
    assert transfer.state is TransferState.DONE
    assert result.version == old
    assert jobs.client.get_object(Bucket=jobs.target, Key="one")["Body"].read() == b"old"


async def test_the_manifest_names_current_versions(jobs: JobsWorld) -> None:
    versioned = {"Bucket": jobs.source, "VersioningConfiguration": {"Status": "Enabled"}}
    jobs.client.put_bucket_versioning(**versioned)
    jobs.put(f"{PREFIX}a", f"{PREFIX}b")
    jobs.client.delete_object(Bucket=jobs.source, Key=f"{PREFIX}b")
    now = jobs.client.head_object(Bucket=jobs.source, Key=f"{PREFIX}a")["VersionId"]
    transfer, results = await jobs.carry_out(jobs.order(versions=True))
    assert transfer.state is TransferState.DONE
    assert [(result.source, result.version) for result in results] == [(f"s3://{jobs.source}/{PREFIX}a", now)]


async def test_only_failures_are_reported_and_all_are_counted(jobs: JobsWorld) -> None:
    jobs.put(f"{PREFIX}a", f"{PREFIX}b")
    transfer, results = await jobs.carry_out(jobs.order(failed_only=True))
    assert (transfer.state, results) == (TransferState.DONE, [])
    assert (transfer.objects_done, transfer.objects_total) == (2, 2)


async def test_all_lines_name_versions_where_the_bucket_has_none(jobs: JobsWorld) -> None:
    jobs.put(f"{PREFIX}a", "one")
    selection = Selection(connection(MEDIA_PROD), Location(jobs.source), keys=["one"], prefixes=[PREFIX])
    transfer, results = await jobs.carry_out(jobs.order(jobs.copying(""), selection=selection, versions=True))
    assert transfer.state is TransferState.DONE, transfer
    assert {result.source.rpartition("/")[2]: result.version for result in results} == {"a": "null", "one": "null"}


async def test_what_has_failed_is_listed_again_with_its_version(jobs: JobsWorld) -> None:
    jobs.client.put_bucket_versioning(Bucket=jobs.source, VersioningConfiguration={"Status": "Enabled"})
    jobs.put(f"{PREFIX}a")
    now = jobs.client.head_object(Bucket=jobs.source, Key=f"{PREFIX}a")["VersionId"]
    store = await jobs.rooms.store(connection(MEDIA_PROD))
    chooser = Chooser("t", jobs.order(versions=True), store, store)

    async def failed() -> AsyncGenerator[list[tuple[int, str]]]:
        yield [(1, f"{PREFIX}a")]

    [chosen] = [each async for each in chooser.again(failed())]
    assert chosen.versions == {f"{PREFIX}a": now}


async def test_the_job_names_its_manifest_by_a_bare_etag(jobs: JobsWorld) -> None:
    jobs.put(f"{PREFIX}a")
    await jobs.carry_out(jobs.order(manifest=ManifestSource.LIST))
    [job] = await jobs.jobs()
    location = (await jobs.rooms.jobs.described(connection(MEDIA_PROD), "", job))["Manifest"]["Location"]
    key = location["ObjectArn"].partition("/")[2]
    assert jobs.client.head_object(Bucket=jobs.reports, Key=key)["ETag"] == f'"{location["ETag"]}"'


@pytest.mark.parametrize("source", [ManifestSource.GENERATOR, ManifestSource.LIST])
async def test_a_dry_run_says_what_would_be_overwritten(jobs: JobsWorld, source: ManifestSource) -> None:
    jobs.put(f"{PREFIX}new", f"{PREFIX}other")
    jobs.client.put_object(Bucket=jobs.target, Key=f"{PREFIX}other", Body=b"something else")
    store = await jobs.rooms.store(connection(MEDIA_PROD))
    order = jobs.order(manifest=source)
    planned = {each.source[-3:]: each.action async for each in dry_run_job(order, store, store, store)}
    assert planned == {"new": PlannedAction.COPY, "her": PlannedAction.OVERWRITE}


async def test_a_dry_run_of_a_target_that_may_not_be_listed_says_that_it_overwrites(jobs: JobsWorld) -> None:
    jobs.put(f"{PREFIX}new", f"{PREFIX}other")
    seeing, blind = [await jobs.rooms.store(connection(each)) for each in (MEDIA_PROD, ANALYTICS)]
    planned = [each async for each in dry_run_job(jobs.order(), seeing, blind, seeing)]
    assert [(each.action, each.why) for each in planned] == [(PlannedAction.COPY, f"{BY_JOB}; {OVER}")] * 2
