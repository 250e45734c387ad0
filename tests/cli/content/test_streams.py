"""cp from stdin and to stdout."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run
from tests.cli.content.conftest import AS_A, Put
from tests.e2e.terminal import COMMAND
from tests.waiting import until_true

LONG = bytes(range(256)) * 80_000
"""20 MiB: three parts."""


def fed(body: bytes, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """The command with this on stdin."""
    done = subprocess.run([COMMAND, "cp", *arguments], input=body, capture_output=True, check=False, timeout=60)
    assert b"Traceback" not in done.stderr
    return done


@pytest.mark.parametrize("body", [b"", b"short", LONG], ids=["empty", "short", "long"])
def test_stdin_becomes_an_object_with_what_was_asked_for(run: Run, bucket: str, client: Any, body: bytes) -> None:
    options = ("--content-type", "text/x-mine", "--storage-class", "STANDARD_IA", "--json")
    done = fed(body, *AS_A, *options, "-", f"s3://{bucket}/dir/k")
    assert done.returncode == 0, done.stderr
    found = client.get_object(Bucket=bucket, Key="dir/k")
    assert found["Body"].read() == body
    assert (found["ContentType"], found["StorageClass"]) == ("text/x-mine", "STANDARD_IA")
    said = json.loads(done.stdout)
    assert (said["type"], said["size"], said["etag"]) == ("uploaded", len(body), found["ETag"])
    assert found["ETag"].endswith('-3"') is (body is LONG)
    out = subprocess.run([COMMAND, "cp", *AS_A, f"s3://{bucket}/dir/k", "-"], capture_output=True, check=True)
    assert (out.stdout, out.stderr) == (body, b"")


@pytest.mark.parametrize("body", [b"short", LONG], ids=["short", "long"])
def test_what_a_stream_has_written_is_undone_by_its_version(
    run: Run, put: Put, bucket: str, client: Any, body: bytes
) -> None:
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    uri = put("dir/k", b"before")
    done = fed(body, *AS_A, "--on-conflict", "overwrite", "-", uri)
    assert b"undo takes overwrites back: the bucket keeps versions" in done.stderr
    (entry,) = run("undo", "--json").objects
    assert f"'xs3-tui undo {entry['transfer']}' takes it back".encode() in done.stderr
    assert run("undo", entry["transfer"], "--yes").code == 0
    assert client.get_object(Bucket=bucket, Key="dir/k")["Body"].read() == b"before"


def test_what_is_there_is_replaced_only_if_that_was_asked_for(run: Run, put: Put, bucket: str, client: Any) -> None:
    uri = put("k", b"before")
    asked, skipped = fed(b"new", *AS_A, "-", uri), fed(b"new", *AS_A, "--on-conflict", "skip", "-", uri)
    assert (asked.returncode, b"--on-conflict overwrite" in asked.stderr) == (1, True)
    assert (skipped.returncode, b"was kept" in skipped.stderr) == (0, True)
    assert client.get_object(Bucket=bucket, Key="k")["Body"].read() == b"before"
    assert fed(b"new", *AS_A, "--on-conflict", "overwrite", "-", uri).returncode == 0
    assert client.get_object(Bucket=bucket, Key="k")["Body"].read() == b"new"


def test_an_upload_that_is_interrupted_leaves_nothing(run: Run, bucket: str, client: Any) -> None:
    def uploads() -> list[Any]:
        found: list[Any] = client.list_multipart_uploads(Bucket=bucket).get("Uploads", [])
        return found

    command = [str(COMMAND), "cp", *AS_A, "-", f"s3://{bucket}/k"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin
        process.stdin.write(LONG)
        process.stdin.flush()
        until_true(lambda: len(uploads()) == 1, "the upload has begun")
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == -signal.SIGINT
    until_true(lambda: not uploads(), "the upload is aborted")
    assert "Contents" not in client.list_objects_v2(Bucket=bucket)


def test_a_local_file_is_written_and_read(run: Run, tmp_path: Path, surroundings: Path) -> None:
    path = str(tmp_path / "here")
    assert fed(LONG, "-", path).returncode == 0
    assert Path(path).read_bytes() == LONG
    assert fed(b"", path, "-").stdout == LONG


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("-", "-"), 2, "must name an object"),
        (("-r", "-", "s3://b/k"), 2, "has no --recursive"),
        (("-", "s3://b/k/"), 2, "give a full key"),
        (("s3://b/k", "-", "--json"), 2, "leave out --json"),
        (("--content-type", "a/b", "s3://b/k", "s3://b/l"), 2, "is for SOURCE -"),
        ((*AS_A, "--read-only", "to", "-", "s3://media-prod-assets/new"), 3, "read-only"),
    ],
)
def test_what_is_refused(run: Run, demo_environment: object, arguments: tuple[str, ...], code: int, says: str) -> None:
    ended = run("cp", *arguments)
    assert (ended.code, says in ended.err) == (code, True), ended.err
