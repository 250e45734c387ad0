"""Endpoints, instances and answers of EC2, for paths to be classified by."""

from __future__ import annotations

from collections.abc import Sequence

from tui.accounts.vpc import Route, RouteTable, VpcAnswers
from tui.inspection.network.classify import classify
from tui.inspection.network.condition import offered_condition
from tui.inspection.network.observed import Observed
from tui.model.facts import Unknown
from tui.model.identity import EndpointSource
from tui.model.network.endpoint import EffectiveEndpoint, Reach
from tui.model.network.path import Instance, NetworkPath, PathKind, SeenKey, VpcEndpoint

AWS = "https://assets.s3.us-east-1.amazonaws.com"
NAMED = "https://bucket.vpce-0aaa-1b2c.s3.us-east-1.vpce.amazonaws.com/assets"
S3_ADDRESS, OTHER_REGION_S3 = "52.216.1.2", "3.5.140.1"
INSTANCE = Instance("vpc-1", "subnet-1", "us-east-1", "us-east-1a", "111111111111", "10.0.1.7", "203.0.113.9")
OFF = Unknown("instance metadata is off (AWS_EC2_METADATA_DISABLED)")
DENIED_ENDPOINTS = Unknown("analytics is not allowed ec2:DescribeVpcEndpoints")
DENIED_ROUTES = Unknown("analytics is not allowed ec2:DescribeRouteTables")

TO_INTERNET, LOCAL = Route("igw-1", "0.0.0.0/0"), Route("local", "10.0.0.0/16")
TO_GATEWAY = Route("vpce-0bbb", prefix_list="pl-1")
S3_PREFIXES = {"pl-1": ["52.216.0.0/15", "54.231.0.0/16"]}
GATEWAY = VpcEndpoint("vpce-0bbb", PathKind.GATEWAY, "vpc-1", "us-east-1", route_tables=["rtb-1"], policy="{}")
ELSEWHERE = VpcEndpoint("vpce-0bbb", PathKind.GATEWAY, "vpc-1", "us-east-1", route_tables=["rtb-2"])
INTERFACE = VpcEndpoint(
    "vpce-0ccc", PathKind.INTERFACE, "vpc-1", "us-east-1", private_dns=True, addresses=["10.0.1.20", "10.0.2.20"]
)


def table(*routes: Route, main: bool = False) -> RouteTable:
    return RouteTable("rtb-1", [LOCAL, *routes], main)


def answers(
    endpoints: Sequence[VpcEndpoint] | Unknown = (),
    routes: RouteTable | Unknown | None = None,
    prefix_lists: dict[str, list[str]] | None = None,
    prefix_names: dict[str, str] | None = None,
) -> VpcAnswers:
    return VpcAnswers(endpoints, routes or table(TO_INTERNET), prefix_lists or {}, prefix_names or {})


def used(
    url: str = AWS,
    address: str = f"{S3_ADDRESS}:443",
    reach: Reach = Reach.PUBLIC,
    *,
    region: str = "us-east-1",
    proxy: str = "",
    options: Sequence[str] = (),
) -> EffectiveEndpoint:
    return EffectiveEndpoint(
        url,
        "us-east-1",
        EndpointSource.RULES,
        address,
        reach,
        bucket_region=region,
        proxy=proxy,
        options=list(options),
    )


def path_of(
    endpoint: EffectiveEndpoint | None = None,
    instance: Instance | Unknown = INSTANCE,
    vpc: VpcAnswers | Unknown | None = None,
) -> NetworkPath:
    return classify(Observed(endpoint or used(), [S3_ADDRESS], instance, vpc or answers()))


def keys(path: NetworkPath) -> dict[str, SeenKey]:
    """What S3 sees, by the key's name without its prefix."""
    return {one.key.removeprefix("aws:"): one for one in path.keys}


def values(path: NetworkPath) -> dict[str, list[str] | None]:
    return {name: one.values for name, one in keys(path).items()}


def is_offered(path: NetworkPath) -> dict[str, dict[str, str]] | None:
    return offered_condition(path).condition


ON_TABLE = answers([GATEWAY], table(TO_INTERNET, TO_GATEWAY), S3_PREFIXES)
