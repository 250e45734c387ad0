"""Bucket policies."""

from __future__ import annotations

from tui.changes.documents.base import Document, Services
from tui.model.change import DocumentRef


class BucketPolicy(Document):
    """Amazon S3 user guide, "Bucket policies": at most 20 KB."""

    limit = 20_480

    async def read(self, services: Services, ref: DocumentRef) -> str | None:
        """GetBucketPolicy."""
        return await (await services.store(ref.connection)).settings.policy(ref.location.bucket)

    async def write(self, services: Services, ref: DocumentRef, text: str) -> None:
        """PutBucketPolicy."""
        await (await services.store(ref.connection)).settings.put_policy(ref.location.bucket, text)

    async def remove(self, services: Services, ref: DocumentRef) -> None:
        """DeleteBucketPolicy."""
        await (await services.store(ref.connection)).settings.delete_policy(ref.location.bucket)
