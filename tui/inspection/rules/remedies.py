"""Remedies that several rules give."""

from __future__ import annotations

from tui.core.identity import Identity
from tui.policies.evidence import Evidence


def allow_remedy(evidence: Evidence, identity: Identity, action: str) -> str:
    """What the bucket's owner has to add so that an identity of another account may do `action`."""
    request = evidence.request(identity, action)
    whom = identity.label
    if request.caller.account:
        whom = f"arn:{request.caller.partition}:iam::{request.caller.account}:root"
    return f"{evidence.as_bucket_owner}: add a statement that allows {action} on {request.resource} to {whom}."


def own_policy_remedy(evidence: Evidence, identity: Identity, action: str) -> str:
    """What an identity's own account has to allow; only ``explain`` reads its policies."""
    request = evidence.request(identity, action)
    who = identity.principal or identity.label
    return (
        f"In {identity.label}'s account: make sure that the policies of {who} allow {action} on {request.resource} "
        f"('xs3-tui explain --action {action}' reads them)."
    )
