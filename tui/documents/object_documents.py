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
from tui.documents.document import (
    Consequences,
    Document,
    Intended,
    JsonMembers,
    Services,
    read_members,
    texts,
    unknown_members,
    written,
)
from tui.stores.base import Store
from tui.stores.store_values import ARCHIVES, Acl, CopySource, ObjectAttributes, ObjectHead, WriteCondition

# What S3 changes by a copy of an object onto itself.
#
# Amazon S3 User Guide, "Editing object metadata in the Amazon S3 console": the copy keeps what it is given; tags,
# encryption, Object Lock and ACL are given to it as they are, annotations go along by themselves.

STANDARD = "STANDARD"
"""Not sent where the object has it already: Ceph would keep it as if it were one of its own."""

_NO_ACLS = "AccessControlListNotSupported"


class _PreservedState(NamedTuple):
    """What the copy has to keep: head, tags, and the ACL (None where a server has none)."""

    head: ObjectHead
    tags: list[tuple[str, str]]
    acl: Acl | None


class InPlace(Document):
    """What both have in common."""

    removable = False

    @abstractmethod
    def text(self, head: ObjectHead) -> str:
        """The document of an object with this head."""

    @abstractmethod
    def changed(self, attributes: ObjectAttributes, text: str) -> ObjectAttributes:
        """The attributes as the document wants them."""

    async def read(self, services: Services, ref: DocumentRef) -> str:
        store = await services.store(ref.connection)
        return self.text(await store.head(ref.location.bucket, ref.location.key))

    async def write(self, services: Services, ref: DocumentRef, text: str) -> None:
        """CopyObject onto itself, of the very object that was just looked at; another one is not overwritten."""
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
            await store.copy(source, bucket, key, replace(attributes, grants=()), when=same)  # ACLs are off

    async def consequences(self, services: Services, intended: Intended) -> Consequences:
        """What keeps the object from being copied onto itself, and what becomes of it."""
        store = await services.store(intended.ref.connection)
        found = Consequences()
        try:
            head, _, acl = await _see(store, intended.ref)
        except ProblemError as error:
            found.stops.append(error.problem.sentence())
            return found
        found.stops += obstacles(head)
        found.notes.append("the object is copied onto itself: its time becomes now, its content stays")
        if head.version and head.version != "null":
            found.notes.append("its bucket keeps versions: the present one stays, and costs, beside the new one")
        if head.parts:
            found.notes.append(f"it was uploaded in {counted(head.parts, 'part')}: its ETag becomes another one")
        mine = intended.caller.canonical_id
        if mine and acl and acl.owner.id and acl.owner.id != mine:
            found.notes.append("another account owns it: this identity becomes its owner, unless ACLs are off")
        return found


async def _see(store: Store, ref: DocumentRef) -> _PreservedState:
    """Head, tags and ACL. Raises `ProblemError` where they cannot be read: they would be lost."""
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
    """All that the copy would otherwise lose. Grants to the owner alone are what every object has."""
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
    """Why an object is not copied onto itself, each a clause."""
    if head.size > MAX_SINGLE_COPY:
        yield "it is larger than 5 GiB, which CopyObject does not take: copy it to the same key by a transfer"
    if head.archived:
        yield f"its content is archived ({head.archived}): restore it first"


def _would_be_lost(what: str, problem: Problem) -> Problem:
    return replace(problem, title=f"its {what} cannot be read, and would be lost: {problem.title}")


HEADERS = {
    "Content-Type": "ContentType",
    "Content-Encoding": "ContentEncoding",
    "Content-Disposition": "ContentDisposition",
    "Content-Language": "ContentLanguage",
    "Cache-Control": "CacheControl",
    "Expires": "Expires",
    "x-amz-website-redirect-location": "WebsiteRedirectLocation",
}
"""The system headers that a user sets, as they are sent, and as `ObjectHead` names them."""

MOST_METADATA = 2048
"""Bytes of all names and values (Amazon S3 User Guide, "Working with object metadata")."""

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
"""What the name of a header may have (RFC 9110, "Tokens")."""


