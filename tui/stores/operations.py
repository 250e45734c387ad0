"""The facts of each operation of a store: whether it writes, how it is retried, which IAM action it takes.

The facts stand beside the operation in its protocol (`tui.stores.base`), as the decorator `reads` or `writes`.
The read-only guard, the retries and the permission that a problem names are made from the table that comes of it.
"""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol, TypeVar

from msgspec import Struct

from tui.core.facts import LifecycleRules, ObjectOwnership
from tui.core.network import EffectiveEndpoint
from tui.core.problem import Problem
from tui.core.versions import VersionMarker, VersionPage
from tui.stores.store_values import Acl, Fetched, SentPart

F = TypeVar("F", bound=Callable[..., object])

_MARK = "__operation__"


class Retry(Enum):
    """What is to be done where an operation failed for something that passes."""

    SAME = auto()
    """The same request is sent again: it does the same as the first one."""
    OWN = auto()
    """Sent twice it does something else than once, or only a part of it is sent again: it has a method of its own in
    `tui.transfers.retries`."""


@dataclass(frozen=True, slots=True)
class StoreOperation:
    """One operation. `actions` are the requests of S3 that it sends, each with the IAM action that it takes.

    The actions are those of the Service Authorization Reference, "Actions defined by Amazon S3".
    """

    name: str
    writes: bool
    retry: Retry
    actions: Mapping[str, str]
    signature: inspect.Signature

    def bucket(self, arguments: Sequence[object], named: Mapping[str, object]) -> str:
        """The bucket that a call with these arguments (without the store itself) is about; empty: none."""
        return str(self.signature.bind(None, *arguments, **named).arguments.get("bucket", ""))


def reads(*, retry: Retry = Retry.SAME, **actions: str) -> Callable[[F], F]:
    """Marks a method as an operation that only reads; `actions` are its requests: ``GetObject="s3:GetObject"``."""
    return _marked(writes=False, retry=retry, actions=actions)


def writes(*, retry: Retry = Retry.SAME, **actions: str) -> Callable[[F], F]:
    """Marks a method as an operation that changes something; `actions` as for `reads`."""
    return _marked(writes=True, retry=retry, actions=actions)


def no_request(method: F) -> F:
    setattr(method, _MARK, None)
    return method


def _marked(*, writes: bool, retry: Retry, actions: Mapping[str, str]) -> Callable[[F], F]:
    def mark(method: F) -> F:
        setattr(method, _MARK, StoreOperation(method.__name__, writes, retry, actions, inspect.signature(method)))
        return method

    return mark


def operations_of(*protocols: type) -> dict[str, StoreOperation]:
    """The table of all operations of these protocols, by name. Raises `TypeError` for a method that is not marked."""
    found: dict[str, StoreOperation] = {}
    for protocol in protocols:
        methods = {name: each for name, each in vars(protocol).items() if inspect.isfunction(each) and name[0] != "_"}
        for name, method in methods.items():
            if not hasattr(method, _MARK):
                raise TypeError(f"{protocol.__name__}.{name} is marked neither @reads nor @writes")
            if operation := getattr(method, _MARK):
                found[name] = operation
    return found


def actions_of(operations: Iterable[StoreOperation]) -> dict[str, str]:
    return {request: action for operation in operations for request, action in operation.actions.items()}


class BeginningReader(Protocol):
    """An object's first bytes, with what their answer says of the object: nothing was asked before."""

    @reads(GetObject="s3:GetObject")
    async def begin(self, bucket: str, key: str, *, length: int, version: str = "") -> Fetched:
        """GetObject of the first `length` bytes (at least one), fewer where the object has fewer.

        `Fetched.head` has the size of the whole object, and its `checksums` are none: those beside a range may be
        those of the range.
        """


class BucketChanges(Protocol):
    """Each replaces a setting as a whole; None or nothing removes it, and a setting that is gone is no problem."""

    @writes(PutBucketAcl="s3:PutBucketAcl")
    async def put_bucket_acl(self, bucket: str, *, canned: str = "", acl: Acl | None = None) -> None:
        """PutBucketAcl: a `canned` ACL, or all of `acl` (its owner the bucket's)."""

    @writes(PutBucketPolicy="s3:PutBucketPolicy")
    async def put_policy(self, bucket: str, document: str) -> None:
        """PutBucketPolicy: the JSON document in the place of the one there is."""

    @writes(DeleteBucketPolicy="s3:DeleteBucketPolicy")
    async def delete_policy(self, bucket: str) -> None:
        """DeleteBucketPolicy; a bucket without one is no problem."""

    @writes(PutBucketTagging="s3:PutBucketTagging", DeleteBucketTagging="s3:PutBucketTagging")
    async def put_bucket_tags(self, bucket: str, tags: Sequence[tuple[str, str]]) -> None:
        """PutBucketTagging, or DeleteBucketTagging where there shall be none."""

    @writes(PutBucketVersioning="s3:PutBucketVersioning")
    async def put_versioning(self, bucket: str, status: str) -> None:
        """PutBucketVersioning: ``Enabled`` or ``Suspended``."""

    @writes(PutBucketEncryption="s3:PutEncryptionConfiguration", DeleteBucketEncryption="s3:PutEncryptionConfiguration")
    async def put_default_encryption(self, bucket: str, encryption: DefaultEncryption | None) -> None:
        """PutBucketEncryption, or DeleteBucketEncryption."""

    @writes(
        PutPublicAccessBlock="s3:PutBucketPublicAccessBlock", DeletePublicAccessBlock="s3:PutBucketPublicAccessBlock"
    )
    async def put_public_access_block(self, bucket: str, block: Mapping[str, bool] | None) -> None:
        """PutPublicAccessBlock, or DeletePublicAccessBlock."""


