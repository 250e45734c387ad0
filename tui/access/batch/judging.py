"""Whether the role of a job is assumed by the service, and allowed each action, by the documents that were read. Pure.

It is the evaluation of the inspector (`tui.policies.evaluation`) with the role's session as the caller.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from tui.access.batch.needs import JobNeed
from tui.access.batch.reading import JobDocuments
from tui.core.facts import Applies, Effect
from tui.core.identity import AuthMethod, Identity, IdentitySpec
from tui.core.jobs import BATCH_SERVICE, JobAccess
from tui.core.location import Location
from tui.core.policy import LayerKind
from tui.policies.bucket_policy import PolicyRequest
from tui.policies.evaluation.inquiry import Inquiry
from tui.policies.evaluation.policy_documents import (
    Documents,
    PolicyText,
    Reading,
    Unseen,
    every,
    read,
    read_all,
    read_limit,
)
from tui.policies.evaluation.reading_iam import Principal
from tui.policies.evaluation.verdict import Decision, decide_resource
from tui.policies.evidence import Context, Evidence
from tui.policies.request_context import Caller, KnownRequest, RequestContext, may_fit, request_context_of, wild

ASSUME = "sts:AssumeRole"
_SESSION = "s3-batch-operations"
_NEVER = ("aws:sourcevpce", "aws:sourcevpc", "aws:vpcsourceip", "aws:sourcevpcarn")
"""Keys of requests through a VPC endpoint, which those of S3 itself never carry."""


@dataclass(frozen=True, slots=True)
class Judged:
    """The decision on one need, and which statements deny a part of what it covers."""

    need: JobNeed
    decision: Decision
    inquiry: Inquiry
    partly: tuple[str, ...] = ()


def trusted(job: JobAccess, trust: PolicyText) -> Applies:
    """Whether the service may assume the role: whether or not it names the job when it does so (see the trust)."""
    account = job.role_account
    named: dict[str, tuple[str, ...]] = {
        "aws:sourceaccount": (account,),
        "aws:sourcearn": (f"arn:{job.partition}:s3:{job.region or '*'}:{account}:job/*",),
    }
    unnamed: dict[str, tuple[str, ...]] = dict.fromkeys(named, ())
    answers = {_assumed(job, trust, each) for each in (named, unnamed)}
    return answers.pop() if len(answers) == 1 else Applies.MAYBE


def _assumed(job: JobAccess, trust: PolicyText, source: dict[str, tuple[str, ...]]) -> Applies:
    values = {"aws:principalisawsservice": ("true",), "aws:principalservicename": (BATCH_SERVICE,), **source}
    request = PolicyRequest(Caller(service=BATCH_SERVICE), ASSUME, job.role_arn, RequestContext(values))
    reading = read([trust], request)
    denied = reading.denied
    if denied is Applies.NO:
        return reading.allowed
    return Applies.NO if denied is Applies.YES else every(reading.allowed, Applies.MAYBE)


def judge_need(job: JobAccess, need: JobNeed, documents: JobDocuments) -> Judged:
    """Whether the role is allowed what one need is about."""
    account = job.role_account
    session = f"arn:{job.partition}:sts::{account}:assumed-role/{job.role_name}/{_SESSION}"
    bounded = isinstance(documents.role.boundary, PolicyText)
    caller = Caller(account, session, role=documents.role.role or job.role_arn, bounded=bounded)
    known = request_context_of(caller, KnownRequest(writes=True, lists=False, resource_account=need.owner))
    given: dict[str, tuple[str, ...]] = dict.fromkeys(_NEVER, ())
    if need.action in ("s3:PutObject", "s3:PutObjectAcl") and need.place == "target":
        given["s3:x-amz-acl"] = (job.acl,) if job.acl else ()
    request = PolicyRequest(caller, need.action, need.probe, replace(known, values={**known.values, **given}))
    policy = documents.buckets.get(need.bucket) if need.bucket else documents.keys.get(need.resource)
    layer = LayerKind.BUCKET_POLICY if need.bucket else LayerKind.KEY
    inquiry = _inquiry(request, documents.role, None, _resource(policy, request), need.owner == account)
    return Judged(need, decide_resource(inquiry, layer), inquiry, tuple(_partly(inquiry, need)))


def judge_creator(job: JobAccess, documents: JobDocuments, action: str, resource: str) -> Judged:
    """Whether the identity that creates the job is allowed that, and to pass the role."""
    caller = documents.creator
    caller = replace(caller, role=documents.creators.role) if documents.creators.role else caller
    known = request_context_of(caller, KnownRequest(writes=True, lists=False))
    given = {"iam:passedtoservice": (BATCH_SERVICE,), "s3:requestjoboperation": (job.operation.member,)}
    request = PolicyRequest(caller, action, resource, replace(known, values={**known.values, **given}))
    inquiry = _inquiry(request, documents.creators, documents.session, Reading(), True)
    need = JobNeed("creator", action, resource, job.account)
    return Judged(need, decide_resource(inquiry, LayerKind.BUCKET_POLICY), inquiry)


def _resource(policy: PolicyText | Unseen | None, request: PolicyRequest) -> Reading:
    if policy is None:
        return Reading()
    return Reading(unseen=(policy,)) if isinstance(policy, Unseen) else read([policy], request)


def _inquiry(
    request: PolicyRequest,
    principal: Principal,
    session: PolicyText | Unseen | None,
    resource: Reading,
    inside: bool,
) -> Inquiry:
    caller = request.caller
    label = caller.role or caller.arn
    identity = Identity("", label, AuthMethod.ROLE, IdentitySpec(), account=caller.account, arn=caller.arn)
    root = caller.arn.endswith(":root")
    return Inquiry(
        Evidence(Location(""), [], Context(identity)),
        identity,
        request.action,
        Documents(identity=principal.policies, boundary=principal.boundary, session=session),
        request,
        identity_policies=None if root else read_all(principal.policies, request),
        boundary=None if root else read_limit(principal.boundary, request),
        session=None if root else read_limit(session, request),
        bucket=resource,
        endpoint=None,
        key=None,
        inside=inside,
    )


def _partly(inquiry: Inquiry, need: JobNeed) -> Iterator[str]:
    """The titles of statements that deny the action to some of the resources that a need covers, and not to all."""
    covered = wild(need.resource)
    for reading in inquiry.readings:
        for one in reading.statements:
            scope = {name: judgement.applies for name, judgement in one.scope.items() if name != "Resource"}
            applies = every(*scope.values())
            texts, inverted = one.statement.resources.texts, one.statement.resources.inverted
            reaches = inverted or any(may_fit(wild(text), covered) for text in texts)
            missed = one.scope["Resource"].applies is Applies.NO
            some = missed and reaches and need.resource.endswith("*")
            if one.reading.effect is Effect.DENY and applies is not Applies.NO and some:
                yield f"statement {one.reading.sid} of {one.policy.title}"
