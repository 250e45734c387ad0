"""Reads the rows of the usual ListObjectsV2 answer, which all have the tags of the first one.

How the texts of a row are found is quick and careless: by the lengths of the tags between them. What was found counts
only if the rows, written again from it, are what the server has sent: then no other reading is possible.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial

from tui.stores.s3.lists.plain_text import is_plain, unescaped
from tui.stores.s3.lists.raw_page import KEPT, KEPT_OF_OWNER

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
