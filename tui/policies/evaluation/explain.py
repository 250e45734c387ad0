"""Explains one request: gets the server's answer, gathers the documents, evaluates. Writes nothing."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import replace

from tui.aws.control_plane import ControlPlane, ControlPlaneService
from tui.core.facts import AccessVerdict
from tui.core.identity import Identity, RoleSpec
from tui.core.location import Location
from tui.core.policy import Evaluation, PolicyKind
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.policies.access import access
from tui.policies.bucket_policy import LIST_BUCKET, READ_OBJECT, PolicyRequest
from tui.policies.evaluation.evaluate import evaluate, explained, notes_on, told_by
from tui.policies.evaluation.gather_documents import gather_documents, gather_principal, of_account
from tui.policies.evaluation.inquiry import inquire_resource
from tui.policies.evaluation.layers import role_layers
from tui.policies.evaluation.policy_documents import Documents, PolicyText, UnseenPolicy
from tui.policies.evaluation.reading_iam import IamReader, as_text
from tui.policies.evaluation.remedies import ASSUME
from tui.policies.evaluation.verdict import decide_role
from tui.policies.evidence import Evidence, EvidenceContext
from tui.policies.head_facts import MAY_BE_MISSING, may_be_missing, missing_place
from tui.policies.principals import named_account
from tui.policies.request_context import KnownRequest, request_context_of
from tui.stores.base import ACTIONS, Store

NO_ETAG = '"xs3-tui"'
"""An ETag that no object has: a GET with it is denied, or fails its condition, and returns no content."""


def action_of(problem: Problem) -> str:
    """The denied S3 action; for an action on a KMS key, the S3 action that needed it. Empty for other services.

    If a key does not exist, S3 names s3:ListBucket.
    """
    service, tried = problem.permission.partition(":")[0], ACTIONS.get(problem.operation, "")
    if service == "kms" or (tried, problem.permission) == (READ_OBJECT, LIST_BUCKET):
        return tried
    return problem.permission if service == "s3" else ""


async def explain_request(
    control_plane: ControlPlane, store: Store, evidence: Evidence, *, action: str, problem: Problem | None
) -> Evaluation:
    """Evaluate `action` (empty: the action that reads the location) as the refused identity, else as the context's own.

    `store` is that identity's. Raises no `ProblemError`: a document that cannot be read is a layer that is not seen.
    """
    context = evidence.context
    identity = (context.identity(problem.identity) if problem else None) or context.mine
    wanted = action or evidence.action
    if missing := missing_place(evidence, identity, wanted):
        return missing
    answer = problem or await _answer(store, evidence, identity, wanted)
    if answer is not None:
        evidence = replace(evidence, refusals=[(identity.label, wanted)], _readings={})
    number = answer.authorization_id if answer else ""
    documents = await gather_documents(control_plane, evidence, identity, wanted, number)
    if answer is not None:
        documents = replace(documents, told=(*told_by(answer, wanted), *documents.told))
    notes = notes_on(answer, wanted, evidence) if answer else []
    if answer and not notes and may_be_missing(evidence, wanted):
        notes = [MAY_BE_MISSING]
    return evaluate(evidence, identity, wanted, documents, notes=notes, authorization_id=number)


async def _answer(store: Store, evidence: Evidence, identity: Identity, action: str) -> Problem | None:
    """The denial of the request, by a GET: the response to a HEAD has no message."""
    if action not in (READ_OBJECT, LIST_BUCKET) or not evidence.location.in_s3:
        return None
    live = access(evidence, identity, action)
    if live.live and live.verdict is AccessVerdict.ALLOWED:
        return None
    try:
        await _ask(store, evidence, action)
    except ProblemError as error:
        return error.problem if error.problem.kind is ProblemKind.DENIED else None
    return None


async def _ask(store: Store, evidence: Evidence, action: str) -> None:
    where = evidence.location
    if action == READ_OBJECT and where.key:
        await store.read(where.bucket, where.key, etag=NO_ETAG, start=0, length=1)
    elif action == LIST_BUCKET:
        prefix = where.key if where.is_prefix else ""
        async with aclosing(store.pages(where.bucket, prefix)) as pages:
            async for _ in pages:
                return


# Whether an identity may assume a role, by the role's trust policy and the identity's own policies.
#
# Rules: IAM user guide, "Policy evaluation logic" and "Access to AWS accounts owned by third parties".


async def explain_role(control_plane: ControlPlane, context: EvidenceContext, role: RoleSpec) -> Evaluation:
    """Why `context.mine` was denied to assume a role. Raises no `ProblemError`."""
    caller, account = context.caller(context.mine), named_account(role.arn)
    own = IamReader(control_plane, of_account(context.identities, caller.account, context.mine))
    theirs = IamReader(control_plane, of_account(context.identities, account))
    principal, trust = await asyncio.gather(gather_principal(own, caller), read_trust(theirs, role.arn, account))
    documents = Documents(
        identity=principal.policies, boundary=principal.boundary, role=principal.role, principal_tags=principal.tags
    )
    return evaluate_role(context, role, trust, documents, refused=True)


async def read_trust(reader: IamReader, arn: str, account: str) -> PolicyText | UnseenPolicy:
    name = arn.rpartition("/")[2]
    answer = await reader.ask(ControlPlaneService.IAM, "GetRole", RoleName=name)
    if isinstance(answer, UnseenPolicy):
        return answer
    text = as_text((answer[0].get("Role") or {}).get("AssumeRolePolicyDocument"))
    return PolicyText(PolicyKind.TRUST_POLICY, account, name, text, "", "GetRole", answer[1])


def evaluate_role(
    context: EvidenceContext,
    role: RoleSpec,
    trust: PolicyText | UnseenPolicy,
    documents: Documents,
    *,
    refused: bool = False,
) -> Evaluation:
    """Evaluate AssumeRole as `context.mine`. `refused`: STS has just denied it. Pure."""
    caller = context.caller(context.mine)
    caller = replace(caller, role=documents.role) if documents.role else caller
    known = request_context_of(caller, KnownRequest(now=context.now, writes=True))
    given = {
        "sts:externalid": (role.external_id,) if role.external_id else (),
        "aws:multifactorauthpresent": ("true",) if role.mfa_serial else (),
        **({"sts:rolesessionname": (role.session_name,)} if role.session_name else {}),
    }
    request = PolicyRequest(caller, ASSUME, role.arn, replace(known, values={**known.values, **given}))
    evidence, inside = Evidence(Location(""), [], context), caller.account == named_account(role.arn)
    inquiry = inquire_resource(evidence, documents, request, trust, inside=inside)
    decision = decide_role(inquiry)
    verdict = AccessVerdict.DENIED if refused else decision.verdict
    cause, remedies = explained(inquiry, decision, verdict)
    return Evaluation(
        context.mine.label, caller.arn, ASSUME, role.arn, verdict, refused, role_layers(inquiry), cause, remedies
    )
