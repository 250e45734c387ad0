"""``xs3-tui.pyz``: where it unpacks, what it verifies there, and what it refuses."""

import os
import shutil
import signal
import stat
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.release.pack import pack
from tui.app.one_file import LEFT, PYTHON, SETTINGS, SITE

MAIN = """\
import subprocess, sys
def main():
    child = subprocess.run([sys.executable, "-P", "-m", "tui.child"], env={}, capture_output=True, text=True)
    print("ours", *sys.argv[1:], child.stdout.strip())
"""
PLANTED = "print('planted')\n"
FILES = 100


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of a product that says its arguments and what a child of it says."""
    made = tmp_path_factory.mktemp("archive") / "xs3-tui.pyz"
    pack_into(made, tmp_path_factory.mktemp("site"))
    return made


def pack_into(made: Path, site: Path) -> None:
    app = site / "tui/app"
    app.mkdir(parents=True)
    (app / "main.py").write_text(MAIN)
    (app.parent / "child.py").write_text("print('child')\n")
    (app.parent / "template.py").write_text("no {{ python }}\n")
    for number in range(FILES):
        (app / f"data{number}.txt").write_bytes(os.urandom(10) * 3000)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOURCE_DATE_EPOCH", "1790000000")
        pack(site, made, small=False)


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache/xs3-tui"


def start(archive: Path, cache: Path, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, str(archive), *arguments]
    environment = {"XDG_CACHE_HOME": str(cache.parent)}
    return subprocess.Popen(
        command, env=environment, umask=0, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def run(archive: Path, cache: Path, *arguments: str) -> tuple[int, str, str]:
    process = start(archive, cache, *arguments)
    output, errors = process.communicate()
    return process.returncode, output, errors


def unpacked(cache: Path) -> Path:
    (found,) = (path for path in cache.iterdir() if path.is_dir())
    return found


def test_it_runs_without_an_environment_and_unpacks_once_for_this_user_alone(archive: Path, cache: Path) -> None:
    for _ in range(2):
        assert run(archive, cache, "ls", "a b") == (0, "ours ls a b child\n", "")
    made = unpacked(cache)
    for path in (cache.parent, cache, made, *made.rglob("*")):
        assert path.is_symlink() or path.lstat().st_mode & 0o077 == 0, path
    before = {path: path.lstat().st_mtime_ns for path in made.rglob("*")}
    assert run(archive, cache)[0] == 0
    assert {path: path.lstat().st_mtime_ns for path in made.rglob("*")} == before


@pytest.mark.thorough
def test_the_same_packages_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        site = tmp_path / name
        (site / "tui").mkdir(parents=True)
        (site / "tui/__init__.py").write_text("SET = {'a', 'b'}\ndef f(x): return x in {'c', 'd', 'e'}\n")
        command = [sys.executable, "-m", "tests.release.pack", str(site), str(tmp_path / f"{name}.pyz")]
        environment = {**os.environ, "SOURCE_DATE_EPOCH": "1790000000", "PYTHONHASHSEED": "0"}
        subprocess.run(command, env=environment, check=True, cwd=Path(__file__).parents[2])
    made = [(tmp_path / f"{name}.pyz").read_bytes() for name in ("one", "two")]
    assert made[0] == made[1]


def _planted(made: Path, name: str) -> None:
    (made / SITE / name).write_text(PLANTED)


def _linked(made: Path) -> None:
    elsewhere = made.parent.parent / "elsewhere.pyc"
    shutil.copy(made / SITE / "tui/child.pyc", elsewhere)
    (made / SITE / "tui/child.pyc").unlink()
    (made / SITE / "tui/child.pyc").symlink_to(elsewhere)


def _piped(made: Path) -> None:
    (made / SITE / "tui/child.pyc").unlink()
    os.mkfifo(made / SITE / "tui/child.pyc")


def _other_python(made: Path) -> None:
    (made / PYTHON).unlink()
    (made / PYTHON).symlink_to("/bin/echo")


def _whole_link(made: Path) -> None:
    made.rename(made.parent.parent / "moved")
    made.symlink_to(made.parent.parent / "moved")


def _owned_by_another(made: Path) -> None:
    if os.geteuid():
        pytest.skip("only root gives files away")
    os.chown(made / SITE / "tui/child.pyc", 12345, 12345)


CHANGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "a changed file": (lambda made: _planted(made, "tui/app/main.pyc"), f"{SITE}/tui/app/main.pyc"),
    "a file emptied by a crash": (lambda made: os.truncate(made / SITE / "tui/child.pyc", 0), f"{SITE}/tui/child.pyc"),
    "a source beside the bytecode": (lambda made: _planted(made, "tui/app/main.py"), f"{SITE}/tui/app/main.py"),
    "a file that Python runs": (lambda made: _planted(made, "sitecustomize.py"), f"{SITE}/sitecustomize.py"),
    "a path file": (lambda made: (made / SITE / "a.pth").write_text("import os"), f"{SITE}/a.pth"),
    "a missing file": (lambda made: (made / SITE / "tui/child.pyc").unlink(), f"{SITE}/tui/child.pyc"),
    "a link to the same": (_linked, f"{SITE}/tui/child.pyc"),
    "a pipe": (_piped, f"{SITE}/tui/child.pyc"),
    "another Python": (_other_python, PYTHON),
    "other settings": (lambda made: (made / SETTINGS).write_text("home = /tmp"), SETTINGS),
    "a directory that others write": (lambda made: (made / SITE).chmod(0o777), SITE),
    "a link in place of all": (_whole_link, ""),
    "another owner": (_owned_by_another, f"{SITE}/tui/child.pyc"),
}


@pytest.mark.thorough
@pytest.mark.parametrize("change", CHANGES)
def test_what_is_not_as_it_was_unpacked_is_named_and_not_run(archive: Path, cache: Path, change: str) -> None:
    run(archive, cache)
    made = unpacked(cache)
    make, name = CHANGES[change]
    make(made)
    told = f"xs3-tui: {made / name} is not as it was unpacked; it is unpacked again\n"
    assert run(archive, cache) == (0, "ours child\n", told)
    assert sorted(path.name for path in cache.iterdir()) == sorted([made.name, "lock"])


def test_a_cache_that_others_could_write_is_closed(archive: Path, cache: Path) -> None:
    run(archive, cache)
    cache.chmod(0o777)
    assert run(archive, cache)[0] == 0
    assert stat.S_IMODE(cache.stat().st_mode) == 0o700


@pytest.mark.parametrize("kind", ["link", "file", "another owner"])
def test_a_planted_cache_is_refused(archive: Path, cache: Path, kind: str) -> None:
    cache.parent.mkdir()
    if kind == "link":
        (cache.parent / "elsewhere").mkdir()
        cache.symlink_to(cache.parent / "elsewhere")
    elif kind == "file":
        cache.touch()
    else:
        if os.geteuid():
            pytest.skip("only root gives directories away")
        cache.mkdir()
        os.chown(cache, 12345, 12345)
    code, output, errors = run(archive, cache)
    assert (code, output) == (1, "")
    assert errors.startswith("xs3-tui cannot be unpacked: ")
    assert str(cache) in errors
    assert "XDG_CACHE_HOME" in errors


def test_a_full_disk_leaves_nothing(archive: Path, tmp_path: Path) -> None:
    mounted = 'mount -t tmpfs -o size=2m,mode=700 full "$1" && XDG_CACHE_HOME="$1" "$2" "$3"; echo $?; ls "$1/xs3-tui"'
    command = ["unshare", "--map-root-user", "--mount", "sh", "-c", mounted, "sh"]
    done = subprocess.run([*command, str(tmp_path), sys.executable, str(archive)], capture_output=True, text=True)
    assert done.stdout == "1\nlock\n"
    assert done.stderr.startswith("xs3-tui cannot be unpacked: [Errno 28] No space left on device")


@pytest.mark.parametrize("files", [1, FILES // 2])
def test_a_start_that_was_killed_leaves_nothing_for_the_next_one(archive: Path, cache: Path, files: int) -> None:
    assert any(_killed(archive, cache, files) for _ in range(20))
    assert run(archive, cache) == (0, "ours child\n", "")
    assert sorted(path.name for path in cache.iterdir()) == sorted([unpacked(cache).name, "lock"])


def _killed(archive: Path, cache: Path, files: int) -> bool:
    """Whether a first start was killed while it wrote; it may have been faster."""
    shutil.rmtree(cache, ignore_errors=True)
    process = start(archive, cache)
    while process.poll() is None and len(list(cache.glob(f"{LEFT}*/new/{SITE}/tui/app/*"))) < files:
        pass
    process.send_signal(signal.SIGKILL)
    process.communicate()
    return bool(list(cache.glob(f"{LEFT}*")))


def test_several_first_starts_at_once_unpack_one_copy(archive: Path, cache: Path) -> None:
    started = [start(archive, cache, str(number)) for number in range(5)]
    told = [process.communicate() for process in started]
    assert told == [(f"ours {number} child\n", "") for number in range(5)]
    assert sorted(path.name for path in cache.iterdir()) == sorted([unpacked(cache).name, "lock"])


@pytest.mark.parametrize(("name", "other"), [("SUFFIX", "'.cpython-311-m68k-linux-gnu.so'"), ("GLIBC", "[99, 1]")])
def test_a_machine_of_another_kind_is_told(archive: Path, name: str, other: str) -> None:
    with zipfile.ZipFile(archive) as opened:
        stub = opened.read("__main__.py").decode()
    changed = stub.replace("\nif sys", f"\n{name} = {other}\nif sys", 1)
    done = subprocess.run([sys.executable, "-c", changed], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("xs3-tui: this file is for cpython-311-")
    assert "; this is cpython-" in done.stderr
