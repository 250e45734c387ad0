"""Reads the XML of a ListObjectVersions answer: versions and delete markers in the order in which they stand there.

botocore makes two lists of them, from which the order within a key cannot be had again: times are in whole seconds.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from xml.etree.ElementTree import Element

from tui.core.identity import Owner
from tui.core.naming import counted
from tui.core.versions import NULL_VERSION, ObjectVersion, VersionMarker, VersionPage
from tui.stores.s3.lists.columns import sizes, times, url_decoded
from tui.stores.s3.lists.pages import MOST_ROWS, local_name, parsed_xml, texts
from tui.stores.s3.lists.raw_page import PageError

_VERSION, _MARKER = "Version", "DeleteMarker"


def read_versions(body: bytes, prefix: str) -> VersionPage:
    """Read one answer about `prefix`; raise `PageError` for a body that is no list of versions, or not about it."""
    root = parsed_xml(body)
    if local_name(root) not in ("ListVersionsResult", "ListObjectVersionsResult"):
        raise PageError(f"expected a list of versions, the server sent <{local_name(root)}>")
    around = dict(texts(root))
    encoded = around.get("EncodingType") == "url"
    rows = [child for child in root if local_name(child) in (_VERSION, _MARKER)]
    if len(rows) > MOST_ROWS:
        raise PageError(f"it has {counted(len(rows), 'row')}, more than {MOST_ROWS}")
    try:
        versions = [_version(row, encoded) for row in rows]
        prefixes = [
            _decoded(dict(texts(child)).get("Prefix", ""), encoded)
            for child in root
            if local_name(child) == "CommonPrefixes"
        ]
    except (ValueError, OverflowError) as error:
        raise PageError(f"a version of the list cannot be read: {error}") from error
    for key in (*prefixes, *(each.key for each in versions)):
        if not key or not key.startswith(prefix):
            raise PageError(f"it lists {key!r}, which does not begin with {prefix!r}")
    return VersionPage(prefixes, versions, _next(around, versions, prefixes, encoded))


def _version(row: Element, encoded: bool) -> ObjectVersion:
    said = dict(texts(row))
    marker = local_name(row) == _MARKER
    return ObjectVersion(
        key=_decoded(said.get("Key", ""), encoded),
        version=said.get("VersionId", "") or NULL_VERSION,
        latest=said.get("IsLatest", "").strip().lower() == "true",
        marker=marker,
        size=array("q", sizes([said.get("Size", "")]))[0],
        modified=float(array("q", times([said.get("LastModified", "")]))[0]),
        etag=said.get("ETag", ""),
        storage_class="" if marker else said.get("StorageClass", ""),
        owner=_owner(row),
    )


def _owner(row: Element) -> Owner | None:
    for child in row:
        if local_name(child) == "Owner":
            said = dict(texts(child))
            return Owner(said["ID"], said.get("DisplayName", "")) if said.get("ID") else None
    return None


def _next(
    around: Mapping[str, str], versions: list[ObjectVersion], prefixes: list[str], encoded: bool
) -> VersionMarker | None:
    """Where the next page begins. Raises `PageError` for one that would begin nowhere or where this one did."""
    if around.get("IsTruncated", "").strip().lower() != "true":
        return None
    key = _decoded(around.get("NextKeyMarker", ""), encoded)
    found = VersionMarker(key, around.get("NextVersionIdMarker", ""))
    before = VersionMarker(_decoded(around.get("KeyMarker", ""), encoded), around.get("VersionIdMarker", ""))
    if not key:
        raise PageError("the list is truncated but has no key marker")
    if found == before or not (versions or prefixes):
        raise PageError("the server's key marker repeats")
    return found


def _decoded(text: str, encoded: bool) -> str:
    return url_decoded([text])[0] if encoded else text
