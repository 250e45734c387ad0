"""What storage costs in a month, by a price table: an estimate, without requests, transfer and retrieval."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from tui.model.finding.sizes import GIB, Amount, Share

GB = GIB
"""AWS bills storage in GB of 2^30 bytes."""


class ClassPrice(Struct, frozen=True):
    """What one storage class costs. USD."""

    per_gb_month: float
    billed_from: int = 0
    """Bytes that an object is billed as at least; 128 KiB or nothing."""
    overhead: int = 0
    """Bytes of each object that are billed at this class, besides its own."""
    overhead_standard: int = 0
    """Bytes of each object that are billed at STANDARD, besides its own."""
    monitoring_per_1000: float = 0.0
    """Monitoring of a thousand objects of at least 128 KiB for a month."""


class PriceTable(Struct, frozen=True):
    """Prices, and where they come from."""

    name: str
    date: str
    classes: dict[str, ClassPrice]
    changed: list[str] = []
    """Classes whose price is another one of the user's settings."""

    @property
    def words(self) -> str:
        """What the table is: ``AWS list prices, us-east-1, 2025-06-01``."""
        own = f"; from the settings: {', '.join(self.changed)}" if self.changed else ""
        return f"{self.name}, {self.date}{own}"

    def with_own(self, per_gb_month: Mapping[str, float]) -> PriceTable:
        """With the user's own prices for a GB and month."""
        if not per_gb_month:
            return self
        classes = dict(self.classes)
        for name, price in per_gb_month.items():
            known = classes.get(name, ClassPrice(0.0))
            classes[name] = ClassPrice(
                price, known.billed_from, known.overhead, known.overhead_standard, known.monitoring_per_1000
            )
        return PriceTable(self.name, self.date, classes, sorted(per_gb_month))


class Cost(Struct, frozen=True):
    """USD a month; classes without a price are not in it."""

    usd: float = 0.0
    unpriced: list[str] = []


def cost(shares: Mapping[Share, Amount], table: PriceTable) -> Cost:
    """What this costs in a month at the price of the first tier."""
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
