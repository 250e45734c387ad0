"""``batch tags``, ``acl``, ``restore`` and ``checksum``, each with a role made for it by command."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.batch.conftest import SECONDS, Jobs
from tests.cli.conftest import Ended

Operate = Callable[..., Ended]


@pytest.fixture
def operate(jobs: Jobs) -> Operate:
    """Makes the role for one operation, then runs its command on all that is in the source."""

    def operate(operation: str, *options: str, access: tuple[str, ...]) -> Ended:
        where = f"s3://{jobs.source}/data/"
        reports = ("--reports", f"s3://{jobs.reports}/jobs/", "--job-role", jobs.role, "--generated")
        granted = jobs.run("access", "batch", "grant", "--yes", "--profile", "media-prod", *access, *reports, where)
        assert granted.code == 0, granted
        return jobs.run("batch", operation, *options, *jobs.job, where, timeout=SECONDS)

    return operate


def test_tags_are_set_and_removed(jobs: Jobs, operate: Operate, tmp_path: Path) -> None:
    jobs.put("a", "b", Tagging="old=1")
    receipt = tmp_path / "receipt.jsonl"
    options = ("--set", "kind=log", "--receipt", str(receipt))
    done = operate("tags", *options, access=("--operation", "put-tags"))
    assert (done.code, "done: 2 tagged" in done.out) == (0, True), done
    tags = [jobs.client.get_object_tagging(Bucket=jobs.source, Key=f"data/{name}")["TagSet"] for name in "ab"]
    assert tags == [[{"Key": "kind", "Value": "log"}]] * 2
    first, *lines = [json.loads(line) for line in receipt.read_text(encoding="utf-8").splitlines()]
    assert (first["transfer"]["engine"], len(lines)) == ("batch", 2)
    removed = operate("tags", "--remove", "--json", access=("--operation", "delete-tags"))
    assert (removed.code, [each["outcome"] for each in removed.results]) == (0, ["changed"] * 2), removed
    assert jobs.client.get_object_tagging(Bucket=jobs.source, Key="data/a")["TagSet"] == []
    neither = jobs.run("batch", "tags", *jobs.job, f"s3://{jobs.source}/data/")
    assert (neither.code, "--set NAME=VALUE" in neither.err) == (2, True), neither


def test_an_acl_is_given(jobs: Jobs, operate: Operate) -> None:
    jobs.put("a")
    canned = "bucket-owner-full-control"
    done = operate("acl", "--acl", canned, "--json", access=("--operation", "acl", "--acl", canned))
    assert (done.code, [each["outcome"] for each in done.results]) == (0, ["changed"]), done
    unknown = jobs.run("batch", "acl", "--acl", "everything-for-all", *jobs.job, f"s3://{jobs.source}/data/")
    assert unknown.code == 2, unknown


def test_archived_objects_are_restored(jobs: Jobs, operate: Operate) -> None:
    jobs.put("a", StorageClass="GLACIER")
    done = operate("restore", "--days", "2", "--json", access=("--operation", "restore"))
    assert (done.code, [each["outcome"] for each in done.results]) == (0, ["requested"]), done
    assert "ongoing-request" in jobs.client.head_object(Bucket=jobs.source, Key="data/a")["Restore"]
    both = jobs.run("batch", "restore", "--days", "2", "--intelligent-tiering", *jobs.job, f"s3://{jobs.source}/data/")
    assert (both.code, "leave out --days" in both.err) == (2, True), both


def test_checksums_are_in_the_results(jobs: Jobs, operate: Operate) -> None:
    jobs.put("a")
    done = operate("checksum", "--algorithm", "SHA256", "--json", access=("--operation", "checksum"))
    assert done.code == 0, done
    assert [each["checksum"][:7] for each in done.results] == ["SHA256:"]
    planned = jobs.run("batch", "checksum", "--dry-run", *jobs.job, f"s3://{jobs.source}/data/")
    assert (planned.code, "nothing was written" in planned.out) == (0, True), planned
    nowhere = jobs.run("batch", "checksum", *jobs.job, "./here")
    assert nowhere.code == 2, nowhere
