"""What the system refuses: said with the path and what to do, and nothing half-written stays."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.stores.local.conftest import ROOT, Disk
from tests.stores.refusals import problem_of
from tui.model.problem import ProblemKind
from tui.stores.local import LocalStore
from tui.stores.local.errors import system_problem
from tui.stores.values import ObjectAttributes

PLAIN = ObjectAttributes()
NOBODY = 65534


@contextmanager
def as_nobody() -> Iterator[None]:
    """Act as a user without rights, where the tests are run by root."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


@pytest.fixture
def open_disk() -> Iterator[Disk]:
    """A directory that every user can reach."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        directory.chmod(0o755)
        yield Disk(LocalStore(), directory)
        directory.chmod(0o755)
        for path in directory.iterdir():
            path.chmod(0o755)


async def test_a_directory_that_may_not_be_read_is_named_and_the_rest_is_listed(open_disk: Disk) -> None:
    disk = open_disk
    for name in ("a", "closed/secret", "z"):
        disk.write(name)
    assert await disk.names() == ["a", "closed/secret", "z"]  # a thread is there before the rights are gone
    disk.path("closed").chmod(0)
    seen: list[str] = []

    async def list_all() -> None:
        async for page in disk.store.pages(ROOT, disk.prefix, recursive=True):
            seen.extend(page.names)

    with as_nobody():
        problem = await problem_of(list_all())
        top = await problem_of(anext(disk.store.pages(ROOT, disk.key("closed/"))))
    assert seen == ["a", "z"]
    for each in (problem, top):
        assert each.kind is ProblemKind.DENIED
        assert str(disk.path("closed")) in each.title
        assert each.remedy


async def test_what_may_not_be_read_or_written_is_denied(open_disk: Disk) -> None:
    disk = open_disk
    key = disk.write("file")
    etag = (await disk.store.head(ROOT, key)).etag
    disk.path("file").chmod(0)
    disk.path("locked").mkdir(mode=0o555)
    with as_nobody():
        problems = [
            await problem_of(disk.store.read(ROOT, key, etag=etag, start=0, length=1)),
            await problem_of(disk.store.put(ROOT, disk.key("locked/new/file"), b"x", PLAIN)),
            await problem_of(disk.store.create_upload(ROOT, disk.key("locked/file"), PLAIN)),
        ]
    for problem in problems:
        assert problem.kind is ProblemKind.DENIED
        assert str(disk.directory) in problem.title
    assert disk.everything() == ["file", "locked"]


FILLER = """
    import asyncio, json, pathlib, sys
    from msgspec import to_builtins
    from tui.model.problem import ProblemError
    from tui.stores.values import ObjectAttributes
    from tui.stores.local import LocalStore

    async def main(directory):
        store, key = LocalStore(), directory.lstrip("/") + "/"
        problems = []
        try:
            await store.put("/", key + "new/whole", bytes(300_000), ObjectAttributes())
        except ProblemError as error:
            problems.append(error.problem)
        left = [path.name for path in pathlib.Path(directory).rglob("*")]
        upload = await store.create_upload("/", key + "big", ObjectAttributes())
        first = await store.upload_part("/", key + "big", upload, 1, bytes(100_000), start=0)
        try:
            await store.upload_part("/", key + "big", upload, 2, bytes(300_000), start=100_000)
        except ProblemError as error:
            problems.append(error.problem)
        kept = await store.parts("/", key + "big", upload)
        assert kept == [first]
        await store.abort_upload("/", key + "big", upload)
        print(json.dumps([to_builtins(problems), left, [path.name for path in pathlib.Path(directory).rglob("*")]]))

    asyncio.run(main(sys.argv[1]))
"""


def test_a_full_disk_is_said_and_nothing_half_written_stays(tmp_path: Path) -> None:
    mount = 'mount -t tmpfs -o size=256k tmpfs "$1" && exec "$2" -c "$3" "$1"'
    arguments = ["unshare", "--map-root-user", "--mount", "sh", "-c", mount, "sh"]
    command = [*arguments, str(tmp_path), sys.executable, textwrap.dedent(FILLER)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    problems, left, at_the_end = json.loads(done.stdout)
    assert [(problem["kind"], problem["code"]) for problem in problems] == [(ProblemKind.NO_SPACE, "ENOSPC")] * 2
    assert str(tmp_path / "new/whole") in problems[0]["title"]
    assert problems[0]["remedy"]
    assert (left, at_the_end) == ([], [])


@pytest.mark.parametrize("code", ["EROFS", "ENAMETOOLONG", "EISDIR", "EDQUOT", "EIO"])
def test_every_refusal_names_the_path_and_the_remedy(code: str) -> None:
    problem = system_problem(OSError(getattr(errno, code), "told"), "write", "mnt/{path}/file")
    assert "/mnt/{path}/file" in problem.title
    assert problem.code == code
    assert problem.remedy
    assert problem.resource == "file:///mnt/{path}/file"