class HeadersAndMetadata(InPlace):
    """System headers and user-defined metadata."""

    def text(self, head: ObjectHead) -> str:
        """Headers as they are sent; metadata without ``x-amz-meta-``."""
        names = {ours: name for name, ours in HEADERS.items()}
        headers = {names[each]: value for each, value in head.headers.items() if each in names}
        return _described(headers, head.metadata)

    def changed(self, attributes: ObjectAttributes, text: str) -> ObjectAttributes:
        """These headers and this metadata, and none of the present ones."""
        members = read_members(text)
        headers = {HEADERS[name]: str(value) for name, value in members.get("headers", {}).items()}
        return replace(attributes, headers=headers, metadata=dict(members.get("metadata", {})))

    def settled(self, text: str, before: str | None, book: AddressBook) -> str:  # noqa: ARG002  # names no account
        """Headers by their usual names, names of metadata in small letters, as S3 keeps them."""
        try:
            members = read_members(text)
        except ValueError:
            return text
        headers, metadata = members.get("headers", {}), members.get("metadata", {})
        if members.keys() - {"headers", "metadata"} or not isinstance(headers, dict) or not isinstance(metadata, dict):
            return text
        usual: dict[str, str] = {name.lower(): name for name in HEADERS}
        named: JsonMembers = {usual.get(str(each).lower()) or str(each): value for each, value in headers.items()}
        small = {name.lower(): value for name, value in metadata.items()}
        doubled = len(named) < len(headers) or len(small) < len(metadata)
        return text if doubled else _described(named, small)

    def mistakes(self, before: str | None, after: str) -> Iterator[str]:
        """Headers that S3 does not keep, names and values that no header can have, too much metadata."""
        try:
            members = read_members(after)
        except ValueError as error:
            yield str(error)
            return
        yield from unknown_members(members, ("headers", "metadata"))
        for part in ("headers", "metadata"):
            if not isinstance(members.get(part, {}), dict):
                yield f"{part} is not a JSON object: {{ … }}"
                return
        headers, metadata = members.get("headers", {}), members.get("metadata", {})
        yield from unknown_members(headers, tuple(HEADERS))
        yield from texts(headers, "header")
        yield from texts(metadata, "metadata")
        had = read_members(before).get("metadata", {}) if before else {}
        for name, value in {**headers, **metadata}.items():
            if had.get(name) != value:
                yield from _unsendable(name, value)
        if len({name.lower() for name in metadata}) < len(metadata):
            yield "two names of metadata differ by capital letters alone, which S3 does not tell apart"
        size = _size(metadata)
        if size > max(MOST_METADATA, _size(had)):
            yield f"metadata would have {counted(size, 'byte')}, and S3 takes {MOST_METADATA:,}"

    async def consequences(self, services: Services, intended: Intended) -> Consequences:
        """As for all copies in place, and which type S3 gives to an object without one."""
        found = await super().consequences(services, intended)
        if "Content-Type" not in read_members(intended.after or "{}").get("headers", {}):
            found.notes.append("without a Content-Type S3 gives it binary/octet-stream")
        return found


def _described(headers: Mapping[str, object], metadata: Mapping[str, object]) -> str:
    return written({"headers": dict(sorted(headers.items())), "metadata": dict(sorted(metadata.items()))})


def _size(metadata: Mapping[str, object]) -> int:
    return sum(len(f"{name}{value}".encode()) for name, value in metadata.items())


def _unsendable(name: str, value: object) -> Iterator[str]:
    """Why a header cannot be sent."""
    if not _TOKEN.fullmatch(name):
        yield f"{name!r} cannot be the name of a header"
    if isinstance(value, str) and not value.isprintable():
        yield f"the value of {name} has line breaks or other control characters"
    elif isinstance(value, str) and value != value.strip():
        yield f"the value of {name} begins or ends with a blank, which would be lost"


CLASSES = (
    "STANDARD",
    "STANDARD_IA",
    "ONEZONE_IA",
    "INTELLIGENT_TIERING",
    "GLACIER_IR",
    "GLACIER",
    "DEEP_ARCHIVE",
    "REDUCED_REDUNDANCY",
)
"""Classes that an object may be given (Amazon S3 API Reference, CopyObject)."""

_DAYS = {"STANDARD_IA": 30, "ONEZONE_IA": 30, "GLACIER_IR": 90, "GLACIER": 90, "DEEP_ARCHIVE": 180}
"""Days that are paid at least (Amazon S3 User Guide, "Understanding and managing Amazon S3 storage classes")."""
_REFUSALS = ("InvalidStorageClass", "InvalidArgument", "NotImplemented")
"""What servers answer to a class that they do not have."""


