"""The changes that were made, kept in a file so that they can be taken back; each before it is made, and after."""

from __future__ import annotations

import asyncio
import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from tui.core.changes import AppliedChange, ChangeLog
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.link.private_files import make_directories, open_private, read_private, replace_private

MOST = 500
"""Changes that are kept."""


class SavedChanges:
    """The file of all engines of a user; one line of JSON a change. The last line with an id counts."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def keep(self, change: AppliedChange) -> None:
        """Add a change, or what became of it, and write it through to the disk. Raises `ProblemError`."""
        await asyncio.to_thread(self._keep, change)

    async def drop(self, change: str) -> None:
        """Remove a change that was not made, by its id. Raises `ProblemError`."""
        await asyncio.to_thread(self._drop, change)

    async def all(self) -> list[AppliedChange]:
        """All changes, the latest first. Raises `ProblemError`."""
        return await asyncio.to_thread(self._all)

    async def find(self, change: str) -> AppliedChange:
        """The change with this id. Raises `ProblemError` if there is none."""
        return ChangeLog(await self.all()).find(change)

    def _keep(self, change: AppliedChange) -> None:
        with self._locked("written"):
            lines = [line for line in self._content().split(b"\n") if line]
            lines.append(msgspec.json.encode(change))
            replace_private(self._path, b"\n".join(lines[-MOST:]) + b"\n")

    def _drop(self, change: str) -> None:
        with self._locked("written"):
            begins = b'{"id":' + msgspec.json.encode(change)  # the first member, as `AppliedChange` declares it
            lines = [line for line in self._content().split(b"\n") if line and not line.startswith(begins)]
            replace_private(self._path, b"".join(line + b"\n" for line in lines))

    def _all(self) -> list[AppliedChange]:
        with self._locked("read"):
            lines = self._content().split(b"\n")
        found: dict[str, AppliedChange] = {}
        for line in filter(None, lines):
            try:
                change = msgspec.json.decode(line, type=AppliedChange)
            except (msgspec.MsgspecError, RecursionError) as error:
                raise ProblemError(self._problem("read", str(error))) from error
            found.pop(change.id, None)
            found[change.id] = change
        return list(reversed(found.values()))

    def _content(self) -> bytes:
        try:
            return read_private(self._path)
        except FileNotFoundError:
            return b""

    @contextmanager
    def _locked(self, what: str) -> Iterator[None]:
        """One engine at a time."""
        try:
            make_directories(self._path.parent)
            with open_private(self._path.with_suffix(".lock")) as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield
        except OSError as error:
            raise ProblemError(self._problem(what, str(error))) from error

    def _problem(self, what: str, cause: str) -> Problem:
        return Problem(
            kind=ProblemKind.JOURNAL,
            title=f"the file of changes cannot be {what}",
            cause=cause,
            remedy=f"repair or remove {self._path}",
        )
