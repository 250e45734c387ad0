"""The body of an upload as a file, without a second copy of it in memory."""

from __future__ import annotations

import io


class UploadBody(io.BytesIO):
    """A `BytesIO` over bytes that it shares with the caller.

    aiohttp asks it for its size by `getbuffer`, for which a plain `BytesIO` copies everything it holds.
    """

    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        self._content = content

    def getbuffer(self) -> memoryview:
        """The content, read only: nobody writes to an upload."""
        return memoryview(self._content)
