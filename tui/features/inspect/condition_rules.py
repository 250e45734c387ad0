"""Conditions on the source address, which S3 does not see behind a VPC endpoint.

Rules: Amazon S3 user guide, "Controlling access from VPC endpoints with bucket policies".
"""

from __future__ import annotations

from collections.abc import Iterator

from tui.aws.connection import is_aws
from tui.core import facts
from tui.core.identity import Identity
from tui.core.network import AddressScope, NetworkPath, PathKind
from tui.policies.access import access
from tui.policies.deciding_conditions import SOURCE_IP, address_remedy, is_met_without
from tui.policies.endpoint_policy import network_path, vpc_endpoint
from tui.policies.evidence import Evidence


def source_ip(evidence: Evidence) -> Iterator[facts.Finding]:
    """A statement about one of our identities depends on the source address.

    No finding if all these identities were allowed just now, or if requests from here are known to meet the condition.
    """
    if evidence.fact(facts.FactName.ENDPOINT) is None:
        return
    seen: set[str] = set()
    for identity in evidence.context.identities:
        known, reading = access(evidence, identity), evidence.reading(identity)
        if known.live and known.verdict is facts.AccessVerdict.ALLOWED:
            continue
        for one in reading.statements if reading else []:
            condition = next((each for each in one.conditions if each.key.lower() == SOURCE_IP), None)
            if condition and one.sid not in seen and not _lets_through(one, condition):
                seen.add(one.sid)
                yield _source_ip(evidence, one, condition)


def _lets_through(statement: facts.StatementReading, condition: facts.ConditionReading) -> bool:
    """Whether the address that S3 sees meets an Allow, or does not match a Deny.

    False behind a VPC endpoint, where S3 sees no address: that deserves a finding.
    """
    wanted = facts.Applies.YES if statement.effect is facts.Effect.ALLOW else facts.Applies.NO
    return bool(condition.has) and condition.applies is wanted


def _source_ip(evidence: Evidence, one: facts.StatementReading, condition: facts.ConditionReading) -> facts.Finding:
    return facts.Finding(
        "source-ip",
        facts.FindingSeverity.WARNING,
        f"Statement {one.sid} depends on aws:SourceIp {' or '.join(condition.wanted)}: "
        f"{_seen_address(evidence, one, condition)}.",
        [facts.FactName.POLICY, facts.FactName.ENDPOINT],
        f"{evidence.as_bucket_owner}: {address_remedy(evidence, one, condition)}.",
    )


def _seen_address(evidence: Evidence, statement: facts.StatementReading, condition: facts.ConditionReading) -> str:
    endpoint = evidence.endpoint
    effect = _without_address(statement, condition)
    if endpoint is None:
        return f"behind a VPC endpoint S3 sees no source IP, and the statement {effect}"
    if vpc_endpoint(evidence):
        through = f"requests from here go through {vpc_endpoint(evidence)}"
        return f"{through}, where S3 sees no source IP, so the statement {effect}"
    if endpoint.reach is AddressScope.LOOPBACK and not is_aws(endpoint.url):
        return "the server runs on this machine and sees requests from here as coming from 127.0.0.1"
    if path := network_path(evidence):
        return _on_path(path, condition, effect)
    if endpoint.reach is AddressScope.PRIVATE:
        return (
            f"requests from here go to the private address {endpoint.address}; if that is a VPC endpoint, S3 sees no "
            f"source IP and the statement {effect}"
        )
    return (
        "if requests from here pass a VPC gateway endpoint (this cannot be detected), S3 sees no source IP and the "
        f"statement {effect}"
    )


def _on_path(path: NetworkPath, condition: facts.ConditionReading, effect: str) -> str:
    """What S3 sees as the source address if the path surely avoids VPC endpoints, or may use one."""
    if path.kind in (PathKind.GATEWAY, PathKind.INTERFACE):
        through = f" {path.endpoint}" if path.endpoint else ""
        return (
            f"requests from here probably go through the {path.kind.value}{through} ({path.why}), where S3 sees no "
            f"source IP and the statement {effect}"
        )
    if path.kind is PathKind.UNKNOWN:
        return (
            f"if requests from here pass a VPC endpoint, S3 sees no source IP and the statement {effect}; whether they "
            f"do is not known: {path.why}"
        )
    if condition.has:
        return f"S3 sees requests from here as coming from {' and '.join(condition.has)}: {path.why}"
    return f"S3 sees a source IP of requests from here, which is not known: {path.why}"


def _without_address(statement: facts.StatementReading, condition: facts.ConditionReading) -> str:
    applies = is_met_without(condition)
    if statement.effect is facts.Effect.DENY:
        return "denies it" if applies else "does not deny it"
    return "still applies" if applies else "allows nothing"


def allow_remedy(evidence: Evidence, identity: Identity, action: str) -> str:
    """What the bucket owner must add so that an identity of another account may do `action`."""
    request = evidence.request(identity, action)
    whom = identity.label
    if request.caller.account:
        whom = f"arn:{request.caller.partition}:iam::{request.caller.account}:root"
    return f"{evidence.as_bucket_owner}: add a statement that allows {action} on {request.resource} to {whom}."


def own_policy_remedy(evidence: Evidence, identity: Identity, action: str) -> str:
    """What the identity's own account must allow. Only ``explain`` reads its policies."""
    request = evidence.request(identity, action)
    who = identity.principal or identity.label
    return (
        f"In {identity.label}'s account: make sure that the policies of {who} allow {action} on {request.resource} "
        f"('xs3-tui explain --action {action}' reads them)."
    )
