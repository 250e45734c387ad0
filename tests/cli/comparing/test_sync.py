"""``sync``: what it copies, what it deletes, and what it asks before."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run
from tests.e2e.terminal import Terminal
from tests.servers.buckets import BucketPair
from tests.servers.server import S3Server


@pytest.fixture
def site(tmp_path: Path) -> Path:
    tree = tmp_path / "site"
    (tree / "css").mkdir(parents=True)
    for name in ("index.html", "css/a.css", "draft.tmp"):
        (tree / name).write_bytes(name.encode())
        os.utime(tree / name, (1_700_000_000, 1_700_000_000))
    return tree


def keys(client: Any, bucket: str) -> set[str]:
    return {each["Key"] for each in client.list_objects_v2(Bucket=bucket).get("Contents", [])}


def test_sync_of_a_directory(run: Run, server_environment: S3Server, bucket_pair: BucketPair, site: Path) -> None:
    server, bucket = bucket_pair.server, bucket_pair.a
    client = server.client(server.a)
    client.put_object(Bucket=bucket, Key="old.html", Body=b"old")
    arguments = (str(site), f"s3://{bucket}", "--profile", server.a.profile, "--exclude", "*.tmp")

    dry = run("sync", *arguments, "--delete", "--dry-run", "--json")
    assert {(line["action"], line["source"].rpartition("/")[2]) for line in dry.planned} == {
        ("copy", "index.html"),
        ("copy", "a.css"),
        ("delete", "old.html"),
    }
    assert run("sync", *arguments, "--delete").code == 2, "there is no terminal to ask"
    copied = run("sync", *arguments, "--json")
    assert (copied.code, len(copied.results), copied.total["kind"]) == (0, 2, "sync")
    again = run("sync", *arguments)
    assert (again.code, again.out.splitlines()[0]) == (0, "done: 0 copied (0 B), 0 skipped, 0 failed")
    assert keys(client, bucket) == {"index.html", "css/a.css", "old.html"}

    deleted = run("sync", *arguments, "--delete", "--yes", "--json")
    assert [(each["outcome"], each["source"]) for each in deleted.results] == [("deleted", f"s3://{bucket}/old.html")]
    assert keys(client, bucket) == {"index.html", "css/a.css"}
    nothing = run("sync", f"{site}/none", *arguments[1:], "--delete", "--yes")
    assert (nothing.code, "nothing found" in nothing.err) == (4, True)
    blocked = run("sync", *arguments, "--read-only", "to")
    assert blocked.code == 3


def test_a_change_in_the_second_of_the_upload_is_seen_by_diff_and_copied_by_sync(
    run: Run, server_environment: S3Server, bucket_pair: BucketPair, tmp_path: Path
) -> None:
    server, bucket = bucket_pair.server, bucket_pair.a
    client = server.client(server.a)
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "x").write_bytes(b"one")
    there, profile = f"s3://{bucket}", ("--profile", server.a.profile)
    assert run("sync", str(tree), there, *profile).code == 0
    (tree / "x").write_bytes(b"two")
    second = int(client.head_object(Bucket=bucket, Key="x")["LastModified"].timestamp())
    os.utime(tree / "x", (second + 0.7, second + 0.7))  # however long the upload took
    found = run("diff", str(tree), there, *profile, "--json")
    assert (found.code, [line["state"] for line in found.objects[:-1]]) == (1, ["differs"])
    assert len(run("sync", str(tree), there, *profile, "--json").results) == 1
    assert client.get_object(Bucket=bucket, Key="x")["Body"].read() == b"two"

    downloaded = tmp_path / "downloaded"
    assert run("sync", there, str(downloaded), *profile).code == 0
    assert run("diff", str(downloaded), there, *profile).code == 0
    assert [
        run("sync", *ends, *profile, "--json").results for ends in ((there, str(downloaded)), (str(downloaded), there))
    ] == [
        [],
        [],
    ]


@pytest.mark.parametrize("s3_server", ["demo"], indirect=True)
def test_sync_deletes_after_the_number_was_typed(
    server_environment: S3Server, surroundings: Path, bucket_pair: BucketPair, site: Path
) -> None:
    server, bucket = bucket_pair.server, bucket_pair.a
    client = server.client(server.a)
    for number in range(12):
        client.put_object(Bucket=bucket, Key=f"old/{number}", Body=b"old")
    command = ["sync", str(site), f"s3://{bucket}", "--profile", server.a.profile, "--delete"]
    with Terminal(command, dict(os.environ), 120, 40) as terminal:
        terminal.until_shown("type 12:")
        assert "old/11" in terminal.text
        client.put_object(Bucket=bucket, Key="old/late", Body=b"came after it was shown")
        terminal.send("y\r")
        assert terminal.until_ended() == 1
    assert len(keys(client, bucket)) == 13
    with Terminal(command, dict(os.environ), 120, 40) as terminal:
        terminal.until_shown("type 13:")
        client.put_object(Bucket=bucket, Key="old/later", Body=b"came after it was shown")
        terminal.send("13\r")
        assert terminal.until_ended() == 0
    assert keys(client, bucket) == {"index.html", "css/a.css", "draft.tmp", "old/later"}


@pytest.mark.parametrize("s3_server", ["demo"], indirect=True)
def test_nothing_is_deleted_before_all_is_copied_and_undo_brings_it_back(
    run: Run, server_environment: S3Server, bucket_pair: BucketPair, site: Path
) -> None:
    server, bucket = bucket_pair.server, bucket_pair.a
    client, other = server.client(server.a), server.client(server.b)
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    client.put_object(Bucket=bucket, Key="a/old", Body=b"old")
    other.put_object(Bucket=bucket_pair.b, Key="s/cold", Body=b"cold", StorageClass="GLACIER")
    ends = (f"s3://{bucket_pair.b}/s/", f"s3://{bucket}/a/", "--from", server.b.profile, "--to", server.a.profile)
    failed = run("sync", *ends, "--delete", "--yes", "--json")
    assert failed.code != 0
    assert keys(client, bucket) == {"a/old"}, "the copy failed: nothing is deleted"
    kept = next(each for each in failed.results if each["source"].endswith("a/old"))
    assert (kept["outcome"], kept["notes"]) == ("skipped", ["kept: not everything could be copied"])

    (site / "large").write_bytes(os.urandom(2 << 20))
    upload = (str(site), f"s3://{bucket}/a/", "--profile", server.a.profile, "--delete", "--yes", "--json")
    done = run("sync", *upload, "--limit-rate", "2M")
    assert (done.code, done.results[-1]["outcome"], len(done.results)) == (0, "deleted", 5)
    undone = run("undo", done.total["id"], "--yes", "--json")
    assert undone.code == 0
    assert keys(client, bucket) == {"a/old"}


def test_a_name_that_is_not_utf_8_is_named_and_the_rest_is_copied_and_nothing_deleted(
    run: Run, server_environment: S3Server, bucket_pair: BucketPair, site: Path
) -> None:
    server, bucket = bucket_pair.server, bucket_pair.a
    client = server.client(server.a)
    (Path(os.fsdecode(os.fsencode(site) + b"/css/bad\xff.txt"))).write_bytes(b"bad")
    client.put_object(Bucket=bucket, Key="aaa", Body=b"only here")
    client.put_object(Bucket=bucket, Key="zzz", Body=b"only here")
    words = ("sync", str(site), f"s3://{bucket}", "--profile", server.a.profile)

    dry = run(*words, "--dry-run")
    assert (dry.code, re.search(r"dry run: 3 copy \([^)]*\), 1 refuse;", dry.out) is not None) == (1, True), dry
    assert r"bad\xff.txt is left out: its name is not UTF-8" in dry.out
    dry = run(*words, "--delete", "--dry-run")
    assert (dry.code, dry.out.count("kept, as not everything could be listed")) == (1, 2), dry
    assert "delete " not in dry.out

    done = run(*words, "--delete", "--yes")
    assert done.code == 1, done
    assert "nothing is deleted" in done.err
    assert r"bad\xff.txt" in done.err
    assert keys(client, bucket) == {"aaa", "css/a.css", "draft.tmp", "index.html", "zzz"}


@pytest.mark.parametrize("s3_server", ["demo"], indirect=True)
def test_what_is_no_object_is_said_beside_a_name_that_is_not_utf_8(
    run: Run, server_environment: S3Server, bucket_pair: BucketPair, tmp_path: Path
) -> None:
    site, ends = tmp_path / "site", ("--profile", server_environment.a.profile)
    (site / "dir").mkdir(parents=True)
    (site / "link").symlink_to(site / "dir")
    (site / "dangling").symlink_to("/nowhere/at/all")
    os.mkfifo(site / "pipe")
    (Path(os.fsdecode(os.fsencode(site) + b"/bad\xff"))).write_bytes(b"bad")
    words = ("left out, because they are no objects: a broken symbolic link (1)", "a named pipe (1)", r"bad\xff")

    comparing: list[tuple[str, ...]] = [("sync",), ("sync", "--dry-run"), ("diff",)]
    for what in comparing:
        done = run(*what, f"{site}/", f"s3://{bucket_pair.a}/", *ends)
        assert (done.code, [word for word in words if word not in done.out + done.err]) == (1, []), done
    links = {f"s3://{bucket_pair.a}/in/{name}" for name in ("dangling", "link", "pipe")}
    copying = ("cp", "-r", f"{site}/", f"s3://{bucket_pair.a}/in/", *ends, "--json")
    planned, copied = run(*copying, "--dry-run"), run(*copying)
    assert {each["target"] for each in planned.planned if each["action"] == "skip"} == links
    assert {each["target"] for each in copied.results if each["outcome"] == "skipped"} == links
    for done in (planned, copied):
        assert (done.code, r"bad\\xff" in done.out + done.err) == (1, True), done


def test_a_name_at_the_target_that_is_not_utf_8_hides_none_that_comes_behind_it(
    run: Run, server_environment: S3Server, bucket_pair: BucketPair, tmp_path: Path
) -> None:
    server, bucket = bucket_pair.server, bucket_pair.a
    for key in ("a", "z"):
        server.client(server.a).put_object(Bucket=bucket, Key=key, Body=key.encode())
    (Path(os.fsdecode(os.fsencode(tmp_path) + b"/bad\xff.txt"))).write_bytes(b"bad")
    done = run("sync", f"s3://{bucket}", str(tmp_path), "--profile", server.a.profile)
    assert done.code == 1, done
    assert (tmp_path / "a").read_bytes() + (tmp_path / "z").read_bytes() == b"az"
