"""Why an identity was denied, by policies and owners, and what a denial kept from being read.

Rules: IAM user guide, "Cross-account policy evaluation logic" and "Troubleshoot access denied error messages".
"""

from __future__ import annotations

from collections.abc import Iterator

from tui.core.facts import (
    AccessVerdict,
    Applies,
    DeniedFact,
    Effect,
    FactName,
    Finding,
    FindingSeverity,
    StatementReading,
    UnknownFact,
)
from tui.core.identity import Identity
from tui.features.inspect.condition_rules import allow_remedy, own_policy_remedy
from tui.policies.access import EffectiveAccess, access, doing, refused, restricted, statements
from tui.policies.bucket_policy import LACKS_BUCKET, LACKS_OBJECTS, LIST_BUCKET
from tui.policies.deciding_conditions import condition_remedy, deciding_condition, failing_condition
from tui.policies.endpoint_policy import endpoint_with_policy, passage, passes_no_endpoint, vpc_endpoint
from tui.policies.evidence import Evidence
from tui.policies.statements import parse_document

_UNSEEN = "service control policies, permissions boundaries"


def unseen(evidence: Evidence) -> str:
    """The policies that may deny and cannot be read, as a sentence."""
    known = passes_no_endpoint(evidence) or (vpc_endpoint(evidence) and endpoint_with_policy(evidence))
    kinds = _UNSEEN.replace(", ", " and ") if known else f"{_UNSEEN} and VPC endpoint policies"
    return f"{kinds}, which cannot be checked from here"


def read_denied(evidence: Evidence) -> Iterator[Finding]:
    for identity, permission in refused(evidence, "HeadObject"):
        yield from why_denied(evidence, identity, permission)
    mine = evidence.context.mine
    listing = access(evidence, mine, LIST_BUCKET)
    if evidence.action == LIST_BUCKET and listing.live and listing.verdict is AccessVerdict.DENIED:
        yield from why_denied(evidence, mine, LIST_BUCKET)


def why_denied(evidence: Evidence, identity: Identity, action: str) -> Iterator[Finding]:
    """The finding that explains a refusal of `action`; none if a rule on owners, Deny or public policies explains it.

    None, too, until the bucket policy was requested: it may decide.
    """
    owner = evidence.object_owner
    own = owner is not None and not evidence.covers(action) and evidence.context.belongs(identity, owner)
    reading = evidence.reading(identity, action)
    closed = restricted(evidence) and evidence.belongs_to_bucket(identity) is False
    shut_out = closed or (not evidence.covers(action) and not own)
    if shut_out or statements(reading, Effect.DENY, Applies.YES) or evidence.fact(FactName.POLICY) is None:
        return
    allows = statements(reading, Effect.ALLOW, Applies.YES) or statements(reading, Effect.ALLOW, Applies.MAYBE)
    allow = allows[0] if allows else None
    if not evidence.policy_is_known:
        yield _policy_unknown(evidence, identity, action)
    elif _is_closed(evidence, identity, action) and (own or allow or evidence.belongs_to_bucket(identity)):
        return  # the endpoint policy explains the denial
    elif allow and allow.applies is Applies.YES:
        yield _though_allowed(evidence, identity, action, allow)
    elif own or evidence.belongs_to_bucket(identity):
        yield _own_policy_lacks(evidence, identity, action)
    else:
        yield _not_allowed(evidence, identity, action, allow)


def _is_closed(evidence: Evidence, identity: Identity, action: str) -> bool:
    passed = passage(evidence, identity, action)
    return passed is not None and passed.is_closed


def _other_suspects(evidence: Evidence, identity: Identity, action: str) -> str:
    """What in the bucket policy may deny it, as a sentence, or nothing."""
    reading = evidence.reading(identity, action)
    suspects = [f"statement {one.sid} denies it" for one in statements(reading, Effect.DENY, Applies.MAYBE)]
    if reading and reading.problem:
        suspects.append("an unreadable part of the bucket policy denies it")
    return "".join(f", or {one}" for one in suspects)


