"""Whose objects are, and the repair of those that are not the bucket owner's."""

from __future__ import annotations

from tui.core.changes import PlannedChange
from tui.core.facts import ObjectOwnership, OwnersSeen, RepairPlan
from tui.core.location import Location
from tui.core.orders import RepairOrder
from tui.core.transfer import Limits
from tui.link.request import Feed, Request
from tui.messages.order_requests import Accepted


class CountOwners(Feed[OwnersSeen], frozen=True, tag="count-owners"):
    """How many objects below a location belong to whom, growing; stopping it stops the count."""

    connection: str
    location: Location
    other: str = ""
    """A second identity, asked for the bucket's owner where the first may not know it; empty: none."""


class PlanRepair(Feed[RepairPlan], frozen=True, tag="plan-repair"):
    """What a repair would do, growing until it is complete; stopping it stops the count."""

    order: RepairOrder


class SubmitRepair(Request[Accepted], frozen=True, tag="submit-repair"):
    """Start a repair in the background."""

    order: RepairOrder
    limits: Limits = Limits()


class PlanOwnership(Request[PlannedChange], frozen=True, tag="plan-ownership"):
    """What another Object Ownership setting of a bucket would change; `ApplyChange` makes it. None: no setting."""

    connection: str
    bucket: str
    setting: ObjectOwnership | None = None
