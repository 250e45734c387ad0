"""The way that requests for a bucket take: URL and signature as they were sent, and the connection they went by."""

from __future__ import annotations

import ipaddress
from typing import Any
from urllib.parse import unquote, urlsplit

from botocore.exceptions import ClientError

from tui.aws.connection import is_aws
from tui.aws.transport import Sighting, watching
from tui.core.network import Addressing, EffectiveEndpoint, Reach
from tui.core.problem import ProblemError, ProblemKind
from tui.stores.s3.calls import Calls


async def seen_endpoint(calls: Calls, bucket: str) -> EffectiveEndpoint:
    """How a HeadBucket went out; raises `ProblemError` if it did not arrive. A refusal arrives, too."""
    listed: bool | None = None
    missing = False
    with watching() as sighting:
        try:
            with calls.asking("HeadBucket", bucket):
                answer: Any = await calls.client.head_bucket(Bucket=bucket)
            listed = True
        except ProblemError as error:
            if error.problem.kind is ProblemKind.UNREACHABLE or not sighting.url:
                raise
            missing = error.problem.kind is ProblemKind.NO_SUCH_BUCKET
            listed = False if error.problem.kind is ProblemKind.DENIED else None
            answer = error.__cause__.response if isinstance(error.__cause__, ClientError) else {}
    settings = calls.connection.settings
    return EffectiveEndpoint(
        url=_base(sighting.url),
        signing_region=sighting.signing_region or settings.region,
        source=settings.endpoint.source,
        address=_address(sighting),
        reach=reach_of(sighting.host),
        listed=listed,
        no_bucket=missing,
        signing_name=sighting.signing_name,
        bucket_region=_region_in(answer),
        addressing=addressing_of(sighting.url, bucket),
        options=options_of(sighting.url),
        proxy=sighting.proxy,
        tls=sighting.tls,
        certificate=sighting.certificate,
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


def addressing_of(url: str, bucket: str) -> Addressing | None:
    """Where a URL names a bucket."""
    parts = urlsplit(url)
    if (parts.hostname or "").startswith(f"{bucket.lower()}."):
        return Addressing.VIRTUAL
    return Addressing.PATH if unquote(parts.path).strip("/") == bucket else None


def options_of(url: str) -> list[str]:
    """The options of AWS's endpoints that a URL goes by (Amazon S3 user guide, "Amazon S3 endpoints")."""
    labels = (urlsplit(url).hostname or "").split(".") if is_aws(url) else []
    chosen = {
        "FIPS": any(label.endswith("-fips") for label in labels),
        "dual-stack": "dualstack" in labels,
        "accelerate": "s3-accelerate" in labels,
    }
    return [name for name, is_chosen in chosen.items() if is_chosen]


def _region_in(answer: Any) -> str:
    """The bucket's region as an answer to HeadBucket names it, or the empty string."""
    headers = (answer.get("ResponseMetadata") or {}).get("HTTPHeaders") or {}
    return str(headers.get("x-amz-bucket-region", ""))


def _base(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}{parts.path}".rstrip("/")


def _address(sighting: Sighting) -> str:
    if not sighting.host:
        return ""
    return f"[{sighting.host}]:{sighting.port}" if ":" in sighting.host else f"{sighting.host}:{sighting.port}"
