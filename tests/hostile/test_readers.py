"""Contents that were made to hurt: a reader refuses them in words or dies of them, and its parent goes on."""

import asyncio
import contextlib
import io
import json
import os
import signal
import socket
import subprocess
import sys
from array import array
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import msgspec
import pyarrow as pa
import pytest
from msgspec import Raw
from msgspec.structs import replace
from PIL import Image
from pyarrow import orc

from tests.hostile.crafted import (
    BAD_COLUMNS,
    BAD_ROWS,
    COLUMNS,
    MIB,
    ROW,
    as_orc,
    as_parquet,
    one_value,
    packed_rows,
    png,
    report_table,
    zeros,
)
from tests.hostile.mutating import FIELDS as REPORTED
from tests.leaks import children_of
from tests.servers.daemon import runs
from tests.stores.refusals import problem_of
from tests.waiting import until
from tui.core.content import Compression, ContentFacts
from tui.core.frame_format import LENGTH
from tui.core.identity import Owner
from tui.core.listing import ObjectSummary, make_page
from tui.core.location import Location
from tui.core.problem import ProblemError, ProblemKind
from tui.features.content import decoded, image_view
from tui.features.content import decoded as content_tables
from tui.features.content.pinned_content import ContentSource
from tui.features.content.readers_view import MemoryReader
from tui.features.content.table_words import (
    MOST_COLUMNS,
    ColumnWidths,
    fields_of,
    laid_out,
    rows_by_name,
    rows_by_place,
)
from tui.features.content.text_view import Room
from tui.reader import reader_process
from tui.reader.confinement import MOST_MEMORY
from tui.reader.reader_messages import (
    LONGEST_RANGE,
    DecodeImage,
    Decompress,
    FoundImage,
    FoundPage,
    FoundRows,
    ReaderAnswer,
    ReaderDone,
    ReaderJob,
    ReadReport,
    ReadRows,
    Unread,
    Want,
    encode,
    framed,
)
from tui.reader.reader_process import ReadAllowance, ReaderProcess, ReadRange, UnreadableError
from tui.reader.report_rows import FIELDS
from tui.stores import inventory_report
from tui.stores.base import Store
from tui.stores.inventory_report import InventoryReportFile, Manifest, pages_of_file, read_manifest
from tui.stores.store_values import ObjectHead

LONG = os.environ.get("XS3_FUZZ") == "long"


def report(file_format: str, content: bytes) -> ReadReport:
    return ReadReport(file_format, len(content), COLUMNS, REPORTED, "")


def ranges(content: bytes) -> ReadRange:
    async def read(start: int, length: int) -> bytes:
        return content[start : start + length]

    return read


async def answers(job: ReaderJob, kind: type[Any], content: bytes, read: ReadRange | None = None) -> list[Any]:
    reader = ReaderProcess()
    try:
        return [each async for each in reader.answers(job, read or ranges(content), kind, len(content))]
    finally:
        reader.end()


async def refusal_of(job: ReaderJob, kind: type[Any], content: bytes) -> str:
    try:
        found = await answers(job, kind, content)
    except UnreadableError as error:
        return str(error)
    return f"read: {found!r:.100}"


