"""A copy that is planned, and one that is under way: its state, its measure, what became of each object."""

from __future__ import annotations

from enum import StrEnum
from typing import assert_never

from msgspec import Struct

from tui.core.engines import BATCH, LOCAL, Worker
from tui.core.facts import ObjectOwnership
from tui.core.identity import Owner
from tui.core.location import Location
from tui.core.orders import (
    BatchAcl,
    BatchChecksum,
    BatchCopy,
    BatchOrder,
    BatchRestore,
    BatchTags,
    ConflictPolicy,
    CopyOrder,
    CopyRoute,
    DeleteOrder,
    Order,
    RemoveBucketOrder,
    RepairOrder,
    RestoreOrder,
    RevertOrder,
    SyncOrder,
    UndeleteOrder,
    WriteOrder,
)
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
    """Takes back another transfer, by version ids."""
    RESTORE = "restore"
    REMOVE = "remove"
    """A bucket, with everything in it."""
    SYNC = "sync"
    WRITE = "write"
    """An object from an editor or a stream."""
    TAG = "tag"
    ACL = "acl"
    CHECKSUM = "checksum"
    """S3 computes them."""


class Limits(Struct, frozen=True):
    """Bounds of one transfer or of all together: relayed bytes per second, objects under way. None: unbounded."""

    rate: int | None = None
    objects: int | None = None


class TransferState(StrEnum):
    """Where a transfer stands."""

    QUEUED = "queued"
    RUNNING = "running"
    ASKING = "asking"
    """Everything else has ended; conflicts wait for the user's answer."""
    WAITING = "waiting"
    """Something outside must change (credentials, the network, disk space); it then resumes automatically."""
    PAUSED = "paused"
    """By the user, or because it was begun with other AWS settings; the user has to resume it."""
    DONE = "done"
    FAILED = "failed"
    """Ended, and at least one object was not copied because of an error."""
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to it."""
        match self:
            case TransferState.DONE | TransferState.FAILED | TransferState.CANCELLED:
                return True
            case (
                TransferState.QUEUED
                | TransferState.RUNNING
                | TransferState.ASKING
                | TransferState.WAITING
                | TransferState.PAUSED
            ):
                return False
            case _:
                assert_never(self)


class Transfer(Struct, frozen=True):
    """A snapshot of one transfer. Times in seconds since the epoch, rates in bytes per second.

    `total_*` grow while `counting`. `bytes_done` counts bytes that are safely at the target. `objects_done` counts
    what was copied, moved, deleted or repaired.
    """

    id: str
    source: str
    target: str
    state: TransferState
    route: CopyRoute | None
    objects_total: int = 0
    objects_done: int = 0
    objects_failed: int = 0
    objects_skipped: int = 0
    objects_undecided: int = 0
    """Of the skipped ones those that nobody decided about."""
    objects_filtered: int = 0
    """What was listed and left out by the filters; it is in no other number."""
    bytes_total: int = 0
    bytes_done: int = 0
    counting: bool = False
    rate: float = 0.0
    eta: float | None = None
    """Seconds left, None if it is not known."""
    submitted: float = 0.0
    ended: float | None = None
    notes: list[str] = []
    """What the user should know: routes that were given up and why, attributes that were dropped."""
    problem: Problem | None = None
    """The first error."""
    kind: TransferKind = TransferKind.COPY
    waits_for: Problem | None = None
    """Why it is WAITING, or PAUSED without the user's doing."""
    retries: int = 0
    """Requests that were made again."""
    limits: Limits = Limits()
    source_identity: str = ""
    target_identity: str = ""
    """Labels of the two identities."""
    busy: float = 0.0
    """Seconds in which something was done, of all its runs."""
    engine: str = LOCAL
    """What carries it out, as `tui.core.engines.read_engine` reads it."""
    elsewhere: str = ""
    """Where it stands there, in words: the state of its job."""
    workers: list[Worker] = []
    """Those of the cluster that carries it out, by name."""


class TransferList(Struct, frozen=True):
    """All transfers of the engine in the order of the queue, their rate in bytes per second, and the bounds of all."""

    transfers: list[Transfer] = []
    rate: float = 0.0
    limits: Limits = Limits()
    damaged: Problem | None = None
    """Why there may have been others: an earlier journal was damaged."""


