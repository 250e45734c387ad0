"""Multipart uploads on the local disk: each method is a line; `tui.stores.local.uploads` does the work in a thread."""

from __future__ import annotations

from collections.abc import Sequence

from tui.stores.local import uploads
from tui.stores.local.threads import to_the_end
from tui.stores.local.unsupported import unsupported
from tui.stores.relaying import Stream
from tui.stores.values import (
    UNHASHED,
    Checksum,
    Completed,
    Digests,
    IncompleteUpload,
    ObjectAttributes,
    Part,
    Sent,
    Source,
    Tags,
)


class LocalMultipart:
    """Files written in parts; the methods are documented in `Multipart`."""

    async def create_upload(
        self,
        bucket: str,
        key: str,
        attributes: ObjectAttributes,
        *,
        checksum: str = "",  # noqa: ARG002  # files keep none
    ) -> str:
        """See `Multipart`: the bytes gather in ``.NAME.xs3-tui-ID.part`` beside the file to be."""
        return await to_the_end(uploads.create, bucket, key, attributes)

    async def upload_part(
        self,
        bucket: str,
        key: str,
        upload: str,
        number: int,
        body: bytes,
        *,
        start: int,
        digests: Digests = UNHASHED,
    ) -> Part:
        """See `Multipart`; the part's ETag is the MD5 of what was read back."""
        return await to_the_end(uploads.write_part, bucket, key, upload, number, body, start, digests.md5)

    async def stream(
        self, bucket: str, key: str, *, etag: str, start: int, length: int, version: str = ""
    ) -> Stream | None:
        """Files are read into memory."""
        del bucket, key, etag, start, length, version
        return None

    async def upload_stream(
        self, bucket: str, key: str, upload: str, number: int, stream: Stream, *, algorithm: str, md5: bool
    ) -> Sent | None:
        """Files are written from memory."""
        del bucket, key, upload, number, stream, algorithm, md5
        return None

    async def copy_part(
        self, source: Source, start: int, length: int, bucket: str, key: str, upload: str, number: int
    ) -> Part:
        """A disk copies nothing by itself: the bytes are relayed."""
        unsupported("server-side copies", f"{bucket}{key}", source, start, length, upload, number)

    async def complete_upload(
        self,
        bucket: str,
        key: str,
        upload: str,
        parts: Sequence[Part],
        *,
        only_new: bool = False,
        replaces: str = "",  # noqa: ARG002  # files are only ever replaced as a whole: the last one stays
        checksum: Checksum | None = None,  # noqa: ARG002  # each part was compared: the whole is not read once more
        tags: Tags = None,  # noqa: ARG002  # a file has none
    ) -> Completed:
        """See `Multipart`."""
        return await to_the_end(uploads.complete, bucket, key, upload, parts, only_new=only_new)

    async def abort_upload(self, bucket: str, key: str, upload: str) -> None:
        """See `Multipart`."""
        await to_the_end(uploads.abort, bucket, key, upload)

    async def uploads(self, bucket: str, prefix: str = "") -> list[IncompleteUpload]:
        """See `Multipart`; every directory that may hold such a key is looked through."""
        return await to_the_end(uploads.listed, bucket, prefix)

    async def parts(self, bucket: str, key: str, upload: str) -> list[Part]:
        """See `Multipart`."""
        return await to_the_end(uploads.parts, bucket, key, upload)
