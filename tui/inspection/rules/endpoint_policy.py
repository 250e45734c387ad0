"""A VPC endpoint policy that lets a request not pass: a 403 that no bucket policy explains.

Rules: AWS PrivateLink guide, "Control access to VPC endpoints using endpoint policies"; Amazon S3 user guide,
"Controlling access from VPC endpoints with bucket policies".
"""

from __future__ import annotations

from collections.abc import Iterator

from tui.core.facts import Applies, FactName, Finding, Severity, Verdict
from tui.core.identity import Identity
from tui.core.network import Certainty
from tui.policies.access import access, doing
from tui.policies.endpoint_policy import Passage, passage
from tui.policies.evidence import Evidence


def endpoint_denies(evidence: Evidence) -> Iterator[Finding]:
    """The endpoint that requests pass lets none of ours read this location, or may not."""
    for identity in evidence.context.identities:
        yield from endpoint_denials(evidence, identity, evidence.action)


def endpoint_denials(evidence: Evidence, identity: Identity, action: str) -> Iterator[Finding]:
    """What the endpoint's policy has against an action; nothing if it was allowed just now."""
    found, known = passage(evidence, identity, action), access(evidence, identity, action)
    if found is None or found.lets is Applies.YES or known.verdict is Verdict.ALLOWED:
        return
    if found.is_closed:
        yield _closed(evidence, identity, action, found)
    elif known.verdict is Verdict.DENIED or found.lets is Applies.NO:
        yield _may_be_closed(evidence, identity, action, found, known.verdict)


def _closed(evidence: Evidence, identity: Identity, action: str, found: Passage) -> Finding:
    return Finding(
        "endpoint-policy-denies",
        Severity.ERROR,
        f"The policy of the VPC endpoint {found.endpoint.id} does not let {identity.label} {doing(action)}: "
        f"{_clause(found)}. No bucket policy shows that.",
        [FactName.NETWORK_PATH],
        _remedy(evidence, identity, action, found),
        identity.label,
        action,
        Verdict.DENIED,
    )


def _may_be_closed(evidence: Evidence, identity: Identity, action: str, found: Passage, verdict: Verdict) -> Finding:
    sure = found.certainty is Certainty.CERTAIN
    through = "" if sure else f", if requests go through it ({found.certainty.value})"
    return Finding(
        "endpoint-policy-may-deny",
        Severity.WARNING,
        f"The policy of the VPC endpoint {found.endpoint.id} may deny {identity.label} to {doing(action)}{through}: "
        f"{_clause(found)}.",
        [FactName.NETWORK_PATH],
        _remedy(evidence, identity, action, found),
        identity.label,
        action,
        verdict,
    )


def _clause(found: Passage) -> str:
    if found.denying:
        return f"statement {found.denying} denies it"
    if found.lets is Applies.NO:
        return "no statement allows it"
    return "whether a statement allows it is not known from here"


def _remedy(evidence: Evidence, identity: Identity, action: str, found: Passage) -> str:
    resource = evidence.request(identity, action).resource
    owner = found.endpoint.account
    who = f"In {evidence.context.account_name(owner)}" if owner else "As the owner of the VPC"
    if found.denying:
        return f"{who}: exclude {resource} from statement {found.denying} of the policy of {found.endpoint.id}."
    return f"{who}: allow {action} on {resource} in the policy of {found.endpoint.id}."
