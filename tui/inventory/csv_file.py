"""The rows of a gzipped CSV file of a report: it is read in ranges and unpacked as it comes."""

from __future__ import annotations

import asyncio
import codecs
import csv
import hashlib
import zlib
from collections.abc import AsyncGenerator, Iterator, Sequence

from tui.inventory.manifest import Manifest, ReportFile
from tui.inventory.problems import damaged
from tui.inventory.rows import Batch
from tui.model.location import Location
from tui.stores.base import Store

READ_AT_ONCE = 4 * 1024 * 1024
"""Bytes of a gzipped file that are read by one request."""

UNPACKED_AT_ONCE = 1024 * 1024


async def csv_batches(
    store: Store, manifest: Manifest, file: ReportFile, report: Location, fields: Sequence[str]
) -> AsyncGenerator[Batch, None]:
    """These fields of some rows at a time. Raises `ProblemError`, also for a file that is damaged."""
    bucket = manifest.files_in(report)
    head = await store.head(bucket, file.key)
    unpacker, decoder = zlib.decompressobj(wbits=31), codecs.getincrementaldecoder("utf-8")()
    digest, rest = hashlib.md5(usedforsecurity=False), ""
    for start in range(0, head.size, READ_AT_ONCE):
        length = min(READ_AT_ONCE, head.size - start)
        packed = await store.read(bucket, file.key, etag=head.etag, start=start, length=length)
        digest.update(packed)
        while packed:
            if unpacker.eof:  # another member follows (RFC 1952)
                unpacker = zlib.decompressobj(wbits=31)
            try:
                text = decoder.decode(await asyncio.to_thread(unpacker.decompress, packed, UNPACKED_AT_ONCE))
            except (zlib.error, UnicodeDecodeError) as error:
                raise damaged(report, file.key, str(error)) from error
            packed = unpacker.unconsumed_tail or unpacker.unused_data
            lines, _, rest = (rest + text).rpartition("\n")
            if lines:
                yield _batch(manifest, lines, fields)
    try:
        rest += decoder.decode(unpacker.flush(), final=True)
    except (zlib.error, UnicodeDecodeError) as error:
        raise damaged(report, file.key, str(error)) from error
    if not unpacker.eof:
        raise damaged(report, file.key, "it ends too soon")
    if rest:
        yield _batch(manifest, rest, fields)
    if file.MD5checksum and digest.hexdigest() != file.MD5checksum.lower():
        raise damaged(report, file.key, "its MD5 is not the one that the manifest has")


def _batch(manifest: Manifest, lines: str, fields: Sequence[str]) -> Batch:
    names = manifest.columns
    rows = [row for row in csv.reader(lines.split("\n")) if row]
    places = {field: names.index(column) for field in fields if (column := manifest.column(field))}
    return Batch({field: list(_column(rows, place)) for field, place in places.items()}, len(rows), encoded=True)


def _column(rows: list[list[str]], place: int) -> Iterator[str]:
    return (row[place] if place < len(row) else "" for row in rows)
