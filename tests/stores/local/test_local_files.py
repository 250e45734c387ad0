import asyncio
import errno
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.stores.local.conftest import ROOT, Disk
from tests.stores.refusals import problem_of
from tui.core.listing import Page
from tui.core.location import Location
from tui.core.problem import ProblemError, ProblemKind
from tui.stores.local import disk_errors
from tui.stores.local.disk_errors import system_problem
from tui.stores.local.disk_names import describe
from tui.stores.local.local_store import LocalStore
from tui.stores.store_values import ONLY_NEW, CompletedPart, ObjectAttributes

PLAIN = ObjectAttributes()


async def test_a_file_is_written_whole_with_the_time_of_its_source(disk: Disk) -> None:
    key = disk.key("new/dir/ü + [x]\n.csv")
    etag = (await disk.store.put(ROOT, key, b"content", ObjectAttributes(modified=1_600_000_000.25))).etag
    head = await disk.store.head(ROOT, key)
    assert (head.size, head.etag, head.modified) == (7, etag, 1_600_000_000.25)
    assert head.headers == {"ContentType": "text/csv"}
    assert await disk.store.read(ROOT, key, etag=etag, start=2, length=3) == b"nte"
    assert disk.everything() == ["new", "new/dir", "new/dir/ü + [x]\n.csv"]


async def test_the_type_is_guessed_from_the_name(disk: Disk) -> None:
    kinds = {
        "a.json": "application/json",
        "a.csv.gz": "application/gzip",
        "a.tar.xz": "application/x-xz",
        "strange.zzz": None,
    }
    heads = {name: await disk.store.head(ROOT, disk.write(name)) for name in kinds}
    assert {name: head.headers.get("ContentType") for name, head in heads.items()} == kinds


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
        assert (await problem_of(disk.store.fetch(ROOT, key, etag=etag, size=size))).kind is ProblemKind.CHANGED


async def test_more_than_there_is_cannot_be_read(disk: Disk) -> None:
    key = disk.write("file", b"short")
    etag = (await disk.store.head(ROOT, key)).etag
    assert await disk.store.read(ROOT, key, etag=etag, start=5, length=0) == b""
    assert (await problem_of(disk.store.read(ROOT, key, etag=etag, start=0, length=6))).kind is ProblemKind.INVALID


async def test_a_file_that_has_less_than_it_says_is_not_read_as_whole(disk: Disk) -> None:
    key = "sys/devices/system/cpu/online"  # says 4,096 bytes
    head = await disk.store.head(ROOT, key)
    problem = await problem_of(disk.store.read(ROOT, key, etag=head.etag, start=0, length=head.size))
    assert problem.kind is ProblemKind.CHANGED


async def test_what_another_program_created_is_not_replaced(disk: Disk) -> None:
    key = disk.write("file", b"theirs")
    assert (await problem_of(disk.store.put(ROOT, key, b"ours", PLAIN, when=ONLY_NEW))).kind is ProblemKind.EXISTS
    assert disk.path("file").read_bytes() == b"theirs"
    assert disk.everything() == ["file"]
    await disk.store.put(ROOT, disk.key("fresh"), b"ours", PLAIN, when=ONLY_NEW)
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
    monkeypatch.setattr(disk_errors._Umask, "mask", disk_errors._Umask.mask)  # is what it was when the test has ended
    disk_errors.keep_umask(0o027)
    await disk.store.put(ROOT, disk.key("d/file"), b"x", PLAIN)
    assert stat.S_IMODE(disk.path("d/file").stat().st_mode) == 0o640
    assert stat.S_IMODE(disk.path("d").stat().st_mode) == 0o750


