"""What others have put in the places of files: pipes, links, devices, files of other users, and keys of the bucket."""

import os
import re
import signal
import stat
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from tests.stores.local.conftest import ROOT, Disk, disk
from tests.stores.refusals import problem_of
from tests.waiting import until_true
from tui.aws.addresses import AddressFile
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.link.engine_paths import log_file, state_directory
from tui.link.private_files import MOST, make_private, open_private, private_descriptor, read_private
from tui.link.process import EngineProcess
from tui.saved import own_files
from tui.saved.last_session import LastSession
from tui.stores.local import disk_errors
from tui.stores.local.disk_names import MAX_BYTES, UploadStart, data_name, record_name
from tui.stores.store_values import ObjectAttributes

PLAIN = ObjectAttributes()
UPLOAD = "0123456789abcdef"
STRANGER = 12345

__all__ = ["disk"]

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can make files and directories of another user")


def notes_of(disk: Disk, name: str = "x") -> Path:
    return disk.path(record_name(name, UPLOAD))


def plant_link_to_pipe(path: Path) -> None:
    os.mkfifo(path.with_name("pipe"))
    path.symlink_to("pipe")


def plant_hard_link(path: Path) -> None:
    own = path.with_name("own")
    own.write_bytes(msgspec.json.encode(UploadStart("x", "", None, [], 0.0)))
    path.hardlink_to(own)


PLANTS: dict[str, Callable[[Path], object]] = {
    "pipe": os.mkfifo,
    "link to an endless device": lambda path: path.symlink_to("/dev/zero"),
    "link to a pipe": plant_link_to_pipe,
    "directory": Path.mkdir,
    "too much": lambda path: path.write_bytes(bytes(MAX_BYTES + 1)),
    "hard link": plant_hard_link,
}


@pytest.mark.parametrize("plant", PLANTS.values(), ids=PLANTS)
async def test_planted_notes_are_answered_soon(disk: Disk, plant: Callable[[Path], object]) -> None:
    plant(notes_of(disk))
    disk.path(data_name("x", UPLOAD)).write_bytes(b"theirs")
    [listed] = await disk.store.uploads(ROOT, disk.prefix)
    assert (listed.key, listed.upload) == (disk.key("x"), UPLOAD)
    for request in (
        disk.store.parts(ROOT, disk.key("x"), UPLOAD),
        disk.store.upload_part(ROOT, disk.key("x"), UPLOAD, 1, b"ours", start=0),
        disk.store.complete_upload(ROOT, disk.key("x"), UPLOAD, []),
    ):
        assert (await problem_of(request)).kind in (ProblemKind.INVALID, ProblemKind.NO_SUCH_KEY)
    assert disk.path(data_name("x", UPLOAD)).read_bytes() == b"theirs"


async def test_a_pipe_alone_is_no_upload_and_listed_as_what_it_is(disk: Disk) -> None:
    os.mkfifo(notes_of(disk))
    disk.write("file")
    assert await disk.store.uploads(ROOT, disk.prefix) == []
    [page] = [page async for page in disk.store.pages(ROOT, disk.prefix, recursive=True)]
    assert page.names == ["file"]
    assert page.unfit == [(notes_of(disk).name, "a named pipe")]


async def test_a_planted_data_file_is_not_written_through(disk: Disk) -> None:
    key, upload, _ = await disk.begin("dir/x")
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
    key, upload, _ = await disk.begin("dir/x")
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
    key, upload, _ = await disk.begin("dir/x")
    made = [str(disk.path(name)) for name in ("dir", "dir/beside", "elsewhere")]
    disk.path("dir/" + record_name("x", upload)).write_bytes(msgspec.json.encode(UploadStart(key, "", None, made, 0.0)))
    await disk.store.abort_upload(ROOT, key, upload)
    assert disk.everything() == ["dir", "dir/beside", "elsewhere"]


async def test_notes_about_another_file_are_not_believed(disk: Disk) -> None:
    key, upload, _ = await disk.begin("dir/x")
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
    monkeypatch.setattr(disk_errors._Umask, "mask", 0o077)
    for name in ("whole", "parts"):
        disk.write(name)
        disk.path(name).chmod(0o777)
        os.chown(disk.path(name), STRANGER, STRANGER)
    await disk.store.put(ROOT, disk.key("whole"), b"x", PLAIN)
    await disk.write_in_parts("parts", b"x")
    for name in ("whole", "parts"):
        assert stat.S_IMODE(disk.path(name).stat().st_mode) == 0o600


async def test_the_mode_of_ones_own_file_is_kept_as_far_as_the_umask_lets_it(
    disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk_errors._Umask, "mask", 0o027)
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

    until_true(changed, "the clock of the file system, which may be coarse, has gone on")
    assert disk.path("file").stat().st_mtime_ns == before.st_mtime_ns
    assert (await problem_of(disk.store.read(ROOT, key, etag=etag, start=0, length=6))).kind is ProblemKind.CHANGED


SOON = 90
"""Seconds for which an interpreter that starts or ends is waited for."""


def run(code: str, *arguments: str, **environment: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=SOON,
        check=True,
    ).stdout.strip()


