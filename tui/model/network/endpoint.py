"""The endpoint that requests go by, as a request really used it."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from tui.model.identity import EndpointSource


class Reach(StrEnum):
    """What the address says about the way to the endpoint."""

    LOOPBACK = "this machine"
    PRIVATE = "private address: an interface endpoint or a proxy"
    PUBLIC = "public address"
    UNKNOWN = "unknown"


class Addressing(StrEnum):
    """Where a URL names the bucket."""

    VIRTUAL = "virtual-hosted style"
    PATH = "path style"


class EffectiveEndpoint(Struct, frozen=True, tag="endpoint"):
    """The way requests for this bucket really take. `url` and `signing_region` as botocore resolved them."""

    url: str
    signing_region: str
    source: EndpointSource
    address: str
    """IP and port of the connection that answered, empty if there was none."""
    reach: Reach
    listed: bool | None = None
    """Whether the HeadBucket that found the way was allowed (``s3:ListBucket``); None if it failed otherwise."""
    no_bucket: bool = False
    """Whether the server said that there is no such bucket."""
    signing_name: str = ""
    """The service that requests are signed for: ``s3``; empty: they are not signed."""
    bucket_region: str = ""
    """As the server named it; empty: it named none."""
    addressing: Addressing | None = None
    """Where the bucket stands in the URL; None: nowhere, as in an access point's."""
    options: list[str] = []
    """Those of AWS's endpoints that the URL goes by: ``FIPS``, ``dual-stack``, ``accelerate``."""
    proxy: str = ""
    """The URL of the proxy that requests go through, without its credentials; empty: none."""
    tls: str = ""
    """The version of TLS of the connection; empty: it has none."""
    certificate: str = ""
    """The subject of the server's certificate; empty: there is none, or it was not verified."""
