"""The network path of requests to S3: what is known, how certain it is, and what S3 sees of it.

Rules: Amazon VPC user guide, "Gateway endpoints for Amazon S3"; Amazon S3 user guide, "AWS PrivateLink for Amazon S3";
IAM user guide, "AWS global condition context keys" (properties of the network).
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from tui.core.identity import EndpointSource


class Certainty(StrEnum):
    """How certain a fact is."""

    CERTAIN = "certain"
    INFERRED = "inferred"
    UNKNOWN = "unknown"


class PathKind(StrEnum):
    """What requests pass through on their way to S3; the screen shows the values."""

    PUBLIC = "public network"
    GATEWAY = "gateway endpoint"
    INTERFACE = "interface endpoint"
    PROXY = "proxy"
    PRIVATE = "private network"
    """To a server other than AWS's."""
    LOOPBACK = "this machine"
    UNKNOWN = "unknown"


class Instance(Struct, frozen=True):
    """The EC2 instance that the engine runs on, from its metadata service; empty means unknown."""

    vpc: str
    subnet: str
    region: str
    zone: str = ""
    account: str = ""
    """The account that owns the network interface."""
    local_ip: str = ""
    public_ip: str = ""
    """Its own public IPv4 address; empty: it has none."""


class VpcEndpoint(Struct, frozen=True):
    """An endpoint for S3 in a VPC, as EC2 describes it."""

    id: str
    kind: PathKind
    vpc: str
    region: str
    """The region of its S3."""
    account: str = ""
    state: str = "available"
    private_dns: bool = False
    """Whether S3's host names resolve to it inside the VPC."""
    policy: str = ""
    """The endpoint policy, as JSON."""
    route_tables: list[str] = []
    """The route tables with a route to a gateway endpoint."""
    addresses: list[str] | None = None
    """Private addresses of an interface endpoint; None: unknown."""

    @property
    def works(self) -> bool:
        return self.state.lower() == "available"


class SeenKey(Struct, frozen=True):
    """A condition key that policies see for a request's path, with its values."""

    key: str
    """As AWS writes it: ``aws:SourceVpce``."""
    values: list[str] | None
    """Empty: certainly none; None: unknown."""
    certainty: Certainty
    why: str = ""
    """Why it is not certain, as one clause."""


class OfferedCondition(Struct, frozen=True):
    """A condition that limits a statement to requests on the same path as those from here."""

    condition: dict[str, dict[str, str]] | None
    """``{"StringEquals": {"aws:SourceVpce": "vpce-0aaa"}}``; None: there is none to offer."""
    certainty: Certainty
    words: str
    """The facts behind it, or why there is none, as one sentence."""


class NetworkPath(Struct, frozen=True, tag="network-path"):
    """The path of the requests for a bucket."""

    kind: PathKind
    certainty: Certainty
    why: str
    """One clause without a full stop."""
    endpoint: str = ""
    """The ID of the VPC endpoint on the path, as certain as `kind`; empty: none, or unknown."""
    vpc: str = ""
    """The VPC of the requests; empty: none, or unknown."""
    instance: Instance | None = None
    """This machine's instance, if its metadata service was asked and answered."""
    endpoints: list[VpcEndpoint] = []
    """The endpoints for S3 that EC2 showed, the one on the path first."""
    resolved: list[str] = []
    """The DNS addresses of the URL's host."""
    keys: list[SeenKey] = []
    missing: list[str] = []
    """What could not be found out, one clause each."""
    covers_region: bool | None = None
    """Whether the endpoint leads to the bucket's region; None: no endpoint, or unknown."""

    @property
    def passed(self) -> VpcEndpoint | None:
        """The endpoint on the path, as EC2 describes it; None if EC2 does not show it."""
        return next((one for one in self.endpoints if one.id == self.endpoint), None)

    @property
    def certain_endpoint(self) -> str:
        """The ID of the endpoint that requests certainly pass, or the empty string."""
        return self.endpoint if self.certainty is Certainty.CERTAIN else ""


class AddressScope(StrEnum):
    """What the address tells about the path to the endpoint."""

    LOOPBACK = "this machine"
    PRIVATE = "private address: an interface endpoint or a proxy"
    PUBLIC = "public address"
    UNKNOWN = "unknown"


class Addressing(StrEnum):
    """Where a URL names the bucket."""

    VIRTUAL = "virtual-hosted style"
    PATH = "path style"


class EffectiveEndpoint(Struct, frozen=True, tag="endpoint"):
    """The real endpoint of requests for this bucket. `url` and `signing_region` as botocore resolved them."""

    url: str
    signing_region: str
    source: EndpointSource
    address: str
    """IP and port of the connection that answered; empty if none did."""
    reach: AddressScope
    listed: bool | None = None
    """Whether the HeadBucket for this was allowed (``s3:ListBucket``); None if it failed otherwise."""
    no_bucket: bool = False
    """Whether the server said that the bucket does not exist."""
    signing_name: str = ""
    """The service in the signature: ``s3``; empty: requests are not signed."""
    bucket_region: str = ""
    """As named by the server; empty if it named none."""
    addressing: Addressing | None = None
    """Where the URL names the bucket; None: nowhere, as with an access point."""
    options: list[str] = []
    """Options of AWS endpoints in the URL: ``FIPS``, ``dual-stack``, ``accelerate``."""
    proxy: str = ""
    """The URL of the proxy without its credentials; empty: none."""
    tls: str = ""
    """The TLS version of the connection; empty: no TLS."""
    certificate: str = ""
    """The subject of the server's certificate; empty: none, or not verified."""
