"""Keys of S3 that are no paths of this disk: refused by name, and nothing is written anywhere else."""

import os
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.stores.local.conftest import ROOT, Disk
from tests.stores.refusals import problem_of
from tui.model.location import Location
from tui.model.problem import ProblemError, ProblemKind
from tui.stores.local import LocalStore
from tui.stores.values import ObjectAttributes

HOSTILE = [
    "../outside",
    "a/../../outside",
    "..",
    "a/..",
    "./a",
    "a/./b",
    "/etc/outside",
    "a//b",
    "//",
    "a\0b",
    "n" * 256,
    "ü" * 128,
    "dir/" + "n" * 256 + "/file",
]


def leads_straight(key: str) -> bool:
    """Whether the system would find a path to lead just where it says."""
    path = "/" + key
    return "\0" not in path and os.path.normpath(path) == path.removesuffix("/")


def inside(disk: Disk) -> ObjectAttributes:
    return ObjectAttributes(below=disk.key("chosen/"))


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_key_that_leads_elsewhere_is_refused(disk: Disk, name: str) -> None:
    key = disk.key("chosen/" + name)
    for operation, request in (
        ("stat", disk.store.head(ROOT, key)),
        ("read", disk.store.read(ROOT, key, etag="", start=0, length=1)),
        ("write", disk.store.put(ROOT, key, b"x", inside(disk))),
        ("write", disk.store.create_upload(ROOT, key, inside(disk))),
        ("delete", disk.store.delete(ROOT, key)),
    ):
        problem = await problem_of(request)
        assert (problem.kind, problem.operation) == (ProblemKind.INVALID, operation)
        assert problem.resource == Location(ROOT, key).uri
        assert problem.title == f"{problem.resource} cannot be stored on this disk"
        assert problem.remedy == "rename the object, or copy it alone under another name"
    assert disk.everything() == []


@settings(max_examples=150, deadline=None)
@given(key=st.lists(st.sampled_from(["..", ".", "", "a", "b", "a\0", "~", "é"]), max_size=6).map("/".join))
async def test_whatever_the_key_nothing_lands_outside_the_chosen_directory(
    key: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    disk = Disk(LocalStore(), tmp_path_factory.mktemp("keys"))
    disk.path("x/y/chosen").mkdir(parents=True)
    whole = disk.key("x/y/chosen/" + key)
    writing = disk.store.put(ROOT, whole, b"", ObjectAttributes(below=disk.key("x/y/chosen/")))
    if leads_straight(whole):
        await writing
    else:
        assert (await problem_of(writing)).kind is ProblemKind.INVALID
    outside = [path for path in disk.everything() if not path.startswith("x/y/chosen")]
    assert outside == ["x", "x/y"]


async def test_a_link_is_not_followed_out_of_the_chosen_directory(disk: Disk) -> None:
    disk.path("secret").mkdir()
    disk.path("chosen/within").mkdir(parents=True)
    disk.path("chosen/out").symlink_to(disk.path("secret"))
    disk.path("chosen/up").symlink_to("..")
    disk.path("chosen/in").symlink_to("within")
    disk.path("chosen/absolute").symlink_to(disk.path("chosen/within"))
    for name in ("out/file", "out/deep/file", "up/secret/file"):
        for request in (
            disk.store.put(ROOT, disk.key("chosen/" + name), b"x", inside(disk)),
            disk.store.create_upload(ROOT, disk.key("chosen/" + name), inside(disk)),
        ):
            problem = await problem_of(request)
            assert problem.kind is ProblemKind.INVALID
            assert "symbolic link" in problem.cause
    await disk.store.put(ROOT, disk.key("chosen/in/file"), b"x", inside(disk))
    assert disk.path("chosen/within/file").read_bytes() == b"x"
    await disk.store.put(ROOT, disk.key("chosen/absolute/other"), b"y", inside(disk))
    assert disk.path("chosen/within/other").read_bytes() == b"y"
    assert list(disk.path("secret").iterdir()) == []


async def test_a_link_on_the_way_to_the_chosen_directory_is_the_users_own(disk: Disk) -> None:
    disk.path("real").mkdir()
    disk.path("link").symlink_to("real")
    attributes = ObjectAttributes(below=disk.key("link/"))
    await disk.store.put(ROOT, disk.key("link/sub/file"), b"x", attributes)
    assert disk.path("real/sub/file").read_bytes() == b"x"
    upload = await disk.store.create_upload(ROOT, disk.key("link/big"), attributes)
    parts = [await disk.store.upload_part(ROOT, disk.key("link/big"), upload, 1, b"x", start=0)]
    await disk.store.complete_upload(ROOT, disk.key("link/big"), upload, parts)
    assert disk.path("real/big").read_bytes() == b"x"


async def test_the_longest_name_that_the_disk_takes_is_taken(disk: Disk) -> None:
    key = disk.key("ü" * 127)
    await disk.store.put(ROOT, key, b"x", inside(disk))
    upload = await disk.store.create_upload(ROOT, key, inside(disk))
    parts = [await disk.store.upload_part(ROOT, key, upload, 1, b"longer", start=0)]
    assert [one.key for one in await disk.store.uploads(ROOT, key)] == [key]
    await disk.store.complete_upload(ROOT, key, upload, parts)
    assert disk.path("ü" * 127).read_bytes() == b"longer"


async def test_another_bucket_is_no_file_system(disk: Disk) -> None:
    assert (await problem_of(disk.store.head("assets", "key"))).kind is ProblemKind.INVALID


def left_open(disk: Disk) -> int:
    """How many of the test's directories this process has open."""
    places = {path.stat()[1:3] for path in (disk.directory, *disk.directory.rglob("*"))}
    found = 0
    for number in Path("/dev/fd").iterdir():
        with suppress(OSError):  # the one by which they were listed
            found += os.fstat(int(number.name))[1:3] in places
    return found


@pytest.mark.parametrize("name", ["chosen/new/file", "chosen/way/file"], ids=["written", "refused"])
async def test_no_directory_on_the_way_to_a_file_stays_open(disk: Disk, name: str) -> None:
    """It is refused where a file is in the way."""
    disk.write("chosen/way")
    with suppress(ProblemError):
        await disk.store.put(ROOT, disk.key(name), b"x", inside(disk))
    assert left_open(disk) == 0
