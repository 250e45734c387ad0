"""Orders of the user: which objects, from where to where, and how."""

from __future__ import annotations

from datetime import UTC
from email.utils import parsedate_to_datetime
from enum import StrEnum

from msgspec import Struct

from tui.core.engines import LOCAL, ClusterOptions
from tui.core.facts import Half
from tui.core.location import Location
from tui.core.problem import Problem

USUAL_DAYS = 7
"""Days that a restored copy is kept by default."""

MOST_DAYS = 2_147_483_647
"""The largest number that the request can contain."""

TIERING = "INTELLIGENT_TIERING"
"""The class whose archive tiers no listing shows; its restored objects stay restored without an end."""

ARCHIVE_CLASSES = ("GLACIER", "DEEP_ARCHIVE")
DEEP = ("DEEP_ARCHIVE", "DEEP_ARCHIVE_ACCESS")
"""The class and the archive tier without Expedited restores."""


def header_date(text: str) -> str:
    """``2026-12-21 00:00 UTC`` for the date in a header; an unreadable one stays unchanged."""
    try:
        return f"{parsedate_to_datetime(text).astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    except ValueError:
        return text


class RestoreTier(StrEnum):
    """The speed and price of a restore (Amazon S3 User Guide, "Understanding archive retrieval options")."""

    STANDARD = "Standard"
    BULK = "Bulk"
    EXPEDITED = "Expedited"


class ClassCount(Struct, frozen=True, array_like=True):
    """Objects of one storage class, and their bytes."""

    objects: int = 0
    bytes: int = 0


class RestorePlan(Struct, frozen=True):
    """What a selection has to restore, by its listing; it grows until it is `complete`."""

    archived: dict[str, ClassCount] = {}
    """By class; for INTELLIGENT_TIERING, objects that may be in an archive tier."""
    readable: int = 0
    """Objects of other classes."""
    restoring: int = 0
    """Selected keys (not those below prefixes) whose restore is in progress."""
    restored: int = 0
    """Selected keys with a restored copy."""
    problem: Problem | None = None
    complete: bool = False

    @property
    def objects(self) -> int:
        return sum(each.objects for each in self.archived.values())

    @property
    def empty(self) -> bool:
        return self.complete and not (self.objects or self.readable or self.restoring or self.restored or self.problem)

    @property
    def bytes(self) -> int:
        return sum(each.bytes for each in self.archived.values())


# Jobs (Amazon S3 user guide, "Operations supported by S3 Batch Operations").

USUAL_PRIORITY = 10
MOST_PRIORITY = 2**31 - 1
MOST_TAGS = 10
"""For an object, and so for one operation."""


class BatchTags(Struct, frozen=True, tag="put-tags"):
    """Replaces the tags of each object with these names and values, in order; without tags it removes them."""

    tags: list[tuple[str, str]] = []


class BatchAcl(Struct, frozen=True, tag="put-acl"):
    """Sets a canned ACL on each object (``bucket-owner-full-control``)."""

    acl: str


class BatchRestore(Struct, frozen=True, tag="restore"):
    """Restores archived objects for `days`. S3 Batch Operations has no Expedited tier.

    `days` None: objects in an archive tier of INTELLIGENT_TIERING, whose restores have no end. One job restores either
    these or the others (Amazon S3 API reference, S3InitiateRestoreObjectOperation).
    """

    days: int | None
    bulk: bool = False
    """The tier: Bulk, else Standard."""

    @property
    def classes(self) -> tuple[str, ...]:
        return (TIERING,) if self.days is None else ARCHIVE_CLASSES


class BatchChecksum(Struct, frozen=True, tag="checksum"):
    """S3 reads each object and computes its checksum, which is in the object's result."""

    algorithm: str = "CRC64NVME"


class ManifestSource(StrEnum):
    """The origin of a job's list of objects."""

    AUTO = "auto"
    """The service's generator if its filters can express the selection, else a list."""
    LIST = "list"
    """A CSV file that we write from a listing, after filters and conflict policy."""
    INVENTORY = "inventory"
    """A report of S3 Inventory."""
    GENERATOR = "generator"
    """Written by S3 itself; it filters by prefix, suffix, size, time and storage class."""


