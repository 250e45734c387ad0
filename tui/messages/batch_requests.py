"""Jobs of S3 Batch Operations: submitted, confirmed, listed, taken over."""

from __future__ import annotations

from tui.core.jobs import BatchRoleOrder, JobPlan, JobSnapshot
from tui.core.orders import BatchOrder
from tui.core.transfer import Limits
from tui.link.request import Done, Feed, Request
from tui.messages.order_requests import Accepted


class PlanJob(Request[JobPlan], frozen=True, tag="plan-job"):
    """How a job would be made; nothing is written. What cannot be is a problem."""

    order: BatchOrder


class AskJobRole(Request[BatchRoleOrder], frozen=True, tag="ask-job-role"):
    """What the role of a job must be allowed, and who can give it that; the order may name no role."""

    order: BatchOrder


class SubmitJob(Request[Accepted], frozen=True, tag="submit-job"):
    """Start a transfer by a job; `limits` bound what this machine copies of it."""

    order: BatchOrder
    limits: Limits = Limits()


class ConfirmJob(Request[Done], frozen=True, tag="confirm-job"):
    """Have the job of a transfer begin, which waits for it."""

    transfer: str


class SetJobPriority(Request[Done], frozen=True, tag="set-job-priority"):
    """Change the priority of a transfer's job."""

    transfer: str
    priority: int


class ListJobs(Feed[JobSnapshot], frozen=True, tag="list-jobs"):
    """The jobs of an identity's account in a region (empty: its own), the newest first, with their transfers."""

    connection: str
    region: str = ""


class AdoptJob(Request[Accepted], frozen=True, tag="adopt-job"):
    """Take a job over that xs3-tui has made, here or on another machine.

    `source` and `target` are the connections of both sides, for what is verified and copied by this machine.
    """

    connection: str
    job: str
    source: str
    target: str
    region: str = ""


BatchRequests = PlanJob | AskJobRole | SubmitJob | ConfirmJob | SetJobPriority | ListJobs | AdoptJob
"""All requests of this subject."""
