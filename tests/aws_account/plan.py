"""What a run makes and may cost at most; the guard lets no more requests go out."""

from typing import Final

from tests.aws_account.steps import SIZES
from tui.core.price_table import GB, LIST_PRICES, SERVICE_PRICES

MOST: Final = {"write": 10_000, "read": 10_000, "free": 30_000}
"""Requests of all processes: those that cost as much as a PUT or a list, as much as a GET, and nothing."""
FOR_CLEANING: Final = 2_000
"""Of each kind, what is left for the removal when the rest is used up."""

_ALL_SIZES = sum(SIZES.values())
OUT_BYTES: Final = 2 * _ALL_SIZES + (64 << 20)
"""What leaves AWS: relayed copies, once; as much again if they are retried; small objects."""
STORED_BYTES: Final = 10 * _ALL_SIZES


def most_of_the_run() -> dict[str, int]:
    return {kind: most - FOR_CLEANING for kind, most in MOST.items()}


def highest_price(*, batch: bool) -> float:
    """USD, at the list prices of us-east-1, if everything stays for a day."""
    standard = LIST_PRICES.of("STANDARD")
    usd = MOST["write"] * standard.put_per_1000 / 1000 + MOST["read"] * standard.get_per_1000 / 1000
    usd += OUT_BYTES / GB * SERVICE_PRICES.out_per_gb + STORED_BYTES / GB * standard.per_gb_month / 30
    return usd + (SERVICE_PRICES.batch_per_job + 1000 * SERVICE_PRICES.batch_per_million / 1e6 if batch else 0.0)


def announcement(run: str, accounts: str, region: str, *, batch: bool) -> str:
    job = f" ${SERVICE_PRICES.batch_per_job:.2f} of it are for an S3 Batch Operations job." if batch else ""
    return f"""\
This makes in {accounts}, region {region}:
  buckets, IAM users with access keys, and IAM roles; the names of all begin with {run}-
It reads and writes nothing else: every other request is refused before it goes out.
  requests  at most {sum(MOST.values()):,}, of which {MOST["write"]:,} cost as much as a PUT
  price     at most ${highest_price(batch=batch):.2f}, at the list prices of us-east-1 of {LIST_PRICES.date}.{job}
At the end everything is removed. If that fails, run `make test-aws-clean`."""
