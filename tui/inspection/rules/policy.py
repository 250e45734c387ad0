"""What the bucket policy does to the identities of both panes.

Rules: IAM user guide, "Policy evaluation logic"; Amazon S3 user guide, "Controlling access from VPC endpoints with
bucket policies".
"""

from __future__ import annotations

from collections.abc import Iterator

from tui.inspection.circumstances import vpc_endpoint_id
from tui.inspection.evidence import Evidence
from tui.inspection.policies import LACKS_BUCKET, LACKS_OBJECTS, LIST_BUCKET
from tui.inspection.rules.remedies import allow_remedy
from tui.inspection.statements import Condition, Statement, parse_document
from tui.model.facts import Applies, Effect, FactName, Finding, Reach, Severity, StatementReading
from tui.model.identity import Identity

_SOURCE_IP = "aws:sourceip"


def doing(action: str) -> str:
    """An action in a sentence."""
    words = {LIST_BUCKET: "list this bucket", "s3:GetObject": "read this object", "s3:PutObject": "write this object"}
    return f"{words[action]} ({action})" if action in words else f"do {action}"


def unreadable(evidence: Evidence) -> Iterator[Finding]:
    """A part of the policy makes no sense."""
    problem = parse_document(evidence.policy.document).problem if evidence.policy else ""
    if problem:
        yield Finding(
            "policy-unreadable",
            Severity.WARNING,
            f"The bucket policy cannot be read in full: {problem}.",
            [FactName.POLICY],
        )


def denies(evidence: Evidence) -> Iterator[Finding]:
    """A statement denies an identity of ours to read; a Deny works on objects of other accounts, too."""
    for identity in evidence.context.identities:
        yield from denials(evidence, identity, evidence.action)


def denials(evidence: Evidence, identity: Identity, action: str) -> Iterator[Finding]:
    """The statements that deny an action to an identity."""
    reading = evidence.reading(identity, action)
    for one in reading.statements if reading else []:
        if one.effect is not Effect.DENY or one.applies is Applies.NO:
            continue
        certain = one.applies is Applies.YES
        yield Finding(
            "policy-denies" if certain else "policy-may-deny",
            Severity.ERROR if certain else Severity.WARNING,
            f"Statement {one.sid} of the bucket policy {'denies' if certain else 'may deny'} {identity.label} to "
            f"{doing(action)}: it {one.why}.",
            [FactName.POLICY],
            f"{evidence.as_bucket_owner}: except {identity.label} from that Deny; no Allow is stronger than it.",
        )


def wrong_resource(evidence: Evidence) -> Iterator[Finding]:
    """An Allow for one of ours names the bucket where it should name its objects, or the other way round."""
    seen: set[str] = set()
    for identity in evidence.context.identities:
        reading = evidence.reading(identity)
        for one in reading.statements if reading else []:
            if one.effect is Effect.ALLOW and one.why in (LACKS_OBJECTS, LACKS_BUCKET) and one.sid not in seen:
                seen.add(one.sid)
                yield _wrong_resource(evidence, identity, one)


def _wrong_resource(evidence: Evidence, identity: Identity, one: StatementReading) -> Finding:
    request = evidence.request(identity)
    bucket = request.resource.partition("/")[0]
    wanted = f"{bucket}/*" if one.why == LACKS_OBJECTS else bucket
    return Finding(
        "policy-resource",
        Severity.WARNING,
        f"Statement {one.sid} means to allow {request.action} to {identity.label}, but it {one.why}.",
        [FactName.POLICY],
        f"{evidence.as_bucket_owner}: add {wanted} to that statement's Resource.",
    )


def let_in(evidence: Evidence) -> Iterator[Finding]:
    """A statement lets an identity of another account in: by which one, and on what condition."""
    refused = [identity.label for identity, _ in evidence.refused("HeadObject")]
    for identity in evidence.context.identities:
        reading = evidence.reading(identity)
        if reading is None or identity.label in refused or evidence.belongs_to_bucket(identity) is not False:
            continue
        allows = [one for one in reading.statements if one.effect is Effect.ALLOW and one.applies is not Applies.NO]
        allows.sort(key=lambda one: one.applies is Applies.MAYBE)
        if allows:
            yield _let_in(evidence, identity, allows[0])


def _let_in(evidence: Evidence, identity: Identity, one: StatementReading) -> Finding:
    certain = one.applies is Applies.YES
    return Finding(
        "let-in" if certain else "may-be-let-in",
        Severity.GOOD if certain else Severity.NOTE,
        f"Statement {one.sid} of {evidence.bucket_owner_name}'s bucket policy {'lets' if certain else 'may let'} "
        f"{identity.label} {doing(evidence.action)}: it {one.why}.",
        [FactName.POLICY],
        "" if certain else f"{evidence.as_bucket_owner}: check whether {identity.label} meets that condition.",
    )


