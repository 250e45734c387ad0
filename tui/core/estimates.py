"""Estimates for a copy: its time and its cost with each engine.

They cover what is counted so far: requests, retrieval and keys. They do not cover storage of the copies, transfer
(see `transfer_cost`), and the machines that relay.
"""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from tui.core.engines import EngineKind, read_engine
from tui.core.naming import counted
from tui.core.orders import ConflictPolicy, CopyOrder, CopyRoute, SyncOrder
from tui.core.price_table import GB, SERVICE_PRICES, PriceTable
from tui.core.transfer import Pace, Tally

PAGE = 1000
"""Keys of one ListObjectsV2."""

COPIED_PART = 256 << 20
"""Bytes of one UploadPartCopy in our engine."""

RELAYED_PART = 16 << 20
"""Bytes of one relayed part of a large object."""

KMS_REQUESTS = 2
"""For each copy with a KMS key but no bucket key: decrypting the source, and a data key for the copy."""


class Workload(Struct, frozen=True):
    """A copy's size and the properties that affect time and cost. Sizes in bytes.

    `large` objects exceed CopyObject's limit. Class names are empty if unknown, which counts as STANDARD.
    """

    objects: int
    bytes: int
    large: int = 0
    large_bytes: int = 0
    server_side: bool = True
    source_class: str = ""
    target_class: str = ""
    kms: bool = False
    uploads: bool = False
    """From the local disk."""
    downloads: bool = False
    """To the local disk."""

    @property
    def small(self) -> Workload:
        objects, size = max(0, self.objects - self.large), max(0, self.bytes - self.large_bytes)
        return replace(self, objects=objects, bytes=size, large=0, large_bytes=0)

    @property
    def rest(self) -> Workload:
        """The part that only multipart copies can do."""
        return replace(self, objects=self.large, bytes=self.large_bytes)


class Estimate(Struct, frozen=True):
    """Seconds from `least` to `most` (None: without measurements nobody knows how slow it is), and USD."""

    engine: EngineKind
    least: float
    most: float | None
    usd: float
    measured: bool = False
    """Whether the times come from this machine's transfers."""
    workers: int = 1


def local(work: Workload, pace: Pace, table: PriceTable) -> Estimate:
    speed = rate(pace, server_side=work.server_side)
    return _measured(EngineKind.LOCAL, work, speed, table)


