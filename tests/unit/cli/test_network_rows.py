"""The way of requests as rows, in the order they take it."""

from __future__ import annotations

from msgspec import structs

from tests.unit.inspection.network.paths import (
    DENIED_ENDPOINTS,
    DENIED_ROUTES,
    GATEWAY,
    INTERFACE,
    OFF,
    ON_TABLE,
    answers,
    path_of,
    used,
)
from tui.inspection.network.condition import offered_condition
from tui.model.facts import Unknown
from tui.model.network.endpoint import Addressing, EffectiveEndpoint, Reach
from tui.model.network.path import Certainty, NetworkPath
from tui.text.network_rows import Row, network_rows


def rows(path: NetworkPath, endpoint: EffectiveEndpoint | None = None) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in network_rows(endpoint or used(), path, offered_condition(path)):
        found.setdefault(row.label, []).append(row)
    return found


def value(found: dict[str, list[Row]], label: str) -> str:
    (row,) = found[label]
    return row.value


def test_a_gateway_endpoint() -> None:
    found = rows(path_of(vpc=ON_TABLE))
    assert value(found, "path") == "gateway endpoint vpce-0bbb"
    assert value(found, "VPC") == "vpc-1, subnet-1"
    assert value(found, "instance") == "us-east-1a, account 111111111111"
    assert value(found, "own addresses") == "10.0.1.7, public 203.0.113.9"
    assert value(found, "VPC endpoint") == (
        "vpce-0bbb, gateway endpoint of vpc-1 for S3 in us-east-1, on rtb-1, covers the bucket's region, available"
    )
    assert value(found, "its policy") == "{}"
    assert value(found, "aws:SourceIp") == "none"
    assert value(found, "condition") == '{"StringEquals": {"aws:SourceVpce": "vpce-0bbb"}}'
    assert "not known" not in found
    assert {row.certainty for each in found.values() for row in each} == {Certainty.CERTAIN}


def test_an_interface_endpoint_and_another_one_of_the_vpc() -> None:
    private = used(address="10.0.1.20:443", reach=Reach.PRIVATE)
    odd = structs.replace(GATEWAY, route_tables=[], state="Deleting", region="eu-west-1")
    passed = structs.replace(INTERFACE, policy="not JSON", private_dns=False)
    found = rows(path_of(private, vpc=answers([odd, passed])), private)
    assert value(found, "VPC endpoint").endswith("private DNS off, covers the bucket's region, available")
    assert value(found, "other endpoint").endswith("for S3 in eu-west-1, on no route table, deleting")
    assert value(found, "its policy") == "not JSON"


def test_what_could_not_be_found_out_has_its_reason_and_who_was_asked() -> None:
    found = rows(path_of(vpc=answers(DENIED_ENDPOINTS, DENIED_ROUTES)))
    assert [(row.value, row.source) for row in found["not known"]] == [
        (DENIED_ENDPOINTS.why, "EC2"),
        (DENIED_ROUTES.why, "EC2"),
    ]
    assert value(found, "aws:SourceVpce") == "not known"
    assert found["aws:SourceVpce"][0].why == "", "the path has said why"
    assert value(found, "condition") == "none to offer"
    off = rows(path_of(instance=OFF, vpc=Unknown("EC2 was not asked")))
    assert [row.source for row in off["not known"]] == ["instance metadata", "EC2"]
    assert "VPC" not in off


def test_the_request_and_its_connection() -> None:
    endpoint = structs.replace(
        used(proxy="http://proxy:3128", options=["FIPS", "dual-stack"]),
        signing_name="s3",
        addressing=Addressing.VIRTUAL,
        tls="TLSv1.3",
        certificate="*.s3.amazonaws.com",
    )
    found = rows(path_of(endpoint), endpoint)
    assert value(found, "signed for") == "s3 in us-east-1"
    assert value(found, "addressing") == "virtual-hosted style"
    assert value(found, "options") == "FIPS, dual-stack"
    assert value(found, "TLS") == "TLSv1.3, certificate *.s3.amazonaws.com"
    assert value(found, "proxy") == "http://proxy:3128"
    assert "addresses" not in found, "the proxy looks them up"


def test_what_is_not_there_is_not_certain() -> None:
    nothing = EffectiveEndpoint("https://s3.example.org", "eu-west-1", used().source, "", Reach.UNKNOWN)
    path = structs.replace(path_of(nothing), resolved=[])
    found = rows(path, nothing)
    assert [found[label][0].certainty for label in ("addresses", "connected to", "bucket region")] == [
        Certainty.UNKNOWN,
        Certainty.UNKNOWN,
        Certainty.INFERRED,
    ]
    assert value(found, "signed for") == "unsigned"
    assert "addressing" not in found
