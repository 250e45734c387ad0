"""The removal of a bucket with everything in it."""

from __future__ import annotations

from tui.model.orders import RemoveBucketOrder
from tui.model.removal.bucket import RemovalPlan
from tui.model.transfer import Limits
from tui.protocol.messages.base import Feed, Request
from tui.protocol.messages.transfers import Accepted


class PlanRemoval(Feed[RemovalPlan], frozen=True, tag="plan-removal"):
    """What the removal of a bucket would delete, growing until it is complete; stopping it stops the count."""

    order: RemoveBucketOrder


class SubmitRemoval(Request[Accepted], frozen=True, tag="submit-removal"):
    """Start the removal of a bucket in the background."""

    order: RemoveBucketOrder
    limits: Limits = Limits()


Requests = PlanRemoval | SubmitRemoval
"""All requests of this subject."""
