"""The manifest of a job, written while its objects are listed: some megabytes of it are in memory, however many."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing, suppress

from tui.core.location import Location
from tui.core.problem import ProblemError
from tui.core.transfer import Tally
from tui.features.batch.job_objects import ChosenObjects
from tui.features.batch.kept_job import KeptManifest
from tui.features.batch.manifest_keys import manifest_lines, object_arn
from tui.stores.base import Store
from tui.stores.store_values import ANYTHING, ObjectAttributes
from tui.stores.streams import StreamUpload

CSV_FORMAT = "S3BatchOperations_CSV_20180820"

PIECE = 8 * 1024 * 1024
"""Bytes of the first parts. They grow: an upload has 10,000 parts at most, and 20 billion keys take a terabyte."""

_GROWS_AFTER = 1000
"""Parts of one size; then they get twice as large, up to `_LARGEST`."""

_LARGEST = 256 * 1024 * 1024

ATTRIBUTES = ObjectAttributes(headers={"ContentType": "text/csv"}, encryption="AES256")
"""S3 Batch Operations read no manifest of ours that is encrypted with a KMS key (Amazon S3 user guide, "Creating an S3
Batch Operations job"): whatever the bucket's default is, it is encrypted with keys of S3."""


class ManifestWriter:
    """Writes one manifest. All its lines name versions, or none does: the first line decides."""

    def __init__(self, store: Store, place: Location, bucket: str, role: str) -> None:
        """`bucket` is that of the objects, `role` the ARN of the job's role."""
        self._place, self._bucket, self._role = place, bucket, role
        self._upload = StreamUpload(store, place, ATTRIBUTES, when=ANYTHING)
        self._lines: list[str] = []
        self._size = self._parts = 0
        self._with_versions: bool | None = None
        self.objects = self.bytes = self.large = self.large_bytes = 0

    @property
    def upload(self) -> str:
        """The id of the upload, once it has begun."""
        return self._upload.id

    async def write(self, chosen: ChosenObjects) -> None:
        """Append the objects of the job. Raises `ProblemError`."""
        if chosen.objects and self._with_versions is None:
            self._with_versions = bool(chosen.versions)
        versions = chosen.versions if self._with_versions else None
        lines = manifest_lines(self._bucket, [picked.key for picked in chosen.objects], versions)
        self._lines.append(lines)
        self._size += len(lines)
        self.objects += len(chosen.objects)
        self.bytes += sum([each.size or 0 for each in chosen.objects])
        self.large += len(chosen.large)
        self.large_bytes += sum(each.size or 0 for each in chosen.large)
        if self._size >= min(PIECE << (self._parts // _GROWS_AFTER), _LARGEST):
            await self._send()

    async def _send(self) -> None:
        content = "".join(self._lines).encode()
        self._lines, self._size = [], 0
        self._parts += 1
        await self._upload.send(content)

    async def finish(self) -> KeptManifest:
        """Have the manifest appear; nothing is written for no objects. Raises `ProblemError`."""
        if not self.objects:
            return KeptManifest({}, 0, 0, self.large, self.large_bytes)
        await self._send()
        stored = await self._upload.finish()
        location = located(self._place, self._role, stored.etag, stored.version)
        fields = ["Bucket", "Key", "VersionId"] if self._with_versions else ["Bucket", "Key"]
        manifest = {"Manifest": {"Spec": {"Format": CSV_FORMAT, "Fields": fields}, "Location": location}}
        return KeptManifest(manifest, self.objects, self.bytes, self.large, self.large_bytes)

    async def abort(self) -> None:
        """Leave nothing of it. Raises `ProblemError`."""
        await self._upload.abort()


def located(place: Location, role: str, etag: str, version: str) -> dict[str, str]:
    """The ``Location`` of a manifest; `version` empty: there is none."""
    found = {"ObjectArn": object_arn(place, role), "ETag": etag.strip('"')}
    return {**found, "ObjectVersionId": version} if version else found


async def write_manifest(
    writer: ManifestWriter,
    pages: AsyncGenerator[ChosenObjects],
    take: Callable[[ChosenObjects], Awaitable[ChosenObjects]],
    tell: Callable[[Tally], Awaitable[None]],
) -> KeptManifest:
    """Write all of it. `take` is given each page first and returns what of it is written; `tell` hears of the count.

    A manifest that was not finished is aborted: where that fails, too, the first failure is raised, and the upload is
    known to `KeptValues`. Raises `ProblemError`, and cancellation.
    """
    try:
        async with aclosing(pages) as chosen_pages:
            async for chosen in chosen_pages:
                await writer.write(await take(chosen))
                await tell(Tally(writer.objects + writer.large, 0))
        kept = await writer.finish()
    except BaseException:
        with suppress(ProblemError):
            await writer.abort()
        raise
    await tell(Tally(writer.objects + writer.large, 0, complete=True))
    return kept
