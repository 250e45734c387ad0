"""``cat``, ``head``, ``edit``, and ``cp`` from stdin and to stdout: the content of objects, in and out."""

import asyncio
import base64
import gzip
import json
import os
import signal
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest

from tests.cli.conftest import AS_A, Ended, Run, umask
from tests.e2e.terminal import COMMAND, Terminal
from tests.servers.buckets import fresh_bucket
from tests.servers.server import S3Server
from tests.waiting import until_true
from tui.core.location import Location
from tui.link.session import EngineAccess
from tui.saved.editor import ORIGINAL, clear_left, digest, write_back
from tui.saved.own_files import scratch_directory

pytestmark = pytest.mark.usefixtures("lasting_engine")


@dataclass(frozen=True, slots=True)
class Place:
    run: Run
    client: Any
    bucket: str

    def __call__(self, command: str, *arguments: str) -> Ended:
        return self.run(command, *AS_A, *arguments)

    def put(self, key: str, body: bytes, **attributes: Any) -> str:
        self.client.put_object(Bucket=self.bucket, Key=key, Body=body, **attributes)
        return f"s3://{self.bucket}/{key}"

    def body(self, key: str) -> bytes:
        content: bytes = self.client.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        return content


@pytest.fixture
def place(run: Run, demo_environment: S3Server) -> Iterator[Place]:
    with fresh_bucket(demo_environment, demo_environment.a) as name:
        yield Place(run, demo_environment.client(demo_environment.a), name)


ESCAPES = b"\x1b[2J\x1b]52;c;QUJD\x07 bell and title \x9b31m\r\nlast"


