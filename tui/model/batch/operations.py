"""What a job of S3 Batch Operations does to each object, and how the job is made.

Amazon S3 user guide, "Operations supported by S3 Batch Operations".
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from tui.model.archive.restoring import ARCHIVE_CLASSES, TIERING
from tui.model.location import Location

USUAL_PRIORITY = 10
MOST_PRIORITY = 2**31 - 1
MOST_TAGS = 10
"""On an object, and so in one operation."""


class BatchTags(Struct, frozen=True, tag="put-tags"):
    """The tags of each object are replaced by these, names and values in their order; no tags: they are removed."""

    tags: list[tuple[str, str]] = []


class BatchAcl(Struct, frozen=True, tag="put-acl"):
    """Each object gets a canned ACL (``bucket-owner-full-control``)."""

    acl: str


class BatchRestore(Struct, frozen=True, tag="restore"):
    """Archived objects get copies that can be read for `days`. S3 Batch Operations knows no expedited tier.

    `days` None: those in an archive tier of INTELLIGENT_TIERING, whose restores have no end. A job restores either
    these or the others (Amazon S3 API reference, S3InitiateRestoreObjectOperation).
    """

    days: int | None
    bulk: bool = False
    """The tier: Bulk, else Standard."""

    @property
    def classes(self) -> tuple[str, ...]:
        """The storage classes of what it restores."""
        return (TIERING,) if self.days is None else ARCHIVE_CLASSES


class BatchChecksum(Struct, frozen=True, tag="checksum"):
    """S3 reads each object and computes its checksum; the result of each object has it."""

    algorithm: str = "CRC64NVME"


class ManifestSource(StrEnum):
    """Where a job's list of objects is from."""

    AUTO = "auto"
    """The service's generator where its filters say what is wanted, else a list."""
    LIST = "list"
    """A CSV file that is written of a listing, filters and conflict policy applied."""
    INVENTORY = "inventory"
    """A report of S3 Inventory."""
    GENERATOR = "generator"
    """Written by S3 itself: prefixes, suffixes, sizes, times and storage classes can be filtered."""


class BatchOptions(Struct, frozen=True):
    """How a job is made.

    `role` is the ARN of the IAM role that S3 assumes for it; `reports` the bucket and prefix below which manifest and
    completion report are written.
    """

    role: str
    reports: Location
    manifest: ManifestSource = ManifestSource.AUTO
    inventory: Location | None = None
    """The ``manifest.json`` of a report of S3 Inventory; None with `INVENTORY`: the newest one of the bucket."""
    versions: bool = False
    """Whether the manifest names the versions that were the current ones when it was written."""
    priority: int = USUAL_PRIORITY
    """The higher, the earlier among the jobs of the account."""
    tags: dict[str, str] = {}
    """Of the job, besides the one by which xs3-tui finds it again."""
    confirm: bool = True
    """Whether the job waits, once S3 has counted its objects, until the user confirms it."""
    region: str = ""
    """The one that the job is made in; empty: that of the bucket that is written."""
    failed_only: bool = False
    """Whether the completion report names the failed objects alone: the receipt then does so, too."""
