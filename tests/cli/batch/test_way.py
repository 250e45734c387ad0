"""The whole way of a copy by a job: role, dry run, run, list, receipt, verification."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.batch.conftest import SECONDS, Jobs

NAMES = ("a b", "ü", 'quo"te,', "plus+%20")


@pytest.mark.parametrize("manifest", ["list", "generator"])
def test_from_the_role_to_the_verified_receipt(granted: Jobs, tmp_path: Path, manifest: str) -> None:
    jobs, receipt = granted, tmp_path / "receipt.jsonl"
    jobs.put(*NAMES)
    options = ("--batch-manifest", manifest)
    planned = jobs.copy("--dry-run", *options)
    assert planned.code == 0, planned
    assert f"by the role {jobs.arn}" in planned.out
    assert "dry run: 4 copy" in planned.out
    assert "missing:" not in planned.out
    assert jobs.jobs() == []
    done = jobs.copy("--receipt", str(receipt), *options)
    assert done.code == 0, done
    assert "done: 4 copied (size unknown), 0 skipped, 0 failed" in done.out
    assert "0 B" not in done.out, "S3's report names no sizes: they are not known"
    assert "verified 4 of 4 copies, drawn at random: 4 same by checksum or ETag" in done.out
    assert jobs.copied() == sorted(f"data/{name}" for name in NAMES)
    first, *lines = [json.loads(line) for line in receipt.read_text(encoding="utf-8").splitlines()]
    assert (first["transfer"]["engine"], first["objects"]) == ("batch", 4)
    assert {line["result"]["size"] for line in lines} == {None}
    proven = jobs.run("verify", "--profile", "media-prod", str(receipt), timeout=SECONDS)
    assert (proven.code, "4 same" in proven.out) == (0, True), proven
    cut = tmp_path / "cut.jsonl"
    cut.write_text("".join(receipt.read_text(encoding="utf-8").splitlines(keepends=True)[:-1]), encoding="utf-8")
    shorter = jobs.run("verify", "--profile", "media-prod", str(cut), timeout=SECONDS)
    assert (shorter.code, "3 same; no content was read; the receipt has 3 of its 4 objects" in shorter.out) == (1, True)
    [job] = jobs.jobs()
    assert (job["state"], job["succeeded"], job["transfer"]) == ("Complete", 4, first["transfer"]["id"])
    listed = jobs.run("batch", "jobs", "--profile", "media-prod")
    assert f"{job['id']}  Complete    S3PutObjectCopy         priority 10  4 of 4 objects" in listed.out
    shown = jobs.run("transfers").out
    assert f"{job['transfer']}  done       copy    batch  100 %  4 of 4 objects" in shown


def test_a_verification_of_the_receipt_sees_what_has_changed(granted: Jobs, tmp_path: Path) -> None:
    jobs, receipt = granted, tmp_path / "receipt.jsonl"
    jobs.put("a", "b", "c")
    assert jobs.copy("--receipt", str(receipt)).code == 0
    jobs.client.put_object(Bucket=jobs.target, Key="data/b", Body=b"something else")
    jobs.client.delete_object(Bucket=jobs.target, Key="data/c")
    found = jobs.run("verify", "--profile", "media-prod", "--json", str(receipt), timeout=SECONDS)
    assert found.code == 1
    states = {each["result"]["target"][-1]: each["result"]["state"] for each in found.objects if "result" in each}
    assert states == {"a": "same", "b": "differs", "c": "missing"}, found.out


def test_json_has_each_object_and_the_total(granted: Jobs) -> None:
    granted.put("a", "b")
    done = granted.copy("--json")
    assert done.code == 0, done
    assert [(each["outcome"], each["size"]) for each in done.results] == [("copied", None)] * 2
    assert (done.total["engine"], done.total["objects_done"], done.total["bytes_total"]) == ("batch", 2, 0)
    plan, *planned = granted.copy("--json", "--dry-run").objects
    assert (plan["type"], plan["plan"]["missing"]) == ("job", [])
    assert {each["type"] for each in planned} == {"planned", "plan"}


def test_nothing_to_do_is_no_job(granted: Jobs) -> None:
    granted.put("a")
    assert granted.copy().code == 0
    again = granted.copy("--on-conflict", "skip", "--batch-manifest", "list")
    assert (again.code, "nothing to do" in again.out) == (0, True), again
    assert len(granted.jobs()) == 1
