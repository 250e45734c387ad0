"""How long the tiers of a restore take and what they cost, by class.

Times: Amazon S3 User Guide, "Understanding archive retrieval options". Prices: `tui.core.price_table`.
"""

from __future__ import annotations

from collections.abc import Mapping

from tui.core.orders import TIERING, ClassCount, RestorePlan, RestoreTier
from tui.core.price_table import GB, LIST_PRICES, restore_price
from tui.text.format import counted, number, size

_FLEXIBLE = {
    RestoreTier.EXPEDITED: "1 to 5 minutes",
    RestoreTier.STANDARD: "3 to 5 hours",
    RestoreTier.BULK: "5 to 12 hours",
}
_DEEP = {RestoreTier.STANDARD: "up to 12 hours", RestoreTier.BULK: "up to 48 hours"}
_TIERING = {
    RestoreTier.EXPEDITED: "1 to 5 minutes",
    RestoreTier.STANDARD: "3 to 12 hours",
    RestoreTier.BULK: "5 to 48 hours",
}


def has_restore(archive: str, tier: RestoreTier) -> bool:
    return restore_price(archive, tier) is not None


def _wait(archive: str, tier: RestoreTier) -> str:
    if not has_restore(archive, tier):
        return f"has no {tier.value} restore"
    if archive == "DEEP_ARCHIVE":
        return _DEEP[tier]
    return (_TIERING if archive == TIERING or archive.endswith("_ACCESS") else _FLEXIBLE)[tier]


def wait_words(archives: Mapping[str, ClassCount], tier: RestoreTier) -> str:
    """How long it takes: ``GLACIER 3 to 5 hours, DEEP_ARCHIVE up to 12 hours``."""
    return ", ".join(f"{archive} {_wait(archive, tier)}" for archive in sorted(archives))


def cost_words(archives: Mapping[str, ClassCount], tier: RestoreTier) -> str:
    """The cost, without the restored copies; empty if no class has this tier."""
    cost = sum(
        price.per_gb * each.bytes / GB + price.per_1000 * each.objects / 1000
        for archive, each in archives.items()
        if (price := restore_price(archive, tier))
    )
    if not any(has_restore(archive, tier) for archive in archives):
        return ""
    amount = f"about ${cost:,.2f}" if cost >= 0.01 else "less than $0.01" if cost else "free"
    return f"{amount} ({LIST_PRICES.words}), plus S3 Standard storage of the restored copies"


def nothing_words(plan: RestorePlan) -> str:
    """Why there is nothing to restore; empty: there is something, or not all was counted yet."""
    if plan.archived or plan.problem or not plan.complete:
        return ""
    if plan.restoring or plan.restored:
        return "nothing to restore: all archived objects are restored already, or being restored"
    return "nothing selected is archived" if plan.readable else "no objects found"


def plan_words(plan: RestorePlan) -> list[str]:
    """A line per class, and what needs no restore."""
    lines = []
    for archive, each in sorted(plan.archived.items()):
        may = ", if they are in an archive tier" if archive == TIERING else ""
        lines.append(f"{archive}: {counted(each.objects, 'object')}, {size(each.bytes)}{may}")
    others = (
        (plan.restoring, "being restored already"),
        (plan.restored, "restored already"),
        (plan.readable, "not archived"),
    )
    lines += [f"{number(count)} {words}" for count, words in others if count]
    return lines
