"""Settings documents of objects: headers, metadata, tags, storage class."""

from __future__ import annotations

import re
import unicodedata
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from msgspec.structs import replace

from tui.core.changes import DocumentRef
from tui.core.facts import Grant
from tui.core.identity import AddressBook
from tui.core.naming import MAX_SINGLE_COPY, counted
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.documents import document
from tui.stores.base import Store
from tui.stores.store_values import ARCHIVES, Acl, CopySource, ObjectAttributes, ObjectHead, WriteCondition

# Changes that S3 makes by a copy of an object onto itself.
#
# Amazon S3 User Guide, "Editing object metadata in the Amazon S3 console": the copy has only what the request contains:
# tags, encryption, Object Lock and ACL must be sent again. S3 keeps annotations by itself.

STANDARD = "STANDARD"
"""Not sent if it is the object's present value: Ceph would store it as a class of its own."""

_NO_ACLS = "AccessControlListNotSupported"


class _PreservedState(NamedTuple):
    """The state that the copy must keep: head, tags, and the ACL (None if the server has none)."""

    head: ObjectHead
    tags: list[tuple[str, str]]
    acl: Acl | None


class InPlace(document.JsonDocument):
    """The base of settings that are changed by copying the object onto itself."""

    removable = False

    @abstractmethod
    def text(self, head: ObjectHead) -> str:
        """The document for an object with this head."""

    @abstractmethod
    def changed(self, attributes: ObjectAttributes, text: str) -> ObjectAttributes:
        """The attributes after the change."""

    async def read(self, services: document.Services, ref: DocumentRef) -> str:
        store = await services.store(ref.connection)
        return self.text(await store.head(ref.location.bucket, ref.location.key))

    async def write(self, services: document.Services, ref: DocumentRef, text: str) -> None:
        """CopyObject onto itself, if the object is still the one that was just read."""
        store, (bucket, key) = await services.store(ref.connection), (ref.location.bucket, ref.location.key)
        head, tags, acl = await _see(store, ref)
        if stops := list(obstacles(head)):
            raise ProblemError(Problem(ProblemKind.INVALID, f"the {ref.title} cannot be changed", "; ".join(stops)))
        attributes = self.changed(_as_it_is(head, tags, acl), text)
        source, same = CopySource(bucket, key, head.etag), WriteCondition(replaces=head.etag)
        try:
            await store.copy(source, bucket, key, attributes, when=same)
        except ProblemError as error:
            if error.problem.code != _NO_ACLS:
                raise
            await store.copy(source, bucket, key, replace(attributes, grants=()), when=same)  # ACLs are disabled

    async def consequences(self, services: document.Services, intended: document.Intended) -> document.Consequences:
        """What prevents copying the object onto itself, and its side effects."""
        store = await services.store(intended.ref.connection)
        try:
            head, _, acl = await _see(store, intended.ref)
        except ProblemError as error:
            return document.Consequences([error.problem.sentence()])
        found = document.Consequences([*obstacles(head)])
        found.notes.append("S3 copies the object onto itself: the content stays, Last modified becomes now")
        if head.version and head.version != "null":
            found.notes.append("its bucket keeps versions: the present one becomes noncurrent, and S3 bills both")
        if head.parts:
            found.notes.append(f"it was uploaded in {counted(head.parts, 'part')}: its ETag changes")
        mine = intended.caller.canonical_id
        if mine and acl and acl.owner.id and acl.owner.id != mine:
            found.notes.append("another account owns it: this identity becomes its owner, unless ACLs are disabled")
        return found


async def _see(store: Store, ref: DocumentRef) -> _PreservedState:
    """Head, tags and ACL. Raises `ProblemError` if they cannot be read, because the copy would lose them."""
    bucket, key = ref.location.bucket, ref.location.key
    head = await store.head(bucket, key)
    try:
        tags = await store.tags(bucket, key) if head.tag_count != 0 else []
    except ProblemError as error:
        if error.problem.kind is not ProblemKind.UNSUPPORTED:
            raise ProblemError(_would_be_lost("tags", error.problem)) from error
        tags = []
    try:
        return _PreservedState(head, tags, await store.object_acl(bucket, key))
    except ProblemError as error:
        if error.problem.kind is not ProblemKind.UNSUPPORTED:
            raise ProblemError(_would_be_lost("ACL", error.problem)) from error
        return _PreservedState(head, tags, None)


def _as_it_is(head: ObjectHead, tags: list[tuple[str, str]], acl: Acl | None) -> ObjectAttributes:
    """Everything that the copy would lose otherwise. A grant to the owner alone is omitted: it is the default."""
    grants: list[Grant] = acl.grants if acl and any(each.grantee.id != acl.owner.id for each in acl.grants) else []
    return ObjectAttributes(
        headers=head.headers,
        metadata=head.metadata,
        tags=tags or None,
        storage_class="" if head.storage_class == STANDARD else head.storage_class,
        grants=tuple(grants),
        encryption=head.encryption,
        kms_key=head.kms_key,
        lock=head.lock,
    )


