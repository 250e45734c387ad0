"""Paths to public addresses: whether a route table sends them through a gateway endpoint."""

from __future__ import annotations

import pytest
from msgspec import structs

from tests.unit.inspection.network.paths import (
    DENIED_ENDPOINTS,
    DENIED_ROUTES,
    ELSEWHERE,
    GATEWAY,
    INSTANCE,
    ON_TABLE,
    OTHER_REGION_S3,
    S3_PREFIXES,
    TO_GATEWAY,
    TO_INTERNET,
    answers,
    is_offered,
    keys,
    path_of,
    table,
    used,
    values,
)
from tui.accounts.vpc import Route
from tui.inspection.network.condition import offered_condition
from tui.model.network.endpoint import EffectiveEndpoint
from tui.model.network.path import Certainty, PathKind, VpcEndpoint

CERTAIN, INFERRED, UNKNOWN = Certainty.CERTAIN, Certainty.INFERRED, Certainty.UNKNOWN


@pytest.mark.parametrize(
    ("endpoints", "kind", "certainty", "why"),
    [
        ([], PathKind.PUBLIC, INFERRED, "vpc-1 has no gateway endpoint for S3 in us-east-1"),
        ([structs.replace(GATEWAY, region="eu-west-1")], PathKind.PUBLIC, INFERRED, "has no gateway endpoint"),
        ([structs.replace(GATEWAY, state="Deleting")], PathKind.PUBLIC, INFERRED, "has no gateway endpoint"),
        ([GATEWAY], PathKind.UNKNOWN, UNKNOWN, "vpc-1 has vpce-0bbb, but not every subnet uses it: analytics is not"),
    ],
)
def test_routes_denied(endpoints: list[VpcEndpoint], kind: PathKind, certainty: Certainty, why: str) -> None:
    path = path_of(vpc=answers(endpoints, DENIED_ROUTES))
    assert (path.kind, path.certainty) == (kind, certainty)
    assert why in path.why
    assert is_offered(path) is None


def test_endpoints_denied_but_the_routes_tell_by_their_addresses() -> None:
    path = path_of(vpc=answers(DENIED_ENDPOINTS, table(TO_INTERNET, TO_GATEWAY), S3_PREFIXES))
    assert (path.kind, path.certainty, path.endpoint, path.passed) == (PathKind.GATEWAY, CERTAIN, "vpce-0bbb", None)
    assert path.covers_region is None


def test_endpoints_denied_and_no_route_to_a_gateway_endpoint() -> None:
    path = path_of(vpc=answers(DENIED_ENDPOINTS))
    assert (path.kind, path.certainty) == (PathKind.PUBLIC, CERTAIN)
    assert path.why == "rtb-1, the route table of subnet-1, has no route to a gateway endpoint for S3"


def test_endpoints_and_addresses_denied_leave_a_route_to_some_endpoint() -> None:
    path = path_of(vpc=answers(DENIED_ENDPOINTS, table(TO_INTERNET, TO_GATEWAY)))
    assert (path.kind, path.certainty) == (PathKind.UNKNOWN, UNKNOWN)
    assert "whether that is for S3 is not known" in path.why


@pytest.mark.parametrize(
    ("endpoint", "routes", "certainty"),
    [
        (used(), [TO_INTERNET, TO_GATEWAY], CERTAIN),
        (used(), [Route("igw-1", "52.216.0.0/15"), TO_GATEWAY], INFERRED),
        (used("https://assets.s3.amazonaws.com"), [TO_INTERNET, TO_GATEWAY], INFERRED),
        (used("https://s3.amazonaws.com/assets"), [TO_INTERNET, TO_GATEWAY], INFERRED),
        (used(address="[2600:1fa0::1]:443"), [Route("eigw-1", "::/0"), TO_GATEWAY], INFERRED),
    ],
)
def test_without_the_prefix_list_the_region_decides(
    endpoint: EffectiveEndpoint, routes: list[Route], certainty: Certainty
) -> None:
    path = path_of(endpoint, vpc=answers([GATEWAY], table(*routes)))
    assert (path.kind, path.certainty, path.endpoint) == (PathKind.GATEWAY, certainty, "vpce-0bbb")
    assert path.certain_endpoint == ("vpce-0bbb" if certainty is CERTAIN else "")
    assert offered_condition(path).certainty is certainty


@pytest.mark.parametrize("prefix_lists", [{}, S3_PREFIXES])
def test_a_bucket_of_another_region_does_not_pass_the_gateway_endpoint(prefix_lists: dict[str, list[str]]) -> None:
    """Whether or not the addresses of the prefix list may be read."""
    there = used(address=f"{OTHER_REGION_S3}:443", region="eu-central-1")
    path = path_of(there, vpc=answers([GATEWAY], table(TO_INTERNET, TO_GATEWAY), prefix_lists))
    assert (path.kind, path.certainty, path.endpoint) == (PathKind.PUBLIC, CERTAIN, "")
    assert path.why == "vpce-0bbb is for S3 in us-east-1 only, and the bucket is in eu-central-1"
    assert values(path)["SourceIp"] == ["203.0.113.9"]


def test_accelerated_requests_do_not_pass_it() -> None:
    fast = used("https://assets.s3-accelerate.amazonaws.com", options=["accelerate"])
    path = path_of(fast, vpc=answers([GATEWAY], table(TO_INTERNET, TO_GATEWAY)))
    assert (path.kind, path.why) == (PathKind.PUBLIC, "accelerated requests do not pass vpce-0bbb")


