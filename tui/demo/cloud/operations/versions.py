"""ListObjectVersions."""

from itertools import dropwhile

from tui.demo.cloud.call import Call
from tui.demo.cloud.errors import CloudError
from tui.demo.cloud.messages import Response
from tui.demo.cloud.objects import DeleteMarker, StoredObject
from tui.demo.cloud.operations.listing import Listing, checksum_names, entries, iso
from tui.demo.cloud.xml import document, leaf, node
from tui.demo.profiles import canonical_id

Version = StoredObject | DeleteMarker


class _Page:
    """Versions and common prefixes of one page, which `limit` counts together; a page may end inside a key."""

    def __init__(self, limit: int) -> None:
        self.versions: list[tuple[Version, bool]] = []
        """Each with whether it is the newest of its key."""
        self.prefixes: list[str] = []
        self.truncated = False
        self.last = ("", "")
        """The last key or prefix of the page, and its version."""
        self._limit = limit

    def has_room(self) -> bool:
        """Whether one more fits; if not, the page is truncated."""
        full = len(self.versions) + len(self.prefixes) == self._limit
        self.truncated = full and self._limit > 0
        return not full

    def add_versions(self, versions: list[Version], newest: Version) -> bool:
        """Add versions of a key; False when there was no room for all."""
        for version in versions:
            if not self.has_room():
                return False
            self.versions.append((version, version is newest))
            self.last = (version.name, str(version.version_id))
        return True

    def add_prefix(self, prefix: str) -> bool:
        """Add a common prefix; False when there was no room for it."""
        if not self.has_room():
            return False
        self.prefixes.append(prefix)
        self.last = (prefix, "")
        return True


def list_object_versions(call: Call) -> Response:
    """A page of versions and delete markers: by key, then newest first."""
    call.require_on_bucket("s3:ListBucketVersions")
    query = call.request.query
    marker, version_marker = query.get("key-marker", ""), query.get("version-id-marker", "")
    if version_marker and not marker:
        raise CloudError("InvalidArgument", "A version-id marker cannot be specified without a key marker.")
    listing = Listing(call, marker)
    page = _page(listing, marker, version_marker)
    elements = listing.head()
    elements += [
        leaf("KeyMarker", listing.text(marker)),
        leaf("VersionIdMarker", version_marker),
        leaf("IsTruncated", page.truncated),
    ]
    if page.truncated:
        key, version = page.last
        elements.append(leaf("NextKeyMarker", listing.text(key)))
        elements += [leaf("NextVersionIdMarker", version)] if version else []
    elements += [_version(listing, version, latest=latest) for version, latest in page.versions]
    return Response(body=document("ListVersionsResult", elements + listing.prefixes(page.prefixes)))


def _page(listing: Listing, marker: str, version_marker: str) -> _Page:
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


def _version(listing: Listing, version: Version, *, latest: bool) -> str:
    name, owner, described = "DeleteMarker", listing.bucket.account, ""
    if isinstance(version, StoredObject):
        name, owner = "Version", listing.bucket.owner_of(version)
        described = (
            leaf("ETag", version.etag)
            + checksum_names(version)
            + leaf("Size", version.size)
            + leaf("StorageClass", str(version.storage_class))
        )
    return node(
        name,
        leaf("Key", listing.text(version.name)),
        leaf("VersionId", version.version_id),
        leaf("IsLatest", latest),
        leaf("LastModified", iso(version.last_modified)),
        described,
        node("Owner", leaf("ID", canonical_id(owner))),
    )
