"""What the user orders: which objects, from where to where, and how."""

from __future__ import annotations

from datetime import UTC
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import assert_never

from msgspec import Struct

from tui.core.engines import LOCAL, ClusterOptions
from tui.core.facts import Half
from tui.core.location import Location
from tui.core.problem import Problem

USUAL_DAYS = 7
"""That a restored copy is kept, where nobody says how long."""

MOST_DAYS = 2_147_483_647
"""What the request has room for."""

TIERING = "INTELLIGENT_TIERING"
"""The class whose archive tiers no listing shows; what is restored of it stays, without an end."""

ARCHIVE_CLASSES = ("GLACIER", "DEEP_ARCHIVE")
DEEP = ("DEEP_ARCHIVE", "DEEP_ARCHIVE_ACCESS")
"""Class and archive tier that have no Expedited restore."""


def header_date(text: str) -> str:
    """``2026-12-21 00:00 UTC`` of the date in a header; one that cannot be read stays as it is."""
    try:
        return f"{parsedate_to_datetime(text).astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    except ValueError:
        return text


class RestoreTier(StrEnum):
    """How fast a restore is, and how dear (Amazon S3 User Guide, "Understanding archive retrieval options")."""

    STANDARD = "Standard"
    BULK = "Bulk"
    EXPEDITED = "Expedited"


class ClassCount(Struct, frozen=True, array_like=True):
    """Objects of one storage class, and their bytes."""

    objects: int = 0
    bytes: int = 0


class RestorePlan(Struct, frozen=True):
    """What a selection has to restore, as listed, growing until it is `complete`."""

    archived: dict[str, ClassCount] = {}
    """By class; of INTELLIGENT_TIERING those that may be in an archive tier."""
    readable: int = 0
    """Objects of other classes."""
    restoring: int = 0
    """Of the selected keys (those below prefixes are not looked at): a restore is in progress."""
    restored: int = 0
    """Of the selected keys: a restored copy is there."""
    problem: Problem | None = None
    complete: bool = False

    @property
    def objects(self) -> int:
        """How many may have to be restored."""
        return sum(each.objects for each in self.archived.values())

    @property
    def empty(self) -> bool:
        """Whether nothing at all was found."""
        return self.complete and not (self.objects or self.readable or self.restoring or self.restored or self.problem)

    @property
    def bytes(self) -> int:
        return sum(each.bytes for each in self.archived.values())


# What a job of S3 Batch Operations does to each object, and how the job is made.
#
# Amazon S3 user guide, "Operations supported by S3 Batch Operations".

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


class CompareMode(StrEnum):
    """What decides about equal sizes; other sizes always differ, and equal ETags are always the same content."""

    AUTO = "auto"
    """ETags and times as far as they prove something; what they leave open is unknown."""
    TIME = "time"
    """The same unless the left one, the source, was written later, by whole seconds."""
    SIZE = "size"
    """The same."""
    CHECKSUM = "checksum"
    """As AUTO, and what that leaves open by checksums, or by reading both where there are none."""

    @property
    def trusts(self) -> bool:
        """Whether objects are taken for the same without a proof, because the user said so."""
        return self in (CompareMode.TIME, CompareMode.SIZE)

    @property
    def following(self) -> CompareMode:
        """The next one of a choice that goes round."""
        modes = list(CompareMode)
        return modes[(modes.index(self) + 1) % len(modes)]


class CopyRoute(StrEnum):
    """Whose credentials move the bytes, best first."""

    PULL = "pull"
    """CopyObject by the target's identity: no bytes pass this machine, and the target's account owns the result."""
    PUSH = "push"
    """CopyObject by the source's identity: no bytes pass this machine; the source's account may own the result."""
    RELAY = "relay"
    """GET by the source's identity, PUT by the target's: the bytes stream through this machine's memory."""

    @property
    def read_by_source(self) -> bool:
        """Whether the source's identity reads; else the target's does."""
        match self:
            case CopyRoute.PUSH | CopyRoute.RELAY:
                return True
            case CopyRoute.PULL:
                return False
            case _:
                assert_never(self)

    @property
    def written_by_source(self) -> bool:
        """Whether the source's identity writes; else the target's does."""
        match self:
            case CopyRoute.PUSH:
                return True
            case CopyRoute.PULL | CopyRoute.RELAY:
                return False
            case _:
                assert_never(self)

    @property
    def server_side(self) -> bool:
        """Whether S3 moves the bytes itself, by one identity that reads and writes."""
        return self.read_by_source == self.written_by_source


