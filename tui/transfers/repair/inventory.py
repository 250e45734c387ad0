"""The objects of an S3 Inventory report: its manifest, and the gzipped CSV files that it names.

Formats: Amazon S3 User Guide, "Inventory manifest" and "Amazon S3 Inventory list". Keys are URL-encoded in CSV. A
report is a day old or more: whose an object is by now is found out before it is changed.
"""

from __future__ import annotations

import asyncio
import codecs
import csv
import hashlib
import zlib
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from datetime import datetime
from urllib.parse import unquote_plus

import msgspec
from msgspec import Struct

from tui.model.location import Location
from tui.model.naming.arns import split_arn
from tui.model.orders import Selection
from tui.model.problem import Problem, ProblemError, ProblemKind
from tui.stores.base import Store
from tui.stores.values import ARCHIVES
from tui.transfers.order.selection import KEYS_PER_PAGE, Picked, SectionPage, outermost

MOST_MANIFEST = 32 * 1024 * 1024
"""Bytes of a manifest that are read at most; it has about 200 for each file of a million keys."""

READ_AT_ONCE = 4 * 1024 * 1024
"""Bytes of a gzipped file that are read by one request."""

UNPACKED_AT_ONCE = 1024 * 1024

NEEDED = ("Bucket", "Key", "Size", "ObjectOwner")
"""The fields without which a report does not say what is to be repaired."""


class _File(Struct, frozen=True):
    key: str
    size: int
    MD5checksum: str = ""


class Manifest(Struct, frozen=True, rename="camel"):
    """The ``manifest.json`` of a report, as far as it is read."""

    source_bucket: str
    destination_bucket: str
    file_format: str
    file_schema: str
    files: list[_File] = []

    @property
    def fields(self) -> list[str]:
        """The names of the columns."""
        return [each.strip() for each in self.file_schema.split(",")]


async def read_manifest(store: Store, location: Location, bucket: str) -> Manifest:
    """The manifest of a report on `bucket`; raises `ProblemError` for one that cannot be used, and says why."""
    head = await store.head(location.bucket, location.key)
    if head.size > MOST_MANIFEST:
        raise _unusable(location, f"it has {head.size:,} bytes")
    content = await store.read(location.bucket, location.key, etag=head.etag, start=0, length=head.size)
    try:
        manifest = msgspec.json.decode(content, type=Manifest)
    except msgspec.MsgspecError as error:
        raise _unusable(location, f"it is no manifest.json of S3 Inventory: {error}") from error
    if manifest.source_bucket != bucket:
        raise _unusable(location, f"it is a report on {manifest.source_bucket}")
    if manifest.file_format != "CSV":
        raise _unusable(location, f"its files are {manifest.file_format}, only CSV is read")
    if missing := [name for name in NEEDED if name not in manifest.fields]:
        raise _unusable(location, f"it has no {' and no '.join(missing)}")
    return manifest


async def inventory_pages(
    store: Store, location: Location, selection: Selection, section: int
) -> AsyncGenerator[SectionPage]:
    """The current objects below one prefix of a selection, in the order of the report, with their owners.

    Raises `ProblemError` for a report that cannot be used, and for a file of it that is damaged.
    """
    prefix, bucket = outermost(selection.prefixes)[section - 1], selection.base.bucket
    manifest = await read_manifest(store, location, bucket)
    files_in = split_arn(manifest.destination_bucket)[0] if ":" in manifest.destination_bucket else location.bucket
    page: list[Picked] = []
    for file in manifest.files:
        async with aclosing(_rows(store, files_in, file, location)) as parts:
            async for rows in parts:
                for row in rows:
                    picked = _picked(dict(zip(manifest.fields, row, strict=False)))
                    if picked and picked.key.startswith(prefix):
                        page.append(picked)
                    if len(page) >= KEYS_PER_PAGE:
                        yield SectionPage(section, page)
                        page = []
    if page:
        yield SectionPage(section, page)


def _picked(row: Mapping[str, str]) -> Picked | None:
    """The object of a row; None for versions that are not current, and delete markers."""
    if row.get("IsLatest", "true") == "false" or row.get("IsDeleteMarker", "false") == "true" or not row.get("Size"):
        return None
    storage_class = row.get("StorageClass") or "STANDARD"
    return Picked(
        unquote_plus(row["Key"]),
        int(row["Size"]),
        _seconds(row.get("LastModifiedDate", "")),
        archived=storage_class in ARCHIVES,
        etag=f'"{row["ETag"]}"' if row.get("ETag") else "",
        storage_class=storage_class,
        owner=row["ObjectOwner"],
    )


def _seconds(date: str) -> float:
    try:
        return datetime.fromisoformat(date).timestamp()
    except ValueError:
        return 0.0


async def _rows(store: Store, bucket: str, file: _File, report: Location) -> AsyncGenerator[list[list[str]]]:
    """The rows of a file, some at a time: it is read in ranges and unpacked as it comes."""
    head = await store.head(bucket, file.key)
    unpacker, decoder = zlib.decompressobj(wbits=31), codecs.getincrementaldecoder("utf-8")()
    digest, rest = hashlib.md5(usedforsecurity=False), ""
    for start in range(0, head.size, READ_AT_ONCE):
        length = min(READ_AT_ONCE, head.size - start)
        packed = await store.read(bucket, file.key, etag=head.etag, start=start, length=length)
        digest.update(packed)
        while packed:
            try:
                text = decoder.decode(await asyncio.to_thread(unpacker.decompress, packed, UNPACKED_AT_ONCE))
            except (zlib.error, UnicodeDecodeError) as error:
                raise _damaged(report, file.key, str(error)) from error
            packed = unpacker.unconsumed_tail
            lines, _, rest = (rest + text).rpartition("\n")
            yield list(csv.reader(lines.split("\n") if lines else []))
    if rest := rest + decoder.decode(unpacker.flush()):
        yield list(csv.reader(rest.split("\n")))
    if file.MD5checksum and digest.hexdigest() != file.MD5checksum.lower():
        raise _damaged(report, file.key, "its MD5 is not the one that the manifest has")


def _unusable(location: Location, cause: str) -> ProblemError:
    return ProblemError(
        Problem(
            kind=ProblemKind.INVALID,
            title=f"the inventory report {location.uri} cannot be used",
            cause=cause,
            remedy=f"configure an inventory of the bucket as CSV with the fields {', '.join(NEEDED[2:])}",
            resource=location.uri,
        )
    )


def _damaged(report: Location, key: str, cause: str) -> ProblemError:
    return ProblemError(
        Problem(
            kind=ProblemKind.MISMATCH,
            title=f"a file of the inventory report {report.uri} is damaged",
            cause=f"{key}: {cause}",
            remedy="use another report",
            resource=report.uri,
        )
    )
