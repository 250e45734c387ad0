"""Requests for copies, deletions and uploads from streams: plan, submit, watch, control."""

from __future__ import annotations

from msgspec import Struct, field

from tui.core.jobs import BatchRoleOrder, JobPlan, JobSnapshot
from tui.core.location import Location
from tui.core.orders import BatchOrder, CopyOrder, DeleteOrder, Order, Selection, SyncOrder
from tui.core.transfer import (
    Conflict,
    ConflictAnswer,
    Limits,
    ObjectResult,
    Pace,
    PlannedObject,
    RouteCard,
    Tally,
    TransferList,
)
from tui.link.request import Done, Feed, Request


class Accepted(Struct, frozen=True):
    """The transfer was accepted; its ID is used to watch and cancel it."""

    transfer: str


class Exported(Struct, frozen=True):
    """The file that was written, and the number of objects in it."""

    path: str
    objects: int


class WaitingConflicts(Struct, frozen=True):
    """All conflicts that wait for a decision."""

    waiting: list[Conflict]


class PlanCopy(Feed[RouteCard], frozen=True, tag="plan-copy"):
    """The route card of a copy, growing until it is complete; stopping it stops the count."""

    order: CopyOrder


class EnginesAnswer(Struct, frozen=True):
    """This machine's pace, and why S3 Batch Operations cannot run the copy (one clause; empty: it can).

    Considers only the two sides. `refused` None: not asked for.
    """

    pace: Pace
    refused: str | None = None


class AskEngines(Request[EnginesAnswer], frozen=True, tag="ask-engines"):
    """The facts for a copy's estimates; `jobs`: also whether S3 Batch Operations can run it."""

    order: CopyOrder | SyncOrder
    jobs: bool = True


class SubmitCopy(Request[Accepted], frozen=True, tag="submit-copy"):
    """Start a copy in the background; `limits` apply from its first byte."""

    order: CopyOrder
    limits: Limits = Limits()


class SubmitDelete(Request[Accepted], frozen=True, tag="submit-delete"):
    """Start a deletion in the background."""

    order: DeleteOrder


class PlanDelete(Feed[Tally], frozen=True, tag="plan-delete"):
    """Count the objects of a deletion, and their bytes; stopping it stops the count."""

    order: DeleteOrder


class CountSelected(Request[Tally], frozen=True, tag="count-selected"):
    """Count the selected objects (`objects`) and those that the filters leave out (`filtered`)."""

    selection: Selection


class DryRun(Feed[PlannedObject], frozen=True, tag="dry-run"):
    """What an order would do to each object, and why; nothing is written."""

    order: Order


class PauseTransfers(Request[Done], frozen=True, tag="pause-transfers"):
    """Pause these transfers, or all; answered when they have stopped. Uploads are kept."""

    transfers: list[str] = field(default_factory=list)


class ResumeTransfers(Request[Done], frozen=True, tag="resume-transfers"):
    """Resume these transfers, or all that are paused or waiting."""

    transfers: list[str] = field(default_factory=list)


class CancelTransfers(Request[Done], frozen=True, tag="cancel-transfers"):
    """Stop these transfers, or all, and abort their uploads; answered when they have stopped."""

    transfers: list[str] = field(default_factory=list)


class RetryTransfer(Request[Done], frozen=True, tag="retry-transfer"):
    """Retry the failed and cancelled objects of an ended transfer, which keeps its ID."""

    transfer: str


class MoveTransfer(Request[Done], frozen=True, tag="move-transfer"):
    """Move a transfer right before another one in the queue (empty: to the end)."""

    transfer: str
    before: str = ""


class ForgetTransfers(Request[Done], frozen=True, tag="forget-transfers"):
    """Remove ended transfers from list and journal: these, or all."""

    transfers: list[str] = field(default_factory=list)


class SetLimits(Request[Done], frozen=True, tag="set-limits"):
    """Change the limits of a transfer, or (empty) of all together; takes effect at once."""

    limits: Limits
    transfer: str = ""


class ExportReceipt(Request[Exported], frozen=True, tag="export-receipt"):
    """Write a transfer's receipt, one JSON object per line, to an absolute path; `failed`: only failed objects."""

    transfer: str
    path: str
    failed: bool = False


