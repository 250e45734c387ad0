"""Files that come in parts, and what is left of them after a crash."""

import asyncio
import os
import signal
import subprocess
import sys
import textwrap

from tests.stores.local.conftest import ROOT, Disk
from tests.stores.refusals import problem_of
from tui.model.problem import ProblemKind
from tui.stores.local import LocalStore
from tui.stores.values import ObjectAttributes, Part

PLAIN = ObjectAttributes()
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
    key = disk.key("file")
    upload = await disk.store.create_upload(ROOT, key, PLAIN)
    parts = [
        await disk.store.upload_part(ROOT, key, upload, number, body, start=5 * (number - 1))
        for number, body in ((1, b"first"), (2, b"tail"))
    ]
    done = await disk.store.complete_upload(ROOT, key, upload, parts)
    assert await disk.store.complete_upload(ROOT, key, upload, parts) == done
    disk.write("file", b"firstTAIL")
    problem = await problem_of(disk.store.complete_upload(ROOT, key, upload, parts))
    assert problem.kind is ProblemKind.NO_SUCH_KEY


async def test_an_unfinished_file_is_listed_until_it_is_aborted(disk: Disk) -> None:
    disk.write("beside")
    key = disk.key(NAME)
    upload = await disk.store.create_upload(ROOT, key, PLAIN)
    await disk.store.upload_part(ROOT, key, upload, 1, b"part", start=0)
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
    key = disk.key("file")
    upload = await disk.store.create_upload(ROOT, key, PLAIN)
    await disk.store.abort_upload(ROOT, key, upload)
    part = Part(1, '"x"')
    for request in (
        disk.store.upload_part(ROOT, key, upload, 1, b"late", start=0),
        disk.store.parts(ROOT, key, upload),
        disk.store.complete_upload(ROOT, key, upload, [part]),
    ):
        assert (await problem_of(request)).kind is ProblemKind.NO_SUCH_KEY
    assert disk.everything() == []


async def test_parts_that_make_no_whole_are_refused(disk: Disk) -> None:
    key = disk.key("file")
    upload = await disk.store.create_upload(ROOT, key, PLAIN)
    first = await disk.store.upload_part(ROOT, key, upload, 1, b"first", start=0)
    third = await disk.store.upload_part(ROOT, key, upload, 3, b"third", start=10)
    for parts in ([first, third], [first], [first, third, Part(2, '"never"')]):
        problem = await problem_of(disk.store.complete_upload(ROOT, key, upload, parts))
        assert problem.kind is ProblemKind.INVALID
    assert not disk.path("file").exists()


async def test_what_another_program_created_is_not_replaced(disk: Disk) -> None:
    key = disk.key("file")
    upload = await disk.store.create_upload(ROOT, key, PLAIN)
    parts = [await disk.store.upload_part(ROOT, key, upload, 1, b"ours", start=0)]
    disk.write("file", b"theirs")
    problem = await problem_of(disk.store.complete_upload(ROOT, key, upload, parts, only_new=True))
    assert problem.kind is ProblemKind.EXISTS
    assert disk.path("file").read_bytes() == b"theirs"
    await disk.store.complete_upload(ROOT, key, upload, parts)
    assert disk.path("file").read_bytes() == b"ours"


async def test_a_line_that_a_crash_has_cut_is_passed_over(disk: Disk) -> None:
    key = disk.key("file")
    upload = await disk.store.create_upload(ROOT, key, PLAIN)
    first = await disk.store.upload_part(ROOT, key, upload, 1, b"first", start=0)
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
    key = disk.key("file")
    upload = await disk.store.create_upload(ROOT, key, PLAIN)
    [record] = disk.directory.glob("*.noted")
    record.write_bytes(b'{"key":')
    assert (await problem_of(disk.store.parts(ROOT, key, upload))).kind is ProblemKind.INVALID
    assert [(one.key, one.upload) for one in await disk.store.uploads(ROOT, disk.prefix)] == [(key, upload)]
    await disk.store.abort_upload(ROOT, key, upload)
    assert disk.everything() == []


WRITER = """
    import asyncio, itertools, sys
    from tui.stores.values import ObjectAttributes
    from tui.stores.local import LocalStore

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
    expected = b"".join(bytes([part.number % 256]) * 1000 for part in parts)
    assert disk.path("dir/file").read_bytes() == expected