def test_an_address_that_the_prefix_list_does_not_have() -> None:
    path = path_of(used(address="54.1.1.1:443"), vpc=ON_TABLE)
    assert (path.kind, path.certainty) == (PathKind.PUBLIC, CERTAIN)
    assert path.why == "54.1.1.1 is not among the addresses that rtb-1 sends through vpce-0bbb"


@pytest.mark.parametrize(
    ("specific", "kind"),
    [("52.216.0.0/14", PathKind.GATEWAY), ("52.216.0.0/15", PathKind.PUBLIC), ("52.216.1.2/32", PathKind.PUBLIC)],
)
def test_the_most_specific_route_counts_and_of_equals_the_one_with_a_cidr(specific: str, kind: PathKind) -> None:
    path = path_of(vpc=answers([GATEWAY], table(Route("igw-2", specific), TO_GATEWAY, TO_INTERNET), S3_PREFIXES))
    assert path.kind is kind


def test_a_second_prefix_list_that_cannot_be_read_makes_it_less_sure() -> None:
    routes = table(TO_INTERNET, TO_GATEWAY, Route("tgw-1", prefix_list="pl-9"))
    assert path_of(vpc=answers([GATEWAY], routes, S3_PREFIXES)).certainty is INFERRED
    without = path_of(vpc=answers([], table(TO_INTERNET, Route("tgw-1", prefix_list="pl-9"))))
    assert (without.kind, without.certainty) == (PathKind.PUBLIC, INFERRED)
    assert is_offered(without) is None


def test_the_gateway_endpoint_of_another_service_is_none_for_s3() -> None:
    routes = table(TO_INTERNET, Route("vpce-0ddd", prefix_list="pl-2"))
    path = path_of(vpc=answers([], routes))
    assert (path.kind, path.certainty) == (PathKind.PUBLIC, CERTAIN)
    assert path.why == "vpc-1 has no gateway endpoint for S3"


@pytest.mark.parametrize(
    ("target", "endpoints", "kind", "certainty", "address"),
    [
        ("igw-1", [], PathKind.PUBLIC, CERTAIN, ["203.0.113.9"]),
        ("nat-1", [], PathKind.PUBLIC, CERTAIN, None),
        ("nat-1", [ELSEWHERE], PathKind.PUBLIC, INFERRED, None),
        ("tgw-1", [], PathKind.UNKNOWN, UNKNOWN, None),
        ("vgw-1", [], PathKind.UNKNOWN, UNKNOWN, None),
        ("vpce-0eee", [], PathKind.UNKNOWN, UNKNOWN, None),
        ("eni-1", [], PathKind.UNKNOWN, UNKNOWN, None),
    ],
)
def test_where_the_route_leads_decides_what_s3_sees(
    target: str, endpoints: list[VpcEndpoint], kind: PathKind, certainty: Certainty, address: list[str] | None
) -> None:
    routes = table(Route(target, "0.0.0.0/0"))
    path = path_of(vpc=answers(endpoints, routes))
    assert (path.kind, path.certainty, values(path)["SourceIp"]) == (kind, certainty, address)
    assert (target in path.why) is (target != "igw-1")
    assert (is_offered(path) is None) is (address is None)


def test_no_route_at_all() -> None:
    path = path_of(vpc=answers([], table(main=True)))
    assert path.why == "rtb-1, the main route table of subnet-1, shows no route to 52.216.1.2"


def test_a_machine_without_a_public_address_behind_an_internet_gateway() -> None:
    path = path_of(instance=structs.replace(INSTANCE, public_ip=""))
    assert keys(path)["SourceIp"].values is None
    assert offered_condition(path).words == (
        "The address that requests from here come from is not known: vpc-1 has no gateway endpoint for S3; this "
        "machine's public address is not known."
    )


@pytest.mark.parametrize(
    ("name", "kind", "certainty", "endpoint"),
    [
        ("com.amazonaws.us-east-1.s3", PathKind.GATEWAY, CERTAIN, "vpce-0bbb"),
        ("com.amazonaws.eu-west-1.s3", PathKind.PUBLIC, CERTAIN, ""),
        ("com.amazonaws.us-east-1.dynamodb", PathKind.PUBLIC, CERTAIN, ""),
        ("", PathKind.UNKNOWN, UNKNOWN, ""),
    ],
)
def test_the_name_of_a_prefix_list_says_what_a_route_is_for(
    name: str, kind: PathKind, certainty: Certainty, endpoint: str
) -> None:
    """Where neither the endpoints nor the addresses of the list may be read."""
    routes = table(TO_INTERNET, TO_GATEWAY)
    path = path_of(vpc=answers(DENIED_ENDPOINTS, routes, prefix_names={"pl-1": name}))
    assert (path.kind, path.certainty, path.endpoint) == (kind, certainty, endpoint)


def test_of_two_routes_the_one_that_is_known_to_be_for_s3_counts() -> None:
    routes = table(TO_INTERNET, Route("vpce-0ddd", prefix_list="pl-2"), TO_GATEWAY)
    names = {"pl-1": "com.amazonaws.us-east-1.s3"}
    assert path_of(vpc=answers(DENIED_ENDPOINTS, routes, prefix_names=names)).endpoint == "vpce-0bbb"
