"""By which prices this user's costs are estimated, and from when on other engines are offered."""

from __future__ import annotations

from tui.core.costs import LIST_PRICES, PriceTable
from tui.core.estimates import Terms
from tui.settings.schema import Settings


def price_table(settings: Settings) -> PriceTable:
    """The prices that count for this user."""
    return LIST_PRICES.with_own(settings.prices)


def terms(settings: Settings) -> Terms:
    """From when on the route card shows other engines, and by which prices."""
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
