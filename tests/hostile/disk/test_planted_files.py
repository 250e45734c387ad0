"""What others have put beside files to be: pipes, links, devices, other users' files, and keys of the bucket."""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from tests.stores.local.conftest import ROOT, Disk
from tests.stores.refusals import problem_of
from tui.model.problem import ProblemKind
from tui.stores.local import LocalStore, modes
from tui.stores.local.partial_files import MAX_BYTES, UploadStart, data_name, record_name
from tui.stores.values import ObjectAttributes

PLAIN = ObjectAttributes()
UPLOAD = "0123456789abcdef"
STRANGER = 12345
SOON = 20.0
"""Seconds within which an answer must come: what is planted must not be waited for."""

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can make files of another user")


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    return Disk(LocalStore(), tmp_path)


def notes_of(disk: Disk, name: str = "x") -> Path:
    return disk.path(record_name(name, UPLOAD))


def plant_pipe(path: Path) -> None:
    os.mkfifo(path)


def plant_link_to_endless_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def plant_link_to_pipe(path: Path) -> None:
    os.mkfifo(path.with_name("pipe"))
    path.symlink_to("pipe")


def plant_directory(path: Path) -> None:
    path.mkdir()


def plant_too_much(path: Path) -> None:
    path.touch()
    os.truncate(path, MAX_BYTES + 1)


def plant_hard_link(path: Path) -> None:
    own = path.with_name("own")
    own.write_bytes(msgspec.json.encode(UploadStart("x", "", None, [], 0.0)))
    path.hardlink_to(own)


PLANTS = [
    plant_pipe,
    plant_link_to_endless_device,
    plant_link_to_pipe,
    plant_directory,
    plant_too_much,
    plant_hard_link,
]


@pytest.mark.parametrize("plant", PLANTS)
async def test_planted_notes_are_answered_soon(disk: Disk, plant: Callable[[Path], None]) -> None:
    plant(notes_of(disk))
    disk.path(data_name("x", UPLOAD)).write_bytes(b"theirs")
    async with asyncio.timeout(SOON):
        [listed] = await disk.store.uploads(ROOT, disk.prefix)
        assert (listed.key, listed.upload) == (disk.key("x"), UPLOAD)
        for request in (
            disk.store.parts(ROOT, disk.key("x"), UPLOAD),
            disk.store.upload_part(ROOT, disk.key("x"), UPLOAD, 1, b"ours", start=0),
            disk.store.complete_upload(ROOT, disk.key("x"), UPLOAD, []),
        ):
            problem = await problem_of(request)
            assert problem.kind in (ProblemKind.INVALID, ProblemKind.NO_SUCH_KEY)
    assert disk.path(data_name("x", UPLOAD)).read_bytes() == b"theirs"


async def test_a_pipe_alone_is_no_upload_and_listed_as_what_it_is(disk: Disk) -> None:
    os.mkfifo(notes_of(disk))
    disk.write("file")
    async with asyncio.timeout(SOON):
        assert await disk.store.uploads(ROOT, disk.prefix) == []
        [page] = [page async for page in disk.store.pages(ROOT, disk.prefix, recursive=True)]
    assert page.names == ["file"]
    assert page.unfit == [(notes_of(disk).name, "a named pipe")]


async def test_a_planted_data_file_is_not_written_through(disk: Disk) -> None:
    key = disk.key("dir/x")
    upload = await disk.store.create_upload(ROOT, key, PLAIN)
    data = disk.path("dir/" + data_name("x", upload))
    disk.write("precious", b"precious")
    for link in (data.symlink_to, data.hardlink_to):
        data.unlink()
        link(disk.path("precious"))
        problem = await problem_of(disk.store.upload_part(ROOT, key, upload, 1, b"x", start=0))
        assert problem.kind is ProblemKind.INVALID
        assert str(data) in problem.title
    assert disk.path("precious").read_bytes() == b"precious"


@needs_root
@pytest.mark.parametrize("which", [data_name, record_name])
async def test_files_of_another_user_are_neither_used_nor_removed(disk: Disk, which: Callable[[str, str], str]) -> None:
    key = disk.key("dir/x")
    upload = await disk.store.create_upload(ROOT, key, PLAIN)
    path = disk.path("dir/" + which("x", upload))
    os.chown(path, STRANGER, STRANGER)
    for request in (
        disk.store.upload_part(ROOT, key, upload, 1, b"x", start=0),
        disk.store.abort_upload(ROOT, key, upload),
    ):
        problem = await problem_of(request)
        assert problem.kind is ProblemKind.INVALID
        assert "another user" in problem.cause
    assert path.exists()


