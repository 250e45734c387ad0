"""What S3 changes by a copy of an object onto itself: its headers and metadata, and its storage class.

Amazon S3 User Guide, "Editing object metadata in the Amazon S3 console": the copy keeps what it is given; tags,
encryption, Object Lock and ACL are given to it as they are, annotations go along by themselves.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from msgspec.structs import replace

from tui.changes.documents.base import Consequences, Document, Intended, Services
from tui.changes.json_objects import Members, read_members, texts, unknown_members, written
from tui.model.change import DocumentRef
from tui.model.facts import Grant
from tui.model.identity import AddressBook
from tui.model.problem import Problem, ProblemError, ProblemKind
from tui.model.s3_limits import MAX_SINGLE_COPY
from tui.stores.base import Store
from tui.stores.values import Acl, ObjectAttributes, ObjectHead, Source

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
_ARCHIVE = ("GLACIER", "DEEP_ARCHIVE")

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
"""What the name of a header may have (RFC 9110, "Tokens")."""
_NO_ACLS = "AccessControlListNotSupported"


class _Seen(NamedTuple):
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
        """HeadObject."""
        store = await services.store(ref.connection)
        return self.text(await store.head(ref.location.bucket, ref.location.key))

    async def write(self, services: Services, ref: DocumentRef, text: str) -> None:
        """CopyObject onto itself, of the very object that was just looked at; another one is not overwritten."""
        store, (bucket, key) = await services.store(ref.connection), (ref.location.bucket, ref.location.key)
        head, tags, acl = await _see(store, ref)
        if stops := list(_obstacles(head)):
            raise ProblemError(Problem(ProblemKind.INVALID, f"the {ref.title} cannot be changed", "; ".join(stops)))
        attributes = self.changed(_as_it_is(head, tags, acl), text)
        source = Source(bucket, key, head.etag)
        try:
            await store.copy(source, bucket, key, attributes, replaces=head.etag)
        except ProblemError as error:
            if error.problem.code != _NO_ACLS:
                raise
            await store.copy(source, bucket, key, replace(attributes, grants=()), replaces=head.etag)  # ACLs are off

    async def consequences(self, services: Services, intended: Intended) -> Consequences:
        """What keeps the object from being copied onto itself, and what becomes of it."""
        store = await services.store(intended.ref.connection)
        found = Consequences()
        try:
            head, _, acl = await _see(store, intended.ref)
        except ProblemError as error:
            found.stops.append(error.problem.sentence())
            return found
        found.stops += _obstacles(head)
        found.notes.append("the object is copied onto itself: its time becomes now, its content stays")
        if head.version and head.version != "null":
            found.notes.append("its bucket keeps versions: the present one stays, and costs, beside the new one")
        if head.parts:
            found.notes.append(f"it was uploaded in {head.parts} parts: its ETag becomes another one")
        mine = intended.caller.canonical_id
        if mine and acl and acl.owner.id and acl.owner.id != mine:
            found.notes.append("another account owns it: this identity becomes its owner, unless ACLs are off")
        return found


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
        named: Members = {usual.get(str(each).lower()) or str(each): value for each, value in headers.items()}
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
            yield f"metadata would have {size:,} bytes, and S3 takes {MOST_METADATA:,}"


class StorageClass(InPlace):
    """The storage class of an object."""

    def text(self, head: ObjectHead) -> str:
        """``{"StorageClass": "STANDARD"}``."""
        return written({"StorageClass": head.storage_class})

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
        """As every copy in place; a refusal without words may be of the class."""
        try:
            await super().write(services, ref, text)
        except ProblemError as error:
            problem = error.problem
            if problem.cause or problem.kind not in (ProblemKind.INVALID, ProblemKind.UNSUPPORTED):
                raise
            wanted = read_members(text)["StorageClass"]
            words = f"this server may have no storage class {wanted}: it does not say why it refuses the copy"
            raise ProblemError(replace(problem, cause=words)) from error

    async def consequences(self, services: Services, intended: Intended) -> Consequences:
        """And what the class costs."""
        found = await super().consequences(services, intended)
        wanted = read_members(intended.after or "{}").get("StorageClass", "")
        if days := _DAYS.get(wanted):
            found.notes.append(f"AWS bills {wanted} for at least {days} days")
        if wanted in _ARCHIVE:
            found.notes.append("it cannot be read before it is restored, and not be changed back before that")
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


async def _see(store: Store, ref: DocumentRef) -> _Seen:
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
        return _Seen(head, tags, await store.object_acl(bucket, key))
    except ProblemError as error:
        if error.problem.kind is not ProblemKind.UNSUPPORTED:
            raise ProblemError(_would_be_lost("ACL", error.problem)) from error
        return _Seen(head, tags, None)


def _as_it_is(head: ObjectHead, tags: list[tuple[str, str]], acl: Acl | None) -> ObjectAttributes:
    """All that the copy would otherwise lose. Grants to the owner alone are what every object has."""
    grants: list[Grant] = acl.grants if acl and any(each.grantee.id != acl.owner.id for each in acl.grants) else []
    return ObjectAttributes(
        headers=head.headers,
        metadata=head.metadata,
        tags=tags or None,
        storage_class=head.storage_class,
        grants=tuple(grants),
        encryption=head.encryption,
        kms_key=head.kms_key,
        lock=head.lock,
    )


def _obstacles(head: ObjectHead) -> Iterator[str]:
    if head.size > MAX_SINGLE_COPY:
        yield "it is larger than 5 GiB, which CopyObject does not take: copy it to the same key by a transfer"
    if head.archived:
        yield f"its content is archived ({head.archived}): restore it first"


def _would_be_lost(what: str, problem: Problem) -> Problem:
    return replace(problem, title=f"its {what} cannot be read, and would be lost: {problem.title}")
