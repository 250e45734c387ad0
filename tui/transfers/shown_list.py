"""Lists of objects on disk: what was shown or named is deleted, renamed or copied, and nothing else."""

from __future__ import annotations

import asyncio
import errno
import os
import secrets
import sqlite3
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import ClassVar, Self, TypeVar

from msgspec import Struct

from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.link.private_files import private_descriptor
from tui.transfers.journal.records import pack_key, unpack_key

T = TypeVar("T")

KEPT_SECONDS = 86400
"""Lists of no transfer that are older go when a new one is made: until then their order may still come."""

ROWS_AT_ONCE = 1000

_TABLE = "CREATE TABLE shown (name BLOB PRIMARY KEY, size INTEGER, modified INTEGER, etag TEXT, new BLOB) WITHOUT ROWID"
_CLASHES = """
    SELECT name, new, EXISTS (SELECT 1 FROM shown AS other WHERE other.name = one.new) AS renamed FROM shown AS one
    WHERE renamed OR (SELECT count(*) FROM shown AS other WHERE other.new = one.new) > 1 ORDER BY new, name
"""


class ShownObject(Struct, frozen=True, array_like=True):
    """An object as it was shown: `name` below the target, `size` in bytes, `modified` since the epoch, ETag.

    In a list of keys or new names, `name` and `new` are whole keys, and a size of -1 is unknown.
    """

    name: str
    size: int
    modified: int
    etag: str
    new: str = ""


class ShownList:
    """A list on disk, in key order; it is read in pieces. Problems are `ProblemError`s."""

    TITLE: ClassVar = "cannot use the list of objects to delete"
    REMEDY: ClassVar = "plan the sync again; it deletes nothing without the list"
    BEFORE: ClassVar[Sequence[str]] = ()
    """Statements before writing."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    async def new(cls, directory: Path) -> Self:
        """Make an empty list, for this user alone."""
        return await asyncio.to_thread(cls._mapped, lambda: cls(_made(directory)), directory)

    async def add(self, rows: Sequence[ShownObject]) -> None:
        """Write more; on disk when it returns."""

        def write() -> None:
            values = [(pack_key(row.name), row.size, row.modified, row.etag, pack_key(row.new)) for row in rows]
            with closing(sqlite3.connect(self.path)) as file:
                for each in self.BEFORE:
                    file.execute(each)
                with file:
                    file.executemany("INSERT OR REPLACE INTO shown VALUES (?, ?, ?, ?, ?)", values)

        await asyncio.to_thread(self._mapped, write, self.path)

    async def behind(self, name: str | None) -> list[ShownObject]:
        """The next rows behind a name (None: the first ones); none: there are no more."""
        first = b"" if name is None else pack_key(name) + b"\0"
        ask = "SELECT * FROM shown WHERE name >= ? ORDER BY name LIMIT ?"
        return await asyncio.to_thread(self._read, ask, first, ROWS_AT_ONCE)

    async def find(self, name: str) -> ShownObject | None:
        return next(iter(await asyncio.to_thread(self._read, *_named(name))), None)

    def has(self, name: str) -> bool:
        """Whether the list has a name; as fast as `new_key`."""
        return bool(self._read(*_named(name)))

    def new_key(self, key: str) -> str:
        """The new key of an object; it reads one row, and takes less time than a thread would."""
        found = self._read(*_named(key))
        if not found:
            raise ProblemError(Problem(ProblemKind.INVALID, self.TITLE, f"{key!r} is not in it", self.REMEDY))
        return found[0].new

    async def clashes(self) -> list[tuple[str, str, bool]]:
        """Old and new keys of objects that would replace one another, by new key, at most `ROWS_AT_ONCE`.

        The third value: whether the new key is the old one of another object of the list.
        """

        def look() -> list[tuple[str, str, bool]]:
            with closing(sqlite3.connect(self.path)) as file, file:
                file.execute("CREATE INDEX IF NOT EXISTS by_new ON shown (new)")
                found = file.execute(f"{_CLASHES} LIMIT {ROWS_AT_ONCE}")  # the limit is ours
                return [(unpack_key(name), unpack_key(new), bool(renamed)) for name, new, renamed in found]

        return await asyncio.to_thread(self._mapped, look, self.path)

    async def remove(self) -> None:
        """Remove the list; harmless where it is gone."""
        with suppress(OSError):
            await asyncio.to_thread(self.path.unlink, missing_ok=True)

    def _read(self, ask: str, *values: bytes | int) -> list[ShownObject]:
        def read() -> list[ShownObject]:
            with closing(sqlite3.connect(f"{self.path.as_uri()}?mode=ro", uri=True)) as file:
                rows = file.execute(ask, values)
                return [
                    ShownObject(unpack_key(name), size, modified, etag, unpack_key(new))
                    for name, size, modified, etag, new in rows
                ]

        return self._mapped(read, self.path)

    @classmethod
    def _mapped(cls, work: Callable[[], T], path: Path) -> T:
        try:
            return work()
        except (OSError, sqlite3.Error) as error:
            full = getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_FULL or error.args[:1] == (errno.ENOSPC,)
            kind, cause = ProblemKind.NO_SPACE if full else ProblemKind.INVALID, f"{path}: {error}"
            raise ProblemError(Problem(kind, cls.TITLE, cause, cls.REMEDY)) from error


class NewNames(ShownList):
    """A list of objects of one bucket with their new keys."""

    TITLE = "cannot use the list of new names"
    REMEDY = "plan the rename again; nothing is renamed without the list"


class NamedKeys(ShownList):
    """The keys that the user named."""

    TITLE = "cannot use the list of names"
    REMEDY = "run the command again; nothing is done without the list"
    BEFORE = ("PRAGMA journal_mode = OFF", "PRAGMA synchronous = OFF")  # three times as fast; see `finish`

    async def finish(self) -> int:
        """Bring it to disk, before an order names it; returns the number of keys."""

        def finish() -> int:
            with self.path.open("rb") as file:
                os.fsync(file.fileno())
            with closing(sqlite3.connect(self.path)) as rows:
                return int(rows.execute("SELECT count(*) FROM shown").fetchone()[0])

        return await asyncio.to_thread(self._mapped, finish, self.path)


def remove_unnamed(directory: Path, named: Collection[str]) -> None:
    """Remove lists that no transfer names, and no order that is yet to come."""
    for old in directory.glob("*.sqlite3"):
        with suppress(OSError):
            if str(old) not in named and old.stat().st_mtime < time.time() - KEPT_SECONDS:
                old.unlink()


def _named(name: str) -> tuple[str, bytes]:
    return "SELECT * FROM shown WHERE name = ?", pack_key(name)


def _made(directory: Path) -> Path:
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = directory / f"{secrets.token_hex(8)}.sqlite3"
    os.close(private_descriptor(path, os.O_RDWR | os.O_EXCL))
    with closing(sqlite3.connect(path)) as file:
        file.execute(_TABLE)
    return path
