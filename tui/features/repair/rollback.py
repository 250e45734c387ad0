"""The state of each object before its repair: a file of JSON lines, written before anything is changed.

A person undoes a repair with it, and an interrupted transfer finds in it the objects that were under way.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from pathlib import Path

import msgspec
from msgspec import Struct

from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.stores.store_values import Acl, ObjectHead


class ObjectBefore(Struct, frozen=True, tag_field="type", tag="was", kw_only=True):
    """An object before its repair. `owner` as it was listed; None: could not be read."""

    uri: str
    key: str
    owner: str = ""
    acl: Acl | None = None
    head: ObjectHead | None = None
    """With the version id and the ETag."""
    tags: list[tuple[str, str]] | None = None
    recorded: float = 0.0
    """Seconds since the epoch."""


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(ObjectBefore).decode


class Rollback:
    """The file of one transfer; without a path nothing is kept. Mode 0600.

    About 100 bytes of memory for each object that was recorded before the transfer continued.
    """

    def __init__(self, path: str) -> None:
        self._path = Path(path) if path else None
        self._writing = asyncio.Lock()
        self._places: dict[bytes, int] = {}

    async def load(self) -> None:
        """Find what an earlier run has recorded. Raises `ProblemError`."""
        if self._path:
            try:
                self._places = await asyncio.to_thread(_index, self._path)
            except OSError as error:
                raise _unusable(self._path, error) from error

    def has(self, key: str) -> bool:
        return bool(self._places) and _digest(key) in self._places

    async def recorded(self, key: str) -> ObjectBefore | None:
        """What an earlier run has recorded of the object. Raises `ProblemError`."""
        place = self._places.get(_digest(key))
        if place is None or self._path is None:
            return None
        try:
            was = _read(await asyncio.to_thread(_line_at, self._path, place))
        except OSError as error:
            raise _unusable(self._path, error) from error
        return was if was and was.key == key else None

    async def record(self, was: ObjectBefore) -> None:
        """Write down what an object is, before it is changed. Raises `ProblemError`."""
        if self._path is None:
            return
        async with self._writing:
            try:
                await asyncio.to_thread(_append, self._path, _encode(was) + b"\n")
            except OSError as error:
                raise _unusable(self._path, error) from error


def _digest(key: str) -> bytes:
    return hashlib.blake2b(key.encode("utf-8", "surrogateescape"), digest_size=8).digest()


def _index(path: Path) -> dict[bytes, int]:
    """Where each object's latest line begins; a last line that was cut is passed over."""
    places: dict[bytes, int] = {}
    if not path.exists():
        return places
    place = 0
    with path.open("rb") as file:
        for line in file:
            if was := _read(line):
                places[_digest(was.key)] = place
            place += len(line)
    return places


def _read(line: bytes) -> ObjectBefore | None:
    try:
        return _decode(line)
    except msgspec.MsgspecError:
        return None


def _line_at(path: Path, place: int) -> bytes:
    with path.open("rb") as file:
        file.seek(place)
        return file.readline()


def _append(path: Path, line: bytes) -> None:
    """A line that was cut by the end of a process is ended first."""
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        size = os.fstat(descriptor).st_size
        if size and os.pread(descriptor, 1, size - 1) != b"\n":
            line = b"\n" + line
        while line:
            line = line[os.write(descriptor, line) :]
    finally:
        os.close(descriptor)


def _unusable(path: Path, error: OSError) -> ProblemError:
    title, cause = f"cannot use the rollback list {path}", error.strerror or str(error)
    remedy = "make its directory writable: a repair records each object before it changes it"
    return ProblemError(Problem(ProblemKind.INVALID, title, cause, remedy))
