"""A copy under way: its state, its measure and what became of each object."""

from __future__ import annotations

from enum import StrEnum
from typing import assert_never

from msgspec import Struct

from tui.model.cluster import Worker
from tui.model.engines import LOCAL
from tui.model.identity import Owner
from tui.model.orders import ConflictPolicy, Route
from tui.model.problem import Problem


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
    route: Route | None
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
    """What carries it out, as `tui.model.engines.read_engine` reads it."""
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


class Verification(StrEnum):
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
    route: Route | None = None
    verification: Verification = Verification.UNKNOWN
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
    verification: Verification = Verification.UNKNOWN
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
