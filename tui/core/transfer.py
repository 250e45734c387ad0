"""Transfers: their plans, their state and progress, and the result of each object."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from tui.core import orders
from tui.core.engines import BATCH, LOCAL, Worker
from tui.core.facts import ObjectOwnership
from tui.core.identity import Owner
from tui.core.location import DELIMITER, Location
from tui.core.problem import Problem
from tui.core.versions import UndoForecast


class TransferKind(StrEnum):
    """What a transfer does."""

    COPY = "copy"
    MOVE = "move"
    DELETE = "delete"
    REPAIR = "repair"
    UNDELETE = "undelete"
    REVERT = "undo"
    """Reverts another transfer by its version IDs."""
    RESTORE = "restore"
    REMOVE = "remove"
    """A bucket with all its content."""
    SYNC = "sync"
    WRITE = "write"
    """An object from an editor or a stream."""
    TAG = "tag"
    ACL = "acl"
    CHECKSUM = "checksum"
    """S3 computes them."""


class Limits(Struct, frozen=True):
    """Limits of one transfer, or of all together: relayed bytes per second, concurrent objects. None: unlimited."""

    rate: int | None = None
    objects: int | None = None


class TransferState(StrEnum):
    """The state of a transfer."""

    QUEUED = "queued"
    RUNNING = "running"
    ASKING = "asking"
    """Everything else has ended; conflicts wait for the user."""
    WAITING = "waiting"
    """For something outside (credentials, the network, disk space); then it resumes by itself."""
    PAUSED = "paused"
    """By the user, or because the AWS settings have changed since it began; the user has to resume it."""
    DONE = "done"
    FAILED = "failed"
    """Ended, and at least one object failed."""
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        return self in (TransferState.DONE, TransferState.FAILED, TransferState.CANCELLED)


class Transfer(Struct, frozen=True):
    """A snapshot of one transfer. Times in seconds since the epoch, rates in bytes per second.

    `total_*` grow while `counting`. `bytes_done` counts bytes that are safely at the target. `objects_done` counts
    what was copied, moved, deleted or repaired.
    """

    id: str
    source: str
    target: str
    state: TransferState
    route: orders.CopyRoute | None
    objects_total: int = 0
    objects_done: int = 0
    objects_failed: int = 0
    objects_skipped: int = 0
    objects_undecided: int = 0
    """Skipped objects that nobody decided about."""
    objects_filtered: int = 0
    """Listed objects that the filters left out; no other number counts them."""
    bytes_total: int = 0
    bytes_done: int = 0
    counting: bool = False
    rate: float = 0.0
    eta: float | None = None
    """Seconds left; None if unknown."""
    submitted: float = 0.0
    ended: float | None = None
    notes: list[str] = []
    """Notes for the user: routes that were given up and why, attributes that were dropped."""
    problem: Problem | None = None
    """The first error."""
    kind: TransferKind = TransferKind.COPY
    waits_for: Problem | None = None
    """Why it is WAITING, or PAUSED without the user."""
    retries: int = 0
    """Retried requests."""
    limits: Limits = Limits()
    source_identity: str = ""
    target_identity: str = ""
    """Labels of the two identities."""
    busy: float = 0.0
    """Seconds of activity in all its runs."""
    engine: str = LOCAL
    """The engine, as `tui.core.engines.read_engine` reads it."""
    elsewhere: str = ""
    """Its state there in words: the state of its job."""
    workers: list[Worker] = []
    """The cluster's workers, by name."""


class TransferList(Struct, frozen=True):
    """All transfers in queue order, their rate in bytes per second, and the limits of all together."""

    transfers: list[Transfer] = []
    rate: float = 0.0
    limits: Limits = Limits()
    damaged: Problem | None = None
    """Why transfers may be missing: an earlier journal was damaged."""


class Outcome(StrEnum):
    """The result for one object."""

    COPIED = "copied"
    MOVED = "moved"
    DELETED = "deleted"
    REPAIRED = "repaired"
    """The bucket owner owns it now."""
    GRANTED = "granted"
    """The bucket owner may now read it and copy it in place; the owner is unchanged."""
    UNDELETED = "undeleted"
    """The latest version is an object again."""
    UNDONE = "undone"
    """The object is as it was before the transfer."""
    WRITTEN = "written"
    """From an editor or a stream; the object is the result's source, its target is empty."""
    REQUESTED = "requested"
    """Its restore was requested."""
    CHANGED = "changed"
    """Its tags or ACL were changed as ordered."""
    COMPUTED = "computed"
    """Its checksum is known."""
    SKIPPED = "skipped"
    UNDECIDED = "undecided"
    """It exists at the target and nobody decided, so it stays unchanged."""
    FAILED = "failed"
    CANCELLED = "cancelled"


