"""Files looked at, read, written and removed."""

import os
import socket
import stat
from contextlib import closing
from pathlib import Path

import pytest

from tests.stores.local.conftest import ROOT, Disk
from tests.stores.refusals import problem_of
from tui.model.problem import ProblemKind
from tui.stores.local import modes
from tui.stores.local.entries import describe
from tui.stores.values import ObjectAttributes

PLAIN = ObjectAttributes()


async def test_a_file_is_written_whole_with_the_time_of_its_source(disk: Disk) -> None:
    key = disk.key("new/dir/ü + [x]\n.csv")
    etag = (await disk.store.put(ROOT, key, b"content", ObjectAttributes(modified=1_600_000_000.25))).etag
    head = await disk.store.head(ROOT, key)
    assert (head.size, head.etag, head.modified) == (7, etag, 1_600_000_000.25)
    assert head.headers == {"ContentType": "text/csv"}
    assert await disk.store.read(ROOT, key, etag=etag, start=2, length=3) == b"nte"
    assert disk.everything() == ["new", "new/dir", "new/dir/ü + [x]\n.csv"]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.json", "application/json"),
        ("a.csv.gz", "application/gzip"),
        ("a.tar.xz", "application/x-xz"),
        ("strange.zzz", None),
    ],
)
async def test_the_type_is_guessed_from_the_name(disk: Disk, name: str, kind: str | None) -> None:
    assert (await disk.store.head(ROOT, disk.write(name))).headers.get("ContentType") == kind


async def test_a_changed_file_is_not_read(disk: Disk) -> None:
    key = disk.write("file", b"before")
    etag = (await disk.store.head(ROOT, key)).etag
    disk.path("other").write_bytes(b"behind")
    disk.path("other").replace(disk.path("file"))
    problem = await problem_of(disk.store.read(ROOT, key, etag=etag, start=0, length=6))
    assert problem.kind is ProblemKind.CHANGED
    assert str(disk.path("file")) in problem.title


async def test_a_file_is_fetched_with_its_head(disk: Disk) -> None:
    key = disk.write("file.csv", b"content")
    head = await disk.store.head(ROOT, key)
    fetched = await disk.store.fetch(ROOT, key, etag=head.etag, size=7)
    assert (fetched.head, fetched.content) == (head, b"content")
    for etag, size in ((head.etag, 6), ('"another"', 7)):
        problem = await problem_of(disk.store.fetch(ROOT, key, etag=etag, size=size))
        assert problem.kind is ProblemKind.CHANGED


async def test_more_than_there_is_cannot_be_read(disk: Disk) -> None:
    key = disk.write("file", b"short")
    etag = (await disk.store.head(ROOT, key)).etag
    assert await disk.store.read(ROOT, key, etag=etag, start=5, length=0) == b""
    assert (await problem_of(disk.store.read(ROOT, key, etag=etag, start=0, length=6))).kind is ProblemKind.INVALID


async def test_what_another_program_created_is_not_replaced(disk: Disk) -> None:
    key = disk.write("file", b"theirs")
    problem = await problem_of(disk.store.put(ROOT, key, b"ours", PLAIN, only_new=True))
    assert problem.kind is ProblemKind.EXISTS
    assert disk.path("file").read_bytes() == b"theirs"
    assert disk.everything() == ["file"]
    await disk.store.put(ROOT, disk.key("fresh"), b"ours", PLAIN, only_new=True)
    assert disk.everything() == ["file", "fresh"]
    assert disk.path("fresh").stat().st_nlink == 1


async def test_a_replaced_file_keeps_its_mode_and_a_link_is_replaced_not_followed(disk: Disk) -> None:
    disk.write("script", b"old")
    disk.path("script").chmod(0o750)
    disk.write("behind", b"behind")
    disk.path("link").symlink_to("behind")
    for name in ("script", "link"):
        await disk.store.put(ROOT, disk.key(name), b"new", PLAIN)
    assert stat.S_IMODE(disk.path("script").stat().st_mode) == 0o750
    assert not disk.path("link").is_symlink()
    assert disk.path("behind").read_bytes() == b"behind"


