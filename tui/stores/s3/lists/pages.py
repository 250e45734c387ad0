"""Reads the XML of a ListObjectsV2 answer straight into columns.

The usual page is split at its tags (`tui.stores.s3.lists.fast_page`), anything else by a parser of XML, with
the same result.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import NamedTuple, TypeVar
from urllib.parse import unquote
from xml.etree import ElementTree

from tui.accounts.clients.transport import MOST_TAGS
from tui.model.identity import Owner
from tui.model.listing import UNKNOWN_INDEX, Page
from tui.stores.s3.lists.fast_page import read_fast
from tui.stores.s3.lists.raw_page import KEPT, KEPT_OF_OWNER, CutPageError, PageError, RawPage, raw_page

T = TypeVar("T")

MOST_ROWS = 50_000
"""Of a page; S3 sends 1,000 (Amazon S3 API Reference, ListObjectsV2)."""
_SLICE = 8 * 1024
"""Bytes that are parsed at once: other threads run between two slices."""
_GZIP = b"\x1f\x8b"
_ROOT = re.compile(rb"\s*(?:<\?xml[^>]*>\s*)?<(?:\w+:)?ListBucketResult[\s/>]")
_END = re.compile(rb"(?:</(?:\w+:)?ListBucketResult\s*>|/>)\s*\Z")


class Answer(NamedTuple):
    """One answer: the page, whether more follow, and the token of the next one (empty: none follows)."""

    page: Page
    truncated: bool
    token: str


def read_page(body: bytes, prefix: str, *, etags: bool = True) -> Answer:
    """Read one answer about `prefix`; raise `PageError` for a body that is no ListBucketResult or not about it."""
    raw = read_fast(body) or _read_slowly(body)
    if raw.count + len(raw.prefixes) > MOST_ROWS:
        raise PageError(f"it has {raw.count + len(raw.prefixes)} rows, more than {MOST_ROWS}")
    try:
        page = _page(raw, prefix, etags)
    except PageError:
        raise
    except (ValueError, OverflowError) as error:
        raise PageError(f"a key of the list cannot be read: {error}") from error
    return Answer(page, raw.truncated, raw.token)


def _page(raw: RawPage, prefix: str, etags: bool) -> Page:
    decode = _url_decoded if raw.url_encoded else list[str]
    classes, class_index = _indexed(raw.column("StorageClass"), "")
    owners, owner_index = _indexed(list(zip(raw.column("ID"), raw.column("DisplayName"), strict=True)), ("", ""))
    keys = decode(raw.column("Key"))
    if "" in keys:
        raise PageError("it lists an object without a key")
    return Page(
        prefix=prefix,
        prefixes=_relative(decode(raw.prefixes), prefix),
        names=_relative(keys, prefix),
        sizes=_sizes(raw.column("Size")),
        modified=array("q", _times(raw.column("LastModified"))).tobytes(),
        classes=classes,
        class_index=class_index,
        owners=[Owner(canonical_id, name) for canonical_id, name in owners],
        owner_index=owner_index,
        etags=list(raw.column("ETag")) if etags else [],
        last=not raw.truncated,
    )


def _relative(keys: Sequence[str], prefix: str) -> list[str]:
    cut = len(prefix)
    if not cut:
        return list(keys)
    for key in keys:
        if not key.startswith(prefix):
            raise PageError(f"the server listed {key!r}, which is not below {prefix!r}")
    return [key[cut:] for key in keys]


def _indexed(values: Sequence[T], absent: T) -> tuple[list[T], bytes]:
    """The different values, and for each row the index of its own."""
    if values and values[0] != absent and values.count(values[0]) == len(values):
        return [values[0]], bytes(2 * len(values))
    index: dict[T, int] = {absent: UNKNOWN_INDEX}
    rows = array("H", [index.setdefault(value, len(index) - 1) for value in values])
    return list(index)[1:], rows.tobytes()


def _sizes(texts: Sequence[str]) -> bytes:
    """Sizes in bytes as an ``array('q')``: decimal digits of ASCII, and nothing else that Python takes for a number."""
    digits = "".join(texts)
    if digits and not (digits.isascii() and digits.isdigit()):
        wrong = next(text for text in texts if text and not (text.isascii() and text.isdigit()))
        raise PageError(f"a size cannot be read: {wrong[:40]!r}")
    try:
        return array("q", [int(text or 0) for text in texts]).tobytes()
    except (OverflowError, ValueError) as error:
        raise PageError("a size cannot be read: it is larger than any object") from error


def _times(texts: Sequence[str]) -> list[int]:
    """Seconds since the epoch of each. Those of AWS's form, all as long, are read minute by minute."""
    joined = "".join(texts).encode()
    if joined.translate(_FIGURES) != b"0000-00-00T00:00:00.000Z" * len(texts) or joined[17::24].strip(b"012345"):
        return [_seconds(text) for text in texts]
    minutes = [_minute(text[:17]) for text in texts]
    return [begun + int(text[17:19]) if begun else _seconds(text) for begun, text in zip(minutes, texts, strict=True)]