NamedValues = list[tuple[str, str]]
"""Names and values, in the order in which they are shown."""

NEW_OBJECTS = "new objects"
"""The name of the retention that Object Lock gives new objects by default."""


class VersioningConfiguration(Struct, frozen=True):
    """GetBucketVersioning: ``Enabled`` or ``Suspended``, and whether a deletion takes an MFA code."""

    status: str
    mfa_delete: bool = False


class DefaultEncryption(Struct, frozen=True):
    """How new objects are encrypted: ``AES256``, ``aws:kms`` …; the key's id, alias or ARN, empty for S3's own."""

    algorithm: str
    key: str = ""
    bucket_key: bool = False
    blocked: list[str] = []
    """Kinds of encryption that uploads may not ask for."""


class InventoryConfiguration(Struct, frozen=True):
    """An inventory of a bucket: reports go to the bucket `target`, below `target_prefix`; about keys of `prefix`."""

    id: str
    target: str
    target_prefix: str = ""
    prefix: str = ""
    file_format: str = ""
    enabled: bool = True


class BucketFacts(Protocol):
    """Settings of buckets that no copy needs to know; None: the bucket has none."""

    @reads(GetBucketVersioning="s3:GetBucketVersioning")
    async def versioning(self, bucket: str) -> VersioningConfiguration | None:
        """GetBucketVersioning."""

    @reads(GetObjectLockConfiguration="s3:GetBucketObjectLockConfiguration")
    async def object_lock(self, bucket: str) -> NamedValues | None:
        """GetObjectLockConfiguration: whether Object Lock is on, and the retention of new objects."""

    @reads(GetObjectRetention="s3:GetObjectRetention")
    async def retention(self, bucket: str, key: str) -> str | None:
        """GetObjectRetention: mode and end, in words."""

    @reads(GetObjectLegalHold="s3:GetObjectLegalHold")
    async def legal_hold(self, bucket: str, key: str) -> bool | None:
        """GetObjectLegalHold: whether there is one; None: none can be set here."""

    @reads(GetBucketReplication="s3:GetReplicationConfiguration")
    async def replication(self, bucket: str) -> NamedValues | None:
        """GetBucketReplication: each rule with what it does."""

    @reads(GetBucketLifecycleConfiguration="s3:GetLifecycleConfiguration")
    async def lifecycle(self, bucket: str) -> LifecycleRules | None:
        """GetBucketLifecycleConfiguration."""

    @reads(GetBucketEncryption="s3:GetEncryptionConfiguration")
    async def default_encryption(self, bucket: str) -> DefaultEncryption | None:
        """GetBucketEncryption."""

    @reads(GetBucketPolicyStatus="s3:GetBucketPolicyStatus")
    async def policy_is_public(self, bucket: str) -> bool | None:
        """GetBucketPolicyStatus: whether S3 takes the bucket policy for a public one; None: there is no policy."""

    @reads(GetBucketLogging="s3:GetBucketLogging")
    async def logging(self, bucket: str) -> NamedValues | None:
        """GetBucketLogging: where the server access logs go."""

    @reads(GetBucketWebsite="s3:GetBucketWebsite")
    async def website_settings(self, bucket: str) -> NamedValues | None:
        """GetBucketWebsite: its documents, or where it redirects to."""

    @reads(GetBucketCors="s3:GetBucketCORS")
    async def cors(self, bucket: str) -> NamedValues | None:
        """GetBucketCors: the methods of each rule and the origins that may use them."""

    @reads(GetBucketRequestPayment="s3:GetBucketRequestPayment")
    async def payer(self, bucket: str) -> str:
        """GetBucketRequestPayment: ``BucketOwner`` or ``Requester``."""

    @reads(GetBucketTagging="s3:GetBucketTagging")
    async def bucket_tags(self, bucket: str) -> NamedValues | None:
        """GetBucketTagging."""

    @reads(ListBucketInventoryConfigurations="s3:GetInventoryConfiguration")
    async def inventories(self, bucket: str) -> list[InventoryConfiguration] | None:
        """ListBucketInventoryConfigurations."""


