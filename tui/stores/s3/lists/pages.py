"""Reads the XML of a ListObjectsV2 answer straight into columns.

The usual page is read by its plain form (`tui.stores.s3.lists.fast_page`), anything else by a parser of XML, with
the same result.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple
from xml.etree import ElementTree

from tui.aws.transport import MOST_TAGS
from tui.core.identity import Owner
from tui.core.listing import Page
from tui.core.naming import counted
from tui.stores.s3.headers import quoted
from tui.stores.s3.lists.columns import indexed, relative, sizes, times, url_decoded
from tui.stores.s3.lists.fast_page import read_fast
from tui.stores.s3.lists.raw_page import KEPT, KEPT_OF_OWNER, CutPageError, PageError, RawPage, raw_page

MOST_ROWS = 50_000
"""Of a page; S3 sends 1,000 (Amazon S3 API Reference, ListObjectsV2)."""
_SLICE = 8 * 1024
"""Bytes that are parsed at once: other threads run between two slices."""
_GZIP = b"\x1f\x8b"
_ROOT = re.compile(rb"\s*(?:<\?xml[^>]*>\s*)?<(?:\w+:)?List(?:Bucket|Versions)Result[\s/>]")
_END = re.compile(rb"(?:</(?:\w+:)?List(?:Bucket|Versions)Result\s*>|/>)\s*\Z")


class Answer(NamedTuple):
    """One answer: the page, whether more follow, and the token of the next one (empty: none follows)."""

    page: Page
    truncated: bool
    token: str


def read_page(body: bytes, prefix: str, *, etags: bool = True) -> Answer:
    """Read one answer about `prefix`; raise `PageError` for a body that is no ListBucketResult or not about it."""
    return read_usual_page(body, prefix, etags=etags) or _answer(_read_slowly(body), prefix, etags)


def read_usual_page(body: bytes, prefix: str, *, etags: bool = True) -> Answer | None:
    """Read it as `read_page` does, if that is soon done; None: it is not."""
    raw = read_fast(body, etags=etags)
    return None if raw is None else _answer(raw, prefix, etags)


def _answer(raw: RawPage, prefix: str, etags: bool) -> Answer:
    if raw.count + len(raw.prefixes) > MOST_ROWS:
        raise PageError(f"it has {counted(raw.count + len(raw.prefixes), 'row')}, more than {MOST_ROWS}")
    try:
        page = _page(raw, prefix, etags)
    except PageError:
        raise
    except (ValueError, OverflowError) as error:
        raise PageError(f"a key of the list cannot be read: {error}") from error
    return Answer(page, raw.truncated, raw.token)


def _page(raw: RawPage, prefix: str, etags: bool) -> Page:
    decode = url_decoded if raw.url_encoded else list[str]
    classes, class_index = indexed(raw.column("StorageClass"), "")
    owners, owner_index = _owners(raw)
    keys = decode(raw.column("Key"))
    if "" in keys:
        raise PageError("it lists an object without a key")
    return Page(
        prefix=prefix,
        prefixes=relative(decode(raw.prefixes), prefix),
        names=relative(keys, prefix),
        sizes=sizes(raw.column("Size")),
        modified=times(raw.column("LastModified")),
        classes=classes,
        class_index=class_index,
        owners=owners,
        owner_index=owner_index,
        etags=_etags(raw) if etags else [],
        last=not raw.truncated,
    )


def _etags(raw: RawPage) -> list[str]:
    """The ETags as heads have them: some servers leave out the quotes in their lists."""
    found = list(raw.column("ETag"))
    return found if not found or found[0].startswith('"') else [quoted(etag) for etag in found]


def _owners(raw: RawPage) -> tuple[list[Owner], bytes]:
    ids, names = raw.column("ID"), raw.column("DisplayName")
    if raw.count and ids.count(ids[0]) == names.count(names[0]) == raw.count:
        owners, rows = indexed([(ids[0], names[0])] * raw.count, ("", ""))
    else:
        owners, rows = indexed(list(zip(ids, names, strict=True)), ("", ""))
    return [Owner(canonical_id, name) for canonical_id, name in owners], rows


def _read_slowly(body: bytes) -> RawPage:
    """Read any well-formed ListBucketResult."""
    root = parsed_xml(body)
    if local_name(root) != "ListBucketResult":
        raise PageError(f"expected a list of objects, the server sent <{local_name(root)}>")
    rows = [_row(child) for child in root if local_name(child) == "Contents"]
    names = {name for row in rows for name in row}
    return raw_page(
        len(rows),
        {name: [row.get(name, "") for row in rows] for name in names},
        [dict(texts(child)).get("Prefix", "") for child in root if local_name(child) == "CommonPrefixes"],
        texts(root),
    )


def parsed_xml(body: bytes) -> ElementTree.Element:
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
    row = {name: text for name, text in texts(contents) if name in KEPT}
    for owner in contents:
        if local_name(owner) == "Owner":
            row |= {name: text for name, text in texts(owner) if name in KEPT_OF_OWNER}
    return row


def texts(element: ElementTree.Element) -> Iterable[tuple[str, str]]:
    """Names and texts of the elements in one; the text of those that have others in them is not plain: ``<``."""
    return [(local_name(child), "<" if len(child) else child.text or "") for child in element]


def local_name(element: ElementTree.Element) -> str:
    """An element's name without its namespace."""
    return element.tag.rpartition("}")[2]
