"""Counts, words and exit codes agree: what was not transferred is in a count, and no such command ends with 0."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.cli.test_changing import Bench, bench
from tests.servers.policies import bucket_policy, deny_on_objects

__all__ = ["bench"]

pytestmark = pytest.mark.parametrize("s3_server", ["demo"], indirect=True)


def test_names_that_are_no_utf8_count_as_failed(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "good").write_bytes(b"x")
    for name in (b"caf\xe9", b"na\xefve"):
        Path(os.fsdecode(bytes(tmp_path) + b"/" + name)).write_bytes(b"x")
    done = bench.as_a("cp", "-r", str(tmp_path), f"s3://{bench.a}/up/")
    assert done.code == 1, done
    assert "failed: 1 copied (1 B), 0 skipped, 2 failed" in done.out
    assert "is left out: its name is not UTF-8" in done.err
    listed = bench.run("transfers")
    assert ("1 of 3 objects" in listed.out, "2 failed" in listed.out) == (True, True), listed


def test_a_key_that_cannot_be_a_path_is_no_usage_error(bench: Bench, tmp_path: Path) -> None:
    bench.put("odd//name", "p/good", "p//bad")
    alone = bench.as_a("cp", f"s3://{bench.a}/odd//name", f"{tmp_path}/")
    assert alone.code == 0, "its last part is a name like any other"
    lone = bench.as_a("cp", "-r", f"s3://{bench.a}/odd/", f"{tmp_path}/odd/")
    assert (lone.code, "0 copied (0 B), 0 skipped, 1 failed" in lone.out) == (1, True), lone
    some = bench.as_a("cp", "-r", f"s3://{bench.a}/p/", f"{tmp_path}/p/")
    assert (some.code, "1 copied (7 B), 0 skipped, 1 failed" in some.out) == (1, True), some


def test_a_move_that_keeps_the_source_says_so(bench: Bench, tmp_path: Path) -> None:
    bench.put("k")
    denied = deny_on_objects(bench.a, bench.server.a.principal, "s3:DeleteObject")
    bench.mine.put_bucket_policy(Bucket=bench.a, Policy=bucket_policy(denied))
    done = bench.as_a("mv", f"s3://{bench.a}/k", f"{tmp_path}/k")
    assert (done.code, "done: 1 copied (7 B)" in done.out) == (1, True), done
    assert "1 copied, with the source kept" in done.err
    assert bench.keys(bench.mine, bench.a) == ["k"]


def test_an_undecided_object_is_not_listed_as_done(bench: Bench, tmp_path: Path) -> None:
    bench.put("k")
    (tmp_path / "k").write_bytes(b"other")
    assert bench.as_a("cp", f"s3://{bench.a}/k", f"{tmp_path}/k").code == 1
    listed = bench.run("transfers").out
    assert ("0 of 1 object " in listed, "1 undecided" in listed, "skipped" in listed) == (True, True, False), listed
    watched = bench.run("transfers", listed.split()[0], "--watch")
    assert (watched.code, "1 undecided" in watched.out) == (1, True), watched


def test_quiet_prints_failures_and_the_last_line(bench: Bench, tmp_path: Path) -> None:
    bench.put("p/good", "p//bad")
    copied = bench.as_a("cp", "-r", "--quiet", f"s3://{bench.a}/p/", f"{tmp_path}/p/")
    assert copied.code == 1, copied
    assert [line.split()[0] for line in copied.out.splitlines()] == ["failed", "failed:"], copied
    bench.put("s/good")
    for command in (("sync", "-q"), ("mv", "-r", "-q")):
        done = bench.as_a(*command, f"s3://{bench.a}/s/", f"{tmp_path}/{command[0]}/")
        assert (done.code, len(done.out.splitlines()), done.err) == (0, 1, ""), done


def test_rb_of_a_bucket_that_is_not_empty_fails(bench: Bench) -> None:
    bench.put("k")
    done = bench.as_a("rb", "--yes", f"s3://{bench.a}")
    assert (done.code, "--force" in done.err) == (1, True), done


def test_an_identity_for_a_local_path_names_the_other_option(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"x")
    profile = bench.server.a.profile
    done = bench.run("cp", "--from", profile, f"{tmp_path}/x", f"s3://{bench.a}/x")
    assert (done.code, "with --to" in done.err) == (2, True), done


@pytest.mark.parametrize("given", [("--range", "7-"), ("--range", "100-200"), ("--offset", "12")])
def test_a_range_behind_the_end_is_an_error(bench: Bench, given: tuple[str, str]) -> None:
    bench.put("k")
    done = bench.as_a("cat", *given, f"s3://{bench.a}/k")
    assert (done.code, done.out, "the range begins behind the end" in done.err) == (2, "", True), done


def test_a_tag_that_stays_is_no_difference(bench: Bench) -> None:
    bench.put("k")
    bench.mine.put_object_tagging(Bucket=bench.a, Key="k", Tagging={"TagSet": [{"Key": "a", "Value": "1"}]})
    profile = bench.server.a.profile
    shown = bench.run("tags", "set", "--dry-run", "--profile", profile, f"s3://{bench.a}/k", "b=2").out
    changed = [line.split() for line in shown.splitlines() if line.strip().startswith(("+", "-"))]
    assert changed == [["+", '"b":', '"2"']], shown


def test_verify_refuses_a_first_place_that_does_not_exist(bench: Bench, tmp_path: Path) -> None:
    bench.put("p/x")
    done = bench.as_a("verify", f"{tmp_path}/none/", f"s3://{bench.a}/p/")
    assert (done.code, "nothing found at" in done.err) == (4, True), done


def test_a_version_that_does_not_exist_is_named(bench: Bench, tmp_path: Path) -> None:
    bench.put("k")
    for more in ((), ("--dry-run",)):
        done = bench.as_a("cp", *more, "--version-id", "nope", f"s3://{bench.a}/k", f"{tmp_path}/")
        said = done.out + done.err
        assert ("has no version nope" in said, f"xs3-tui versions s3://{bench.a}/k" in said) == (True, True), done
        assert "check the key" not in said


def test_a_folder_marker_is_deleted_alone(bench: Bench) -> None:
    bench.put("d/", "d/x", "e")
    hint = bench.as_a("rm", "--yes", f"s3://{bench.a}/d/")
    assert (hint.code, "--marker" in hint.err) == (2, True), hint
    for wrong in ((f"s3://{bench.a}/e",), ("-r", f"s3://{bench.a}/d/")):
        assert bench.as_a("rm", "--yes", "--marker", *wrong).code == 2
    done = bench.as_a("rm", "--yes", "--marker", f"s3://{bench.a}/d/")
    assert (done.code, bench.keys(bench.mine, bench.a)) == (0, ["d/x", "e"]), done
    assert bench.as_a("rm", "--yes", "--marker", f"s3://{bench.a}/d/").code == 4


@pytest.mark.parametrize("options", [(), ("--dry-run",)])
def test_a_bucket_that_does_not_exist_is_named_as_what_is_missing(
    bench: Bench, tmp_path: Path, options: tuple[str, ...]
) -> None:
    missing = "s3://no-such-bucket-at-all/x"
    for command in (("rm", "--yes", missing), ("cp", missing, f"{tmp_path}/")):
        done = bench.as_a(*command, *options)
        assert "bucket no-such-bucket-at-all does not exist" in done.out + done.err, (command, done)
        assert done.code in (1, 4), done


@pytest.mark.parametrize("command", [("sync",), ("cp", "-r")])
def test_a_dry_run_refuses_the_names_that_the_disk_refuses(
    bench: Bench, tmp_path: Path, command: tuple[str, ...]
) -> None:
    bench.put("p/../up", "p//empty", "p/" + "n" * 300, "p/good", "p/a", "p/a b", "p/a/b", "p/c", "p/c-d/x")
    (tmp_path / "t/c-d").mkdir(parents=True)
    ends = (f"s3://{bench.a}/p/", f"{tmp_path}/t/")
    dry = bench.as_a(command[0], *command[1:], "--dry-run", "--json", *ends)
    refused = [line["source"].rpartition("/p/")[2] for line in dry.planned if line["action"] == "refuse"]
    assert (dry.code, refused) == (1, ["../up", "/empty", "a/b", "n" * 300]), dry
    ran = bench.as_a(command[0], *command[1:], "--json", *ends)
    failed = [result for result in ran.results if result["outcome"] == "failed"]
    assert (ran.code, len(failed), len(ran.results)) == (1, 4, len(dry.planned)), ran


@pytest.mark.parametrize("command", ["cp", "mv", "sync"])
def test_a_mistyped_storage_class_is_a_usage_error(bench: Bench, command: str) -> None:
    bench.put("p/x")
    ends = (f"s3://{bench.a}/p/", f"s3://{bench.a}/q/", *(() if command == "sync" else ("-r",)))
    for name, words in (("GLACEIR", "did you mean GLACIER?"), ("COLD", "other:NAME"), ("", "needs a value")):
        done = bench.as_a(command, "--storage-class", name, *ends)
        assert (done.code, words in " ".join(done.err.split())) == (2, True), (name, done)
    assert bench.keys(bench.mine, bench.a) == ["p/x"]
    done = bench.as_a(command, "--storage-class", "glacier_ir", *ends)
    assert done.code == 0, done
    assert bench.mine.head_object(Bucket=bench.a, Key="q/x")["StorageClass"] == "GLACIER_IR"


def test_one_place_named_twice_is_said_to_be_one(bench: Bench) -> None:
    bench.put("k")
    uri = f"s3://{bench.a}/k"
    moved = bench.as_a("mv", uri, uri)
    assert (moved.code, "source and target are the same object" in moved.err) == (2, True), moved
    compared = bench.as_a("diff", uri, uri)
    assert (compared.code, "LEFT and RIGHT are the same place" in compared.err) == (2, True), compared
