"""The one price table."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tui.model.archive.restoring import ClassCount, RestoreTier
from tui.scale.prices import GB, LIST_PRICES, SERVICE_PRICES, ClassPrice, restore_price
from tui.text.archive.tiers import cost_words, wait_words

PRICE = re.compile(r"(?:per_gb|per_1000|per_million|per_job)\w*\s*[:=]\s*\d")


def test_there_is_one_table_with_name_and_date() -> None:
    assert LIST_PRICES.words == "AWS list prices of us-east-1, first tier, 2025-06-01"
    product = Path(__file__).parents[3] / "tui"
    with_prices = {str(file.relative_to(product)) for file in product.rglob("*.py") if PRICE.search(file.read_text())}
    assert with_prices == {"scale/prices.py"}
    assert not list(product.rglob("*price*.json"))


def test_a_class_that_is_not_known_costs_as_standard() -> None:
    assert LIST_PRICES.of("") == LIST_PRICES.of("STANDARD") == LIST_PRICES.of("SNOW")
    assert LIST_PRICES.of("DEEP_ARCHIVE").put_per_1000 == 0.05


def test_own_prices_of_storage_leave_those_of_requests() -> None:
    own = LIST_PRICES.with_own({"GLACIER_IR": 0.001}).classes["GLACIER_IR"]
    assert own == ClassPrice(0.001, billed_from=131072, put_per_1000=0.02, get_per_1000=0.01, retrieval_per_gb=0.03)


def test_every_price_is_one() -> None:
    prices = [getattr(SERVICE_PRICES, name) for name in SERVICE_PRICES.__struct_fields__]
    assert all(0 < price < 100 for price in prices)


@pytest.mark.parametrize(
    ("archive", "tier", "usd"),
    [
        ("GLACIER", RestoreTier.EXPEDITED, 10_000 * 0.01 + 2 * 0.03),
        ("GLACIER", RestoreTier.BULK, 0.0),
        ("DEEP_ARCHIVE", RestoreTier.STANDARD, 1.0 + 2 * 0.02),
        ("DEEP_ARCHIVE", RestoreTier.BULK, 0.25 + 2 * 0.0025),
        ("DEEP_ARCHIVE", RestoreTier.EXPEDITED, None),
        ("DEEP_ARCHIVE_ACCESS", RestoreTier.EXPEDITED, None),
        ("DEEP_ARCHIVE_ACCESS", RestoreTier.STANDARD, 0.0),
        ("INTELLIGENT_TIERING", RestoreTier.STANDARD, 0.0),
    ],
)
def test_restores(archive: str, tier: RestoreTier, usd: float | None) -> None:
    price = restore_price(archive, tier)
    assert (price is None) == (usd is None)
    if price and usd is not None:
        assert 10_000 / 1000 * price.per_1000 + 2 * price.per_gb == pytest.approx(usd)


def test_what_a_restore_costs_names_table_and_date() -> None:
    archives = {"DEEP_ARCHIVE": ClassCount(1000, 100 * GB)}
    words = cost_words(archives, RestoreTier.STANDARD)
    assert words.startswith("about $2.10 (AWS list prices of us-east-1, first tier, 2025-06-01)")
    assert cost_words(archives, RestoreTier.EXPEDITED) == ""
    assert wait_words(archives, RestoreTier.EXPEDITED) == "DEEP_ARCHIVE has no Expedited restore"
