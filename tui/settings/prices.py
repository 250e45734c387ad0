"""The user's prices for cost estimates, and when other engines are offered."""

from __future__ import annotations

from tui.core.estimates import Terms
from tui.core.price_table import LIST_PRICES, PriceTable
from tui.settings.schema import Settings


def price_table(settings: Settings) -> PriceTable:
    return LIST_PRICES.with_own(settings.prices)


def terms(settings: Settings) -> Terms:
    """When the route card offers other engines, and the prices for it."""
    scale = settings.scale
    return Terms(
        price_table(settings),
        scale.objects,
        scale.hours,
        scale.dask,
        scale.workers,
        scale.batch_role,
        scale.batch_reports,
    )