async def test_a_key_that_ends_in_a_slash_is_a_directory(disk: Disk) -> None:
    key = disk.key("a/b/")
    etag = (await disk.store.put(ROOT, key, b"", PLAIN)).etag
    head = await disk.store.head(ROOT, key)
    assert (head.size, head.etag) == (0, etag)
    assert (await disk.store.put(ROOT, key, b"", PLAIN, when=ONLY_NEW)).etag == etag
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
    assert "not empty" in (await problem_of(disk.store.delete(ROOT, disk.key("d/")))).title
    assert disk.everything() == ["d", "d/f", "d/f/kept", "d/link"]
    problems = await disk.store.delete_many(ROOT, [disk.key(name) for name in ("d/", "d/f/", "d/f/kept", "d/link")])
    assert problems == {}
    assert disk.everything() == []


async def test_a_pipe_and_a_socket_are_not_replaced_by_a_file(disk: Disk) -> None:
    os.mkfifo(disk.path("pipe"))
    disk.path("link").symlink_to("pipe")
    make_socket(disk.path("socket"))
    for name in ("pipe", "link", "socket"):
        key = disk.key(name)
        assert (await problem_of(disk.store.head(ROOT, key))).kind is ProblemKind.INVALID, "it is not waited for"
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
    key, upload, [part] = await disk.begin("pipe", b"part")
    os.mkfifo(disk.path("pipe"))
    assert "is not a regular file" in (await problem_of(disk.store.complete_upload(ROOT, key, upload, [part]))).title
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
        disk.store.delete_bucket("b"),
    ):
        assert (await problem_of(request)).kind is ProblemKind.UNSUPPORTED


async def test_a_file_is_described(disk: Disk) -> None:
    key = disk.write("file", b"12345")
    disk.path("file").chmod(0o640)
    disk.path("link").symlink_to("file")
    described = describe(ROOT, key)
    assert (described.path, described.size) == (str(disk.path("file")), 5)
    assert (described.mode, described.leads_to) == ("-rw-r----- (0640)", "")
    assert describe(ROOT, disk.key("link")).leads_to == str(disk.path("file"))
    assert (describe(ROOT, disk.prefix)).size is None
    assert (await disk.store.head(ROOT, key)).leads_to == ""
    assert (await disk.store.head(ROOT, disk.key("link"))).leads_to == str(disk.path("file"))


NAME = "dir/ü + [x]\n"


async def test_parts_become_a_file(disk: Disk) -> None:
    key = disk.key(NAME)
    upload = await disk.store.create_upload(ROOT, key, ObjectAttributes(modified=1_600_000_000))
    tail = await disk.store.upload_part(ROOT, key, upload, 2, b"tail", start=5)
    assert await disk.names() == ["dir/"]  # what is not finished is no object
    start = await disk.store.upload_part(ROOT, key, upload, 1, b"first", start=0)
    assert start.etag == '"8b04d5e3775d298e78455efc5ca404d5"'
    etag = (await disk.store.complete_upload(ROOT, key, upload, [start, tail])).etag
    head = await disk.store.head(ROOT, key)
    assert (head.etag, head.size, head.modified) == (etag, 9, 1_600_000_000)
    assert disk.path(NAME).read_bytes() == b"firsttail"
    assert disk.everything() == ["dir", NAME]


async def test_completing_again_finds_it_complete(disk: Disk) -> None:
    key, upload, parts = await disk.begin("file", b"first", b"tail")
    done = await disk.store.complete_upload(ROOT, key, upload, parts)
    assert await disk.store.complete_upload(ROOT, key, upload, parts) == done
    disk.write("file", b"firstTAIL")
    assert (await problem_of(disk.store.complete_upload(ROOT, key, upload, parts))).kind is ProblemKind.NO_SUCH_KEY


async def test_an_unfinished_file_is_listed_until_it_is_aborted(disk: Disk) -> None:
    disk.write("beside")
    key, upload, [_] = await disk.begin(NAME, b"part")
    [listed] = await disk.store.uploads(ROOT, disk.prefix)
    assert (listed.key, listed.upload) == (key, upload)
    assert listed.started > 1e9
    assert [one.upload for one in await disk.store.uploads(ROOT, key)] == [upload]
    assert await disk.store.uploads(ROOT, disk.key("other/")) == []
    await disk.store.abort_upload(ROOT, key, upload)
    assert await disk.store.uploads(ROOT, disk.prefix) == []
    assert disk.everything() == ["beside"]  # the directory that was made for it has gone with it
    await disk.store.abort_upload(ROOT, key, upload)


