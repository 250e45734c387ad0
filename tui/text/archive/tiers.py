"""How long the tiers of a restore take and what they cost, by class.

Times: Amazon S3 User Guide, "Understanding archive retrieval options". Prices: Amazon S3 pricing, us-east-1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tui.model.archive.restoring import DEEP, TIERING, ClassCount, RestorePlan, RestoreTier
from tui.text.format import counted, number, size

PRICES = "list prices of us-east-1"
GIB = 1 << 30


@dataclass(frozen=True, slots=True)
class TierFacts:
    """How long a restore takes; US dollars for a GiB and for 1,000 requests."""

    wait: str
    per_gib: float
    per_thousand: float


_FLEXIBLE = {
    RestoreTier.EXPEDITED: TierFacts("1 to 5 minutes", 0.03, 10.0),
    RestoreTier.STANDARD: TierFacts("3 to 5 hours", 0.01, 0.05),
    RestoreTier.BULK: TierFacts("5 to 12 hours", 0.0, 0.0),
}
_DEEP = {
    RestoreTier.STANDARD: TierFacts("up to 12 hours", 0.02, 0.1),
    RestoreTier.BULK: TierFacts("up to 48 hours", 0.0025, 0.025),
}
_TIERING = {
    RestoreTier.EXPEDITED: TierFacts("1 to 5 minutes", 0.03, 10.0),
    RestoreTier.STANDARD: TierFacts("3 to 12 hours", 0.0, 0.0),
    RestoreTier.BULK: TierFacts("5 to 48 hours", 0.0, 0.0),
}


def facts_of(archive: str, tier: RestoreTier) -> TierFacts | None:
    """Those of a class or archive tier; None: it has no such restore."""
    if archive in DEEP and archive != "DEEP_ARCHIVE_ACCESS":
        return _DEEP.get(tier)
    if archive == "DEEP_ARCHIVE_ACCESS" and tier is RestoreTier.EXPEDITED:
        return None
    return (_TIERING if archive == TIERING or archive.endswith("_ACCESS") else _FLEXIBLE).get(tier)


def wait_words(archives: Mapping[str, ClassCount], tier: RestoreTier) -> str:
    """How long it takes: ``GLACIER 3 to 5 hours, DEEP_ARCHIVE up to 12 hours``."""
    parts = []
    for archive in sorted(archives):
        facts = facts_of(archive, tier)
        parts.append(f"{archive} {facts.wait if facts else f'has no {tier.value} restore'}")
    return ", ".join(parts)


def cost_words(archives: Mapping[str, ClassCount], tier: RestoreTier) -> str:
    """About what it costs, without the copies that are kept; empty where there is no such restore."""
    cost = sum(
        facts.per_gib * each.bytes / GIB + facts.per_thousand * each.objects / 1000
        for archive, each in archives.items()
        if (facts := facts_of(archive, tier))
    )
    if not any(facts_of(archive, tier) for archive in archives):
        return ""
    amount = f"about ${cost:,.2f}" if cost >= 0.01 else "less than $0.01" if cost else "free"
    return f"{amount} ({PRICES}), and the copies as S3 Standard while they are kept"


def nothing_words(plan: RestorePlan) -> str:
    """Why there is nothing to restore; empty: there is something, or not all was counted yet."""
    if plan.archived or plan.problem or not plan.complete:
        return ""
    if plan.restoring or plan.restored:
        return "nothing to restore: what is archived is restored already, or being restored"
    return "nothing selected is archived" if plan.readable else "nothing is there"


def plan_words(plan: RestorePlan) -> list[str]:
    """What there is: a line a class, and what needs no restore."""
    lines = []
    for archive, each in sorted(plan.archived.items()):
        may = ", as far as they are in an archive tier" if archive == TIERING else ""
        lines.append(f"{archive}: {counted(each.objects, 'object')}, {size(each.bytes)}{may}")
    others = (
        (plan.restoring, "being restored already"),
        (plan.restored, "restored already"),
        (plan.readable, "not archived"),
    )
    lines += [f"{number(count)} {words}" for count, words in others if count]
    return lines
