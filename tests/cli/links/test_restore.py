"""Restores, and copies that wait for them, on the demo, whose restores take a second in tests, Bulk ones 15."""

from __future__ import annotations

import os
import re

import pytest

from tests.cli.test_changing import Bench, bench
from tests.e2e.terminal import Terminal
from tui.protocol.process import EngineProcess

__all__ = ["bench"]

pytestmark = pytest.mark.parametrize("s3_server", ["demo"], indirect=True)


def archive(bench: Bench, *keys: str, storage_class: str = "GLACIER") -> None:
    for key in keys:
        bench.mine.put_object(Bucket=bench.a, Key=key, Body=key.encode(), StorageClass=storage_class)


def notes(line: dict[str, list[str]]) -> str:
    return " ".join(line["notes"])


def test_each_object_says_what_became_of_it(bench: Bench) -> None:
    archive(bench, "a/1", "a/2")
    bench.put("a/plain")
    bench.mine.restore_object(Bucket=bench.a, Key="a/2", RestoreRequest={"Days": 1})  # at once, without a tier
    uri = f"s3://{bench.a}/a/"
    planned = bench.as_a("restore", "-r", "--dry-run", "--tier", "Bulk", uri)
    assert (planned.code, "restore of GLACIER requested by Bulk" in planned.out) == (0, True), planned
    assert "2 not archived" not in planned.err
    first = bench.as_a("restore", "-r", "-y", "--tier", "Bulk", uri, "--json")
    assert {line["source"][-1]: line["outcome"] for line in first.results} == {"1": "requested", "2": "skipped"}
    assert first.total["objects_total"] == 2
    again = bench.as_a("restore", "-r", "--yes", uri, "--json")
    said = {line["source"][-1]: notes(line) for line in again.results}
    assert said["1"] == "its restore is in progress"
    assert re.fullmatch(r"already restored until \d{4}-\d\d-\d\d \d\d:\d\d UTC", said["2"])
    assert (again.code, again.total["state"]) == (0, "done")
    lone = bench.as_a("restore", f"s3://{bench.a}/a/plain", "--json")
    assert notes(lone.results[0]) == "not archived"


def test_a_prefix_is_asked_about(bench: Bench) -> None:
    archive(bench, "a/1", "a/2")
    words = ("restore", "-r", "--tier", "Bulk", "--profile", bench.server.a.profile, f"s3://{bench.a}/a/")
    refused = bench.run(*words)
    assert (refused.code, "add --yes, or --dry-run" in refused.err) == (2, True), refused
    for typed, code, requested in (("n", 1, 0), ("y", 0, 2)):
        with Terminal([*words], dict(os.environ), 120, 24) as terminal:
            terminal.until_shown("GLACIER: 2 objects")
            terminal.until_shown("request the restore of 2 objects? [y/N]")
            terminal.send(f"{typed}\r")
            assert terminal.until_ended() == code
        heads = [bench.mine.head_object(Bucket=bench.a, Key=key) for key in ("a/1", "a/2")]
        assert sum("Restore" in head for head in heads) == requested


def test_where_nothing_is_archived_it_says_so(bench: Bench) -> None:
    bench.put("plain/1", "plain/2")
    uri = f"s3://{bench.a}/plain/"
    for plain in ((uri, "-r", "-y"), (uri, "-r", "--dry-run"), (f"{uri}1",)):
        done = bench.as_a("restore", *plain)
        assert (done.code, "nothing selected is archived" in done.err) == (0, True), done
    for options in (("-y",), ("--dry-run",), ("-y", "--json")):
        missing = bench.as_a("restore", "-r", f"s3://{bench.a}/none/", *options)
        assert (missing.code, f"nothing found at s3://{bench.a}/none/" in missing.err) == (4, True), missing


def test_a_restore_that_waits_ends_when_all_can_be_read(bench: Bench) -> None:
    archive(bench, "1", "2", storage_class="DEEP_ARCHIVE")
    done = bench.as_a("restore", "-r", "-y", f"s3://{bench.a}/", "--wait", "--days", "3")
    assert done.code == 0, done
    assert "DEEP_ARCHIVE up to 12 hours" in done.err
    assert "restore in progress: 0 ready, 2 or more not yet" in done.err
    assert bench.mine.get_object(Bucket=bench.a, Key="1")["Body"].read() == b"1"
    (seen,) = bench.as_a("inspect", f"s3://{bench.a}/1", "--json").objects
    assert {"archived", "restored"} & {finding["rule"] for finding in seen["findings"]} == {"restored"}


