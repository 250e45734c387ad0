"""What a copy would do: the selection, the checks that were made, the route and what survives."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from tui.model.facts import ObjectOwnership
from tui.model.identity import Owner
from tui.model.location import Location
from tui.model.problem import Problem


class Route(StrEnum):
    """Whose credentials move the bytes, best first."""

    PULL = "pull"
    """CopyObject by the target's identity: no bytes pass this machine, and the target's account owns the result."""
    PUSH = "push"
    """CopyObject by the source's identity: no bytes pass this machine; the source's account may own the result."""
    RELAY = "relay"
    """GET by the source's identity, PUT by the target's: the bytes stream through this machine's memory."""


class ConflictPolicy(StrEnum):
    """What happens to an object that exists at the target."""

    ASK = "ask"
    OVERWRITE = "overwrite"
    SKIP = "skip"
    RENAME = "rename"


class Selection(Struct, frozen=True):
    """What is to be copied, as one identity sees it.

    `base` is the location that names at the target are relative to: the key ``base.key + "x/y"`` becomes
    ``target.key + "x/y"``. `keys` are whole object keys, `prefixes` whole prefixes (copied with all below them);
    both lie below `base`.
    """

    connection: str
    base: Location
    keys: list[str] = []
    prefixes: list[str] = []


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
    route: Route | None = None
    multipart_threshold: int | None = None
    part_size: int | None = None


class CopyOrder(Struct, frozen=True):
    """A copy as submitted."""

    selection: Selection
    destination: Destination
    options: CopyOptions = CopyOptions()


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
    """Whether a route can be taken, and why (one clause). `possible` None: only trying will tell."""

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


class RouteCard(Struct, frozen=True):
    """All that is known about a copy before it is confirmed; sent again, fuller, each time more is known."""

    tally: Tally
    verdicts: list[RouteVerdict] = []
    chosen: Route | None = None
    checks: list[Check] = []
    owner: Owner | None = None
    owner_note: str = ""
    """Why that account will own the result, or why it cannot be told."""
    ownership: ObjectOwnership | None = None
    keeps: list[str] = []
    drops: list[str] = []
    missing: list[str] = []
    """Permissions that lack, each as a sentence with identity and action."""
    problem: Problem | None = None
    complete: bool = False
