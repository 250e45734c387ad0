"""Whether an identity may assume a role: the role's trust policy on one side, the identity's own policies on the other.

IAM user guide, "Policy evaluation logic" and "Access to AWS accounts owned by third parties".
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

from tui.aws.control_plane import ControlPlane, Service
from tui.core.facts import Verdict
from tui.core.identity import RoleSpec
from tui.core.location import Location
from tui.core.policy import Evaluation, PolicyKind
from tui.inspection.context import Context
from tui.inspection.evaluation.decision import decide_role
from tui.inspection.evaluation.documents import Documents, PolicyText, Unseen
from tui.inspection.evaluation.evaluate import explained
from tui.inspection.evaluation.gather_documents import gather_principal, of_account
from tui.inspection.evaluation.inquiry import Inquiry
from tui.inspection.evaluation.layers import role_layers
from tui.inspection.evaluation.reading_iam import Reader, as_text
from tui.inspection.evaluation.readings import Reading, read, read_all, read_limit
from tui.inspection.evaluation.remedies import ASSUME
from tui.inspection.evidence import Evidence
from tui.inspection.policies import PolicyRequest
from tui.inspection.principals import named_account
from tui.inspection.request_context import KnownRequest, request_context_of


async def explain_role(control_plane: ControlPlane, context: Context, role: RoleSpec) -> Evaluation:
    """Why `context.mine` was refused to assume a role. Raises no `ProblemError`."""
    caller, account = context.caller(context.mine), named_account(role.arn)
    own = Reader(control_plane, of_account(context.identities, caller.account, context.mine))
    theirs = Reader(control_plane, of_account(context.identities, account))
    principal, trust = await asyncio.gather(gather_principal(own, caller), read_trust(theirs, role.arn, account))
    documents = Documents(
        identity=principal.policies, boundary=principal.boundary, role=principal.role, principal_tags=principal.tags
    )
    return evaluate_role(context, role, trust, documents, refused=True)


async def read_trust(reader: Reader, arn: str, account: str) -> PolicyText | Unseen:
    """The trust policy of a role, as an identity of its account reads it."""
    name = arn.rpartition("/")[2]
    answer = await reader.ask(Service.IAM, "GetRole", RoleName=name)
    if isinstance(answer, Unseen):
        return answer
    text = as_text((answer[0].get("Role") or {}).get("AssumeRolePolicyDocument"))
    return PolicyText(PolicyKind.TRUST_POLICY, account, name, text, "", "GetRole", answer[1])


def evaluate_role(
    context: Context, role: RoleSpec, trust: PolicyText | Unseen, documents: Documents, *, refused: bool = False
) -> Evaluation:
    """Evaluate AssumeRole as `context.mine`; `refused`: STS has just denied it. Pure."""
    caller = context.caller(context.mine)
    caller = replace(caller, role=documents.role) if documents.role else caller
    known = request_context_of(caller, KnownRequest(now=context.now, writes=True))
    given = {
        "sts:externalid": (role.external_id,) if role.external_id else (),
        "aws:multifactorauthpresent": ("true",) if role.mfa_serial else (),
        **({"sts:rolesessionname": (role.session_name,)} if role.session_name else {}),
    }
    request = PolicyRequest(caller, ASSUME, role.arn, replace(known, values={**known.values, **given}))
    plain = caller.arn.endswith(":root")
    inquiry = Inquiry(
        Evidence(Location(""), [], context),
        context.mine,
        ASSUME,
        documents,
        request,
        identity_policies=None if plain else read_all(documents.identity, request),
        boundary=None if plain else read_limit(documents.boundary, request),
        session=None if plain else read_limit(documents.session, request),
        bucket=Reading(unseen=(trust,)) if isinstance(trust, Unseen) else read([trust], request),
        endpoint=None,
        key=None,
        inside=caller.account == named_account(role.arn),
    )
    decision = decide_role(inquiry)
    verdict = Verdict.DENIED if refused else decision.verdict
    cause, remedies = explained(inquiry, decision, verdict)
    return Evaluation(
        context.mine.label, caller.arn, ASSUME, role.arn, verdict, refused, role_layers(inquiry), cause, remedies
    )
