"""The way requests take: which endpoint, who configured it, and what cannot be known about it.

Rules: Amazon S3 user guide, "AWS PrivateLink for Amazon S3"; Amazon VPC user guide, "Gateway endpoints for Amazon S3".
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from tui.inspection.evidence import Evidence
from tui.inspection.request_context import vpc_endpoint_id
from tui.model.facts import EffectiveEndpoint, FactName, Finding, Reach, Severity
from tui.model.identity import EndpointSource

_GLOBAL_HOST = "s3.amazonaws.com"
_AWS_DOMAINS = (".amazonaws.com", ".amazonaws.com.cn")


def is_aws(endpoint: EffectiveEndpoint) -> bool:
    """Whether the URL is one of AWS's own."""
    return (urlsplit(endpoint.url).hostname or "").endswith(_AWS_DOMAINS)


def _note(rule: str, sentence: str, remedy: str = "") -> Finding:
    return Finding(rule, Severity.NOTE, sentence, [FactName.ENDPOINT], remedy)


def configured(evidence: Evidence) -> Iterator[Finding]:
    """The endpoint is not AWS's default."""
    endpoint = evidence.endpoint
    if endpoint and endpoint.source is not EndpointSource.RULES:
        yield _note(
            "endpoint-configured",
            f"Requests go to {endpoint.url} because of this setting: {endpoint.source.value}.",
        )


def private(evidence: Evidence) -> Iterator[Finding]:
    """The way is an interface endpoint, or may be one."""
    endpoint = evidence.endpoint
    vpce = vpc_endpoint_id(endpoint) if endpoint else ""
    if vpce:
        yield _note(
            "interface-endpoint",
            f"Requests go through the interface endpoint {vpce}: S3 sees aws:SourceVpce but no source IP, and the "
            "endpoint policy may block buckets of other accounts.",
        )
    elif endpoint and endpoint.reach is Reach.PRIVATE:
        yield _note(
            "private-address",
            f"Requests go to the private address {endpoint.address}: an interface endpoint or a proxy. S3 does not "
            "see this machine's public IP.",
        )


def global_host(evidence: Evidence) -> Iterator[Finding]:
    """The host of no region is used, which routes differently."""
    endpoint = evidence.endpoint
    host = (urlsplit(endpoint.url).hostname or "") if endpoint else ""
    if host == _GLOBAL_HOST or host.endswith(f".{_GLOBAL_HOST}"):
        yield _note(
            "global-endpoint",
            f"Requests go to the global host {_GLOBAL_HOST}, which may leave a VPC by another path than a regional "
            "host: a gateway endpoint serves only its own region.",
            "Set s3.us_east_1_regional_endpoint = regional, or give the pane the bucket's region.",
        )


def gateway_unknown(evidence: Evidence) -> Iterator[Finding]:
    """A gateway endpoint does not show in names or addresses."""
    endpoint = evidence.endpoint
    if endpoint and endpoint.reach is Reach.PUBLIC and is_aws(endpoint):
        yield _note(
            "gateway-unknown",
            f"{endpoint.address or 'The address'} is public. These requests may still pass a VPC gateway endpoint: "
            "that cannot be detected from names or addresses.",
        )