class ConflictPolicy(StrEnum):
    """What happens to an object that exists at the target; route card and commands offer the policies in this order.

    What each does is in `tui.transfers.copy.decision`.
    """

    ASK = "ask"
    SKIP = "skip"
    OVERWRITE = "overwrite"
    NEWER = "newer"
    """Overwrite what is older than its source, skip the rest."""
    DIFFERENT = "different"
    """Overwrite what differs from its source by size or checksum, or is not known to be the same; skip the rest."""
    RENAME = "rename"


class AclChoice(StrEnum):
    """The ACL that copies get."""

    AUTO = "auto"
    """``bucket-owner-full-control`` where the bucket is another account's and takes ACLs, else none."""
    NONE = "none"
    COPY = "copy"
    """The source's grants, given again at the target."""
    PRIVATE = "private"
    BUCKET_OWNER_READ = "bucket-owner-read"
    BUCKET_OWNER_FULL_CONTROL = "bucket-owner-full-control"
    AUTHENTICATED_READ = "authenticated-read"
    PUBLIC_READ = "public-read"


class Filters(Struct, frozen=True):
    """Which objects of a selection are meant; all conditions must be met.

    Patterns are globs on the name below the selection's base (``*`` crosses ``/``): one of `include` (empty: any) and
    none of `exclude`. Times in seconds since the epoch, sizes in bytes, both inclusive.
    """

    include: list[str] = []
    exclude: list[str] = []
    newer_than: float | None = None
    older_than: float | None = None
    min_size: int | None = None
    max_size: int | None = None


class Selection(Struct, frozen=True):
    """What is to be copied, as one identity sees it.

    `base` is the location that names at the target are relative to: the key ``base.key + "x/y"`` becomes
    ``target.key + "x/y"``. `keys` are whole object keys, `prefixes` whole prefixes (copied with all below them);
    both lie below `base`. `version`, if given, is the version meant of the only selected key.
    """

    connection: str
    base: Location
    keys: list[str] = []
    prefixes: list[str] = []
    filters: Filters = Filters()
    version: str = ""


class Destination(Struct, frozen=True):
    """Where it goes: an identity and a bucket or prefix.

    `name`, if given, is the whole key that the single selected object gets (``cp s3://a/x s3://b/y``).
    """

    connection: str
    location: Location
    name: str = ""


class CopyOptions(Struct, frozen=True):
    """How a copy is done. Sizes in bytes. `route` None lets the probes decide."""

    conflict: ConflictPolicy = ConflictPolicy.ASK
    route: CopyRoute | None = None
    multipart_threshold: int | None = None
    part_size: int | None = None
    move: bool = False
    """Delete each source object once its copy was verified."""
    acl: AclChoice = AclChoice.AUTO
    storage_class: str = ""
    """Empty: the source's."""
    encryption: str = ""
    """``AES256`` or ``aws:kms``; empty: the target bucket's default."""
    kms_key: str = ""
    """The key of ``aws:kms``, by id, ARN or alias; empty: the account's default key."""
    receipt: str = ""
    """Absolute path of the receipt that is written at the end; empty: none."""
    object_lock: bool = False
    """Whether copies get their sources' retention and holds; else those of the target bucket's default."""
    same_parts: bool = False
    """Whether a source in parts is copied in the same parts, also where S3 could copy it at once: equal ETags tell."""
    annotations: bool = True
    """Whether copies get their sources' annotations; a move leaves no source for which it failed to copy them."""
    restore: RestoreTier | None = None
    """How archived sources are restored first; the copy begins when all can be read. None: they are not restored."""
    restore_days: int = USUAL_DAYS
    engine: str = LOCAL
    """What carries it out, as `tui.core.engines.read_engine` reads it; never ``batch``, which has `BatchOrder`."""
    cluster: ClusterOptions | None = None
    """How the workers of a Dask scheduler are reached; None: as Dask's own configuration says."""


class CopyOrder(Struct, frozen=True, tag="copy"):
    """A copy (or a move) as submitted."""

    selection: Selection
    destination: Destination
    options: CopyOptions = CopyOptions()


