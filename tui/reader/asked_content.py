"""The content, as a reader sees it: every byte is requested from the parent."""

from __future__ import annotations

import io
import socket
from collections.abc import Iterator
from typing import Any

from msgspec import Raw

from tui.core.frame_format import LENGTH
from tui.reader import reader_messages
from tui.reader.confinement import begin_step


class ParentChannel:
    """A reader's messages with its parent; each one begins a new step (`confinement.begin_step`)."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection, self._file = connection, connection.makefile("rb")

    def say(self, message: reader_messages.FromReader) -> None:
        self._connection.sendall(reader_messages.framed(message))
        begin_step()

    def found(self, answer: Any) -> None:
        self.say(reader_messages.ReaderAnswer(Raw(reader_messages.encode(answer))))

    def heard(self) -> reader_messages.ToReader | None:
        """None: the parent has gone."""
        head = self._file.read(LENGTH.size)
        if len(head) < LENGTH.size:
            return None
        (length,) = LENGTH.unpack(head)
        message: reader_messages.ToReader = reader_messages.decode_to_reader(self._file.read(length))
        return message

    def read(self, start: int, length: int) -> bytes:
        """A range, at most `LONGEST_RANGE` long."""
        self.say(reader_messages.Want(start, length))
        message = self.heard()
        if not isinstance(message, reader_messages.ContentPiece):
            raise SystemExit
        return message.content

    def pieces(self) -> Iterator[bytes]:
        while piece := self.read(0, reader_messages.LONGEST_RANGE):
            yield piece

    def ranges(self, size: int) -> Iterator[bytes]:
        """A content of `size` bytes."""
        for start in range(0, size, reader_messages.LONGEST_RANGE):
            yield self.read(start, min(reader_messages.LONGEST_RANGE, size - start))


class AskedFile(io.RawIOBase):
    """The content as a file. `size` is the object's, in bytes."""

    def __init__(self, parent: ParentChannel, size: int) -> None:
        self._parent, self._size = parent, size
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def size(self) -> int:
        return self._size

    def read(self, length: int | None = -1) -> bytes:
        rest = max(0, self._size - self._at)
        stop = self._at + (rest if length is None or length < 0 else min(length, rest))
        content = bytearray()
        while self._at < stop:
            content += self._parent.read(self._at, min(reader_messages.LONGEST_RANGE, stop - self._at))
            self._at = min(stop, self._at + reader_messages.LONGEST_RANGE)
        return bytes(content)
