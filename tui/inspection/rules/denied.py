"""Why an identity was denied, as far as policies and owners show, and what could not be read because of a denial.

Rules: IAM user guide, "Cross-account policy evaluation logic" and "Troubleshoot access denied error messages".
"""

from __future__ import annotations

from collections.abc import Iterator

from tui.core.facts import (
    Applies,
    Denied,
    Effect,
    FactName,
    Finding,
    PolicyReading,
    Severity,
    StatementReading,
    Unknown,
    Verdict,
)
from tui.core.identity import Identity
from tui.inspection.rules.policy import nearest, way_in
from tui.inspection.rules.remedies import own_policy_remedy
from tui.policies.access import access, doing, refused, restricted, statements
from tui.policies.bucket_policy import LIST_BUCKET
from tui.policies.endpoint_policy import endpoint_with_policy, passage, passes_no_endpoint, vpc_endpoint
from tui.policies.evidence import Evidence

_UNSEEN = "service control policies, permissions boundaries"


def unseen(evidence: Evidence) -> str:
    """The policies that may deny and cannot be read, in a sentence; without those that were read."""
    known = passes_no_endpoint(evidence) or (vpc_endpoint(evidence) and endpoint_with_policy(evidence))
    kinds = _UNSEEN.replace(", ", " and ") if known else f"{_UNSEEN} and VPC endpoint policies"
    return f"{kinds}, which cannot be checked from here"


def read_denied(evidence: Evidence) -> Iterator[Finding]:
    """An identity was refused HeadObject, or to list the bucket."""
    for identity, permission in refused(evidence, "HeadObject"):
        yield from why_denied(evidence, identity, permission)
    mine = evidence.context.mine
    listing = access(evidence, mine, LIST_BUCKET)
    if evidence.action == LIST_BUCKET and listing.live and listing.verdict is Verdict.DENIED:
        yield from why_denied(evidence, mine, LIST_BUCKET)


def why_denied(evidence: Evidence, identity: Identity, action: str) -> Iterator[Finding]:
    """The finding that explains a refusal of `action`; none where a rule on owners, Deny or public policies does.

    None either before it was tried to read the bucket policy: what it says may decide.
    """
    owner = evidence.object_owner
    own = owner is not None and not evidence.covers(action) and evidence.context.belongs(identity, owner)
    reading = evidence.reading(identity, action)
    closed = restricted(evidence) and evidence.belongs_to_bucket(identity) is False
    shut_out = closed or (not evidence.covers(action) and not own)
    if shut_out or statements(reading, Effect.DENY, Applies.YES) or evidence.fact(FactName.POLICY) is None:
        return
    allow = _allowing(reading)
    if not evidence.policy_is_known:
        yield _policy_unknown(evidence, identity, action)
    elif _is_closed(evidence, identity, action) and (own or allow or evidence.belongs_to_bucket(identity)):
        return  # the endpoint policy explains it
    elif allow and allow.applies is Applies.YES:
        yield _though_allowed(evidence, identity, action, allow)
    elif own or evidence.belongs_to_bucket(identity):
        yield _own_policy_lacks(evidence, identity, action)
    else:
        yield _not_allowed(evidence, identity, action, allow)


def _is_closed(evidence: Evidence, identity: Identity, action: str) -> bool:
    passed = passage(evidence, identity, action)
    return passed is not None and passed.is_closed


def _allowing(reading: PolicyReading | None) -> StatementReading | None:
    """The Allow that comes nearest to applying."""
    allows = statements(reading, Effect.ALLOW, Applies.YES) or statements(reading, Effect.ALLOW, Applies.MAYBE)
    return allows[0] if allows else None


def _other_suspects(evidence: Evidence, identity: Identity, action: str) -> str:
    """What of the bucket policy may deny it, in a sentence, or nothing."""
    reading = evidence.reading(identity, action)
    suspects = [f"statement {one.sid} denies it" for one in statements(reading, Effect.DENY, Applies.MAYBE)]
    if reading and reading.problem:
        suspects.append("an unreadable part of the bucket policy denies it")
    return "".join(f", or {one}" for one in suspects)


