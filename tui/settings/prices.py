"""The price table that costs of storage are estimated by: AWS's list prices, and what the settings say instead."""

from __future__ import annotations

from pathlib import Path

import msgspec

from tui.model.finding.prices import PriceTable
from tui.settings.schema import Settings

FILE = Path(__file__).with_name("prices_us_east_1.json")
"""From https://aws.amazon.com/s3/pricing/: no discounts, first tier, Intelligent-Tiering as frequently accessed."""


def price_table(settings: Settings) -> PriceTable:
    """The prices that count for this user."""
    return msgspec.json.decode(FILE.read_bytes(), type=PriceTable).with_own(settings.prices)
