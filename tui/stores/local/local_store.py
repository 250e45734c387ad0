"""This machine's file system as a store: the bucket ``/``, keys that are paths without their leading ``/``."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from typing import NoReturn, cast

from tui.aws.ids import file_system_name
from tui.core.identity import LOCAL_LABEL
from tui.core.listing import Bucket, BucketList, Page
from tui.core.location import LOCAL_BUCKET
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.core.versions import VersionMarker, VersionPage
from tui.stores.local import files, local_listing, partial_uploads, removing
from tui.stores.local.disk_errors import disk_problem, to_the_end
from tui.stores.local.removing import ChosenDirectory
from tui.stores.operations import FROM_THE_START, BucketConfiguration, Stream
from tui.stores.store_values import (
    ANYTHING,
    UNHASHED,
    Acl,
    Annotation,
    Capabilities,
    Checksum,
    Completed,
    CompletedPart,
    CopySource,
    Digests,
    Fetched,
    IncompleteUpload,
    ObjectAttributes,
    ObjectHead,
    SentPart,
    TagSet,
    WriteCondition,
    WriteResult,
)

# Multipart uploads on the local disk: each method is a line; `tui.stores.local.partial_uploads` does the work in a
# thread.


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
        return await to_the_end(partial_uploads.create, bucket, key, attributes)

    async def upload_part(
        self, bucket: str, key: str, upload: str, number: int, body: bytes, *, start: int, digests: Digests = UNHASHED
    ) -> CompletedPart:
        """See `Multipart`; the part's ETag is the MD5 of what was read back."""
        return await to_the_end(partial_uploads.write_part, bucket, key, upload, number, body, start, digests.md5)

    async def stream(
        self, bucket: str, key: str, *, etag: str, start: int, length: int, version: str = ""
    ) -> Stream | None:
        """Files are read into memory."""
        del bucket, key, etag, start, length, version
        return None

    async def upload_stream(
        self, bucket: str, key: str, upload: str, number: int, stream: Stream, *, algorithm: str, md5: bool
    ) -> SentPart | None:
        """Files are written from memory."""
        del bucket, key, upload, number, stream, algorithm, md5
        return None

    async def copy_part(
        self, source: CopySource, start: int, length: int, bucket: str, key: str, upload: str, number: int
    ) -> CompletedPart:
        """A disk copies nothing by itself: the bytes are relayed."""
        unsupported("server-side copies", f"{bucket}{key}", source, start, length, upload, number)

    async def complete_upload(
        self,
        bucket: str,
        key: str,
        upload: str,
        parts: Sequence[CompletedPart],
        *,
        when: WriteCondition = ANYTHING,
        checksum: Checksum | None = None,  # noqa: ARG002  # each part was compared: the whole is not read once more
        tags: TagSet = None,  # noqa: ARG002  # a file has none
    ) -> Completed:
        return await to_the_end(partial_uploads.complete, bucket, key, upload, parts, only_new=when.only_new)

    async def abort_upload(self, bucket: str, key: str, upload: str) -> None:
        await to_the_end(partial_uploads.abort, bucket, key, upload)

    async def uploads(self, bucket: str, prefix: str = "") -> list[IncompleteUpload]:
        """See `Multipart`; every directory that may hold such a key is looked through."""
        return await to_the_end(partial_uploads.listed, bucket, prefix)

    async def parts(self, bucket: str, key: str, upload: str) -> list[CompletedPart]:
        return await to_the_end(partial_uploads.parts, bucket, key, upload)


# What S3 has and a local disk has not: kind UNSUPPORTED.


class WithoutS3:
    """Operations that only S3 has; they are documented in `Store`."""

    async def tags(self, bucket: str, key: str, version: str = "") -> list[tuple[str, str]]:
        unsupported("tags", f"{bucket}{key}", version)

    async def put_tags(self, bucket: str, key: str, tags: Sequence[tuple[str, str]], version: str = "") -> None:
        unsupported("tags", f"{bucket}{key}", version, tags)

    async def annotations(
        self,
        bucket: str,  # noqa: ARG002  # no file has any
        key: str,  # noqa: ARG002  # no file has any
        version: str = "",  # noqa: ARG002  # no file has any
    ) -> list[Annotation] | None:
        return None

    async def annotation(self, bucket: str, key: str, name: str, version: str = "") -> bytes:
        unsupported("annotations", f"{bucket}{key}", name, version)

    async def annotate(self, bucket: str, key: str, name: str, payload: bytes, *, etag: str) -> None:
        unsupported("annotations", f"{bucket}{key}", name, payload, etag)

    async def versions_page(
        self, bucket: str, prefix: str, *, recursive: bool = False, after: VersionMarker = FROM_THE_START
    ) -> VersionPage:
        unsupported("versions", f"{bucket}{prefix}", after, recursive)

    async def delete_versions(self, bucket: str, versions: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Problem]:
        unsupported("versions", bucket, versions)

    async def object_acl(self, bucket: str, key: str, version: str = "") -> Acl:
        unsupported("ACLs", f"{bucket}{key}", version)

    async def put_object_acl(
        self, bucket: str, key: str, version: str = "", *, canned: str = "", acl: Acl | None = None
    ) -> None:
        unsupported("ACLs", f"{bucket}{key}", version, canned, acl)

    async def copy(
        self,
        source: CopySource,
        bucket: str,
        key: str,
        attributes: ObjectAttributes,
        *,
        when: WriteCondition = ANYTHING,
    ) -> WriteResult:
        """A disk copies nothing by itself: the bytes are relayed."""
        unsupported("server-side copies", f"{bucket}{key}", source, attributes, when)

    async def restore(self, bucket: str, key: str, version: str = "", *, tier: str, days: int | None) -> None:
        unsupported("archives", f"{bucket}{key}", version, tier, days)

    async def create_bucket(self, bucket: str, region: str = "") -> None:
        unsupported("creating buckets", bucket, region)

    async def delete_bucket(self, bucket: str) -> None:
        unsupported("deleting buckets", bucket)