async def test_a_reader_has_nothing_to_lose(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its environment, its descriptors, its limits, its privileges."""
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a-secret")
    content, reader = as_parquet(report_table()), ReaderProcess()
    seen: dict[str, list[str]] = {}

    async def read(start: int, length: int) -> bytes:
        of = Path(f"/proc/{reader.pid}")
        seen["environment"] = (of / "environ").read_text().split("\0")
        seen["descriptors"] = sorted(str(each.readlink()).partition(":")[0] for each in (of / "fd").iterdir())
        seen["limits"] = [" ".join(line.split()) for line in (of / "limits").read_text().splitlines()]
        seen["status"] = (of / "status").read_text().split("\n")
        seen["networks"] = [str((each / "ns/net").readlink()) for each in (of, of.parent / "self")]
        seen["directory"] = [str((of / "cwd").readlink())]
        seen["session"] = [str(os.getsid(reader.pid or 0) == reader.pid)]
        seen["command"] = (of / "cmdline").read_text().split("\0")[1:-1]
        return content[start : start + length]

    rows = await reader.one(ReadRows(len(content), 0, 9), read, FoundRows, len(content))
    reader.end()
    assert rows.rows[1][1] == "in/a b+ü/1"
    names = {each.partition("=")[0] for each in seen["environment"] if each}
    assert names == {*reader_process.reader_environment()}
    assert not [each for each in names if each.startswith("AWS")]
    assert (seen["session"], seen["directory"]) == (["True"], ["/"])
    assert seen["command"] == ["-P", "-m", "tui.reader"]
    assert seen["networks"][0] != seen["networks"][1]
    assert seen["descriptors"] == ["/dev/null", "/dev/null", "socket"]
    assert f"Max address space {MOST_MEMORY} {MOST_MEMORY} bytes" in seen["limits"]
    assert "Max open files 0 0 files" in seen["limits"]
    assert {"NoNewPrivs:\t1", "CapEff:\t0000000000000000"} <= {*seen["status"]}


def _long_stripe() -> bytes:
    """A stripe of 600 MB, in a few kilobytes."""
    written, table = pa.BufferOutputStream(), report_table(10_000, key=["k" * 1000] * 10_000)
    with orc.ORCWriter(written, compression="zstd", dictionary_key_size_threshold=1.0, stripe_size=1 << 30) as writer:
        for _ in range(60):
            writer.write(table)
    content: bytes = written.getvalue().to_pybytes()
    return content


async def test_dates_of_orc_in_utc_are_read_though_no_file_of_time_zones_can_be() -> None:
    content = as_orc(report_table(1), compression="uncompressed")
    said = {}
    for zone in (b"GMT", b"UTC", b"EST"):
        written = content.replace(b"GMT", zone)
        try:
            [found] = await answers(report("ORC", written), FoundPage, written)
            said[zone] = str(array("q", found.page.modified)[0])
        except UnreadableError as error:
            said[zone] = str(error)
    assert said[b"GMT"] == said[b"UTC"] == "1795176000"
    assert "EST" in said[b"EST"]


async def test_a_value_that_rows_share_does_not_fill_the_memory() -> None:
    content = as_parquet(pa.table({"c": one_value(100, 8 * MIB)}))
    said = await refusal_of(ReadRows(len(content), 0, 100), FoundRows, content)
    assert said == "it takes more than 560 MiB of memory"


async def test_an_image_is_decoded_up_to_so_many_pixels() -> None:
    written = io.BytesIO()
    Image.new("RGBA", (2048, 100), "#ff000080").save(written, "PNG")
    content = written.getvalue()
    [shown] = await answers(DecodeImage(len(content)), FoundImage, content)
    assert (shown.size, shown.width, shown.height) == ((2048, 100), 1024, 50)
    assert shown.pixels == b"\x80\0\0" * 1024 * 50
    Image.new("1", (5000, 5000)).save(written := io.BytesIO(), "PNG")
    [whole] = await answers(DecodeImage(len(written.getvalue())), FoundImage, written.getvalue())
    assert (whole.size, whole.width) == ((5000, 5000), 1024)
    large = png(5001, 5000)
    assert await refusal_of(DecodeImage(len(large)), FoundImage, large) == "it has 5,001 × 5,000 pixels"


async def test_a_library_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (decoded, content_tables, inventory_report, image_view):
        monkeypatch.setattr(module, "find_spec", lambda _name: None)
    source, place = ContentSource(cast(Store, OneFile(b"PAR1")), Location("b", "k")), Location("reports", "m.json")
    manifest = msgspec.convert({**MANIFEST, "fileFormat": "ORC", "destinationBucket": "reports"}, Manifest)
    files = pages_of_file(ReaderProcess(), source.store, manifest, InventoryReportFile("k", 9), place, FIELDS, "")
    asked = {
        "zstd": anext(decoded.inside(Compression.ZSTD, source.stream("e", 0, 4))),
        "pyarrow is not": content_tables.Tables().rows("c", source, ContentFacts(4, "e"), 0, 9),
        "pyarrow, which is not installed": anext(files),
        "images are not available": image_view.image_view(MemoryReader(b""), Room()),
    }
    for words, call in asked.items():
        problem = await problem_of(call)
        assert words in problem.sentence()
        assert "pip install 'xs3-tui[" in problem.remedy
        assert problem.kind in (ProblemKind.UNSUPPORTED, ProblemKind.INVALID)


@pytest.mark.thorough
async def test_what_fills_the_memory_ends_in_words() -> None:
    one, shared = as_parquet(pa.table({"c": one_value(1000, 80 * MIB)})), one_value(1000, 50 * MIB)
    wide = as_parquet(pa.table({f"c{number}": shared for number in range(3)}))
    endless = packed_rows('"b","' + "k" * 20 * MIB)
    stripe, picture = _long_stripe(), png(9400, 9400)
    memory = "more than 560 MiB of memory"
    cases: list[tuple[str, ReaderJob, type[Any], bytes]] = [
        ("would become 83,886,", ReadRows(len(one), 0, 100), FoundRows, one),
        (memory, ReadRows(len(wide), 0, 100), FoundRows, wide),
        (memory, report("ORC", stripe), FoundPage, stripe),
        ("65,536 characters", report("CSV", endless), FoundPage, endless),
        ("9,400 × 9,400 pixels", DecodeImage(len(picture)), FoundImage, picture),
    ]
    said = [(words, await refusal_of(job, kind, content)) for words, job, kind, content in cases]
    assert [(words, text) for words, text in said if words not in text] == []


async def test_what_is_no_object_of_a_report_is_said() -> None:
    said = {}
    for words, row in BAD_ROWS.items():
        content = packed_rows(f"{ROW}\n{row}")
        said[words] = await refusal_of(report("CSV", content), FoundPage, content)
    assert [words for words, text in said.items() if words not in text] == [], said


@pytest.mark.thorough
@pytest.mark.parametrize("write", [as_parquet, as_orc], ids=["Parquet", "ORC"])
async def test_what_is_no_object_of_a_report_in_columns_is_said(write: Callable[[pa.Table], bytes]) -> None:
    file_format = "Parquet" if write is as_parquet else "ORC"
    said = {}
    for words, table in BAD_COLUMNS.items():
        content = write(table())
        said[words] = await refusal_of(report(file_format, content), FoundPage, content)
    assert [words for words, text in said.items() if words not in text] == [], said


async def test_a_table_keeps_its_reader_until_it_is_idle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(content_tables, "IDLE_SECONDS", 0.3)
    content, tables = as_parquet(report_table()), content_tables.Tables()
    source = ContentSource(cast(Store, OneFile(content)), Location("b", "k"))
    facts = ContentFacts(len(content), "e")
    pids = set()
    for start in (0, 20):
        assert (await tables.rows("c", source, facts, start, 20)).rows[0][1] == f"in/a b+ü/{start}"
        pids |= {each for each, command in children_of(os.getpid()) if "tui.reader" in command}
    assert len(pids) == 1
    await until(lambda: not [each for each, _ in children_of(os.getpid()) if each in pids], "its reader has ended")


async def test_zeros_without_end_come_in_pieces() -> None:
    """A reader that is left in the middle of them is gone."""
    content, reader, taken = zeros(200 * MIB), ReaderProcess(), 0
    pieces = iter([content, b""])

    async def following(_start: int, _length: int) -> bytes:
        return next(pieces)

    async with contextlib.aclosing(reader.answers(Decompress(Compression.ZSTD), following, bytes)) as found:
        async for piece in found:
            assert len(piece) <= 16 * MIB
            taken += len(piece)
            if taken > 40 * MIB:
                break
    assert reader.pid is None


async def test_one_that_dies_or_is_silent_or_asks_for_too_much_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader_process, "SILENT_SECONDS", 1.0)
    content = as_parquet(report_table())
    job = ReadRows(len(content), 0, 9)
    said = {}
    for number in (signal.SIGSEGV, signal.SIGSTOP):
        reader = ReaderProcess()

        async def read(start: int, length: int, number: int = number, reader: ReaderProcess = reader) -> bytes:
            os.kill(reader.pid or 0, number)
            return content[start : start + length]

        with pytest.raises(UnreadableError) as raised:
            await reader.one(job, read, FoundRows, len(content))
        said[number.name] = str(raised.value)
        assert reader.pid is None
    beyond = ReadRows(len(content) + 1, 0, 9)
    with pytest.raises(UnreadableError, match="asked for more than it has"):
        await answers(beyond, FoundRows, content)
    assert "was ended by SIGSEGV" in said["SIGSEGV"]
    assert "said nothing for 1 s" in said["SIGSTOP"]


MANIFEST = {"sourceBucket": "b", "fileFormat": "CSV", "fileSchema": "Bucket, Key, Size", "files": []}


class OneFile:
    """A store in which every key has this content."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    async def head(self, _bucket: str, _key: str) -> ObjectHead:
        return ObjectHead(len(self._content), "e", 0.0, {}, {})

    async def read(self, *_: str, start: int, length: int, **_more: str) -> bytes:
        return self._content[start : start + length]


async def manifest_of(content: bytes) -> Manifest | str:
    try:
        return await read_manifest(cast(Store, OneFile(content)), Location("reports", "m.json"), "b", [])
    except ProblemError as error:
        return error.problem.sentence()


async def test_manifests_that_are_none_are_refused() -> None:
    good = {**MANIFEST, "destinationBucket": "arn:aws:s3:::reports"}
    cases = {
        "deep": json.dumps({**good, "more": 1}).replace("1", "[" * 100_000).encode(),
        "no text": b'{"sourceBucket": "\xff"}',
        "no bucket": json.dumps({**good, "destinationBucket": "arn:aws:iam::1:role/x"}).encode(),
        "a list": b"[]",
    }
    said = {name: await manifest_of(content) for name, content in cases.items()}
    assert [
        name for name, text in said.items() if "it is not a manifest.json of S3 Inventory" not in str(text)
    ] == [], said
    late = await manifest_of(json.dumps({**good, "creationTimestamp": "9" * 5000}).encode())
    assert isinstance(late, Manifest)
    assert late.created == 0.0


async def test_a_record_of_many_columns_is_cut() -> None:
    """The screen would be busy for seconds."""
    columns = ColumnWidths()
    rows = rows_by_place(columns, [fields_of("," * 16_000, ",")])
    rows += rows_by_name(columns, [{f"n{number}": "x" for number in range(16_000)}])
    assert {len(columns.names), *map(len, rows)} == {MOST_COLUMNS}
    assert laid_out(columns, rows)


class Scripted(ReaderProcess):
    """A reader that was taken over: it says what the test says, and hears nothing."""

    def __init__(self, *said: bytes) -> None:
        super().__init__()
        self._said = said

    def _start(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        theirs.sendall(b"".join(self._said))
        theirs.shutdown(socket.SHUT_WR)
        ours.setblocking(False)
        self._socket, self._theirs = ours, theirs
        return ours

    def end(self) -> None:
        self._theirs.close()
        super().end()


ONE_PAGE = make_page("", [], [ObjectSummary("k", 1, 1, etag="e", owner=Owner("o"))], last=False)
PAGE = FoundPage(ONE_PAGE, ["v"])
WANT, LIES = framed(Want(0, 9)), LENGTH.pack(1 << 31)


def found(answer: object) -> bytes:
    return framed(ReaderAnswer(Raw(encode(answer))))


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ([framed(Want(-1, 9))], "asked for what there is not"),
        ([framed(Want(0, 0))], "asked for what there is not"),
        ([framed(Want(0, LONGEST_RANGE + 1))], "asked for what there is not"),
        ([framed(Want(90, 11))], "asked for more than it has"),
        ([LIES], "answer has 2,147,483,648 bytes"),
        ([LENGTH.pack(3) + b"abc"], "invalid answer"),
        ([found(7), framed(ReaderDone())], "invalid answer"),
        ([framed(ReaderDone())], "did not give one answer"),
        ([found(PAGE)] * 2 + [LIES], "did not give one answer"),
        ([], "has ended"),
        ([framed(Unread("x" * 999))], "x" * 500),
    ],
    ids=range(11),
)
async def test_a_reader_that_was_taken_over_says_what_it_wants(said: list[bytes], words: str) -> None:
    content = bytes(100)
    with pytest.raises(UnreadableError) as raised:
        await Scripted(*said).one(report("CSV", content), ranges(content), FoundPage, len(content))
    assert str(raised.value) == words or words in str(raised.value)
    assert len(str(raised.value)) <= 500


