"""What requests pass on their way to S3, from what was seen of them and what IMDS and EC2 say. Pure.

Rules: Amazon S3 user guide, "AWS PrivateLink for Amazon S3": interface endpoints have private addresses, by private DNS
or by names of their own.
"""

from __future__ import annotations

from tui.aws.connection import is_aws
from tui.core.facts import Unknown
from tui.core.network import Certainty, EffectiveEndpoint, Instance, NetworkPath, PathKind, Reach, VpcEndpoint
from tui.inspection.network.gateway import public_path
from tui.inspection.network.observed import Observed
from tui.policies.endpoint_policy import from_outside, not_known, through_endpoint
from tui.policies.request_context import vpc_endpoint_id

CERTAIN, INFERRED = Certainty.CERTAIN, Certainty.INFERRED


def needs_instance(endpoint: EffectiveEndpoint) -> bool:
    """Whether it takes the instance's VPC to know the path: not to a server that is not AWS's, nor by a proxy."""
    elsewhere = endpoint.proxy or endpoint.reach in (Reach.LOOPBACK, Reach.UNKNOWN) or not is_aws(endpoint.url)
    return bool(vpc_endpoint_id(endpoint)) or not elsewhere


def classify(observed: Observed) -> NetworkPath:
    """The path of requests, with its certainty, the reason, and what S3 sees of it."""
    endpoint = observed.endpoint
    if named := vpc_endpoint_id(endpoint):
        return _named(observed, named)
    if endpoint.proxy:
        why = f"requests go through the proxy {endpoint.proxy}, and S3 sees the path from there"
        return observed.path(PathKind.PROXY, CERTAIN, why, not_known(why))
    if endpoint.reach is Reach.LOOPBACK:
        return _loopback(observed)
    if endpoint.reach is Reach.UNKNOWN:
        return observed.unknown("the address that requests go to is not known")
    if not is_aws(endpoint.url):
        return _other_server(observed)
    return _private(observed) if endpoint.reach is Reach.PRIVATE else public_path(observed)


def _named(observed: Observed, endpoint: str) -> NetworkPath:
    """The URL is one of the endpoint's own names."""
    found = observed.find(endpoint)
    vpc = found.vpc if found else ""
    address = "" if observed.endpoint.proxy else observed.local_ip(vpc)
    keys = through_endpoint(endpoint, CERTAIN, vpc=vpc, address=address)
    return observed.path(PathKind.INTERFACE, CERTAIN, f"the URL names {endpoint}", keys, endpoint)


def _loopback(observed: Observed) -> NetworkPath:
    address = observed.address
    if is_aws(observed.endpoint.url):
        why = f"{observed.host} has the address {address}: what listens there decides about the rest of the path"
        return observed.path(PathKind.LOOPBACK, CERTAIN, why, not_known(why))
    why = "the server runs on this machine"
    return observed.path(PathKind.LOOPBACK, CERTAIN, why, from_outside(address, why))


def _other_server(observed: Observed) -> NetworkPath:
    """A server that is not AWS's: only a name of somebody's own may still lead to an endpoint."""
    why = f"{observed.host} is not one of AWS's names"
    if observed.endpoint.reach is Reach.PUBLIC:
        return observed.path(PathKind.PUBLIC, CERTAIN, why, from_outside("", f"{why}; what it sees is not known"))
    return observed.path(PathKind.PRIVATE, INFERRED, f"{why}, and {observed.address} is private", not_known(why))


def _private(observed: Observed) -> NetworkPath:
    """AWS's name has a private address, and no proxy is set."""
    address, instance, shown = observed.address, observed.instance, observed.endpoints
    private = f"{observed.host} has the private address {address}"
    if isinstance(instance, Unknown) or isinstance(shown, Unknown):
        reason = instance.why if isinstance(instance, Unknown) else observed.missing[0]
        return _inferred(observed, f"{private}; which endpoint it is is not known: {reason}")
    interfaces = observed.shown(PathKind.INTERFACE)
    if owner := next((one for one in interfaces if address in (one.addresses or [])), None):
        keys = through_endpoint(owner.id, CERTAIN, vpc=owner.vpc, address=observed.local_ip(owner.vpc))
        why = f"{private}, which is one of {owner.id}"
        return observed.path(PathKind.INTERFACE, CERTAIN, why, keys, owner.id)
    likely = [one for one in interfaces if _may_be(one, observed)]
    if len(likely) == 1:
        why = f"{private}, and only {likely[0].id} of {instance.vpc} answers to that name; its addresses are not known"
        return _inferred(observed, why, likely[0], instance)
    if likely:
        names = " or ".join(one.id for one in likely)
        return _inferred(observed, f"{private}, which may be of {names}: their addresses are not known")
    return _inferred(observed, f"{private}, which is of no endpoint that EC2 shows in {instance.vpc}")


def _may_be(endpoint: VpcEndpoint, observed: Observed) -> bool:
    return endpoint.addresses is None and endpoint.private_dns and endpoint.region == observed.region


def _inferred(
    observed: Observed, why: str, likely: VpcEndpoint | None = None, instance: Instance | None = None
) -> NetworkPath:
    endpoint, vpc = (likely.id, likely.vpc) if likely else ("", "")
    local_ip = instance.local_ip if instance else ""
    keys = through_endpoint(endpoint, INFERRED, vpc=vpc, address=local_ip, why=why)
    return observed.path(PathKind.INTERFACE, INFERRED, why, keys, endpoint)