def _though_allowed(evidence: Evidence, identity: Identity, action: str, allow: StatementReading) -> Finding:
    suspects = []
    if not evidence.belongs_to_bucket(identity):
        suspects.append(f"{identity.label}'s own IAM policies do not allow it")
    encryption = evidence.text(FactName.ENCRYPTION)
    if "kms" in encryption:
        suspects.append("kms:Decrypt on the object's key is missing")
    elif not encryption and not evidence.absent(FactName.ENCRYPTION):
        suspects.append("the object is encrypted with a KMS key and kms:Decrypt is missing")
    if evidence.object_owner is None:
        suspects.append("another account owns the object")
    return Finding(
        "denied-though-allowed",
        FindingSeverity.ERROR,
        f"{identity.label} is not allowed to {doing(action)}, although statement {allow.sid} of the bucket policy "
        "allows it. "
        f"Either {' or '.join([*suspects, 'another policy denies it'])}{_other_suspects(evidence, identity, action)}: "
        f"{unseen(evidence)}.",
        [FactName.POLICY, FactName.ENCRYPTION, FactName.OBJECT_OWNER],
        own_policy_remedy(evidence, identity, action),
        identity.label,
        action,
        AccessVerdict.DENIED,
    )


def _own_policy_lacks(evidence: Evidence, identity: Identity, action: str) -> Finding:
    return Finding(
        "own-policy-missing",
        FindingSeverity.ERROR,
        f"{identity.label} is not allowed to {doing(action)}, although the bucket is in its own account: its IAM "
        f"policies do not allow it{_other_suspects(evidence, identity, action)}, or one of these denies it: "
        f"{unseen(evidence)}.",
        [FactName.BUCKET_OWNER, FactName.POLICY],
        own_policy_remedy(evidence, identity, action),
        identity.label,
        action,
        AccessVerdict.DENIED,
    )


def _policy_unknown(evidence: Evidence, identity: Identity, action: str) -> Finding:
    fact = evidence.fact(FactName.POLICY)
    why = "no identity here is allowed to read the bucket policy (s3:GetBucketPolicy)"
    if fact and isinstance(fact.state, UnknownFact):
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
        FindingSeverity.ERROR,
        f"{identity.label} is not allowed to {doing(action)}. The reason is not known, because {why}.",
        [FactName.POLICY],
        remedy,
        identity.label,
        action,
        AccessVerdict.DENIED,
    )


def _not_allowed(evidence: Evidence, identity: Identity, action: str, maybe: StatementReading | None) -> Finding:
    near = maybe or nearest(evidence, identity, action)
    policy = "the bucket has no policy" if evidence.policy is None else "no statement of the bucket policy allows it"
    if evidence.policy and evidence.policy.problem:
        policy += ", as far as it can be read"
    reason = f"statement {near.sid} would allow it, but {near.why}" if near else policy
    reason += _other_suspects(evidence, identity, action)
    sentence = f"{identity.label} is not allowed to {doing(action)}: {reason}."
    remedy = f"1. {way_in(evidence, identity, action, near)}\n2. {own_policy_remedy(evidence, identity, action)}"
    names = [FactName.POLICY, FactName.BUCKET_OWNER]
    return Finding(
        "not-allowed", FindingSeverity.ERROR, sentence, names, remedy, identity.label, action, AccessVerdict.DENIED
    )


def unasked(evidence: Evidence) -> Iterator[Finding]:
    lacking: dict[str, list[FactName]] = {}
    for name in FactName:
        fact = evidence.fact(name)
        if fact and isinstance(fact.state, DeniedFact) and fact.operation != "HeadObject":
            lacking.setdefault(fact.state.permission, []).append(name)
    if not lacking:
        return
    labels = [identity.label for identity in evidence.context.identities]
    who = f"Neither {labels[0]} nor {labels[1]} has" if len(labels) > 1 else f"{labels[0]} does not have"
    names = [name for found in lacking.values() for name in found]
    cannot = ", ".join(f"{' and '.join(found)} ({permission})" for permission, found in lacking.items())
    sentence = f"{who} permission to read: {cannot}."
    yield Finding("permission-missing", FindingSeverity.NOTE, sentence, names, _asking_remedy(evidence))


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


# The effect of the bucket policy on the identities of both panes.
#
# Rules: IAM user guide, "Policy evaluation logic"; Amazon S3 user guide, "Controlling access from VPC endpoints with
# bucket policies".


def unreadable(evidence: Evidence) -> Iterator[Finding]:
    problem = parse_document(evidence.policy.document).problem if evidence.policy else ""
    if problem:
        sentence = f"The bucket policy cannot be read in full: {problem}."
        yield Finding("policy-unreadable", FindingSeverity.WARNING, sentence, [FactName.POLICY])


