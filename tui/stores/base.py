"""The store protocol: everything the transfers and the inspection ask of an object store, in typed values.

Each method is one operation of S3 (named in its docstring) made by one identity. All of them raise `ProblemError`
with a mapped `Problem` and nothing else; cancellation passes through. Bucket and key are exact.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Any, Protocol, cast

from tui.core.listing import BucketList, Page
from tui.core.problem import Problem
from tui.stores import operations, store_values


class Multipart(Protocol):
    """Multipart uploads."""

    @operations.writes(retry=operations.Retry.OWN, CreateMultipartUpload="s3:PutObject")
    async def create_upload(
        self, bucket: str, key: str, attributes: store_values.ObjectAttributes, *, checksum: str = ""
    ) -> str:
        """CreateMultipartUpload; returns the upload id.

        `checksum` is the algorithm of the object's checksum, and of those of all its parts: of the whole object for a
        CRC, of the parts' checksums for a SHA. Empty: the store's own default.
        """

    @operations.writes(UploadPart="s3:PutObject")
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
        """UploadPart; `start` is the offset of the part's first byte in the object, `digests` those of `body`."""

    @operations.writes(UploadPartCopy="s3:PutObject")
    async def copy_part(
        self, source: store_values.CopySource, start: int, length: int, bucket: str, key: str, upload: str, number: int
    ) -> store_values.CompletedPart:
        """UploadPartCopy of a byte range with CopySourceIfMatch."""

    @operations.writes(
        retry=operations.Retry.OWN, CompleteMultipartUpload="s3:PutObject", PutObjectTagging="s3:PutObjectTagging"
    )
    async def complete_upload(
        self,
        bucket: str,
        key: str,
        upload: str,
        parts: Sequence[store_values.CompletedPart],
        *,
        when: store_values.WriteCondition = store_values.ANYTHING,
        checksum: store_values.Checksum | None = None,
        tags: store_values.TagSet = None,
    ) -> store_values.Completed:
        """CompleteMultipartUpload; `checksum`, that of the whole object, must be what the server computes itself.

        `tags` are those that the upload was begun with: they are set once more where a server may have dropped them.
        """

    @operations.writes(AbortMultipartUpload="s3:AbortMultipartUpload")
    async def abort_upload(self, bucket: str, key: str, upload: str) -> None:
        """AbortMultipartUpload; an upload that is gone already is no problem."""

    @operations.reads(ListMultipartUploads="s3:ListBucketMultipartUploads")
    async def uploads(self, bucket: str, prefix: str = "") -> list[store_values.IncompleteUpload]:
        """ListMultipartUploads."""

    @operations.reads(ListParts="s3:ListMultipartUploadParts")
    async def parts(self, bucket: str, key: str, upload: str) -> list[store_values.CompletedPart]:
        """ListParts: what the server has of an upload, with sizes. An upload that is gone: kind NO_SUCH_KEY."""


class Annotations(Protocol):
    """Annotations of objects."""

    @operations.reads(ListObjectAnnotations="s3:ListObjectAnnotations")
    async def annotations(self, bucket: str, key: str, version: str = "") -> list[store_values.Annotation] | None:
        """ListObjectAnnotations; None: there are none here, which a server is asked once for each bucket."""

    @operations.reads(GetObjectAnnotation="s3:GetObjectAnnotation")
    async def annotation(self, bucket: str, key: str, name: str, version: str = "") -> bytes:
        """GetObjectAnnotation: the payload, of at most 1 MiB."""

    @operations.writes(PutObjectAnnotation="s3:PutObjectAnnotation")
    async def annotate(self, bucket: str, key: str, name: str, payload: bytes, *, etag: str) -> None:
        """PutObjectAnnotation with ObjectIfMatch; kind UNSUPPORTED where `annotations` has not found any support."""


class Archive(Protocol):
    """Archived objects."""

    @operations.writes(RestoreObject="s3:RestoreObject")
    async def restore(self, bucket: str, key: str, version: str = "", *, tier: str, days: int | None) -> None:
        """RestoreObject; `days` None for an archive tier of INTELLIGENT_TIERING, whose restores have no end.

        The problem's code is ``RestoreAlreadyInProgress`` where it is.
        """


