"""The body of an object as it comes, with what callers use of botocore's streaming body."""

from __future__ import annotations

import io
from types import TracebackType
from typing import Self

from botocore.exceptions import ReadTimeoutError

from tui.stores.s3.wire.channel import Channel
from tui.stores.s3.wire.response import Response

_CHUNK = 256 * 1024
_MOST_AT_ONCE = 64 * 1024 * 1024
"""Bytes for which memory is taken before they come: a server may promise any number of them."""


def _zeros(length: int) -> io.BytesIO:
    """So many bytes to be written to, which `getvalue` then returns without a copy, unlike `bytes` of a `bytearray`."""
    target = io.BytesIO()
    if length:
        target.seek(length - 1)
        target.write(b"\0")
    return target


class Body:
    """Read it to its end, or close it: else its connection stays busy."""

    def __init__(self, channel: Channel, response: Response, url: str) -> None:
        self._channel, self._response, self._url = channel, response, url

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    async def read(self, most: int = -1) -> bytes:
        """The rest, or up to `most` bytes of it; nothing at the end.

        Raises botocore's `ReadTimeoutError`, and aiohttp's `ClientPayloadError` for one that was cut.
        """
        response = self._response
        if most < 0:
            return response.take_all() if response.complete else await self._rest()
        while not (response.buffered or response.complete):
            await self._more()
        return response.take(most)

    def close(self) -> None:
        """Read no more: the connection is closed unless all has come."""
        if not self._response.complete:
            self._channel.close()

    async def _rest(self) -> bytes:
        response = self._response
        length = response.length
        if length is None or length > _MOST_AT_ONCE or response.taken:
            chunks = list[bytes]()
            while chunk := await self.read(_CHUNK):
                chunks.append(chunk)
            return b"".join(chunks)
        target = _zeros(length)
        with target.getbuffer() as view:
            response.receive_into(view)
            try:
                while not response.complete:
                    await self._more()
            finally:
                response.leave()
        return target.getvalue()

    async def _more(self) -> None:
        try:
            await self._channel.more(self._response)
        except TimeoutError as error:
            raise ReadTimeoutError(endpoint_url=self._url, error=error) from error