def piped(*arguments: str, read: int = -1) -> tuple[bytes, int]:
    with subprocess.Popen([COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stderr
        out = process.stdout.read(read)
        process.stdout.close()
        assert process.stderr.read() == b""
        return out, process.wait()


def test_a_pipe_gets_the_exact_bytes_and_may_be_closed_early(place: Place) -> None:
    body = ESCAPES + bytes(range(256)) * 20_000
    uri = place.put("dir/k", body)
    assert piped("cat", *AS_A, uri, uri) == (body + body, 0)
    assert piped("cat", *AS_A, uri, read=5)[0] == body[:5]


@pytest.mark.thorough
def test_ranges(place: Place) -> None:
    uri = place.put("k", b"0123456789")
    for options, expected in (
        (("--range", "2-4"), "234"),
        (("--range", "8-"), "89"),
        (("--range", "-3"), "789"),
        (("--range", "-30"), "0123456789"),
        (("--offset", "3", "--length", "2"), "34"),
        (("--length", "0"), ""),
    ):
        place("cat", *options, uri).printed(0, expected)
    for behind in (("--range", "10-"), ("--range", "100-200"), ("--offset", "12")):
        place("cat", *behind, uri).ended(2, err="the range begins after the end").printed(2, "")


def test_an_empty_object_is_nothing_and_one_that_is_not_there_an_error(place: Place) -> None:
    uri = place.put("empty", b"")
    place("cat", uri).printed(0, "")
    place("cat", f"{uri}-not").ended(4, err="check the key")


def test_what_is_inside_and_the_first_lines(place: Place, tmp_path: Path) -> None:
    text = "".join(f"line {number}\n" for number in range(1, 30))
    uri = place.put("a.txt.gz", gzip.compress(text.encode()))
    assert place("cat", "-z", uri).out == text
    assert place("cat", "-z", "--offset", "5", "--length", "3", uri).out == text[5:8]
    assert place("head", "-z", uri).out == "".join(text.splitlines(keepends=True)[:10])
    (tmp_path / "here.txt").write_text(text)
    assert place.run("head", "-n", "2", str(tmp_path / "here.txt")).out == "line 1\nline 2\n"
    assert place.run("head", "-c", "6", str(tmp_path / "here.txt")).out == "line 1"


@pytest.mark.thorough
def test_head_names_each_of_several_objects_and_nothing_acts(place: Place) -> None:
    uris = [place.put("a\x1b[2J", b"one\n"), place.put("empty", b""), place.put("last", b"two")]
    shown = ["==> " + uris[0].replace("\x1b", "␛") + " <==", "one", "", f"==> {uris[1]} <==", ""]
    assert place("head", *uris).out.splitlines() == [*shown, f"==> {uris[2]} <==", "two"]
    assert place("head", uris[2]).out == "two", "one alone is not named"
    assert place("cat", *uris).out == "one\ntwo"
    assert {line["type"] for line in place("head", "--json", *uris).objects} == {"content", "bytes"}


def test_what_cannot_be_read_is_named_and_the_rest_is_printed(place: Place) -> None:
    first, last = place.put("first", b"1\n"), place.put("last", b"2\n")
    some = place("cat", first, f"{first}-not", last)
    some.ended(1, err=f"object {first}-not does not exist").printed(1, "1\n2\n")
    place("head", f"{first}-not", last).printed(1, f"==> {last} <==\n2\n")  # what is not there has no heading
    assert [line.get("type") for line in place("cat", "--json", f"{first}-not", last).objects] == [
        None,
        "content",
        "bytes",
    ]


def test_a_denial_is_explained_as_explain_does(run: Run) -> None:
    uri = "s3://media-prod-assets/incoming/heatmap.png"
    told = json.loads(run("explain", "--json", *AS_A, uri).out)
    for command in ("cat", "head"):
        ended = run(command, *AS_A, uri).ended(3)
        assert f"cause: {told['cause']['sentence']}" in ended.err
        for step in told["remedies"]:
            assert step["sentence"] in ended.err


def test_json_says_what_is_known_then_the_bytes(place: Place) -> None:
    first, *pieces = place("cat", "--json", "--range", "-4", place.put("k", b"0123456789")).objects
    assert (first["type"], first["size"], first["content_type"]) == ("content", 10, "binary/octet-stream")
    assert [(each["offset"], base64.b64decode(each["base64"])) for each in pieces] == [(6, b"6789")]


def test_a_terminal_gets_text_and_is_asked_before_it_gets_anything_else(place: Place) -> None:
    with Terminal(["cat", *AS_A, place.put("k", ESCAPES)], dict(os.environ)) as terminal:
        terminal.until_shown("last")
        assert "␛[2J␛]52;c;QUJD␇ bell and title" in terminal.text
        assert b"\x1b[2J" not in terminal.output
        assert b"\x1b]" not in terminal.output
    words = ["cat", *AS_A, place.put("k", b"\x7fELF\0\0\0rest")]
    for typed, shown in (("y\r", "␡ELF␀␀␀rest"), ("\r", "was not printed")):
        with Terminal(words, dict(os.environ)) as terminal:
            terminal.until_shown("is not text. Print it anyway")
            terminal.send(typed, then=shown)


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
    place: Place, demo_environment: S3Server, editor: Path, tmp_path: Path
) -> None:
    uri = place.put("dir/a.txt", b"one\n", **ATTRIBUTES)
    other = f'id="{demo_environment.b.canonical_id}"'
    place.client.put_object_acl(Bucket=place.bucket, Key="dir/a.txt", GrantRead=other)
    grants = place.client.get_object_acl(Bucket=place.bucket, Key="dir/a.txt")["Grants"]
    editor.write_text(f'stat -c "%a %n" "$1" "$(dirname "$1")" > {tmp_path}/seen; echo two >> "$1"')
    ended = place("edit", "--json", uri).succeeded()
    assert ended.objects[0]["written"] is True
    assert ended.objects[0]["notes"] == []
    after = place.client.get_object(Bucket=place.bucket, Key="dir/a.txt")
    assert after["Body"].read() == b"one\ntwo\n"
    assert ended.objects[0]["etag"] == after["ETag"]
    assert (after["ContentType"], after["CacheControl"], after["Metadata"], after["StorageClass"]) == (
        "text/x-mine",
        "max-age=5",
        {"who": "me"},
        "STANDARD_IA",
    )
    tags = place.client.get_object_tagging(Bucket=place.bucket, Key="dir/a.txt")["TagSet"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == {"team": "video", "stage": "cut"}
    assert place.client.get_object_acl(Bucket=place.bucket, Key="dir/a.txt")["Grants"] == grants
    (mode, path), (directory_mode, directory) = (
        line.split(" ", 1) for line in (tmp_path / "seen").read_text().splitlines()
    )
    assert (mode, directory_mode) == ("600", "700")
    assert path.endswith("/a.txt")
    assert not Path(directory).exists()


def test_an_edit_is_undone_by_its_version(place: Place, editor: Path, surroundings: Path) -> None:
    place.client.put_bucket_versioning(Bucket=place.bucket, VersioningConfiguration={"Status": "Enabled"})
    uri = place.put("dir/a.txt", b"one\n")
    editor.write_text('echo two >> "$1"')
    transfer = place("edit", "--json", uri).objects[0]["transfer"]
    (entry,) = place.run("undo", "--json").objects
    assert (entry["transfer"], entry["kind"], entry["source"], entry["possible"]) == (transfer, "write", uri, 1)
    undone = place.run("undo", transfer, "--yes", "--json")
    assert (undone.code, undone.results[0]["outcome"], undone.results[0]["source"]) == (0, "undone", uri), undone
    assert place.body("dir/a.txt") == b"one\n"
    assert len(place.client.list_object_versions(Bucket=place.bucket)["Versions"]) == 1
    again = place("edit", uri)
    assert "you can undo overwrites: the bucket keeps versions" in again.err
    assert "' undoes it" in again.err
    assert place.run("transfers", "--retry", transfer).code == 2, "what was written is not repeated"


def test_without_versions_an_edit_says_that_it_cannot_be_undone(place: Place, editor: Path) -> None:
    editor.write_text('echo two >> "$1"')
    ended = place("edit", place.put("a.txt", b"one\n"))
    assert "overwritten objects are lost: the bucket has no versioning" in ended.err
    assert "undoes it" not in ended.err
    assert place.run("undo", "--json").objects == []


def test_nothing_is_written_where_nothing_was_changed(place: Place, editor: Path, surroundings: Path) -> None:
    uri = place.put("a.txt", b"one\n")
    before = place.client.head_object(Bucket=place.bucket, Key="a.txt")["LastModified"]
    editor.write_text("true")
    assert place("edit", uri).err == f"{uri} unchanged, nothing written\n"
    editor.write_text('echo saved > "$1"; exit 3')
    ended = place("edit", uri).ended(1, err="ended with exit status 3")
    (kept,) = surroundings.rglob("edited/*a.txt")
    assert kept.read_text() == "saved\n"
    assert f"your text is in {kept}" in ended.err
    assert place.client.head_object(Bucket=place.bucket, Key="a.txt")["LastModified"] == before


def test_an_object_that_someone_else_has_written_is_not_replaced(
    place: Place, editor: Path, tmp_path: Path, surroundings: Path
) -> None:
    uri = place.put("a.txt", b"one\n")
    (tmp_path / "theirs").write_text("theirs\n")
    copy = f"{COMMAND} cp --on-conflict overwrite --to media-prod {tmp_path}/theirs {uri}"
    editor.write_text(f'{copy} > /dev/null 2>&1; echo mine > "$1"')
    ended = place("edit", uri).ended(1, err="since you opened it")
    assert place.body("a.txt") == b"theirs\n"
    kept = Path(ended.err.partition("your text is in ")[2].partition(";")[0])
    assert kept.read_bytes() == b"mine\n"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_what_is_saved_after_the_terminal_has_gone_is_kept(
    place: Place, number: signal.Signals, editor: Path, tmp_path: Path, surroundings: Path
) -> None:
    uri = place.put("a.txt", b"theirs\n")
    editor.write_text(f'kill -{number:d} $PPID; sleep 0.3; echo mine > "$1"; dirname "$1" > {tmp_path}/seen')
    assert place("edit", uri).code == -signal.SIGTERM
    (kept,) = surroundings.rglob("edited/*a.txt")
    assert (kept.read_text(), stat.S_IMODE(kept.stat().st_mode)) == ("mine\n", 0o600)
    assert place("cat", uri).out == "theirs\n"
    assert not Path((tmp_path / "seen").read_text().rstrip()).exists()


def test_what_is_being_written_when_the_screen_ends_is_kept(surroundings: Path) -> None:
    class Engine:
        async def ask(self, _request: object) -> None:
            await asyncio.Event().wait()

    async def write() -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(0.01):
                await write_back(cast(EngineAccess, Engine()), "c", Location("b", "a.txt"), "e", b"mine")

    asyncio.run(write())
    (kept,) = surroundings.rglob("edited/*a.txt")
    assert kept.read_bytes() == b"mine"


def test_what_a_killed_process_left_is_removed_and_what_was_saved_in_it_is_kept(
    tmp_path: Path, surroundings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    for kind, name, now in (
        ("edit", "same", b"as it was"),
        ("edit", "saved", b"mine"),
        ("edit", "young", b"mine"),
        ("demo", "over", b""),
        ("other", "not ours", b""),
    ):
        directory = tmp_path / f"xs3-tui-{kind}-{name}"
        directory.mkdir()
        (directory / ORIGINAL).write_bytes(digest(b"as it was"))
        (directory / f"{name}.txt").write_bytes(now)
        if name != "young":
            os.utime(directory, (0, 0))
    (tmp_path / "xs3-tui-edit-link").symlink_to(tmp_path / "xs3-tui-other-not ours")
    with scratch_directory("edit") as (held, _):
        os.utime(held, (0, 0))
        clear_left()
        left = {path.name for path in tmp_path.glob("xs3-tui-*")}
        assert left == {held.name, "xs3-tui-edit-young", "xs3-tui-edit-link", "xs3-tui-other-not ours"}
    (kept,) = surroundings.rglob("edited/*")
    assert kept.name.endswith("saved.txt")
    assert kept.read_bytes() == b"mine"


def test_a_local_file_keeps_its_mode(run: Run, editor: Path, tmp_path: Path) -> None:
    path = tmp_path / "run.sh"
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    editor.write_text('echo exit >> "$1"')
    assert run("edit", str(path)).code == 0
    assert path.read_text() == "#!/bin/sh\nexit\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o755 & ~umask()


def test_what_is_not_edited(place: Place, editor: Path) -> None:
    editor.write_text('echo edited > "$1"')
    for body, options, code, says in (
        (b"\0\1\2", (), 2, "is not text and was not edited"),
        (b"text", ("--read-only",), 3, "read-only"),
        (bytes((16 << 20) + 1), (), 2, "too long to be edited"),
    ):
        place("edit", *options, place.put("k", body)).ended(code, err=says)


LONG = bytes(range(256)) * 80_000
"""20 MiB: three parts."""


def fed(body: bytes, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    done = subprocess.run([COMMAND, "cp", *arguments], input=body, capture_output=True, check=False, timeout=60)
    assert b"Traceback" not in done.stderr
    return done


@pytest.mark.thorough
@pytest.mark.parametrize("body", [b"", b"short", LONG], ids=["empty", "short", "long"])
def test_stdin_becomes_an_object_with_what_was_asked_for(place: Place, body: bytes) -> None:
    options = ("--content-type", "text/x-mine", "--storage-class", "STANDARD_IA", "--json")
    done = fed(body, *AS_A, *options, "-", f"s3://{place.bucket}/dir/k")
    assert done.returncode == 0, done.stderr
    found = place.client.get_object(Bucket=place.bucket, Key="dir/k")
    assert found["Body"].read() == body
    assert (found["ContentType"], found["StorageClass"]) == ("text/x-mine", "STANDARD_IA")
    said = json.loads(done.stdout)
    assert (said["type"], said["size"], said["etag"]) == ("uploaded", len(body), found["ETag"])
    assert found["ETag"].endswith('-3"') is (body is LONG)
    out = subprocess.run([COMMAND, "cp", *AS_A, f"s3://{place.bucket}/dir/k", "-"], capture_output=True, check=True)
    assert (out.stdout, out.stderr) == (body, b"")


@pytest.mark.thorough
@pytest.mark.parametrize("body", [b"short", LONG], ids=["short", "long"])
def test_what_a_stream_has_written_is_undone_by_its_version(place: Place, body: bytes) -> None:
    place.client.put_bucket_versioning(Bucket=place.bucket, VersioningConfiguration={"Status": "Enabled"})
    done = fed(body, *AS_A, "--on-conflict", "overwrite", "-", place.put("dir/k", b"before"))
    assert b"you can undo overwrites: the bucket keeps versions" in done.stderr
    (entry,) = place.run("undo", "--json").objects
    assert f"'xs3-tui undo {entry['transfer']}' undoes it".encode() in done.stderr
    assert place.run("undo", entry["transfer"], "--yes").code == 0
    assert place.body("dir/k") == b"before"


def test_what_is_there_is_replaced_only_if_that_was_asked_for(place: Place) -> None:
    uri = place.put("k", b"before")
    asked, skipped = fed(b"new", *AS_A, "-", uri), fed(b"new", *AS_A, "--on-conflict", "skip", "-", uri)
    assert (asked.returncode, b"--force replaces it" in asked.stderr) == (1, True)
    assert (skipped.returncode, b"was kept" in skipped.stderr) == (0, True)
    assert place.body("k") == b"before"
    assert fed(b"new", *AS_A, "--on-conflict", "overwrite", "-", uri).returncode == 0
    assert place.body("k") == b"new"


@pytest.mark.thorough
def test_an_upload_that_is_interrupted_leaves_nothing(place: Place) -> None:
    def uploads() -> list[Any]:
        found: list[Any] = place.client.list_multipart_uploads(Bucket=place.bucket).get("Uploads", [])
        return found

    command = [str(COMMAND), "cp", *AS_A, "-", f"s3://{place.bucket}/k"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin
        process.stdin.write(LONG)
        process.stdin.flush()
        until_true(lambda: len(uploads()) == 1, "the upload has begun")
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == -signal.SIGINT
    until_true(lambda: not uploads(), "the upload is aborted")
    assert "Contents" not in place.client.list_objects_v2(Bucket=place.bucket)


def test_a_local_file_is_written_and_read(run: Run, tmp_path: Path, surroundings: Path) -> None:
    path = str(tmp_path / "here")
    assert fed(LONG, "-", path).returncode == 0
    assert Path(path).read_bytes() == LONG
    assert fed(b"", path, "-").stdout == LONG