class WatchTransfers(Feed[TransferList], frozen=True, tag="watch-transfers"):
    """All transfers, or only one, after each change, but at most twice a second if only numbers changed."""

    only: str = ""


class WatchResults(Feed[ObjectResult], frozen=True, tag="watch-results"):
    """The result of each object of a transfer, earlier ones first; ends with the transfer."""

    transfer: str


class WatchConflicts(Feed[WaitingConflicts], frozen=True, tag="watch-conflicts"):
    """Conflicts that wait for a decision, after each change."""


class AnswerConflict(Request[Done], frozen=True, tag="answer-conflict"):
    """Decide a conflict."""

    answer: ConflictAnswer


class StreamAttributes(Struct, frozen=True):
    """Attributes of the new object; empty: the server's or bucket's default. `acl` is a canned ACL."""

    headers: dict[str, str] = {}
    metadata: dict[str, str] = {}
    storage_class: str = ""
    acl: str = ""
    encryption: str = ""
    kms_key: str = ""


class UploadBegun(Struct, frozen=True):
    """The ID for sending its pieces."""

    upload: str


class BeginUpload(Feed[UploadBegun], frozen=True, tag="begin-upload"):
    """Begin an upload. It lives while this feed is followed: ending it before `FinishUpload` aborts the upload.

    `only_new`: do not replace an existing object (kind EXISTS).
    """

    connection: str
    location: Location
    attributes: StreamAttributes = StreamAttributes()
    only_new: bool = False


class SendPiece(Request[Done], frozen=True, tag="send-piece"):
    """The next bytes, at least 5 MiB except for the last piece; at most 10,000 pieces."""

    upload: str
    content: bytes


class UploadFinished(Struct, frozen=True):
    """The written object.

    `version` as in `SavedContent`; `transfer` is the ID for undo, empty if undo is impossible.
    """

    etag: str
    size: int
    version: str = ""
    transfer: str = ""


class FinishUpload(Request[UploadFinished], frozen=True, tag="finish-upload"):
    """All pieces were sent; only now the object appears."""

    upload: str


class KeptKeys(Struct, frozen=True):
    """The list, for `Selection.listed`, and once it is complete how many keys it has."""

    path: str
    objects: int


class NamedKey(Struct, frozen=True, array_like=True):
    """A whole key; `size` in bytes and `etag` as far as they are known."""

    key: str
    size: int = -1
    etag: str = ""


class KeepKeys(Request[KeptKeys], frozen=True, tag="keep-keys"):
    """Add keys to a list on disk, a new one without a `path`; without keys it is complete.

    A list that no order names is removed later.
    """

    keys: list[NamedKey]
    path: str = ""


class PlanJob(Request[JobPlan], frozen=True, tag="plan-job"):
    """Plan a job; nothing is written. An impossible job is a problem."""

    order: BatchOrder


class AskJobRole(Request[BatchRoleOrder], frozen=True, tag="ask-job-role"):
    """The permissions that a job's role needs, and who can grant them; the order may name no role."""

    order: BatchOrder


class SubmitJob(Request[Accepted], frozen=True, tag="submit-job"):
    """Start a transfer as a job; `limits` apply to the objects that this machine copies."""

    order: BatchOrder
    limits: Limits = Limits()


class ConfirmJob(Request[Done], frozen=True, tag="confirm-job"):
    """Confirm a transfer's job that waits for it."""

    transfer: str


class SetJobPriority(Request[Done], frozen=True, tag="set-job-priority"):
    """Change the priority of a transfer's job."""

    transfer: str
    priority: int


class ListJobs(Feed[JobSnapshot], frozen=True, tag="list-jobs"):
    """The jobs of an identity's account in a region (empty: its own), newest first, with their transfers."""

    connection: str
    region: str = ""


class AdoptJob(Request[Accepted], frozen=True, tag="adopt-job"):
    """Take over a job that xs3-tui created, on any machine.

    `source` and `target` are the connections of both sides, for objects that this machine verifies or copies.
    """

    connection: str
    job: str
    source: str
    target: str
    region: str = ""