class Store(
    Annotations, Archive, operations.BeginningReader, Multipart, operations.Relaying, operations.Versions, Protocol
):
    """One identity's view of an object store: what copies need of it, and by `settings` what the inspection needs."""

    @property
    def label(self) -> str:
        """The identity's label, as problems and facts name it."""

    @property
    def endpoint(self) -> str:
        """The service behind the endpoint; two stores on different ones cannot copy server-side.

        AWS's S3 is one service per partition, whatever the region or VPC endpoint; other servers differ by URL.
        """

    @property
    def capabilities(self) -> store_values.Capabilities:
        """What this kind of store has at all."""

    @property
    def partition(self) -> str:
        """The AWS partition of the endpoint's region (``aws``, ``aws-cn``, …)."""

    @property
    def settings(self) -> operations.BucketConfiguration:
        """What buckets are set to; each of it is kind UNSUPPORTED where a store has no such settings."""

    @operations.no_request
    def within(self, prefix: str) -> Store:
        """The same store for deletions of what was chosen by this prefix.

        On a local disk the directory must then stay the one that it is at the first deletion, and no symbolic link
        below it is followed. S3 has no links.
        """

    @operations.reads(retry=operations.Retry.OWN)
    async def write_refusal(self, bucket: str) -> Problem | None:
        """Why nothing is written there as this identity, by the user's own wish (READ_ONLY); None: it may be tried.

        What writes raises this problem before any request. To find it out nothing is written.
        """

    @operations.reads(ListBuckets="s3:ListAllMyBuckets")
    async def buckets(self) -> BucketList:
        """ListBuckets."""

    @operations.reads(retry=operations.Retry.OWN, ListObjectsV2="s3:ListBucket")
    def pages(
        self, bucket: str, prefix: str, *, recursive: bool = False, start_after: str = "", etags: bool = True
    ) -> AsyncGenerator[Page, None]:
        """ListObjectsV2 with FetchOwner and EncodingType=url: one level, or every key below `prefix`.

        An object whose key is the prefix itself has the name "". Without `etags` pages are smaller.
        """

    @operations.reads(HeadObject="s3:GetObject")
    async def head(self, bucket: str, key: str, version: str = "") -> store_values.ObjectHead:
        """HeadObject with ChecksumMode=ENABLED; `version` empty: the current one."""

    @operations.reads(GetObjectTagging="s3:GetObjectTagging")
    async def tags(self, bucket: str, key: str, version: str = "") -> list[tuple[str, str]]:
        """GetObjectTagging."""

    @operations.writes(PutObjectTagging="s3:PutObjectTagging")
    async def put_tags(self, bucket: str, key: str, tags: Sequence[tuple[str, str]], version: str = "") -> None:
        """PutObjectTagging: these in the place of all present ones."""

    @operations.reads(HeadObject="s3:GetObject")
    async def part_size(self, bucket: str, key: str, *, etag: str, version: str = "") -> int:
        """HeadObject with PartNumber=1: the size of a multipart object's first part; 0 if the server does not say."""

    @operations.reads(GetObjectAcl="s3:GetObjectAcl")
    async def object_acl(self, bucket: str, key: str, version: str = "") -> store_values.Acl:
        """GetObjectAcl."""

    @operations.writes(PutObjectAcl="s3:PutObjectAcl")
    async def put_object_acl(
        self, bucket: str, key: str, version: str = "", *, canned: str = "", acl: store_values.Acl | None = None
    ) -> None:
        """PutObjectAcl: a `canned` ACL, or all of `acl` (its owner the object's); it replaces the present one."""

    @operations.reads(GetObject="s3:GetObject")
    async def read(self, bucket: str, key: str, *, etag: str, start: int, length: int, version: str = "") -> bytes:
        """GetObject of a byte range with IfMatch; exactly `length` bytes or a problem. ``length`` 0 reads nothing.

        A body that is not what the checksum beside it says is a problem of kind MISMATCH.
        """

    @operations.reads(GetObject="s3:GetObject")
    async def fetch(self, bucket: str, key: str, *, etag: str, size: int, version: str = "") -> store_values.Fetched:
        """GetObject of the whole object with IfMatch and ChecksumMode=ENABLED; otherwise as `read`.

        An object that has another ETag or size by now is a problem of kind CHANGED.
        """

    @operations.writes(PutObject="s3:PutObject")
    async def put(
        self,
        bucket: str,
        key: str,
        body: bytes,
        attributes: store_values.ObjectAttributes,
        *,
        when: store_values.WriteCondition = store_values.ANYTHING,
        digests: store_values.Digests = store_values.UNHASHED,
    ) -> store_values.WriteResult:
        """PutObject. `digests` are those of `body`.

        A body that arrived damaged is a problem (here and in `upload_part`): of kind SERVER with one of the codes
        `DAMAGED` if the server refused it, of kind MISMATCH if it did not, and its ETag tells.
        """

    @operations.writes(CopyObject="s3:PutObject", PutObjectTagging="s3:PutObjectTagging")
    async def copy(
        self,
        source: store_values.CopySource,
        bucket: str,
        key: str,
        attributes: store_values.ObjectAttributes,
        *,
        when: store_values.WriteCondition = store_values.ANYTHING,
    ) -> store_values.WriteResult:
        """CopyObject with CopySourceIfMatch. Up to 5 GiB.

        With MetadataDirective=REPLACE and TaggingDirective=REPLACE, so that `attributes` is what the copy gets; or with
        COPY, if they are `as_source`. S3 then leaves out the website redirect location.
        """

    @property
    def honors_delete_condition(self) -> bool | None:
        """Whether `delete` with `matching` is one step here, which no write can come between; None: not known yet."""

    @operations.writes(DeleteObject="s3:DeleteObject")
    async def delete(
        self, bucket: str, key: str, version: str = "", *, matching: store_values.ObjectHead | None = None
    ) -> str:
        """DeleteObject; a key that is not there is no problem. Returns the id of the delete marker it made, if any.

        With `matching`, the object as it was just seen, another one is not deleted (kind CHANGED), as far as the
        server honors the condition; a key that is not there may then be kind NO_SUCH_KEY.
        """

    @operations.writes(retry=operations.Retry.OWN, DeleteObjects="s3:DeleteObject")
    async def delete_many(
        self, bucket: str, keys: Sequence[str], markers: dict[str, str] | None = None
    ) -> dict[str, Problem]:
        """DeleteObjects of at most 1,000 keys; what went wrong, by key. `markers` gets the ids of delete markers."""

    @operations.writes(retry=operations.Retry.OWN, CreateBucket="s3:CreateBucket")
    async def create_bucket(self, bucket: str, region: str = "") -> None:
        """CreateBucket; `region` empty: the identity's own."""

    @operations.writes(retry=operations.Retry.OWN, DeleteBucket="s3:DeleteBucket")
    async def delete_bucket(self, bucket: str) -> None:
        """DeleteBucket: the server deletes empty buckets only."""