class BatchOptions(Struct, frozen=True):
    """How a job is created.

    `role` is the ARN of the IAM role that S3 assumes for it; `reports` is the bucket and prefix for the manifest and
    the completion report.
    """

    role: str
    reports: Location
    manifest: ManifestSource = ManifestSource.AUTO
    inventory: Location | None = None
    """The ``manifest.json`` of an S3 Inventory report; None with `INVENTORY`: the bucket's newest one."""
    versions: bool = False
    """Whether the manifest names the object versions that were current when it was written."""
    priority: int = USUAL_PRIORITY
    """Jobs with a higher priority run earlier."""
    tags: dict[str, str] = {}
    """Job tags, in addition to the one by which xs3-tui finds the job."""
    confirm: bool = True
    """Whether the job waits for the user's confirmation once S3 has counted its objects."""
    region: str = ""
    """The region to create the job in; empty: the region of the bucket that it writes to."""
    failed_only: bool = False
    """Whether the completion report, and so the receipt, names only failed objects."""


class CompareMode(StrEnum):
    """How equal sizes are compared; different sizes always differ, and equal ETags always mean equal content."""

    AUTO = "auto"
    """By ETags and times if they prove something; otherwise the result is unknown."""
    TIME = "time"
    """The same, unless the left one (the source) was written later by at least a second."""
    SIZE = "size"
    """Equal sizes are the same."""
    CHECKSUM = "checksum"
    """As AUTO; otherwise by checksums, or by reading both objects if there are none."""

    @property
    def trusts(self) -> bool:
        """Whether objects count as the same without proof, because the user said so."""
        return self in (CompareMode.TIME, CompareMode.SIZE)

    @property
    def following(self) -> CompareMode:
        """The next of a choice that wraps around."""
        modes = list(CompareMode)
        return modes[(modes.index(self) + 1) % len(modes)]


class CopyRoute(StrEnum):
    """Whose credentials move the bytes, best first."""

    PULL = "pull"
    """CopyObject by the target's identity: no bytes pass through this machine, and the target's account owns the copy.
    """
    PUSH = "push"
    """CopyObject by the source's identity: no bytes pass through this machine; the source's account may own the copy.
    """
    RELAY = "relay"
    """GET by the source's identity, PUT by the target's: the bytes stream through this machine's memory."""

    @property
    def read_by_source(self) -> bool:
        """Whether the source's identity reads, rather than the target's."""
        return self is not CopyRoute.PULL

    @property
    def written_by_source(self) -> bool:
        """Whether the source's identity writes, rather than the target's."""
        return self is CopyRoute.PUSH

    @property
    def server_side(self) -> bool:
        """Whether S3 moves the bytes itself: one identity reads and writes."""
        return self.read_by_source == self.written_by_source


class ConflictPolicy(StrEnum):
    """What happens to an object that exists at the target; card and commands list the policies in this order.

    `tui.transfers.copy.decision` implements them.
    """

    ASK = "ask"
    SKIP = "skip"
    OVERWRITE = "overwrite"
    NEWER = "newer"
    """Overwrite objects that are older than their source, skip the rest."""
    DIFFERENT = "different"
    """Overwrite objects that differ from their source by size or checksum, or may differ; skip the rest."""
    RENAME = "rename"


class AclChoice(StrEnum):
    """The ACL of copies."""

    AUTO = "auto"
    """``bucket-owner-full-control`` if the bucket is another account's and accepts ACLs, else none."""
    NONE = "none"
    COPY = "copy"
    """The source's grants."""
    PRIVATE = "private"
    BUCKET_OWNER_READ = "bucket-owner-read"
    BUCKET_OWNER_FULL_CONTROL = "bucket-owner-full-control"
    AUTHENTICATED_READ = "authenticated-read"
    PUBLIC_READ = "public-read"


