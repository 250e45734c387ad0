"""Listings of directories: what S3 would list, in its order."""

import os
import socket

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.stores.local.conftest import ROOT, Disk
from tests.stores.refusals import problem_of
from tui.model.listing import Page
from tui.model.problem import ProblemKind
from tui.stores.local import LocalStore

NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="/\0"), min_size=1, max_size=12).filter(
    lambda name: name not in (".", "..") and len(name.encode()) < 100
)
PATHS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)


def tree_of(paths: list[str]) -> list[str]:
    """Those of the paths that can be files beside one another."""
    kept: list[str] = []
    for path in dict.fromkeys(paths):
        if not any(path.startswith(other + "/") or other.startswith(path + "/") for other in kept):
            kept.append(path)
    return kept


async def pages_of(disk: Disk, prefix: str = "", *, recursive: bool = False, start_after: str = "") -> list[Page]:
    pages = disk.store.pages(ROOT, disk.key(prefix), recursive=recursive, start_after=start_after)
    return [page async for page in pages]


async def gather(disk: Disk, seen: list[str], *, recursive: bool) -> None:
    """Add what is listed to `seen`, until a problem ends it."""
    async for page in disk.store.pages(ROOT, disk.prefix, recursive=recursive):
        seen += page.names


async def test_one_level_has_directories_as_prefixes(disk: Disk) -> None:
    disk.write("b.txt", b"12345")
    disk.write("a/deep/c")
    disk.path("empty").mkdir()
    os.utime(disk.path("b.txt"), (1_700_000_000, 1_700_000_000))
    [page] = await pages_of(disk)
    assert (page.prefixes, page.names, page.last) == (["a/", "empty/"], ["b.txt"], True)
    [entry] = page.objects()
    assert (entry.key, entry.size, entry.modified) == (disk.key("b.txt"), 5, 1_700_000_000)
    assert (entry.storage_class, entry.owner) == ("-", None)
    assert entry.etag == (await disk.store.head(ROOT, entry.key)).etag


@settings(max_examples=60, deadline=None)
@given(paths=st.lists(PATHS, max_size=25), data=st.data())
async def test_everything_is_listed_as_s3_orders_it(
    paths: list[str], data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    disk = Disk(LocalStore(), tmp_path_factory.mktemp("tree"))
    tree = tree_of(paths)
    for path in tree:
        disk.write(path)
    in_order = sorted(tree, key=str.encode)
    assert await disk.names() == (in_order or [""])
    start = data.draw(st.sampled_from(tree) | PATHS) if tree else ""
    assert await disk.names(start_after=disk.key(start)) == [
        each for each in in_order if each.encode() > start.encode()
    ]
    cut = start[: data.draw(st.integers(0, len(start)))]
    if cut and not cut.endswith("/"):
        assert await disk.names(cut) == [each for each in in_order if each.startswith(cut)]


async def test_pages_have_a_thousand_entries(disk: Disk) -> None:
    for number in range(1500):
        disk.write(f"{number:04}")
    for number in range(700):
        disk.path(f"d{number:04}").mkdir()
    pages = await pages_of(disk)
    assert [len(page.names) + len(page.prefixes) for page in pages] == [1000, 1000, 200]
    assert [page.last for page in pages] == [False, False, True]
    below = await pages_of(disk, recursive=True, start_after=disk.key("0999"))
    assert [len(page.names) for page in below] == [1000, 200]  # 500 files, and 700 empty directories


async def test_an_empty_directory_is_kept_by_a_recursive_listing(disk: Disk) -> None:
    disk.path("full/empty").mkdir(parents=True)
    disk.write("full/file")
    assert await disk.names() == ["full/empty/", "full/file"]
    assert await disk.names("full/empty/") == ["full/empty/"]


async def test_links_to_files_are_followed_and_links_to_directories_are_not(disk: Disk) -> None:
    disk.write("dir/file", b"content")
    disk.path("link").symlink_to(disk.path("dir/file"))
    disk.path("dir/circle").symlink_to(disk.directory)
    disk.path("nowhere").symlink_to("missing")
    disk.path("itself").symlink_to("itself")
    assert [(entry.key.removeprefix(disk.prefix), entry.size) for entry in await disk.objects()] == [
        ("dir/file", 7),
        ("link", 7),
    ]
    [page] = await pages_of(disk, "dir/")
    assert (page.prefixes, page.names) == (["circle/"], ["file"])


async def test_what_is_no_file_is_left_out(disk: Disk) -> None:
    os.mkfifo(disk.path("pipe"))
    here = os.open(disk.directory, os.O_RDONLY)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"/proc/self/fd/{here}/socket")  # its own path would be too long
        os.close(here)
        disk.write("file")
        assert await disk.names() == ["file"]


async def test_a_name_that_is_no_utf_8_takes_nothing_else_away_and_is_said(disk: Disk) -> None:
    disk.write("a")
    disk.write("z")
    for name in (b"caf\xe9", b"t\xfcr"):
        disk.write(os.fsdecode(name))
    for recursive in (False, True):
        seen: list[str] = []
        problem = await problem_of(gather(disk, seen, recursive=recursive))
        assert seen == ["a", "z"]
        assert problem.kind is ProblemKind.INVALID
        assert r"caf\xe9" in problem.sentence()
        assert r"t\xfcr" in problem.sentence()
        problem.sentence().encode()


async def test_a_directory_that_is_not_there(disk: Disk) -> None:
    problem = await problem_of(pages_of(disk, "missing/"))
    assert problem.kind is ProblemKind.NO_SUCH_KEY
    assert str(disk.path("missing")) in problem.title
    assert await disk.names("missing/") == []


async def test_the_top_is_listed() -> None:
    store = LocalStore()
    assert [bucket.name for bucket in (await store.buckets()).buckets] == [ROOT]
    prefixes = [name async for page in store.pages(ROOT, "") for name in page.prefixes]
    assert "tmp/" in prefixes
