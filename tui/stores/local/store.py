"""`LocalStore`: the store protocol over this machine's file system. Each method is a line; the rest is beside it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from typing import cast

from tui.aws.ids import file_system_name
from tui.core.identity import LOCAL_LABEL
from tui.core.listing import Bucket, BucketList, Page
from tui.core.location import LOCAL_BUCKET
from tui.core.problem import Problem
from tui.stores.bucket_settings import BucketSettings
from tui.stores.local import deletes, files, listing
from tui.stores.local.deletes import ChosenDirectory
from tui.stores.local.multipart import LocalMultipart
from tui.stores.local.threads import to_the_end
from tui.stores.local.unsupported import NoSettings, WithoutS3, unsupported
from tui.stores.values import UNHASHED, Capabilities, Digests, Fetched, ObjectAttributes, ObjectHead, Stored

CAPABILITIES = Capabilities(
    acls=False,
    tags=False,
    annotations=False,
    copies=False,
    metadata=False,
    reads_back=True,
    directories=True,
)


class LocalStore(LocalMultipart, WithoutS3):
    """This machine's file system; the methods are documented in `Store`. What S3 alone has is kind UNSUPPORTED."""

    def __init__(self, chosen: ChosenDirectory | None = None) -> None:
        """`chosen` is the directory in which deletions stay; without it every link on the way to a key is followed."""
        self._chosen = chosen or ChosenDirectory()

    @property
    def settings(self) -> BucketSettings:
        """A file system has none of a bucket's settings."""
        return cast(BucketSettings, NoSettings())

    def within(self, prefix: str) -> LocalStore:
        """See `Store`."""
        return LocalStore(ChosenDirectory(prefix))

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
        """See `Store`; for a read-only identity a `GuardedStore` is in front of this one."""
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

    async def part_size(self, bucket: str, key: str, *, etag: str, version: str = "") -> int:
        """Files have no parts."""
        _no_version(version, key, bucket, etag)
        return 0

    async def begin(self, bucket: str, key: str, *, length: int, version: str = "") -> Fetched:
        """See `Beginning`."""
        _no_version(version, key)
        return await to_the_end(files.begin, bucket, key, length)

    async def read(self, bucket: str, key: str, *, etag: str, start: int, length: int, version: str = "") -> bytes:
        """See `Store`."""
        _no_version(version, key)
        return await to_the_end(files.read, bucket, key, etag, start, length)

    async def fetch(self, bucket: str, key: str, *, etag: str, size: int, version: str = "") -> Fetched:
        """See `Store`."""
        _no_version(version, key)
        return await to_the_end(files.fetch, bucket, key, etag, size)

    async def put(
        self,
        bucket: str,
        key: str,
        body: bytes,
        attributes: ObjectAttributes,
        *,
        only_new: bool = False,
        replaces: str = "",  # noqa: ARG002  # files are only ever replaced as a whole: the last one stays
        digests: Digests = UNHASHED,  # noqa: ARG002  # what was written is read back and compared with the body itself
    ) -> Stored:
        """See `Store`; of the attributes a file gets the time only."""
        return Stored(await to_the_end(files.put, bucket, key, body, attributes, only_new=only_new))

    @property
    def honors_delete_condition(self) -> bool | None:
        """No file system removes a file on a condition: a moment passes between looking and removing."""
        return False

    async def delete(self, bucket: str, key: str, version: str = "", *, matching: ObjectHead | None = None) -> str:
        """See `Store`; of a key that ends in ``/`` the directory goes, with the empty ones below it."""
        _no_version(version, key)
        await to_the_end(deletes.delete, bucket, key, self._chosen, matching.etag if matching else "")
        return ""

    async def delete_many(
        self,
        bucket: str,
        keys: Sequence[str],
        markers: dict[str, str] | None = None,  # noqa: ARG002  # a disk makes none
    ) -> dict[str, Problem]:
        """See `Store`."""
        return await to_the_end(deletes.delete_many, bucket, keys, self._chosen)


def _no_version(version: str, key: str, *_: object) -> None:
    if version:
        unsupported("versions", LOCAL_BUCKET + key)
