"""The commands that change a bucket, and those that look after what goes on in the background."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Ended, Run
from tests.e2e.terminal import Terminal
from tests.servers.buckets import BucketPair
from tests.servers.server import S3Server
from tests.waiting import until_true
from tui.protocol.process import EngineProcess

MIB = 1 << 20


class Bench:
    """Both buckets of a pair, and the command as A or from A to B."""

    def __init__(self, buckets: BucketPair, run: Run) -> None:
        self.a, self.b = buckets.a, buckets.b
        self.server = buckets.server
        self.mine, self.theirs = self.server.client(self.server.a), self.server.client(self.server.b)
        self._run = run

    def put(self, *keys: str, body: bytes = b"content") -> None:
        for key in keys:
            self.mine.put_object(Bucket=self.a, Key=key, Body=body)

    def keys(self, client: Any, bucket: str) -> list[str]:
        return [entry["Key"] for entry in client.list_objects_v2(Bucket=bucket).get("Contents", [])]

    def as_a(self, command: str, *arguments: str) -> Ended:
        return self._run(command, "--profile", self.server.a.profile, *arguments)

    def across(self, command: str, *arguments: str) -> Ended:
        return self._run(command, "--from", self.server.a.profile, "--to", self.server.b.profile, *arguments)

    def run(self, *arguments: str) -> Ended:
        return self._run(*arguments)


@pytest.fixture
def bench(server_environment: S3Server, bucket_pair: BucketPair, run: Run) -> Iterator[Bench]:
    yield Bench(bucket_pair, run)
    until_true(lambda: not EngineProcess().running, "the engine has ended", 30)


def test_mv_takes_the_source_away_when_the_copy_is_the_same(bench: Bench) -> None:
    bench.put("in/one", "in/two", "stays")
    done = bench.across("mv", "-r", f"s3://{bench.a}/in/", f"s3://{bench.b}/out/", "--json")
    assert done.code == 0, done
    assert [result["outcome"] for result in done.results] == ["moved", "moved"]
    assert bench.keys(bench.mine, bench.a) == ["stays"]
    assert bench.keys(bench.theirs, bench.b) == ["out/one", "out/two"]


def test_mv_within_a_bucket_renames(bench: Bench) -> None:
    bench.put("old name")
    profile = bench.server.a.profile
    done = bench.run("mv", "--from", profile, "--to", profile, f"s3://{bench.a}/old name", f"s3://{bench.a}/new name")
    assert done.code == 0, done
    assert bench.keys(bench.mine, bench.a) == ["new name"]


def test_filters_and_a_dry_run(bench: Bench) -> None:
    bench.put("p/a.txt", "p/b.bin", "p/deep/c.txt")
    arguments = ("-r", "--include", "*.txt", "--exclude", "deep/*", f"s3://{bench.a}/p/", f"s3://{bench.b}/")
    planned = bench.across("cp", "--dry-run", "--json", *arguments)
    assert planned.code == 0, planned
    assert [line["source"] for line in planned.planned] == [f"s3://{bench.a}/p/a.txt"]
    assert planned.planned[0]["action"] == "copy"
    assert [line["type"] for line in planned.objects] == ["planned", "estimates", "plan"]
    assert bench.keys(bench.theirs, bench.b) == []
    done = bench.across("cp", *arguments)
    assert done.code == 0, done
    assert bench.keys(bench.theirs, bench.b) == ["a.txt"]


def test_rm_does_not_ask_without_a_terminal(bench: Bench) -> None:
    bench.put("one", "p/two", "p/three")
    refused = bench.as_a("rm", f"s3://{bench.a}/one")
    assert refused.code == 2
    assert "--yes" in refused.err
    assert bench.as_a("rm", f"s3://{bench.a}/p/").code == 2, "a prefix needs --recursive"
    done = bench.as_a("rm", "-r", "--yes", f"s3://{bench.a}/p/")
    assert (done.code, bench.keys(bench.mine, bench.a)) == (0, ["one"]), done
    assert "2 deleted" in done.out


def test_rm_has_the_number_typed(bench: Bench) -> None:
    bench.put("p/1", "p/2", "p/3")
    words = ["rm", "-r", "--profile", bench.server.a.profile, f"s3://{bench.a}/p/"]
    with Terminal(words, dict(os.environ), 120, 24) as terminal:
        terminal.until_shown("this cannot be undone: the bucket has no versioning")
        terminal.until_shown("type 3:")
        terminal.send("y\r")
        assert terminal.until_ended() == 1
    assert len(bench.keys(bench.mine, bench.a)) == 3
    with Terminal(words, dict(os.environ), 120, 24) as terminal:
        terminal.until_shown("type 3:")
        terminal.send("3\r")
        assert terminal.until_ended() == 0
    assert bench.keys(bench.mine, bench.a) == []


def test_mb_makes_a_bucket_and_says_what_is_wrong_with_a_name(bench: Bench) -> None:
    name = f"{bench.a}-made"
    made = bench.as_a("mb", f"s3://{name}")
    assert made.code == 0, made
    bench.mine.delete_bucket(Bucket=name)
    wrong = bench.as_a("mb", "s3://Not_A_Name")
    assert wrong.code == 2
    assert "lower" in wrong.err


def test_uploads_lists_and_aborts(bench: Bench) -> None:
    upload = bench.mine.create_multipart_upload(Bucket=bench.a, Key="left")["UploadId"]
    bench.mine.upload_part(Bucket=bench.a, Key="left", UploadId=upload, PartNumber=1, Body=bytes(5 * MIB))
    listed = bench.as_a("uploads", f"s3://{bench.a}/", "--json")
    (one,) = listed.objects
    assert (one["key"], one["size"], one["ours"]) == ("left", 5 * MIB, False)
    too_young = bench.as_a("uploads", f"s3://{bench.a}/", "--older-than", "1d", "--abort")
    assert (too_young.code, "0 uploads aborted" in too_young.err) == (0, True), too_young
    assert bench.mine.list_multipart_uploads(Bucket=bench.a).get("Uploads"), "it is younger than that"
    aborted = bench.as_a("uploads", f"s3://{bench.a}/", "--abort")
    assert (aborted.code, "1 upload aborted" in aborted.err) == (0, True), aborted
    assert not bench.mine.list_multipart_uploads(Bucket=bench.a).get("Uploads")


def test_a_copy_in_the_background_is_found_controlled_and_receipted(bench: Bench, tmp_path: Path) -> None:
    bench.put("large", body=os.urandom(12 * MIB))
    receipt = tmp_path / "receipt.jsonl"
    begun = bench.across(
        "cp", "--background", "--json", "--route", "relay", "--limit-rate", "1M", "--part-size", "5M",
        "--receipt", str(receipt), f"s3://{bench.a}/large", f"s3://{bench.b}/large",
    )  # fmt: skip
    assert begun.code == 0, begun
    name = begun.objects[0]["transfer"]
    paused = bench.run("transfers", name, "--pause", "--json")
    assert (paused.code, paused.objects[0]["state"]) == (0, "paused"), paused
    assert paused.objects[0]["limits"] == {"rate": MIB, "objects": None}
    early = bench.run("transfers", name, "--retry")
    assert (early.code, "has not ended (paused): nothing to retry yet" in early.err) == (2, True), early
    assert bench.run("transfers", name, "--resume").code == 0
    watched = bench.run("transfers", "--watch")
    assert (watched.code, "done" in watched.out) == (0, True), watched
    head, only = (json.loads(line) for line in receipt.read_text().splitlines())
    assert head["transfer"]["id"] == name
    assert only["result"]["verification"] == "same"
    late = bench.run("transfers", name, "--pause")
    assert (late.code, "has ended (done): nothing to pause" in late.err) == (2, True), late
    assert bench.run("transfers", name, "--forget").code == 0
    assert bench.run("transfers").out == "no transfers\n"


def test_an_unknown_transfer_is_named(bench: Bench) -> None:
    said = bench.run("transfers", "nosuchid", "--cancel")
    assert said.code == 4
    assert "nosuchid" in said.err
    assert bench.run("transfers", "--cancel").code == 2, "nothing is cancelled by leaving out what"
