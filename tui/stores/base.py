"""The store protocol: everything the transfers and the inspection ask of an object store, in typed values.

Each method is one operation of S3 (named in its docstring) made by one identity. All of them raise `ProblemError`
with a mapped `Problem` and nothing else; cancellation passes through. Bucket and key are exact.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Protocol

from msgspec import Struct

from tui.model.facts import EffectiveEndpoint, Grant, ObjectOwnership
from tui.model.identity import Owner
from tui.model.listing import BucketList, Page
from tui.model.problem import Problem


class Checksum(Struct, frozen=True):
    """A checksum as S3 keeps it: `algorithm` such as ``CRC64NVME``, base64 `value`, of the whole object or of parts."""

    algorithm: str
    value: str
    full_object: bool

    @property
    def text(self) -> str:
        """``ALGORITHM:value``, as results and parts have it."""
        return f"{self.algorithm}:{self.value}"


class Digests(Struct, frozen=True):
    """What a body hashes to, found out by who read it: sent along, so that the server refuses any other bytes.

    `md5` is hexadecimal, `checksum` of the whole body; either may be missing.
    """

    md5: str = ""
    checksum: Checksum | None = None

    @property
    def evidence(self) -> str:
        """Both in one text, such as ``MD5:… CRC64NVME:…``, for a journal."""
        checksum = self.checksum.text if self.checksum else ""
        return " ".join(filter(None, (self.md5 and f"MD5:{self.md5}", checksum)))

    @staticmethod
    def read(evidence: str) -> Digests:
        """The digests behind such a text; what cannot be read is missing."""
        found = dict(each.split(":", 1) for each in evidence.split() if ":" in each)
        md5 = found.pop("MD5", "")
        checksums = [Checksum(algorithm, value, full_object=True) for algorithm, value in found.items()]
        return Digests(md5, checksums[0] if checksums else None)


UNHASHED = Digests()


PLAIN_ENCRYPTION = ("", "AES256")
"""With these, and these only, the ETag of a single-part object is the MD5 of its content (S3 API, "ETag")."""


class ObjectHead(Struct, frozen=True):
    """HeadObject: size in bytes, `modified` in seconds since the epoch, ETag with its quotes.

    `headers` holds the system headers that a copy preserves, by their HeadObject/PutObject parameter name
    (``ContentType``, ``ContentEncoding`` without ``aws-chunked``, ``ContentDisposition``, ``ContentLanguage``,
    ``CacheControl``, ``Expires``, ``WebsiteRedirectLocation``); `encryption` is ``AES256``, ``aws:kms``, … or empty.
    """

    size: int
    etag: str
    modified: float
    headers: dict[str, str]
    metadata: dict[str, str]
    storage_class: str = "STANDARD"
    encryption: str = ""
    kms_key: str = ""
    version: str = ""
    checksums: list[Checksum] = []
    tag_count: int | None = None
    """None: the server does not say (HeadObject tells it only to those who may read tags)."""
    parts: int = 0
    """Number of parts of a multipart object where the server says (from the ETag), 0 for a single-part one."""

    @property
    def full_object_crc(self) -> Checksum | None:
        """A CRC of the whole object, which can be compared with one that was combined from those of parts."""
        return next((each for each in self.checksums if each.full_object and each.algorithm.startswith("CRC")), None)


class Acl(Struct, frozen=True):
    """GetObjectAcl or GetBucketAcl: owner and grants."""

    owner: Owner
    grants: list[Grant]


class ObjectAttributes(Struct, frozen=True):
    """What a new object gets. `acl` is a canned ACL or empty; `tags` None sends none.

    `grants` are given instead of a canned ACL (S3 takes one of the two). `encryption` is ``AES256``, ``aws:kms`` or
    empty for the bucket's default, `kms_key` the key of ``aws:kms``.
    """

    headers: Mapping[str, str] = {}
    metadata: Mapping[str, str] = {}
    tags: Sequence[tuple[str, str]] | None = None
    storage_class: str = ""
    acl: str = ""
    grants: Sequence[Grant] = ()
    encryption: str = ""
    kms_key: str = ""
    modified: float | None = None
    """When the source was modified, in seconds since the epoch: a local file gets this time. S3 takes none."""
    below: str = ""
    """The prefix that was chosen as target: below it no symbolic link of a local disk is followed out of it."""


class Part(Struct, frozen=True):
    """A finished part of a multipart upload. `size` in bytes where it is known, else 0.

    `checksum` is ``ALGORITHM:base64`` of the part where the server keeps one, else empty.
    """

    number: int
    etag: str
    checksum: str = ""
    size: int = 0


class Completed(Struct, frozen=True):
    """A completed upload: its ETag, and why it is without its tags where they had to be set afterwards."""

    etag: str
    untagged: Problem | None = None


class IncompleteUpload(Struct, frozen=True):
    """A multipart upload that was never finished; `started` in seconds since the epoch.

    `initiator` is the canonical id or ARN of who began it, empty where the server does not say.
    """

    key: str
    upload: str
    started: float
    initiator: str = ""


class Capabilities(Struct, frozen=True):
    """What a store has at all; what it lacks is neither asked for nor missed."""

    acls: bool = True
    tags: bool = True
    versions: bool = True
    policies: bool = True
    copies: bool = True
    """Whether it copies by itself (CopyObject)."""
    checksum: str = ""
    """The algorithm of the checksum to send with objects that come without one; empty: it is to be sent none."""
    metadata: bool = True
    """Whether objects have headers and metadata of their own."""
    reads_back: bool = False
    """Whether a write reads back what it wrote and compares it: then a write that succeeded is what was sent, and what

    is read is what is there, because no network lies between.
    """
    directories: bool = False
    """Whether prefixes are there by themselves: deleting what is below leaves them; `Store.delete` of one ends it."""


class Source(Struct, frozen=True):
    """An object to copy from, pinned to the ETag that was seen (``CopySourceIfMatch``).

    Not to its version, unless the user named one: reading one by its id needs ``s3:GetObjectVersion``, which
    ``s3:GetObject`` does not include. `version` is empty for the current one.
    """

    bucket: str
    key: str
    etag: str
    version: str = ""


DAMAGED = frozenset({"BadDigest", "XAmzContentSHA256Mismatch", "XAmzContentChecksumMismatch"})
"""The codes by which servers refuse a body that is not what its digests say (Amazon S3, "Error responses")."""


Tags = Sequence[tuple[str, str]] | None
"""An object's tags by name; None: nothing is said of them."""


