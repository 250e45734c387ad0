"""From facts and documents to the evaluation of one request. Pure: its parts never contradict each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import structs

from tui.aws.connection import is_aws
from tui.aws.refusals import read_reason
from tui.core.facts import AccessVerdict, Applies
from tui.core.identity import Identity
from tui.core.policy import Cause, Evaluation, Layer, LayerKind, LayerVerdict, Remedy
from tui.core.problem import Problem
from tui.policies.access import access, doing, why_foreign
from tui.policies.bucket_policy import LIST_BUCKET, READ_OBJECT
from tui.policies.evaluation.inquiry import Inquiry, inquire
from tui.policies.evaluation.layers import layers
from tui.policies.evaluation.policy_documents import Documents, ReadStatement
from tui.policies.evaluation.remedies import allow_in_layer, is_restricted, near_of, undo_denial
from tui.policies.evaluation.verdict import AccessDecision, decide
from tui.policies.evidence import Evidence

_OTHERWISE = "The server's answer contradicts these policies: it evaluates them unlike AWS, or they have changed."
_GRANTS = "Grants on the key are not read: one may allow its use without the key's policy."
_ACCESS_POINT = "These requests go through an access point: its own policy must allow them too, and is not read here."


def evaluate(
    evidence: Evidence,
    identity: Identity,
    action: str,
    documents: Documents,
    *,
    given: Mapping[str, tuple[str, ...]] | None = None,
    notes: Sequence[str] = (),
    authorization_id: str = "",
) -> Evaluation:
    """Evaluate a request. `given` are condition keys that it carries. A live answer in the evidence counts."""
    inquiry = inquire(evidence, identity, action, documents, given)
    decision = decide(inquiry)
    live = access(evidence, identity, action)
    by_grant = _may_be_by_grant(inquiry, decision)
    verdict = live.verdict if live.live else AccessVerdict.UNKNOWN if by_grant else decision.verdict
    cause, remedies = explained(inquiry, decision, verdict)
    if cause and by_grant and not live.live:
        cause = structs.replace(cause, certain=False)
    shown = layers(inquiry)
    told = [f"{one.why[:1].upper()}{one.why[1:]}." for one in documents.told if one not in shown]
    told += [_ACCESS_POINT] if evidence.by_access_point else []
    told += [_GRANTS] if by_grant else []
    contradicted = not by_grant and live.live and AccessVerdict.UNKNOWN is not decision.verdict is not verdict
    return Evaluation(
        identity.label,
        inquiry.caller.arn,
        action,
        inquiry.request.resource,
        verdict,
        live.live,
        shown,
        cause,
        remedies,
        [*notes, *told, *([_OTHERWISE] if contradicted else [])],
        authorization_id,
    )


def _may_be_by_grant(inquiry: Inquiry, decision: AccessDecision) -> bool:
    """Whether a grant on the KMS key could allow the request (AWS KMS developer guide, "Grants in AWS KMS").

    A grant needs no statement in a policy. Nobody can grant the use of an AWS managed key.
    """
    key = inquiry.key
    if key is None or key.is_managed or inquiry.caller.anonymous:
        return False
    return not decision.denials and decision.missing == [LayerKind.KEY]


def explained(inquiry: Inquiry, decision: AccessDecision, verdict: AccessVerdict) -> tuple[Cause | None, list[Remedy]]:
    """The one cause of a verdict, and the steps that fix it."""
    if verdict is AccessVerdict.ALLOWED:
        return None, []
    if decision.denials:
        layer, one = decision.denials[0]
        return denial_cause(layer, one, inquiry), _undo_all(inquiry, decision)
    if decision.missing:
        return missing_cause(decision.missing, inquiry, denied=verdict is AccessVerdict.DENIED), [
            *_steps(decision.missing, inquiry),
            *_check_own(inquiry, decision),
            *(_check(one, inquiry) for _, one in decision.doubtful_denials),
        ]
    if decision.doubtful:
        return _doubtful(inquiry, decision, denied=verdict is AccessVerdict.DENIED)
    if decision.doubtful_denials:
        layer, one = decision.doubtful_denials[0]
        return denial_cause(layer, one, inquiry), [undo_denial(one, inquiry)]
    return _told(inquiry) or unseen_cause(inquiry, decision, denied=verdict is AccessVerdict.DENIED), []


def _check(one: ReadStatement, inquiry: Inquiry) -> Remedy:
    """The step for a Deny that may apply."""
    why = f": it {one.reading.why}" if one.reading.why else ""
    label = inquiry.identity.label
    return Remedy(f"Check whether statement {one.reading.sid} of {one.policy.title} denies {label} the request{why}.")


def _check_own(inquiry: Inquiry, decision: AccessDecision) -> list[Remedy]:
    if LayerKind.IDENTITY not in decision.doubtful:
        return []
    found = _steps([LayerKind.IDENTITY], inquiry)
    return [Remedy(f"{one.sentence.removesuffix('.')}, unless they already do.", one.edit) for one in found]


def _doubtful(inquiry: Inquiry, decision: AccessDecision, *, denied: bool) -> tuple[Cause, list[Remedy]]:
    """The possible causes; only one of them if the denial names it."""
    possible = decision.doubtful
    named = [one.kind for one in inquiry.documents.told if one.kind in possible]
    if named:
        return missing_cause(named[:1], inquiry), _steps(named[:1], inquiry)
    if LayerKind.IDENTITY in possible:  # an identity that may not read its policies may not read its limits, either
        possible = [one for one in possible if one not in (LayerKind.BOUNDARY, LayerKind.SESSION)]
    steps = [layer for layer in possible if layer is not LayerKind.KEY or inquiry.key]
    return missing_cause(possible, inquiry, certain=False, denied=denied), _steps(steps, inquiry)


def _told(inquiry: Inquiry) -> Cause | None:
    denying = (LayerVerdict.DENIES, LayerVerdict.DOES_NOT_ALLOW)
    found = next((one for one in inquiry.documents.told if one.verdict in denying), None)
    if found is None:
        return None
    sentence = f"{inquiry.identity.label} is not allowed to {doing(inquiry.action)}: {found.why}."
    return Cause(sentence, [found.kind])


def _undo_all(inquiry: Inquiry, decision: AccessDecision) -> list[Remedy]:
    """A step for each Deny, and for each layer that does not allow the request, or may not."""
    limits = ((LayerKind.BOUNDARY, inquiry.boundary), (LayerKind.SESSION, inquiry.session))
    closed = [kind for kind, one in limits if one and one.allowed is Applies.NO and kind in decision.doubtful]
    return [*(undo_denial(one, inquiry) for _, one in decision.denials), *_steps([*decision.missing, *closed], inquiry)]


def _steps(missing: Sequence[LayerKind], inquiry: Inquiry) -> list[Remedy]:
    found = [remedy for layer in missing for remedy in allow_in_layer(layer, inquiry)]
    return list(dict.fromkeys(found))


# The one reason why a request is denied, in a sentence. Pure.

UNSEEN = "service control policies, resource control policies and VPC endpoint policies cannot be seen from here"


def denial_cause(layer: LayerKind, one: ReadStatement, inquiry: Inquiry) -> Cause:
    certain = one.reading.applies is Applies.YES
    verb = "denies" if certain else "may deny"
    sentence = (
        f"Statement {one.reading.sid} of {one.policy.title} {verb} {inquiry.identity.label} to "
        f"{doing(inquiry.action)}: it {one.reading.why}."
    ).replace(": it .", ".")
    return Cause(sentence, [layer], one.reading.sid, certain)


def missing_cause(
    missing: Sequence[LayerKind], inquiry: Inquiry, *, certain: bool = True, denied: bool = True
) -> Cause:
    """The cause if no Deny applies but these layers do not allow the request. `denied`: the denial is certain."""
    reasons = [_reason(layer, inquiry, certain) for layer in missing]
    near = next((found for layer in missing if (found := near_of(layer, inquiry))), None)
    joint = ", and " if certain else "; or "
    label = inquiry.identity.label
    start = f"{label} is not allowed" if denied else f"It is not known whether {label} is allowed"
    sentence = f"{start} to {doing(inquiry.action)}: {joint.join(reasons)}."
    if certain and LayerKind.OWNER in missing:
        sentence += why_foreign(inquiry.evidence)
    return Cause(sentence, list(missing), near.sid if near else "", certain)


def unseen_cause(inquiry: Inquiry, decision: AccessDecision, *, denied: bool = True) -> Cause:
    """The cause if all visible policies allow the request: an unseen one denies it, or (not `denied`) may deny it."""
    layers = [LayerKind.SCP, LayerKind.RCP, LayerKind.ENDPOINT]
    if not denied:
        sentence = (
            f"It is not known whether {inquiry.identity.label} is allowed to {doing(inquiry.action)}: everything that "
            f"can be seen allows it. {UNSEEN[:1].upper()}{UNSEEN[1:]}."
        )
        return Cause(sentence, layers, certain=False)
    part = "" if decision.is_whole else ", or a part of a policy that cannot be read does"
    sentence = (
        f"{inquiry.identity.label} is not allowed to {doing(inquiry.action)}, although everything that can be seen "
        f"allows it: another policy denies it{part}. {UNSEEN[:1].upper()}{UNSEEN[1:]}."
    )
    return Cause(sentence, layers, certain=False)


def _reason(layer: LayerKind, inquiry: Inquiry, certain: bool) -> str:
    near = near_of(layer, inquiry)
    if layer is LayerKind.PUBLIC_ACCESS and is_restricted(inquiry):
        return "the bucket policy is public, and RestrictPublicBuckets restricts it to the bucket's account"
    if near:
        return f"statement {near.sid} of {near.found.policy.title} would allow it, but it {near.found.reading.why}"
    unseen = _unseen(layer, inquiry)
    if certain:
        return _plain(layer, inquiry)
    if layer is LayerKind.KEY:
        return "the object may be encrypted with a KMS key that the identity may not use"
    whose = "the" if layer in (LayerKind.BUCKET_POLICY, LayerKind.TRUST) else "its"
    return f"{whose} {layer.value} may not allow it" + (f" (not read: {unseen})" if unseen else "")


def _unseen(layer: LayerKind, inquiry: Inquiry) -> str:
    by_layer = {
        LayerKind.IDENTITY: inquiry.identity_policies,
        LayerKind.BOUNDARY: inquiry.boundary,
        LayerKind.SESSION: inquiry.session,
        LayerKind.BUCKET_POLICY: inquiry.bucket,
        LayerKind.TRUST: inquiry.bucket,
    }
    reading = by_layer.get(layer)
    return reading.unseen[0].why if reading and reading.unseen else ""


def _plain(layer: LayerKind, inquiry: Inquiry) -> str:
    evidence = inquiry.evidence
    match layer:
        case LayerKind.BUCKET_POLICY:
            if inquiry.bucket.unseen:
                why = _unseen(layer, inquiry)
                return f"no statement of the bucket policy, which cannot be read here ({why}), allows it"
            if not inquiry.bucket.policies:
                return "the bucket has no policy"
            part = ", as far as it can be read" if inquiry.bucket.problem else ""
            return f"no statement of the bucket policy allows it{part}"
        case LayerKind.OWNER:
            name = evidence.context.name(evidence.object_owner) if evidence.object_owner else "another account"
            return f"{name} owns the object, so the bucket policy of {evidence.bucket_owner_name} does not cover it"
        case LayerKind.TRUST:
            title = inquiry.bucket.policies[0].title if inquiry.bucket.policies else "the role's trust policy"
            return f"no statement of {title} allows it"
        case LayerKind.IDENTITY:
            return "none of its identity policies allows it"
        case LayerKind.KEY:
            return "the object's KMS key does not allow kms:Decrypt, which is also needed"
        case LayerKind.PUBLIC_ACCESS:
            return "the public access block refuses public ACLs"
        case _:
            return f"its {layer.value} does not allow it"


# What the message of a denial says, and what its omissions mean. Pure.
#
# Rules: IAM user guide, "Troubleshoot access denied error messages"; Amazon S3 user guide, "Troubleshoot access denied
# (403 Forbidden) errors in Amazon S3": S3 names the kind of policy only if caller and bucket are in one account or one
# organization.

_KINDS = {
    "identity-based": LayerKind.IDENTITY,
    "resource-based": LayerKind.BUCKET_POLICY,
    "session": LayerKind.SESSION,
    "service control": LayerKind.SCP,
    "resource control": LayerKind.RCP,
    "permissions boundary": LayerKind.BOUNDARY,
    "VPC endpoint": LayerKind.ENDPOINT,
}


def told_by(problem: Problem, action: str) -> tuple[Layer, ...]:
    """The layer that denies `action`, by the message; none if the message names no kind of policy."""
    explicit, policy = read_reason(problem.cause)
    kind = _KINDS.get(policy)
    if kind is None or problem.permission != action:
        return ()
    verdict = LayerVerdict.DENIES if explicit else LayerVerdict.DOES_NOT_ALLOW
    why = f"the denial itself says: {problem.cause}"
    return (Layer(kind, verdict, why, problem.operation, problem.identity),)


_MISSING = (
    "The denial is about s3:ListBucket: the object does not exist. S3 says so only to identities that may list "
    "the bucket."
)


def notes_on(problem: Problem, action: str, evidence: Evidence) -> list[str]:
    """Notes on the message of AWS; other servers have messages of their own."""
    if (action, problem.permission) == (READ_OBJECT, LIST_BUCKET):
        return [_MISSING]
    if evidence.endpoint is None or not is_aws(evidence.endpoint.url) or not problem.code:
        return []  # the response to a HEAD has no message
    if read_reason(problem.cause)[1]:
        return ["S3 names the kind of policy: the identity and the bucket are of one account or one organization."]
    return [
        "S3 names no kind of policy in this denial: the identity and the bucket are of different organizations, or "
        "this is a directory bucket."
    ]
