"""The objects of a job: from its manifest (CSV or an S3 Inventory report), or found by its manifest generator."""

import csv
import gzip
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote_plus

from tui.demo.cloud.call import AuthenticatedRequest, RequestResource
from tui.demo.cloud.content_bytes import whole
from tui.demo.cloud.messages import CloudError
from tui.demo.cloud.models import StoredObject

CSV_FORMAT = "S3BatchOperations_CSV_20180820"


@dataclass(frozen=True, slots=True)
class ManifestRow:
    """One object of the manifest; `line` is its line there."""

    bucket: str
    key: str
    version: str
    line: str


class ManifestError(Exception):
    """The job fails with this code and reason."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


def bucket_of(arn: str) -> str:
    return arn.removeprefix("arn:aws:s3:::").partition("/")[0]


def rows_of(call: AuthenticatedRequest, asked: dict[str, Any]) -> list[ManifestRow]:
    """The job's objects, read with the permissions of its role (`call`). Raises `ManifestError`."""
    if "ManifestGenerator" in asked:
        return _generated(call, asked["ManifestGenerator"]["S3JobManifestGenerator"])
    spec, location = asked["Manifest"]["Spec"], asked["Manifest"]["Location"]
    item = _read(call, location["ObjectArn"], location.get("ObjectVersionId", ""))
    _require_acl(call, location["ObjectArn"], item)
    if item.etag.strip('"') != location["ETag"].strip('"'):
        raise ManifestError("ManifestInvalid", "The ETag of the manifest is not the one that the job names")
    content = whole(item.content)
    if spec["Format"] == CSV_FORMAT:
        return list(_csv_rows(content, spec.get("Fields") or []))
    return list(_inventory_rows(call, content))


def _read(call: AuthenticatedRequest, arn: str, version: str = "") -> StoredObject:
    bucket, _, key = arn.removeprefix("arn:aws:s3:::").partition("/")
    action = "s3:GetObjectVersion" if version else "s3:GetObject"
    try:
        return call.object_of(call.store.bucket(bucket), key, version, action)
    except CloudError as error:
        raise ManifestError("ManifestNotFound" if "NoSuch" in error.code else "AccessDenied", str(error)) from error


def _require_acl(call: AuthenticatedRequest, arn: str, item: StoredObject) -> None:
    """In another account's bucket with ACLs, the role must be allowed to read the ACL of the manifest, too.

    Amazon S3 user guide, "Granting permissions for Batch Operations".
    """
    bucket = call.store.bucket(bucket_of(arn))
    if bucket.account == call.account or bucket.enforced:
        return
    try:
        call.require("s3:GetObjectAcl", RequestResource(bucket, item.name, item))
    except CloudError as error:
        reason = "Error occurred when preparing manifest: Failed to write manifest"
        raise ManifestError("AccessDenied", reason) from error


def _csv_rows(content: bytes, fields: list[str]) -> Iterator[ManifestRow]:
    if "Bucket" not in fields or "Key" not in fields:
        raise ManifestError("ManifestInvalid", "Fields must name Bucket and Key")
    for line in io.StringIO(content.decode(), newline=""):
        values = next(csv.reader([line]), [])
        if len(values) != len(fields):
            raise ManifestError("ManifestInvalid", f"A line has {len(values)} fields, not {len(fields)}")
        named = dict(zip(fields, values, strict=True))
        yield ManifestRow(named["Bucket"], unquote_plus(named["Key"]), named.get("VersionId", ""), line.rstrip("\r\n"))


def _inventory_rows(call: AuthenticatedRequest, content: bytes) -> Iterator[ManifestRow]:
    try:
        manifest = json.loads(content)
        columns = [name.strip() for name in manifest["fileSchema"].split(",")]
        bucket = bucket_of(manifest["destinationBucket"])
        files = [file["key"] for file in manifest["files"]]
    except (ValueError, KeyError, TypeError) as error:
        raise ManifestError("ManifestInvalid", "It is no manifest.json of S3 Inventory") from error
    if manifest.get("fileFormat") != "CSV":
        raise ManifestError("ManifestInvalid", "Only inventory reports in CSV can be manifests")
    for key in files:
        item = _read(call, f"arn:aws:s3:::{bucket}/{key}")
        packed = whole(item.content)
        for values in csv.reader(io.StringIO(gzip.decompress(packed).decode(), newline="")):
            named = dict(zip(columns, values, strict=False))
            version = named.get("VersionId", "")
            yield ManifestRow(named["Bucket"], unquote_plus(named["Key"]), version, ",".join(values))


def _generated(call: AuthenticatedRequest, generator: dict[str, Any]) -> list[ManifestRow]:
    bucket = call.store.bucket(bucket_of(generator["SourceBucket"]))
    try:
        call.require("s3:PutInventoryConfiguration", RequestResource(bucket))
    except CloudError as error:
        raise ManifestError("AccessDenied", str(error)) from error
    wanted = generator.get("Filter") or {}
    found = [item for key in bucket.keys.in_order() if (item := bucket.find(key)) and _takes(wanted, item)]
    return [ManifestRow(bucket.name, item.name, "", f"{bucket.name},{quote(item.name)}") for item in found]


def _takes(wanted: dict[str, Any], item: StoredObject) -> bool:
    names = wanted.get("KeyNameConstraint") or {}
    tests = (
        ("CreatedAfter", lambda value: item.last_modified > value),
        ("CreatedBefore", lambda value: item.last_modified < value),
        ("ObjectSizeGreaterThanBytes", lambda value: item.size > value),
        ("ObjectSizeLessThanBytes", lambda value: item.size < value),
        ("MatchAnyStorageClass", lambda value: str(item.storage_class) in value),
    )
    of_names = (
        ("MatchAnyPrefix", item.name.startswith),
        ("MatchAnySuffix", item.name.endswith),
        ("MatchAnySubstring", item.name.__contains__),
    )
    return all(test(wanted[name]) for name, test in tests if wanted.get(name) is not None) and all(
        any(map(test, names[name])) for name, test in of_names if names.get(name)
    )
