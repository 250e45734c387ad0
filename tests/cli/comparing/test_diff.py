"""``diff``: what it prints, and what its exit codes say."""

from __future__ import annotations

import os
from pathlib import Path

from tests.cli.conftest import Run
from tests.servers.buckets import BucketPair
from tests.servers.server import S3Server


def test_diff_of_two_accounts(run: Run, server_environment: S3Server, bucket_pair: BucketPair) -> None:
    server = bucket_pair.server
    a, b = server.client(server.a), server.client(server.b)
    for name in ("logs/1", "logs/2", "logs/3"):
        a.put_object(Bucket=bucket_pair.a, Key=name, Body=b"same")
        b.put_object(Bucket=bucket_pair.b, Key=name, Body=b"same")
    places = (f"s3://{bucket_pair.a}/logs", f"s3://{bucket_pair.b}/logs/")
    ends = ("--from", server.a.profile, "--to", server.b.profile)
    same = run("diff", *ends, *places)
    assert (same.code, same.out) == (0, "0 only left, 0 only right, 0 differs, 0 unknown, 3 same (12 B)\n")

    a.put_object(Bucket=bucket_pair.a, Key="logs/2", Body=b"more than that")
    a.put_object(Bucket=bucket_pair.a, Key="logs/\x1b[31m", Body=b"x")
    b.put_object(Bucket=bucket_pair.b, Key="logs/4", Body=b"x")
    found = run("diff", *ends, *places)
    assert found.code == 1
    assert "\x1b" not in found.out
    assert [line.split()[0] for line in found.out.splitlines()] == ["only", "differs", "only", "1"]

    lines = run("diff", *ends, *places, "--json", "--only", "differs,right").objects
    assert [(line["name"], line["state"], line["evidence"]) for line in lines[:-1]] == [
        ("2", "differs", "size"),
        ("4", "right", "listed"),
    ]
    assert lines[-1]["counts"]["same"]["objects"] == 2
    assert run("diff", *ends, *places, "--only", "odd").code == 2
    assert run("diff", *ends, places[0] + "/none", places[1] + "none").code == 4


def test_diff_with_a_directory(run: Run, server_environment: S3Server, bucket_pair: BucketPair, tmp_path: Path) -> None:
    server = bucket_pair.server
    (tmp_path / "x").write_bytes(b"one")
    os.utime(tmp_path / "x", (1_700_000_000, 1_700_000_000))
    server.client(server.a).put_object(Bucket=bucket_pair.a, Key="x", Body=b"two")
    arguments = (str(tmp_path), f"s3://{bucket_pair.a}", "--profile", server.a.profile)
    small = run("diff", *arguments)
    assert (small.code, "(by checksum)" in small.out) == (1, True)
    read = run("diff", *arguments, "--checksum", "--json")
    assert [line["state"] for line in read.objects[:-1]] == ["differs"]


def test_a_name_that_is_not_utf_8_hides_none_of_many_pages(
    run: Run, server_environment: S3Server, bucket_pair: BucketPair, tmp_path: Path
) -> None:
    server = bucket_pair.server
    for number in range(1100):  # more than one page
        (tmp_path / f"{number:04}").write_bytes(b"")
    Path(os.fsdecode(bytes(tmp_path) + b"/bad\xff")).write_bytes(b"x")
    ended = run("diff", str(tmp_path), f"s3://{bucket_pair.a}", "--profile", server.a.profile)
    assert (ended.code, "its name is not UTF-8" in ended.err) == (1, True)
    *rows, last = ended.out.splitlines()
    assert len(rows) == 1100
    assert last.startswith("1,100 only left")


def test_a_name_that_is_not_utf_8_is_named_and_the_rest_is_compared(
    run: Run, server_environment: S3Server, bucket_pair: BucketPair, tmp_path: Path
) -> None:
    server, bucket = bucket_pair.server, bucket_pair.a
    (Path(os.fsdecode(os.fsencode(tmp_path) + b"/bad\xff.txt"))).write_bytes(b"bad")
    (tmp_path / "a").write_bytes(b"a")
    server.client(server.a).put_object(Bucket=bucket, Key="z", Body=b"z")
    words = ("diff", str(tmp_path), f"s3://{bucket}", "--profile", server.a.profile)
    done = run(*words)
    assert (done.code, len(done.out.splitlines())) == (1, 3), done
    assert done.out.splitlines()[0].endswith("a")
    assert done.out.splitlines()[1].endswith("z")
    (line,) = done.err.splitlines()
    assert line.startswith(f"not compared: {tmp_path}/bad\\xff.txt is left out: its name is not UTF-8")
    told = run(*words, "--json")
    assert (told.code, [line.get("type") for line in told.objects]) == (1, ["compared", "compared", None, "comparison"])
    server.client(server.a).delete_object(Bucket=bucket, Key="z")
    (tmp_path / "a").unlink()
    assert run(*words).code == 1
