"""The rows of a gzipped CSV file of a report: it is unpacked as it comes."""

from __future__ import annotations

import codecs
import csv
import hashlib
from collections.abc import Sequence

from tui.core.content import Compression
from tui.core.naming import counted
from tui.reader.asked_content import Parent
from tui.reader.compression import Members
from tui.reader.messages import ReadReport
from tui.reader.report_rows import page_of

LONGEST_ROW = 64 * 1024
"""Characters of a row."""


def read_csv(parent: Parent, job: ReadReport) -> None:
    """Pages of some rows each."""
    unpacked, decoder = Members(Compression.GZIP), codecs.getincrementaldecoder("utf-8")()
    digest, rest = hashlib.md5(usedforsecurity=False), ""
    for packed in parent.ranges(job.size):
        digest.update(packed)
        for piece in unpacked.feed(packed):
            lines, _, rest = (rest + decoder.decode(piece)).rpartition("\n")
            if len(rest) > LONGEST_ROW:
                raise ValueError(f"a row has more than {LONGEST_ROW:,} characters")
            if lines:
                _tell(parent, job, lines)
    rest += decoder.decode(b"", final=True)
    if not unpacked.ended:
        raise ValueError("it ends too soon")
    if rest:
        _tell(parent, job, rest)
    if job.md5 and digest.hexdigest() != job.md5.lower():
        raise ValueError("its MD5 is not the one that the manifest has")


def _tell(parent: Parent, job: ReadReport, lines: str) -> None:
    rows = [row for row in csv.reader(lines.split("\n"), strict=True) if row]
    if short := next((row for row in rows if len(row) < len(job.names)), None):
        raise ValueError(f"a row has {counted(len(short), 'column')}, not {len(job.names)}")
    columns: dict[str, Sequence[object]] = {}
    for field, name in job.fields.items():
        place = job.names.index(name)
        columns[field] = [row[place] for row in rows]
    parent.found(page_of(columns, len(rows), job.prefix, encoded=True))
