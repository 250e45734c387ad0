"""The bytes of one part, from the answer of one server into the request to another. In a thread."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass, field

from tui.aws.refusals import UnreadableAnswerError
from tui.stores.digests import checksum_of_crc, crc
from tui.stores.s3.wire.relay.frames import FRAME, Framing, Seal, frame_head, trailer
from tui.stores.s3.wire.relay.link import Link
from tui.stores.s3.wire.replaying import Answer
from tui.stores.s3.wire.request import WireRequest
from tui.stores.s3.wire.response import Response
from tui.stores.values import Digests

_HEAD_ROOM = 128
_buffers = threading.local()


class SourceFailedError(Exception):
    """What was to be read did not come, or was not it."""


class TargetFailedError(Exception):
    """The part was not taken."""


@dataclass(slots=True)
class Pipe:
    """One part on its way; `etag` is the one that the source must have."""

    source: Link
    get: WireRequest
    etag: str
    target: Link
    put: WireRequest
    framing: Framing
    seal: Seal | None
    md5: bool
    """Whether its MD5 is wanted, too."""
    _kept_alive: bool = field(default=False, init=False)
    _told: str = field(default="", init=False)
    """The checksum of these bytes, if the source has sent it along."""
    read_all: bool = field(default=False, init=False)
    """Whether the source's answer was read to its end."""
    answered: bool = field(default=False, init=False)
    """Whether the target's answer was, and its connection can take another request."""

    def run(self) -> tuple[Digests, Answer]:
        """Returns the digests of what was read, and the target's answer.

        Raises `SourceFailedError` and `TargetFailedError`.
        """
        try:
            begun = self._ask()
        except (OSError, UnreadableAnswerError) as error:
            raise SourceFailedError(str(error)) from error
        digests = self._move(begun)
        try:
            answer = self.target.answer(self.put.method, whole=True)
        except (OSError, UnreadableAnswerError) as error:
            raise TargetFailedError(str(error)) from error
        self.answered = answer.keeps_alive
        return digests, Answer(answer.status, answer.headers(), answer.take_all())

    def _ask(self) -> bytes:
        """What of the body comes with the head of the source's answer."""
        self.source.secure()
        self.source.send(self.get.head)
        answer = self.source.answer(self.get.method, whole=False)
        self._require_wanted(answer)
        self._kept_alive = answer.keeps_alive
        return answer.take_all()

    def _require_wanted(self, answer: Response) -> None:
        headers = answer.headers()
        if answer.status != 206 or answer.length != self.framing.size:
            raise SourceFailedError(f"status {answer.status}, length {answer.length}")
        if headers.get("etag", "").strip('"') != self.etag.strip('"'):
            raise SourceFailedError("another ETag")
        self._told = headers.get(self.framing.trailer, "")

    def _move(self, begun: bytes) -> Digests:
        buffer = _buffer()
        md5 = hashlib.md5(usedforsecurity=False) if self.md5 else None
        left, value = self.framing.size, 0
        try:
            self._to_target(self.put.head, first=True)
            while left:
                size = min(left, FRAME)
                data = buffer[_HEAD_ROOM : _HEAD_ROOM + size]
                taken, begun = begun[:size], begun[size:]
                data[: len(taken)] = taken
                self.source.fill(data[len(taken) :])
                left -= size
                value = crc(self.framing.algorithm, data, value)
                if md5:
                    md5.update(data)
                self._to_target(_framed(buffer, data, self.seal))
            self.read_all = self._kept_alive
            checksum = checksum_of_crc(self.framing.algorithm, value)
            if self._told not in ("", checksum.value):
                raise SourceFailedError(f"another {self.framing.algorithm}")
            self._to_target(trailer(self.framing, checksum.value, self.seal))
        except OSError as error:
            raise SourceFailedError(str(error)) from error
        return Digests(md5.hexdigest() if md5 else "", checksum)

    def _to_target(self, data: bytes | memoryview, *, first: bool = False) -> None:
        try:
            if first:
                self.target.secure()
            self.target.send(data)
        except OSError as error:
            raise TargetFailedError(str(error)) from error


def _buffer() -> memoryview:
    """Room for one frame with what is around it, of this thread."""
    if not hasattr(_buffers, "room"):
        _buffers.room = memoryview(bytearray(_HEAD_ROOM + FRAME + 2))
    room: memoryview = _buffers.room
    return room


def _framed(buffer: memoryview, data: memoryview, seal: Seal | None) -> memoryview:
    """The frame around the data that is in the buffer."""
    head, end = frame_head(data, seal), _HEAD_ROOM + len(data)
    buffer[_HEAD_ROOM - len(head) : _HEAD_ROOM] = head
    buffer[end : end + 2] = b"\r\n"
    return buffer[_HEAD_ROOM - len(head) : end + 2]
