"""Reads the XML of a ListObjectsV2 answer straight into columns.

The usual page, where every row has the elements of the first one in the same order, is read by one regular
expression that is made from that first row. Anything else (other order, missing elements, namespaces by prefix,
CDATA, white space) is read by ElementTree, with the same result.
"""

from __future__ import annotations

import re
from array import array
from calendar import timegm
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, TypeVar
from urllib.parse import unquote
from xml.etree import ElementTree

from botocore.utils import parse_timestamp

from tui.model.identity import Owner
from tui.model.listing import UNKNOWN_INDEX, Page

T = TypeVar("T")

_ROOT = b"<ListBucketResult"
_END = b"</ListBucketResult>"


class PageError(ValueError):
    """A body that is no list of objects; the message says why."""


class Answer(NamedTuple):
    """One answer: the page, whether more follow, and the token of the next one (empty: the server gave none)."""

    page: Page
    truncated: bool
    token: str


@dataclass(frozen=True, slots=True)
class _Raw:
    """An answer by column: texts without XML's escapes, keys still as `EncodingType` says.

    `columns` is by element name, for those elements that the rows have; each has `count` texts.
    """

    count: int
    columns: Mapping[str, Sequence[str]]
    prefixes: Sequence[str]
    truncated: bool
    token: str
    url_encoded: bool

    def column(self, name: str) -> Sequence[str]:
        """The texts of one element, empty ones where the rows do not have it."""
        return self.columns.get(name) or [""] * self.count


def is_whole_list(body: bytes) -> bool:
    """Whether a body begins and ends as a list does: it is no error, and was not cut."""
    return _ROOT in body[:512] and body.rstrip().endswith(_END)


def read_page(body: bytes, prefix: str, *, etags: bool = True) -> Answer:
    """Read one answer about `prefix`; raise `PageError` for a body that is no ListBucketResult or not about it."""
    raw = _read_fast(body) or _read_slowly(body)
    try:
        page = _page(raw, prefix, etags)
    except PageError:
        raise
    except (ValueError, OverflowError) as error:
        raise PageError(f"a size, a time or a key of the list cannot be read: {error}") from error
    return Answer(page, raw.truncated, raw.token)


def _page(raw: _Raw, prefix: str, etags: bool) -> Page:
    decode = _url_decoded if raw.url_encoded else list[str]
    classes, class_index = _indexed(raw.column("StorageClass"), "")
    owners, owner_index = _indexed(list(zip(raw.column("ID"), raw.column("DisplayName"), strict=True)), ("", ""))
    return Page(
        prefix=prefix,
        prefixes=_relative(decode(raw.prefixes), prefix),
        names=_relative(decode(raw.column("Key")), prefix),
        sizes=array("q", [int(text or 0) for text in raw.column("Size")]).tobytes(),
        modified=array("q", [_seconds(text) for text in raw.column("LastModified")]).tobytes(),
        classes=classes,
        class_index=class_index,
        owners=[Owner(canonical_id, name) for canonical_id, name in owners],
        owner_index=owner_index,
        etags=list(raw.column("ETag")) if etags else [],
        last=not raw.truncated,
    )


def _relative(keys: Sequence[str], prefix: str) -> list[str]:
    cut = len(prefix)
    for key in keys:
        if not key.startswith(prefix):
            raise PageError(f"the server listed {key!r}, which is not below {prefix!r}")
    return [key[cut:] for key in keys]


def _indexed(values: Sequence[T], absent: T) -> tuple[list[T], bytes]:
    """The different values, and for each row the index of its own."""
    index: dict[T, int] = {absent: UNKNOWN_INDEX}
    rows = array("H", [index.setdefault(value, len(index) - 1) for value in values])
    return list(index)[1:], rows.tobytes()


def _seconds(text: str) -> int:
    """Seconds since the epoch of ``2026-11-24T10:11:12.000Z``, or of whatever else botocore takes for a time."""
    if len(text) < 20 or text[10] != "T" or text[-1] != "Z":
        return int(parse_timestamp(text).timestamp()) if text else 0
    return _day(text[:10]) + int(text[11:13]) * 3600 + int(text[14:16]) * 60 + int(text[17:19])


@lru_cache(maxsize=4096)
def _day(text: str) -> int:
    return timegm((int(text[:4]), int(text[5:7]), int(text[8:10]), 0, 0, 0))


def _url_decoded(texts: Sequence[str]) -> list[str]:
    """Undo ``EncodingType=url``: form encoding, where ``+`` is a blank."""
    return [unquote(text.replace("+", " ")) if "%" in text or "+" in text else text for text in texts]


_PREFIX = re.compile(rb"<CommonPrefixes><Prefix>([^<]*)</Prefix></CommonPrefixes>")
_TAG = re.compile(rb"<[^>]*>")
_CHECKSUMS = rb"(?:<Checksum\w+>[^<]*</Checksum\w+>)*"
_KEPT = (b"Key", b"LastModified", b"ETag", b"Size", b"StorageClass")
_KEPT_OF_OWNER = (b"ID", b"DisplayName")


