"""The path that requests take to S3: what is known of it, how surely, and what S3 sees of it.

Rules: Amazon VPC user guide, "Gateway endpoints for Amazon S3"; Amazon S3 user guide, "AWS PrivateLink for Amazon S3";
IAM user guide, "AWS global condition context keys" (properties of the network).
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from tui.core.identity import EndpointSource


class Certainty(StrEnum):
    """How surely something is known."""

    CERTAIN = "certain"
    INFERRED = "inferred"
    UNKNOWN = "unknown"


class PathKind(StrEnum):
    """What requests pass on their way to S3; the values are words for a screen."""

    PUBLIC = "public network"
    GATEWAY = "gateway endpoint"
    INTERFACE = "interface endpoint"
    PROXY = "proxy"
    PRIVATE = "private network"
    """To a server that is not AWS's."""
    LOOPBACK = "this machine"
    UNKNOWN = "unknown"


class Instance(Struct, frozen=True):
    """The EC2 instance that the engine runs on, as its metadata service describes it; empty is not known."""

    vpc: str
    subnet: str
    region: str
    zone: str = ""
    account: str = ""
    """The account that owns the network interface."""
    local_ip: str = ""
    public_ip: str = ""
    """A public IPv4 address of its own; empty: it has none."""


class VpcEndpoint(Struct, frozen=True):
    """An endpoint for S3 in a VPC, as EC2 describes it."""

    id: str
    kind: PathKind
    vpc: str
    region: str
    """Of the S3 that it leads to."""
    account: str = ""
    state: str = "available"
    private_dns: bool = False
    """Whether S3's own host names resolve to it inside the VPC."""
    policy: str = ""
    """The endpoint policy, as JSON."""
    route_tables: list[str] = []
    """Those that have a route to a gateway endpoint."""
    addresses: list[str] | None = None
    """Private addresses of an interface endpoint; None: not known."""

    @property
    def works(self) -> bool:
        """Whether it carries requests."""
        return self.state.lower() == "available"


class SeenKey(Struct, frozen=True):
    """What a policy sees of a request's path: a condition key with its values."""

    key: str
    """As AWS writes it: ``aws:SourceVpce``."""
    values: list[str] | None
    """Empty: surely none; None: not known."""
    certainty: Certainty
    why: str = ""
    """Why it is not certain: one clause."""


class OfferedCondition(Struct, frozen=True):
    """The condition that limits a statement to requests which take the same path as those from here."""

    condition: dict[str, dict[str, str]] | None
    """``{"StringEquals": {"aws:SourceVpce": "vpce-0aaa"}}``; None: there is none to offer."""
    certainty: Certainty
    words: str
    """What it rests on, or why there is none: one sentence."""


class NetworkPath(Struct, frozen=True, tag="network-path"):
    """The path of the requests for a bucket."""

    kind: PathKind
    certainty: Certainty
    why: str
    """One clause without a full stop."""
    endpoint: str = ""
    """The id of the VPC endpoint that they pass, as surely as `kind`; empty: none, or not known which."""
    vpc: str = ""
    """The VPC that they come from; empty: none, or not known."""
    instance: Instance | None = None
    """What the metadata service of this machine said, if it was asked and there is one."""
    endpoints: list[VpcEndpoint] = []
    """The endpoints for S3 that EC2 showed, the one that requests pass first."""
    resolved: list[str] = []
    """The addresses that DNS gives for the host of the URL."""
    keys: list[SeenKey] = []
    missing: list[str] = []
    """What could not be found out, one clause each."""
    covers_region: bool | None = None
    """Whether the endpoint leads to the bucket's region; None: no endpoint, or not known."""

    @property
    def passed(self) -> VpcEndpoint | None:
        """The endpoint that requests pass, as EC2 describes it; None if EC2 does not show it."""
        return next((one for one in self.endpoints if one.id == self.endpoint), None)

    @property
    def certain_endpoint(self) -> str:
        """The id of the endpoint that requests surely pass, or the empty string."""
        return self.endpoint if self.certainty is Certainty.CERTAIN else ""


class AddressScope(StrEnum):
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
    reach: AddressScope
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
