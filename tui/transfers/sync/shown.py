"""The list of what a synchronisation may delete: written by its plan, so that nothing that came later is deleted."""

from __future__ import annotations

import asyncio
import os
import secrets
import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import TypeVar

from msgspec import Struct

from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.link.private_files import private_descriptor
from tui.transfers.journal.records import pack_key, unpack_key

T = TypeVar("T")

KEPT_SECONDS = 7 * 86400
"""Lists that are older go when a new one is made: until then a transfer can be resumed or retried with its list."""

ROWS_AT_ONCE = 1000

_TABLE = "CREATE TABLE shown (name BLOB PRIMARY KEY, size INTEGER, modified INTEGER, etag TEXT) WITHOUT ROWID"


class Shown(Struct, frozen=True, array_like=True):
    """An object as it was shown: `name` below the target, `size` in bytes, `modified` since the epoch, ETag."""

    name: str
    size: int
    modified: int
    etag: str


class ShownList:
    """A list on disk, in key order; it is read in pieces. Problems are `ProblemError`s."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    async def new(cls, directory: Path) -> ShownList:
        """Make an empty list, for this user alone, and remove those that are too old to be used."""
        return await asyncio.to_thread(_mapped, lambda: cls(_made(directory)), directory)

    async def add(self, rows: Sequence[Shown]) -> None:
        """Write more; on disk when it returns."""

        def write() -> None:
            with closing(sqlite3.connect(self.path)) as file, file:
                file.executemany(
                    "INSERT OR REPLACE INTO shown VALUES (?, ?, ?, ?)",
                    [(pack_key(row.name), row.size, row.modified, row.etag) for row in rows],
                )

        await asyncio.to_thread(_mapped, write, self.path)

    async def behind(self, name: str | None) -> list[Shown]:
        """The next rows behind a name (None: the first ones); none: there are no more."""
        return await self._read(
            "SELECT * FROM shown WHERE ? IS NULL OR name > ? ORDER BY name LIMIT ?",
            *(None if name is None else pack_key(name),) * 2,
            ROWS_AT_ONCE,
        )

    async def find(self, name: str) -> Shown | None:
        """The row of one name."""
        return next(iter(await self._read("SELECT * FROM shown WHERE name = ?", pack_key(name))), None)

    async def remove(self) -> None:
        """Remove the list; harmless where it is gone."""
        with suppress(OSError):
            await asyncio.to_thread(self.path.unlink, missing_ok=True)

    async def _read(self, ask: str, *values: bytes | int | None) -> list[Shown]:
        def read() -> list[Shown]:
            with closing(sqlite3.connect(f"{self.path.as_uri()}?mode=ro", uri=True)) as file:
                return [Shown(unpack_key(name), *rest) for name, *rest in file.execute(ask, values)]

        return await asyncio.to_thread(_mapped, read, self.path)


def _made(directory: Path) -> Path:
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    for old in directory.glob("*.sqlite3"):
        with suppress(OSError):
            if old.stat().st_mtime < time.time() - KEPT_SECONDS:
                old.unlink()
    path = directory / f"{secrets.token_hex(8)}.sqlite3"
    os.close(private_descriptor(path, os.O_RDWR | os.O_EXCL))
    with closing(sqlite3.connect(path)) as file:
        file.execute(_TABLE)
    return path


def _mapped(work: Callable[[], T], path: Path) -> T:
    try:
        return work()
    except (OSError, sqlite3.Error) as error:
        raise ProblemError(
            Problem(
                kind=ProblemKind.INVALID,
                title="the list of what may be deleted cannot be used",
                cause=f"{path}: {error}",
                remedy="plan the synchronisation again; nothing is deleted without the list",
            )
        ) from error
