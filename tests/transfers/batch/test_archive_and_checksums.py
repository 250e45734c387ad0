"""Restores and checksums by a job: what it asks S3 for, what the objects are after it, and what it could not do."""

from __future__ import annotations

import base64
import hashlib

import pytest

from tests.transfers.batch.world import PREFIX, JobsWorld, connection
from tui.demo.profiles import MEDIA_PROD
from tui.model.archive.restoring import TIERING
from tui.model.batch.operations import BatchChecksum, BatchRestore, ManifestSource
from tui.model.problem import ProblemError, ProblemKind
from tui.model.transfer import Outcome, TransferState

LIST = ManifestSource.LIST
KEYS = [f"{PREFIX}a", f"{PREFIX}b c"]


def restores(jobs: JobsWorld, key: str) -> str:
    """What HeadObject says of the restore of an object; empty: none was asked for."""
    return str(jobs.client.head_object(Bucket=jobs.source, Key=key).get("Restore", ""))


@pytest.mark.parametrize("bulk", [False, True])
@pytest.mark.parametrize("manifest", [LIST, ManifestSource.GENERATOR])
async def test_a_restore_of_each_archived_object_is_asked_for(
    jobs: JobsWorld, manifest: ManifestSource, bulk: bool
) -> None:
    jobs.put(*KEYS, StorageClass="DEEP_ARCHIVE")
    transfer, results = await jobs.carry_out(jobs.order(BatchRestore(7, bulk), manifest=manifest))
    assert transfer.state is TransferState.DONE, transfer
    assert sorted(result.source for result in results) == [f"s3://{jobs.source}/{key}" for key in KEYS]
    assert {(result.outcome, result.target) for result in results} == {(Outcome.REQUESTED, "")}
    asked = {restores(jobs, key).partition(",")[0] for key in KEYS}
    assert asked <= {'ongoing-request="true"', 'ongoing-request="false"'}, "each was asked for; here it takes a second"
    [job] = await jobs.jobs()
    described = await jobs.rooms.jobs.described(connection(MEDIA_PROD), "", job)
    tier = "BULK" if bulk else "STANDARD"
    assert described["Operation"] == {"S3InitiateRestoreObject": {"ExpirationInDays": 7, "GlacierJobTier": tier}}


@pytest.mark.parametrize("manifest", [LIST, ManifestSource.GENERATOR])
async def test_a_job_restores_archives_or_intelligent_tiering_and_sends_no_days_for_that(
    jobs: JobsWorld, manifest: ManifestSource
) -> None:
    jobs.put(KEYS[0], StorageClass="GLACIER")
    jobs.put(KEYS[1])
    jobs.put(f"{PREFIX}t", StorageClass=TIERING)
    transfer, results = await jobs.carry_out(jobs.order(BatchRestore(7), manifest=manifest))
    assert transfer.state is TransferState.DONE, transfer
    notes = {result.source: result.notes[0] for result in results if result.outcome is Outcome.SKIPPED}
    left = {KEYS[1]: "not archived", f"{PREFIX}t": f"{TIERING}: another job restores it (--intelligent-tiering)"}
    assert notes == ({f"s3://{jobs.source}/{key}": why for key, why in left.items()} if manifest is LIST else {})
    assert [result.source for result in results if result.outcome is Outcome.REQUESTED] == [
        f"s3://{jobs.source}/{KEYS[0]}"
    ]
    await jobs.carry_out(jobs.order(BatchRestore(None), manifest=manifest))
    described = [await jobs.rooms.jobs.described(connection(MEDIA_PROD), "", job) for job in await jobs.jobs()]
    assert {"S3InitiateRestoreObject": {"GlacierJobTier": "STANDARD"}} in [each["Operation"] for each in described]
    assert {each["ProgressSummary"]["TotalNumberOfTasks"] for each in described} == {1}


async def test_a_restore_of_no_days_is_refused(jobs: JobsWorld) -> None:
    with pytest.raises(ProblemError) as refused:
        await jobs.queue.submit(jobs.order(BatchRestore(0)))
    assert refused.value.problem.kind is ProblemKind.INVALID
    assert await jobs.jobs() == []


@pytest.mark.parametrize("manifest", [LIST, ManifestSource.GENERATOR])
async def test_each_result_has_the_checksum_that_s3_has_computed(jobs: JobsWorld, manifest: ManifestSource) -> None:
    jobs.put(*KEYS)
    transfer, results = await jobs.carry_out(jobs.order(BatchChecksum("SHA256"), manifest=manifest))
    assert transfer.state is TransferState.DONE, transfer
    expected = {
        f"s3://{jobs.source}/{key}": "SHA256:"
        + base64.b64encode(hashlib.sha256(f"content of {key}".encode()).digest()).decode()
        for key in KEYS
    }
    assert {result.source: result.checksum for result in results} == expected
    assert {result.outcome for result in results} == {Outcome.COMPUTED}
    assert jobs.target_keys() == []


async def test_the_checksums_of_versions_are_those_of_the_versions(jobs: JobsWorld) -> None:
    jobs.client.put_bucket_versioning(Bucket=jobs.source, VersioningConfiguration={"Status": "Enabled"})
    jobs.put(KEYS[0])
    version = jobs.client.head_object(Bucket=jobs.source, Key=KEYS[0])["VersionId"]
    _, [result] = await jobs.carry_out(jobs.order(BatchChecksum("SHA1"), versions=True))
    assert result.version == version
    assert (
        result.checksum == "SHA1:" + base64.b64encode(hashlib.sha1(f"content of {KEYS[0]}".encode()).digest()).decode()
    )
