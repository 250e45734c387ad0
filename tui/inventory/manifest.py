"""The ``manifest.json`` of a report: what it is about, and which files it has."""

from __future__ import annotations

import re
from collections.abc import Collection
from enum import StrEnum

import msgspec
from msgspec import Struct

from tui.core.location import Location
from tui.core.naming import counted, split_arn
from tui.inventory.problems import unusable
from tui.stores.base import Store

MOST_MANIFEST = 32 * 1024 * 1024
"""Bytes of a manifest that are read at most; it has about 200 for each file of a million keys."""

_PARQUET_FIELD = re.compile(r"(?:required|optional)\s+\w+\s+(\w+)")
_ORC_FIELD = re.compile(r"(\w+):")

_LONGEST_TIME = 14
"""Digits of milliseconds, up to the year 5138."""


class FileFormat(StrEnum):
    """How the files of a report are written."""

    CSV = "CSV"
    PARQUET = "Parquet"
    ORC = "ORC"


class ReportFile(Struct, frozen=True):
    """A file of a report: `size` in bytes."""

    key: str
    size: int
    MD5checksum: str = ""


class Manifest(Struct, frozen=True, rename="camel"):
    """As far as it is read."""

    source_bucket: str
    destination_bucket: str
    file_format: str
    file_schema: str
    files: list[ReportFile] = []
    creation_timestamp: str = "0"

    @property
    def columns(self) -> list[str]:
        """The columns of its files as they are called there."""
        match self.file_format:
            case FileFormat.PARQUET:
                return _PARQUET_FIELD.findall(self.file_schema)
            case FileFormat.ORC:
                return _ORC_FIELD.findall(self.file_schema)
            case _:
                return [each.strip() for each in self.file_schema.split(",")]

    @property
    def created(self) -> float:
        """Seconds since the epoch."""
        text = self.creation_timestamp
        return int(text) / 1000 if text.isdecimal() and len(text) <= _LONGEST_TIME else 0.0

    def column(self, name: str) -> str | None:
        """What a field of CSV reports (``ObjectOwner``) is called in the files of this one; None: it has none."""
        return next((each for each in self.columns if plain(each) == plain(name)), None)

    def files_in(self, location: Location) -> str:
        """The bucket of the files, whose manifest is at `location`. Raises `ValueError` for what names none."""
        return split_arn(self.destination_bucket)[0] if ":" in self.destination_bucket else location.bucket


def plain(name: str) -> str:
    """A field by whatever spelling: ``ObjectOwner`` in CSV, ``object_owner`` in Parquet and ORC."""
    return name.replace("_", "").lower()


async def read_manifest(store: Store, location: Location, bucket: str, needed: Collection[str]) -> Manifest:
    """The manifest of a report on `bucket`; raises `ProblemError` for one that cannot be used, and says why."""
    head = await store.head(location.bucket, location.key)
    if head.size > MOST_MANIFEST:
        raise unusable(location, f"it has {counted(head.size, 'byte')}")
    content = await store.read(location.bucket, location.key, etag=head.etag, start=0, length=head.size)
    try:
        manifest = msgspec.json.decode(content, type=Manifest)
        manifest.files_in(location)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise unusable(location, f"it is no manifest.json of S3 Inventory: {error}") from error
    if manifest.source_bucket != bucket:
        raise unusable(location, f"it is a report on {manifest.source_bucket}")
    if manifest.file_format not in list(FileFormat):
        raise unusable(location, f"its files are {manifest.file_format}, only CSV, Parquet and ORC are read")
    if missing := [name for name in ("Bucket", "Key", *needed) if not manifest.column(name)]:
        remedy = f"configure an inventory of the bucket with the fields {', '.join(needed)}" if needed else ""
        raise unusable(location, f"it has no {' and no '.join(missing)}", remedy)
    return manifest
