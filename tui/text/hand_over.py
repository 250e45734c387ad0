"""What the engines would take, in words."""

from __future__ import annotations

from tui.core.costs import Cost
from tui.core.engines import EngineKind
from tui.core.estimates import Estimate, HandOver
from tui.text.finding.sizes import money
from tui.text.format import counted, duration

NO_PAUSE = "no pause"
TRUSTED = "which get session credentials of both identities for this copy"
LARGE = "{} above 5 GiB by this machine"


def usd(amount: float) -> str:
    """Dollars as an estimate: ``$5.40``, ``$1,234``, ``<$0.01``, ``$0``."""
    return money(Cost(amount))


def estimate_words(estimate: Estimate) -> str:
    """``about 6 h, $5.40``, ``2 min to 35 min, $6.65``; ``from``: nothing was measured here, it may be slower."""
    least, most = duration(estimate.least), None if estimate.most is None else duration(estimate.most)
    if most is None:
        span = f"{least} or more"
    elif least == most:
        span = f"about {least}"
    else:
        span = f"{least} to {most}"
    return f"{span}, {usd(estimate.usd)}"


def engine_words(estimate: Estimate, plan: HandOver) -> str:
    """What an engine would take, and what it cannot do."""
    words = [estimate_words(estimate)]
    if estimate.engine is EngineKind.BATCH:
        words += [LARGE.format(counted(plan.large, "object"))] if plan.large else []
        words.append(NO_PAUSE)
    elif estimate.engine is EngineKind.DASK:
        words.append(f"{counted(estimate.workers, 'worker')}, {TRUSTED}")
    elif not estimate.measured:
        words.append("nothing measured here yet")
    return "; ".join(words)


def terms_words(plan: HandOver) -> str:
    """By which prices, and what is not in them."""
    more = [(plan.between_regions, "between regions"), (plan.out, "out of AWS")]
    return "; ".join([plan.prices, *(f"{usd(amount)} more {where}" for amount, where in more if amount >= 0.01)])


def hand_over_lines(plan: HandOver) -> list[tuple[EngineKind, bool, str]]:
    """An engine a line, whether it can be taken, and its words: the local one first."""
    lines = [(each.engine, True, engine_words(each, plan)) for each in plan.estimates]
    refused = [(engine, False, why) for engine, why in plan.refused.items()]
    return sorted([*lines, *refused], key=lambda line: list(EngineKind).index(line[0]))
