"""A store that takes a manifest and forgets it."""

from __future__ import annotations

from typing import Any

from tui.stores.values import Capabilities, Completed, Part


class Sink:
    """Says that what was written has this ETag; `written` are its bytes."""

    capabilities = Capabilities()

    def __init__(self, etag: str = '"e"', version: str = "") -> None:
        self._etag, self._version = etag, version
        self.written = b""

    async def create_upload(self, *_: Any, **__: Any) -> str:
        return "upload"

    async def upload_part(self, _bucket: str, _key: str, _upload: str, number: int, body: bytes, **_more: Any) -> Part:
        self.written += body
        return Part(number, "e")

    async def complete_upload(self, *_: Any, **__: Any) -> Completed:
        return Completed(self._etag, version=self._version)

    async def put(self, _bucket: str, _key: str, body: bytes, *_: Any, **__: Any) -> Completed:
        self.written = body
        return Completed(self._etag, version=self._version)
