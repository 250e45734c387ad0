"""One object from a stream of unknown length: a PutObject where it is short, else a multipart upload."""

from __future__ import annotations

from typing import Protocol

from tui.core.location import Location
from tui.core.naming import MAX_PARTS, counted
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.stores.base import Store
from tui.stores.digests import CRC_OCTETS, combined, hashed
from tui.stores.store_values import Checksum, CompletedPart, ObjectAttributes, WriteCondition, WriteResult


class KeepUpload(Protocol):
    """Writes down what becomes of a multipart upload, so that none is left whose end nobody saw."""

    async def intended(self) -> None:
        """Before it is begun."""

    async def begun(self, upload: str) -> None:
        """It has this id."""

    def ended(self) -> None:
        """It was completed or aborted."""


class StreamUpload:
    """Takes pieces in their order. One of them is in memory: only the next one, or the end, says how it is written."""

    def __init__(
        self,
        store: Store,
        location: Location,
        attributes: ObjectAttributes,
        *,
        when: WriteCondition,
        kept: KeepUpload | None = None,
    ) -> None:
        self._store, self._bucket, self._key = store, location.bucket, location.key
        self._when, self._kept = when, kept
        self._attributes = attributes
        algorithm = store.capabilities.checksum
        self._algorithm = algorithm if algorithm in CRC_OCTETS else ""
        self._waiting: bytes | None = None
        self._upload = ""
        self._parts: list[CompletedPart] = []
        self._checksums: list[tuple[Checksum, int]] = []
        self.size = 0
        """Bytes of the parts that were written; all of them, once it is finished."""

    @property
    def id(self) -> str:
        """The id of the multipart upload; empty before there is one, and after its end."""
        return self._upload

    async def send(self, content: bytes) -> None:
        """Take the next piece; the one before it is written. Raises `ProblemError`."""
        before, self._waiting = self._waiting, content
        if before is not None:
            await self._write(before)

    async def finish(self) -> WriteResult:
        last, self._waiting = self._waiting or b"", None
        if not self._upload:
            digests = await hashed(last, self._algorithm)
            self.size = len(last)
            return await self._store.put(
                self._bucket, self._key, last, self._attributes, when=self._when, digests=digests
            )
        await self._write(last)
        whole = combined(self._checksums) if len(self._checksums) == len(self._parts) else None
        completed = await self._store.complete_upload(
            self._bucket, self._key, self._upload, self._parts, when=self._when, checksum=whole
        )
        self._ended()
        return completed

    async def abort(self) -> None:
        self._waiting = None
        if self._upload:
            await self._store.abort_upload(self._bucket, self._key, self._upload)
            self._ended()

    def _ended(self) -> None:
        self._upload = ""
        if self._kept:
            self._kept.ended()

    async def _write(self, content: bytes) -> None:
        number = len(self._parts) + 1
        if number > MAX_PARTS:
            title = f"the stream is longer than {counted(self.size, 'byte')}"
            cause = f"an upload has at most {MAX_PARTS:,} parts, and the length of a stream is not known in advance"
            raise ProblemError(Problem(ProblemKind.INVALID, title, cause, "write it to a file and copy the file"))
        if not self._upload:
            await self._begin()
        digests = await hashed(content, self._algorithm)
        part = await self._store.upload_part(
            self._bucket, self._key, self._upload, number, content, start=self.size, digests=digests
        )
        self._parts.append(part)
        if digests.checksum:
            self._checksums.append((digests.checksum, len(content)))
        self.size += len(content)

    async def _begin(self) -> None:
        if self._kept:
            await self._kept.intended()
        self._upload = await self._store.create_upload(
            self._bucket, self._key, self._attributes, checksum=self._algorithm
        )
        if self._kept:
            await self._kept.begun(self._upload)
