"""The path of requests, by what was seen of them and what IMDS and EC2 say."""

from __future__ import annotations

import pytest
from msgspec import structs

from tests.unit.inspection.network.paths import (
    AWS,
    DENIED_ENDPOINTS,
    DENIED_ROUTES,
    ELSEWHERE,
    GATEWAY,
    INSTANCE,
    INTERFACE,
    NAMED,
    OFF,
    ON_TABLE,
    answers,
    is_offered,
    path_of,
    used,
    values,
)
from tui.accounts.vpc import VpcAnswers
from tui.inspection.network.classify import needs_instance
from tui.inspection.network.condition import offered_condition
from tui.model.facts import Unknown
from tui.model.network.endpoint import EffectiveEndpoint, Reach
from tui.model.network.path import Certainty, Instance, PathKind

CERTAIN, INFERRED, UNKNOWN = Certainty.CERTAIN, Certainty.INFERRED, Certainty.UNKNOWN
NONE: list[str] = []
PRIVATE = used(address="10.0.1.20:443", reach=Reach.PRIVATE)


def test_no_endpoint_in_the_vpc() -> None:
    path = path_of()
    assert (path.kind, path.certainty, path.endpoint) == (PathKind.PUBLIC, CERTAIN, "")
    assert path.why == "vpc-1 has no gateway endpoint for S3"
    assert values(path) == {"SourceVpce": NONE, "SourceVpc": NONE, "VpcSourceIp": NONE, "SourceIp": ["203.0.113.9"]}
    assert is_offered(path) == {"IpAddress": {"aws:SourceIp": "203.0.113.9/32"}}


def test_a_gateway_endpoint_on_this_subnet_s_table() -> None:
    path = path_of(vpc=ON_TABLE)
    assert (path.kind, path.certainty, path.endpoint) == (PathKind.GATEWAY, CERTAIN, "vpce-0bbb")
    assert path.why == "rtb-1, the route table of subnet-1, sends 52.216.1.2 through vpce-0bbb"
    assert values(path) == {
        "SourceVpce": ["vpce-0bbb"],
        "SourceVpc": ["vpc-1"],
        "VpcSourceIp": ["10.0.1.7"],
        "SourceIp": NONE,
    }
    assert (path.covers_region, path.passed) == (True, GATEWAY)
    offered = offered_condition(path)
    assert offered.condition == {"StringEquals": {"aws:SourceVpce": "vpce-0bbb"}}
    assert offered.certainty is CERTAIN
    assert offered.words.startswith("Requests from here go through the gateway endpoint vpce-0bbb: rtb-1")


def test_a_gateway_endpoint_on_another_table() -> None:
    path = path_of(vpc=answers([ELSEWHERE]))
    assert (path.kind, path.certainty, path.endpoint) == (PathKind.PUBLIC, CERTAIN, "")
    assert path.why == (
        "rtb-1, the route table of subnet-1, has no route to a gateway endpoint: vpce-0bbb is on rtb-2 only"
    )
    assert is_offered(path) == {"IpAddress": {"aws:SourceIp": "203.0.113.9/32"}}


def test_an_interface_endpoint_by_private_dns() -> None:
    path = path_of(PRIVATE, vpc=answers([GATEWAY, INTERFACE]))
    assert (path.kind, path.certainty, path.endpoint) == (PathKind.INTERFACE, CERTAIN, "vpce-0ccc")
    assert path.why == "assets.s3.us-east-1.amazonaws.com has the private address 10.0.1.20, which is one of vpce-0ccc"
    assert path.endpoints == [INTERFACE, GATEWAY]
    assert values(path)["VpcSourceIp"] == ["10.0.1.7"]
    assert is_offered(path) == {"StringEquals": {"aws:SourceVpce": "vpce-0ccc"}}


@pytest.mark.parametrize("proxy", ["", "http://proxy:3128"])
@pytest.mark.parametrize("reach", [Reach.PRIVATE, Reach.LOOPBACK, Reach.PUBLIC, Reach.UNKNOWN])
def test_an_interface_endpoint_by_its_own_name(proxy: str, reach: Reach) -> None:
    path = path_of(used(NAMED, reach=reach, proxy=proxy), OFF, Unknown("EC2 was not asked"))
    assert (path.kind, path.certainty, path.endpoint) == (PathKind.INTERFACE, CERTAIN, "vpce-0aaa")
    assert path.why == "the URL names vpce-0aaa"
    assert values(path) == {"SourceVpce": ["vpce-0aaa"], "SourceVpc": None, "VpcSourceIp": None, "SourceIp": NONE}
    assert is_offered(path) == {"StringEquals": {"aws:SourceVpce": "vpce-0aaa"}}


@pytest.mark.parametrize(
    ("proxy", "vpc", "address"), [("", "vpc-1", ["10.0.1.7"]), ("", "vpc-2", None), ("http://proxy", "vpc-1", None)]
)
def test_the_address_in_the_vpc_is_known_to_who_is_in_it(proxy: str, vpc: str, address: list[str] | None) -> None:
    named = structs.replace(INTERFACE, id="vpce-0aaa", vpc=vpc)
    path = path_of(used(NAMED, proxy=proxy), vpc=answers([named], Unknown("not asked")))
    assert (values(path)["SourceVpc"], values(path)["VpcSourceIp"]) == ([vpc], address)