def test_a_copy_waits_for_the_restore(bench: Bench) -> None:
    archive(bench, "in/1", "in/2")
    bench.put("in/3")
    ends = (f"s3://{bench.a}/in/", f"s3://{bench.b}/out/")
    without = bench.across("cp", "-r", "--dry-run", *ends)
    assert without.out.count("archived: restore first") == 2
    planned = bench.across("cp", "-r", "--dry-run", "--restore", *ends)
    assert planned.out.count("restored from the archive first") == 2
    done = bench.across("cp", "-r", "--restore", *ends)
    assert done.code == 0, done
    assert bench.keys(bench.theirs, bench.b) == ["out/1", "out/2", "out/3"]


def test_a_copy_that_waits_goes_on_after_the_engine_was_killed(bench: Bench) -> None:
    archive(bench, "in/1")
    ends = (f"s3://{bench.a}/in/1", f"s3://{bench.b}/1")
    assert bench.across("cp", "--restore", "--restore-tier=Bulk", "--background", *ends).code == 0
    EngineProcess().stop()
    watched = bench.run("transfers", "--watch")
    assert watched.code == 0, watched
    assert bench.keys(bench.theirs, bench.b) == ["1"]


@pytest.mark.parametrize(
    ("arguments", "words", "code"),
    [
        (("s3://{a}/deep", "--tier", "Expedited"), "DEEP_ARCHIVE has no Expedited restore", 2),
        (("s3://{a}/deep", "--read-only"), "is blocked", 3),
        (("s3://{a}/deep", "--days", "0"), "--days", 2),
        (("s3://{a}/",), "is a prefix: add --recursive", 2),
        (("./deep",), "name an object or prefix in S3", 2),
        (("s3://{a}/missing",), "does not exist", 4),
    ],
)
def test_what_cannot_be_restored_is_refused(bench: Bench, arguments: tuple[str, ...], words: str, code: int) -> None:
    archive(bench, "deep", storage_class="DEEP_ARCHIVE")
    done = bench.as_a("restore", *(each.format(a=bench.a) for each in arguments))
    assert (done.code, words in done.err) == (code, True), done


def test_a_dry_run_of_sync_tells_of_archived_sources(bench: Bench) -> None:
    archive(bench, "in/1", "in/2")
    bench.put("in/3")
    ends = (f"s3://{bench.a}/in/", f"s3://{bench.b}/out/")
    without = bench.across("sync", "--dry-run", *ends)
    assert (without.code, without.out.count("archived: restore first")) == (1, 2), without
    assert "dry run: 2 refuse (" in without.out
    assert "'sync' with --restore" in bench.across("sync", *ends).err
    planned = bench.across("sync", "--dry-run", "--restore", *ends, "--include", "[12]")
    assert (planned.code, planned.out.count("restored from the archive first")) == (0, 2), planned
    done = bench.across("sync", "--restore", *ends)
    assert done.code == 0, done
    assert bench.keys(bench.theirs, bench.b) == ["out/1", "out/2", "out/3"]


@pytest.mark.parametrize("command", ["cp", "mv", "sync"])
def test_a_tier_that_the_class_does_not_have_is_refused_in_the_dry_run_as_in_the_run(
    bench: Bench, command: str
) -> None:
    archive(bench, "in/deep", storage_class="DEEP_ARCHIVE")
    archive(bench, "in/flexible")
    words = (command, *([] if command == "sync" else ["-r"]), "--restore", "--restore-tier", "expedited")
    ends = (f"s3://{bench.a}/in/", f"s3://{bench.b}/out/")
    planned = bench.across(*words, "--dry-run", *ends)
    refused = [line for line in planned.out.splitlines() if line.startswith("refuse")]
    assert (planned.code, len(refused)) == (1, 1), planned
    assert "DEEP_ARCHIVE has no Expedited restore · choose the tier Standard or Bulk" in refused[0]
    assert "restored from the archive first" in planned.out
    done = bench.across(*words, *ends)
    assert (done.code, "DEEP_ARCHIVE has no Expedited restore" in done.err) == (1, True), done
    assert "choose the tier Standard or Bulk" in done.err
    assert "--restore" not in done.err
    assert bench.keys(bench.theirs, bench.b) == ["out/flexible"]
