"""Rows of a report as pages of a listing: current objects below a prefix, without versions and delete markers."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import unquote_plus

from tui.model.identity import Owner
from tui.model.listing import UNKNOWN_INDEX, Page
from tui.model.versions import NULL_VERSION

FIELDS = ("Key", "Size", "LastModifiedDate", "ETag", "StorageClass", "ObjectOwner", "IsLatest", "IsDeleteMarker")
"""What is read of a row, as the fields are called in CSV."""

VERSION = "VersionId"
"""What is read besides where versions are asked for."""

DEFAULT_CLASS = "STANDARD"

Column = Sequence[object]


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows, a column for each of `FIELDS` that the report has. `encoded`: keys are URL-encoded, as in CSV."""

    columns: dict[str, Column]
    count: int
    encoded: bool = False

    def column(self, name: str) -> Column:
        """The values of a field; None in each row where the report does not have it."""
        return self.columns.get(name) or [None] * self.count


@dataclass(slots=True)
class _Rows:
    """Columns of a page that grow."""

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


def page_of(batch: Batch, prefix: str) -> tuple[Page, list[str]]:
    """The current objects of a batch whose keys begin with `prefix`, in the order of the report, and their versions.

    An object that was written before its bucket had versions has the version "null", and an empty field in reports.
    """
    rows = _Rows(prefix)
    columns = zip(*(batch.column(name) for name in (*FIELDS, VERSION)), strict=True)
    for key, size, modified, etag, storage_class, owner, latest, marker, version in columns:
        name = unquote_plus(str(key)) if batch.encoded else str(key)
        if not name.startswith(prefix) or size in (None, "") or latest in (False, "false") or marker in (True, "true"):
            continue
        rows.names.append(name[len(prefix) :])
        rows.sizes.append(int(str(size)))
        rows.modified.append(_seconds(modified))
        rows.class_index.append(rows.classes.setdefault(str(storage_class or DEFAULT_CLASS), len(rows.classes)))
        rows.owner_index.append(rows.owners.setdefault(str(owner), len(rows.owners)) if owner else UNKNOWN_INDEX)
        rows.etags.append(f'"{etag}"' if etag else "")
        rows.versions.append(str(version or NULL_VERSION))
    return rows.page(), rows.versions


def _seconds(date: object) -> int:
    if isinstance(date, datetime):
        return int(date.timestamp())
    try:
        return int(datetime.fromisoformat(str(date)).timestamp()) if date else 0
    except ValueError:
        return 0
