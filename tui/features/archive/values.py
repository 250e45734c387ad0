"""Restores of archived objects."""

from __future__ import annotations

from tui.core.orders import RestoreOrder, RestorePlan
from tui.core.transfer import Limits
from tui.link.request import Feed, Request
from tui.messages.order_requests import Accepted


class PlanRestore(Feed[RestorePlan], frozen=True, tag="plan-restore"):
    """What a restore would restore, growing until it is complete; stopping it stops the count."""

    order: RestoreOrder


class SubmitRestore(Request[Accepted], frozen=True, tag="submit-restore"):
    """Start a restore in the background."""

    order: RestoreOrder
    limits: Limits = Limits()
