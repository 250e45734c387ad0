"""How long a copy takes by each engine, and what AWS asks for it. Pure.

Estimates, of what is counted so far: requests, retrieval and keys. Not in them are the storage of the copies, transfer
(`transfer_cost` says what it would be), and what the machines cost that relay.
"""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from tui.core.costs import GB, SERVICE_PRICES, PriceTable
from tui.core.engines import EngineKind, read_engine
from tui.core.naming import counted
from tui.core.orders import ConflictPolicy, CopyOrder, CopyRoute, ManifestSource, SyncOrder
from tui.core.transfer import Pace, Tally

PAGE = 1000
"""Keys of one ListObjectsV2."""

COPIED_PART = 256 << 20
"""Bytes of one UploadPartCopy, as our engine cuts large objects."""

RELAYED_PART = 16 << 20
"""Bytes of one relayed part of a large object."""

KMS_REQUESTS = 2
"""For each copy with a KMS key and no bucket key: the source is decrypted, the copy gets a data key."""


class Workload(Struct, frozen=True):
    """A copy, as far as time and cost depend on it. Sizes in bytes.

    `large` objects are above the limit of CopyObject. Classes are names, empty where they are not known: STANDARD.
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
        """What only parts can copy."""
        return replace(self, objects=self.large, bytes=self.large_bytes)


class Estimate(Struct, frozen=True):
    """Seconds between `least` and `most` (None: nothing measured tells how slow it may be), and USD."""

    engine: EngineKind
    least: float
    most: float | None
    usd: float
    measured: bool = False
    """Whether the seconds come of transfers of this machine."""
    workers: int = 1


def local(work: Workload, pace: Pace, table: PriceTable) -> Estimate:
    """By this machine alone."""
    speed = rate(pace, server_side=work.server_side)
    seconds = _seconds(work, speed)
    return Estimate(
        EngineKind.LOCAL, seconds, seconds if speed.measured else None, requests_cost(work, table), speed.measured
    )


def batch(work: Workload, pace: Pace, table: PriceTable, source: ManifestSource = ManifestSource.LIST) -> Estimate:
    """By a job of S3 Batch Operations; what is too large for it by this machine, at the same time.

    `source`: where the list of objects comes from. AUTO counts as LIST, which is dearer and takes longer.
    """
    small, rest = work.small, local(work.rest, pace, table)
    if not small.objects:
        return Estimate(EngineKind.BATCH, rest.least, rest.most, rest.usd)
    is_written = source in (ManifestSource.AUTO, ManifestSource.LIST)
    writing = work.objects / MANIFEST_KEYS if is_written else 0.0
    fast = BATCH_START[0] + writing + small.objects / BATCH_FASTEST
    slow = BATCH_START[1] + writing + small.objects / BATCH_SLOWEST
    usd = requests_cost(small, table) + rest.usd + batch_cost(small.objects, source)
    most = None if work.large and rest.most is None else max(slow, rest.most or 0.0)
    return Estimate(EngineKind.BATCH, max(fast, rest.least), most, usd)


def dask(work: Workload, workers: int, pace: Pace, table: PriceTable) -> Estimate:
    """By so many workers, each a machine like this one. Raises `ValueError` for none."""
    if workers < 1:
        raise ValueError(f"{counted(workers, 'worker')} copy nothing")
    share = workers * WORKERS_SHARE if workers > 1 else 1.0
    speed = rate(pace, server_side=work.server_side).times(share)
    seconds = _seconds(work, speed)
    return Estimate(
        EngineKind.DASK,
        seconds,
        seconds if speed.measured else None,
        requests_cost(work, table),
        speed.measured,
        workers,
    )


def requests_cost(work: Workload, table: PriceTable) -> float:
    """USD of the requests of a copy, of what it reads of classes with a retrieval price, and of KMS."""
    source, target = table.of(work.source_class), table.of(work.target_class)
    parts = -(-work.large_bytes // COPIED_PART) + work.large if work.server_side else work.bytes // RELAYED_PART
    requests = work.objects + parts
    writes = 0 if work.downloads else requests
    reads = 0 if work.server_side or work.uploads else requests
    usd = writes / 1000 * target.put_per_1000 + reads / 1000 * source.get_per_1000
    usd += -(-work.objects // PAGE) / 1000 * SERVICE_PRICES.list_per_1000
    usd += 0.0 if work.uploads else work.bytes / GB * source.retrieval_per_gb
    return usd + (work.objects * KMS_REQUESTS / 10_000 * SERVICE_PRICES.kms_per_10000 if work.kms else 0.0)


def batch_cost(objects: int, source: ManifestSource = ManifestSource.LIST) -> float:
    """USD of a job, without its requests; the generator and the report as if they name these objects and no others."""
    price = SERVICE_PRICES
    manifest = {
        ManifestSource.GENERATOR: price.batch_manifest_per_million,
        ManifestSource.INVENTORY: price.inventory_per_million,
    }
    return price.batch_per_job + objects / 1e6 * (price.batch_per_million + manifest.get(source, 0.0))


def transfer_cost(size: int, *, out: bool) -> float:
    """USD of so many bytes that go to another region, or `out` of AWS; within a region they cost nothing."""
    price = SERVICE_PRICES
    return size / GB * (price.out_per_gb if out else price.between_regions_per_gb)


def _seconds(work: Workload, speed: Rate) -> float:
    """The number of small objects takes the time, or the bytes; parts count as objects."""
    if work.server_side:
        return speed.seconds(work.small.objects + -(-work.large_bytes // COPIED_PART), 0)
    return speed.seconds(work.objects, work.bytes)


# How fast the engines are: what was measured, what AWS documents, and what is assumed where neither says anything.

PREFIX_WRITES = 3500
"""PUT, COPY, POST and DELETE requests per second of one partitioned prefix.

