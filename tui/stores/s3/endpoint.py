"""The way that requests for a bucket really take: what botocore resolved, and who answered."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from tui.accounts.transport import Sighting, watching
from tui.model.facts import EffectiveEndpoint, Reach
from tui.model.problem import ProblemError, ProblemKind
from tui.stores.s3.calls import Calls


async def effective_endpoint(calls: Calls, bucket: str) -> EffectiveEndpoint:
    """Send a HeadBucket and report how it went out; whether it was allowed does not matter, whether it arrived does."""
    with watching() as sighting:
        try:
            with calls.asking("HeadBucket", bucket):
                await calls.client.head_bucket(Bucket=bucket)
        except ProblemError as error:
            if error.problem.kind is ProblemKind.UNREACHABLE or not sighting.url:
                raise
    settings = calls.connection.settings
    return EffectiveEndpoint(
        url=_base(sighting.url),
        signing_region=sighting.signing_region or settings.region,
        source=settings.endpoint.source,
        address=_address(sighting),
        reach=reach_of(sighting.host),
    )


def reach_of(host: str) -> Reach:
    """What an IP address says about where it is."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return Reach.UNKNOWN
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    if address.is_loopback:
        return Reach.LOOPBACK
    return Reach.PUBLIC if address.is_global else Reach.PRIVATE


def _base(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}{parts.path}".rstrip("/")


def _address(sighting: Sighting) -> str:
    if not sighting.host:
        return ""
    return f"[{sighting.host}]:{sighting.port}" if ":" in sighting.host else f"{sighting.host}:{sighting.port}"
