"""What the facts say of the path of requests, as rules look it up."""

from __future__ import annotations

from tui.core.facts import FactName
from tui.core.network import Certainty, NetworkPath, PathKind, VpcEndpoint
from tui.inspection.evidence import Evidence
from tui.inspection.request_context import vpc_endpoint_id


def network_path(evidence: Evidence) -> NetworkPath | None:
    """What requests pass."""
    return evidence.value(FactName.NETWORK_PATH, NetworkPath)


def vpc_endpoint(evidence: Evidence) -> str:
    """The id of the VPC endpoint that requests surely pass, or the empty string."""
    path = network_path(evidence)
    named = vpc_endpoint_id(evidence.endpoint) if evidence.endpoint else ""
    return named or (path.certain_endpoint if path else "")


def passes_no_endpoint(evidence: Evidence) -> bool:
    """Whether requests surely pass no VPC endpoint."""
    path = network_path(evidence)
    kinds = (PathKind.PUBLIC, PathKind.LOOPBACK, PathKind.PRIVATE)
    return path is not None and path.kind in kinds and path.certainty is Certainty.CERTAIN


def endpoint_with_policy(evidence: Evidence) -> VpcEndpoint | None:
    """The VPC endpoint that requests pass, or probably pass, if its policy is known."""
    path = network_path(evidence)
    return path.passed if path and path.passed and path.passed.policy else None
