"""ListBuckets, ListObjects and ListObjectVersions."""

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import dropwhile
from typing import Final
from urllib.parse import quote_plus

from tui.demo.cloud.call import AuthenticatedRequest
from tui.demo.cloud.messages import CloudError, DemoResponse, document, escaped, iso, leaf, node
from tui.demo.cloud.models import DeleteMarker, DemoBucket, StoredObject
from tui.demo.demo_profiles import canonical_id

PAGE: Final = 1000
MAX_BUCKETS: Final = 10_000


@dataclass(slots=True)
class DemoListPage:
    """Keys and common prefixes of one page; `last` is the last of them."""

    keys: list[str] = field(default_factory=list)
    prefixes: list[str] = field(default_factory=list)
    truncated: bool = False
    last: str = ""


@dataclass(frozen=True, slots=True)
class ListingParameters:
    """The keys that a listing asks for."""

    prefix: str
    delimiter: str
    after: str
    """The page begins after this key or common prefix."""
    limit: int

    @property
    def after_is_prefix(self) -> bool:
        """Whether the last page ended with a common prefix; then all its keys are done."""
        if not self.delimiter or not self.after.startswith(self.prefix):
            return False
        cut = self.after.find(self.delimiter, len(self.prefix))
        return cut >= 0 and cut + len(self.delimiter) == len(self.after)


def list_buckets(call: AuthenticatedRequest) -> DemoResponse:
    """Only the caller's own buckets, although it may open others by name."""
    caller = call.require_of_identity("s3:ListAllMyBuckets", "*")
    query = call.request.query
    prefix, region, token = (query.get(name, "") for name in ("prefix", "bucket-region", "continuation-token"))
    after = _from_token(token) if token else ""
    found = [
        one
        for one in call.store.buckets_of(caller.account)
        if one.name.startswith(prefix) and one.name > after and region in ("", one.region_name)
    ]
    limit = call.number("max-buckets", MAX_BUCKETS, most=MAX_BUCKETS)
    buckets = found[:limit]
    listed = [
        node("Bucket", leaf(Name=bucket.name, CreationDate=iso(bucket.creation_date), BucketRegion=bucket.region_name))
        for bucket in buckets
    ]
    owner = node("Owner", leaf(ID=caller.canonical_id))
    elements = [owner, node("Buckets", *listed)]
    if buckets and len(buckets) < len(found):
        elements.append(leaf(ContinuationToken=_token(buckets[-1].name)))
    if prefix:
        elements.append(leaf(Prefix=prefix))
    return DemoResponse(body=document("ListAllMyBucketsResult", elements))


def successor(prefix: str) -> str:
    """The smallest string that is greater than all strings with the prefix."""
    return prefix[:-1] + chr(ord(prefix[-1]) + 1)


def entries(bucket: DemoBucket, span: ListingParameters, listed: Callable[[str], bool]) -> Iterator[tuple[str, bool]]:
    """Keys and common prefixes in key order, with a flag for common prefixes; `listed` filters keys."""
    start = max(span.prefix, span.after)
    if span.after_is_prefix:
        start = max(start, successor(span.after))
    order, index = bucket.keys_from(start)
    while index < len(order) and order[index].startswith(span.prefix):
        key = order[index]
        cut = key.find(span.delimiter, len(span.prefix)) if span.delimiter else -1
        if key == span.after or not listed(key):
            index += 1
        elif cut < 0:
            yield key, False
            index += 1
        else:
            prefix = key[: cut + len(span.delimiter)]
            yield prefix, True
            order, index = bucket.keys_from(successor(prefix))


def page_of(bucket: DemoBucket, span: ListingParameters, listed: Callable[[str], bool]) -> DemoListPage:
    """A page in key order; `listed` filters out keys whose newest version is a delete marker."""
    page = DemoListPage()
    for entry, is_prefix in entries(bucket, span, listed):
        if len(page.keys) + len(page.prefixes) == span.limit:
            page.truncated = span.limit > 0
            break
        (page.prefixes if is_prefix else page.keys).append(entry)
        page.last = entry
    return page


