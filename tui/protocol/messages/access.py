"""Access for another identity, and for S3 Batch Operations: granted, revoked, tried, checked."""

from __future__ import annotations

from msgspec import Struct

from tui.core.jobs import BatchRoleOrder, RoleCheck
from tui.core.orders import CopyOrder
from tui.core.transfer import RouteCard
from tui.link.request import Feed, Request
from tui.model.access.grants import AccessPlan, GrantOrder, ProbeResult


class PlanGrant(Request[AccessPlan], frozen=True, tag="plan-grant"):
    """The changes that allow it; nothing is written."""

    order: GrantOrder


class PlanRevoke(Request[AccessPlan], frozen=True, tag="plan-revoke"):
    """The changes that take a grant of ours back; nothing is written."""

    order: GrantOrder


class TestAccess(Feed[ProbeResult], frozen=True, tag="test-access"):
    """Try what an order allows and what must stay refused, by harmless requests as the other identity.

    What does not end as expected is tried again for up to `patience` seconds in all.
    """

    order: GrantOrder
    patience: float = 0.0
    before: bool = False
    """Only what must stay refused, as it is before the grant is made."""


class CopyGrants(Struct, frozen=True):
    """The grants that a copy needs and that are missing."""

    orders: list[GrantOrder]


class PlanCopyGrant(Request[CopyGrants], frozen=True, tag="plan-copy-grant"):
    """The least that is missing for a copy by what its route card has found out; nothing is written."""

    order: CopyOrder
    card: RouteCard


class PlanBatchRole(Request[AccessPlan], frozen=True, tag="plan-batch-role"):
    """The changes that make or extend a role for a job; nothing is written."""

    order: BatchRoleOrder


class PlanRevokeBatchRole(Request[AccessPlan], frozen=True, tag="plan-revoke-batch-role"):
    """The changes that take back what a job's role was allowed; nothing is written."""

    order: BatchRoleOrder


class CheckBatchRole(Request[RoleCheck], frozen=True, tag="check-batch-role"):
    """What keeps a job from running as its role; nothing is written, and nothing but documents is read."""

    order: BatchRoleOrder


Requests = PlanGrant | PlanRevoke | TestAccess | PlanCopyGrant | PlanBatchRole | PlanRevokeBatchRole | CheckBatchRole
"""All requests of this subject."""