async def test_an_aborted_upload_takes_nothing_more(disk: Disk) -> None:
    key, upload, _ = await disk.begin("file")
    await disk.store.abort_upload(ROOT, key, upload)
    part = CompletedPart(1, '"x"')
    for request in (
        disk.store.upload_part(ROOT, key, upload, 1, b"late", start=0),
        disk.store.parts(ROOT, key, upload),
        disk.store.complete_upload(ROOT, key, upload, [part]),
    ):
        assert (await problem_of(request)).kind is ProblemKind.NO_SUCH_KEY
    assert disk.everything() == []


async def test_parts_that_make_no_whole_are_refused(disk: Disk) -> None:
    key, upload, [first] = await disk.begin("file", b"first")
    third = await disk.store.upload_part(ROOT, key, upload, 3, b"third", start=10)
    for parts in ([first, third], [first], [first, third, CompletedPart(2, '"never"')]):
        assert (await problem_of(disk.store.complete_upload(ROOT, key, upload, parts))).kind is ProblemKind.INVALID
    assert not disk.path("file").exists()


async def test_what_another_program_created_meanwhile_is_not_replaced(disk: Disk) -> None:
    key, upload, parts = await disk.begin("file", b"ours")
    disk.write("file", b"theirs")
    problem = await problem_of(disk.store.complete_upload(ROOT, key, upload, parts, when=ONLY_NEW))
    assert problem.kind is ProblemKind.EXISTS
    assert disk.path("file").read_bytes() == b"theirs"
    await disk.store.complete_upload(ROOT, key, upload, parts)
    assert disk.path("file").read_bytes() == b"ours"


async def test_a_line_that_a_crash_has_cut_is_passed_over(disk: Disk) -> None:
    key, upload, [first] = await disk.begin("file", b"first")
    [record] = disk.directory.glob("*.noted")
    with record.open("ab") as file:
        file.write(b'\n{"number":2,"sta')
    assert await disk.store.parts(ROOT, key, upload) == [first]
    second = await disk.store.upload_part(ROOT, key, upload, 2, b"second", start=5)
    assert await disk.store.parts(ROOT, key, upload) == [first, second]
    [data] = disk.directory.glob(".*.part")
    os.truncate(data, 8)
    assert await disk.store.parts(ROOT, key, upload) == [first]


async def test_a_record_without_a_beginning_says_so_and_can_be_aborted(disk: Disk) -> None:
    key, upload, _ = await disk.begin("file")
    [record] = disk.directory.glob("*.noted")
    record.write_bytes(b'{"key":')
    assert (await problem_of(disk.store.parts(ROOT, key, upload))).kind is ProblemKind.INVALID
    assert [(one.key, one.upload) for one in await disk.store.uploads(ROOT, disk.prefix)] == [(key, upload)]
    await disk.store.abort_upload(ROOT, key, upload)
    assert disk.everything() == []


WRITER = """
    import asyncio, itertools, sys
    from tui.stores.store_values import ObjectAttributes
    from tui.stores.local.local_store import LocalStore

    async def main(key):
        store = LocalStore()
        upload = await store.create_upload("/", key, ObjectAttributes())
        print(upload, flush=True)
        for number in itertools.count(1):
            body, start = bytes([number % 256]) * 1000, 1000 * (number - 1)
            part = await store.upload_part("/", key, upload, number, body, start=start)
            print(number, part.etag, flush=True)

    asyncio.run(main(sys.argv[1]))
"""


def told_until_killed(key: str) -> tuple[str, dict[int, str]]:
    """The upload that another process was killed in, and the ETags of the parts it told, by number."""
    command = [sys.executable, "-c", textwrap.dedent(WRITER), key]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout
        upload = writer.stdout.readline().strip()
        told = [writer.stdout.readline().split() for _ in range(5)]
        writer.send_signal(signal.SIGKILL)
        told += [line.split() for line in writer.stdout.read().splitlines()]
    return upload, {int(number): etag for number, etag in told}


