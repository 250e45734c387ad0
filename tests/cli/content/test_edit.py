"""edit: written back over what was read, with all attributes, and kept where that is refused."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run
from tests.cli.content.conftest import AS_A, Put
from tests.e2e.terminal import COMMAND
from tests.servers.server import S3Server

ATTRIBUTES: dict[str, Any] = {
    "ContentType": "text/x-mine",
    "CacheControl": "max-age=5",
    "Metadata": {"who": "me"},
    "Tagging": "team=video&stage=cut",
    "StorageClass": "STANDARD_IA",
}


@pytest.fixture
def editor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A script that is the user's editor; tests write into it what it does with the file $1."""
    script = tmp_path / "editor.sh"
    monkeypatch.setenv("VISUAL", f"sh {script}")
    return script


def test_what_was_changed_is_written_with_all_attributes(
    run: Run, put: Put, bucket: str, client: Any, demo_environment: S3Server, editor: Path, tmp_path: Path
) -> None:
    uri = put("dir/a.txt", b"one\n", **ATTRIBUTES)
    other = demo_environment.b.canonical_id
    client.put_object_acl(Bucket=bucket, Key="dir/a.txt", GrantRead=f'id="{other}"')
    grants = client.get_object_acl(Bucket=bucket, Key="dir/a.txt")["Grants"]
    editor.write_text(f'stat -c "%a %n" "$1" "$(dirname "$1")" > {tmp_path}/seen; echo two >> "$1"')
    ended = run("edit", *AS_A, "--json", uri)
    assert ended.code == 0, ended.err
    assert ended.objects[0]["written"] is True
    assert ended.objects[0]["notes"] == []
    after = client.get_object(Bucket=bucket, Key="dir/a.txt")
    assert after["Body"].read() == b"one\ntwo\n"
    assert ended.objects[0]["etag"] == after["ETag"]
    assert (after["ContentType"], after["CacheControl"], after["Metadata"], after["StorageClass"]) == (
        "text/x-mine",
        "max-age=5",
        {"who": "me"},
        "STANDARD_IA",
    )
    tags = client.get_object_tagging(Bucket=bucket, Key="dir/a.txt")["TagSet"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == {"team": "video", "stage": "cut"}
    assert client.get_object_acl(Bucket=bucket, Key="dir/a.txt")["Grants"] == grants
    (mode, path), (directory_mode, directory) = (
        line.split(" ", 1) for line in (tmp_path / "seen").read_text().splitlines()
    )
    assert (mode, directory_mode) == ("600", "700")
    assert path.endswith("/a.txt")
    assert not Path(directory).exists()


def test_an_edit_is_undone_by_its_version(
    run: Run, put: Put, bucket: str, client: Any, editor: Path, surroundings: Path
) -> None:
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    uri = put("dir/a.txt", b"one\n")
    editor.write_text('echo two >> "$1"')
    ended = run("edit", *AS_A, "--json", uri)
    transfer = ended.objects[0]["transfer"]
    (entry,) = run("undo", "--json").objects
    assert (entry["transfer"], entry["kind"], entry["source"], entry["possible"]) == (transfer, "write", uri, 1)
    undone = run("undo", transfer, "--yes", "--json")
    assert (undone.code, undone.results[0]["outcome"], undone.results[0]["source"]) == (0, "undone", uri), undone
    assert client.get_object(Bucket=bucket, Key="dir/a.txt")["Body"].read() == b"one\n"
    assert len(client.list_object_versions(Bucket=bucket)["Versions"]) == 1
    again = run("edit", *AS_A, uri)
    assert "undo takes overwrites back: the bucket keeps versions" in again.err
    assert "' takes it back" in again.err
    assert run("transfers", "--retry", transfer).code == 2, "what was written is not repeated"


def test_without_versions_an_edit_says_that_it_cannot_be_undone(run: Run, put: Put, editor: Path) -> None:
    uri = put("a.txt", b"one\n")
    editor.write_text('echo two >> "$1"')
    ended = run("edit", *AS_A, uri)
    assert "overwritten objects are lost: the bucket has no versioning" in ended.err
    assert "takes it back" not in ended.err
    assert run("undo", "--json").objects == []


def test_nothing_is_written_where_nothing_was_changed(
    run: Run, put: Put, bucket: str, client: Any, editor: Path, surroundings: Path
) -> None:
    uri = put("a.txt", b"one\n")
    before = client.head_object(Bucket=bucket, Key="a.txt")["LastModified"]
    editor.write_text("true")
    assert run("edit", *AS_A, uri).err == f"{uri} unchanged, nothing written\n"
    editor.write_text('echo saved > "$1"; exit 3')
    ended = run("edit", *AS_A, uri)
    assert (ended.code, "ended with exit status 3" in ended.err) == (1, True)
    (kept,) = surroundings.rglob("edited/*a.txt")
    assert kept.read_text() == "saved\n"
    assert f"what you wrote is in {kept}" in ended.err
    assert client.head_object(Bucket=bucket, Key="a.txt")["LastModified"] == before


def test_an_object_that_someone_else_has_written_is_not_replaced(
    run: Run, put: Put, bucket: str, client: Any, editor: Path, tmp_path: Path, surroundings: Path
) -> None:
    uri = put("a.txt", b"one\n")
    (tmp_path / "theirs").write_text("theirs\n")
    copy = f"{COMMAND} cp --on-conflict overwrite --to media-prod {tmp_path}/theirs {uri}"
    editor.write_text(f'{copy} > /dev/null 2>&1; echo mine > "$1"')
    ended = run("edit", *AS_A, uri)
    assert ended.code == 1
    assert "since you opened it" in ended.err
    assert client.get_object(Bucket=bucket, Key="a.txt")["Body"].read() == b"theirs\n"
    kept = Path(ended.err.partition("what you wrote is in ")[2].partition(";")[0])
    assert kept.read_bytes() == b"mine\n"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_a_local_file_keeps_its_mode(run: Run, editor: Path, tmp_path: Path) -> None:
    path = tmp_path / "run.sh"
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    editor.write_text('echo exit >> "$1"')
    assert run("edit", str(path)).code == 0
    assert path.read_text() == "#!/bin/sh\nexit\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o755 & ~_umask()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


@pytest.mark.parametrize(
    ("body", "options", "code", "says"),
    [
        (b"\0\1\2", (), 2, "is not text and was not edited"),
        (b"text", ("--read-only",), 3, "read-only"),
        (bytes((16 << 20) + 1), (), 2, "too long to be edited"),
    ],
    ids=["binary", "read-only", "too long"],
)
def test_what_is_not_edited(
    run: Run, put: Put, editor: Path, body: bytes, options: tuple[str, ...], code: int, says: str
) -> None:
    editor.write_text('echo edited > "$1"')
    ended = run("edit", *AS_A, *options, put("k", body))
    assert (ended.code, says in ended.err) == (code, True), ended.err
