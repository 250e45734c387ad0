"""This machine's file system as a store: the bucket ``/``, keys that are paths without their leading ``/``."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from typing import Any, NoReturn, cast

from tui.aws.ids import file_system_name
from tui.core.identity import LOCAL_LABEL
from tui.core.listing import Bucket, BucketList, Page
from tui.core.location import LOCAL_BUCKET
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.stores import store_values
from tui.stores.local import files, local_listing, partial_uploads, removing
from tui.stores.local.disk_errors import disk_problem, to_the_end
from tui.stores.local.removing import ChosenDirectory
from tui.stores.operations import BucketConfiguration, Stream


class LocalMultipart:
    """Files written in parts; the methods are documented in `Multipart`."""

    async def create_upload(
        self,
        bucket: str,
        key: str,
        attributes: store_values.ObjectAttributes,
        *,
        checksum: str = "",  # noqa: ARG002  # files keep none
    ) -> str:
        """See `Multipart`: the bytes gather in ``.NAME.xs3-tui-ID.part`` beside the file to be."""
        return await to_the_end(partial_uploads.create, bucket, key, attributes)

    async def upload_part(
        self,
        bucket: str,
        key: str,
        upload: str,
        number: int,
        body: bytes,
        *,
        start: int,
        digests: store_values.Digests = store_values.UNHASHED,
    ) -> store_values.CompletedPart:
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
    ) -> store_values.SentPart | None:
        """Files are written from memory."""
        del bucket, key, upload, number, stream, algorithm, md5
        return None

    async def complete_upload(
        self,
        bucket: str,
        key: str,
        upload: str,
        parts: Sequence[store_values.CompletedPart],
        *,
        when: store_values.WriteCondition = store_values.ANYTHING,
        checksum: store_values.Checksum | None = None,  # noqa: ARG002  # each part was compared: the whole is not read once more
        tags: store_values.TagSet = None,  # noqa: ARG002  # a file has none
    ) -> store_values.Completed:
        return await to_the_end(partial_uploads.complete, bucket, key, upload, parts, only_new=when.only_new)

    async def abort_upload(self, bucket: str, key: str, upload: str) -> None:
        await to_the_end(partial_uploads.abort, bucket, key, upload)

    async def uploads(self, bucket: str, prefix: str = "") -> list[store_values.IncompleteUpload]:
        """See `Multipart`; every directory that may hold such a key is looked through."""
        return await to_the_end(partial_uploads.listed, bucket, prefix)

    async def parts(self, bucket: str, key: str, upload: str) -> list[store_values.CompletedPart]:
        return await to_the_end(partial_uploads.parts, bucket, key, upload)


def _refusing(what: str, texts: int = 2) -> Any:
    """An operation that only S3 has: kind UNSUPPORTED. Its first `texts` text arguments are the path."""

    async def refuse(_: object, *arguments: object, **__: object) -> NoReturn:
        unsupported(what, "".join([each for each in arguments if isinstance(each, str)][:texts]))

    return refuse


class WithoutS3:
    """Operations that only S3 has; they are documented in `Store`."""

    tags = put_tags = _refusing("tags")
    annotation = annotate = _refusing("annotations")
    versions_page = delete_versions = _refusing("versions")
    object_acl = put_object_acl = _refusing("ACLs")
    copy = copy_part = _refusing("server-side copies")
    """A disk copies nothing by itself: the bytes are relayed."""
    restore = _refusing("archives")
    create_bucket, delete_bucket = _refusing("creating buckets", 1), _refusing("deleting buckets", 1)

    async def annotations(self, *_: str) -> None:
        """No file has any."""


class NoSettings:
    """Refuses every operation of `BucketConfiguration` (UNSUPPORTED)."""

    def __getattr__(self, name: str) -> Callable[..., Awaitable[NoReturn]]:
        if not hasattr(BucketConfiguration, name):
            raise AttributeError(name)

        async def refuse(bucket: str, *_: object, **__: object) -> NoReturn:
            unsupported("bucket settings", bucket)

        return refuse


def unsupported(what: str, path: str) -> NoReturn:
    """Raise what a local disk does not have (kind UNSUPPORTED)."""
    key = path.removeprefix(LOCAL_BUCKET)
    title = f"a local disk does not support {what}"
    raise ProblemError(disk_problem(ProblemKind.UNSUPPORTED, title, "", "choose an S3 bucket", "", key))


CAPABILITIES = store_values.Capabilities(
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
    def capabilities(self) -> store_values.Capabilities:
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

    async def head(self, bucket: str, key: str, version: str = "") -> store_values.ObjectHead:
        """See `Store`; the ETag pins time, size and inode, and the type is guessed from the name."""
        _no_version(version, key)
        return await to_the_end(files.head, bucket, key)

    async def part_size(self, bucket: str, key: str, *, etag: str, version: str = "") -> int:
        _no_version(version, key, bucket, etag)
        return 0

    async def begin(self, bucket: str, key: str, *, length: int, version: str = "") -> store_values.Fetched:
        _no_version(version, key)
        return await to_the_end(files.begin, bucket, key, length)

    async def read(self, bucket: str, key: str, *, etag: str, start: int, length: int, version: str = "") -> bytes:
        _no_version(version, key)
        return await to_the_end(files.read, bucket, key, etag, start, length)

    async def fetch(self, bucket: str, key: str, *, etag: str, size: int, version: str = "") -> store_values.Fetched:
        _no_version(version, key)
        return await to_the_end(files.fetch, bucket, key, etag, size)

    async def put(
        self,
        bucket: str,
        key: str,
        body: bytes,
        attributes: store_values.ObjectAttributes,
        *,
        when: store_values.WriteCondition = store_values.ANYTHING,
        digests: store_values.Digests = store_values.UNHASHED,  # noqa: ARG002  # what was written is read back and compared with the body itself
    ) -> store_values.WriteResult:
        """See `Store`; of the attributes a file gets the time only."""
        return store_values.WriteResult(
            await to_the_end(files.put, bucket, key, body, attributes, only_new=when.only_new)
        )

    @property
    def honors_delete_condition(self) -> bool | None:
        """No file system removes a file on a condition: a moment passes between looking and removing."""
        return False

    async def delete(
        self, bucket: str, key: str, version: str = "", *, matching: store_values.ObjectHead | None = None
    ) -> str:
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
