"""From facts and documents to the evaluation of one request. Pure: no two parts of it contradict one another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import structs

from tui.core.facts import Applies, Verdict
from tui.core.identity import Identity
from tui.core.policy import Cause, Evaluation, LayerKind, LayerVerdict, Remedy
from tui.inspection.access import access, doing
from tui.inspection.evaluation.causes import denial_cause, missing_cause, unseen_cause
from tui.inspection.evaluation.decision import Decision, decide
from tui.inspection.evaluation.deny_remedies import undo_denial
from tui.inspection.evaluation.documents import Documents
from tui.inspection.evaluation.inquiry import Inquiry, inquire
from tui.inspection.evaluation.layers import layers
from tui.inspection.evaluation.readings import ReadStatement
from tui.inspection.evaluation.remedies import allow_in_layer
from tui.inspection.evidence import Evidence

_OTHERWISE = (
    "The server answered otherwise than these policies say: either it does not evaluate them as AWS does, or they have "
    "changed."
)
_GRANTS = "Grants on the key are not read: one may allow its use without the key's policy."
_ACCESS_POINT = (
    "These requests go through an access point: its own policy has to allow them as well, and is not read here."
)


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
    """How a request is evaluated. `given` are condition keys that it carries; a live answer in the evidence counts."""
    inquiry = inquire(evidence, identity, action, documents, given)
    decision = decide(inquiry)
    live = access(evidence, identity, action)
    by_grant = _may_be_by_grant(inquiry, decision)
    verdict = live.verdict if live.live else Verdict.UNKNOWN if by_grant else decision.verdict
    cause, remedies = explained(inquiry, decision, verdict)
    if cause and by_grant and not live.live:
        cause = structs.replace(cause, certain=False)
    shown = layers(inquiry)
    told = [f"{one.why[:1].upper()}{one.why[1:]}." for one in documents.told if one not in shown]
    told += [_ACCESS_POINT] if evidence.by_access_point else []
    told += [_GRANTS] if by_grant else []
    contradicted = not by_grant and live.live and Verdict.UNKNOWN is not decision.verdict is not verdict
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
        [
            *notes,
            *told,
            *([_OTHERWISE] if contradicted else []),
            *([_ACCESS_POINT] if evidence.by_access_point else []),
        ],
        authorization_id,
    )


def _may_be_by_grant(inquiry: Inquiry, decision: Decision) -> bool:
    """Whether a grant on the key could make up for all that is missing (AWS KMS developer guide, "Grants in AWS KMS").

    Without a word in the key policy or in policies of one's own; nobody grants the use of a key that AWS manages.
    """
    key = inquiry.key
    if key is None or key.is_managed or inquiry.caller.anonymous:
        return False
    return not decision.denials and decision.missing == [LayerKind.KEY]


def explained(inquiry: Inquiry, decision: Decision, verdict: Verdict) -> tuple[Cause | None, list[Remedy]]:
    """The one cause of a verdict, and the steps that follow from it."""
    if verdict is Verdict.ALLOWED:
        return None, []
    if decision.denials:
        layer, one = decision.denials[0]
        return denial_cause(layer, one, inquiry), _undo_all(inquiry, decision)
    if decision.missing:
        return missing_cause(decision.missing, inquiry, denied=verdict is Verdict.DENIED), [
            *_steps(decision.missing, inquiry),
            *_check_own(inquiry, decision),
            *(_check(one, inquiry) for _, one in decision.doubtful_denials),
        ]
    if decision.doubtful:
        return _doubtful(inquiry, decision, denied=verdict is Verdict.DENIED)
    if decision.doubtful_denials:
        layer, one = decision.doubtful_denials[0]
        return denial_cause(layer, one, inquiry), [undo_denial(one, inquiry)]
    return _told(inquiry) or unseen_cause(inquiry, decision, denied=verdict is Verdict.DENIED), []


def _check(one: ReadStatement, inquiry: Inquiry) -> Remedy:
    """A step for a Deny of which it is not known whether it applies."""
    why = f": it {one.reading.why}" if one.reading.why else ""
    label = inquiry.identity.label
    return Remedy(f"Check whether statement {one.reading.sid} of {one.policy.title} denies {label} the request{why}.")


def _check_own(inquiry: Inquiry, decision: Decision) -> list[Remedy]:
    """A step for the identity's own policies, which could not be read."""
    if LayerKind.IDENTITY not in decision.doubtful:
        return []
    found = _steps([LayerKind.IDENTITY], inquiry)
    return [Remedy(f"{one.sentence.removesuffix('.')}, unless they already do.", one.edit) for one in found]


def _doubtful(inquiry: Inquiry, decision: Decision, *, denied: bool) -> tuple[Cause, list[Remedy]]:
    """What remains possible; where the denial itself names one of these, it is that."""
    possible = decision.doubtful
    named = [one.kind for one in inquiry.documents.told if one.kind in possible]
    if named:
        return missing_cause(named[:1], inquiry), _steps(named[:1], inquiry)
    if LayerKind.IDENTITY in possible:  # who may not read these may not read its limits either
        possible = [one for one in possible if one not in (LayerKind.BOUNDARY, LayerKind.SESSION)]
    steps = [layer for layer in possible if layer is not LayerKind.KEY or inquiry.key]
    return missing_cause(possible, inquiry, certain=False, denied=denied), _steps(steps, inquiry)


def _told(inquiry: Inquiry) -> Cause | None:
    """What AWS itself told of the denial, where nothing that can be seen explains it."""
    denying = (LayerVerdict.DENIES, LayerVerdict.DOES_NOT_ALLOW)
    found = next((one for one in inquiry.documents.told if one.verdict in denying), None)
    if found is None:
        return None
    sentence = f"{inquiry.identity.label} is not allowed to {doing(inquiry.action)}: {found.why}."
    return Cause(sentence, [found.kind])


def _undo_all(inquiry: Inquiry, decision: Decision) -> list[Remedy]:
    """A step for each Deny, and for what would not allow the request even without them, or is not known to."""
    limits = ((LayerKind.BOUNDARY, inquiry.boundary), (LayerKind.SESSION, inquiry.session))
    closed = [kind for kind, one in limits if one and one.allowed is Applies.NO and kind in decision.doubtful]
    return [*(undo_denial(one, inquiry) for _, one in decision.denials), *_steps([*decision.missing, *closed], inquiry)]


def _steps(missing: Sequence[LayerKind], inquiry: Inquiry) -> list[Remedy]:
    found = [remedy for layer in missing for remedy in allow_in_layer(layer, inquiry)]
    return list(dict.fromkeys(found))