class VerificationOutcome(StrEnum):
    """The comparison of a copy with its source. Size alone is never SAME."""

    SAME = "same"
    DIFFERS = "differs"
    UNKNOWN = "unknown"


class ObjectResult(Struct, frozen=True):
    """The result of one object. `evidence` names the comparison: ``CRC64NVME``, ``ETag``, ``size only``."""

    transfer: str
    source: str
    target: str
    outcome: Outcome
    size: int | None = 0
    """Bytes; None if unknown: completion reports of S3 Batch Operations do not have it."""
    route: orders.CopyRoute | None = None
    verification: VerificationOutcome = VerificationOutcome.UNKNOWN
    evidence: str = ""
    owner: Owner | None = None
    notes: list[str] = []
    problem: Problem | None = None
    version: str = ""
    """The source's version, if the bucket is versioned."""
    etag: str = ""
    """The target's ETag."""
    checksum: str = ""
    """The copy's checksum, if the server keeps one: ``CRC64NVME:base64``."""
    retries: int = 0
    began: float = 0.0
    ended: float = 0.0
    """Seconds since the epoch."""
    owner_note: str = ""
    """The owner of the copy in words, if it is not the bucket owner."""
    annotations: str = ""
    """The source's annotations: ``3 of 3``, ``by CopyObject``, ``unknown``; empty if it had none."""
    owner_inferred: bool = False
    """`owner` comes from another copy by the same route with the same ACL: only samples are read."""
    made: str = ""
    """The version ID of the copy; empty if the bucket was never versioned, or it is unknown."""
    marker: str = ""
    """The ID of the delete marker that now hides the source; empty if there is none, or it is unknown."""
    part_size: int = 0
    """Bytes of each part but the last, from whose MD5s `etag` is made; 0 for another ETag, or if unknown."""


class Conflict(Struct, frozen=True):
    """An object that exists at the target and waits for a decision. Sizes in bytes, times since the epoch.

    `target_size` -1: neither identity may look; `refused`: yet it exists, a write was refused for it. `verification`
    compares the two objects by S3's data, with `evidence` as in results.
    """

    id: str
    transfer: str
    source: str
    target: str
    source_size: int
    source_modified: float
    target_size: int
    target_modified: float
    verification: VerificationOutcome = VerificationOutcome.UNKNOWN
    evidence: str = ""
    refused: bool = False


ANSWERS = {"s": orders.ConflictPolicy.SKIP, "o": orders.ConflictPolicy.OVERWRITE, "r": orders.ConflictPolicy.RENAME}
"""The answers to a question about one object, by key; dialog, prompt and queue accept these."""


class ConflictAnswer(Struct, frozen=True):
    """The user's decision, for one object or for all further ones of the transfer.

    One of `ANSWERS`; or ASK if nobody can be asked: the object stays unchanged, undecided.
    """

    conflict: str
    decision: orders.ConflictPolicy
    for_all: bool = False


class PlannedAction(StrEnum):
    """What would happen to an object."""

    COPY = "copy"
    OVERWRITE = "overwrite"
    SKIP = "skip"
    RENAME = "rename"
    ASK = "ask"
    DELETE = "delete"
    REPAIR = "repair"
    UNDELETE = "undelete"
    UNDO = "undo"
    RESTORE = "restore"
    ABORT = "abort"
    """Of an incomplete multipart upload."""
    REMOVE = "remove"
    """Of a bucket, once it is empty."""
    CHANGE = "change"
    """Its tags or ACL."""
    REFUSE = "refuse"


class PlannedObject(Struct, frozen=True):
    """One line of a dry run: the action on an object, and its reason as one clause. `size` in bytes; None: unknown.

    `objects`: so many are left out below `source`, by one rule of the filters; 0: the line is of one object. `note`:
    what comes of a move, mostly the same for all its objects.
    """

    source: str
    target: str
    action: PlannedAction
    why: str
    size: int | None = None
    route: orders.CopyRoute | None = None
    objects: int = 0
    note: str = ""


class AccessOutcome(StrEnum):
    """The result of one probe."""

    ALLOWED = "allowed"
    DENIED = "denied"
    UNKNOWN = "unknown"


class AccessCheck(Struct, frozen=True):
    """One probe: the identity, its operation, the subject, and the result."""

    identity: str
    operation: str
    subject: str
    access: AccessOutcome
    detail: str = ""


class RouteVerdict(Struct, frozen=True):
    """Whether a route is possible, with the reason as one clause. `possible` None: only trying shows it."""

    route: orders.CopyRoute
    possible: bool | None
    why: str