class StorageClassDocument(InPlace):
    """The storage class of an object."""

    def text(self, head: ObjectHead) -> str:
        """``{"StorageClass": "STANDARD"}``."""
        return written({"StorageClass": head.storage_class})

    def settled(self, text: str, before: str | None, book: AddressBook) -> str:  # noqa: ARG002  # names no account
        """In the form of `read`."""
        try:
            return written(read_members(text))
        except ValueError:
            return text

    def changed(self, attributes: ObjectAttributes, text: str) -> ObjectAttributes:
        """In this class; STANDARD is sent, too, or S3 refuses a copy onto itself that changes nothing else."""
        return replace(attributes, storage_class=str(read_members(text)["StorageClass"]))

    def mistakes(self, before: str | None, after: str) -> Iterator[str]:
        """Classes that an object cannot be given."""
        try:
            members = read_members(after)
        except ValueError as error:
            yield str(error)
            return
        yield from unknown_members(members, ("StorageClass",))
        if members.get("StorageClass") not in CLASSES and after != before:
            yield f"there is no storage class {members.get('StorageClass')}: {', '.join(CLASSES)}"

    async def write(self, services: Services, ref: DocumentRef, text: str) -> None:
        """As every copy in place; servers that do not have a class say so in many ways, or do not say it."""
        try:
            await super().write(services, ref, text)
        except ProblemError as error:
            problem = error.problem
            if problem.code not in _REFUSALS:
                raise
            title = f"the storage class cannot be {read_members(text)['StorageClass']} here"
            cause = f"{problem.cause}: the server may not have it"
            raise ProblemError(replace(problem, title=title, cause=cause)) from error

    async def consequences(self, services: Services, intended: Intended) -> Consequences:
        """As for all copies in place, and what the class costs."""
        found = await super().consequences(services, intended)
        wanted = read_members(intended.after or "{}").get("StorageClass", "")
        if days := _DAYS.get(wanted):
            found.notes.append(f"AWS bills {wanted} for at least {counted(days, 'day')}")
        if wanted in ARCHIVES:
            found.notes.append("it cannot be read before it is restored, and not be changed back before that")
        return found


LONGEST_NAME, LONGEST_VALUE = 128, 256
"""Characters of a tag (Amazon S3 User Guide, "Categorizing your objects using tags")."""

RESERVED = "aws:"
"""Begins the names of tags that only AWS sets."""

_MARKS = frozenset("+-=._:/@")


class TagsDocument(Document):
    """What the tags of objects and of buckets have in common; no tags are ``{}``."""

    removable = False
    most = 0
    """How many tags there may be."""

    def settled(self, text: str, before: str | None, book: AddressBook) -> str:  # noqa: ARG002  # tags name no account
        """In the order of their names, which is none of S3's."""
        try:
            return written(dict(sorted(read_members(text).items())))
        except ValueError:
            return text

    def mistakes(self, before: str | None, after: str) -> Iterator[str]:
        """Too many, too long, or of characters that S3 does not take; tags that stay as they are may be so."""
        try:
            tags = read_members(after)
        except ValueError as error:
            yield str(error)
            return
        had = read_members(before) if before else {}
        if len(tags) > max(self.most, len(had)):
            yield f"there would be {counted(len(tags), 'tag')}, and S3 takes {self.most}"
        yield from texts(tags, "tag")
        for name in sorted(tags.keys() | had.keys()):
            if tags.get(name) != had.get(name):
                yield from _mistaken(name, tags.get(name, ""))


class ObjectTags(TagsDocument):
    """Amazon S3 User Guide, "Categorizing your objects using tags": at most 10."""

    most = 10

    async def read(self, services: Services, ref: DocumentRef) -> str:
        store = await services.store(ref.connection)
        return written(dict(sorted(await store.tags(ref.location.bucket, ref.location.key))))

    async def write(self, services: Services, ref: DocumentRef, text: str) -> None:
        store = await services.store(ref.connection)
        await store.put_tags(ref.location.bucket, ref.location.key, _pairs(read_members(text)))


class BucketTags(TagsDocument):
    """Amazon S3 User Guide, "Using cost allocation S3 bucket tags": at most 50."""

    most = 50

    async def read(self, services: Services, ref: DocumentRef) -> str:
        settings = (await services.store(ref.connection)).settings
        return written(dict(sorted(await settings.bucket_tags(ref.location.bucket) or [])))

    async def write(self, services: Services, ref: DocumentRef, text: str) -> None:
        """PutBucketTagging, DeleteBucketTagging."""
        settings = (await services.store(ref.connection)).settings
        await settings.put_bucket_tags(ref.location.bucket, _pairs(read_members(text)))


def _pairs(tags: JsonMembers) -> list[tuple[str, str]]:
    return [(name, str(value)) for name, value in tags.items()]


def _mistaken(name: str, value: object) -> Iterator[str]:
    """What is wrong with one tag."""
    if name.lower().startswith(RESERVED):
        yield f"tag {name} is AWS's own: names that begin with {RESERVED} cannot be set or removed"
    if not 0 < len(name) <= LONGEST_NAME:
        yield f"the name of tag {name[:40]} has {counted(len(name), 'character')}, S3 takes 1 to {LONGEST_NAME}"
    if isinstance(value, str) and len(value) > LONGEST_VALUE:
        yield f"the value of tag {name[:40]} has {counted(len(value), 'character')}, S3 takes {LONGEST_VALUE}"
    if odd := _odd(f"{name}{value}"):
        yield f"tag {name[:40]} has {odd!r}: S3 takes letters, numbers, blanks and {' '.join(sorted(_MARKS))}"


def _odd(text: str) -> str:
    """The first character that S3 does not take."""
    fits = (each in _MARKS or unicodedata.category(each)[0] in "LNZ" for each in text)
    return next((each for each, fit in zip(text, fits, strict=True) if not fit), "")