async def test_new_files_have_the_rights_that_the_users_umask_leaves(
    disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(modes._Umask, "mask", 0o027)
    await disk.store.put(ROOT, disk.key("d/file"), b"x", PLAIN)
    assert stat.S_IMODE(disk.path("d/file").stat().st_mode) == 0o640
    assert stat.S_IMODE(disk.path("d").stat().st_mode) == 0o750


async def test_a_key_that_ends_in_a_slash_is_a_directory(disk: Disk) -> None:
    key = disk.key("a/b/")
    etag = (await disk.store.put(ROOT, key, b"", PLAIN)).etag
    head = await disk.store.head(ROOT, key)
    assert (head.size, head.etag) == (0, etag)
    assert (await disk.store.put(ROOT, key, b"", PLAIN, only_new=True)).etag == etag
    assert (await problem_of(disk.store.put(ROOT, key, b"x", PLAIN))).kind is ProblemKind.INVALID
    assert (await problem_of(disk.store.head(ROOT, disk.key("a/b")))).kind is ProblemKind.NO_SUCH_KEY


async def test_a_file_and_a_directory_cannot_have_one_name(disk: Disk) -> None:
    disk.write("a", b"file")
    disk.write("dir/x", b"file")
    problem = await problem_of(disk.store.put(ROOT, disk.key("a/b"), b"x", PLAIN))
    assert problem.kind is ProblemKind.INVALID
    assert str(disk.path("a")) in problem.cause
    problem = await problem_of(disk.store.put(ROOT, disk.key("dir"), b"x", PLAIN))
    assert problem.kind is ProblemKind.INVALID
    assert "is a directory" in problem.title
    assert (await problem_of(disk.store.head(ROOT, disk.key("a/b")))).kind is ProblemKind.NO_SUCH_KEY
    assert disk.everything() == ["a", "dir", "dir/x"]


async def test_files_are_removed_and_emptied_directories_with_their_prefix(disk: Disk) -> None:
    disk.write("d/e/file")
    disk.write("d/f/kept")
    disk.path("d/link").symlink_to(disk.path("d/f"))
    await disk.store.delete(ROOT, disk.key("d/e/file"))
    await disk.store.delete(ROOT, disk.key("d/e/file"))
    assert disk.path("d/e").is_dir()
    problem = await problem_of(disk.store.delete(ROOT, disk.key("d/")))
    assert "not empty" in problem.title
    assert disk.everything() == ["d", "d/f", "d/f/kept", "d/link"]
    problems = await disk.store.delete_many(ROOT, [disk.key(name) for name in ("d/", "d/f/", "d/f/kept", "d/link")])
    assert problems == {}
    assert disk.everything() == []


async def test_a_pipe_is_not_waited_for(disk: Disk) -> None:
    os.mkfifo(disk.path("pipe"))
    assert (await problem_of(disk.store.head(ROOT, disk.key("pipe")))).kind is ProblemKind.INVALID


async def test_a_pipe_and_a_socket_are_not_replaced_by_a_file(disk: Disk) -> None:
    os.mkfifo(disk.path("pipe"))
    disk.path("link").symlink_to("pipe")
    make_socket(disk.path("socket"))
    for name in ("pipe", "link", "socket"):
        key = disk.key(name)
        for writing in (disk.store.put(ROOT, key, b"x", PLAIN), disk.store.create_upload(ROOT, key, PLAIN)):
            problem = await problem_of(writing)
            assert problem.kind is ProblemKind.INVALID
            assert problem.title == f"{disk.path(name)} is not a regular file"
    assert stat.S_ISFIFO(disk.path("pipe").lstat().st_mode)
    assert stat.S_ISSOCK(disk.path("socket").lstat().st_mode)
    assert disk.everything() == ["link", "pipe", "socket"]


def make_socket(path: Path) -> None:
    with closing(socket.socket(socket.AF_UNIX)) as made:
        made.bind(os.path.relpath(path))  # the whole path may be too long for one


async def test_a_pipe_that_came_while_parts_were_written_is_not_replaced(disk: Disk) -> None:
    key = disk.key("pipe")
    upload = await disk.store.create_upload(ROOT, key, PLAIN)
    part = await disk.store.upload_part(ROOT, key, upload, 1, b"part", start=0)
    os.mkfifo(disk.path("pipe"))
    problem = await problem_of(disk.store.complete_upload(ROOT, key, upload, [part]))
    assert "is not a regular file" in problem.title
    assert stat.S_ISFIFO(disk.path("pipe").lstat().st_mode)


async def test_it_has_nothing_that_only_s3_has(disk: Disk) -> None:
    key = disk.write("file")
    for request in (
        disk.store.tags(ROOT, key),
        disk.store.object_acl(ROOT, key),
        disk.store.put_object_acl(ROOT, key, canned="private"),
        disk.store.settings.bucket_acl(ROOT),
        disk.store.settings.policy(ROOT),
        disk.store.head(ROOT, key, "version"),
        disk.store.create_bucket("b"),
    ):
        assert (await problem_of(request)).kind is ProblemKind.UNSUPPORTED


def test_a_file_is_described(disk: Disk) -> None:
    key = disk.write("file", b"12345")
    disk.path("file").chmod(0o640)
    disk.path("link").symlink_to("file")
    described = describe(ROOT, key)
    assert (described.path, described.size) == (str(disk.path("file")), 5)
    assert (described.mode, described.leads_to) == ("-rw-r----- (0640)", "")
    assert describe(ROOT, disk.key("link")).leads_to == str(disk.path("file"))
    assert (describe(ROOT, disk.prefix)).size is None


async def test_a_head_says_where_a_link_leads_and_nothing_of_a_file(disk: Disk) -> None:
    disk.path("file").write_bytes(b"x")
    disk.path("link").symlink_to("file")
    assert (await disk.store.head(ROOT, disk.key("file"))).leads_to == ""
    assert (await disk.store.head(ROOT, disk.key("link"))).leads_to == str(disk.path("file"))