def no_way_in(evidence: Evidence) -> Iterator[Finding]:
    """Nothing in the policy names an identity of another account, nor does the ACL."""
    if evidence.is_foreign or not (evidence.policy or evidence.absent(FactName.POLICY)):
        return
    refused = [identity.label for identity, _ in evidence.refused("HeadObject")]
    for identity in evidence.context.identities:
        if identity.label in refused or evidence.belongs_to_bucket(identity) is not False:
            continue
        if not _allowed(evidence, identity) and not _in_acl(evidence, identity):
            yield _no_way_in(evidence, identity)


def _allowed(evidence: Evidence, identity: Identity) -> bool:
    reading = evidence.reading(identity)
    allows = [one for one in reading.statements if one.effect is Effect.ALLOW] if reading else []
    return any(one.applies is not Applies.NO or one.why in (LACKS_OBJECTS, LACKS_BUCKET) for one in allows)


def _in_acl(evidence: Evidence, identity: Identity) -> bool:
    canonical_id = evidence.context.caller(identity).canonical_id
    return any(grant.grantee.id == canonical_id for grant in evidence.grants or [])


def _no_way_in(evidence: Evidence, identity: Identity) -> Finding:
    near = nearest(evidence, identity)
    policy = (
        "The bucket has no policy"
        if evidence.policy is None
        else f"The bucket policy gives {identity.label} nothing here"
    )
    reason = f" (statement {near.sid} {near.why})" if near else ""
    return Finding(
        "no-way-in",
        Severity.NOTE,
        f"{policy}{reason}: {identity.label} gets in only through an ACL, or as a role or user of "
        f"{evidence.bucket_owner_name}.",
        [FactName.POLICY, FactName.BUCKET_OWNER],
        allow_remedy(evidence, identity, evidence.action),
    )


def nearest(evidence: Evidence, identity: Identity, action: str = "") -> StatementReading | None:
    """The Allow that would have applied but for its condition or resource, if there is one."""
    reading = evidence.reading(identity, action)
    failed = [one for one in reading.statements if one.effect is Effect.ALLOW] if reading else []
    return next(
        (one for one in failed if one.why.startswith("needs ") or one.why in (LACKS_OBJECTS, LACKS_BUCKET)), None
    )


def source_ip(evidence: Evidence) -> Iterator[Finding]:
    """A statement hangs on the source address, which S3 does not see behind a VPC endpoint."""
    way = evidence.fact(FactName.ENDPOINT)
    if evidence.policy is None or way is None:
        return
    for statement in parse_document(evidence.policy.document).statements:
        condition = next((one for one in statement.conditions if one.key.lower() == _SOURCE_IP), None)
        if condition:
            yield Finding(
                "source-ip",
                Severity.WARNING,
                f"Statement {statement.sid} hangs on aws:SourceIp {' or '.join(condition.wanted)}: "
                f"{_seen_address(evidence, statement, condition)}.",
                [FactName.POLICY, FactName.ENDPOINT],
                _source_ip_remedy(evidence, statement, condition),
            )


def _seen_address(evidence: Evidence, statement: Statement, condition: Condition) -> str:
    endpoint = evidence.endpoint
    effect = _without_address(statement, condition)
    if endpoint is None:
        return f"behind a VPC endpoint S3 sees no source address, and the statement {effect}"
    vpce = vpc_endpoint_id(endpoint)
    if vpce:
        return f"requests from here go through {vpce}, where S3 sees no source address, so the statement {effect}"
    if endpoint.reach is Reach.LOOPBACK:
        return "the server runs on this machine and sees requests from here come from 127.0.0.1"
    if endpoint.reach is Reach.PRIVATE:
        return (
            f"requests from here go to the private address {endpoint.address}; if that is a VPC endpoint, S3 sees no "
            f"source address and the statement {effect}"
        )
    return (
        "if a VPC gateway endpoint carries the requests from here (unknown from here), S3 sees no source address and "
        f"the statement {effect}"
    )


def _spares_the_rest(condition: Condition) -> bool:
    """Whether the condition holds for a request that carries no source address."""
    operator = condition.operator.lower()
    return "not" in operator or operator.endswith("ifexists")


def _without_address(statement: Statement, condition: Condition) -> str:
    """What the statement does to a request that carries no source address."""
    applies = _spares_the_rest(condition)
    if statement.effect is Effect.DENY:
        return "denies it" if applies else "does not deny it"
    return "applies all the same" if applies else "allows nothing"


def _source_ip_remedy(evidence: Evidence, statement: Statement, condition: Condition) -> str:
    vpce = vpc_endpoint_id(evidence.endpoint) if evidence.endpoint else ""
    wanted = f'{{"aws:SourceVpce": "{vpce or "vpce-… (the id of the endpoint)"}"}}'
    copy = f"add a copy of {statement.sid} with StringEquals {wanted} instead of aws:SourceIp"
    if _spares_the_rest(condition):
        copy = f"add StringNotEquals {wanted} to the condition of {statement.sid}"
    return f"{evidence.as_bucket_owner}: {copy}."
