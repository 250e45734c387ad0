"""Trees that change between two steps of one deletion, download or upload list, and directories that become links.

Nothing leads out of them.
"""

import errno
import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.stores.local.conftest import ROOT, Disk
from tests.stores.refusals import problem_of
from tui.core.location import Location
from tui.core.orders import DeleteOrder, Selection
from tui.core.problem import ProblemError, ProblemKind
from tui.core.transfer import Outcome
from tui.stores.local import directories
from tui.stores.local.directories import SEARCH, LinkError, open_beneath
from tui.stores.local.local_store import LocalStore
from tui.stores.store_values import ObjectAttributes
from tui.transfers.deletion import Deleter, DeletionCandidate
from tui.transfers.selection import SelectedObject

FLIPPER = """
    import ctypes, os, sys

    AT_FDCWD, RENAME_EXCHANGE = -100, 2
    exchange = ctypes.CDLL(None, use_errno=True).renameat2
    one, other = (os.fsencode(path) for path in sys.argv[1:])
    parent = os.getppid()
    count = 0
    while os.getppid() == parent:
        if exchange(AT_FDCWD, one, AT_FDCWD, other, RENAME_EXCHANGE):
            sys.exit(os.strerror(ctypes.get_errno()))
        count += 1
        if count == 2:
            print("flips", flush=True)
"""


@contextmanager
def flipping(directory: Path, link: Path) -> Iterator[None]:
    """Exchange the two for one another as fast as another process can, while the block runs."""
    command = [sys.executable, "-c", textwrap.dedent(FLIPPER), str(directory), str(link)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as flipper:
        try:
            assert flipper.stdout
            assert flipper.stdout.readline() == "flips\n"
            yield
            assert flipper.poll() is None, "it flipped to the end"
        finally:
            flipper.kill()


@dataclass(frozen=True)
class Figures:
    """How many of the calls were made, and how many files of the directory outside they touched."""

    done: int
    refused: int
    outside: int

    def __str__(self) -> str:
        return f"{self.done:,} done, {self.refused:,} refused, {self.outside:,} outside"


class Arena:
    """`chosen/flips` is a directory at one moment, and a link to `outside` at the next."""

    def __init__(self, top: Path) -> None:
        self.outside, self.chosen = top / "outside", top / "chosen"
        self.flips, self.link = self.chosen / "flips", self.chosen / "other"
        self.outside.mkdir()
        self.flips.mkdir(parents=True)
        self.link.symlink_to("../outside")
        self.store = LocalStore()

    @property
    def prefix(self) -> str:
        return f"{self.chosen}/".removeprefix("/")

    async def write(self, count: int) -> Figures:
        attributes, done = ObjectAttributes(below=self.prefix), 0
        with flipping(self.flips, self.link):
            for number in range(count):
                key = f"{self.prefix}flips/{number:05}"
                try:
                    await (self._in_parts(key, attributes) if number % 2 else self._whole(key, attributes))
                    done += 1
                except ProblemError:
                    pass
        return Figures(done, count - done, len(list(self.outside.iterdir())))

    async def _whole(self, key: str, attributes: ObjectAttributes) -> None:
        await self.store.put(ROOT, key, b"x", attributes)

    async def _in_parts(self, key: str, attributes: ObjectAttributes) -> None:
        upload = await self.store.create_upload(ROOT, key, attributes)
        part = await self.store.upload_part(ROOT, key, upload, 1, b"x", start=0)
        await self.store.complete_upload(ROOT, key, upload, [part])

    async def delete(self, count: int) -> Figures:
        """Files of one name inside and outside are deleted, alone and together by turns."""
        names = [f"{number:05}" for number in range(count)]
        for name in names:
            (self.flips / name).touch()
            (self.outside / name).touch()
        store, failed = self.store.within(self.prefix), 0
        with flipping(self.flips, self.link):
            for name in names:
                failed += len(await store.delete_many(ROOT, [f"{self.prefix}flips/{name}"]))
        return Figures(count - failed, failed, count - len(list(self.outside.iterdir())))


def without_openat2(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(path: str, flags: int, resolve: int, directory: int) -> int:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))

    monkeypatch.setattr(directories, "openat2", unknown)


