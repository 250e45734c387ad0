"""Listings: buckets, and pages of prefixes and objects stored by column."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence

from msgspec import Struct, structs

from tui.core.identity import Owner

UNKNOWN_INDEX = 0xFFFF
"""In an index column: this row has no value."""


class Bucket(Struct, frozen=True):
    """A bucket in ListBuckets; `created` in seconds since the epoch."""

    name: str
    created: float = 0.0
    region: str = ""


class BucketList(Struct, frozen=True):
    """The caller's own buckets. Buckets of other accounts are never listed: users open them by name."""

    buckets: list[Bucket]
    owner: Owner | None = None


class ObjectSummary(Struct, frozen=True):
    """One object of a listing. `key` is the exact whole key; `modified` in seconds since the epoch; `size` in bytes."""

    key: str
    size: int
    modified: int
    storage_class: str = "STANDARD"
    owner: Owner | None = None
    etag: str = ""


class Page(Struct, frozen=True):
    """One page of a listing, by column: what costs least to send, keep and slice.

    `names` and `prefixes` are relative to `prefix`, in S3's order (UTF-8 binary). `sizes` and `modified` are native
    int64 arrays (``array('q')``) as bytes, one element per name; `class_index` and `owner_index` are ``array('H')``
    into `classes` and `owners` (`UNKNOWN_INDEX`: none). `etags` may be empty when nobody asked for them. `unfit` are
    names of what lies there and is no object, each with what it is: ``a socket``.
    """

    prefix: str
    prefixes: list[str]
    names: list[str]
    sizes: bytes
    modified: bytes
    classes: list[str]
    class_index: bytes
    owners: list[Owner]
    owner_index: bytes
    etags: list[str] = []
    last: bool = False
    unfit: list[tuple[str, str]] = []

    def objects(self) -> Iterator[ObjectSummary]:
        """The objects as rows with whole keys, for code that handles objects one by one."""
        sizes, modified = array("q", self.sizes), array("q", self.modified)
        classes, owners = array("H", self.class_index), array("H", self.owner_index)
        for row, name in enumerate(self.names):
            yield ObjectSummary(
                key=self.prefix + name,
                size=sizes[row],
                modified=modified[row],
                storage_class=self.classes[classes[row]] if classes[row] != UNKNOWN_INDEX else "STANDARD",
                owner=self.owners[owners[row]] if owners[row] != UNKNOWN_INDEX else None,
                etag=self.etags[row] if self.etags else "",
            )


def make_page(prefix: str, prefixes: list[str], objects: list[ObjectSummary], *, last: bool = True) -> Page:
    """Pack rows into columns. The keys of `objects` and the `prefixes` are whole and begin with `prefix`."""
    classes: dict[str, int] = {}
    owners: dict[Owner, int] = {}
    class_index, owner_index = array("H"), array("H")
    for entry in objects:
        class_index.append(classes.setdefault(entry.storage_class, len(classes)))
        owner_index.append(owners.setdefault(entry.owner, len(owners)) if entry.owner else UNKNOWN_INDEX)
    return Page(
        prefix=prefix,
        prefixes=[name[len(prefix) :] for name in prefixes],
        names=[entry.key[len(prefix) :] for entry in objects],
        sizes=array("q", [entry.size for entry in objects]).tobytes(),
        modified=array("q", [entry.modified for entry in objects]).tobytes(),
        classes=list(classes),
        class_index=class_index.tobytes(),
        owners=list(owners),
        owner_index=owner_index.tobytes(),
        etags=[entry.etag for entry in objects],
        last=last,
    )


def chosen_rows(page: Page, rows: Sequence[int]) -> Page:
    """Some objects of a page by their indices; without its prefixes, and never the last page."""
    if len(rows) == len(page.names):
        return structs.replace(page, prefixes=[], unfit=[], last=False)
    return structs.replace(
        page,
        prefixes=[],
        names=[page.names[row] for row in rows],
        sizes=_chosen("q", page.sizes, rows),
        modified=_chosen("q", page.modified, rows),
        class_index=_chosen("H", page.class_index, rows),
        owner_index=_chosen("H", page.owner_index, rows),
        etags=[page.etags[row] for row in rows] if page.etags else [],
        unfit=[],
        last=False,
    )


def _chosen(code: str, column: bytes, rows: Sequence[int]) -> bytes:
    values = array(code, column)
    return array(code, [values[row] for row in rows]).tobytes()
