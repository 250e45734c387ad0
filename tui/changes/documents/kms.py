"""Policies of KMS keys."""

from __future__ import annotations

from tui.aws.control_plane import Service
from tui.changes.documents.base import Document, Services
from tui.core.changes import DocumentRef


class KeyPolicy(Document):
    """The policy of a KMS key. AWS KMS developer guide, "Resource quotas": 32,768 bytes."""

    limit = 32_768
    removable = False

    async def read(self, services: Services, ref: DocumentRef) -> str | None:
        """GetKeyPolicy."""
        answer = await services.control_plane.read(
            ref.connection,
            Service.KMS,
            "GetKeyPolicy",
            region=_region(ref.resource),
            KeyId=ref.resource,
            PolicyName="default",
        )
        return str(answer["Policy"]) if answer else None

    async def write(self, services: Services, ref: DocumentRef, text: str) -> None:
        """PutKeyPolicy."""
        await services.control_plane.write(
            ref.connection,
            Service.KMS,
            "PutKeyPolicy",
            region=_region(ref.resource),
            KeyId=ref.resource,
            PolicyName="default",
            Policy=text,
        )


def _region(arn: str) -> str:
    fields = arn.split(":")
    return fields[3] if len(fields) > 5 else ""
