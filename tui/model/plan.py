"""What an order would do: the checks that were made, the route and what survives."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from tui.model.facts import ObjectOwnership
from tui.model.identity import Owner
from tui.model.orders import Route
from tui.model.problem import Problem
from tui.model.versions.forecast import UndoForecast


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
    route: Route | None = None


class Access(StrEnum):
    """The answer of one probe."""

    ALLOWED = "allowed"
    DENIED = "denied"
    UNKNOWN = "unknown"


class Check(Struct, frozen=True):
    """One probe that was made: which identity, which operation, on what, and how it ended."""

    identity: str
    operation: str
    subject: str
    access: Access
    detail: str = ""


class RouteVerdict(Struct, frozen=True):
    """Whether a route can be taken, and why (one clause). `possible` None: only trying shows it."""

    route: Route
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
    chosen: Route | None = None
    checks: list[Check] = []
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