async def test_only_directories_on_the_way_to_the_file_are_removed_again(disk: Disk) -> None:
    for name in ("elsewhere", "dir/beside"):
        disk.path(name).mkdir(parents=True)
    key = disk.key("dir/x")
    upload = await disk.store.create_upload(ROOT, key, PLAIN)
    made = [str(disk.path(name)) for name in ("dir", "dir/beside", "elsewhere")]
    disk.path("dir/" + record_name("x", upload)).write_bytes(msgspec.json.encode(UploadStart(key, "", None, made, 0.0)))
    await disk.store.abort_upload(ROOT, key, upload)
    assert disk.everything() == ["dir", "dir/beside", "elsewhere"]


async def test_notes_about_another_file_are_not_believed(disk: Disk) -> None:
    key = disk.key("dir/x")
    upload = await disk.store.create_upload(ROOT, key, PLAIN)
    disk.path("dir/" + record_name("x", upload)).write_bytes(
        msgspec.json.encode(UploadStart(disk.key("other"), "", None, [], 0.0))
    )
    assert (await problem_of(disk.store.parts(ROOT, key, upload))).kind is ProblemKind.NO_SUCH_KEY
    assert [one.key for one in await disk.store.uploads(ROOT, disk.prefix)] == [key]


FORM = [
    data_name("report", UPLOAD),
    record_name("report", UPLOAD),
    record_name("", UPLOAD),
    record_name("report", UPLOAD).upper(),
    record_name("a\nb", UPLOAD),
]


@pytest.mark.parametrize("name", FORM)
async def test_a_key_that_looks_like_our_records_is_refused_by_name(disk: Disk, name: str) -> None:
    for request in (
        disk.store.put(ROOT, disk.key(name), b"x", PLAIN),
        disk.store.create_upload(ROOT, disk.key("dir/" + name), PLAIN),
    ):
        problem = await problem_of(request)
        assert problem.kind is ProblemKind.INVALID
        assert "partial files" in problem.cause
        assert problem.remedy
    assert disk.everything() == []


async def test_an_unfinished_file_is_listed_and_said_to_be_no_object(disk: Disk) -> None:
    disk.write("file")
    name = data_name("report", UPLOAD)
    disk.write(name)
    [page] = [page async for page in disk.store.pages(ROOT, disk.prefix)]
    assert page.names == [name, "file"]
    [page] = [page async for page in disk.store.pages(ROOT, disk.prefix, recursive=True)]
    assert page.names == ["file"]
    assert page.unfit == [(name, "a partial file (see xs3-tui uploads)")]


@needs_root
async def test_the_mode_is_not_that_of_a_strangers_file(disk: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(modes._Umask, "mask", 0o077)
    for name in ("whole", "parts"):
        disk.write(name)
        disk.path(name).chmod(0o777)
        os.chown(disk.path(name), STRANGER, STRANGER)
    await disk.store.put(ROOT, disk.key("whole"), b"x", PLAIN)
    upload = await disk.store.create_upload(ROOT, disk.key("parts"), PLAIN)
    part = await disk.store.upload_part(ROOT, disk.key("parts"), upload, 1, b"x", start=0)
    await disk.store.complete_upload(ROOT, disk.key("parts"), upload, [part])
    for name in ("whole", "parts"):
        assert stat.S_IMODE(disk.path(name).stat().st_mode) == 0o600


async def test_the_mode_of_ones_own_file_is_kept_as_far_as_the_umask_lets_it(
    disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(modes._Umask, "mask", 0o027)
    for name, before, after in (("wide", 0o777, 0o750), ("narrow", 0o600, 0o600)):
        disk.write(name)
        disk.path(name).chmod(before)
        await disk.store.put(ROOT, disk.key(name), b"x", PLAIN)
        assert stat.S_IMODE(disk.path(name).stat().st_mode) == after


async def test_a_file_whose_time_was_set_back_has_changed(disk: Disk) -> None:
    key = disk.write("file", b"before")
    before = disk.path("file").stat()
    etag = (await disk.store.head(ROOT, key)).etag

    def changed() -> bool:
        disk.path("file").write_bytes(b"behind")
        os.utime(disk.path("file"), ns=(before.st_atime_ns, before.st_mtime_ns))
        return disk.path("file").stat().st_ctime_ns != before.st_ctime_ns

    while not changed():
        pass  # the clock of some file systems is coarse
    assert disk.path("file").stat().st_mtime_ns == before.st_mtime_ns
    problem = await problem_of(disk.store.read(ROOT, key, etag=etag, start=0, length=6))
    assert problem.kind is ProblemKind.CHANGED