async def test_a_reader_that_takes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader_process, "SILENT_SECONDS", 0.1)
    content = bytes(LONGEST_RANGE)
    with pytest.raises(UnreadableError, match=r"took nothing for 0\.1 s"):
        await Scripted(framed(Want(0, LONGEST_RANGE))).one(report("CSV", content), ranges(content), FoundPage, 8 * MIB)


def test_what_a_reader_may_ask_for_again() -> None:
    """Footers and headers, not the whole again and again; of a stream what follows, and its end once."""
    allowance, stream = ReadAllowance(LONGEST_RANGE), ReadAllowance(None)
    for _ in range(8):
        allowance.ask(Want(0, LONGEST_RANGE))
    with pytest.raises(UnreadableError, match="more than it has"):
        allowance.ask(Want(0, 1))
    for _ in range(99):
        stream.ask(Want(0, LONGEST_RANGE))
    stream.ended = True
    with pytest.raises(UnreadableError, match="what there is not"):
        stream.ask(Want(0, 1))


UNFIT = {
    "another prefix": replace(ONE_PAGE, prefix="p/"),
    "prefixes": replace(ONE_PAGE, prefixes=["p/"]),
    "no size": replace(ONE_PAGE, sizes=b""),
    "half a size": replace(ONE_PAGE, sizes=bytes(12)),
    "a size below 0": replace(ONE_PAGE, sizes=array("q", [-1]).tobytes()),
    "two dates": replace(ONE_PAGE, modified=bytes(16)),
    "no class": replace(ONE_PAGE, classes=[]),
    "no owner": replace(ONE_PAGE, owners=[]),
    "half an owner": replace(ONE_PAGE, owner_index=bytes(3)),
    "two ETags": replace(ONE_PAGE, etags=["a", "b"]),
    "a name more": replace(ONE_PAGE, names=["a", "b"]),
    "the last": replace(ONE_PAGE, last=True),
    "a socket": replace(ONE_PAGE, unfit=[("x", "a socket")]),
}


