"""`LocalStore`: the store protocol over this machine's file system. Each method is a line; the rest is beside it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from typing import NoReturn

from tui.accounts.local import file_system_name
from tui.model.facts import EffectiveEndpoint, ObjectOwnership
from tui.model.identity import LOCAL_LABEL
from tui.model.listing import Bucket, BucketList, Page
from tui.model.location import LOCAL_BUCKET
from tui.model.problem import Problem, ProblemError, ProblemKind
from tui.stores.base import (
    UNHASHED,
    Acl,
    Capabilities,
    Checksum,
    Completed,
    Digests,
    IncompleteUpload,
    ObjectAttributes,
    ObjectHead,
    Part,
    Source,
    Tags,
)
from tui.stores.local import describing, files, listing, uploads
from tui.stores.local.describing import Description
from tui.stores.local.failures import disk_problem
from tui.stores.local.threads import to_the_end

CAPABILITIES = Capabilities(
    acls=False,
    tags=False,
    versions=False,
    policies=False,
    copies=False,
    metadata=False,
    reads_back=True,
    directories=True,
)


class LocalStore:
    """This machine's file system; the methods are documented in `Store`. What S3 alone has is kind UNSUPPORTED."""

    @property
    def label(self) -> str:
        """See `Store`."""
        return LOCAL_LABEL

    @property
    def endpoint(self) -> str:
        """See `Store`."""
        return file_system_name()

    @property
    def capabilities(self) -> Capabilities:
        """See `Store`."""
        return CAPABILITIES

    @property
    def partition(self) -> str:
        """A local disk is in no partition of AWS."""
        return ""

    async def write_refusal(self, bucket: str) -> Problem | None:  # noqa: ARG002  # it may be tried anywhere
        """See `Store`; who is not to write has a `GuardedStore` in front of this one."""
        return None

    async def buckets(self) -> BucketList:
        """The one bucket ``/``."""
        return BucketList([Bucket(LOCAL_BUCKET)])

    def pages(
        self, bucket: str, prefix: str, *, recursive: bool = False, start_after: str = "", etags: bool = True
    ) -> AsyncGenerator[Page, None]:
        """See `Store` and `tui.stores.local.listing`."""
        return listing.list_pages(bucket, prefix, recursive=recursive, start_after=start_after, etags=etags)

    async def head(self, bucket: str, key: str, version: str = "") -> ObjectHead:
        """See `Store`; the ETag pins time, size and inode, and the type is guessed from the name."""
        _no_version(version, key)
        return await to_the_end(files.head, bucket, key)

    async def describe(self, bucket: str, key: str) -> Description:
        """What the system says about a file or directory."""
        return await to_the_end(describing.describe, bucket, key)

    async def tags(self, bucket: str, key: str, version: str = "") -> list[tuple[str, str]]:
        """Files have no tags."""
        _unsupported("tags", f"{bucket}{key}", version)

    async def part_size(self, bucket: str, key: str, *, etag: str, version: str = "") -> int:
        """Files have no parts: nothing is told."""
        _no_version(version, key, bucket, etag)
        return 0

    async def object_acl(self, bucket: str, key: str, version: str = "") -> Acl:
        """Files have no ACL of S3."""
        _unsupported("ACLs", f"{bucket}{key}", version)

    async def bucket_acl(self, bucket: str) -> Acl:
        """A file system has no ACL of S3."""
        _unsupported("ACLs", bucket)

    async def ownership(self, bucket: str) -> ObjectOwnership | None:
        """A file system has no Object Ownership."""
        _unsupported("Object Ownership", bucket)

    async def policy(self, bucket: str) -> str | None:
        """A file system has no bucket policy."""
        _unsupported("policies", bucket)

    async def public_access_block(self, bucket: str) -> list[tuple[str, str]] | None:
        """A file system has no public access block."""
        _unsupported("public access blocks", bucket)

    async def effective_endpoint(self, bucket: str) -> EffectiveEndpoint:
        """There is no way to an endpoint."""
        _unsupported("endpoints", bucket)

    async def read(self, bucket: str, key: str, *, etag: str, start: int, length: int, version: str = "") -> bytes:
        """See `Store`."""
        _no_version(version, key)
        return await to_the_end(files.read, bucket, key, etag, start, length)

    async def put(
        self,
        bucket: str,
        key: str,
        body: bytes,
        attributes: ObjectAttributes,
        *,
        only_new: bool = False,
        digests: Digests = UNHASHED,  # noqa: ARG002  # what was written is read back and compared with the body itself
    ) -> str:
        """See `Store`; of the attributes a file gets the time only."""
        return await to_the_end(files.put, bucket, key, body, attributes, only_new=only_new)

    async def copy(
        self, source: Source, bucket: str, key: str, attributes: ObjectAttributes, *, only_new: bool = False
    ) -> str:
        """A disk copies nothing by itself: the bytes are relayed."""
        _unsupported("copies by itself", f"{bucket}{key}", source, attributes, only_new)

    async def create_upload(
        self,
        bucket: str,
        key: str,
        attributes: ObjectAttributes,
        *,
        checksum: str = "",  # noqa: ARG002  # files keep none
    ) -> str:
        """See `Store`: the bytes gather in ``.NAME.xs3-tui-ID.part`` beside the file to be."""
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
        """See `Store`; the part's ETag is the MD5 of what was read back."""
        return await to_the_end(uploads.write_part, bucket, key, upload, number, body, start, digests.md5)

    async def copy_part(
        self, source: Source, start: int, length: int, bucket: str, key: str, upload: str, number: int
    ) -> Part:
        """A disk copies nothing by itself: the bytes are relayed."""
        _unsupported("copies by itself", f"{bucket}{key}", source, start, length, upload, number)

    async def complete_upload(
        self,
        bucket: str,
        key: str,
        upload: str,
        parts: Sequence[Part],
        *,
        only_new: bool = False,
        checksum: Checksum | None = None,  # noqa: ARG002  # each part was compared: the whole is not read once more
        tags: Tags = None,  # noqa: ARG002  # a file has none
    ) -> Completed:
        """See `Store`."""
        return await to_the_end(uploads.complete, bucket, key, upload, parts, only_new=only_new)

    async def abort_upload(self, bucket: str, key: str, upload: str) -> None:
        """See `Store`."""
        await to_the_end(uploads.abort, bucket, key, upload)

    async def uploads(self, bucket: str, prefix: str = "") -> list[IncompleteUpload]:
        """See `Store`; every directory that may hold such a key is looked through."""
        return await to_the_end(uploads.unfinished, bucket, prefix)

    async def parts(self, bucket: str, key: str, upload: str) -> list[Part]:
        """See `Store`."""
        return await to_the_end(uploads.parts, bucket, key, upload)

    async def delete(self, bucket: str, key: str, version: str = "") -> None:
        """See `Store`; of a key that ends in ``/`` the directory goes, with the empty ones below it."""
        _no_version(version, key)
        await to_the_end(files.delete, bucket, key)

    async def delete_many(self, bucket: str, keys: Sequence[str]) -> dict[str, Problem]:
        """See `Store`."""
        return await to_the_end(files.delete_many, bucket, keys)

    async def create_bucket(self, bucket: str, region: str = "") -> None:
        """File systems are not made here."""
        _unsupported("buckets to be made", bucket, region)


def _unsupported(what: str, path: str, *_: object) -> NoReturn:
    key = path.removeprefix(LOCAL_BUCKET)
    title = f"a local disk has no {what}"
    raise ProblemError(disk_problem(ProblemKind.UNSUPPORTED, title, "", "choose a bucket of S3", "", key))


def _no_version(version: str, key: str, *_: object) -> None:
    if version:
        _unsupported("versions", LOCAL_BUCKET + key)