class DemoListing:
    """The shared part of the listings: the request's parameters, and entries as XML."""

    def __init__(self, call: AuthenticatedRequest, after: str) -> None:
        query = call.request.query
        self.bucket = call.bucket
        self.encoded = call.encodes_keys()
        self.span = ListingParameters(
            query.get("prefix", ""), query.get("delimiter", ""), after, call.number("max-keys", PAGE, most=PAGE)
        )

    def text(self, value: str) -> str:
        return quote_plus(value, safe="/") if self.encoded else value

    def head(self) -> list[str]:
        """The elements that repeat the request."""
        return [
            leaf(
                Name=self.bucket.name,
                Prefix=self.text(self.span.prefix),
                MaxKeys=self.span.limit,
                Delimiter=self.text(self.span.delimiter) if self.span.delimiter else None,
                EncodingType="url" if self.encoded else None,
            )
        ]

    def contents(self, page: DemoListPage, owners: bool) -> list[str]:
        found = ((key, self.bucket.find(key)) for key in page.keys)
        objects = [self._object(key, item, owners) for key, item in found if item is not None]
        return objects + self.prefixes(page.prefixes)

    def prefixes(self, prefixes: list[str]) -> list[str]:
        return [node("CommonPrefixes", leaf(Prefix=self.text(prefix))) for prefix in prefixes]

    def _object(self, key: str, item: StoredObject, owners: bool) -> str:
        owner = canonical_id(self.bucket.owner_of(item)) if owners else ""
        algorithm = checksum_names(item)
        return (
            f"<Contents><Key>{escaped(self.text(key))}</Key><LastModified>{iso(item.last_modified)}"
            f"</LastModified><ETag>{escaped(item.etag)}</ETag>{algorithm}<Size>{item.size}</Size>"
            + (f"<Owner><ID>{owner}</ID></Owner>" if owner else "")
            + f"<StorageClass>{item.storage_class}</StorageClass></Contents>"
        )

    def is_listed(self, key: str) -> bool:
        """Whether the key's newest version is an object."""
        return self.bucket.find(key) is not None


def checksum_names(item: StoredObject) -> str:
    checksum = item.checksum
    return leaf(ChecksumAlgorithm=checksum.algorithm, ChecksumType=checksum.type) if checksum else ""


def list_objects_v2(call: AuthenticatedRequest) -> DemoResponse:
    """The continuation token is opaque to clients; it contains the last entry."""
    call.require_on_bucket("s3:ListBucket")
    query = call.request.query
    token = query.get("continuation-token")
    listing = DemoListing(call, _from_token(token) if token is not None else query.get("start-after", ""))
    page = page_of(listing.bucket, listing.span, listing.is_listed)
    elements = listing.head()
    elements += [
        leaf(
            KeyCount=len(page.keys) + len(page.prefixes),
            IsTruncated=page.truncated,
            ContinuationToken=token,
            StartAfter=listing.text(query["start-after"]) if "start-after" in query else None,
            NextContinuationToken=_token(page.last) if page.truncated else None,
        )
    ]
    elements += listing.contents(page, owners=query.get("fetch-owner") == "true")
    return DemoResponse(body=document("ListBucketResult", elements))


def _token(last: str) -> str:
    return base64.urlsafe_b64encode(last.encode()).decode()


def _from_token(token: str) -> str:
    try:
        after = base64.urlsafe_b64decode(token).decode()
    except ValueError:
        after = ""
    if not after:
        raise CloudError("InvalidArgument", "The continuation token provided is incorrect")
    return after


