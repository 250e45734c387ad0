"""What the engine and the workers of a cluster say to each other, in MessagePack.

The engine asks, each worker answers: a letter is answered by a report, at once if something is urgent, else after a
moment. What a worker has to say stays with it until a later letter says that it was written down; what the engine has
to say may come twice, and counts once.
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

VERSION = 5
"""Raised when a message changes: engine and workers must speak the same."""

ReplyValue = int | list[str] | None


class TemporaryCredentials(Struct, frozen=True):
    """Credentials of one connection that end soon. Never shown, stored or logged."""

    connection: str
    access_key: str
    secret: str
    session_token: str

    def __repr__(self) -> str:
        """Nothing that anybody could sign with."""
        return "TemporaryCredentials(…)"


class Setup(Struct, frozen=True):
    """What a worker needs to know of a transfer before its first range."""

    order: CopyOrder
    submitted: float
    owners: dict[str, Owner | None]
    """The accounts of the connections, as the engine knows them."""
    given: dict[str, IdentitySpec] = {}
    """The specs of the connections whose credentials are given; the others are the worker's own profiles."""


class RangeTask(Struct, frozen=True):
    """One range to be listed and copied: behind `after` (empty: from its beginning), up to and with `upto`.

    With `keys` it is exactly these. `most`: after so many objects the rest is left to another task. A later letter may
    have it with a smaller `upto`: it is then to end there, or at the object that was begun last (see `Shortened`).
    """

    number: int
    section: int
    after: str
    upto: str | None
    keys: list[str]
    again: bool
    """Some of its objects may have been copied already, without a result that arrived."""
    uploads: list[UploadRecord]
    most: int


class ReplyToWorker(Struct, frozen=True):
    """The answer to a worker's question."""

    question: int
    value: ReplyValue


class Letter(Struct, frozen=True, omit_defaults=True):
    """What the engine says. `run` names one run of the transfer: ranges of earlier runs are stopped by it.

    `seen`: all items below that number are written down. A worker that gets no letter for `lease` seconds stops.
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
    """Its part of the limits; None: it keeps what it was told."""
    finish: bool = False
    """Every object has its result: do what is left to be done."""
    end: bool = False
    """Stop all ranges, and forget the transfer once everything is seen."""


class PackedResult(Struct, frozen=True, tag="r", array_like=True):
    """What became of one object, packed as the journal has it."""

    section: int
    key: bytes
    packed: bytes


class Corrected(Struct, frozen=True, tag="c", array_like=True):
    """More is known now of an object whose result was told before; packed as the journal has it."""

    section: int
    key: bytes
    packed: bytes


class Arrived(Struct, frozen=True, tag="a", array_like=True):
    """Bytes at the target: sent just now, and others; what objects turned out to have more than was listed."""

    moved: int
    found: int
    more: int


class Intend(Struct, frozen=True, tag="i", array_like=True):
    """An upload is about to be begun; the reply is its row."""

    question: int
    record: UploadRecord


class Begun(Struct, frozen=True, tag="b", array_like=True):
    """The id of an upload; the reply says that it is on disk."""

    question: int
    row: int
    upload: str


class UploadedPart(Struct, frozen=True, tag="p", array_like=True):
    """A part of an upload is at the server."""

    row: int
    part: CompletedPart
    evidence: str


class Over(Struct, frozen=True, tag="e", array_like=True):
    """An upload was completed or aborted."""

    row: int


class Finished(Struct, frozen=True, tag="f", array_like=True):
    """Which of these keys have a result? The reply names them."""

    question: int
    section: int
    keys: list[str]


class KnownUploadsQuestion(Struct, frozen=True, tag="k", array_like=True):
    """Which uploads of this bucket are known to the engine? The reply is their ids."""

    question: int
    bucket: str


class Left(Struct, frozen=True, tag="l", array_like=True):
    """A range has ended: whole, or the rest behind `rest` was not begun (None: not known where).

    `problem`: why it could not be listed, or an identity (`connection`) cannot be used now.
    """

    number: int
    whole: bool
    rest: str | None
    problem: Problem | None
    connection: str
    upto: str | None = None
    """Where it ended, as far as it knows of an end."""


class Shortened(Struct, frozen=True, tag="s", array_like=True):
    """A range now ends at `upto`, as it was asked to, or further on: what is behind was not begun and will not be."""

    number: int
    upto: str


Item = (
    PackedResult
    | Corrected
    | Arrived
    | Intend
    | Begun
    | UploadedPart
    | Over
    | Finished
    | KnownUploadsQuestion
    | Left
    | Shortened
)


class ReportFromWorker(Struct, frozen=True, omit_defaults=True):
    """What a worker says: items from number `first` on, oldest first, and how it stands."""

    first: int
    items: list[Item]
    ready: bool = False
    """Whether its connections are open: `identities` says as whom."""
    quiet: bool = False
    """Nothing of it runs."""
    positions: dict[int, str] = {}
    """The ranges of which objects are being begun, with the last key that was."""
    ending: list[int] = []
    """The ranges whose objects are all begun."""
    under_way: int = 0
    """Objects that are copied now."""
    identities: dict[str, Identity] = {}
    problem: Problem | None = None
    """Why it cannot take part."""
    connection: str = ""
    """The connection that cannot be used now, if that is why."""


pack = msgspec.msgpack.Encoder().encode
unpack_letter = msgspec.msgpack.Decoder(Letter).decode
unpack_report = msgspec.msgpack.Decoder(ReportFromWorker).decode
