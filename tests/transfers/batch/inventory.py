"""S3 Inventory reports as S3 writes them: a ``manifest.json``, and files in CSV, Parquet or ORC."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote_plus

WRITTEN = datetime(2026, 11, 20, 12, tzinfo=UTC)
VERSIONED = ("VersionId", "IsLatest", "IsDeleteMarker")


@dataclass(frozen=True, slots=True)
class Row:
    """A version of an object; of reports without versions key and size alone are written."""

    key: str
    size: int = 1
    version: str = ""
    latest: bool = True
    marker: bool = False


@dataclass
class Inventory:
    """The reports of one configuration of a bucket, in another bucket; `age` in seconds.

    A CSV file is cut into `members` that are gzipped one after the other.
    """

    client: Any
    bucket: str
    target: str
    name: str = "daily"
    file_format: str = "CSV"
    versions: bool = False
    age: float = 3600.0
    members: int = 1

    @property
    def folder(self) -> str:
        """Where they are."""
        return f"reports/{self.bucket}/{self.name}/"

    def configure(self, prefix: str = "") -> None:
        """Have the bucket name where its reports go."""
        destination = {"Bucket": f"arn:aws:s3:::{self.target}", "Format": self.file_format, "Prefix": "reports"}
        inventory: dict[str, Any] = {
            "Id": self.name,
            "IsEnabled": True,
            "IncludedObjectVersions": "All" if self.versions else "Current",
            "Schedule": {"Frequency": "Daily"},
            "Destination": {"S3BucketDestination": destination},
        }
        if prefix:
            inventory["Filter"] = {"Prefix": prefix}
        self.client.put_bucket_inventory_configuration(
            Bucket=self.bucket, Id=self.name, InventoryConfiguration=inventory
        )

    def write(
        self,
        rows: Sequence[Row],
        *,
        day: int = 20,
        without_file: bool = False,
        part: int | None = None,
        **more: Any,
    ) -> str:
        """A report of one day; returns the key of its manifest. `part`: where its file ends."""
        content, schema = self._file(rows)
        content = content[:part]
        data = f"{self.folder}data/{day}"
        if not without_file:
            self.client.put_object(Bucket=self.target, Key=data, Body=content)
        manifest = {
            "sourceBucket": self.bucket,
            "destinationBucket": f"arn:aws:s3:::{self.target}",
            "version": "2016-11-30",
            "creationTimestamp": str(int((time.time() - self.age) * 1000)),
            "fileFormat": self.file_format,
            "fileSchema": schema,
            "files": [{"key": data, "size": len(content), "MD5checksum": hashlib.md5(content).hexdigest()}],
            **more,
        }
        key = f"{self.folder}2026-11-{day:02}T01-00Z/manifest.json"
        self.client.put_object(Bucket=self.target, Key=key, Body=json.dumps(manifest).encode())
        return key

    def _file(self, rows: Sequence[Row]) -> tuple[bytes, str]:
        names = ["Bucket", "Key", *(VERSIONED if self.versions else ()), "Size", "LastModifiedDate"]
        if self.file_format == "CSV":
            text = io.StringIO(newline="")
            writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
            for row in rows:
                versions = [row.version, str(row.latest).lower(), str(row.marker).lower()] if self.versions else []
                size = "" if row.marker else str(row.size)
                writer.writerow([self.bucket, quote_plus(row.key), *versions, size, "2026-11-20T12:00:00.000Z"])
            lines = text.getvalue().encode().splitlines(keepends=True)
            length = -(-len(lines) // self.members)
            parts = [b"".join(lines[at : at + length]) for at in range(0, len(lines), length)]
            return b"".join(map(gzip.compress, parts)), ", ".join(names)
        import pyarrow as pa
        from pyarrow import orc, parquet

        columns: dict[str, Any] = {"bucket": [self.bucket] * len(rows), "key": [row.key for row in rows]}
        if self.versions:
            columns |= {
                "version_id": pa.array([row.version or None for row in rows], pa.string()),
                "is_latest": [row.latest for row in rows],
                "is_delete_marker": [row.marker for row in rows],
            }
        columns |= {
            "size": [None if row.marker else row.size for row in rows],
            "last_modified_date": [WRITTEN] * len(rows),
        }
        packed, table = io.BytesIO(), pa.table(columns)
        types = {
            "is_latest": "boolean",
            "is_delete_marker": "boolean",
            "size": "bigint",
            "last_modified_date": "timestamp",
        }
        if self.file_format == "ORC":
            orc.write_table(table, packed)
            fields = ",".join(f"{name}:{types.get(name, 'string')}" for name in columns)
            return packed.getvalue(), f"struct<{fields}>"
        parquet.write_table(table, packed)
        fields = "; ".join(f"optional {_parquet_type(types.get(name, 'string'))} {name}" for name in columns)
        return packed.getvalue(), f"message s3.inventory {{ {fields}; }}"


def _parquet_type(name: str) -> str:
    return {"bigint": "int64", "timestamp": "int64", "string": "binary"}.get(name, name)