def denies(evidence: Evidence) -> Iterator[Finding]:
    """A statement denies one of our identities to read. A Deny also applies to objects of other accounts."""
    for identity in evidence.context.identities:
        yield from denials(evidence, identity, evidence.action)


def denials(evidence: Evidence, identity: Identity, action: str) -> Iterator[Finding]:
    """The statements that deny an action to an identity; if the server allowed it, only that it uses other rules.

    Statements that may deny are named only if none surely does.
    """
    reading, known = evidence.reading(identity, action), access(evidence, identity, action)
    certain = statements(reading, Effect.DENY, Applies.YES)
    doubtful = [] if certain else statements(reading, Effect.DENY, Applies.MAYBE)
    if known.verdict is AccessVerdict.ALLOWED:
        yield from (_without_effect(identity, action, one) for one in certain)
    elif certain or known.live or known.verdict is AccessVerdict.UNKNOWN:
        yield from (_denial(evidence, identity, action, one, known.verdict) for one in certain or doubtful)


def _denial(
    evidence: Evidence, identity: Identity, action: str, one: StatementReading, verdict: AccessVerdict
) -> Finding:
    certain = one.applies is Applies.YES
    deciding = deciding_condition(one)
    remedy = (
        f"{evidence.as_bucket_owner}: exclude {identity.label} from that Deny. An explicit Deny overrides every Allow."
    )
    if deciding:
        remedy = condition_remedy(evidence, one, deciding, identity)
    return Finding(
        "policy-denies" if certain else "policy-may-deny",
        FindingSeverity.ERROR if certain else FindingSeverity.WARNING,
        f"Statement {one.sid} of the bucket policy {'denies' if certain else 'may deny'} {identity.label} to "
        f"{doing(action)}: it {one.why}.",
        [FactName.POLICY, FactName.ENDPOINT],
        remedy,
        identity.label,
        action,
        verdict,
    )


def _without_effect(identity: Identity, action: str, one: StatementReading) -> Finding:
    return Finding(
        "deny-without-effect",
        FindingSeverity.NOTE,
        f"{identity.label} was able to {doing(action)} just now, although statement {one.sid} of the bucket policy "
        f"denies it: it {one.why}. This server does not evaluate policies as AWS does, or the policy has changed.",
        [FactName.POLICY],
        identity=identity.label,
        action=action,
        verdict=AccessVerdict.ALLOWED,
    )


def wrong_resource(evidence: Evidence) -> Iterator[Finding]:
    """An Allow for one of our identities names the bucket instead of its objects, or the other way round."""
    seen: set[str] = set()
    for identity in evidence.context.identities:
        reading = evidence.reading(identity)
        if access(evidence, identity).verdict is AccessVerdict.ALLOWED or statements(reading, Effect.DENY, Applies.YES):
            continue
        for one in statements(reading, Effect.ALLOW, Applies.NO):
            if one.why in (LACKS_OBJECTS, LACKS_BUCKET) and one.sid not in seen:
                seen.add(one.sid)
                yield _wrong_resource(evidence, identity, one)


def _wrong_resource(evidence: Evidence, identity: Identity, one: StatementReading) -> Finding:
    request = evidence.request(identity)
    bucket = request.resource.partition("/")[0]
    wanted = f"{bucket}/*" if one.why == LACKS_OBJECTS else bucket
    sentence = f"Statement {one.sid} tries to allow {identity.label} {request.action}, but it {one.why}."
    remedy = f"{evidence.as_bucket_owner}: add {wanted} to that statement's Resource."
    return Finding("policy-resource", FindingSeverity.WARNING, sentence, [FactName.POLICY], remedy)


def let_in(evidence: Evidence) -> Iterator[Finding]:
    """A statement allows an identity of another account: which one, and on what condition."""
    for identity in evidence.context.identities:
        known, reading = access(evidence, identity), evidence.reading(identity)
        if known.verdict is AccessVerdict.DENIED or evidence.belongs_to_bucket(identity) is not False:
            continue
        allows = statements(reading, Effect.ALLOW, Applies.YES) or statements(reading, Effect.ALLOW, Applies.MAYBE)
        if allows:
            doubts = [one.sid for one in statements(reading, Effect.DENY, Applies.MAYBE)]
            yield _let_in(evidence, identity, allows[0], known, doubts)


