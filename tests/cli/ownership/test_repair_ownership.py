"""``repair-ownership`` and ``owners``, as they are typed, on every server."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Ended, Run
from tests.e2e.terminal import Terminal
from tests.servers.buckets import BucketPair
from tests.servers.policies import grant_write
from tests.servers.server import S3Server
from tests.waiting import until_true
from tui.protocol.messages.greeting import Hello
from tui.protocol.process import EngineProcess
from tui.protocol.session import EngineSession

MIB = 1 << 20
PATIENCE = 300.0
"""Seconds that a thousand objects may take on a busy machine: each is about ten requests."""
ATTRIBUTES: dict[str, Any] = {"ContentType": "text/csv", "Metadata": {"m": "1"}, "Tagging": "t=1"}


class Bench:
    """A's bucket with B's objects, and the commands as A."""

    def __init__(self, buckets: BucketPair, run: Run, directory: Path) -> None:
        self.bucket, self.server = buckets.a, buckets.server
        self.a: Any = self.server.client(self.server.a)
        self.b: Any = self.server.client(self.server.b)
        self._run, self._directory = run, directory
        buckets.set_policy_of_a(*grant_write(self.bucket, self.server.b.principal))

    def put(self, *keys: str) -> None:
        for key in keys:
            self.b.put_object(Bucket=self.bucket, Key=key, Body=b"content", **ATTRIBUTES)

    def put_in_parts(self, key: str, body: bytes, part_size: int) -> None:
        place = {"Bucket": self.bucket, "Key": key}
        upload = self.b.create_multipart_upload(**place, **ATTRIBUTES)["UploadId"]
        parts = []
        for number, start in enumerate(range(0, len(body), part_size), 1):
            part = body[start : start + part_size]
            etag = self.b.upload_part(**place, UploadId=upload, PartNumber=number, Body=part)["ETag"]
            parts.append({"PartNumber": number, "ETag": etag})
        self.b.complete_multipart_upload(**place, UploadId=upload, MultipartUpload={"Parts": parts})
        # Ceph drops the tags that an upload was begun with.
        self.b.put_object_tagging(**place, Tagging={"TagSet": [{"Key": "t", "Value": "1"}]})

    def owners(self) -> dict[str, str]:
        """``a`` or ``b`` by key."""
        names = {self.server.a.canonical_id: "a", self.server.b.canonical_id: "b"}
        pages = self.a.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, FetchOwner=True)
        return {each["Key"]: names[each["Owner"]["ID"]] for page in pages for each in page.get("Contents", [])}

    def repair(self, key: str, *arguments: str, both: bool = True) -> Ended:
        other = ["--other", self.server.b.profile] if both else []
        uri = f"s3://{self.bucket}/{key}"
        return self._run("repair-ownership", "--profile", self.server.a.profile, *other, uri, *arguments)

    def run(self, *arguments: str, timeout: float = 60) -> Ended:
        return self._run(*arguments, timeout=timeout)

    def file(self, name: str) -> Path:
        return self._directory / name


@pytest.fixture
def bench(server_environment: S3Server, bucket_pair: BucketPair, run: Run, tmp_path: Path) -> Iterator[Bench]:
    yield Bench(bucket_pair, run, tmp_path)
    until_true(lambda: not EngineProcess().running, "the engine has ended", 30)


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_prefix_is_repaired_and_the_receipt_is_true(bench: Bench) -> None:
    bench.put("in/a", "in/b", "other")
    receipt = bench.file("receipt.jsonl")
    done = bench.repair("in/", "--yes", "--json", "--receipt", str(receipt))
    assert done.code == 0, done
    assert [result["outcome"] for result in done.results] == ["repaired", "repaired"]
    assert done.total["objects_done"] == 2
    assert bench.owners() == {"in/a": "a", "in/b": "a", "other": "b"}
    head = bench.a.head_object(Bucket=bench.bucket, Key="in/a")
    assert (head["ContentType"], head["Metadata"]) == ("text/csv", {"m": "1"})
    assert {line["result"]["verification"] for line in lines(receipt)[1:]} == {"same"}
    was = lines(bench.file("receipt.jsonl.rollback"))
    assert {each["acl"]["owner"]["id"] for each in was} == {bench.server.b.canonical_id}


def test_one_object_in_words(bench: Bench) -> None:
    bench.put("k")
    done = bench.repair("k", "--yes")
    assert done.code == 0, done
    assert done.out.startswith(f"repaired s3://{bench.bucket}/k (7 B, same: ")
    assert "owner, type, headers, metadata, tags and class read back" in done.out
    assert "1 repaired" in done.out
    assert bench.owners() == {"k": "a"}


def test_a_dry_run_shows_the_plan_and_changes_nothing(bench: Bench) -> None:
    bench.put("in/a")
    done = bench.repair("in/", "--dry-run")
    assert done.code == 0, done
    assert f"as {bench.server.b.profile}: PutObjectAcl bucket-owner-full-control, 1 request" in done.err
    assert f"as {bench.server.a.profile}: copy in place, everything preserved, 1 copy" in done.err
    assert f"s3://{bench.bucket}/in/a" in done.out
    assert bench.owners() == {"in/a": "b"}


def test_without_a_terminal_it_asks_for_yes(bench: Bench) -> None:
    bench.put("in/a")
    done = bench.repair("in/")
    assert done.code == 2
    assert "add --yes" in done.err
    assert bench.owners() == {"in/a": "b"}


def test_one_identity_does_its_half_and_prints_the_other(bench: Bench) -> None:
    bench.put("in/a")
    done = bench.repair("in/", "--yes", "--json", both=False)
    assert done.code == 3
    [plan] = [line["plan"] for line in done.objects if line["type"] == "plan"]
    [grant] = [step for step in plan["steps"] if not step["ours"]]
    command = f"aws s3api put-object-acl --bucket {bench.bucket} --key in/a --acl bucket-owner-full-control"
    assert grant["commands"] == [command]
    uri = f"s3://{bench.bucket}/in/a"
    granted = bench.run("repair-ownership", "--profile", bench.server.b.profile, "--half", "grant", uri, "--yes")
    assert granted.code == 0, granted
    assert f"aws s3 cp {uri} {uri} --storage-class STANDARD" in granted.out
    assert bench.owners() == {"in/a": "b"}
    copied = bench.repair("in/", "--yes", both=False)
    assert copied.code == 0, copied
    assert bench.owners() == {"in/a": "a"}


def test_nothing_to_repair_is_well_and_nothing_there_is_not_found(bench: Bench) -> None:
    bench.a.put_object(Bucket=bench.bucket, Key="in/own", Body=b"x")
    assert bench.repair("in/", "--yes").code == 0
    assert bench.repair("in/", "--yes", both=False).code == 0
    assert bench.repair("gone/", "--yes").code == 4
    assert bench.repair("gone", "--yes").code == 4


def test_a_read_only_command_changes_nothing(bench: Bench) -> None:
    bench.put("in/a")
    done = bench.repair("in/", "--yes", "--read-only")
    assert done.code == 3
    assert "is blocked" in done.err
    assert bench.owners() == {"in/a": "b"}


def test_on_a_terminal_the_number_is_typed(bench: Bench) -> None:
    bench.put("in/a", "in/b")
    for typed, said, owner in (("y", "nothing was changed", "b"), ("2", "2 repaired", "a")):
        words = ["--profile", bench.server.a.profile, "--other", bench.server.b.profile, f"s3://{bench.bucket}/in/"]
        with Terminal(["repair-ownership", *words], dict(os.environ), 120, 24) as terminal:
            terminal.until_shown("type 2:")
            terminal.send(f"{typed}\r")
            terminal.until_shown(said)
            terminal.until_ended()
        assert set(bench.owners().values()) == {owner}


@pytest.mark.timeout(2 * PATIENCE)
def test_an_engine_that_is_killed_in_between_goes_on(bench: Bench) -> None:
    """A thousand objects, and one of 100 MiB in parts of 8 MiB."""
    body, receipt = os.urandom(100 * MIB), bench.file("receipt.jsonl")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(bench.put, (f"in/{number:04}" for number in range(1000))))
    bench.put_in_parts("in/big", body, 8 * MIB)
    etag = bench.b.head_object(Bucket=bench.bucket, Key="in/big")["ETag"].strip('"')
    begun = bench.repair("in/", "--yes", "--json", "--receipt", str(receipt), "--background")
    transfer = begun.objects[-1]["transfer"]
    until_true(lambda: list(bench.owners().values()).count("a") >= 50, "some are repaired", 100)
    os.kill(asyncio.run(_pid()), signal.SIGKILL)
    assert "b" in bench.owners().values()
    done = bench.run("transfers", transfer, "--watch", "--json", timeout=PATIENCE)
    until_true(receipt.exists, "the receipt is written", 30)
    results = [line["result"] for line in lines(receipt) if line["type"] == "object"]
    assert [each for each in results if each["problem"]] == []
    assert (done.code, len(results), set(bench.owners().values())) == (0, 1001, {"a"})
    assert {(each["outcome"], each["verification"], each["owner"]["id"]) for each in results} == {
        ("repaired", "same", bench.server.a.canonical_id)
    }
    big = bench.a.get_object(Bucket=bench.bucket, Key="in/big")
    assert (big["ETag"].strip('"'), big["ContentType"], big["Metadata"]) == (etag, "text/csv", {"m": "1"})
    assert big["Body"].read() == body
    assert bench.a.get_object_tagging(Bucket=bench.bucket, Key="in/big")["TagSet"] == [{"Key": "t", "Value": "1"}]
    assert "Uploads" not in bench.a.list_multipart_uploads(Bucket=bench.bucket)


async def _pid() -> int:
    session = EngineSession(EngineProcess())
    try:
        return (await session.ask(Hello())).pid
    finally:
        await session.close()


def test_owners_are_counted(bench: Bench) -> None:
    bench.put("in/a", "in/b")
    bench.a.put_object(Bucket=bench.bucket, Key="in/own", Body=b"xyz")
    uri = f"s3://{bench.bucket}/in/"
    done = bench.run("owners", "--profile", bench.server.a.profile, uri, "--json")
    assert done.code == 0, done
    rows = [line for line in done.objects if line["type"] == "owner"]
    assert [(row["id"], row["bucket_owner"], row["objects"], row["bytes"]) for row in rows] == [
        (bench.server.a.canonical_id, True, 1, 3),
        (bench.server.b.canonical_id, False, 2, 14),
    ]
    words = bench.run("owners", "--profile", bench.server.a.profile, uri)
    assert [line.split()[0] for line in words.out.splitlines()] == ["1", "2", "3"]
    assert "the bucket owner" in words.out.splitlines()[0]
    assert bench.run("owners", "--profile", bench.server.a.profile, f"s3://{bench.bucket}/gone/").code == 4


def test_an_inventory_report_says_which_objects(bench: Bench) -> None:
    bench.put("in/a", "in/not in it")
    b, schema = bench.server.b.canonical_id, "Bucket, Key, Size, ObjectOwner"
    packed = gzip.compress(f'"{bench.bucket}","in/a","7","{b}"\n'.encode())
    manifest = {
        "sourceBucket": bench.bucket,
        "destinationBucket": f"arn:aws:s3:::{bench.bucket}",
        "fileFormat": "CSV",
        "fileSchema": schema,
        "files": [{"key": "report/1.csv.gz", "size": len(packed)}],
    }
    bench.a.put_object(Bucket=bench.bucket, Key="report/1.csv.gz", Body=packed)
    bench.a.put_object(Bucket=bench.bucket, Key="report/manifest.json", Body=json.dumps(manifest).encode())
    uri = f"s3://{bench.bucket}/report/manifest.json"
    done = bench.repair("in/", "--yes", "--json", "--inventory", uri)
    assert done.code == 0, done
    assert [result["outcome"] for result in done.results] == ["repaired"]
    owners = bench.owners()
    assert (owners["in/a"], owners["in/not in it"]) == ("a", "b")
