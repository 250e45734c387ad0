"""Reads the usual ListObjectsV2 answer, whose rows all have the tags of the first one, by splitting it at its tags.

What is between the tags of a row is a column each, and what is around the rows must be plain elements: a body that is
no XML, or means anything else to a parser of XML, is left to that. One thing is read here that is no XML: references
to control characters, by which some servers write the names of keys.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from tui.stores.s3.lists.raw_page import KEPT, KEPT_OF_OWNER, RawPage, raw_page

_MOST_TAGS = 64
"""Of a row: an object has about 30, with all checksums and what was restored of it."""
_MOST_OF_A_ROW = 32 * 1024
"""Characters of a row: a key has up to 1,024, which may be escaped."""
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
_TAG = re.compile(r"<[^>]*>")
_ROW, _END_OF_ROW = "<Contents>", "</Contents>"
_CHECKSUMS = re.compile(
    r"(?<=</ETag>)(?:<ChecksumAlgorithm>[^<]*</ChecksumAlgorithm>|<ChecksumType>[^<]*</ChecksumType>)+"
)
"""Behind the ETag, of some rows."""
_ELEMENT = re.compile(r"<([A-Za-z]\w*)></\1>|<(/?)([A-Za-z]\w*)>", re.ASCII)
_CONTROLS = bytes({*range(0x20)} - {0x09, 0x0A})
"""What XML does not have; a carriage return it has, and changes."""
_NOT_XML = ("]]>", "\ufffe", "\uffff")


@dataclass(frozen=True, slots=True)
class _Shape:
    """The tags of a row, without their ``<``; `texts` are the places of those that a text follows, with what it is.

    The name is empty where the text is not kept.
    """

    tags: tuple[str, ...]
    texts: Mapping[int, str]


def read_fast(body: bytes) -> RawPage | None:
    """The page, or None where a parser of XML must read it; raise `PageError` as `raw_page` does."""
    text = _plain(body)
    if text is None:
        return None
    head, end = _HEAD.match(text), _END.search(text, max(0, len(text) - 256))
    if head is None or end is None:
        return None
    between = text[head.end() : end.start()]
    start, stop = between.find(_ROW), between.rfind(_END_OF_ROW) + len(_END_OF_ROW)
    if start < 0 or stop < start:
        start = stop = len(between)
    read = _rows(between[start:stop])
    rest = _PREFIX.split(f"{between[:start]}\0{between[stop:]}")
    around = _around("\0".join(rest[::2]))
    if read is None or around is None:
        return None
    count, columns = read
    return raw_page(count, columns, _unescaped(rest[1::2]), around)


def _plain(body: bytes) -> str | None:
    """The body as a text whose every ``&`` begins a reference known here; None for what is no plain XML in UTF-8."""
    if len(body.translate(None, _CONTROLS)) < len(body):
        return None
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return None
    if any(each in text for each in _NOT_XML):
        return None
    escaped = text.count("&")
    quotes = text.count("&quot;") if escaped else 0
    return text if escaped == quotes or escaped == len(_REFERENCE.findall(text)) else None


def _rows(text: str) -> tuple[int, Mapping[str, Sequence[str]]] | None:
    """How many rows there are and their columns; None if they are not alike."""
    if not text:
        return 0, {}
    text = _CHECKSUMS.sub("", text) if "<Checksum" in text else text
    shape = _shape_of_rows(text)
    if shape is None:
        return None
    pieces = text.split("<")
    count, left = divmod(len(pieces) - 1, len(shape.tags))
    if left or pieces[0]:
        return None
    columns: dict[str, Sequence[str]] = {}
    for at, tag in enumerate(shape.tags):
        column = pieces[at + 1 :: len(shape.tags)]
        if at in shape.texts:
            texts = f"<{'<'.join(column)}".split(f"<{tag}")
            if len(texts) != count + 1:
                return None
            if name := shape.texts[at]:
                columns[name] = _unescaped(texts[1:])
        elif column.count(tag) != count:
            return None
    return count, columns


def _around(text: str) -> list[tuple[str, str]] | None:
    """Names and texts of the elements around the rows; None if anything but plain ones is there."""
    if len(text) > _MOST_AROUND:
        return None
    parts = _AROUND.split(text)
    if any(gap.strip("\0 \t\n") for gap in parts[::4]):
        return None
    names = [full or empty for full, empty in zip(parts[1::4], parts[3::4], strict=True)]
    return list(zip(names, _unescaped([text or "" for text in parts[2::4]]), strict=True))


def _shape_of_rows(text: str) -> _Shape | None:
    """The tags of the first row; None for an unusual one."""
    end = text.find(_END_OF_ROW, 0, _MOST_OF_A_ROW)
    if end < 0:
        return None
    tags = _TAG.findall(text, 0, end + len(_END_OF_ROW))
    return _shape("".join(tags)) if len(tags) <= _MOST_TAGS else None


@lru_cache(maxsize=64)
def _shape(tags: str) -> _Shape | None:
    """The shape of rows with this sequence of tags; None for an unusual one."""
    pieces, texts = list[str](), dict[int, str]()
    inside, position = list[str](), 0
    for tag in _ELEMENT.finditer(tags):
        if tag.start() != position:
            return None  # a tag with attributes, or an empty one
        position = tag.end()
        element, closing, name = tag.groups()
        if element is None:
            pieces.append(tag[0][1:])
            if not closing:
                inside.append(name)
            elif not inside or inside.pop() != name:
                return None
        else:
            texts[len(pieces)] = element if _is_kept(element, inside) else ""
            pieces += [f"{element}>", f"/{element}>"]
    kept = [name for name in texts.values() if name]
    usual = position == len(tags) and not inside and "Key" in kept and len(set(kept)) == len(kept)
    return _Shape(tuple(pieces), texts) if usual else None


def _is_kept(element: str, inside: Sequence[str]) -> bool:
    if inside == ["Contents", "Owner"]:
        return element in KEPT_OF_OWNER
    return inside == ["Contents"] and element in KEPT


def _unescaped(texts: Sequence[str]) -> Sequence[str]:
    """Undo XML's escapes; ``<`` never stands in such a text, so it can part them."""
    joined = "<".join(texts)
    if "&" not in joined:
        return texts
    parted = joined.replace("&quot;", '"').split("<")
    return [_ENTITY.sub(_character, text) for text in parted] if joined.count("&") > joined.count("&quot;") else parted


_REFERENCE = re.compile(r"&(?:#[0-9]{1,7}|#x[0-9a-fA-F]{1,6}|amp|lt|gt|apos|quot);")
_ENTITY = re.compile(r"&(?:#([0-9]{1,7})|#x([0-9a-fA-F]{1,6})|(amp|lt|gt|apos|quot));")
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "apos": "'", "quot": '"'}


def _character(entity: re.Match[str]) -> str:
    if entity[3]:
        return _NAMED[entity[3]]
    code = int(entity[1]) if entity[1] else int(entity[2], 16)
    return chr(code) if code < 0xD800 or 0xDFFF < code < 0x110000 else "�"