def list_objects(call: AuthenticatedRequest) -> DemoResponse:
    """The older operation: it has a marker instead of a token, and always returns owners."""
    call.require_on_bucket("s3:ListBucket")
    marker = call.request.query.get("marker", "")
    listing = DemoListing(call, marker)
    page = page_of(listing.bucket, listing.span, listing.is_listed)
    # Without a delimiter, the page's last key is the next marker.
    following = listing.text(page.last) if page.truncated and listing.span.delimiter else None
    more = leaf(Marker=listing.text(marker), IsTruncated=page.truncated, NextMarker=following)
    elements = [*listing.head(), more, *listing.contents(page, owners=True)]
    return DemoResponse(body=document("ListBucketResult", elements))


DemoVersion = StoredObject | DeleteMarker


class _Page:
    """Versions and common prefixes of one page; `limit` counts both. A page may end within a key."""

    def __init__(self, limit: int) -> None:
        self.versions: list[tuple[DemoVersion, bool]] = []
        """Each with a flag: whether it is the key's newest version."""
        self.prefixes: list[str] = []
        self.truncated = False
        self.last = ("", "")
        """The page's last key or prefix, and its version."""
        self._limit = limit

    def has_room(self) -> bool:
        """If nothing more fits, the page is truncated."""
        full = len(self.versions) + len(self.prefixes) == self._limit
        self.truncated = full and self._limit > 0
        return not full

    def add_versions(self, versions: list[DemoVersion], newest: DemoVersion) -> bool:
        """False if not all fit."""
        for version in versions:
            if not self.has_room():
                return False
            self.versions.append((version, version is newest))
            self.last = (version.name, str(version.version_id))
        return True

    def add_prefix(self, prefix: str) -> bool:
        """False if it does not fit."""
        if not self.has_room():
            return False
        self.prefixes.append(prefix)
        self.last = (prefix, "")
        return True


def list_object_versions(call: AuthenticatedRequest) -> DemoResponse:
    """Versions and delete markers, by key and then newest first."""
    call.require_on_bucket("s3:ListBucketVersions")
    query = call.request.query
    marker, version_marker = query.get("key-marker", ""), query.get("version-id-marker", "")
    if version_marker and not marker:
        raise CloudError("InvalidArgument", "A version-id marker cannot be specified without a key marker.")
    listing = DemoListing(call, marker)
    page = _page(listing, marker, version_marker)
    elements = listing.head()
    elements += [leaf(KeyMarker=listing.text(marker), VersionIdMarker=version_marker, IsTruncated=page.truncated)]
    if page.truncated:
        key, version = page.last
        elements.append(leaf(NextKeyMarker=listing.text(key), NextVersionIdMarker=version or None))
    elements += [_version(listing, version, latest=latest) for version, latest in page.versions]
    return DemoResponse(body=document("ListVersionsResult", elements + listing.prefixes(page.prefixes)))


def _page(listing: DemoListing, marker: str, version_marker: str) -> _Page:
    page = _Page(listing.span.limit)
    if version_marker:
        versions = listing.bucket.versions(marker)
        rest = list(dropwhile(lambda one: str(one.version_id) != version_marker, versions))[1:]
        if rest and not page.add_versions(rest, versions[0]):
            return page
    for entry, is_prefix in entries(listing.bucket, listing.span, lambda _key: True):
        versions = [] if is_prefix else listing.bucket.versions(entry)
        if not (page.add_prefix(entry) if is_prefix else page.add_versions(versions, versions[0])):
            break
    return page


def _version(listing: DemoListing, version: DemoVersion, *, latest: bool) -> str:
    name, owner, described = "DeleteMarker", listing.bucket.account, ""
    if isinstance(version, StoredObject):
        name, owner = "Version", listing.bucket.owner_of(version)
        size = leaf(Size=version.size, StorageClass=str(version.storage_class))
        described = leaf(ETag=version.etag) + checksum_names(version) + size
    return node(
        name,
        leaf(
            Key=listing.text(version.name),
            VersionId=version.version_id,
            IsLatest=latest,
            LastModified=iso(version.last_modified),
        ),
        described,
        node("Owner", leaf(ID=canonical_id(owner))),
    )
