"""Moving the bytes of one object by one way: CopyObject or UploadPartCopy, or GET and PUT through memory."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from tui.model.location import Location
from tui.model.problem import Problem, ProblemError, ProblemKind
from tui.stores.base import ObjectAttributes, ObjectHead, Part, Source
from tui.stores.limits import KIB
from tui.transfers.attributes import Learned, left_out, write_degrading
from tui.transfers.gates import FairGate
from tui.transfers.limits import TransferLimits
from tui.transfers.parts import PartRange, Sizing
from tui.transfers.sides import Way
from tui.transfers.uploads import MultipartUpload

_MD5 = re.compile(r"[0-9a-f]{32}")
_WORTH_A_THREAD = 256 * KIB

Sent = tuple[str, ObjectAttributes]
"""The ETag of what was written, and the attributes the target took."""


class Gates:
    """What all transfers of a queue share."""

    def __init__(self, limits: TransferLimits) -> None:
        self.objects = FairGate(limits.objects, one_each=True)
        self.parts = FairGate(limits.parts)
        self.memory = FairGate(limits.memory)
        self.part_workers = limits.parts


@dataclass(slots=True)
class Delivery:
    """One object on its way to its key, and what its transfer is told of it."""

    transfer: str
    bucket: str
    key: str
    on_bytes: Callable[[int], None]
    """Told how many bytes have safely arrived; a negative count takes back what an aborted upload had brought."""
    notes: list[str] = field(default_factory=list)
    new: bool = False
    """Nothing was at the key when it was looked at, and nothing may be replaced that has come since."""
    arrived: int = 0

    def add(self, count: int) -> None:
        """More bytes are at the target."""
        self.arrived += count
        self.on_bytes(count)

    def withdraw(self) -> None:
        """Nothing has arrived after all."""
        self.on_bytes(-self.arrived)
        self.arrived = 0

    def note(self, text: str) -> None:
        """Keep something the user should know, once."""
        if text not in self.notes:
            self.notes.append(text)


@dataclass(frozen=True, slots=True)
class Written:
    """An object that was written, and the evidence of a relay (see `verify.compare`)."""

    etag: str
    sent_md5: bool | None


class Move:
    """One attempt to copy one object by one way."""

    def __init__(self, way: Way, source: Source, head: ObjectHead, delivery: Delivery, gates: Gates) -> None:
        self._way, self._source, self._head, self._delivery, self._gates = way, source, head, delivery, gates
        self._sent_md5: bool | None = None

    async def run(self, attributes: ObjectAttributes, sizing: Sizing, learned: Learned, *, foreign: bool) -> Written:
        """Copy; raise `ProblemError`, after which nothing has arrived and no upload is left."""
        try:
            if sizing.in_parts(self._head.size):
                etag, sent = await self._in_parts(sizing, attributes, learned, foreign)
            else:
                etag, sent = await self._whole(attributes, learned, foreign)
        except BaseException:
            self._delivery.withdraw()
            raise
        for note in left_out(attributes, sent):
            self._delivery.note(note)
        return Written(etag, self._sent_md5)

    async def _whole(self, attributes: ObjectAttributes, learned: Learned, foreign: bool) -> Sent:
        size = self._head.size
        if self._way.server_side:
            written = await write_degrading(attributes, self._copy, learned, foreign=foreign)
        else:
            async with self._gates.memory.hold(self._delivery.transfer, size):
                body = await self._read(0, size)
                digest = await _md5(body)

                async def put(wanted: ObjectAttributes) -> str:
                    to = self._delivery
                    return await self._way.writer.put(to.bucket, to.key, body, wanted, only_new=to.new)

                written = await write_degrading(attributes, put, learned, foreign=foreign)
            self._compare_md5(digest, written[0])
        self._delivery.add(size)
        return written

    async def _in_parts(self, sizing: Sizing, attributes: ObjectAttributes, learned: Learned, foreign: bool) -> Sent:
        plan = sizing.plan(self._head.size)
        to = self._delivery
        upload = MultipartUpload(self._way.writer, to.bucket, to.key, to.note, only_new=to.new)
        _, sent = await write_degrading(attributes, upload.begin, learned, foreign=foreign)
        make_part = self._copy_part if self._way.server_side else self._relay_part
        return await upload.carry_out(plan, make_part, self._gates.part_workers, self._check_source), sent

    async def _check_source(self) -> None:
        """Look at the source again after the last UploadPartCopy: parts of two versions must not be put together.

        S3 pins each of them by CopySourceIfMatch, but Ceph 18 does not heed it there.
        """
        if not self._way.server_side:
            return
        source = self._source
        head = await self._way.reader.head(source.bucket, source.key)
        if head.etag != source.etag:
            raise ProblemError(_changed(Location(source.bucket, source.key).uri, self._way.reader.label))

    async def _copy(self, attributes: ObjectAttributes) -> str:
        to = self._delivery
        return await self._way.writer.copy(self._source, to.bucket, to.key, attributes, only_new=to.new)

    async def _copy_part(self, upload: str, each: PartRange) -> Part:
        to = self._delivery
        async with self._gates.parts.hold(to.transfer):
            part = await self._way.writer.copy_part(
                self._source, each.start, each.length, to.bucket, to.key, upload, each.number
            )
        to.add(each.length)
        return part

    async def _relay_part(self, upload: str, each: PartRange) -> Part:
        to = self._delivery
        async with self._gates.parts.hold(to.transfer), self._gates.memory.hold(to.transfer, each.length):
            body = await self._read(each.start, each.length)
            digest = await _md5(body)
            part = await self._way.writer.upload_part(to.bucket, to.key, upload, each.number, body, start=each.start)
        self._compare_md5(digest, part.etag)
        to.add(each.length)
        return part

    async def _read(self, start: int, length: int) -> bytes:
        source = self._source
        if not length:
            return b""
        return await self._way.reader.read(source.bucket, source.key, etag=source.etag, start=start, length=length)

    def _compare_md5(self, digest: str, etag: str) -> None:
        """One ETag that is not the MD5 of what was sent spoils the evidence; one that is no MD5 at all says nothing."""
        received = etag.strip('"').lower()
        if not _MD5.fullmatch(received):
            return
        self._sent_md5 = self._sent_md5 is not False and received == digest


def _changed(uri: str, identity: str) -> Problem:
    return Problem(
        kind=ProblemKind.CHANGED,
        title=f"{uri} has changed meanwhile",
        cause="its ETag is not the one it had when the copy began",
        remedy="start again with the object as it is now",
        operation="HeadObject",
        resource=uri,
        identity=identity,
    )


async def _md5(body: bytes) -> str:
    """Hexadecimal MD5, off the loop unless it is over before a thread would have begun."""
    if len(body) < _WORTH_A_THREAD:
        return _digest(body)
    return await asyncio.to_thread(_digest, body)


def _digest(body: bytes) -> str:
    return hashlib.md5(body, usedforsecurity=False).hexdigest()