class Tally(Struct, frozen=True):
    """Objects and bytes counted so far; `complete` when counting has ended."""

    objects: int = 0
    bytes: int = 0
    existing: int = 0
    """Objects among them that were found at the target."""
    complete: bool = False
    filtered: int = 0
    """Selected objects that the filters leave out; `objects` does not count them."""
    archived: int = 0
    """Objects in an archive class, as listed: without a restore they cannot be copied."""
    unfit: int = 0
    """Entries of a file tree that are not files: broken links, sockets, pipes, devices."""
    links: int = 0
    """Symbolic links among the `objects` of a deletion: the links are removed, not their targets."""
    large: int = 0
    """Objects above CopyObject's limit: one request cannot copy them."""
    large_bytes: int = 0


class Pace(Struct, frozen=True):
    """This machine's recent speed per second; None: no transfer shows it."""

    copies: float | None = None
    """Objects that S3 copied by itself."""
    relays: float | None = None
    """Relayed small objects."""
    relayed: float | None = None
    """Bytes of relayed large objects."""


class RouteCard(Struct, frozen=True):
    """What is known about a copy before it is confirmed; sent again with each new result."""

    tally: Tally
    verdicts: list[RouteVerdict] = []
    chosen: orders.CopyRoute | None = None
    checks: list[AccessCheck] = []
    owner: Owner | None = None
    owner_note: str = ""
    """Why that account will own the copy, or why the owner is unknown."""
    ownership: ObjectOwnership | None = None
    keeps: list[str] = []
    drops: list[str] = []
    missing: list[str] = []
    """Missing permissions, each as a sentence with identity and action."""
    risks: list[str] = []
    """Possible losses, one clause each."""
    verify: str = ""
    """The comparison of each copy with its source, as one clause; empty while unknown."""
    unseen: str = ""
    """Why neither identity can look for existing objects at the target."""
    pace: Pace = Pace()
    undo: UndoForecast | None = None
    """Whether overwritten objects can be restored; None: not asked yet, or the target is not a bucket."""
    source_undo: UndoForecast | None = None
    """For a move: whether deleted sources can be restored; None: not asked yet, or the source is not a bucket."""
    unlisted: Problem | None = None
    """Why not everything selected could be counted; the rest can be copied."""
    problem: Problem | None = None
    complete: bool = False


_KINDS: dict[type, TransferKind] = {
    orders.DeleteOrder: TransferKind.DELETE,
    orders.RepairOrder: TransferKind.REPAIR,
    orders.UndeleteOrder: TransferKind.UNDELETE,
    orders.RevertOrder: TransferKind.REVERT,
    orders.RestoreOrder: TransferKind.RESTORE,
    orders.RemoveBucketOrder: TransferKind.REMOVE,
    orders.SyncOrder: TransferKind.SYNC,
    orders.WriteOrder: TransferKind.WRITE,
}


_BATCH_KINDS: dict[type, TransferKind] = {
    orders.BatchCopy: TransferKind.COPY,
    orders.BatchTags: TransferKind.TAG,
    orders.BatchAcl: TransferKind.ACL,
    orders.BatchRestore: TransferKind.RESTORE,
    orders.BatchChecksum: TransferKind.CHECKSUM,
}


def kind_of(order: orders.Order) -> TransferKind:
    if isinstance(order, orders.BatchOrder):
        return _BATCH_KINDS[type(order.operation)]
    if kind := _KINDS.get(type(order)):
        return kind
    return TransferKind.MOVE if isinstance(order, orders.CopyOrder) and order.options.move else TransferKind.COPY


def engine_of(order: orders.Order) -> str:
    if isinstance(order, orders.BatchOrder):
        return BATCH
    return order.options.engine if isinstance(order, orders.CopyOrder) else LOCAL


def source_name(order: orders.Order) -> str:
    """The one object or prefix, else the common base of the selection."""
    selection = order.selection
    match = selection.match
    if len(match) == 2 and match[1] == f"{match[0].removesuffix(DELIMITER)}/**":  # the second is what lies below
        match = match[:1]
    only = [*selection.keys, *(match or selection.prefixes)]
    return Location(selection.base.bucket, only[0]).uri if len(only) == 1 else selection.base.uri


def target_name(order: orders.Order) -> str:
    """Empty for orders without a target."""
    if isinstance(order, orders.BatchOrder):
        return target_name(order.copy) if order.copy else ""
    if not isinstance(order, orders.CopyOrder):
        return ""
    destination = order.destination
    return Location(destination.location.bucket, destination.name or destination.location.key).uri
