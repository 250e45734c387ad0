"""Requests for jobs of S3 Batch Operations."""

from __future__ import annotations

from tui.core.jobs import BatchRoleOrder, JobPlan, JobSnapshot
from tui.core.orders import BatchOrder
from tui.core.transfer import Limits
from tui.link.request import Done, Feed, Request
from tui.messages.order_requests import Accepted


class PlanJob(Request[JobPlan], frozen=True, tag="plan-job"):
    """Plan a job; nothing is written. An impossible job is a problem."""

    order: BatchOrder


class AskJobRole(Request[BatchRoleOrder], frozen=True, tag="ask-job-role"):
    """The permissions that a job's role needs, and who can grant them; the order may name no role."""

    order: BatchOrder


class SubmitJob(Request[Accepted], frozen=True, tag="submit-job"):
    """Start a transfer as a job; `limits` apply to the objects that this machine copies."""

    order: BatchOrder
    limits: Limits = Limits()


class ConfirmJob(Request[Done], frozen=True, tag="confirm-job"):
    """Confirm a transfer's job that waits for it."""

    transfer: str


class SetJobPriority(Request[Done], frozen=True, tag="set-job-priority"):
    """Change the priority of a transfer's job."""

    transfer: str
    priority: int


class ListJobs(Feed[JobSnapshot], frozen=True, tag="list-jobs"):
    """The jobs of an identity's account in a region (empty: its own), newest first, with their transfers."""

    connection: str
    region: str = ""


class AdoptJob(Request[Accepted], frozen=True, tag="adopt-job"):
    """Take over a job that xs3-tui created, on any machine.

    `source` and `target` are the connections of both sides, for objects that this machine verifies or copies.
    """

    connection: str
    job: str
    source: str
    target: str
    region: str = ""