async def test_columns_that_do_not_belong_together_are_refused() -> None:
    store = cast(Store, OneFile(bytes(9)))
    manifest = msgspec.convert({**MANIFEST, "destinationBucket": "reports"}, Manifest)
    said = {}
    for name, page in {"fits": ONE_PAGE, **UNFIT}.items():
        reader = Scripted(found(FoundPage(page, ["v"])), framed(ReaderDone()))
        try:
            pages = pages_of_file(
                reader, store, manifest, InventoryReportFile("k", 9), Location("reports", "m"), FIELDS, ""
            )
            said[name] = str([each async for each in pages])
        except ProblemError as error:
            said[name] = error.problem.sentence()
        finally:
            reader.end()
    assert [name for name, text in said.items() if "does not fit" not in text] == ["fits"]


PARENT = """
import asyncio, os, signal
from tui.reader.reader_messages import FoundRows, ReadRows
from tui.reader.reader_process import ReaderProcess

async def killed(_start, _length):
    os.kill(reader.pid, signal.SIGSTOP)
    print(reader.pid, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)

reader = ReaderProcess()
asyncio.run(reader.one(ReadRows(999, 0, 9), killed, FoundRows, 999))
"""


async def test_a_reader_does_not_outlive_its_parent() -> None:
    """Not even one that hears nothing."""
    done = await asyncio.to_thread(subprocess.run, [sys.executable, "-c", PARENT], capture_output=True, text=True)
    await until(lambda: not runs(int(done.stdout)), "its reader has ended")


@pytest.mark.thorough
@pytest.mark.parametrize(("what", "cases"), [("ORC", 100_000), ("Parquet", 100_000), ("PNG", 20_000), ("CSV", 20_000)])
async def test_the_parent_of_readers_of_mutants_goes_on(what: str, cases: int) -> None:
    count = str(cases if LONG else 200)
    command = [sys.executable, "-m", "tests.hostile.mutating", what, "--cases", count]
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"{what}: {count} in" in done.stdout
    print(done.stdout)  # noqa: T201  # what became of them