def obstacles(head: ObjectHead) -> Iterator[str]:
    if head.size > MAX_SINGLE_COPY:
        yield "it is larger than 5 GiB, the limit of CopyObject: copy it to the same key by a transfer"
    if head.archived:
        yield f"its content is archived ({head.archived}): restore it first"


def _would_be_lost(what: str, problem: Problem) -> Problem:
    return replace(problem, title=f"its {what} cannot be read, and the change would lose it: {problem.title}")


HEADERS = {
    "Content-Type": "ContentType",
    "Content-Encoding": "ContentEncoding",
    "Content-Disposition": "ContentDisposition",
    "Content-Language": "ContentLanguage",
    "Cache-Control": "CacheControl",
    "Expires": "Expires",
    "x-amz-website-redirect-location": "WebsiteRedirectLocation",
}
"""The system headers that users can set: their names in requests, and in `ObjectHead`."""

MOST_METADATA = 2048
"""Maximum bytes of all names and values (Amazon S3 User Guide, "Working with object metadata")."""

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
"""The characters of a header name (RFC 9110, "Tokens")."""


class HeadersAndMetadata(InPlace):
    """System headers and user-defined metadata (without ``x-amz-meta-``)."""

    members = ("headers", "metadata")

    def text(self, head: ObjectHead) -> str:
        names = {ours: name for name, ours in HEADERS.items()}
        headers = {names[each]: value for each, value in head.headers.items() if each in names}
        return _described(headers, head.metadata)

    def changed(self, attributes: ObjectAttributes, text: str) -> ObjectAttributes:
        members = document.read_members(text)
        headers = {HEADERS[name]: str(value) for name, value in members.get("headers", {}).items()}
        return replace(attributes, headers=headers, metadata=dict(members.get("metadata", {})))

    def usual(self, members: document.JsonMembers, before: str | None, book: AddressBook) -> str | None:  # noqa: ARG002  # names no account
        """Headers by their usual names, and names of metadata in lowercase, as S3 stores them."""
        headers, metadata = members.get("headers", {}), members.get("metadata", {})
        if members.keys() - {*self.members} or not isinstance(headers, dict) or not isinstance(metadata, dict):
            return None
        usual: dict[str, str] = {name.lower(): name for name in HEADERS}
        named: document.JsonMembers = {
            usual.get(str(each).lower()) or str(each): value for each, value in headers.items()
        }
        small = {name.lower(): value for name, value in metadata.items()}
        doubled = len(named) < len(headers) or len(small) < len(metadata)
        return None if doubled else _described(named, small)

    def of_members(self, members: document.JsonMembers, had: document.JsonMembers) -> Iterator[str]:
        for part in self.members:
            if not isinstance(members.get(part, {}), dict):
                yield f"{part} is not a JSON object: {{ … }}"
                return
        headers, metadata, before = members.get("headers", {}), members.get("metadata", {}), had.get("metadata", {})
        yield from document.unknown_members(headers, tuple(HEADERS))
        yield from document.texts(headers, "header")
        yield from document.texts(metadata, "metadata")
        for name, value in {**headers, **metadata}.items():
            if before.get(name) != value:
                yield from _unsendable(name, value)
        if len({name.lower() for name in metadata}) < len(metadata):
            yield "two metadata names differ only by capital letters: S3 stores names in lowercase"
        size = _size(metadata)
        if size > max(MOST_METADATA, _size(before)):
            yield f"metadata would have {counted(size, 'byte')}, and S3 accepts {MOST_METADATA:,}"

    async def consequences(self, services: document.Services, intended: document.Intended) -> document.Consequences:
        found = await super().consequences(services, intended)
        if "Content-Type" not in document.read_members(intended.after or "{}").get("headers", {}):
            found.notes.append("without a Content-Type S3 sets binary/octet-stream")
        return found


def _described(headers: Mapping[str, object], metadata: Mapping[str, object]) -> str:
    return document.written({"headers": dict(sorted(headers.items())), "metadata": dict(sorted(metadata.items()))})


def _size(metadata: Mapping[str, object]) -> int:
    return sum(len(f"{name}{value}".encode()) for name, value in metadata.items())


def _unsendable(name: str, value: object) -> Iterator[str]:
    if not _TOKEN.fullmatch(name):
        yield f"{name!r} is not a valid header name"
    if isinstance(value, str) and not value.isprintable():
        yield f"the value of {name} has line breaks or other control characters"
    elif isinstance(value, str) and value != value.strip():
        yield f"the value of {name} begins or ends with a space, which S3 would drop"