def _measured(engine: EngineKind, work: Workload, speed: Rate, table: PriceTable, workers: int = 1) -> Estimate:
    if work.server_side:  # parts count as objects
        seconds = speed.seconds(work.small.objects + -(-work.large_bytes // COPIED_PART), 0)
    else:
        seconds = speed.seconds(work.objects, work.bytes)
    most = seconds if speed.measured else None
    return Estimate(engine, seconds, most, requests_cost(work, table), speed.measured, workers)


def batch(work: Workload, pace: Pace, table: PriceTable) -> Estimate:
    """A job of S3 Batch Operations with a list of objects that is written before it begins.

    This machine copies objects that are too large for it at the same time.
    """
    small, rest = work.small, local(work.rest, pace, table)
    if not small.objects:
        return Estimate(EngineKind.BATCH, rest.least, rest.most, rest.usd)
    writing = work.objects / MANIFEST_KEYS
    fast = BATCH_START[0] + writing + small.objects / BATCH_FASTEST
    slow = BATCH_START[1] + writing + small.objects / BATCH_SLOWEST
    usd = requests_cost(small, table) + rest.usd + batch_cost(small.objects)
    most = None if work.large and rest.most is None else max(slow, rest.most or 0.0)
    return Estimate(EngineKind.BATCH, max(fast, rest.least), most, usd)


def dask(work: Workload, workers: int, pace: Pace, table: PriceTable) -> Estimate:
    """Workers that are each like this machine. Raises `ValueError` for none."""
    if workers < 1:
        raise ValueError(f"{counted(workers, 'worker')} cannot copy anything")
    share = workers * WORKERS_SHARE if workers > 1 else 1.0
    speed = rate(pace, server_side=work.server_side).times(share)
    return _measured(EngineKind.DASK, work, speed, table, workers)


def requests_cost(work: Workload, table: PriceTable) -> float:
    """USD for the requests of a copy, for retrieval, and for KMS."""
    source, target = table.of(work.source_class), table.of(work.target_class)
    parts = -(-work.large_bytes // COPIED_PART) + work.large if work.server_side else work.bytes // RELAYED_PART
    requests = work.objects + parts
    writes = 0 if work.downloads else requests
    reads = 0 if work.server_side or work.uploads else requests
    usd = writes / 1000 * target.put_per_1000 + reads / 1000 * source.get_per_1000
    usd += -(-work.objects // PAGE) / 1000 * SERVICE_PRICES.list_per_1000
    usd += 0.0 if work.uploads else work.bytes / GB * source.retrieval_per_gb
    return usd + (work.objects * KMS_REQUESTS / 10_000 * SERVICE_PRICES.kms_per_10000 if work.kms else 0.0)


def batch_cost(objects: int) -> float:
    """USD for a job, without its requests."""
    return SERVICE_PRICES.batch_per_job + objects / 1e6 * SERVICE_PRICES.batch_per_million


def transfer_cost(size: int, *, out: bool) -> float:
    """USD for bytes to another region, or `out` of AWS; within a region transfer is free."""
    price = SERVICE_PRICES
    return size / GB * (price.out_per_gb if out else price.between_regions_per_gb)


PREFIX_WRITES = 3500
"""PUT, COPY, POST and DELETE requests per second and partitioned prefix.

Amazon S3 User Guide, "Best practices design patterns: optimizing Amazon S3 performance".
"""

BATCH_SLOWEST, BATCH_FASTEST = 500.0, float(PREFIX_WRITES)
"""Objects per second of one job.

AWS documents no rate for jobs: their requests count against the request rates of the prefixes. The upper figure is
one partitioned prefix; S3 splits busy prefixes, so that a long job can exceed it. The lower one is our assumption.
"""

BATCH_START = (60.0, 1800.0)
"""Seconds until a job works on its first object: S3 reads the manifest, the user confirms. Our assumption."""

MANIFEST_KEYS = 250_000.0
"""Keys per second, listed and written to a manifest: `make bench` lists 300,000 (docs/performance.md)."""

USUAL_PACE = Pace(copies=2500.0, relays=1700.0, relayed=600.0 * 2**20)
"""One machine without measurements: `make bench` on 2 cores, with a server on loopback (docs/performance.md).

5,000 objects by CopyObject in 2.0 s, 50,000 relayed objects of 16 KiB in 29.5 s, 4 GiB relayed over TLS in 6.8 s.
"""

SMALL = 1 << 20
"""Up to this mean size in bytes, the number of objects determines the time; above it, their bytes."""

WORKERS_SHARE = 0.9
"""A cluster worker's speed relative to a machine that works alone: handing out ranges takes the rest.

Our assumption for estimates; docs/scale.md has measurements.
"""


class Rate(Struct, frozen=True):
    """Objects and bytes per second. `bytes` None: the bytes do not pass through this machine."""

    objects: float
    bytes: float | None
    measured: bool

    def seconds(self, objects: int, size: int) -> float:
        by_bytes = size / self.bytes if self.bytes else 0.0
        return max(objects / self.objects, by_bytes)

    def times(self, factor: float) -> Rate:
        return Rate(self.objects * factor, self.bytes * factor if self.bytes else None, self.measured)


def rate(pace: Pace, *, server_side: bool) -> Rate:
    """As measured, else as usual."""
    usual = USUAL_PACE
    if server_side:
        return Rate(pace.copies or usual.copies or 1.0, None, pace.copies is not None)
    return Rate(
        pace.relays or usual.relays or 1.0,
        pace.relayed or usual.relayed,
        pace.relays is not None or pace.relayed is not None,
    )


HOUR = 3600.0

DELETES_NOTHING = "a job cannot delete sources: copy, then delete them"
COMPARES_NOTHING = "a job cannot compare: only this machine can sync"
ASKS_NOTHING = "a job can neither ask nor rename: choose skip, overwrite, newer or different"
RESTORES_NOTHING = "a copy job cannot restore first: restore, then copy"
NEEDS_TLS = "its scheduler is on another machine: use tls://HOST:PORT and certificates"
CHECKING = "checking…"


class Terms(Struct, frozen=True):
    """The thresholds for offering other engines, and their settings.

    The first of `objects` and `hours` on this machine that is reached counts. `dask` is the scheduler's address; empty:
    none. `role` (ARN) and `reports` (S3 URI) are the defaults for jobs.
    """

    table: PriceTable
    objects: int = 1_000_000
    hours: float = 6.0
    dask: str = ""
    workers: int = 1
    role: str = ""
    reports: str = ""


class HandOver(Struct, frozen=True):
    """The estimate of each engine, this machine's first; `refused` has one clause for each unavailable engine."""

    due: bool
    estimates: list[Estimate]
    refused: dict[EngineKind, str]
    large: int
    """Objects that a job cannot copy; this machine copies them."""
    between_regions: float
    """USD for these bytes between two regions."""
    out: float
    """USD for these bytes to a machine outside AWS; 0 if they do not pass through one."""
    prices: str
    """The price table and its date."""


def hand_over(work: Workload, order: CopyOrder, pace: Pace, terms: Terms, refused: str | None = "") -> HandOver:
    """Compare the engines for a copy.

    `refused`: why the two sides do not allow a job of S3 Batch Operations; None: not known yet.
    """
    table, why = terms.table, not_batch(order, refused)
    here = local(work, pace, table)
    estimates = [here] if why else [here, batch(replace(work, server_side=True), pace, table)]
    closed = {EngineKind.BATCH: why} if why else {}
    if terms.dask and read_engine(terms.dask).exposed:
        closed[EngineKind.DASK] = NEEDS_TLS
    elif terms.dask:
        estimates.append(dask(work, terms.workers, pace, table))
    return HandOver(
        due=work.objects >= terms.objects or (work.objects > 0 and here.least > terms.hours * HOUR),
        estimates=estimates,
        refused=closed,
        large=work.large,
        between_regions=0.0 if work.uploads or work.downloads else transfer_cost(work.bytes, out=False),
        out=0.0 if work.server_side or work.uploads else transfer_cost(work.bytes, out=True),
        prices=table.words,
    )


def work_of(tally: Tally, order: CopyOrder, route: CopyRoute | None) -> Workload:
    """The workload of a copy by its route (None: not known yet, so it may be a relay)."""
    options = order.options
    return Workload(
        objects=tally.objects,
        bytes=tally.bytes,
        large=tally.large,
        large_bytes=tally.large_bytes,
        server_side=route is not None and route.server_side,
        target_class=options.storage_class,
        kms=bool(options.encryption) and options.encryption != "AES256",
        uploads=not order.selection.base.kind.has_prices,
        downloads=not order.destination.location.kind.has_prices,
    )


def not_batch(order: CopyOrder, refused: str | None) -> str:
    """Why no job of S3 Batch Operations can do it, as one clause; empty if one can. `refused` as in `hand_over`."""
    options = order.options
    if isinstance(order, SyncOrder):
        return COMPARES_NOTHING
    if refused:
        return refused
    if options.move:
        return DELETES_NOTHING
    if options.restore:
        return RESTORES_NOTHING
    if options.conflict in (ConflictPolicy.ASK, ConflictPolicy.RENAME):
        return ASKS_NOTHING
    return CHECKING if refused is None else ""
