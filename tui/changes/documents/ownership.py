"""The Object Ownership of a bucket as a document."""

from __future__ import annotations

import json

from tui.changes.documents.base import Document, Services
from tui.model.change import DocumentRef
from tui.model.facts import ObjectOwnership
from tui.model.problem import Problem, ProblemError, ProblemKind


class OwnershipControls(Document):
    """The Object Ownership of a bucket. The store writes it only where the server answers a GET of it as AWS does."""

    async def read(self, services: Services, ref: DocumentRef) -> str | None:
        """GetBucketOwnershipControls."""
        setting = await (await services.store(ref.connection)).settings.ownership(ref.location.bucket)
        return ownership_document(setting) if setting else None

    async def write(self, services: Services, ref: DocumentRef, text: str) -> None:
        """PutBucketOwnershipControls."""
        settings = (await services.store(ref.connection)).settings
        await settings.set_ownership(ref.location.bucket, ownership_of(text))

    async def remove(self, services: Services, ref: DocumentRef) -> None:
        """DeleteBucketOwnershipControls."""
        await (await services.store(ref.connection)).settings.set_ownership(ref.location.bucket, None)


def ownership_document(setting: ObjectOwnership) -> str:
    """The document of a setting."""
    return json.dumps({"Rules": [{"ObjectOwnership": setting.value}]})


def ownership_of(text: str) -> ObjectOwnership:
    """The setting that such a document has; raises `ProblemError` for any other text."""
    try:
        return ObjectOwnership(json.loads(text)["Rules"][0]["ObjectOwnership"])
    except (ValueError, LookupError, TypeError) as error:
        title = "this is no Object Ownership setting"
        raise ProblemError(Problem(kind=ProblemKind.INVALID, title=title, cause=str(error))) from error
