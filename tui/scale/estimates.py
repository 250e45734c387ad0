"""How long a copy takes by each engine, and what AWS asks for it. Pure.

Estimates, of what is counted so far: requests, retrieval and keys. Not in them are the storage of the copies, transfer
(`transfer_cost` says what it would be), and what the machines cost that relay.
"""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from tui.model.batch.operations import ManifestSource
from tui.model.counted import counted
from tui.model.engines import EngineKind
from tui.model.plan import Pace
from tui.scale.engines import (
    BATCH_FASTEST,
    BATCH_SLOWEST,
    BATCH_START,
    MANIFEST_KEYS,
    WORKERS_SHARE,
    Rate,
    rate,
)
from tui.scale.prices import GB, SERVICE_PRICES, PriceTable

PAGE = 1000
"""Keys of one ListObjectsV2."""

COPIED_PART = 256 << 20
"""Bytes of one UploadPartCopy, as our engine cuts large objects."""

RELAYED_PART = 16 << 20
"""Bytes of one relayed part of a large object."""

KMS_REQUESTS = 2
"""For each copy with a KMS key and no bucket key: the source is decrypted, the copy gets a data key."""


class Work(Struct, frozen=True):
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
    def small(self) -> Work:
        """What one CopyObject each can copy."""
        objects, size = max(0, self.objects - self.large), max(0, self.bytes - self.large_bytes)
        return replace(self, objects=objects, bytes=size, large=0, large_bytes=0)

    @property
    def rest(self) -> Work:
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


def local(work: Work, pace: Pace, table: PriceTable) -> Estimate:
    """By this machine alone."""
    speed = rate(pace, server_side=work.server_side)
    seconds = _seconds(work, speed)
    return Estimate(
        EngineKind.LOCAL, seconds, seconds if speed.measured else None, requests_cost(work, table), speed.measured
    )


def batch(work: Work, pace: Pace, table: PriceTable, source: ManifestSource = ManifestSource.LIST) -> Estimate:
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


def dask(work: Work, workers: int, pace: Pace, table: PriceTable) -> Estimate:
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


def requests_cost(work: Work, table: PriceTable) -> float:
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


def _seconds(work: Work, speed: Rate) -> float:
    """The number of small objects takes the time, or the bytes; parts count as objects."""
    if work.server_side:
        return speed.seconds(work.small.objects + -(-work.large_bytes // COPIED_PART), 0)
    return speed.seconds(work.objects, work.bytes)
