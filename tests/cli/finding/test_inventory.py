"""``find`` and ``du`` by S3 Inventory reports, found by the bucket's configuration: CSV, Parquet and ORC."""

from __future__ import annotations

import csv
import gzip
import io
import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest

from tests.cli.finding.test_find import Place, only_demo, place
from tests.servers.buckets import BucketPair, fresh_bucket

__all__ = ["place"]

WRITTEN = datetime(2026, 11, 20, 12, tzinfo=UTC)
ROWS: list[dict[str, Any]] = [
    {"key": "in/a b+ü.csv", "size": 100, "storage_class": "STANDARD", "is_latest": True, "is_delete_marker": False},
    {"key": "in/cold.csv", "size": 5000, "storage_class": "GLACIER", "is_latest": True, "is_delete_marker": False},
    {"key": "in/old.csv", "size": 7, "storage_class": "STANDARD", "is_latest": False, "is_delete_marker": False},
    {"key": "in/gone.csv", "size": None, "storage_class": None, "is_latest": True, "is_delete_marker": True},
    {"key": "out/b.csv", "size": 1, "storage_class": "STANDARD", "is_latest": True, "is_delete_marker": False},
]
FIELDS = ["Bucket", "Key", "Size", "LastModifiedDate", "StorageClass", "IsLatest", "IsDeleteMarker"]
PARQUET_SCHEMA = (
    "message s3.inventory { required binary bucket (UTF8); required binary key (UTF8); optional boolean is_latest; "
    "optional boolean is_delete_marker; optional int64 size; optional int64 last_modified_date (TIMESTAMP_MILLIS); "
    "optional binary storage_class (UTF8); }"
)
ORC_SCHEMA = (
    "struct<bucket:string,key:string,is_latest:boolean,is_delete_marker:boolean,size:bigint,"
    "last_modified_date:timestamp,storage_class:string>"
)


def written(file_format: str, bucket: str) -> tuple[bytes, str]:
    """A file of a report, and the schema that its manifest has."""
    if file_format == "CSV":
        text = io.StringIO()
        for row in ROWS:
            size = "" if row["size"] is None else row["size"]
            flags = [str(row[name]).lower() for name in ("is_latest", "is_delete_marker")]
            fields = [bucket, quote(str(row["key"])), size, "2026-11-20T12:00:00.000Z", row["storage_class"], *flags]
            csv.writer(text, quoting=csv.QUOTE_ALL).writerow(fields)
        return gzip.compress(text.getvalue().encode()), ", ".join(FIELDS)
    import pyarrow as pa
    from pyarrow import orc, parquet

    table = pa.Table.from_pylist([{"bucket": bucket, "last_modified_date": WRITTEN, **row} for row in ROWS])
    packed = io.BytesIO()
    if file_format == "ORC":
        orc.write_table(table, packed)
        return packed.getvalue(), ORC_SCHEMA
    parquet.write_table(table, packed)
    return packed.getvalue(), PARQUET_SCHEMA


def put_report(place: Place, target: str, file_format: str, day: int) -> str:
    """Write a report of one day as S3 does; returns the URI of its manifest."""
    content, schema = written(file_format, place.bucket)
    base = f"reports/{place.bucket}/daily"
    client: Any = place.client
    client.put_object(Bucket=target, Key=f"{base}/data/{day}", Body=content)
    manifest = {
        "sourceBucket": place.bucket,
        "destinationBucket": f"arn:aws:s3:::{target}",
        "creationTimestamp": str(int(WRITTEN.timestamp() * 1000)),
        "fileFormat": file_format,
        "fileSchema": schema,
        "files": [{"key": f"{base}/data/{day}", "size": len(content)}],
    }
    key = f"{base}/2026-11-{day:02}T01-00Z/manifest.json"
    client.put_object(Bucket=target, Key=key, Body=json.dumps(manifest).encode())
    return f"s3://{target}/{key}"


def configure(place: Place, target: str, **more: Any) -> None:
    """Have the bucket name where its reports go."""
    destination = {"Bucket": f"arn:aws:s3:::{target}", "Format": "CSV", "Prefix": "reports"}
    inventory = {
        "Id": "daily",
        "IsEnabled": True,
        "IncludedObjectVersions": "All",
        "Schedule": {"Frequency": "Daily"},
        "Destination": {"S3BucketDestination": destination},
        **more,
    }
    client: Any = place.client
    client.put_bucket_inventory_configuration(Bucket=place.bucket, Id="daily", InventoryConfiguration=inventory)


@only_demo
@pytest.mark.parametrize("file_format", ["CSV", "Parquet", "ORC"])
def test_the_newest_report_takes_the_place_of_a_listing(
    place: Place, bucket_pair: BucketPair, file_format: str
) -> None:
    with fresh_bucket(bucket_pair.server, bucket_pair.server.a) as target:
        manifest = put_report(place, target, "CSV", 19)
        newest = put_report(place, target, file_format, 20)
        configure(place, target)
        done = place.find("--inventory", "auto", "--name", "in/*", "--json")
        assert done.code == 0, done
        assert [(each["key"], each["size"]) for each in done.objects] == [("in/a b+ü.csv", 100), ("in/cold.csv", 5000)]
        assert f"({file_format}) on the whole bucket: {newest}" in done.err
        assert done.objects[0]["modified"] == "2026-11-20T12:00:00Z"
        assert place.find("--inventory", manifest, "--class", "GLACIER").out == f"s3://{place.bucket}/in/cold.csv\n"
        sums = place.run("du", "--inventory", "auto", "--json").objects
        assert [(each["prefix"].rpartition(place.bucket)[2], each["bytes"]) for each in sums[:-2]] == [
            ("/in/", 5100),
            ("/out/", 1),
        ]


@only_demo
def test_why_there_is_no_report_is_said(place: Place, bucket_pair: BucketPair) -> None:
    assert "has no inventory configuration" in place.find("--inventory", "auto").err
    with fresh_bucket(bucket_pair.server, bucket_pair.server.a) as target:
        configure(place, target, Filter={"Prefix": "other/"})
        assert "no enabled inventory" in place.find("--inventory", "auto").err
        configure(place, target)
        assert "no report has been written yet" in place.find("--inventory", "auto").err
        manifest = put_report(place, target, "CSV", 21)
        assert "it has no ObjectOwner" in place.find("--inventory", manifest, "--owner", "x").err
        assert place.find("--inventory", "nothing:").code == 2