_FIGURES = bytes(0x30 if 0x30 <= each <= 0x39 else each for each in range(256))
"""Turns each digit into a zero."""


@lru_cache(maxsize=4096)
def _minute(text: str) -> int:
    """Seconds since the epoch of ``2026-11-24T10:11:``; 0 for a time before the epoch."""
    return _seconds(f"{text}00Z")


def _seconds(text: str) -> int:
    """Seconds since the epoch of ``2026-11-24T10:11:12.000Z``, or of another time of ISO 8601 or RFC 5322.

    0, which is unknown, for none, and for a time before the epoch: some servers write the year 1 for "no time".
    """
    if not text:
        return 0
    try:
        when = datetime.fromisoformat(text) if text[:1].isdigit() else parsedate_to_datetime(text)
        return max(0, int((when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()))
    except (ValueError, OverflowError) as error:
        raise PageError(f"a time cannot be read: {text[:40]!r}") from error


def _url_decoded(texts: Sequence[str]) -> list[str]:
    """Undo ``EncodingType=url``: form encoding, where ``+`` is a blank."""
    return [unquote(text.replace("+", " ")) if "%" in text or "+" in text else text for text in texts]


def _read_slowly(body: bytes) -> RawPage:
    """Read any well-formed ListBucketResult."""
    root = _parsed(body)
    if _local(root) != "ListBucketResult":
        raise PageError(f"expected a list of objects, the server sent <{_local(root)}>")
    rows = [_row(child) for child in root if _local(child) == "Contents"]
    names = {name for row in rows for name in row}
    return raw_page(
        len(rows),
        {name: [row.get(name, "") for row in rows] for name in names},
        [dict(_texts(child)).get("Prefix", "") for child in root if _local(child) == "CommonPrefixes"],
        _texts(root),
    )


def _parsed(body: bytes) -> ElementTree.Element:
    """The root of a document; raise `PageError` for one that is none, or too large."""
    if not body:
        raise PageError("the response is empty")
    if body.startswith(_GZIP):
        raise PageError("the response is compressed (gzip) without being requested")
    if body.count(b"<") > MOST_TAGS:
        raise PageError(f"it has more than {MOST_TAGS} tags")
    parser = ElementTree.XMLParser()  # noqa: S314  # expat has limited entity expansion since 2.4.1
    try:
        for start in range(0, len(body), _SLICE):
            parser.feed(body[start : start + _SLICE])
        root: ElementTree.Element = parser.close()
    except (ElementTree.ParseError, LookupError, ValueError) as error:  # the others: an encoding that is not known
        if _ROOT.match(body) and not _END.search(body, max(0, len(body) - 256)):
            raise CutPageError("the list is incomplete") from error
        raise PageError(f"the list is not XML: {error}") from error
    return root


def _row(contents: ElementTree.Element) -> dict[str, str]:
    row = {name: text for name, text in _texts(contents) if name in KEPT}
    for owner in contents:
        if _local(owner) == "Owner":
            row |= {name: text for name, text in _texts(owner) if name in KEPT_OF_OWNER}
    return row


def _texts(element: ElementTree.Element) -> Iterable[tuple[str, str]]:
    """Names and texts of the elements in one; the text of those that have others in them is not plain: ``<``."""
    return [(_local(child), "<" if len(child) else child.text or "") for child in element]


def _local(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]