class Filters(Struct, frozen=True):
    """Filters for the objects of a selection; all conditions must be met.

    Patterns are globs for the name below the selection's base (``*`` matches ``/``): the name must match one of
    `include` (empty: any) and none of `exclude`. `rules`, if any, are the same patterns in the order that counts
    (True: include): the last that matches decides; if none does, the name is in where the first excludes. Times in
    seconds since the epoch, sizes in bytes, both inclusive.
    """

    include: list[str] = []
    exclude: list[str] = []
    newer_than: float | None = None
    older_than: float | None = None
    min_size: int | None = None
    max_size: int | None = None
    rules: list[tuple[bool, str]] = []


class Selection(Struct, frozen=True):
    """The selected objects, as one identity sees them.

    Names at the target are relative to `base`: the key ``base.key + "x/y"`` becomes ``target.key + "x/y"``. `keys` are
    whole object keys, `prefixes` whole prefixes (copied with everything below); both lie below `base`. `version`, if
    given, is the version of the only selected key. `renamed`, if given, is the absolute path of a list on disk: these
    objects alone, whatever lies below the only prefix, and their new keys (`tui.transfers.shown_list`). `match`: of
    what is below the prefixes only keys that match one of these patterns (`tui.core.wildcards`); the prefixes may then
    end within a name. `listed`: the path of a list of keys below `base`, instead of keys and prefixes.
    """

    connection: str
    base: Location
    keys: list[str] = []
    prefixes: list[str] = []
    filters: Filters = Filters()
    version: str = ""
    renamed: str = ""
    match: list[str] = []
    listed: str = ""


class Destination(Struct, frozen=True):
    """The target: an identity and a bucket or prefix.

    `name`, if given, is the whole key for the single selected object (``cp s3://a/x s3://b/y``).
    """

    connection: str
    location: Location
    name: str = ""


class CopyOptions(Struct, frozen=True):
    """Options of a copy. Sizes in bytes. `route` None: the probes decide."""

    conflict: ConflictPolicy = ConflictPolicy.ASK
    route: CopyRoute | None = None
    multipart_threshold: int | None = None
    part_size: int | None = None
    move: bool = False
    """Delete each source object once its copy is verified."""
    acl: AclChoice = AclChoice.AUTO
    storage_class: str = ""
    """Empty: the source's."""
    encryption: str = ""
    """``AES256`` or ``aws:kms``; empty: the target bucket's default."""
    kms_key: str = ""
    """The key for ``aws:kms`` by ID, ARN or alias; empty: the account's default key."""
    headers: dict[str, str] = {}
    """System headers of the copies by their PutObject parameter (``ContentType``), instead of the source's."""
    metadata: dict[str, str] = {}
    """User-defined metadata of the copies, besides the source's or instead of it, by name in lowercase."""
    receipt: str = ""
    """Absolute path of the receipt written at the end; empty: none."""
    object_lock: bool = False
    """Whether copies get their source's retention and holds, instead of the target bucket's default."""
    same_parts: bool = False
    """Whether a multipart source is copied in the same parts, even if one request would do: equal ETags then prove
    equality."""
    annotations: bool = True
    """Whether copies get their source's annotations; a move keeps each source whose annotations could not be copied."""
    restore: RestoreTier | None = None
    """Restore archived sources first; the copy begins when all are readable. None: no restore."""
    restore_days: int = USUAL_DAYS
    engine: str = LOCAL
    """The engine, as `tui.core.engines.read_engine` reads it; never ``batch``, which has `BatchOrder`."""
    cluster: ClusterOptions | None = None
    """The connection to a Dask cluster; None: Dask's own configuration applies."""


class CopyOrder(Struct, frozen=True, tag="copy"):
    """A copy (or a move) as submitted."""

    selection: Selection
    destination: Destination
    options: CopyOptions = CopyOptions()