Amazon S3 User Guide, "Best practices design patterns: optimizing Amazon S3 performance".
"""

BATCH_SLOWEST, BATCH_FASTEST = 500.0, float(PREFIX_WRITES)
"""Objects per second of one job.

AWS documents no rate for a job: its copies come under the request rates of the prefixes that it reads and writes. The
upper figure is what one partitioned prefix takes; S3 splits busy prefixes, so a long job may get beyond it. The lower
one is an assumption of ours.
"""

BATCH_START = (60.0, 1800.0)
"""Seconds until a job works on its first object: S3 reads the manifest, the user confirms. An assumption of ours."""

MANIFEST_KEYS = 250_000.0
"""Keys per second that are listed and written into a manifest: `make bench` lists 300,000 (docs/performance.md)."""

USUAL_PACE = Pace(copies=2500.0, relays=1700.0, relayed=600.0 * 2**20)
"""Of one machine where nothing was measured: `make bench` on 2 cores, a server on loopback (docs/performance.md).

5,000 objects by CopyObject in 2.0 s, 50,000 relayed objects of 16 KiB in 29.5 s, 4 GiB relayed over TLS in 6.8 s.
"""

SMALL = 1 << 20
"""Objects are small up to this mean size, in bytes: their number takes the time, else their bytes."""

WORKERS_SHARE = 0.9
"""What a worker of a cluster gets done beside what one machine does alone: handing out ranges takes the rest.

An assumption of ours for the estimates; what was measured is in docs/scale.md.
"""


class Rate(Struct, frozen=True):
    """Objects and bytes per second. `bytes` None: they do not pass this machine."""

    objects: float
    bytes: float | None
    measured: bool

    def seconds(self, objects: int, size: int) -> float:
        """How long so many objects with so many bytes take."""
        by_bytes = size / self.bytes if self.bytes else 0.0
        return max(objects / self.objects, by_bytes)

    def times(self, factor: float) -> Rate:
        """The rate of so many such machines."""
        return Rate(self.objects * factor, self.bytes * factor if self.bytes else None, self.measured)


def rate(pace: Pace, *, server_side: bool) -> Rate:
    """The rate of one machine: as measured, else as usual."""
    usual = USUAL_PACE
    if server_side:
        return Rate(pace.copies or usual.copies or 1.0, None, pace.copies is not None)
    return Rate(
        pace.relays or usual.relays or 1.0,
        pace.relayed or usual.relayed,
        pace.relays is not None or pace.relayed is not None,
    )


# Whether a copy is so large that another engine is worth a look, and what each would take. Pure.

HOUR = 3600.0

DELETES_NOTHING = "a job deletes no sources: copy, then delete them"
COMPARES_NOTHING = "a job compares nothing: this machine does a sync"
ASKS_NOTHING = "a job asks nothing and gives no new names: choose skip, overwrite, newer or different"
RESTORES_NOTHING = "a job that copies restores nothing first: restore, then copy"
NEEDS_TLS = "its scheduler is on another machine: use tls://HOST:PORT and certificates"
CHECKING = "checking…"


class Terms(Struct, frozen=True):
    """From when on other engines are offered, and what is known of them.

    `objects` or `hours` by this machine, whichever is reached first. `dask` is the scheduler's address, empty: none.
    `role` and `reports` are what jobs are given unless something else is typed: an ARN, an S3 URI.
    """

    table: PriceTable
    objects: int = 1_000_000
    hours: float = 6.0
    dask: str = ""
    workers: int = 1
    role: str = ""
    reports: str = ""


class HandOver(Struct, frozen=True):
    """What each engine takes, the local one first, and why those of `refused` cannot be taken (one clause each)."""

    due: bool
    estimates: list[Estimate]
    refused: dict[EngineKind, str]
    large: int
    """Objects that no job copies: they stay with the engine of this machine."""
    between_regions: float
    """USD that these bytes cost between two regions."""
    out: float
    """USD that they cost on their way to a machine outside AWS; 0 where they do not pass one."""
    prices: str
    """By which table, with its date."""


def hand_over(work: Workload, order: CopyOrder, pace: Pace, terms: Terms, refused: str | None = "") -> HandOver:
    """What the engines would take for a copy.

    `refused`: why no job of S3 Batch Operations can do it as far as the two sides decide, None: not known yet.
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
    """The copy as estimates need it, by the route that is taken (None: not known yet, so it may be a relay)."""
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
    """Why no job of S3 Batch Operations can do it, in one clause; empty: one can. `refused` as in `hand_over`."""
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
