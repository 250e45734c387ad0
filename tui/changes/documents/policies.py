"""Bucket policies."""

from __future__ import annotations

import json

from tui.changes.documents.base import Document, Services
from tui.core.changes import DocumentRef
from tui.core.identity import AddressBook
from tui.core.json_text import read_json


class BucketPolicy(Document):
    """Amazon S3 user guide, "Bucket policies": at most 20 KB."""

    limit = 20_480

    def settled(self, text: str, before: str | None, book: AddressBook) -> str:  # noqa: ARG002  # names no account
        """As it is written; the present document where only its blanks differ."""
        return before if before is not None and _values(text) == _values(before) else text

    async def read(self, services: Services, ref: DocumentRef) -> str | None:
        """GetBucketPolicy."""
        return await (await services.store(ref.connection)).settings.policy(ref.location.bucket)

    async def write(self, services: Services, ref: DocumentRef, text: str) -> None:
        """PutBucketPolicy."""
        await (await services.store(ref.connection)).settings.put_policy(ref.location.bucket, text)

    async def remove(self, services: Services, ref: DocumentRef) -> None:
        """DeleteBucketPolicy."""
        await (await services.store(ref.connection)).settings.delete_policy(ref.location.bucket)


def _values(text: str) -> str:
    """A document without the blanks between its tokens; what is no JSON stays as it is."""
    try:
        return json.dumps(read_json(text))
    except ValueError:
        return text