async def test_every_part_that_was_told_is_there_after_a_kill(disk: Disk) -> None:
    key = disk.key("dir/file")
    upload, told = await asyncio.to_thread(told_until_killed, key)
    store = LocalStore()
    parts = await store.parts(ROOT, key, upload)
    known = {part.number: part.etag for part in parts}
    assert told.items() <= known.items()
    cut = len(parts) + 1  # it may have been killed while it wrote this one, which is then made again
    body = bytes([cut % 256]) * 1000
    parts.append(await store.upload_part(ROOT, key, upload, cut, body, start=1000 * (cut - 1)))
    await store.complete_upload(ROOT, key, upload, parts)
    assert disk.path("dir/file").read_bytes() == b"".join(bytes([part.number % 256]) * 1000 for part in parts)


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
    with tempfile.TemporaryDirectory(dir=Path(tempfile.gettempdir()).parents[1]) as name:
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
    with as_nobody():
        problem = await problem_of(gather(disk, seen, recursive=True))
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
    from tui.core.problem import ProblemError
    from tui.stores.store_values import ObjectAttributes
    from tui.stores.local.local_store import LocalStore

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


def test_every_refusal_names_the_path_and_the_remedy() -> None:
    for code in ("EROFS", "ENAMETOOLONG", "EISDIR", "EDQUOT", "EIO"):
        problem = system_problem(OSError(getattr(errno, code), "told"), "write", "mnt/{path}/file")
        assert "/mnt/{path}/file" in problem.title
        assert problem.code == code
        assert problem.remedy
        assert problem.resource == "file:///mnt/{path}/file"


HOSTILE = [
    *("../outside", "a/../../outside", "..", "a/..", "./a", "a/./b", "/etc/outside", "a//b", "//", "a\0b"),
    *("n" * 256, "ü" * 128, "dir/" + "n" * 256 + "/file"),
]


def inside(disk: Disk) -> ObjectAttributes:
    return ObjectAttributes(below=disk.key("chosen/"))


async def test_a_key_that_leads_elsewhere_is_refused(disk: Disk) -> None:
    for key in (disk.key("chosen/" + name) for name in HOSTILE):
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
    assert (await problem_of(disk.store.head("assets", "key"))).kind is ProblemKind.INVALID, "no file system"


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
    await disk.store.put(ROOT, disk.key("link/sub/file"), b"x", ObjectAttributes(below=disk.key("link/")))
    assert disk.path("real/sub/file").read_bytes() == b"x"
    await disk.write_in_parts("link/big", b"x", below="link/")
    assert disk.path("real/big").read_bytes() == b"x"


async def test_the_longest_name_that_the_disk_takes_is_taken(disk: Disk) -> None:
    await disk.store.put(ROOT, disk.key("ü" * 127), b"x", inside(disk))
    key, upload, parts = await disk.begin("ü" * 127, b"longer", below="chosen/")
    assert [one.key for one in await disk.store.uploads(ROOT, key)] == [key]
    await disk.store.complete_upload(ROOT, key, upload, parts)
    assert disk.path("ü" * 127).read_bytes() == b"longer"


def left_open(disk: Disk) -> int:
    places = {path.stat()[1:3] for path in (disk.directory, *disk.directory.rglob("*"))}
    found = 0
    for number in Path("/dev/fd").iterdir():
        with suppress(OSError):  # the one by which they were listed
            found += os.fstat(int(number.name))[1:3] in places
    return found


async def test_no_directory_on_the_way_to_a_file_stays_open(disk: Disk) -> None:
    """It is refused where a file is in the way."""
    disk.write("chosen/way")
    for name in ("chosen/new/file", "chosen/way/file"):
        with suppress(ProblemError):
            await disk.store.put(ROOT, disk.key(name), b"x", inside(disk))
        assert left_open(disk) == 0


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
    make_socket(disk.path("socket"))
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