class Outcome(StrEnum):
    """What became of one object."""

    COPIED = "copied"
    MOVED = "moved"
    DELETED = "deleted"
    REPAIRED = "repaired"
    """The bucket's owner owns it now."""
    GRANTED = "granted"
    """The bucket's owner may read it and copy it in place now; its owner is the same as before."""
    UNDELETED = "undeleted"
    """The latest version is an object again."""
    UNDONE = "undone"
    """What a transfer wrote or deleted is as it was before."""
    WRITTEN = "written"
    """From an editor or a stream; the result's source is the object, its target is empty."""
    REQUESTED = "requested"
    """Its restore from an archive was asked for."""
    CHANGED = "changed"
    """Its tags or its ACL are as was asked for."""
    COMPUTED = "computed"
    """Its checksum is known."""
    SKIPPED = "skipped"
    UNDECIDED = "undecided"
    """It exists at the target, and nobody decided what to do: it was left alone."""
    FAILED = "failed"
    CANCELLED = "cancelled"


class VerificationOutcome(StrEnum):
    """How the copy compares with its source. Never SAME on size alone."""

    SAME = "same"
    DIFFERS = "differs"
    UNKNOWN = "unknown"


class ObjectResult(Struct, frozen=True):
    """One object's end. `evidence` says what was compared: ``CRC64NVME``, ``ETag``, ``size only``."""

    transfer: str
    source: str
    target: str
    outcome: Outcome
    size: int | None = 0
    """Bytes; None: not known, as completion reports of S3 Batch Operations do not say it."""
    route: CopyRoute | None = None
    verification: VerificationOutcome = VerificationOutcome.UNKNOWN
    evidence: str = ""
    owner: Owner | None = None
    notes: list[str] = []
    problem: Problem | None = None
    version: str = ""
    """The source's version where the bucket keeps versions."""
    etag: str = ""
    """The target's ETag."""
    checksum: str = ""
    """The copy's checksum where the server keeps one: ``CRC64NVME:base64``."""
    retries: int = 0
    began: float = 0.0
    ended: float = 0.0
    """Seconds since the epoch."""
    owner_note: str = ""
    """Who owns the copy, in words, where that is not the bucket's owner."""
    annotations: str = ""
    """What became of the source's annotations: ``3 of 3``, ``by CopyObject``, ``unknown``; empty: it had none."""
    owner_inferred: bool = False
    """`owner` was read of another copy, written by the same route with the same ACL: samples are read, not each."""
    made: str = ""
    """The id of the version written at the target; empty: its bucket never kept versions, or it is not known."""
    marker: str = ""
    """The id of the delete marker that hides the source now; empty: there is none, or it is not known."""
    part_size: int = 0
    """Bytes of each part but the last whose MD5s make `etag`; 0: it is made otherwise, or that is not known."""


class Conflict(Struct, frozen=True):
    """An object that exists at the target, waiting for a decision. Sizes in bytes, times since the epoch.

    `target_size` -1: neither identity may see whether it exists. `verification` is whether both have the same content,
    by what S3 says of both, and `evidence` what that rests on, as results have it.
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


def answer_key(policy: ConflictPolicy) -> str:
    """The key that answers a question about one object with this policy; empty: it does not answer one."""
    match policy:
        case ConflictPolicy.SKIP:
            return "s"
        case ConflictPolicy.OVERWRITE:
            return "o"
        case ConflictPolicy.RENAME:
            return "r"
        case ConflictPolicy.ASK | ConflictPolicy.NEWER | ConflictPolicy.DIFFERENT:
            return ""
        case _:
            assert_never(policy)


ANSWERS = {key: policy for policy in ConflictPolicy if (key := answer_key(policy))}
"""The answers to a question about one object, by key: the dialog, the prompt and the queue take these."""


class ConflictAnswer(Struct, frozen=True):
    """The user's decision, for this object or for every further one of the transfer.

    One of `ANSWERS`; or ASK, where there is nobody to be asked: the object is left alone, undecided.
    """

    conflict: str
    decision: ConflictPolicy
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
    """One line of a dry run: what would happen to an object, and why (one clause). `size` in bytes, None: unknown."""

    source: str
    target: str
    action: PlannedAction
    why: str
    size: int | None = None
    route: CopyRoute | None = None


class AccessOutcome(StrEnum):
    """The answer of one probe."""

    ALLOWED = "allowed"
    DENIED = "denied"
    UNKNOWN = "unknown"


class AccessCheck(Struct, frozen=True):
    """One probe that was made: which identity, which operation, on what, and how it ended."""

    identity: str
    operation: str
    subject: str
    access: AccessOutcome
    detail: str = ""


class RouteVerdict(Struct, frozen=True):
    """Whether a route can be taken, and why (one clause). `possible` None: only trying shows it."""

    route: CopyRoute
    possible: bool | None
    why: str


class Tally(Struct, frozen=True):
    """Objects and bytes counted so far; `complete` when the count has ended."""

    objects: int = 0
    bytes: int = 0
    existing: int = 0
    """How many of them exist at the target already, as far as was looked."""
    complete: bool = False
    filtered: int = 0
    """Objects of the selection that its filters leave out; they are not among `objects`."""
    archived: int = 0
    """Objects in an archive class, as listed: those that are not restored cannot be copied."""
    unfit: int = 0
    """What lies among the files of a tree and is none: links that lead nowhere, sockets, pipes, devices."""
    links: int = 0
    """Symbolic links among the `objects` of a deletion: they are removed themselves, not what they lead to."""
    large: int = 0
    """Objects above the limit of CopyObject: one request does not copy them."""
    large_bytes: int = 0


class Pace(Struct, frozen=True):
    """What this machine's latest transfers have done in a second; None: none of them tells."""

    copies: float | None = None
    """Objects that S3 copied by itself."""
    relays: float | None = None
    """Relayed small objects."""
    relayed: float | None = None
    """Bytes of relayed large objects."""


