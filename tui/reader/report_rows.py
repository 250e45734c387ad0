"""Turns report rows into listing pages: current objects below a prefix, no other versions, no delete markers."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import unquote_plus

from tui.core.identity import Owner
from tui.core.listing import UNKNOWN_INDEX, Page
from tui.core.naming import counted
from tui.core.versions import NULL_VERSION
from tui.reader.reader_messages import FoundPage

FIELDS = ("Key", "Size", "LastModifiedDate", "ETag", "StorageClass", "ObjectOwner", "IsLatest", "IsDeleteMarker")
"""The fields that are read, by their names in CSV."""

VERSION = "VersionId"
"""Also read for versions."""

DEFAULT_CLASS = "STANDARD"

LONGEST_FIELD = 4096
"""Characters. A key has at most 1,024 bytes, and up to three times as many if encoded."""

LARGEST = (1 << 63) - 1

ColumnValues = Sequence[object]


@dataclass(slots=True)
class _Rows:
    """The growing columns of a page."""

    prefix: str
    names: list[str] = field(default_factory=list)
    sizes: array[int] = field(default_factory=lambda: array("q"))
    modified: array[int] = field(default_factory=lambda: array("q"))
    classes: dict[str, int] = field(default_factory=dict)
    class_index: array[int] = field(default_factory=lambda: array("H"))
    owners: dict[str, int] = field(default_factory=dict)
    owner_index: array[int] = field(default_factory=lambda: array("H"))
    etags: list[str] = field(default_factory=list)
    versions: list[str] = field(default_factory=list)

    def page(self) -> Page:
        return Page(
            prefix=self.prefix,
            prefixes=[],
            names=self.names,
            sizes=self.sizes.tobytes(),
            modified=self.modified.tobytes(),
            classes=list(self.classes),
            class_index=self.class_index.tobytes(),
            owners=[Owner(each) for each in self.owners],
            owner_index=self.owner_index.tobytes(),
            etags=self.etags,
        )


def page_of(columns: Mapping[str, ColumnValues], count: int, prefix: str, *, encoded: bool = False) -> FoundPage:
    """The current objects whose keys begin with `prefix`, in the report's order, and their versions.

    `columns` are the report's columns among `FIELDS`, each with `count` rows; `encoded`: keys are URL-encoded, as in
    CSV. Objects older than the bucket's versioning have the version "null", which is an empty field in reports. Raises
    `ValueError` for an invalid row.
    """
    rows = _Rows(prefix)
    every = zip(*(columns.get(name) or [None] * count for name in (*FIELDS, VERSION)), strict=True)
    for key, size, modified, etag, storage_class, owner, latest, marker, version in every:
        name = _key(key, encoded=encoded)
        if not name.startswith(prefix) or size in (None, "") or latest in (False, "false") or marker in (True, "true"):
            continue
        rows.names.append(name[len(prefix) :])
        rows.sizes.append(_size(size, name))
        rows.modified.append(_seconds(modified, name))
        rows.class_index.append(_index(rows.classes, _text(storage_class) or DEFAULT_CLASS))
        rows.owner_index.append(_index(rows.owners, _text(owner)) if owner else UNKNOWN_INDEX)
        rows.etags.append(f'"{_text(etag)}"' if etag else "")
        rows.versions.append(_text(version) or NULL_VERSION)
    return FoundPage(rows.page(), rows.versions)


def _key(value: object, *, encoded: bool) -> str:
    text = _text(value)
    key = unquote_plus(text, errors="strict") if encoded else text
    if not key:
        raise ValueError("a row has no key")
    return key


def _text(value: object) -> str:
    text = "" if value is None else value.decode() if isinstance(value, bytes) else value
    if not isinstance(text, str):
        raise TypeError(f"a text is {type(value).__name__}")
    if len(text) > LONGEST_FIELD:
        raise ValueError(f"a field has {counted(len(text), 'character')}")
    return text


def _size(value: object, name: str) -> int:
    text = str(value)[:20]
    if not (text.isascii() and text.isdigit()) or int(text) > LARGEST:
        raise ValueError(f"the size of {name} is {text}")
    return int(text)


def _seconds(date: object, name: str) -> int:
    """A CSV date, or seconds since the epoch."""
    if isinstance(date, int):
        return date
    text = _text(date)
    try:
        moment = datetime.fromisoformat(text) if text else None
    except ValueError:
        raise ValueError(f"the date of {name} is {text[:40]}") from None
    if moment is None:
        return 0
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def _index(known: dict[str, int], value: str) -> int:
    if len(known) >= UNKNOWN_INDEX and value not in known:
        raise ValueError(f"it has more than {UNKNOWN_INDEX:,} owners or storage classes")
    return known.setdefault(value, len(known))