@pytest.mark.skipif(sys.platform != "linux", reason="this system cannot exchange two names in one step (renameat2)")
@pytest.mark.parametrize("openat2", [True, False])
@pytest.mark.parametrize("action", ["write", "delete"])
@pytest.mark.parametrize("count", [300, pytest.param(5000, marks=pytest.mark.bench)])
async def test_nothing_outside_is_touched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, action: str, count: int, *, openat2: bool
) -> None:
    if not openat2:
        without_openat2(monkeypatch)
    arena = Arena(tmp_path)
    figures = await (arena.write(count) if action == "write" else arena.delete(count))
    print(f"\n{action}, {count:,} races: {figures}")  # noqa: T201  # the scheduler decides how many are refused
    assert figures.outside == 0
    assert figures.done + figures.refused == count


@pytest.fixture(params=["openat2", "walking"])
def disk(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Disk:
    """A disk whose directories are opened by the kernel's help, and without it."""
    if request.param == "walking":
        without_openat2(monkeypatch)
    return Disk(LocalStore(), tmp_path)


def swap(disk: Disk, directory: str, leads: str) -> None:
    disk.path(directory).rename(disk.path(directory + "-aside"))
    disk.path(directory).symlink_to(leads)


async def test_a_directory_that_became_a_link_is_not_deleted_through(disk: Disk) -> None:
    for number in range(3):
        disk.write(f"outside/{number}")
    keys = [disk.write(f"tree/dir/{number}") for number in range(3)]
    store = disk.store.within(disk.key("tree/"))
    await store.delete(ROOT, keys.pop())
    swap(disk, "tree/dir", "../outside")
    problems = await store.delete_many(ROOT, keys)
    assert set(problems) == set(keys)
    for problem in problems.values():
        assert problem.kind is ProblemKind.INVALID
        assert "dir in its path is a symbolic link to ../outside" in problem.cause
        assert problem.remedy
    assert (await problem_of(store.delete(ROOT, keys[0]))).kind is ProblemKind.INVALID
    assert {f"outside/{number}" for number in range(3)} < {*disk.everything()}


async def test_the_chosen_directory_must_stay_the_one_it_was(disk: Disk) -> None:
    disk.write("outside/b")
    for name in "ab":
        disk.write(f"tree/{name}")
    store = disk.store.within(disk.key("tree/"))
    await store.delete(ROOT, disk.key("tree/a"))
    swap(disk, "tree", "outside")
    assert "another directory" in (await problem_of(store.delete(ROOT, disk.key("tree/b")))).cause
    assert disk.path("outside/b").exists()


async def test_a_link_on_the_way_to_the_chosen_directory_is_the_users_own(disk: Disk) -> None:
    disk.write("real/dir/file")
    disk.path("link").symlink_to("real")
    store = disk.store.within(disk.key("link/dir/"))
    await store.delete(ROOT, disk.key("link/dir/file"))
    await store.delete(ROOT, disk.key("link/dir/"))
    assert disk.everything() == ["link", "real"]


async def test_a_link_is_deleted_and_not_what_it_leads_to(disk: Disk) -> None:
    disk.write("outside/file")
    disk.path("tree").mkdir()
    disk.path("tree/link").symlink_to("../outside/file")
    disk.path("tree/up").symlink_to("../outside")
    store = disk.store.within(disk.key("tree/"))
    assert (await store.delete_many(ROOT, [disk.key("tree/link"), disk.key("tree/up/")])) == {}
    assert disk.everything() == ["outside", "outside/file", "tree", "tree/up"]


async def test_empty_directories_go_with_the_one_above_and_links_among_them_stay(disk: Disk) -> None:
    disk.path("tree/a/b/c").mkdir(parents=True)
    disk.path("outside/empty").mkdir(parents=True)
    disk.path("tree/a/link").symlink_to("../../outside")
    store = disk.store.within(disk.prefix)
    assert "not empty" in (await problem_of(store.delete(ROOT, disk.key("tree/")))).title
    assert disk.everything() == ["outside", "outside/empty", "tree", "tree/a", "tree/a/link"]


async def test_a_download_in_parts_does_not_follow_a_directory_that_became_a_link(disk: Disk) -> None:
    disk.path("outside").mkdir()
    disk.path("chosen").mkdir()
    key, upload, [part] = await disk.begin("chosen/dir/file", b"x", below="chosen/")
    swap(disk, "chosen/dir", "../outside")
    for request in (
        disk.store.upload_part(ROOT, key, upload, 2, b"y", start=1),
        disk.store.complete_upload(ROOT, key, upload, [part]),
    ):
        await problem_of(request)
    await disk.store.abort_upload(ROOT, key, upload)
    assert not list(disk.path("outside").iterdir())


async def test_not_even_with_its_files_there(disk: Disk) -> None:
    """The files of the upload lie at both places, because somebody has moved them."""
    disk.path("chosen").mkdir()
    key, upload, _ = await disk.begin("chosen/dir/file", below="chosen/")
    disk.path("chosen/dir").rename(disk.path("outside"))
    disk.path("chosen/dir").symlink_to("../outside")
    before = {path: path.read_bytes() for path in disk.path("outside").iterdir()}
    for request in (
        disk.store.upload_part(ROOT, key, upload, 1, b"x", start=0),
        disk.store.parts(ROOT, key, upload),
        disk.store.complete_upload(ROOT, key, upload, []),
    ):
        problem = await problem_of(request)
        assert problem.kind is ProblemKind.INVALID
        assert "symbolic link to ../outside" in problem.cause
    assert {path: path.read_bytes() for path in disk.path("outside").iterdir()} == before


def leads(disk: Disk, *steps: str, follow: bool = True) -> str:
    home = os.open(disk.path("home"), SEARCH)
    try:
        found = open_beneath(home, steps, home_path=str(disk.path("home")), follow=follow)
        inode = os.fstat(found).st_ino
        os.close(found)
    finally:
        os.close(home)
    [name] = [name for name in disk.everything() if disk.path(name).lstat().st_ino == inode]
    return name


def test_links_below_are_followed_where_they_may_be(disk: Disk) -> None:
    disk.path("home/a/b").mkdir(parents=True)
    disk.path("home/c").mkdir()
    disk.path("outside").mkdir()
    disk.path("home/file").touch()
    for name, target in {
        "home/relative": "a/b",
        "home/absolute": str(disk.path("home/a/b")),
        "home/a/b/back": "../../c/",
        "home/twice": "relative/back",
        "home/out": "../outside",
        "home/away": str(disk.path("outside")),
        "home/beside": str(disk.path("home")) + "-too",
        "home/circle": "circle",
        "home/nowhere": "missing",
        "home/to-file": "file",
    }.items():
        disk.path(name).symlink_to(target)
    disk.path("home-too").mkdir()
    assert leads(disk) == "home"
    assert leads(disk, "a", "b", follow=False) == "home/a/b"
    assert leads(disk, "relative") == leads(disk, "absolute") == "home/a/b"
    assert leads(disk, "a", "b", "back") == leads(disk, "twice") == "home/c"
    for out in ("out", "away", "beside", "circle"):
        with pytest.raises(LinkError) as refused:
            leads(disk, out)
        assert refused.value.filename == out
    with pytest.raises(LinkError):
        leads(disk, "a", "..", "..")
    for link in ("relative", "absolute", "twice"):
        with pytest.raises(LinkError):
            leads(disk, link, follow=False)
    with pytest.raises(FileNotFoundError):
        leads(disk, "nowhere")
    for file in ("file", "to-file"):
        with pytest.raises(NotADirectoryError):
            leads(disk, file)


async def test_a_deletion_of_a_tree_reports_what_has_become_a_link(disk: Disk) -> None:
    disk.write("outside/file")
    disk.write("tree/dir/file")
    disk.write("tree/kept/file")
    base = Location(ROOT, disk.key("tree/"))
    deleter = Deleter("t", DeleteOrder(Selection("a", base, prefixes=[base.key])), disk.store)
    judged = [
        DeletionCandidate(SelectedObject(key, 0)) for key in (base.child("dir/file").key, base.child("kept/file").key)
    ]
    await deleter.delete(judged[1:])
    swap(disk, "tree/dir", "../outside")
    [result] = await deleter.delete(judged[:1])
    assert result.outcome is Outcome.FAILED
    assert result.problem
    assert "symbolic link" in result.problem.cause
    assert disk.path("outside/file").exists()
