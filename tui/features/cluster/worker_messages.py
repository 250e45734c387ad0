"""Messages between the engine and the workers of a cluster, in MessagePack.

The engine sends a letter and each worker answers with a report: at once if something is urgent, else after a moment. A
worker keeps its items until a later letter confirms that they are recorded. The engine's items may come twice, and
count once.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct

from tui.core.identity import Identity, IdentitySpec, Owner
from tui.core.orders import CopyOrder
from tui.core.problem import Problem
from tui.core.transfer import Limits
from tui.stores.store_values import CompletedPart
from tui.transfers.journal import UploadRecord
from tui.transfers.selection import SelectedObject

VERSION = 6
"""Raised when a message changes: engine and workers must have the same."""

ReplyValue = int | list[str] | None


class TemporaryCredentials(Struct, frozen=True):
    """Credentials of one connection that expire soon. Never shown, stored or logged."""

    connection: str
    access_key: str
    secret: str
    session_token: str

    def __repr__(self) -> str:
        """Without anything that could sign."""
        return "TemporaryCredentials(…)"


class Setup(Struct, frozen=True):
    """What a worker needs to know of a transfer before its first range."""

    order: CopyOrder
    submitted: float
    owners: dict[str, Owner | None]
    """The connections' accounts, as the engine knows them."""
    given: dict[str, IdentitySpec] = {}
    """The specs of connections with given credentials; the others are the worker's own profiles."""


class RangeTask(Struct, frozen=True):
    """A range to list and copy: after `after` (empty: from the start), up to and including `upto`.

    With `keys` exactly these. `most`: after so many objects another task gets the rest. A later letter may have a
    smaller `upto`: then it ends there, or at the last begun object (see `Shortened`).
    """

    number: int
    section: int
    after: str
    upto: str | None
    keys: list[str]
    again: bool
    """Some of its objects may already be copied without a result."""
    uploads: list[UploadRecord]
    most: int
    picked: list[SelectedObject] = []
    """All its objects, if they were listed before."""


class ReplyToWorker(Struct, frozen=True):
    """The answer to a worker's question."""

    question: int
    value: ReplyValue


class Letter(Struct, frozen=True, omit_defaults=True):
    """A letter of the engine. `run` identifies a run of the transfer: it stops ranges of earlier runs.

    `seen`: all items below that number are recorded. A worker without a letter for `lease` seconds stops.
    """

    transfer: str
    run: str
    seen: int
    lease: float
    wait: float
    """Seconds until the report, if nothing is urgent."""
    setup: Setup | None = None
    keys: list[TemporaryCredentials] = []
    grants: list[RangeTask] = []
    replies: list[ReplyToWorker] = []
    limits: Limits | None = None
    """Its share of the limits; None: unchanged."""
    finish: bool = False
    """Every object has its result: do the remaining work."""
    end: bool = False
    """Stop all ranges, and forget the transfer once everything is seen."""


class PackedResult(Struct, frozen=True, tag="r", array_like=True):
    """The result of one object, packed as in the journal."""

    section: int
    key: bytes
    packed: bytes


class Corrected(Struct, frozen=True, tag="c", array_like=True):
    """A later correction of a result, packed as in the journal."""

    section: int
    key: bytes
    packed: bytes


class Arrived(Struct, frozen=True, tag="a", array_like=True):
    """Bytes at the target: transferred just now, and others; and bytes by which objects exceed their listed size."""

    moved: int
    found: int
    more: int


class Intend(Struct, frozen=True, tag="i", array_like=True):
    """An upload is about to begin; the reply is its row."""

    question: int
    record: UploadRecord


class Begun(Struct, frozen=True, tag="b", array_like=True):
    """The ID of an upload; the reply confirms that it is on disk."""

    question: int
    row: int
    upload: str


class UploadedPart(Struct, frozen=True, tag="p", array_like=True):
    """The server has a part of an upload."""

    row: int
    part: CompletedPart
    evidence: str


class Over(Struct, frozen=True, tag="e", array_like=True):
    """An upload was completed or aborted."""

    row: int


class Finished(Struct, frozen=True, tag="f", array_like=True):
    """Asks which of these keys have a result."""

    question: int
    section: int
    keys: list[str]


class KnownUploadsQuestion(Struct, frozen=True, tag="k", array_like=True):
    """Asks for the IDs of this bucket's uploads that the engine knows."""

    question: int
    bucket: str


class Left(Struct, frozen=True, tag="l", array_like=True):
    """A range has ended: whole, or objects after `rest` were not begun (None: unknown).

    `problem`: why it could not be listed, or why an identity (`connection`) cannot be used now.
    """

    number: int
    whole: bool
    rest: str | None
    problem: Problem | None
    connection: str
    upto: str | None = None
    """Where it ended, if it knows an end."""


class Shortened(Struct, frozen=True, tag="s", array_like=True):
    """A range now ends at `upto`, as requested or further on: later objects are not begun, and will not be."""

    number: int
    upto: str


WorkerQuestion = Intend | Begun | Finished | KnownUploadsQuestion
Item = PackedResult | Corrected | Arrived | UploadedPart | Over | Left | Shortened | WorkerQuestion


class ReportFromWorker(Struct, frozen=True, omit_defaults=True):
    """A worker's report: items from number `first` on, oldest first, and its state."""

    first: int
    items: list[Item]
    ready: bool = False
    """Whether its connections are open; `identities` has their identities."""
    quiet: bool = False
    """Nothing is running."""
    positions: dict[int, str] = {}
    """The ranges in progress, with the last begun key."""
    ending: list[int] = []
    """The ranges whose objects are all begun."""
    under_way: int = 0
    """Objects being copied now."""
    identities: dict[str, Identity] = {}
    problem: Problem | None = None
    """Why it cannot take part."""
    connection: str = ""
    """The connection that cannot be used now, if that is the reason."""


pack = msgspec.msgpack.Encoder().encode
unpack_letter = msgspec.msgpack.Decoder(Letter).decode
unpack_report = msgspec.msgpack.Decoder(ReportFromWorker).decode