class SyncOrder(CopyOrder, frozen=True, tag="sync"):
    """A copy of everything that is missing at the destination or differs; the comparison runs with the transfer.

    The selection is one prefix, its base. The conflict policy does not apply: objects that differ are overwritten.
    """

    by: CompareMode = CompareMode.AUTO
    delete: bool = False
    """Whether objects that exist only at the destination are deleted: only those in the list `shown`."""
    shown: str = ""
    """Absolute path of the list from the plan."""


class DeleteOrder(Struct, frozen=True, tag="delete"):
    """A deletion as submitted; `receipt` as in `CopyOptions`."""

    selection: Selection
    receipt: str = ""


class RepairOrder(Struct, frozen=True, tag="repair"):
    """Makes the bucket owner the owner of other accounts' objects; paths are absolute, or empty for none.

    The selection's identity is the bucket owner's (or the uploader's, if nobody copies). `uploader` is the connection
    that grants.
    """

    selection: Selection
    uploader: str = ""
    half: Half = Half.BOTH
    receipt: str = ""
    rollback: str = ""
    """The file that records the previous state of each object."""
    inventory: Location | None = None
    """The ``manifest.json`` of an S3 Inventory report, read instead of a listing."""
    multipart_threshold: int | None = None
    """As in `CopyOptions`."""


class UndeleteOrder(Struct, frozen=True, tag="undelete"):
    """Restores deleted objects of a selection: the delete markers on top of their versions are removed.

    Filters apply to the time of the deletion and the size of the version below the marker. `receipt` as in
    `CopyOptions`.
    """

    selection: Selection
    receipt: str = ""


class RevertOrder(Struct, frozen=True, tag="revert"):
    """Reverts a transfer: deletes the versions it wrote and the delete markers it created, if they are still the
    latest.

    The selection's identity deletes the versions; `source` (empty: the same one) is the connection that deletes the
    markers. `receipt` as in `CopyOptions`.
    """

    selection: Selection
    transfer: str
    source: str = ""
    receipt: str = ""


class RestoreOrder(Struct, frozen=True, tag="restore"):
    """Restores archived objects for `days`; `receipt` as in `CopyOptions`.

    `wait`: the transfer ends when all are readable, not when all restores are requested.
    """

    selection: Selection
    tier: RestoreTier = RestoreTier.STANDARD
    days: int = USUAL_DAYS
    wait: bool = False
    receipt: str = ""


class RemoveBucketOrder(Struct, frozen=True, tag="remove-bucket"):
    """Empties a bucket, with versions, delete markers and incomplete uploads, and deletes it.

    The selection's base is the bucket; `receipt` as in `CopyOptions`.
    """

    selection: Selection
    receipt: str = ""


class WriteOrder(Struct, frozen=True, tag="write"):
    """One object that was written from an editor or a stream; its transfer has already ended.

    The selection is its key.
    """

    selection: Selection


class BatchCopy(Struct, frozen=True, tag="copy"):
    """CopyObject of each object up to its size limit; this machine copies larger ones."""

    destination: Destination
    options: CopyOptions = CopyOptions()


JobOperation = BatchCopy | BatchTags | BatchAcl | BatchRestore | BatchChecksum
"""The operation of a job on each object."""


class BatchOrder(Struct, frozen=True, tag="batch"):
    """One operation on every object of a selection, by a job of S3 Batch Operations.

    The selection's identity lists. `connection` is the identity in whose account the job is created; it writes the
    manifest and reads the report. `receipt` as in `CopyOptions`, whose own is empty here.
    """

    selection: Selection
    connection: str
    operation: JobOperation
    options: BatchOptions
    receipt: str = ""
    adopts: str = ""  # the ID of an existing job to take over

    @property
    def copy(self) -> CopyOrder | None:
        """The same copy for this machine's engine; None for other operations."""
        copy = self.operation
        return CopyOrder(self.selection, copy.destination, copy.options) if isinstance(copy, BatchCopy) else None


_Versions = UndeleteOrder | RevertOrder
_Others = SyncOrder | WriteOrder | BatchOrder
Order = CopyOrder | DeleteOrder | RepairOrder | RestoreOrder | RemoveBucketOrder | _Versions | _Others
"""What a transfer does."""