class RouteCard(Struct, frozen=True):
    """All that is known about a copy before it is confirmed; sent again, fuller, each time more is known."""

    tally: Tally
    verdicts: list[RouteVerdict] = []
    chosen: CopyRoute | None = None
    checks: list[AccessCheck] = []
    owner: Owner | None = None
    owner_note: str = ""
    """Why that account will own the result, or why it is not known."""
    ownership: ObjectOwnership | None = None
    keeps: list[str] = []
    drops: list[str] = []
    missing: list[str] = []
    """Missing permissions, each as a sentence with identity and action."""
    risks: list[str] = []
    """What may be lost, each as a clause."""
    verify: str = ""
    """How each copy will be compared with its source (one clause); empty while it is not known."""
    unseen: str = ""
    """Why neither identity can look for objects that exist at the target."""
    pace: Pace = Pace()
    undo: UndoForecast | None = None
    """Whether overwritten objects can be taken back; None: not asked yet, or the target is no bucket."""
    source_undo: UndoForecast | None = None
    """Of a move: whether deleted sources can be brought back; None: not asked yet, or the source is no bucket."""
    unlisted: Problem | None = None
    """Why not all that is selected could be counted: the rest can be copied."""
    problem: Problem | None = None
    complete: bool = False


# What an order is, for a list: its kind, its engine, its two ends. Pure.

_KINDS: dict[type, TransferKind] = {
    DeleteOrder: TransferKind.DELETE,
    RepairOrder: TransferKind.REPAIR,
    UndeleteOrder: TransferKind.UNDELETE,
    RevertOrder: TransferKind.REVERT,
    RestoreOrder: TransferKind.RESTORE,
    RemoveBucketOrder: TransferKind.REMOVE,
    SyncOrder: TransferKind.SYNC,
    WriteOrder: TransferKind.WRITE,
}


_BATCH_KINDS: dict[type, TransferKind] = {
    BatchCopy: TransferKind.COPY,
    BatchTags: TransferKind.TAG,
    BatchAcl: TransferKind.ACL,
    BatchRestore: TransferKind.RESTORE,
    BatchChecksum: TransferKind.CHECKSUM,
}


def kind_of(order: Order) -> TransferKind:
    if isinstance(order, BatchOrder):
        return _BATCH_KINDS[type(order.operation)]
    if kind := _KINDS.get(type(order)):
        return kind
    return TransferKind.MOVE if isinstance(order, CopyOrder) and order.options.move else TransferKind.COPY


def engine_of(order: Order) -> str:
    """What carries an order out."""
    if isinstance(order, BatchOrder):
        return BATCH
    return order.options.engine if isinstance(order, CopyOrder) else LOCAL


def source_name(order: Order) -> str:
    """What an order is about, for a list: the one object or prefix, else where the selected ones lie."""
    selection = order.selection
    only = [*selection.keys, *selection.prefixes]
    return Location(selection.base.bucket, only[0]).uri if len(only) == 1 else selection.base.uri


def target_name(order: Order) -> str:
    """Where it goes, for a list; empty for what goes nowhere."""
    if isinstance(order, BatchOrder):
        return target_name(order.copy) if order.copy else ""
    if not isinstance(order, CopyOrder):
        return ""
    destination = order.destination
    return Location(destination.location.bucket, destination.name or destination.location.key).uri
