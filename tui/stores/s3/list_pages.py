"""Reads the XML of a ListObjectsV2 answer straight into columns.

The usual page is read by its plain form (`tui.stores.s3.list_pages`), anything else by a parser of XML, with
the same result.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import NamedTuple
from xml.etree import ElementTree

from tui.aws.transport import MOST_TAGS
from tui.core.identity import Owner
from tui.core.listing import Page
from tui.core.naming import counted
from tui.stores.s3.headers import quoted
from tui.stores.s3.list_columns import (
    KEPT,
    KEPT_OF_OWNER,
    CutPageError,
    PageError,
    RawPage,
    indexed,
    is_plain,
    raw_page,
    relative,
    sizes,
    times,
    unescaped,
    url_decoded,
)

MOST_ROWS = 50_000
"""Of a page; S3 sends 1,000 (Amazon S3 API Reference, ListObjectsV2)."""
_SLICE = 8 * 1024
"""Bytes that are parsed at once: other threads run between two slices."""
_GZIP = b"\x1f\x8b"
_ROOT = re.compile(rb"\s*(?:<\?xml[^>]*>\s*)?<(?:\w+:)?List(?:Bucket|Versions)Result[\s/>]")
_END = re.compile(rb"(?:</(?:\w+:)?List(?:Bucket|Versions)Result\s*>|/>)\s*\Z")


class ListResponse(NamedTuple):
    """One answer: the page, whether more follow, and the token of the next one (empty: none follows)."""

    page: Page
    truncated: bool
    token: str


def read_page(body: bytes, prefix: str, *, etags: bool = True) -> ListResponse:
    """Read one answer about `prefix`; raise `PageError` for a body that is no ListBucketResult or not about it."""
    return read_usual_page(body, prefix, etags=etags) or _answer(_read_slowly(body), prefix, etags)


def read_usual_page(body: bytes, prefix: str, *, etags: bool = True) -> ListResponse | None:
    raw = read_fast(body, etags=etags)
    return None if raw is None else _answer(raw, prefix, etags)


def _answer(raw: RawPage, prefix: str, etags: bool) -> ListResponse:
    if raw.count + len(raw.prefixes) > MOST_ROWS:
        raise PageError(f"it has {counted(raw.count + len(raw.prefixes), 'row')}, more than {MOST_ROWS}")
    try:
        page = _page(raw, prefix, etags)
    except PageError:
        raise
    except (ValueError, OverflowError) as error:
        raise PageError(f"a key of the list cannot be read: {error}") from error
    return ListResponse(page, raw.truncated, raw.token)


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
    return element.tag.rpartition("}")[2]


# The usual answer, whose rows all have the tags of the first one, is read without a parser of XML.
#
# Around the rows only plain elements may stand: a body that is no XML, or means anything else to a parser of XML, is
# left to that. One thing is read here that is no XML: references to control characters, by which some servers write the
# names of keys.

_MOST_AROUND = 64 * 1024
"""Characters around the rows and prefixes: the token has about 100."""

_HEAD = re.compile(
    r"""(?:<\?xml version="1\.0"(?: encoding="[Uu][Tt][Ff]-8")?(?: standalone="(?:yes|no)")? ?\?>)?\s*"""
    r"""<ListBucketResult(?: xmlns="[\w:/.-]*")?>""",
    re.ASCII,
)
_FAST_END = re.compile(r"</ListBucketResult>\s*\Z", re.ASCII)
_PREFIX = re.compile(r"<CommonPrefixes><Prefix>([^<]*)</Prefix></CommonPrefixes>")
_AROUND = re.compile(r"<([A-Za-z]\w*)>([^<\0]*)</\1>|<([A-Za-z]\w*)/>", re.ASCII)


def read_fast(body: bytes, *, etags: bool = True) -> RawPage | None:
    """The page, or None where a parser of XML must read it; raise `PageError` as `raw_page` does.

    Without `etags` there is no such column.
    """
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return None
    head, end = _HEAD.match(text), _FAST_END.search(text, max(0, len(text) - 256))
    if head is None or end is None or not is_plain(head[0] + end[0]):
        return None
    start, stop = text.find(ROW, head.end(), end.start()), text.rfind(END_OF_ROW, head.end(), end.start())
    stop += len(END_OF_ROW)
    if start < 0 or stop < start:
        start = stop = end.start()
    before, behind = text[head.end() : start], text[stop : end.start()]
    if not is_plain(before) or not is_plain(behind):
        return None
    rest = _PREFIX.split(f"{before}\0{behind}")
    around = _around("\0".join(rest[::2]))
    read = read_rows(text, start, stop, etags=etags) if around is not None else None
    if read is None or around is None:
        return None
    count, columns = read
    prefixes = rest[1::2]
    return raw_page(count, columns, unescaped(prefixes, "<".join(prefixes)), around)


def _around(text: str) -> list[tuple[str, str]] | None:
    """Names and texts of the elements around the rows; None if anything but plain ones is there."""
    if len(text) > _MOST_AROUND:
        return None
    parts = _AROUND.split(text)
    if any(gap.strip("\0 \t\n") for gap in parts[::4]):
        return None
    names = [full or empty for full, empty in zip(parts[1::4], parts[3::4], strict=True)]
    texts: Sequence[str] = [text or "" for text in parts[2::4]]
    return list(zip(names, unescaped(texts, "<".join(texts)), strict=True))


# The texts of a row are found quickly and carelessly, by the lengths of the tags between them. They count only if the
# rows, written again from them, are what the server has sent: then no other reading is possible.

ROW, END_OF_ROW = "<Contents>", "</Contents>"

_MOST_TAGS = 64
"""Of a row: an object has about 30, with all checksums and what was restored of it."""
_MOST_OF_A_ROW = 32 * 1024
"""Characters of a row: a key has up to 1,024, which may be escaped."""
_DIFFERENT = frozenset(("Key", "LastModified", "ETag", "Size"))
"""What differs from row to row; the rest is mostly the same in all rows of a page."""
_AS_LONG = frozenset(("LastModified", "ETag"))
"""What mostly has the same length in all rows of a page."""
_AT_ONCE = 64 * 1024
"""Characters whose rows are read at once: such texts are taken from memory that is there already."""
_TAG = re.compile(r"<[^>]*>")
_ELEMENT = re.compile(r"<([A-Za-z]\w*)></\1>|<(/?)([A-Za-z]\w*)>", re.ASCII)
_CHECKSUMS = re.compile(
    r"(?<=</ETag>)(?:<ChecksumAlgorithm>[^<]*</ChecksumAlgorithm>|<ChecksumType>[^<]*</ChecksumType>)+"
)
"""Behind the ETag, of some rows."""


@dataclass(frozen=True, slots=True)
class _Shape:
    """A row: what stands before its first text, between each two, and behind the last; and what the texts are.

    The name of a text is that of its element, empty where it is not kept.
    """

    fixed: tuple[str, ...]
    names: tuple[str, ...]


def read_rows(text: str, start: int, stop: int, *, etags: bool) -> tuple[int, Mapping[str, Sequence[str]]] | None:
    """How many rows stand there, and their columns by element; None if they are not alike, or not plain.

    Without `etags` there is no such column.
    """
    if start == stop:
        return 0, {}
    read = _read(text, start, stop, etags)
    if read is None and "<Checksum" in text and is_plain(rows := text[start:stop]):
        rows = _CHECKSUMS.sub("", rows)
        read = _read(rows, 0, len(rows), etags)
    return read


def _read(text: str, start: int, stop: int, etags: bool) -> tuple[int, Mapping[str, Sequence[str]]] | None:
    end = text.find(END_OF_ROW, start, min(stop, start + _MOST_OF_A_ROW)) + len(END_OF_ROW)
    first = text[start:end]
    tags = _TAG.findall(first)
    shape = _shape("".join(tags)) if len(tags) <= _MOST_TAGS else None
    alone = _columns(first, 0, len(first), shape.fixed, [None] * len(shape.names)) if shape else None
    if shape is None or alone is None:
        return None
    texts = [column[0] for column in alone]
    same = [name not in _DIFFERENT for name in shape.names]
    read = partial(_read_as, text, start, stop, shape, texts, etags)
    return read(same, _AS_LONG) or read(same, ()) or read([False] * len(same), ())


def _read_as(
    text: str,
    start: int,
    stop: int,
    shape: _Shape,
    texts: Sequence[str],
    etags: bool,
    same: Sequence[bool],
    as_long: Collection[str],
) -> tuple[int, Mapping[str, Sequence[str]]] | None:
    """Read rows of this shape, of which the first has these texts.

    Some of the texts are the `same` in all rows, and those with the names `as_long` have the same length.
    """
    fixed, widths = [shape.fixed[0]], list[int | None]()
    for each, name, first, behind in zip(same, shape.names, texts, shape.fixed[1:], strict=True):
        if each:
            fixed[-1] += first + behind
        else:
            fixed.append(behind)
            widths.append(len(first) if name in as_long else None)
    found = _columns(text, start, stop, fixed, widths)
    if found is None:
        return None
    count, next_column = len(found[0]), iter(found)
    columns: dict[str, Sequence[str]] = {}
    for each, name, first in zip(same, shape.names, texts, strict=True):
        column = [first] if each else next(next_column)
        joined = "<".join(column)
        if joined.count("<") != len(column) - 1 or not is_plain(joined):
            return None
        if name and (etags or name != "ETag"):
            columns[name] = [*unescaped(column, joined)] * (count if each else 1)
    return count, columns


def _columns(
    text: str, start: int, stop: int, fixed: Sequence[str], widths: Sequence[int | None]
) -> Sequence[Sequence[str]] | None:
    """What is between the fixed texts of each row, which together are the text; None if it does not consist of such.

    `widths` are the numbers of characters; None: up to the next tag. Only then there is surely no tag in it.
    """
    finder = _finder(fixed[0], tuple(len(each) for each in fixed[1:]), tuple(widths))
    step, whole = len(fixed), 2 * len(fixed) - 1
    columns = [list[str]() for _ in widths]
    while start < stop:
        end = stop if stop - start <= _AT_ONCE else text.rfind(END_OF_ROW, start, start + _AT_ONCE) + len(END_OF_ROW)
        block = text[start:end]
        pieces = finder.split(block)
        count = len(pieces) // step
        again = [""] * (count * whole)
        for at, each in enumerate(fixed):
            again[2 * at :: whole] = [each] * count
        for at, column in enumerate(columns, 1):
            again[2 * at - 1 :: whole] = found = pieces[at::step]
            column += found
        if not block or "".join(again) != block:
            return None
        start = end
    return columns


@lru_cache(maxsize=256)
def _finder(begin: str, lengths: tuple[int, ...], widths: tuple[int | None, ...]) -> re.Pattern[str]:
    texts = ["([^<]*+)" if width is None else f"(.{{{width}}})" for width in widths]
    between = [f".{{{length}}}" for length in lengths]
    return re.compile(
        re.escape(begin) + "".join(part for pair in zip(texts, between, strict=True) for part in pair), re.DOTALL
    )


@lru_cache(maxsize=64)
def _shape(tags: str) -> _Shape | None:
    """The shape of rows with this sequence of tags; None for an unusual one."""
    fixed, names = [""], list[str]()
    inside, position = list[str](), 0
    for tag in _ELEMENT.finditer(tags):
        if tag.start() != position:
            return None  # a tag with attributes, or an empty one
        position = tag.end()
        element, closing, name = tag.groups()
        if element is None:
            fixed[-1] += tag[0]
            if not closing:
                inside.append(name)
            elif not inside or inside.pop() != name:
                return None
        else:
            names.append(element if _is_kept(element, inside) else "")
            fixed[-1] += f"<{element}>"
            fixed.append(f"</{element}>")
    kept = [name for name in names if name]
    usual = position == len(tags) and not inside and "Key" in kept and len(set(kept)) == len(kept)
    return _Shape(tuple(fixed), tuple(names)) if usual else None


def _is_kept(element: str, inside: Sequence[str]) -> bool:
    if inside == ["Contents", "Owner"]:
        return element in KEPT_OF_OWNER
    return inside == ["Contents"] and element in KEPT
