"""What the policy of a VPC endpoint says about a request that passes it.

Rules: AWS PrivateLink guide, "Control access to VPC endpoints using endpoint policies": it limits what may pass, and
grants nothing by itself. The bucket's owner does not see it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from tui.core.facts import Applies, Effect, PolicyReading
from tui.core.identity import Identity
from tui.core.network import Certainty, PathKind, VpcEndpoint
from tui.inspection.evidence import Evidence
from tui.inspection.network.known import endpoint_with_policy, network_path
from tui.inspection.policies import PolicyRequest


@dataclass(frozen=True, slots=True)
class Passage:
    """Whether a VPC endpoint lets a request pass; `denying` is the Sid of the statement that denies it."""

    endpoint: VpcEndpoint
    lets: Applies
    certainty: Certainty
    """Whether requests surely take this endpoint."""
    denying: str = ""

    @property
    def is_open(self) -> bool:
        """Whether the endpoint surely denies nothing."""
        return self.lets is Applies.YES

    @property
    def is_closed(self) -> bool:
        """Whether the request is surely denied."""
        return self.lets is Applies.NO and self.certainty is Certainty.CERTAIN


def passage(evidence: Evidence, identity: Identity, action: str = "") -> Passage | None:
    """What the endpoint's policy says of `action`, or of reading this location; None: none is known."""
    path, endpoint = network_path(evidence), endpoint_with_policy(evidence)
    if path is None or endpoint is None:
        return None
    request = as_seen_by(endpoint, evidence.request(identity, action))
    reading = evidence.read(f"{endpoint.id} {identity.connection}", endpoint.policy, request)
    return Passage(endpoint, lets(reading), path.certainty, denying(reading))


def as_seen_by(endpoint: VpcEndpoint | None, request: PolicyRequest) -> PolicyRequest:
    """A request as an endpoint's policy sees it."""
    by_gateway = endpoint is not None and endpoint.kind is PathKind.GATEWAY
    return replace(request, caller=replace(request.caller, by_gateway=by_gateway))


def lets(reading: PolicyReading) -> Applies:
    """Whether a policy that limits lets a request pass: an Allow applies, and no Deny."""
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
    """The Sid of the Deny that applies, or the empty string."""
    found = (one.sid for one in reading.statements if one.effect is Effect.DENY and one.applies is Applies.YES)
    return next(found, "")
