"""Reads the usual ListObjectsV2 answer, whose rows all have the tags of the first one, without a parser of XML.

What is around the rows (`tui.stores.s3.lists.fast_rows`) must be plain elements: a body that is no XML, or means
anything else to a parser of XML, is left to that. One thing is read here that is no XML: references to control
characters, by which some servers write the names of keys.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from tui.stores.s3.lists.fast_rows import END_OF_ROW, ROW, read_rows
from tui.stores.s3.lists.plain_text import is_plain, unescaped
from tui.stores.s3.lists.raw_page import RawPage, raw_page

_MOST_AROUND = 64 * 1024
"""Characters around the rows and prefixes: the token has about 100."""

_HEAD = re.compile(
    r"""(?:<\?xml version="1\.0"(?: encoding="[Uu][Tt][Ff]-8")?(?: standalone="(?:yes|no)")? ?\?>)?\s*"""
    r"""<ListBucketResult(?: xmlns="[\w:/.-]*")?>""",
    re.ASCII,
)
_END = re.compile(r"</ListBucketResult>\s*\Z", re.ASCII)
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
    head, end = _HEAD.match(text), _END.search(text, max(0, len(text) - 256))
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