class NoSettings:
    """Refuses every operation of `BucketConfiguration` (UNSUPPORTED)."""

    def __getattr__(self, name: str) -> Callable[..., Awaitable[NoReturn]]:
        if not hasattr(BucketConfiguration, name):
            raise AttributeError(name)

        async def refuse(bucket: str, *_: object, **__: object) -> NoReturn:
            unsupported("bucket settings", bucket)

        return refuse


def unsupported(what: str, path: str, *_: object) -> NoReturn:
    """Raise what a local disk does not have (kind UNSUPPORTED)."""
    key = path.removeprefix(LOCAL_BUCKET)
    title = f"a local disk does not support {what}"
    raise ProblemError(disk_problem(ProblemKind.UNSUPPORTED, title, "", "choose an S3 bucket", "", key))


CAPABILITIES = Capabilities(
    acls=False, tags=False, annotations=False, copies=False, metadata=False, reads_back=True, directories=True
)


class LocalStore(LocalMultipart, WithoutS3):
    """This machine's file system; the methods are documented in `Store`. What S3 alone has is kind UNSUPPORTED."""

    def __init__(self, chosen: ChosenDirectory | None = None) -> None:
        """`chosen` is the directory in which deletions stay; without it every link on the way to a key is followed."""
        self._chosen = chosen or ChosenDirectory()

    @property
    def settings(self) -> BucketConfiguration:
        return cast(BucketConfiguration, NoSettings())

    def within(self, prefix: str) -> LocalStore:
        return LocalStore(ChosenDirectory(prefix))

    @property
    def label(self) -> str:
        return LOCAL_LABEL

    @property
    def endpoint(self) -> str:
        return file_system_name()

    @property
    def capabilities(self) -> Capabilities:
        return CAPABILITIES

    @property
    def partition(self) -> str:
        return ""

    async def write_refusal(self, bucket: str) -> Problem | None:  # noqa: ARG002  # it may be tried anywhere
        """See `Store`; for a read-only identity a `GuardedStore` is in front of this one."""
        return None

    async def buckets(self) -> BucketList:
        return BucketList([Bucket(LOCAL_BUCKET)])

    def pages(
        self, bucket: str, prefix: str, *, recursive: bool = False, start_after: str = "", etags: bool = True
    ) -> AsyncGenerator[Page, None]:
        return local_listing.list_pages(bucket, prefix, recursive=recursive, start_after=start_after, etags=etags)

    async def head(self, bucket: str, key: str, version: str = "") -> ObjectHead:
        """See `Store`; the ETag pins time, size and inode, and the type is guessed from the name."""
        _no_version(version, key)
        return await to_the_end(files.head, bucket, key)

    async def part_size(self, bucket: str, key: str, *, etag: str, version: str = "") -> int:
        _no_version(version, key, bucket, etag)
        return 0

    async def begin(self, bucket: str, key: str, *, length: int, version: str = "") -> Fetched:
        _no_version(version, key)
        return await to_the_end(files.begin, bucket, key, length)

    async def read(self, bucket: str, key: str, *, etag: str, start: int, length: int, version: str = "") -> bytes:
        _no_version(version, key)
        return await to_the_end(files.read, bucket, key, etag, start, length)

    async def fetch(self, bucket: str, key: str, *, etag: str, size: int, version: str = "") -> Fetched:
        _no_version(version, key)
        return await to_the_end(files.fetch, bucket, key, etag, size)

    async def put(
        self,
        bucket: str,
        key: str,
        body: bytes,
        attributes: ObjectAttributes,
        *,
        when: WriteCondition = ANYTHING,
        digests: Digests = UNHASHED,  # noqa: ARG002  # what was written is read back and compared with the body itself
    ) -> WriteResult:
        """See `Store`; of the attributes a file gets the time only."""
        return WriteResult(await to_the_end(files.put, bucket, key, body, attributes, only_new=when.only_new))

    @property
    def honors_delete_condition(self) -> bool | None:
        """No file system removes a file on a condition: a moment passes between looking and removing."""
        return False

    async def delete(self, bucket: str, key: str, version: str = "", *, matching: ObjectHead | None = None) -> str:
        """See `Store`; of a key that ends in ``/`` the directory goes, with the empty ones below it."""
        _no_version(version, key)
        await to_the_end(removing.delete, bucket, key, self._chosen, matching.etag if matching else "")
        return ""

    async def delete_many(
        self,
        bucket: str,
        keys: Sequence[str],
        markers: dict[str, str] | None = None,  # noqa: ARG002  # a disk makes none
    ) -> dict[str, Problem]:
        return await to_the_end(removing.delete_many, bucket, keys, self._chosen)


def _no_version(version: str, key: str, *_: object) -> None:
    if version:
        unsupported("versions", LOCAL_BUCKET + key)