def test_every_directory_that_is_made_is_for_this_user_only(tmp_path: Path) -> None:
    state = tmp_path / "deep" / "state"
    run(
        "import os; os.umask(0); from tui.link.engine_paths import state_directory; state_directory()",
        XDG_STATE_HOME=str(state),
    )
    for directory in (state.parent, state, state / "xs3-tui"):
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700


def test_a_state_directory_that_others_may_write_in_is_closed_to_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    (tmp_path / "xs3-tui").mkdir()
    (tmp_path / "xs3-tui").chmod(0o777)
    assert stat.S_IMODE(state_directory().stat().st_mode) == 0o700


@needs_root
def test_another_users_state_directory_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    (tmp_path / "xs3-tui").mkdir()
    os.chown(tmp_path / "xs3-tui", STRANGER, STRANGER)
    with pytest.raises(ProblemError) as refused:
        state_directory()
    assert refused.value.problem.kind is ProblemKind.ENGINE
    assert "belongs to another user" in refused.value.problem.cause
    assert "XDG_STATE_HOME" in refused.value.problem.remedy


def test_a_private_directory_is_never_a_link(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "ours").symlink_to("elsewhere")
    with pytest.raises(PermissionError):
        make_private(tmp_path / "ours")


@pytest.mark.parametrize("leads_to", ["", "pipe", "/dev/zero"], ids=["pipe", "link to a pipe", "endless device"])
def test_what_is_no_file_is_neither_read_nor_waited_for(tmp_path: Path, leads_to: str) -> None:
    path = tmp_path / "file.json"
    os.mkfifo(tmp_path / "pipe" if leads_to else path)
    if leads_to:
        path.symlink_to(leads_to)
    for opening in (read_private, open_private, lambda path: private_descriptor(path, os.O_RDWR)):
        with pytest.raises(OSError, match=r"."):
            opening(path)
    assert own_files.read(path, LastSession) == LastSession()
    with pytest.raises(ProblemError):
        own_files.read_to_change(path, LastSession)
    reported: list[Problem] = []
    with pytest.raises(ProblemError):
        AddressFile(path, reported.append).read()


def test_a_log_that_is_a_link_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "precious").write_bytes(b"precious")
    (tmp_path / "log").symlink_to("precious")
    with pytest.raises(OSError, match="symbolic links"):
        open_private(tmp_path / "log")
    assert (tmp_path / "precious").read_bytes() == b"precious"


def test_no_more_is_read_than_a_small_file_has(tmp_path: Path) -> None:
    descriptor = private_descriptor(tmp_path / "file", os.O_RDWR)
    os.truncate(descriptor, MOST + 1)
    os.close(descriptor)
    with pytest.raises(OSError, match="longer"):
        read_private(tmp_path / "file")


@pytest.mark.parametrize("name", ["lock", "log", "socket"])
def test_a_pipe_in_place_of_an_engines_file_blocks_nothing(surroundings: Path, name: str) -> None:
    process = EngineProcess()
    path = {"lock": process.places.lock, "log": log_file(), "socket": process.places.socket}[name]
    path.unlink(missing_ok=True)
    os.mkfifo(path)
    if name == "socket":
        process.start()  # what lies there is replaced
        process.stop()
        return
    with pytest.raises(ProblemError) as refused:
        process.start()
    assert refused.value.problem.kind is ProblemKind.ENGINE
    assert str(log_file()) in refused.value.problem.remedy


@pytest.mark.skipif(sys.platform != "linux", reason="Linux tells it")
def test_the_engine_leaves_no_core_file_and_its_memory_is_not_read(surroundings: Path) -> None:
    said = run("""
        import ctypes, resource
        from tui.engine.run_engine import keep_memory_private
        keep_memory_private()
        print(resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))
    """)
    assert said == "(0, 0) 0"
    process = EngineProcess()
    process.start()
    try:
        assert process._child
        limits = Path(f"/proc/{process._child.pid}/limits")
        until_true(lambda: re.search(r"core file size +0 +0 ", limits.read_text()) is not None, "no core files", 60.0)
    finally:
        process.stop()


ENGINE = """
    import asyncio, os, socket, sys
    from functools import partial
    from pathlib import Path
    import uvloop
    from tui.engine.run_engine import end_within
    from tui.engine.run_engine import run_engine
    from tui.link.engine_paths import engine_paths
    from tui.link.process import bind

    home = Path(sys.argv[1])
    os.mkfifo(home / "pipe")

    async def main():
        waiting = asyncio.get_running_loop().run_in_executor(None, os.open, home / "pipe", os.O_RDONLY)
        print("runs", flush=True)
        await run_engine(bind(home / "s"), lambda: engine_paths({}, home), ending=partial(end_within, 0.5))

    uvloop.run(main())
"""


def test_an_engine_whose_disk_does_not_answer_ends_all_the_same(tmp_path: Path) -> None:
    command = [sys.executable, "-c", textwrap.dedent(ENGINE), str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as engine:
        try:
            assert engine.stdout
            assert engine.stdout.readline() == "runs\n"
            until_true((tmp_path / "journal.sqlite3").exists, "the engine has its journal", SOON)
            engine.send_signal(signal.SIGTERM)
            assert engine.wait(SOON) == 1
        finally:
            engine.kill()
