"""The program's own directories and files, with somebody else's things in their places."""

from __future__ import annotations

import os
import re
import signal
import stat
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.waiting import until_true
from tui.accounts.address_file import AddressFile
from tui.keeping import files
from tui.keeping.last_session import LastSession
from tui.model.problem import Problem, ProblemError, ProblemKind
from tui.protocol.paths import log_file, state_directory
from tui.protocol.private_files import MOST, make_private, open_private, private_descriptor, read_private
from tui.protocol.process import EngineProcess

STRANGER = 12345
SOON = 90
"""Seconds that an interpreter may take to start, and what it does to end."""

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can make directories of another user")
linux = pytest.mark.skipif(sys.platform != "linux", reason="Linux tells it")


def run(code: str, *arguments: str, **environment: str) -> str:
    """What a Python program says."""
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
        "import os; os.umask(0); from tui.protocol.paths import state_directory; state_directory()",
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


def plant_pipe(path: Path) -> None:
    os.mkfifo(path)


def plant_link_to_pipe(path: Path) -> None:
    os.mkfifo(path.with_name("pipe"))
    path.symlink_to("pipe")


def plant_endless_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


@pytest.mark.timeout(SOON)
@pytest.mark.parametrize("plant", [plant_pipe, plant_link_to_pipe, plant_endless_device])
def test_what_is_no_file_is_neither_read_nor_waited_for(tmp_path: Path, plant: Callable[[Path], None]) -> None:
    path = tmp_path / "file.json"
    plant(path)
    for opening in (read_private, open_private, lambda path: private_descriptor(path, os.O_RDWR)):
        with pytest.raises(OSError, match=r"."):
            opening(path)
    assert files.read(path, LastSession) == LastSession()
    with pytest.raises(ProblemError):
        files.read_to_change(path, LastSession)
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
    os.truncate(private_descriptor(tmp_path / "file", os.O_RDWR), MOST + 1)
    with pytest.raises(OSError, match="longer"):
        read_private(tmp_path / "file")


@pytest.mark.timeout(SOON)
@pytest.mark.parametrize("name", ["lock", "log", "socket"])
def test_a_pipe_in_place_of_an_engines_file_blocks_nothing(surroundings: Path, name: str) -> None:
    process = EngineProcess()
    path = {"lock": process._places.lock, "log": log_file(), "socket": process._places.socket}[name]
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


@linux
def test_the_engine_leaves_no_core_file_and_its_memory_is_not_read(surroundings: Path) -> None:
    said = run("""
        import ctypes, resource
        from tui.engine.hardening import keep_memory_private
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
    from tui.engine.hardening import end_within
    from tui.engine.lifetime import run_engine
    from tui.protocol.paths import engine_paths
    from tui.protocol.process import bind

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
            while engine.poll() is None and not (tmp_path / "journal.sqlite3").exists():
                pass
            engine.send_signal(signal.SIGTERM)
            assert engine.wait(SOON) == 1
        finally:
            engine.kill()