def _let_in(
    evidence: Evidence, identity: Identity, one: StatementReading, known: EffectiveAccess, doubts: list[str]
) -> Finding:
    allowed, sure = known.verdict is AccessVerdict.ALLOWED, one.applies is Applies.YES
    but = f", but statement {' or '.join(doubts)} may deny it" if doubts and not allowed else ""
    whose = f"Statement {one.sid} of {evidence.bucket_owner_name}'s bucket policy"
    sentence = (
        f"{whose} {'allows' if allowed else 'may allow'} {identity.label} to {doing(evidence.action)}: it "
        f"{one.why}{but}."
    )
    if allowed and not sure:
        sentence = (
            f"{identity.label} was able to {doing(evidence.action)} just now. {whose} may be the reason: it {one.why}."
        )
    return Finding(
        "let-in" if allowed else "may-be-let-in",
        FindingSeverity.GOOD if allowed else FindingSeverity.NOTE,
        sentence,
        [FactName.POLICY],
        "" if allowed else _check(evidence, identity, one, doubts),
        identity.label,
        evidence.action,
        known.verdict,
    )


def _check(evidence: Evidence, identity: Identity, one: StatementReading, doubts: list[str]) -> str:
    if one.applies is Applies.MAYBE:
        return f"{evidence.as_bucket_owner}: check whether {identity.label} meets that condition."
    if doubts:
        return f"{evidence.as_bucket_owner}: check whether {' or '.join(doubts)} denies {identity.label}."
    return ""


def no_way_in(evidence: Evidence) -> Iterator[Finding]:
    """Neither policy nor ACL names the identity, which is of another account."""
    if evidence.is_foreign or not evidence.policy_is_known or (evidence.policy and evidence.policy.problem):
        return
    for identity in evidence.context.identities:
        known = access(evidence, identity)
        if known.live or known.verdict is AccessVerdict.ALLOWED or evidence.belongs_to_bucket(identity) is not False:
            continue
        if not _may_be_allowed(evidence, identity):
            yield _no_way_in(evidence, identity, known.verdict)


def _may_be_allowed(evidence: Evidence, identity: Identity) -> bool:
    """Whether a statement allows it, may allow it, was meant to, or denies it, which another rule reports."""
    reading = evidence.reading(identity)
    meant = [one.why in (LACKS_OBJECTS, LACKS_BUCKET) for one in statements(reading, Effect.ALLOW, Applies.NO)]
    may = statements(reading, Effect.ALLOW, Applies.YES, Applies.MAYBE)
    return bool(may) or any(meant) or bool(statements(reading, Effect.DENY, Applies.YES))


def _no_way_in(evidence: Evidence, identity: Identity, verdict: AccessVerdict) -> Finding:
    near = nearest(evidence, identity)
    policy = (
        "The bucket has no policy"
        if evidence.policy is None
        else f"The bucket policy gives {identity.label} no access here"
    )
    reason = f" (statement {near.sid} {near.why})" if near else ""
    ways = f"as a role or user of {evidence.bucket_owner_name}"
    if not evidence.acls_are_off:
        ways = f"through an ACL, or {ways}"
    sentence = f"{policy}{reason}: {identity.label} can get access only {ways}."
    remedy = way_in(evidence, identity, evidence.action, near)
    names = [FactName.POLICY, FactName.BUCKET_OWNER, FactName.OWNERSHIP]
    return Finding("no-way-in", FindingSeverity.NOTE, sentence, names, remedy, identity.label, evidence.action, verdict)


def way_in(evidence: Evidence, identity: Identity, action: str, near: StatementReading | None) -> str:
    """How to allow an identity: change the statement that nearly does, or add one."""
    failing = failing_condition(near) if near else None
    if near and failing:
        return condition_remedy(evidence, near, failing, identity)
    return allow_remedy(evidence, identity, action)


def nearest(evidence: Evidence, identity: Identity, action: str = "") -> StatementReading | None:
    """The Allow whose only mismatch is a condition or resource, if there is one."""
    failed = statements(evidence.reading(identity, action), Effect.ALLOW, Applies.NO)
    return next((one for one in failed if failing_condition(one) or one.why in (LACKS_OBJECTS, LACKS_BUCKET)), None)
