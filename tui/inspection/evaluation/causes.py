"""The one reason why a request is denied, in a sentence. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from tui.core.facts import Applies
from tui.core.policy import Cause, LayerKind
from tui.inspection.access import doing, why_foreign
from tui.inspection.evaluation.decision import Decision
from tui.inspection.evaluation.inquiry import Inquiry
from tui.inspection.evaluation.readings import ReadStatement
from tui.inspection.evaluation.remedies import is_restricted, near_of

UNSEEN = "service control policies, resource control policies and VPC endpoint policies cannot be seen from here"


def denial_cause(layer: LayerKind, one: ReadStatement, inquiry: Inquiry) -> Cause:
    """An explicit Deny."""
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
    """Nothing denies it, but these do not allow it; `denied`: that is so, and not only possible."""
    reasons = [_reason(layer, inquiry, certain) for layer in missing]
    near = next((found for layer in missing if (found := near_of(layer, inquiry))), None)
    joint = ", and " if certain else "; or "
    label = inquiry.identity.label
    start = f"{label} is not allowed" if denied else f"It is not known whether {label} is allowed"
    sentence = f"{start} to {doing(inquiry.action)}: {joint.join(reasons)}."
    if certain and LayerKind.OWNER in missing:
        sentence += why_foreign(inquiry.evidence)
    return Cause(sentence, list(missing), near.sid if near else "", certain)


def unseen_cause(inquiry: Inquiry, decision: Decision, *, denied: bool = True) -> Cause:
    """The server denies what everything that can be seen allows, or (not `denied`) may."""
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
        return "the bucket policy is public, and RestrictPublicBuckets closes such a policy to other accounts"
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
            return "the KMS key of the object does not allow kms:Decrypt as well"
        case LayerKind.PUBLIC_ACCESS:
            return "the public access block refuses public ACLs"
        case _:
            return f"its {layer.value} does not allow it"