def _though_allowed(evidence: Evidence, identity: Identity, action: str, allow: StatementReading) -> Finding:
    suspects = []
    if not evidence.belongs_to_bucket(identity):
        suspects.append(f"{identity.label}'s own IAM policies do not allow it as well")
    encryption = evidence.text(FactName.ENCRYPTION)
    if "kms" in encryption:
        suspects.append("kms:Decrypt on the object's key is missing")
    elif not encryption and not evidence.absent(FactName.ENCRYPTION):
        suspects.append("the object is encrypted with a KMS key and kms:Decrypt is missing")
    if evidence.object_owner is None:
        suspects.append("another account owns the object")
    return Finding(
        "denied-though-allowed",
        Severity.ERROR,
        f"{identity.label} is not allowed to {doing(action)}, although statement {allow.sid} of the bucket policy "
        "allows it. "
        f"Either {' or '.join([*suspects, 'another policy denies it'])}{_other_suspects(evidence, identity, action)}: "
        f"{unseen(evidence)}.",
        [FactName.POLICY, FactName.ENCRYPTION, FactName.OBJECT_OWNER],
        own_policy_remedy(evidence, identity, action),
        identity.label,
        action,
        Verdict.DENIED,
    )


def _own_policy_lacks(evidence: Evidence, identity: Identity, action: str) -> Finding:
    return Finding(
        "own-policy-missing",
        Severity.ERROR,
        f"{identity.label} is not allowed to {doing(action)}, although the bucket is in its own account: its IAM "
        f"policies do not allow it{_other_suspects(evidence, identity, action)}, or one of these denies it: "
        f"{unseen(evidence)}.",
        [FactName.BUCKET_OWNER, FactName.POLICY],
        own_policy_remedy(evidence, identity, action),
        identity.label,
        action,
        Verdict.DENIED,
    )


def _policy_unknown(evidence: Evidence, identity: Identity, action: str) -> Finding:
    fact = evidence.fact(FactName.POLICY)
    why = "no identity here is allowed to read the bucket policy (s3:GetBucketPolicy)"
    if fact and isinstance(fact.state, Unknown):
        why = f"the bucket policy is not known: {fact.state.why}"
    remedy = (
        f"Open the other pane as an identity of {evidence.bucket_owner_name}, or ask its administrator for a "
        f"statement that allows {action}."
    )
    if evidence.belongs_to_bucket(identity):
        remedy = f"Open the other pane as an identity of {evidence.bucket_owner_name} that can read the bucket policy."
        remedy = f"1. {remedy}\n2. {own_policy_remedy(evidence, identity, action)}"
    return Finding(
        "denied-policy-unknown",
        Severity.ERROR,
        f"{identity.label} is not allowed to {doing(action)}. The reason is not known, because {why}.",
        [FactName.POLICY],
        remedy,
        identity.label,
        action,
        Verdict.DENIED,
    )


def _not_allowed(evidence: Evidence, identity: Identity, action: str, maybe: StatementReading | None) -> Finding:
    near = maybe or nearest(evidence, identity, action)
    policy = "the bucket has no policy" if evidence.policy is None else "no statement of the bucket policy allows it"
    if evidence.policy and evidence.policy.problem:
        policy += ", as far as it can be read"
    reason = f"statement {near.sid} would allow it, but {near.why}" if near else policy
    reason += _other_suspects(evidence, identity, action)
    return Finding(
        "not-allowed",
        Severity.ERROR,
        f"{identity.label} is not allowed to {doing(action)}: {reason}.",
        [FactName.POLICY, FactName.BUCKET_OWNER],
        f"1. {way_in(evidence, identity, action, near)}\n2. {own_policy_remedy(evidence, identity, action)}",
        identity.label,
        action,
        Verdict.DENIED,
    )


def unasked(evidence: Evidence) -> Iterator[Finding]:
    """Facts that no identity here may ask for."""
    lacking: dict[str, list[FactName]] = {}
    for name in FactName:
        fact = evidence.fact(name)
        if fact and isinstance(fact.state, Denied) and fact.operation != "HeadObject":
            lacking.setdefault(fact.state.permission, []).append(name)
    if not lacking:
        return
    labels = [identity.label for identity in evidence.context.identities]
    who = f"Neither {labels[0]} nor {labels[1]} has" if len(labels) > 1 else f"{labels[0]} does not have"
    names = [name for found in lacking.values() for name in found]
    cannot = ", ".join(f"{' and '.join(found)} ({permission})" for permission, found in lacking.items())
    yield Finding(
        "permission-missing",
        Severity.NOTE,
        f"{who} permission to read: {cannot}.",
        names,
        _asking_remedy(evidence),
    )


def _asking_remedy(evidence: Evidence) -> str:
    mine = evidence.context.mine
    if evidence.is_foreign and evidence.object_owner:
        return (
            f"Open the other pane as {evidence.context.name(evidence.object_owner)}: only the object's owner can ask."
        )
    if evidence.belongs_to_bucket(mine):
        who = mine.principal or mine.label
        return f"In {mine.label}'s account: make sure that the policies of {who} allow these actions."
    return (
        f"Open the other pane as an identity of {evidence.bucket_owner_name}, or ask its administrator to allow these "
        "actions."
    )
