"""Buckets are removed with everything in them, but only by name and on request."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.cli.test_changing import Bench, bench
from tests.servers.buckets import fresh_bucket
from tests.servers.policies import Statement, bucket_policy
from tui.protocol.process import EngineProcess

__all__ = ["bench"]

DEMO = pytest.mark.parametrize("s3_server", ["demo"], indirect=True)


def is_there(bench: Bench, bucket: str) -> bool:
    return bucket in {each["Name"] for each in bench.mine.list_buckets()["Buckets"]}


def fill(bench: Bench) -> None:
    """Versions, a delete marker, keys that XML cannot carry, and an upload."""
    bench.mine.put_bucket_versioning(Bucket=bench.a, VersioningConfiguration={"Status": "Enabled"})
    bench.put("a", "dir/b c", " blanks ", "ü&<")
    bench.put("a")
    bench.mine.delete_object(Bucket=bench.a, Key="dir/b c")
    bench.mine.create_multipart_upload(Bucket=bench.a, Key="begun")


def test_a_bucket_goes_with_versions_markers_and_uploads(bench: Bench) -> None:
    fill(bench)
    uri = f"s3://{bench.a}"
    without = bench.as_a("rb", uri)
    assert (without.code, is_there(bench, bench.a)) == (1, True)
    counted = "3 objects, 2 noncurrent versions, 1 delete marker (35 B), 1 incomplete upload"
    assert counted in without.err
    forced = bench.as_a("rb", "--yes", uri)
    assert (forced.code, f"{uri}/ is not empty" in forced.err, "add --force" in forced.err) == (1, True, True), forced
    planned = bench.as_a("rb", "--dry-run", uri, "--json")
    actions = Counter(line["object"]["action"] for line in planned.objects if line["type"] == "planned")
    assert actions == {"delete": 6, "abort": 1, "remove": 1}, "as many deletions as are carried out"
    asked = bench.as_a("rb", "--force", uri)
    assert (asked.code, "add --yes" in asked.err) == (2, True)
    assert is_there(bench, bench.a)
    done = bench.as_a("rb", "--force", "--yes", uri, "--json")
    assert done.code == 0, done
    assert {each["outcome"] for each in done.results} == {"deleted"}
    assert (done.total["objects_done"], done.total["notes"]) == (6, ["incomplete uploads aborted: 1", "delete marker"])
    assert not is_there(bench, bench.a)


def test_an_empty_bucket_needs_no_force(bench: Bench) -> None:
    with fresh_bucket(bench.server, bench.server.a) as empty:
        done = bench.as_a("rb", "--yes", f"s3://{empty}")
        assert (done.code, done.out) == (0, f"deleted s3://{empty}/\n"), done
        assert not is_there(bench, empty)


@DEMO
def test_a_removal_goes_on_after_the_engine_was_stopped(bench: Bench) -> None:
    for number in range(1500):
        bench.mine.put_object(Bucket=bench.a, Key=f"{number:05}", Body=b"x")
    assert bench.as_a("rb", "--force", "--yes", "--background", f"s3://{bench.a}").code == 0
    EngineProcess().stop()
    assert bench.run("transfers", "--watch").code == 0
    assert not is_there(bench, bench.a)


@DEMO
def test_what_is_locked_stays_and_so_does_the_bucket(bench: Bench) -> None:
    bench.mine.put_bucket_versioning(Bucket=bench.a, VersioningConfiguration={"Status": "Enabled"})
    bench.put("free", "held")
    bench.mine.put_object_legal_hold(Bucket=bench.a, Key="held", LegalHold={"Status": "ON"})
    done = bench.as_a("rb", "--force", "--yes", f"s3://{bench.a}")
    assert (done.code, is_there(bench, bench.a)) == (1, True), done
    assert "object lock" in done.err
    assert "the bucket stays: not everything in it could be deleted" in done.out
    assert bench.keys(bench.mine, bench.a) == ["held"]
    bench.mine.put_object_legal_hold(Bucket=bench.a, Key="held", LegalHold={"Status": "OFF"})


@DEMO
@pytest.mark.parametrize(
    ("arguments", "words", "code"),
    [
        (("--read-only", "--yes", "s3://{a}"), "is blocked", 3),
        (("--yes", "s3://{a}/prefix/"), "name only the bucket", 2),
        (("--yes", "--force", "s3://no-such-bucket-at-all"), "does not exist", 4),
    ],
)
def test_what_cannot_be_removed_is_refused(bench: Bench, arguments: tuple[str, ...], words: str, code: int) -> None:
    done = bench.as_a("rb", *(each.format(a=bench.a) for each in arguments))
    assert (done.code, words in done.err) == (code, True), done
    assert is_there(bench, bench.a)


@DEMO
def test_a_policy_that_forbids_it_is_named(bench: Bench) -> None:
    denial = Statement("Deny", "*", ("s3:DeleteBucket",), f"arn:aws:s3:::{bench.a}")
    bench.mine.put_bucket_policy(Bucket=bench.a, Policy=bucket_policy(denial))
    done = bench.as_a("rb", "--force", "--yes", f"s3://{bench.a}")
    assert (done.code, "s3:DeleteBucket" in done.err) == (3, True), done
