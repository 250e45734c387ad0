"""System headers and user-defined metadata of objects."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from msgspec.structs import replace

from tui.changes.documents.base import Consequences, Intended, Services
from tui.changes.documents.in_place import InPlace
from tui.changes.json_objects import Members, read_members, texts, unknown_members, written
from tui.core.identity import AddressBook
from tui.core.naming import counted
from tui.stores.store_values import ObjectAttributes, ObjectHead

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
