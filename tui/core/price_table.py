"""The price table: AWS's prices for storage, requests, retrieval, transfer and jobs. All estimates use it.

`LIST_PRICES` are the public list prices of us-east-1 at https://aws.amazon.com/s3/pricing/ and
https://aws.amazon.com/kms/pricing/ on `LIST_PRICES.date`: first tier, no discounts, no free tier, no tax. They were
written from memory and not compared with those pages since. Whoever changes a price changes the date.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from tui.core.orders import DEEP, TIERING, RestoreTier
from tui.core.searching import GIB, SMALL_OBJECT, Amount, Share

GB = GIB
"""AWS bills storage and transfer in GB of 2^30 bytes."""


class ClassPrice(Struct, frozen=True):
    """Prices of one storage class, in USD."""

    per_gb_month: float
    billed_from: int = 0
    """Bytes that each object is billed for at least; 128 KiB or 0."""
    overhead: int = 0
    """Additional bytes of each object that are billed at this class."""
    overhead_standard: int = 0
    """Additional bytes of each object that are billed at STANDARD."""
    monitoring_per_1000: float = 0.0
    """For a thousand objects of at least 128 KiB and a month."""
    put_per_1000: float = 0.005
    """For a thousand PUT, COPY or POST requests that write objects of this class, including parts of uploads."""
    get_per_1000: float = 0.0004
    """For a thousand GET or HEAD requests."""
    retrieval_per_gb: float = 0.0
    """For each GB read, by GET or as the source of a copy."""


class RestorePrice(Struct, frozen=True):
    """Price of a restore from an archive, without storage of the restored copy, in USD."""

    per_gb: float = 0.0
    per_1000: float = 0.0
    """For a thousand requests."""


class ServicePrices(Struct, frozen=True):
    """Prices that do not depend on the storage class, in USD."""

    list_per_1000: float
    """For a thousand ListObjectsV2 requests."""
    between_regions_per_gb: float
    """From us-east-1 to most other regions."""
    out_per_gb: float
    """To the internet, for the first 10 TB of a month."""
    batch_per_job: float
    batch_per_million: float
    """For a million objects of S3 Batch Operations, successful or failed."""
    kms_per_10000: float
    """For ten thousand KMS requests."""


class PriceTable(Struct, frozen=True):
    """Prices and their source."""

    name: str
    date: str
    classes: dict[str, ClassPrice]
    changed: list[str] = []
    """Classes whose storage price comes from the user's settings."""

    @property
    def words(self) -> str:
        """For example ``AWS list prices of us-east-1 (other regions differ), first tier, 2025-06-01``."""
        own = f"; from the settings: {', '.join(self.changed)}" if self.changed else ""
        return f"{self.name}, {self.date}{own}"

    def with_own(self, per_gb_month: Mapping[str, float]) -> PriceTable:
        """With the user's own prices for a GB and month."""
        if not per_gb_month:
            return self
        own = {
            name: replace(self.classes.get(name, ClassPrice(0.0)), per_gb_month=price)
            for name, price in per_gb_month.items()
        }
        return replace(self, classes=self.classes | own, changed=sorted(per_gb_month))

    def of(self, storage_class: str) -> ClassPrice:
        """The prices of a class; for an unknown class (or ``""``) those of STANDARD."""
        return self.classes.get(storage_class) or self.classes["STANDARD"]


LIST_PRICES = PriceTable(
    "AWS list prices of us-east-1 (other regions differ), first tier",
    "2025-06-01",
    {
        "STANDARD": ClassPrice(0.023),
        "REDUCED_REDUNDANCY": ClassPrice(0.024),
        "STANDARD_IA": ClassPrice(0.0125, SMALL_OBJECT, put_per_1000=0.01, get_per_1000=0.001, retrieval_per_gb=0.01),
        "ONEZONE_IA": ClassPrice(0.01, SMALL_OBJECT, put_per_1000=0.01, get_per_1000=0.001, retrieval_per_gb=0.01),
        "INTELLIGENT_TIERING": ClassPrice(0.023, monitoring_per_1000=0.0025),
        "GLACIER_IR": ClassPrice(0.004, SMALL_OBJECT, put_per_1000=0.02, get_per_1000=0.01, retrieval_per_gb=0.03),
        "GLACIER": ClassPrice(0.0036, overhead=32768, overhead_standard=8192, put_per_1000=0.03),
        "DEEP_ARCHIVE": ClassPrice(0.00099, overhead=32768, overhead_standard=8192, put_per_1000=0.05),
        "EXPRESS_ONEZONE": ClassPrice(0.11, put_per_1000=0.00113, get_per_1000=0.00003),
    },
)
"""INTELLIGENT_TIERING: frequent access tier. EXPRESS_ONEZONE: without its prices for each GB uploaded or read."""

SERVICE_PRICES = ServicePrices(
    list_per_1000=0.005,
    between_regions_per_gb=0.02,
    out_per_gb=0.09,
    batch_per_job=0.25,
    batch_per_million=1.0,
    kms_per_10000=0.03,
)

_FLEXIBLE = {
    RestoreTier.EXPEDITED: RestorePrice(0.03, 10.0),
    RestoreTier.STANDARD: RestorePrice(0.01, 0.05),
    RestoreTier.BULK: RestorePrice(),
}
_DEEP = {RestoreTier.STANDARD: RestorePrice(0.02, 0.1), RestoreTier.BULK: RestorePrice(0.0025, 0.025)}
_TIERING = {
    RestoreTier.EXPEDITED: RestorePrice(0.03, 10.0),
    RestoreTier.STANDARD: RestorePrice(),
    RestoreTier.BULK: RestorePrice(),
}


def restore_price(archive: str, tier: RestoreTier) -> RestorePrice | None:
    """The price of a restore from a class or archive tier; None if it has no such restore."""
    if archive in DEEP and (archive == "DEEP_ARCHIVE" or tier is RestoreTier.EXPEDITED):
        return _DEEP.get(tier)
    return (_TIERING if archive == TIERING or archive.endswith("_ACCESS") else _FLEXIBLE).get(tier)


class Cost(Struct, frozen=True):
    """USD a month, without the classes that have no price."""

    usd: float = 0.0
    unpriced: list[str] = []


def cost(shares: Mapping[Share, Amount], table: PriceTable) -> Cost:
    """The monthly price of this storage at the first tier, without requests, transfer and retrieval."""
    standard = table.classes.get("STANDARD", ClassPrice(0.0)).per_gb_month
    usd, unpriced = 0.0, set[str]()
    for share, amount in shares.items():
        price = table.classes.get(share.storage_class)
        if price is None:
            unpriced.add(share.storage_class)
            continue
        billed = amount.bytes + (amount.missing if price.billed_from else 0) + amount.objects * price.overhead
        usd += billed / GB * price.per_gb_month
        usd += amount.objects * price.overhead_standard / GB * standard
        usd += amount.monitored / 1000 * price.monitoring_per_1000
    return Cost(usd, sorted(unpriced))
