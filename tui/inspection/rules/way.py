"""The way requests take: which endpoint, who configured it, what they pass, and what cannot be known about it.

Rules: Amazon S3 user guide, "AWS PrivateLink for Amazon S3"; Amazon VPC user guide, "Gateway endpoints for Amazon S3".
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from tui.aws.connection import is_aws
from tui.core.facts import FactName, Finding, Severity
from tui.core.identity import EndpointSource
from tui.core.network import NetworkPath, PathKind, Reach
from tui.network.classify import GLOBAL_HOST
from tui.policies.endpoint_policy import network_path, vpc_endpoint
from tui.policies.evidence import Evidence


def _note(rule: str, sentence: str, remedy: str = "") -> Finding:
    return Finding(rule, Severity.NOTE, sentence, [FactName.ENDPOINT, FactName.NETWORK_PATH], remedy)


def configured(evidence: Evidence) -> Iterator[Finding]:
    """The endpoint is not AWS's default."""
    endpoint = evidence.endpoint
    if endpoint and endpoint.source is not EndpointSource.RULES:
        yield _note(
            "endpoint-configured",
            f"Requests go to {endpoint.url} because of this setting: {endpoint.source.value}.",
        )


def through_endpoint(evidence: Evidence) -> Iterator[Finding]:
    """The way is a VPC endpoint."""
    path = network_path(evidence)
    if not vpc_endpoint(evidence):
        return
    kind = path.kind if path else PathKind.INTERFACE
    rule = "gateway-endpoint" if kind is PathKind.GATEWAY else "interface-endpoint"
    yield _note(
        rule,
        f"Requests go through the {kind.value} {vpc_endpoint(evidence)}: S3 sees aws:SourceVpce but no source IP, and "
        f"{_policy_words(path)}.",
    )


def _policy_words(path: NetworkPath | None) -> str:
    if path and path.passed and path.passed.policy:
        return "the endpoint policy applies besides all others"
    return "the endpoint policy may block buckets of other accounts"


def private(evidence: Evidence) -> Iterator[Finding]:
    """The way may be an interface endpoint."""
    endpoint, path = evidence.endpoint, network_path(evidence)
    if endpoint is None or endpoint.reach is not Reach.PRIVATE or vpc_endpoint(evidence):
        return
    what = "an interface endpoint or a proxy"
    if path and path.kind is PathKind.PROXY:
        what = "the proxy that is set"
    elif path and path.kind is PathKind.PRIVATE:
        what = "a server on a private network"
    elif path and path.endpoint:
        what = f"probably the interface endpoint {path.endpoint}"
    yield _note(
        "private-address",
        f"Requests go to the private address {endpoint.address}: {what}. S3 does not see this machine's public IP.",
    )


def global_host(evidence: Evidence) -> Iterator[Finding]:
    """The host of no region is used, which routes differently."""
    endpoint = evidence.endpoint
    host = (urlsplit(endpoint.url).hostname or "") if endpoint else ""
    if host == GLOBAL_HOST or host.endswith(f".{GLOBAL_HOST}"):
        yield _note(
            "global-endpoint",
            f"Requests go to the global host {GLOBAL_HOST}, which may leave a VPC by another path than a regional "
            "host: a gateway endpoint serves only its own region.",
            "Set s3.us_east_1_regional_endpoint = regional, or give the pane the bucket's region.",
        )


def gateway_unknown(evidence: Evidence) -> Iterator[Finding]:
    """A gateway endpoint does not show in names or addresses; the path may tell, or why it is not known."""
    endpoint, path = evidence.endpoint, network_path(evidence)
    if endpoint is None or endpoint.reach is not Reach.PUBLIC or endpoint.proxy or not is_aws(endpoint.url):
        return
    seen = f"{endpoint.address or 'The address'} is public. These requests may still pass a VPC gateway endpoint: "
    if path is None:
        yield _note("gateway-unknown", f"{seen}that cannot be detected from names or addresses.")
    elif path.kind is PathKind.UNKNOWN:
        yield _note("gateway-unknown", f"{seen}{path.why}.", _asking_remedy(path))


def _asking_remedy(path: NetworkPath) -> str:
    """What makes the path known, where EC2 refused to tell."""
    refused = [one for one in path.missing if " is not allowed ec2:" in one]
    if path.instance is None or not refused:
        return ""
    actions = "ec2:DescribeRouteTables and ec2:DescribeVpcEndpoints"
    return f"To find out: allow {actions} to the identity ({'; '.join(refused)})."


def gateway_unused(evidence: Evidence) -> Iterator[Finding]:
    """The VPC has a gateway endpoint, but these requests do not pass it."""
    path = network_path(evidence)
    gateways = [one for one in path.endpoints if one.kind is PathKind.GATEWAY] if path else []
    if path and path.kind is PathKind.PUBLIC and gateways:
        yield _note(
            "gateway-unused",
            f"Requests from here do not go through the gateway endpoint of {path.vpc}: {path.why}. S3 sees a public "
            "source IP and no aws:SourceVpce.",
        )