def test_instance_metadata_off() -> None:
    path = path_of(instance=OFF, vpc=Unknown("EC2 was not asked: the VPC or its region is not known"))
    assert (path.kind, path.certainty) == (PathKind.UNKNOWN, UNKNOWN)
    assert path.why == (
        "52.216.1.2 is public, and a gateway endpoint does not show in addresses: instance metadata is off "
        "(AWS_EC2_METADATA_DISABLED)"
    )
    assert list(values(path).values()) == [None] * 4
    offered = offered_condition(path)
    assert (offered.condition, offered.certainty) == (None, UNKNOWN)
    assert offered.words.startswith("Whether requests from here go through a VPC endpoint is not known: 52.216.1.2")


def test_ec2_denied() -> None:
    path = path_of(vpc=answers(DENIED_ENDPOINTS, DENIED_ROUTES))
    assert (path.kind, path.certainty, path.vpc) == (PathKind.UNKNOWN, UNKNOWN, "vpc-1")
    assert path.why.endswith("; in vpc-1: analytics is not allowed ec2:DescribeVpcEndpoints")
    assert path.missing == [DENIED_ENDPOINTS.why, DENIED_ROUTES.why]
    assert is_offered(path) is None


def test_ec2_not_asked() -> None:
    reason = "EC2 was not asked: the VPC belongs to account 333333333333, analytics to others"
    assert path_of(vpc=Unknown(reason)).why.endswith(f"; in vpc-1: {reason}")


@pytest.mark.parametrize(
    ("instance", "vpc", "endpoint", "why"),
    [
        (OFF, Unknown("EC2 was not asked"), "", "which endpoint it is is not known: instance metadata is off"),
        (INSTANCE, answers(DENIED_ENDPOINTS), "", "is not known: analytics is not allowed ec2:DescribeVpcEndpoints"),
        (INSTANCE, answers([]), "", "10.0.1.20, which is of no endpoint that EC2 shows in vpc-1"),
        (INSTANCE, answers([structs.replace(INTERFACE, addresses=["10.9.9.9"])]), "", "is of no endpoint"),
        (INSTANCE, answers([structs.replace(INTERFACE, state="pending")]), "", "is of no endpoint"),
        (
            INSTANCE,
            answers([structs.replace(INTERFACE, addresses=None)]),
            "vpce-0ccc",
            "only vpce-0ccc of vpc-1 answers to that name; its addresses are not known",
        ),
        (INSTANCE, answers([structs.replace(INTERFACE, addresses=None, private_dns=False)]), "", "is of no endpoint"),
        (INSTANCE, answers([structs.replace(INTERFACE, addresses=None, region="eu-west-1")]), "", "is of no endpoint"),
        (
            INSTANCE,
            answers([structs.replace(INTERFACE, id=name, addresses=None) for name in ("vpce-1", "vpce-2")]),
            "",
            "which may be of vpce-1 or vpce-2: their addresses are not known",
        ),
    ],
)
def test_a_private_address_whose_endpoint_is_not_sure(
    instance: Instance | Unknown, vpc: VpcAnswers | Unknown, endpoint: str, why: str
) -> None:
    path = path_of(PRIVATE, instance, vpc)
    assert (path.kind, path.certainty, path.endpoint) == (PathKind.INTERFACE, INFERRED, endpoint)
    assert why in path.why
    assert path.certain_endpoint == ""
    assert (is_offered(path) is None) is (not endpoint)
    assert {one.certainty for one in path.keys} <= {INFERRED, UNKNOWN}


def test_a_proxy() -> None:
    path = path_of(used(proxy="http://proxy:3128"), OFF, Unknown("EC2 was not asked"))
    assert (path.kind, path.certainty) == (PathKind.PROXY, CERTAIN)
    assert {one.certainty for one in path.keys} == {UNKNOWN}
    assert "the proxy http://proxy:3128" in offered_condition(path).words


@pytest.mark.parametrize(
    ("url", "reach", "kind", "certainty", "source"),
    [
        ("http://127.0.0.1:80/assets", Reach.LOOPBACK, PathKind.LOOPBACK, CERTAIN, ["127.0.0.1"]),
        (AWS, Reach.LOOPBACK, PathKind.LOOPBACK, CERTAIN, None),
        ("https://s3.example.org", Reach.PRIVATE, PathKind.PRIVATE, INFERRED, None),
        ("https://s3.example.org", Reach.PUBLIC, PathKind.PUBLIC, CERTAIN, None),
        (AWS, Reach.UNKNOWN, PathKind.UNKNOWN, UNKNOWN, None),
    ],
)
def test_other_ways(url: str, reach: Reach, kind: PathKind, certainty: Certainty, source: list[str] | None) -> None:
    path = path_of(used(url, "127.0.0.1:80", reach), OFF, Unknown("EC2 was not asked"))
    assert (path.kind, path.certainty, values(path)["SourceIp"]) == (kind, certainty, source)


def test_a_loopback_server_is_offered_its_address() -> None:
    path = path_of(used("http://[::1]:80", "[::1]:80", Reach.LOOPBACK))
    assert is_offered(path) == {"IpAddress": {"aws:SourceIp": "::1/128"}}
    assert offered_condition(None).condition is None


@pytest.mark.parametrize(
    ("endpoint", "needed"),
    [
        (used(), True),
        (PRIVATE, True),
        (used(NAMED, reach=Reach.PRIVATE), True),
        (used(proxy="http://proxy"), False),
        (used(reach=Reach.LOOPBACK), False),
        (used(reach=Reach.UNKNOWN), False),
        (used("https://s3.example.org"), False),
    ],
)
def test_the_instance_is_asked_for_only_where_it_decides(endpoint: EffectiveEndpoint, needed: bool) -> None:
    assert needs_instance(endpoint) is needed