OPERATIONS = operations.operations_of(
    operations.BucketFacts,
    operations.BucketChanges,
    operations.BucketConfiguration,
    Multipart,
    Annotations,
    Archive,
    operations.Relaying,
    operations.BeginningReader,
    operations.Versions,
    Store,
)
"""What is known of each operation, by its name."""

ACTIONS = operations.actions_of(OPERATIONS.values())
"""The IAM action that each request takes, by the request's name in S3's API."""


# Wrappers: a store in front of another one. Every operation passes through one function, which learns from `OPERATIONS`
# what it does; so none can be forgotten.

PROPERTIES = frozenset({"label", "endpoint", "capabilities", "partition", "honors_delete_condition"})
"""What a store knows of itself, without a request."""

OperationCall = Callable[..., Any]
"""An operation's method, with the arguments of its protocol."""


class Wrap(Protocol):
    """What is called in place of an operation's method."""

    def __call__(self, operation: operations.StoreOperation, call: OperationCall) -> OperationCall:
        """The method to call instead of `call`."""


class WrappedOperations:
    """The operations of a store or of its settings, each wrapped. There is nothing else, so that nothing slips by."""

    def __init__(self, inner: Store | operations.BucketConfiguration, wrap: Wrap) -> None:
        self._inner, self._wrap = inner, wrap

    def __getattr__(self, name: str) -> Any:
        if name in PROPERTIES:
            return getattr(self._inner, name)
        if name not in OPERATIONS:
            raise AttributeError(f"{type(self).__name__} has no operation {name}")
        call = self.__dict__[name] = self._wrap(OPERATIONS[name], getattr(self._inner, name))  # several for each object
        return call


class WrappedStore(WrappedOperations):
    """A store whose operations are wrapped, and those of its settings, too.

    A subclass defines `within`, and the operations that it does in another way.
    """

    def __init__(self, store: Store, wrap: Wrap) -> None:
        super().__init__(store, wrap)
        self._store = store

    @property
    def as_store(self) -> Store:
        """Its operations are those of `Store`, found by name."""
        return cast(Store, self)

    @property
    def capabilities(self) -> store_values.Capabilities:
        """See `Store`. Asked for many times for each object: what `__getattr__` finds costs an exception first."""
        return self._store.capabilities

    @property
    def settings(self) -> operations.BucketConfiguration:
        return cast(operations.BucketConfiguration, WrappedOperations(self._store.settings, self._wrap))
