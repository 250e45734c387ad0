"""Why an identity was denied, as far as policies and owners tell, and what was left unasked because of a denial.

Rules: IAM user guide, "Cross-account policy evaluation logic" and "Troubleshoot access denied error messages".
"""

from __future__ import annotations

from collections.abc import Iterator

from tui.inspection.evidence import Evidence
from tui.inspection.rules.policy import doing, nearest
from tui.inspection.rules.remedies import allow_remedy, own_policy_remedy
from tui.model.facts import Applies, Denied, Effect, FactName, Finding, PolicyReading, Severity, StatementReading
from tui.model.identity import Identity

UNSEEN = "service control policies, permission boundaries and VPC endpoint policies, which cannot be seen from here"


def read_denied(evidence: Evidence) -> Iterator[Finding]:
    """An identity was refused HeadObject."""
    for identity, permission in evidence.refused("HeadObject"):
        yield from why_denied(evidence, identity, permission)


def why_denied(evidence: Evidence, identity: Identity, action: str) -> Iterator[Finding]:
    """The finding that explains a refusal of `action`; none where the rules on owners or on Deny explain it."""
    own = evidence.object_owner is not None and evidence.context.belongs(identity, evidence.object_owner)
    reading = evidence.reading(identity, action)
    if (evidence.is_foreign and not own) or _decided_by_deny(reading):
        return
    inside = own or evidence.belongs_to_bucket(identity)
    allow = _allowing(reading)
    if allow and allow.applies is Applies.YES:
        yield _though_allowed(evidence, identity, action, allow)
    elif inside:
        yield _own_policy_lacks(evidence, identity, action)
    elif reading is None and not evidence.absent(FactName.POLICY):
        yield _policy_unknown(evidence, identity, action)
    else:
        yield _not_allowed(evidence, identity, action, allow)


def _decided_by_deny(reading: PolicyReading | None) -> bool:
    statements = reading.statements if reading else []
    return any(one.effect is Effect.DENY and one.applies is Applies.YES for one in statements)


def _allowing(reading: PolicyReading | None) -> StatementReading | None:
    """The Allow that comes nearest to applying."""
    allows = [one for one in reading.statements if one.effect is Effect.ALLOW] if reading else []
    sure = next((one for one in allows if one.applies is Applies.YES), None)
    return sure or next((one for one in allows if one.applies is Applies.MAYBE), None)


def _though_allowed(evidence: Evidence, identity: Identity, action: str, allow: StatementReading) -> Finding:
    suspects = []
    if not evidence.belongs_to_bucket(identity):
        suspects.append(f"{identity.label}'s own account does not allow it, too")
    encryption = evidence.text(FactName.ENCRYPTION)
    if "kms" in encryption:
        suspects.append("kms:Decrypt on the object's key lacks")
    elif not encryption and not evidence.absent(FactName.ENCRYPTION):
        suspects.append("the object is encrypted with a KMS key and kms:Decrypt lacks")
    if evidence.object_owner is None:
        suspects.append("another account owns the object")
    return Finding(
        "denied-though-allowed",
        Severity.ERROR,
        f"{identity.label} may not {doing(action)}, although statement {allow.sid} of the bucket policy allows it. "
        f"Either {' or '.join([*suspects, 'another policy objects'])}: {UNSEEN}.",
        [FactName.POLICY, FactName.ENCRYPTION, FactName.OBJECT_OWNER],
        own_policy_remedy(evidence, identity, action),
    )


def _own_policy_lacks(evidence: Evidence, identity: Identity, action: str) -> Finding:
    return Finding(
        "own-policy-lacks",
        Severity.ERROR,
        f"{identity.label} may not {doing(action)}, although its own account decides here: its IAM policies do not "
        f"allow it, or one of these objects: {UNSEEN}.",
        [FactName.BUCKET_OWNER, FactName.POLICY],
        own_policy_remedy(evidence, identity, action),
    )


def _policy_unknown(evidence: Evidence, identity: Identity, action: str) -> Finding:
    return Finding(
        "denied-policy-unknown",
        Severity.ERROR,
        f"{identity.label} may not {doing(action)}; why cannot be told, because no identity here may read the bucket "
        "policy (s3:GetBucketPolicy).",
        [FactName.POLICY],
        f"Open the other pane as an identity of {evidence.bucket_owner_name}, or ask it for a statement that allows "
        f"{action}.",
    )


def _not_allowed(evidence: Evidence, identity: Identity, action: str, maybe: StatementReading | None) -> Finding:
    near = maybe or nearest(evidence, identity, action)
    policy = "the bucket has no policy" if evidence.policy is None else "no statement of the bucket policy allows it"
    reason = f"statement {near.sid} would allow it, but {near.why}" if near else policy
    return Finding(
        "not-allowed",
        Severity.ERROR,
        f"{identity.label} may not {doing(action)}: {reason}.",
        [FactName.POLICY, FactName.BUCKET_OWNER],
        f"1. {allow_remedy(evidence, identity, action)}\n2. {own_policy_remedy(evidence, identity, action)}",
    )


def unasked(evidence: Evidence) -> Iterator[Finding]:
    """Facts that nobody here may ask for."""
    lacking: dict[str, list[FactName]] = {}
    for name in FactName:
        fact = evidence.fact(name)
        if fact and isinstance(fact.state, Denied) and fact.operation != "HeadObject":
            lacking.setdefault(fact.state.permission, []).append(name)
    if not lacking:
        return
    labels = [identity.label for identity in evidence.context.identities]
    who = f"Neither {labels[0]} nor {labels[1]} has" if len(labels) > 1 else f"{labels[0]} lacks"
    names = [name for found in lacking.values() for name in found]
    cannot = ", ".join(f"{' and '.join(found)} ({permission})" for permission, found in lacking.items())
    yield Finding(
        "permission-lacks",
        Severity.NOTE,
        f"{who} the permission to ask for: {cannot}.",
        names,
        _asking_remedy(evidence),
    )


def _asking_remedy(evidence: Evidence) -> str:
    mine = evidence.context.mine
    if evidence.is_foreign and evidence.object_owner:
        return f"Open the other pane as {evidence.context.name(evidence.object_owner)}: the object's owner may ask."
    if evidence.belongs_to_bucket(mine):
        return f"In {mine.label}'s account: allow these actions in the policies of {mine.principal or mine.label}."
    return f"Open the other pane as an identity of {evidence.bucket_owner_name}, or have it allow these actions."
