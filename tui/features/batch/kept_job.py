"""What the journal keeps of a transfer by S3 Batch Operations: as much as another engine needs to go on with it."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from tui.core.jobs import JobSnapshot
from tui.core.location import Location
from tui.core.naming import counted
from tui.core.orders import BatchCopy, BatchOrder
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.stores.base import Store
from tui.stores.store_values import ObjectAttributes
from tui.transfers.journal import Journal

S = TypeVar("S", bound=Struct)


class KeptUpload(Struct, frozen=True):
    """An upload of a manifest that has not ended: it is aborted where another run begins the manifest again."""

    location: Location
    upload: str


class KeptManifest(Struct, frozen=True):
    """The list of objects that a job gets. `parameters` are those of CreateJob that name it.

    `objects` and `bytes` of the list; `large` and `large_bytes` of those above CopyObject's limit, which it leaves out.
    None: they are not known, because S3 makes the list.
    """

    parameters: dict[str, Any]
    objects: int | None = None
    bytes: int = 0
    large: int | None = None
    large_bytes: int = 0


class KeptRequest(Struct, frozen=True):
    """CreateJob as it is sent, on disk before it is: the same token with the same parameters gives the same job."""

    region: str
    account: str
    parameters: dict[str, Any]


class KeptJob(Struct, frozen=True):
    """The job, and how it was seen last."""

    id: str
    region: str
    account: str
    snapshot: JobSnapshot


class KeptReading(Struct, frozen=True):
    """How far the completion report was read: files that are read whole, and rows of the next one."""

    files: int = 0
    rows: int = 0
    done: bool = False


_NAMES = {KeptManifest: "manifest", KeptRequest: "request", KeptJob: "job"}


class KeptValues:
    """The values of one transfer. `attempt` counts its jobs: a retry by a job of its own is the next one."""

    def __init__(self, journal: Journal, transfer: str, values: dict[str, bytes]) -> None:
        self._journal, self._transfer, self._values = journal, transfer, values

    @classmethod
    async def load(cls, journal: Journal, transfer: str) -> KeptValues:
        return cls(journal, transfer, await journal.states.of(transfer))

    @property
    def attempt(self) -> int:
        """Which job of the transfer this is about, from 0."""
        return int(self._values.get("attempt", b"0"))

    async def begin_again(self) -> None:
        await self._demand("attempt", str(self.attempt + 1).encode())

    @property
    def upload(self) -> list[KeptUpload]:
        packed = self._values.get(self._name("upload"))
        return msgspec.msgpack.decode(packed, type=list[KeptUpload]) if packed else []

    async def keep_upload(self, uploads: list[KeptUpload]) -> None:
        await self._demand(self._name("upload"), msgspec.msgpack.encode(uploads))

    @property
    def manifest(self) -> KeptManifest | None:
        """The list, once it is written."""
        return self._of("manifest", KeptManifest)

    @property
    def request(self) -> KeptRequest | None:
        """CreateJob, if it may have been sent."""
        return self._of("request", KeptRequest)

    @property
    def job(self) -> KeptJob | None:
        """The job, once its id is known."""
        return self._of("job", KeptJob)

    async def keep(self, value: KeptManifest | KeptRequest | KeptJob) -> None:
        """A job is kept again when it was seen in another state."""
        await self._demand(self._name(_NAMES[type(value)]), msgspec.msgpack.encode(value))

    @property
    def reading(self) -> KeptReading:
        return self._of("reading", KeptReading) or KeptReading()

    def keep_reading(self, reading: KeptReading) -> None:
        """Rows up to there have their results, which are on disk before this is."""
        packed = msgspec.msgpack.encode(reading)
        self._values[self._name("reading")] = packed
        self._journal.states.set(self._transfer, self._name("reading"), packed)

    def _of(self, name: str, kind: type[S]) -> S | None:
        packed = self._values.get(self._name(name))
        return msgspec.msgpack.decode(packed, type=kind) if packed else None

    def _name(self, name: str) -> str:
        return f"{name} {self.attempt}"

    async def _demand(self, name: str, value: bytes) -> None:
        await self._journal.states.demand(self._transfer, name, value)
        self._values[name] = value


# The order of a job, kept beside its manifest: another machine with the same account takes the job over by it.
#
# It says what was ordered and nothing of the identities that ordered it.

ORDER = "order.json"

MOST_ORDER = 32 * 1024 * 1024
"""Bytes; an order may name many keys."""

_ATTRIBUTES = ObjectAttributes(headers={"ContentType": "application/json"}, encryption="AES256")


async def keep_order(store: Store, folder: Location, order: BatchOrder) -> None:
    """Write it into the folder of its transfer. Raises `ProblemError`."""
    of_nobody = with_identities(replace(order, receipt="", adopts=""), "", "", "")
    await store.put(folder.bucket, folder.key + ORDER, msgspec.json.encode(of_nobody), _ATTRIBUTES)


async def read_order(store: Store, folder: Location) -> BatchOrder:
    """The order of a job, whose identities are empty. Raises `ProblemError`."""
    place = Location(folder.bucket, folder.key + ORDER)
    head = await store.head(place.bucket, place.key)
    if head.size > MOST_ORDER:
        raise _unusable(place, f"it has {counted(head.size, 'byte')}")
    content = await store.read(place.bucket, place.key, etag=head.etag, start=0, length=head.size)
    try:
        return msgspec.json.decode(content, type=BatchOrder)
    except msgspec.MsgspecError as error:
        raise _unusable(place, str(error)) from error


def with_identities(order: BatchOrder, job: str, source: str, target: str) -> BatchOrder:
    """The order with these connections: the job's, and those of both sides."""
    operation = order.operation
    if isinstance(operation, BatchCopy):
        operation = replace(operation, destination=replace(operation.destination, connection=target))
    return replace(order, connection=job, selection=replace(order.selection, connection=source), operation=operation)


def _unusable(place: Location, why: str) -> ProblemError:
    title = "the order of the job cannot be read"
    remedy = "adopt only jobs that this version of xs3-tui, or an older one, created"
    return ProblemError(Problem(ProblemKind.INVALID, title, why, remedy, resource=place.uri))
