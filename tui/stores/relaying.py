"""What two stores do together: one writes a part while the other one reads it."""

from __future__ import annotations

from typing import Protocol

from tui.stores.operations import Retry, reads, writes
from tui.stores.values import Sent


class Stream(Protocol):
    """A range of an object that is yet to be read, made by one store for another one of its kind."""

    @property
    def length(self) -> int:
        """Its bytes, at least one."""


class Relaying(Protocol):
    """A part that is never held in memory. What cannot be done like this is done by `read` and `upload_part`."""

    @reads(retry=Retry.OWN, GetObject="s3:GetObject")
    async def stream(
        self, bucket: str, key: str, *, etag: str, start: int, length: int, version: str = ""
    ) -> Stream | None:
        """GetObject of a byte range with IfMatch, to be sent by who writes it; None: this store has no such way."""

    @writes(retry=Retry.OWN, UploadPart="s3:PutObject")
    async def upload_stream(
        self, bucket: str, key: str, upload: str, number: int, stream: Stream, *, algorithm: str, md5: bool
    ) -> Sent | None:
        """UploadPart of a stream while it is read; a CRC by `algorithm` (of `CRC_OCTETS`) follows as a trailer.

        None: it was not done, or nothing proves that what was read is what has arrived; the part is then to be made in
        the other way, which tells what is wrong. `md5`: the MD5 is wanted, too, whatever proves the arrival.
        """
