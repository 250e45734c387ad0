"""The values that the journal keeps."""

from __future__ import annotations

from typing import NamedTuple

import msgspec
from msgspec import Struct

from tui.core.orders import ConflictPolicy, CopyRoute, Order
from tui.core.problem import Problem
from tui.core.transfer import Limits, ObjectResult, Outcome, Tally, TransferState
from tui.stores.store_values import CompletedPart


class Cursor(Struct, frozen=True):
    """How far a listing is complete: every object of the sections before, and of this one up to `key`, has a result.

    Sections are the queue's own numbering of what an order selects (the marked keys, then each prefix).
    """

    section: int
    key: str


class TransferStatus(Struct, frozen=True, kw_only=True):
    """The status of a transfer: what `Journal.save` replaces. Times in seconds since the epoch."""

    state: TransferState
    position: float = 0.0
    """Its place in the queue, smallest first."""
    submitted: float = 0.0
    ended: float | None = None
    cursor: Cursor | None = None
    listed: int | None = None
    """How many objects the listing had in all; None until it is complete."""
    tally: Tally = Tally()
    left_out: int = 0
    """Entries that the listing could not name or read: they have no result, and count as failed."""
    notes: list[str] = []
    problem: Problem | None = None
    limits: Limits = Limits()
    retries: int = 0
    waits_for: Problem | None = None
    route: CopyRoute | None = None
    source_identity: str = ""
    target_identity: str = ""
    decided: ConflictPolicy | None = None
    """What the user has decided for all its conflicts."""
    retrying: bool = False
    """Whether its failed and cancelled objects are being tried again."""
    elsewhere: str = ""
    """Where it stands, in words, where another engine carries it out."""
    unnamed: int = 0
    """How many objects were done elsewhere without a result of their own."""
    busy: float = 0.0
    """Seconds in which something was done."""


class TransferRecord(TransferStatus, frozen=True, kw_only=True):
    """A transfer. `id` and `order` are written by `Journal.add` and never change."""

    id: str
    order: Order

    def status(self) -> TransferStatus:
        return TransferStatus(**{name: getattr(self, name) for name in TransferStatus.__struct_fields__})


class KeptPart(Struct, frozen=True):
    """A finished part and what was read for it: ``MD5:…`` or another checksum of its bytes, empty where unknown."""

    part: CompletedPart
    evidence: str = ""


class UploadRecord(Struct, frozen=True, kw_only=True):
    """A multipart upload of ours. `connection` is the writer's id, sizes in bytes, `began` seconds since the epoch.

    `upload` is empty while it is only intended: CreateMultipartUpload was perhaps sent, its answer never seen.
    `row` names it in the journal (0: not there yet), `etag` and `version` pin the source. `transfer` is empty for the
    upload of a stream, which cannot be continued.
    """

    transfer: str
    section: int
    source_key: str
    bucket: str
    key: str
    connection: str
    route: CopyRoute
    etag: str
    version: str = ""
    size: int
    part_size: int
    began: float
    upload: str = ""
    row: int = 0
    parts: list[KeptPart] = []


class PendingDelete(Struct, frozen=True, kw_only=True):
    """The source of a move that is about to be deleted: its copy was found to be the same.

    `target` is the copy's key, `etag` and `modified` (seconds since the epoch) are the source's as it was copied.
    `result` is the one of the copy, as if the source stayed.
    """

    section: int
    key: str
    target: str
    etag: str
    modified: float
    result: ObjectResult


class KeptResult(NamedTuple):
    """An object's end as it is stored: `packed` is an `ObjectResult` in MessagePack, without what it does not say.

    `number` grows with each result.
    """

    number: int
    outcome: Outcome
    packed: bytes


class OutcomeCounts(Struct, frozen=True):
    """How many objects came to which end, and their bytes; an outcome that no object had is missing."""

    objects: dict[Outcome, int] = {}
    bytes: dict[Outcome, int] = {}


class _Stored(ObjectResult, frozen=True, omit_defaults=True):
    """A result as it is stored: without what it does not say, because there may be a million."""


_to_bytes = msgspec.msgpack.Encoder().encode
_from_bytes = msgspec.msgpack.Decoder(_Stored).decode
_to_json = msgspec.json.Encoder().encode
_unpack_status = msgspec.json.Decoder(TransferStatus).decode
unpack_limits = msgspec.json.Decoder(Limits).decode
_order = msgspec.json.Decoder(Order).decode


def pack_result(result: ObjectResult) -> bytes:
    return _to_bytes(_Stored(*msgspec.structs.astuple(result)))


def unpack_result(stored: bytes) -> ObjectResult:
    return ObjectResult(*msgspec.structs.astuple(_from_bytes(stored)))


def checked_result(stored: bytes) -> bytes:
    """The same; raise ``msgspec.MsgspecError`` for what is no stored result."""
    _from_bytes(stored)
    return stored


def pack_order(order: Order) -> bytes:
    return _to_json(order)


def pack_status(record: TransferRecord) -> bytes:
    return _to_json(record.status())


def unpack_transfer(transfer: str, order: bytes, status: bytes) -> TransferRecord:
    return TransferRecord(id=transfer, order=_order(order), **msgspec.structs.asdict(_unpack_status(status)))


def pack_limits(limits: Limits) -> bytes:
    return _to_json(limits)


def pack_key(key: str) -> bytes:
    """A key as the journal compares it: its bytes, whatever they are (names of local files may not be UTF-8)."""
    return key.encode("utf-8", "surrogateescape")


def unpack_key(stored: bytes) -> str:
    return stored.decode("utf-8", "surrogateescape")