def _read_fast(body: bytes) -> _Raw | None:
    """Read a page whose rows all look like the first; None when this one is different."""
    if not is_whole_list(body) or b"<!" in body or b"\r" in body:
        return None
    start, end = body.find(b"<Contents"), body.rfind(b"</Contents>") + len(b"</Contents>")
    around = body[:start] + body[end:] if start >= 0 else body
    columns, count = _fast_columns(body, start) if start >= 0 else ({}, 0)
    prefixes = _PREFIX.findall(body) if b"CommonPrefixes" in body else []
    if count != body.count(b"<Contents") or len(prefixes) != body.count(b"<CommonPrefixes"):
        return None
    if not count and not prefixes:
        return None  # nothing to save, and the careful reading tells an empty list from a broken one
    return _Raw(
        count=count,
        columns=columns,
        prefixes=_unescaped(prefixes),
        truncated=_single(around, b"IsTruncated") == "true",
        token=_single(around, b"NextContinuationToken"),
        url_encoded=_single(around, b"EncodingType") == "url",
    )


def _fast_columns(body: bytes, start: int) -> tuple[Mapping[str, Sequence[str]], int]:
    """The columns and the number of rows that the first row's pattern accounts for."""
    first = body[start : body.find(b"</Contents>", start) + len(b"</Contents>")]
    shape = _row_shape(b"".join(_TAG.findall(first)))
    if shape is None:
        return {}, 0
    names, pattern = shape
    rows = pattern.findall(body, start)
    texts = map(_unescaped, zip(*rows, strict=True))
    return dict(zip(names, texts, strict=bool(rows))), len(rows)


@lru_cache(maxsize=64)
def _row_shape(tags: bytes) -> tuple[tuple[str, ...], re.Pattern[bytes]] | None:
    """The pattern of rows with this sequence of tags and the names of its groups; None if it has less than two."""
    names: list[str] = []
    pattern = b""
    for tag in re.finditer(rb"<(\w+)></\1>|</?\w+>", tags):
        element = tag[1]
        if element is None:
            pattern += tag[0]
            inside_owner = tag[0] == b"<Owner>"
        elif element in (_KEPT_OF_OWNER if inside_owner else _KEPT):
            names.append(element.decode())
            pattern += b"<%b>([^<]*)</%b>" % (element, element) + (_CHECKSUMS if element == b"ETag" else b"")
        elif not element.startswith(b"Checksum"):
            pattern += b"<%b>[^<]*</%b>" % (element, element)
    usual = len(names) >= 2 and len(set(names)) == len(names)
    return (tuple(names), re.compile(pattern)) if usual else None


def _single(body: bytes, element: bytes) -> str:
    """The text of an element that stands once, at most; empty if it does not."""
    _, found, after = body.partition(b"<%b>" % element)
    return _unescaped([after.partition(b"<")[0]])[0] if found else ""


def _unescaped(texts: Sequence[bytes]) -> Sequence[str]:
    """Decode texts that hold XML's escapes; ``<`` never stands in one, so it can part them."""
    if not texts:
        return []
    joined = b"<".join(texts).decode(errors="replace").replace("&quot;", '"')
    parted = joined.split("<")
    return [_ENTITY.sub(_character, text) for text in parted] if "&" in joined else parted


_ENTITY = re.compile(r"&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|(amp|lt|gt|apos|quot));")
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "apos": "'", "quot": '"'}


def _character(entity: re.Match[str]) -> str:
    if entity[3]:
        return _NAMED[entity[3]]
    code = int(entity[1]) if entity[1] else int(entity[2], 16)
    return chr(code) if code < 0xD800 or 0xDFFF < code < 0x110000 else "�"


def _read_slowly(body: bytes) -> _Raw:
    """Read any well-formed ListBucketResult."""
    try:
        root = ElementTree.fromstring(body)  # noqa: S314  # expat has limited entity expansion since 2.4.1
    except ElementTree.ParseError as error:
        raise PageError(f"the list is no XML: {error}") from error
    if _local(root) != "ListBucketResult":
        raise PageError(f"a list of objects was asked for, the server sent <{_local(root)}>")
    rows = [_row(child) for child in root if _local(child) == "Contents"]
    names = {name for row in rows for name in row}
    return _Raw(
        count=len(rows),
        columns={name: [row.get(name, "") for row in rows] for name in names},
        prefixes=[_texts(child).get("Prefix", "") for child in root if _local(child) == "CommonPrefixes"],
        truncated=_texts(root).get("IsTruncated") == "true",
        token=_texts(root).get("NextContinuationToken", ""),
        url_encoded=_texts(root).get("EncodingType") == "url",
    )


def _row(contents: ElementTree.Element) -> dict[str, str]:
    row = {name: text for name, text in _texts(contents).items() if name.encode() in _KEPT}
    for owner in contents:
        if _local(owner) == "Owner":
            row |= {name: text for name, text in _texts(owner).items() if name.encode() in _KEPT_OF_OWNER}
    return row


def _texts(element: ElementTree.Element) -> dict[str, str]:
    return {_local(child): child.text or "" for child in element}


def _local(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]