class SyncOrder(CopyOrder, frozen=True, tag="sync"):
    """A copy of what is missing below the destination or differs from it, by a comparison that is made when it runs.

    The selection is one prefix, its base. The conflict policy has no say: what differs is overwritten.
    """

    by: CompareMode = CompareMode.AUTO
    delete: bool = False
    """Whether objects that only the destination has are deleted: those of the list `shown`, and no others."""
    shown: str = ""
    """Absolute path of the list that a plan has made."""


class DeleteOrder(Struct, frozen=True, tag="delete"):
    """A deletion as submitted; `receipt` as in `CopyOptions`."""

    selection: Selection
    receipt: str = ""


class RepairOrder(Struct, frozen=True, tag="repair"):
    """Objects of other accounts become the bucket owner's; paths are absolute, empty for none.

    The selection's identity is the bucket owner's (or the uploader's, if nobody copies). `uploader` is the connection
    that grants.
    """

    selection: Selection
    uploader: str = ""
    half: Half = Half.BOTH
    receipt: str = ""
    rollback: str = ""
    """Where it is written what each object was before."""
    inventory: Location | None = None
    """The ``manifest.json`` of an S3 Inventory report, read in place of a listing."""
    multipart_threshold: int | None = None
    """As in `CopyOptions`."""


class UndeleteOrder(Struct, frozen=True, tag="undelete"):
    """Deleted objects of a selection come back: the delete markers on top of their versions are removed.

    Filters take the time of the deletion and the size of the version below the marker. `receipt` as in `CopyOptions`.
    """

    selection: Selection
    receipt: str = ""


class RevertOrder(Struct, frozen=True, tag="revert"):
    """A transfer is taken back: the versions that it wrote and the delete markers that it made are deleted.

    Only where they are still the latest. The selection's identity deletes what was written; `source` (empty: the same
    one) is the connection that deletes markers. `receipt` as in `CopyOptions`.
    """

    selection: Selection
    transfer: str
    source: str = ""
    receipt: str = ""


class RestoreOrder(Struct, frozen=True, tag="restore"):
    """Archived objects get copies that can be read for `days`; `receipt` as in `CopyOptions`.

    `wait`: it ends when all of them can be read, not when all were asked for.
    """

    selection: Selection
    tier: RestoreTier = RestoreTier.STANDARD
    days: int = USUAL_DAYS
    wait: bool = False
    receipt: str = ""


class RemoveBucketOrder(Struct, frozen=True, tag="remove-bucket"):
    """A bucket is emptied, versions, delete markers and incomplete uploads included, then deleted.

    The selection's base is the bucket; `receipt` as in `CopyOptions`.
    """

    selection: Selection
    receipt: str = ""


class WriteOrder(Struct, frozen=True, tag="write"):
    """One object was written from an editor or a stream: a transfer that has ended when it is noted.

    The selection is its key.
    """

    selection: Selection


class BatchCopy(Struct, frozen=True, tag="copy"):
    """CopyObject of each object, but of none above its limit: those stay with the engine of this machine."""

    destination: Destination
    options: CopyOptions = CopyOptions()


JobOperation = BatchCopy | BatchTags | BatchAcl | BatchRestore | BatchChecksum
"""What a job does to each of its objects."""


class BatchOrder(Struct, frozen=True, tag="batch"):
    """One operation on every object of a selection, carried out by a job of S3 Batch Operations.

    The selection's identity lists. `connection` is the one whose account the job is made in, and which writes its
    manifest and reads its report. `receipt` as in `CopyOptions`, whose own is empty here.
    """

    selection: Selection
    connection: str
    operation: JobOperation
    options: BatchOptions
    receipt: str = ""
    adopts: str = ""  # the id of a job that exists already, and is taken over

    @property
    def copy(self) -> CopyOrder | None:
        """The same copy for the engine of this machine; None for what is no copy."""
        copy = self.operation
        return CopyOrder(self.selection, copy.destination, copy.options) if isinstance(copy, BatchCopy) else None


_Versions = UndeleteOrder | RevertOrder
_Others = SyncOrder | WriteOrder | BatchOrder
Order = CopyOrder | DeleteOrder | RepairOrder | RestoreOrder | RemoveBucketOrder | _Versions | _Others
"""What a transfer carries out."""
