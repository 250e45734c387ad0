"""Copies, deletions and uploads from streams: planned, submitted, watched, controlled."""

from __future__ import annotations

from msgspec import Struct, field

from tui.core.location import Location
from tui.core.orders import CopyOrder, DeleteOrder, Order, Selection, SyncOrder
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
    """A transfer was taken; its id is used to watch and cancel it."""

    transfer: str


class Exported(Struct, frozen=True):
    """A file was written: where, and how many objects it names."""

    path: str
    objects: int


class WaitingConflicts(Struct, frozen=True):
    """All conflicts that wait for a decision."""

    waiting: list[Conflict]


class PlanCopy(Feed[RouteCard], frozen=True, tag="plan-copy"):
    """The route card of a copy, growing until it is complete; stopping it stops the count."""

    order: CopyOrder


class EnginesAnswer(Struct, frozen=True):
    """The pace of this machine, and why no job of S3 Batch Operations can do it (one clause; empty: one can).

    As far as the two sides decide. `refused` None: it was not asked for.
    """

    pace: Pace
    refused: str | None = None


class AskEngines(Request[EnginesAnswer], frozen=True, tag="ask-engines"):
    """What the estimates of a copy go by; `jobs`: whether S3 Batch Operations can do it is found out, too."""

    order: CopyOrder | SyncOrder
    jobs: bool = True


class SubmitCopy(Request[Accepted], frozen=True, tag="submit-copy"):
    """Start a copy in the background, within `limits` from its first byte on."""

    order: CopyOrder
    limits: Limits = Limits()


class SubmitDelete(Request[Accepted], frozen=True, tag="submit-delete"):
    """Start a deletion in the background."""

    order: DeleteOrder


class PlanDelete(Feed[Tally], frozen=True, tag="plan-delete"):
    """How many objects a deletion would take, and their bytes, growing; stopping it stops the count."""

    order: DeleteOrder


class CountSelected(Request[Tally], frozen=True, tag="count-selected"):
    """How many objects a selection has (`objects`), and how many its filters leave out (`filtered`)."""

    selection: Selection


class DryRun(Feed[PlannedObject], frozen=True, tag="dry-run"):
    """What would happen to each object of an order, and why; nothing is written."""

    order: Order


class PauseTransfers(Request[Done], frozen=True, tag="pause-transfers"):
    """Pause these transfers, or all; answered when nothing of them is left running. Uploads are kept."""

    transfers: list[str] = field(default_factory=list)


class ResumeTransfers(Request[Done], frozen=True, tag="resume-transfers"):
    """Resume these transfers, or all that are paused or waiting."""

    transfers: list[str] = field(default_factory=list)


class CancelTransfers(Request[Done], frozen=True, tag="cancel-transfers"):
    """Stop these transfers, or all, and abort their uploads; answered when nothing of them is left running."""

    transfers: list[str] = field(default_factory=list)


class RetryTransfer(Request[Done], frozen=True, tag="retry-transfer"):
    """Try the failed and the cancelled objects of an ended transfer again; it keeps its id."""

    transfer: str


class MoveTransfer(Request[Done], frozen=True, tag="move-transfer"):
    """Change the order of the queue: this transfer comes right before the other one (empty: to the end)."""

    transfer: str
    before: str = ""


class ForgetTransfers(Request[Done], frozen=True, tag="forget-transfers"):
    """Remove ended transfers from the list and the journal: these, or all that have ended."""

    transfers: list[str] = field(default_factory=list)


class SetLimits(Request[Done], frozen=True, tag="set-limits"):
    """Change the bounds of a transfer, or (empty) of all together, at once."""

    limits: Limits
    transfer: str = ""


class ExportReceipt(Request[Exported], frozen=True, tag="export-receipt"):
    """Write the receipt of a transfer, one JSON object per line, to an absolute path; `failed` only what failed."""

    transfer: str
    path: str
    failed: bool = False


class WatchTransfers(Feed[TransferList], frozen=True, tag="watch-transfers"):
    """All transfers, whenever something changed, but at most twice a second when it was only numbers."""


class WatchResults(Feed[ObjectResult], frozen=True, tag="watch-results"):
    """What became of each object of a transfer: those that ended already first; ends with the transfer."""

    transfer: str


class WatchConflicts(Feed[WaitingConflicts], frozen=True, tag="watch-conflicts"):
    """The conflicts that wait for a decision, whenever they change."""


class AnswerConflict(Request[Done], frozen=True, tag="answer-conflict"):
    """Decide a conflict."""

    answer: ConflictAnswer


TransferRequests = (
    PlanCopy
    | AskEngines
    | SubmitCopy
    | SubmitDelete
    | PlanDelete
    | CountSelected
    | DryRun
    | PauseTransfers
    | ResumeTransfers
    | CancelTransfers
    | RetryTransfer
    | MoveTransfer
    | ForgetTransfers
    | SetLimits
    | ExportReceipt
    | WatchTransfers
    | WatchResults
    | WatchConflicts
    | AnswerConflict
)
"""All requests of this subject."""


class StreamAttributes(Struct, frozen=True):
    """What the new object gets; empty: the server's or bucket's default. `acl` is a canned ACL."""

    content_type: str = ""
    storage_class: str = ""
    acl: str = ""
    encryption: str = ""
    kms_key: str = ""


class UploadBegun(Struct, frozen=True):
    """By this id its pieces are sent."""

    upload: str


class BeginUpload(Feed[UploadBegun], frozen=True, tag="begin-upload"):
    """Begin an upload. It lives as long as this feed is followed: an end before `FinishUpload` aborts it.

    `only_new`: an object that is there is not replaced (kind EXISTS).
    """

    connection: str
    location: Location
    attributes: StreamAttributes = StreamAttributes()
    only_new: bool = False


class SendPiece(Request[Done], frozen=True, tag="send-piece"):
    """The next bytes, at least 5 MiB of them unless they are the last ones; at most 10,000 pieces."""

    upload: str
    content: bytes


class UploadFinished(Struct, frozen=True):
    """What was written.

    `version` as in `SavedContent`, `transfer` is the id by which undo takes it back; empty: it cannot.
    """

    etag: str
    size: int
    version: str = ""
    transfer: str = ""


class FinishUpload(Request[UploadFinished], frozen=True, tag="finish-upload"):
    """All pieces were sent: only now the object appears."""

    upload: str


StreamRequests = BeginUpload | SendPiece | FinishUpload
"""All requests of this subject."""
