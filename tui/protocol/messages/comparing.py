"""Two places compared, and synchronised."""

from __future__ import annotations

from tui.core.orders import SyncOrder
from tui.core.transfer import Limits
from tui.link.request import Feed, Request
from tui.messages.order_requests import Accepted
from tui.model.comparing.comparison import Comparison, ComparisonState, ComparisonUpdate
from tui.model.comparing.plan import SyncPlan


class Compare(Feed[ComparisonUpdate], frozen=True, tag="compare"):
    """All below two places in key order, with the rows of these states; stopping it stops the listings."""

    comparison: Comparison
    wanted: list[ComparisonState]


class PlanSync(Feed[SyncPlan], frozen=True, tag="plan-sync"):
    """What a synchronisation would do, growing; the last plan names the list of what may be deleted."""

    order: SyncOrder


class SubmitSync(Request[Accepted], frozen=True, tag="submit-sync"):
    """Start a synchronisation in the background."""

    order: SyncOrder
    limits: Limits = Limits()


Requests = Compare | PlanSync | SubmitSync
"""All requests of this subject."""