class BucketConfiguration(BucketFacts, BucketChanges, Protocol):
    """The settings of a bucket: for the inspection, and for copies, which need to know the owner of what they write."""

    @reads(GetBucketAcl="s3:GetBucketAcl")
    async def bucket_acl(self, bucket: str) -> Acl:
        """GetBucketAcl."""

    @reads(GetBucketOwnershipControls="s3:GetBucketOwnershipControls")
    async def ownership(self, bucket: str) -> ObjectOwnership | None:
        """GetBucketOwnershipControls; None when the bucket has none (the uploader then owns what it uploads)."""

    @reads(GetBucketOwnershipControls="s3:GetBucketOwnershipControls")
    async def has_ownership(self, bucket: str) -> bool:
        """GetBucketOwnershipControls: answered as AWS does, with rules or the code that there are none?"""

    @writes(
        PutBucketOwnershipControls="s3:PutBucketOwnershipControls",
        DeleteBucketOwnershipControls="s3:PutBucketOwnershipControls",
    )
    async def set_ownership(self, bucket: str, setting: ObjectOwnership | None) -> None:
        """PutBucketOwnershipControls, or (None) DeleteBucketOwnershipControls, after GetBucketOwnershipControls.

        Kind UNSUPPORTED where the server does not answer that as AWS does: nothing is written then.
        """

    @reads(GetBucketPolicy="s3:GetBucketPolicy")
    async def policy(self, bucket: str) -> str | None:
        """GetBucketPolicy: the JSON document, None when there is none."""

    @reads(GetPublicAccessBlock="s3:GetBucketPublicAccessBlock")
    async def public_access_block(self, bucket: str) -> list[tuple[str, str]] | None:
        """GetPublicAccessBlock as name/value pairs, None when there is none."""

    @reads(GetBucketWebsite="s3:GetBucketWebsite")
    async def website(self, bucket: str) -> bool:
        """GetBucketWebsite: whether the bucket is configured as a website."""

    @reads(HeadBucket="s3:ListBucket")
    async def effective_endpoint(self, bucket: str) -> EffectiveEndpoint:
        """What botocore resolved for this bucket, and the address a live HeadBucket connection really had."""


class Stream(Protocol):
    """A range of an object that is yet to be read, made by one store for another one of its kind."""

    @property
    def length(self) -> int:
        """Its bytes, at least one."""


class Relaying(Protocol):
    """A part that is never held in memory. What cannot be done like this is done by `read` and `upload_part`."""

    @reads(retry=Retry.OWN, GetObject="s3:GetObject")
    async def stream(
        self, bucket: str, key: str, *, etag: str, start: int, length: int, version: str = ""
    ) -> Stream | None:
        """GetObject of a byte range with IfMatch, to be sent by who writes it; None: this store has no such way."""

    @writes(retry=Retry.OWN, UploadPart="s3:PutObject")
    async def upload_stream(
        self, bucket: str, key: str, upload: str, number: int, stream: Stream, *, algorithm: str, md5: bool
    ) -> SentPart | None:
        """UploadPart of a stream while it is read; a CRC by `algorithm` (of `CRC_OCTETS`) follows as a trailer.

        None: it was not done, or nothing proves that what was read is what has arrived; the part is then to be made in
        the other way, which tells what is wrong. `md5`: the MD5 is wanted, too, whatever proves the arrival.
        """


FROM_THE_START = VersionMarker()


class Versions(Protocol):
    """Listings of versions. One version is read by `Store.head`, `read` …, and deleted by `Store.delete`, by its id."""

    @reads(ListObjectVersions="s3:ListBucketVersions")
    async def versions_page(
        self, bucket: str, prefix: str, *, recursive: bool = False, after: VersionMarker = FROM_THE_START
    ) -> VersionPage:
        """ListObjectVersions: one page of one level, or of every key that begins with `prefix`."""

    @writes(DeleteObjects="s3:DeleteObject")
    async def delete_versions(self, bucket: str, versions: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Problem]:
        """DeleteObjects of at most 1,000 versions or delete markers, by key and version id; what went wrong."""


async def version_pages(
    store: Versions, bucket: str, prefix: str, *, recursive: bool = False, after: VersionMarker = FROM_THE_START
) -> AsyncGenerator[VersionPage]:
    """All pages, one request each. Raises `ProblemError`."""
    next_one: VersionMarker | None = after
    while next_one is not None:
        page = await store.versions_page(bucket, prefix, recursive=recursive, after=next_one)
        yield page
        next_one = page.next
