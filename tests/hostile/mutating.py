"""Valid files with some bytes changed, each read by a reader: ``python -m tests.hostile.mutating ORC --cases 100000``.

A reader is forked here, with everything imported: to start a program for each would take most of the time. Prints what
became of them, and how much memory the parent has more than before.
"""

import argparse
import asyncio
import gzip
import io
import os
import random
import signal
import socket
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from tests.hostile.crafted import COLUMNS, ROW, as_orc, as_parquet, report_table
from tui.reader import columnar_files, compression, image, table
from tui.reader.__main__ import is_done, work_for
from tui.reader.asked_content import ParentChannel
from tui.reader.confinement import close_files, leave_everything
from tui.reader.reader_messages import DecodeImage, FoundImage, FoundPage, FoundRows, ReaderJob, ReadReport, ReadRows
from tui.reader.reader_process import ReaderProcess, UnreadableError

IMPORTED = (columnar_files, compression, image, table)
FIELDS = {"Key": "key", "Size": "size", "LastModifiedDate": "last_modified_date", "StorageClass": "storage_class"}


class _Child:
    """A forked process, as `subprocess.Popen` has it."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._code: int | None = None

    def kill(self) -> None:
        if self._code is None:
            os.kill(self.pid, signal.SIGKILL)

    def wait(self, _seconds: float | None = None) -> int:
        if self._code is None:
            self._code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self._code


class ForkedReader(ReaderProcess):
    """A reader that is forked from this process, and goes on with the next content until it dies."""

    def _start(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        pid = os.fork()
        if not pid:
            try:
                os.dup2(theirs.fileno(), 0)
                os.closerange(3, 64)
                close_files()
                parent = ParentChannel(socket.socket(fileno=0))
                while job := parent.heard():
                    is_done(parent, job, work_for(job))
            finally:
                os._exit(0)
        theirs.close()
        ours.setblocking(False)
        child: Any = _Child(pid)
        self._process, self._socket = child, ours
        return ours

    def end(self) -> None:
        """It goes on."""

    def stop(self) -> None:
        if self._process and self._socket:
            self._process.kill()
            self._process.wait()
            self._socket.close()
        self._process = self._socket = None


@dataclass(frozen=True, slots=True)
class Attack:
    """A valid content, and how it is read."""

    content: bytes
    job: Callable[[int], ReaderJob]
    kind: type[Any]
    pack: Callable[[bytes], bytes] = lambda content: content


def _report(file_format: str) -> Callable[[int], ReaderJob]:
    return lambda size: ReadReport(file_format, size, COLUMNS, FIELDS, "in/")


def attacks(what: str) -> Sequence[Attack]:
    tables = report_table(), report_table(3000, storage_class=["GLACIER"] * 3000)
    if what == "ORC":
        files = [as_orc(each, compression=how) for each in tables for how in ("uncompressed", "zlib", "snappy")]
        return [Attack(each, _report(what), FoundPage) for each in files]
    if what == "Parquet":
        nested = report_table(50, many=[[{"a": 1, "b": [None, "x"]}]] * 50, other=[b"\0"] * 50)
        ways: list[dict[str, Any]] = [{"compression": "none"}, {"compression": "snappy"}, {"data_page_version": "2.0"}]
        ways.append({"use_dictionary": False, "column_encoding": {"key": "DELTA_BYTE_ARRAY"}})
        files = [as_parquet(each, **how) for each in tables for how in ways]
        rows = [Attack(as_parquet(nested, **how), lambda size: ReadRows(size, 0, 100), FoundRows) for how in ways[:3]]
        return [*(Attack(each, _report(what), FoundPage) for each in files), *rows]
    if what == "CSV":
        text = "\n".join([ROW] * 50).encode()
        return [
            Attack(text, _report(what), FoundPage, lambda content: gzip.compress(content, 1)),
            Attack(gzip.compress(text), _report(what), FoundPage),
        ]
    return [Attack(_png(mode), DecodeImage, FoundImage) for mode in ("RGB", "RGBA", "P", "1", "I;16")]


def _png(mode: str) -> bytes:
    written = io.BytesIO()
    Image.effect_noise((40, 30), 50).convert("RGB" if mode == "P" else "L").convert(mode).save(written, "PNG")
    return written.getvalue()


EXTREMES = (
    b"\0",
    b"\xff",
    b"\x7f",
    b"\x80",
    b"\xff\xff\xff\x7f",
    b"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01",
    b"\n",
    b'"',
)


def mutant(content: bytes, chance: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(changed)) if chance.random() < 0.5 else -chance.randint(1, min(len(changed), 300))
        match chance.randrange(6):
            case 0:
                changed[at] ^= 1 << chance.randrange(8)
            case 1:
                changed[at] = chance.randrange(256)
            case 2:
                extreme = chance.choice(EXTREMES)
                changed[at : at + len(extreme)] = extreme
            case 3:
                changed[at:at] = chance.choice(EXTREMES)
            case 4:
                del changed[at : at + chance.randint(1, 8)]
            case _:
                start = chance.randrange(len(changed))
                changed[at : at + 8] = changed[start : start + 8]
        if not changed:
            return content
    return bytes(changed)


async def read(reader: ForkedReader, attack: Attack, content: bytes) -> str:
    async def asked(start: int, length: int) -> bytes:
        return content[start : start + length]

    try:
        async for _ in reader.answers(attack.job(len(content)), asked, attack.kind, len(content)):
            continue
    except UnreadableError as error:
        said = str(error)
        if "reader" not in said and "processor" not in said:
            return "more memory than it may" if "MiB of memory" in said else "refused"
        reader.stop()
        return said.partition(":")[0]
    return "read"


async def run(what: str, cases: int, seed: int) -> None:
    chance, became = random.Random(seed), Counter[str]()
    every, reader = attacks(what), ForkedReader()
    for each in every:
        assert await read(reader, each, each.pack(each.content)) == "read", "they are valid"
    before, began = memory_of_this(), time.monotonic()
    for number in range(cases):
        attack = every[number % len(every)]
        became[await read(reader, attack, attack.pack(mutant(attack.content, chance)))] += 1
        if number % 500 == 0:
            reader.stop()
    reader.stop()
    grown, took = memory_of_this() - before, time.monotonic() - began
    said = f"{what}: {cases} in {took:.0f} s: {dict(became)}; pid {os.getpid()}, {grown:.0f} MB more than before"
    print(said)  # noqa: T201  # the result
    assert grown < 64


def memory_of_this() -> float:
    """MiB that are this process's own."""
    fields = Path("/proc/self/statm").read_text().split()
    return (int(fields[1]) - int(fields[2])) * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["ORC", "Parquet", "PNG", "CSV"])
    parser.add_argument("--cases", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    if not sys.platform.startswith("linux"):
        raise SystemExit("it forks, and looks into /proc")
    leave_everything()
    asyncio.run(run(arguments.what, arguments.cases, arguments.seed))


if __name__ == "__main__":
    main()