CLASSES = (
    *("STANDARD", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING"),
    *("GLACIER_IR", "GLACIER", "DEEP_ARCHIVE", "REDUCED_REDUNDANCY"),
)
"""Classes that can be assigned to an object (Amazon S3 API Reference, CopyObject)."""

_DAYS = {"STANDARD_IA": 30, "ONEZONE_IA": 30, "GLACIER_IR": 90, "GLACIER": 90, "DEEP_ARCHIVE": 180}
"""The minimum storage duration (Amazon S3 User Guide, "Understanding and managing Amazon S3 storage classes")."""
_REFUSALS = ("InvalidStorageClass", "InvalidArgument", "NotImplemented")
"""Error codes of servers that do not support a class."""


class StorageClassDocument(InPlace):
    """``{"StorageClass": "STANDARD"}``."""

    members = ("StorageClass",)

    def text(self, head: ObjectHead) -> str:
        return document.written({"StorageClass": head.storage_class})

    def changed(self, attributes: ObjectAttributes, text: str) -> ObjectAttributes:
        """Also sends STANDARD: S3 refuses a copy onto itself that changes nothing."""
        return replace(attributes, storage_class=str(document.read_members(text)["StorageClass"]))

    def of_members(self, members: document.JsonMembers, had: document.JsonMembers) -> Iterator[str]:
        wanted = members.get("StorageClass")
        if wanted not in CLASSES and members != had:
            yield f"there is no storage class {wanted}: {', '.join(CLASSES)}"

    async def write(self, services: document.Services, ref: DocumentRef, text: str) -> None:
        """Servers that do not support a class return various errors, or ignore it."""
        try:
            await super().write(services, ref, text)
        except ProblemError as error:
            problem = error.problem
            if problem.code not in _REFUSALS:
                raise
            title = f"the storage class cannot be {document.read_members(text)['StorageClass']} here"
            cause = f"{problem.cause}: the server may not support it"
            raise ProblemError(replace(problem, title=title, cause=cause)) from error

    async def consequences(self, services: document.Services, intended: document.Intended) -> document.Consequences:
        found = await super().consequences(services, intended)
        wanted = document.read_members(intended.after or "{}").get("StorageClass", "")
        if days := _DAYS.get(wanted):
            found.notes.append(f"AWS bills {wanted} for at least {counted(days, 'day')}")
        if wanted in ARCHIVES:
            found.notes.append("you must restore it before you can read it, or change its class again")
        return found


LONGEST_NAME, LONGEST_VALUE = 128, 256
"""Allowed characters of a tag (Amazon S3 User Guide, "Categorizing your objects using tags")."""

RESERVED = "aws:"
"""The prefix of tag keys that only AWS sets."""

_MARKS = frozenset("+-=._:/@")


class TagsDocument(document.JsonDocument):
    """The base of object and bucket tags; no tags are ``{}``."""

    removable = False
    most = 0
    """Maximum number of tags."""

    def usual(self, members: document.JsonMembers, before: str | None, book: AddressBook) -> str | None:  # noqa: ARG002  # tags name no account
        """Sorted by name, because S3 returns them in any order."""
        return document.written(dict(sorted(members.items())))

    def of_members(self, members: document.JsonMembers, had: document.JsonMembers) -> Iterator[str]:
        """Unchanged tags may break the rules."""
        if len(members) > max(self.most, len(had)):
            yield f"there would be {counted(len(members), 'tag')}, and S3 accepts {self.most}"
        yield from document.texts(members, "tag")
        for name in sorted(members.keys() | had.keys()):
            if members.get(name) != had.get(name):
                yield from _mistaken(name, members.get(name, ""))


class ObjectTags(TagsDocument):
    """Amazon S3 User Guide, "Categorizing your objects using tags": at most 10."""

    most = 10

    async def read(self, services: document.Services, ref: DocumentRef) -> str:
        store = await services.store(ref.connection)
        return document.written(dict(sorted(await store.tags(ref.location.bucket, ref.location.key))))

    async def write(self, services: document.Services, ref: DocumentRef, text: str) -> None:
        store = await services.store(ref.connection)
        await store.put_tags(ref.location.bucket, ref.location.key, _pairs(document.read_members(text)))


class BucketTags(TagsDocument):
    """Amazon S3 User Guide, "Using cost allocation S3 bucket tags": at most 50."""

    most = 50

    async def read(self, services: document.Services, ref: DocumentRef) -> str:
        tags = await (await services.settings(ref)).bucket_tags(ref.location.bucket)
        return document.written(dict(sorted(tags or [])))

    async def write(self, services: document.Services, ref: DocumentRef, text: str) -> None:
        """PutBucketTagging, DeleteBucketTagging."""
        await (await services.settings(ref)).put_bucket_tags(ref.location.bucket, _pairs(document.read_members(text)))


def _pairs(tags: document.JsonMembers) -> list[tuple[str, str]]:
    return [(name, str(value)) for name, value in tags.items()]


def _mistaken(name: str, value: object) -> Iterator[str]:
    if name.lower().startswith(RESERVED):
        yield f"only AWS sets and removes tag {name}: its key begins with {RESERVED}"
    if not 0 < len(name) <= LONGEST_NAME:
        yield f"the key of tag {name[:40]} has {counted(len(name), 'character')}, S3 accepts 1 to {LONGEST_NAME}"
    if isinstance(value, str) and len(value) > LONGEST_VALUE:
        yield f"the value of tag {name[:40]} has {counted(len(value), 'character')}, S3 accepts {LONGEST_VALUE}"
    if odd := [each for each in f"{name}{value}" if each not in _MARKS and unicodedata.category(each)[0] not in "LNZ"]:
        yield f"tag {name[:40]} has {odd[0]!r}: S3 accepts letters, numbers, spaces and {' '.join(sorted(_MARKS))}"
