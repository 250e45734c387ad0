"""Reads the policy of a VPC endpoint for a request.

Rules: AWS PrivateLink guide, "Control access to VPC endpoints using endpoint policies": the policy limits requests, and
grants nothing by itself. The bucket owner does not see it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from tui.core.facts import Applies, Effect, FactName, PolicyReading
from tui.core.identity import Identity
from tui.core.network import Certainty, NetworkPath, PathKind, SeenKey, VpcEndpoint
from tui.policies.bucket_policy import PolicyRequest
from tui.policies.evidence import Evidence
from tui.policies.request_context import vpc_endpoint_id


@dataclass(frozen=True, slots=True)
class Passage:
    """Whether a VPC endpoint allows a request; `denying` is the Sid of the statement that denies it."""

    endpoint: VpcEndpoint
    lets: Applies
    certainty: Certainty
    """Whether requests surely take this endpoint."""
    denying: str = ""

    @property
    def is_open(self) -> bool:
        """Whether the endpoint surely allows the request."""
        return self.lets is Applies.YES

    @property
    def is_closed(self) -> bool:
        """Whether the request is surely denied."""
        return self.lets is Applies.NO and self.certainty is Certainty.CERTAIN


def passage(evidence: Evidence, identity: Identity, action: str = "") -> Passage | None:
    """Whether the VPC endpoint allows `action`, or reading this location; None if no endpoint is known."""
    path, endpoint = network_path(evidence), endpoint_with_policy(evidence)
    if path is None or endpoint is None:
        return None
    request = as_seen_by(endpoint, evidence.request(identity, action))
    reading = evidence.read(f"{endpoint.id} {identity.connection}", endpoint.policy, request)
    return Passage(endpoint, lets(reading), path.certainty, denying(reading))


def as_seen_by(endpoint: VpcEndpoint | None, request: PolicyRequest) -> PolicyRequest:
    """The request as the endpoint policy sees it."""
    by_gateway = endpoint is not None and endpoint.kind is PathKind.GATEWAY
    return replace(request, caller=replace(request.caller, by_gateway=by_gateway))


def lets(reading: PolicyReading) -> Applies:
    """Whether a limiting policy allows a request: an Allow applies, and no Deny."""
    denies = {one.applies for one in reading.statements if one.effect is Effect.DENY}
    allows = {one.applies for one in reading.statements if one.effect is Effect.ALLOW}
    if Applies.YES in denies:
        return Applies.NO
    if reading.problem:
        return Applies.MAYBE
    if Applies.YES in allows:
        return Applies.MAYBE if Applies.MAYBE in denies else Applies.YES
    return Applies.MAYBE if Applies.MAYBE in allows else Applies.NO


def denying(reading: PolicyReading) -> str:
    """The Sid of the Deny that applies, else empty."""
    found = (one.sid for one in reading.statements if one.effect is Effect.DENY and one.applies is Applies.YES)
    return next(found, "")


def network_path(evidence: Evidence) -> NetworkPath | None:
    return evidence.value(FactName.NETWORK_PATH, NetworkPath)


def vpc_endpoint(evidence: Evidence) -> str:
    """The ID of the VPC endpoint that requests surely use; empty if there is none."""
    path = network_path(evidence)
    named = vpc_endpoint_id(evidence.endpoint) if evidence.endpoint else ""
    return named or (path.certain_endpoint if path else "")


def passes_no_endpoint(evidence: Evidence) -> bool:
    path = network_path(evidence)
    kinds = (PathKind.PUBLIC, PathKind.LOOPBACK, PathKind.PRIVATE)
    return path is not None and path.kind in kinds and path.certainty is Certainty.CERTAIN


def endpoint_with_policy(evidence: Evidence) -> VpcEndpoint | None:
    """The VPC endpoint that requests use, or probably use, if its policy is known."""
    path = network_path(evidence)
    return path.passed if path and path.passed and path.passed.policy else None


# The condition keys that tell policies the network path of a request.
#
# Rules: IAM user guide, "AWS global condition context keys": requests through a VPC endpoint have aws:SourceVpc,
# aws:SourceVpce and aws:VpcSourceIp, all others aws:SourceIp.

VPCE, VPC, VPC_IP, IP = "aws:SourceVpce", "aws:SourceVpc", "aws:VpcSourceIp", "aws:SourceIp"


def through_endpoint(
    endpoint: str, certainty: Certainty, *, vpc: str = "", address: str = "", why: str = ""
) -> list[SeenKey]:
    """The keys of a request through a VPC endpoint. Empty: `vpc`, or the `address` in it, is unknown."""
    return [
        _known(VPCE, endpoint, certainty, why or "the endpoint's ID is not known"),
        _known(VPC, vpc, certainty, why if vpc else "the endpoint's VPC is not known"),
        _known(VPC_IP, address, certainty, why if address else "this machine's address in that VPC is not known"),
        SeenKey(IP, [], certainty, why),
    ]


def from_outside(address: str, why: str, certainty: Certainty = Certainty.CERTAIN) -> list[SeenKey]:
    """The keys of a request that uses no VPC endpoint. Empty: the `address` that the server sees is unknown."""
    doubt = "" if certainty is Certainty.CERTAIN else why
    return [*(SeenKey(key, [], certainty, doubt) for key in (VPCE, VPC, VPC_IP)), _known(IP, address, certainty, why)]


def not_known(why: str) -> list[SeenKey]:
    return [SeenKey(key, None, Certainty.UNKNOWN, why) for key in (VPCE, VPC, VPC_IP, IP)]


def _known(key: str, value: str, certainty: Certainty, why: str) -> SeenKey:
    if not value:
        return SeenKey(key, None, Certainty.UNKNOWN, why)
    return SeenKey(key, [value], certainty, "" if certainty is Certainty.CERTAIN else why)