class Store(Protocol):
    """One identity's view of an object store."""

    @property
    def label(self) -> str:
        """The identity's label, as problems and facts name it."""

    @property
    def endpoint(self) -> str:
        """The service behind the endpoint; two stores on different ones cannot copy server-side.

        AWS's S3 is one service per partition, whatever the region or VPC endpoint; other servers are told apart by URL.
        """

    @property
    def capabilities(self) -> Capabilities:
        """What this kind of store has at all."""

    @property
    def partition(self) -> str:
        """The AWS partition of the endpoint's region (``aws``, ``aws-cn``, …)."""

    async def write_refusal(self, bucket: str) -> Problem | None:
        """Why nothing is written there as this identity, by the user's own wish (READ_ONLY); None: it may be tried.

        What writes raises this problem before any request. To find it out nothing is written.
        """

    async def buckets(self) -> BucketList:
        """ListBuckets."""

    def pages(
        self, bucket: str, prefix: str, *, recursive: bool = False, start_after: str = "", etags: bool = True
    ) -> AsyncGenerator[Page, None]:
        """ListObjectsV2 with FetchOwner and EncodingType=url: one level, or every key below `prefix`.

        An object whose key is the prefix itself has the name "". Without `etags` pages are smaller.
        """

    async def head(self, bucket: str, key: str, version: str = "") -> ObjectHead:
        """HeadObject with ChecksumMode=ENABLED; `version` empty: the current one."""

    async def tags(self, bucket: str, key: str, version: str = "") -> list[tuple[str, str]]:
        """GetObjectTagging."""

    async def part_size(self, bucket: str, key: str, *, etag: str, version: str = "") -> int:
        """HeadObject with PartNumber=1: the size of a multipart object's first part; 0 where the server tells none."""

    async def object_acl(self, bucket: str, key: str, version: str = "") -> Acl:
        """GetObjectAcl."""

    async def bucket_acl(self, bucket: str) -> Acl:
        """GetBucketAcl."""

    async def ownership(self, bucket: str) -> ObjectOwnership | None:
        """GetBucketOwnershipControls; None when the bucket has none (the uploader then owns what it uploads)."""

    async def policy(self, bucket: str) -> str | None:
        """GetBucketPolicy: the JSON document, None when there is none."""

    async def public_access_block(self, bucket: str) -> list[tuple[str, str]] | None:
        """GetPublicAccessBlock as name/value pairs, None when there is none."""

    async def effective_endpoint(self, bucket: str) -> EffectiveEndpoint:
        """What botocore resolved for this bucket, and the address a live HeadBucket connection really had."""

    async def read(self, bucket: str, key: str, *, etag: str, start: int, length: int, version: str = "") -> bytes:
        """GetObject of a byte range with IfMatch; exactly `length` bytes or a problem. ``length`` 0 reads nothing.

        A body that is not what the checksum beside it says is a problem of kind MISMATCH.
        """

    async def put(
        self,
        bucket: str,
        key: str,
        body: bytes,
        attributes: ObjectAttributes,
        *,
        only_new: bool = False,
        digests: Digests = UNHASHED,
    ) -> str:
        """PutObject; returns the ETag. `digests` are those of `body`.

        A body that arrived damaged is a problem (here and in `upload_part`): of kind SERVER with one of the codes
        `DAMAGED` if the server refused it, of kind MISMATCH if it did not, and its ETag tells.

        With `only_new` (here and in `copy` and `complete_upload`) an object that has appeared at the key meanwhile is
        not replaced, where the server takes that condition: a problem of kind EXISTS.
        """

    async def copy(
        self, source: Source, bucket: str, key: str, attributes: ObjectAttributes, *, only_new: bool = False
    ) -> str:
        """CopyObject with MetadataDirective=REPLACE and TaggingDirective=REPLACE, so that `attributes` is what the

        copy gets, and CopySourceIfMatch; returns the ETag. Up to 5 GiB.
        """

    async def create_upload(self, bucket: str, key: str, attributes: ObjectAttributes, *, checksum: str = "") -> str:
        """CreateMultipartUpload; returns the upload id.

        `checksum` is the algorithm of the object's checksum, and of those of all its parts: of the whole object for a
        CRC, of the parts' checksums for a SHA. Empty: the store's own default.
        """

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
        """UploadPart; `start` is the offset of the part's first byte in the object, `digests` those of `body`."""

    async def copy_part(
        self, source: Source, start: int, length: int, bucket: str, key: str, upload: str, number: int
    ) -> Part:
        """UploadPartCopy of a byte range with CopySourceIfMatch."""

    async def complete_upload(
        self,
        bucket: str,
        key: str,
        upload: str,
        parts: Sequence[Part],
        *,
        only_new: bool = False,
        checksum: Checksum | None = None,
        tags: Tags = None,
    ) -> Completed:
        """CompleteMultipartUpload; `checksum`, that of the whole object, must be what the server computes itself.

        `tags` are those that the upload was begun with: they are set once more where a server may have dropped them.
        """

    async def abort_upload(self, bucket: str, key: str, upload: str) -> None:
        """AbortMultipartUpload; an upload that is gone already is no problem."""

    async def uploads(self, bucket: str, prefix: str = "") -> list[IncompleteUpload]:
        """ListMultipartUploads."""

    async def parts(self, bucket: str, key: str, upload: str) -> list[Part]:
        """ListParts: what the server has of an upload, with sizes. An upload that is gone: kind NO_SUCH_KEY."""

    async def delete(self, bucket: str, key: str, version: str = "") -> None:
        """DeleteObject; a key that is not there is no problem."""

    async def delete_many(self, bucket: str, keys: Sequence[str]) -> dict[str, Problem]:
        """DeleteObjects of at most 1,000 keys; what went wrong, by key."""

    async def create_bucket(self, bucket: str, region: str = "") -> None:
        """CreateBucket; `region` empty: the identity's own."""
