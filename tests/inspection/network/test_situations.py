"""Where the engine runs in a VPC or not: what it says of the path of its requests, and which condition fits."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest

from tests.inspection.network.conftest import BUCKET, PATIENT, REGION, S3_ADDRESS, Machine
from tui.model.facts import FactName, Severity, Verdict
from tui.model.network.path import Certainty, NetworkPath, PathKind

CERTAIN, INFERRED, UNKNOWN = Certainty.CERTAIN, Certainty.INFERRED, Certainty.UNKNOWN
PUBLIC_IP = {"IpAddress": {"aws:SourceIp": "198.51.100.9/32"}}
OTHER_ADDRESS = "3.5.140.1"


def by_endpoint(endpoint: str) -> dict[str, dict[str, str]]:
    return {"StringEquals": {"aws:SourceVpce": endpoint}}


@dataclass(frozen=True, slots=True)
class Expected:
    """What is said of a situation; `condition` None: none is offered."""

    kind: PathKind
    certainty: Certainty
    why: str
    condition: dict[str, dict[str, str]] | None
    endpoint: str = ""
    trap: str = ""
    """What the finding on the statement with aws:SourceIp says."""
    remedy: str = ""


async def no_endpoint(machine: Machine) -> Expected:
    return Expected(
        PathKind.PUBLIC,
        CERTAIN,
        f"{machine.vpc.id} has no gateway endpoint for S3",
        PUBLIC_IP,
        trap="S3 sees requests from here come from 198.51.100.9: ",
        remedy="add 198.51.100.9 to aws:SourceIp in PartnerFromTheOffice.",
    )


async def gateway_on_this_table(machine: Machine) -> Expected:
    vpc = machine.vpc
    endpoint = await machine.gateway(vpc.table)
    return Expected(
        PathKind.GATEWAY,
        CERTAIN,
        f"{vpc.table}, the route table of {vpc.subnet}, sends {S3_ADDRESS} through {endpoint}",
        by_endpoint(endpoint),
        endpoint,
        f"requests from here go through {endpoint}, where S3 sees no source IP, so the statement allows nothing.",
        f'add a copy of PartnerFromTheOffice with StringEquals {{"aws:SourceVpce": "{endpoint}"}} instead of',
    )


async def gateway_on_another_table(machine: Machine) -> Expected:
    vpc = machine.vpc
    endpoint = await machine.gateway(vpc.main)
    why = (
        f"{vpc.table}, the route table of {vpc.subnet}, has no route to a gateway endpoint: {endpoint} is on "
        f"{vpc.main} only"
    )
    return Expected(
        PathKind.PUBLIC, CERTAIN, why, PUBLIC_IP, trap=f"S3 sees requests from here come from 198.51.100.9: {why}"
    )


async def interface_by_private_dns(machine: Machine) -> Expected:
    endpoint, machine.rooms.address = await machine.interface()
    return Expected(
        PathKind.INTERFACE,
        CERTAIN,
        f"{BUCKET}.s3.{REGION}.amazonaws.com has the private address {machine.rooms.address}, which is one of "
        f"{endpoint}",
        by_endpoint(endpoint),
        endpoint,
        f"requests from here go through {endpoint}, where S3 sees no source IP",
    )


async def interface_by_its_url(machine: Machine) -> Expected:
    endpoint, machine.rooms.address = await machine.interface(private_dns=False)
    machine.rooms.host = f"bucket.{endpoint}-1b2c3d.s3.{REGION}.vpce.amazonaws.com"
    return Expected(
        PathKind.INTERFACE,
        CERTAIN,
        f"the URL names {endpoint}",
        by_endpoint(endpoint),
        endpoint,
        f"requests from here go through {endpoint}, where S3 sees no source IP",
    )


async def metadata_off(machine: Machine) -> Expected:
    machine.set(AWS_EC2_METADATA_DISABLED="true")
    why = (
        f"{S3_ADDRESS} is public, and a gateway endpoint does not show in addresses: instance metadata is off "
        "(AWS_EC2_METADATA_DISABLED)"
    )
    return Expected(PathKind.UNKNOWN, UNKNOWN, why, None, trap="whether they do is not known: ")


async def ec2_denied(machine: Machine) -> Expected:
    await machine.gateway(machine.vpc.table)
    machine.ec2.refused |= {"DescribeVpcEndpoints", "DescribeRouteTables"}
    why = (
        f"{S3_ADDRESS} is public, and a gateway endpoint does not show in addresses; in {machine.vpc.id}: media-prod "
        "is not allowed ec2:DescribeVpcEndpoints"
    )
    return Expected(PathKind.UNKNOWN, UNKNOWN, why, None, trap="whether they do is not known: ")


Situation = Callable[[Machine], Awaitable[Expected]]
SITUATIONS: list[Situation] = [
    no_endpoint,
    gateway_on_this_table,
    gateway_on_another_table,
    interface_by_private_dns,
    interface_by_its_url,
    metadata_off,
    ec2_denied,
]


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda each: each.__name__)
async def test_the_path_its_words_and_the_condition_that_fits(machine: Machine, situation: Situation) -> None:
    expected = await situation(machine)
    report = await machine.report()
    path = report.path
    assert (path.kind, path.certainty, path.endpoint, path.why) == (
        expected.kind,
        expected.certainty,
        expected.endpoint,
        expected.why,
    )
    assert report.condition.condition == expected.condition
    assert report.condition.certainty is (expected.certainty if expected.condition else UNKNOWN)
    assert expected.why in report.condition.words


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda each: each.__name__)
async def test_the_finding_on_a_condition_that_asks_for_the_source_address(
    machine: Machine, situation: Situation
) -> None:
    """Trap 2; the other pane's identity is the one whose account the VPC is in."""
    expected = await situation(machine)
    seen = await machine.inspect("analytics", "media-prod")
    path = seen.value(FactName.NETWORK_PATH)
    assert isinstance(path, NetworkPath)
    assert (path.kind, path.endpoint) == (expected.kind, expected.endpoint)
    finding = seen.finding("source-ip")
    assert expected.trap in finding.sentence
    assert expected.remedy in finding.remedy


async def test_a_bucket_of_another_region_does_not_pass_the_gateway_endpoint(machine: Machine) -> None:
    """Its address is not in the prefix list of the VPC's region."""
    machine.rooms.region, machine.rooms.address = "eu-central-1", OTHER_ADDRESS
    endpoint = await machine.gateway(machine.vpc.table)
    report = await machine.report()
    assert (report.path.kind, report.path.certainty) == (PathKind.PUBLIC, CERTAIN)
    assert report.path.why == f"{endpoint} is for S3 in {REGION} only, and the bucket is in eu-central-1"
    assert report.condition.condition == PUBLIC_IP


async def test_a_subnet_without_a_table_of_its_own_has_the_main_one(machine: Machine) -> None:
    endpoint = await machine.gateway(machine.vpc.main)
    subnet = await machine.another_subnet()
    path = (await machine.report()).path
    assert (path.kind, path.endpoint) == (PathKind.GATEWAY, endpoint)
    assert path.why.startswith(f"{machine.vpc.main}, the main route table of {subnet},")


NARROW = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::our-own/*"}],
}


async def test_a_narrowed_endpoint_policy_is_the_finding(machine: Machine) -> None:
    """A 403 that no bucket policy explains."""
    endpoint = await machine.gateway(machine.vpc.table, json.dumps(NARROW))
    uri = "s3://media-prod-archive/reels/2015/reel-2.mov"
    seen = await machine.inspect("analytics", "media-prod", uri)
    findings = [one for one in seen.findings if one.rule == "endpoint-policy-denies"]
    assert [one.identity for one in findings] == ["analytics"], "media-prod was allowed HeadObject just now"
    assert (findings[0].severity, findings[0].verdict) == (Severity.ERROR, Verdict.DENIED)
    assert findings[0].sentence == (
        f"The policy of the VPC endpoint {endpoint} does not let analytics read this object (s3:GetObject): no "
        "statement allows it. No bucket policy shows that."
    )
    assert (
        f"allow s3:GetObject on arn:aws:s3:::media-prod-archive/reels/2015/reel-2.mov in the policy of {endpoint}"
        in (findings[0].remedy)
    )


async def test_ec2_is_asked_as_an_identity_of_the_account_that_the_vpc_is_in(machine: Machine) -> None:
    alone = (await machine.report("analytics")).path
    assert (alone.kind, alone.certainty) == (PathKind.UNKNOWN, UNKNOWN)
    assert alone.why.endswith("EC2 was not asked: the VPC belongs to account 111111111111, analytics to others")
    assert machine.ec2.asked == []
    assert (await machine.report("analytics", "media-prod")).path.certainty is CERTAIN


async def test_an_endpoint_of_another_account_has_its_id_and_no_more(machine: Machine) -> None:
    machine.rooms.host = f"bucket.vpce-0123456789abcdef0-1b2c3d.s3.{REGION}.vpce.amazonaws.com"
    path = (await machine.report()).path
    assert (path.kind, path.certainty, path.endpoint) == (PathKind.INTERFACE, CERTAIN, "vpce-0123456789abcdef0")
    assert path.passed is None
    assert f"EC2 shows media-prod no vpce-0123456789abcdef0 in {REGION}" in path.missing


async def test_the_routes_alone_tell_which_endpoint_it_is(machine: Machine) -> None:
    endpoint = await machine.gateway(machine.vpc.table)
    machine.ec2.refused.add("DescribeVpcEndpoints")
    path = (await machine.report()).path
    assert (path.kind, path.certainty, path.endpoint) == (PathKind.GATEWAY, CERTAIN, endpoint)
    assert path.missing == ["media-prod is not allowed ec2:DescribeVpcEndpoints"]


async def test_without_the_prefix_list_the_region_decides(machine: Machine) -> None:
    endpoint = await machine.gateway(machine.vpc.table)
    machine.ec2.refused.add("GetManagedPrefixListEntries")
    path = (await machine.report()).path
    assert (path.kind, path.certainty, path.endpoint) == (PathKind.GATEWAY, CERTAIN, endpoint)
    assert path.why == (
        f"{machine.vpc.table}, the route table of {machine.vpc.subnet}, sends S3 in {REGION} through {endpoint}"
    )


async def test_the_name_of_the_prefix_list_is_enough(machine: Machine) -> None:
    endpoint = await machine.gateway(machine.vpc.table)
    machine.ec2.refused |= {"GetManagedPrefixListEntries", "DescribeVpcEndpoints"}
    path = (await machine.report()).path
    assert (path.kind, path.certainty, path.endpoint) == (PathKind.GATEWAY, CERTAIN, endpoint)
    assert "DescribeManagedPrefixLists" in machine.ec2.asked


async def test_an_interface_endpoint_whose_addresses_may_not_be_read_is_inferred(machine: Machine) -> None:
    endpoint, machine.rooms.address = await machine.interface()
    machine.ec2.refused.add("DescribeNetworkInterfaces")
    report = await machine.report()
    assert (report.path.kind, report.path.certainty, report.path.endpoint) == (PathKind.INTERFACE, INFERRED, endpoint)
    assert report.condition.certainty is INFERRED


async def test_rows_ask_nobody_again(machine: Machine) -> None:
    """Neither the metadata service nor EC2 is asked for each row."""
    await machine.gateway(machine.vpc.table)
    machine.ec2.asked.clear()
    await machine.inspect("media-prod", "analytics")
    asked = list(machine.metadata.asked), list(machine.ec2.asked)
    assert asked[0].count("PUT /latest/api/token") == 1
    assert sorted(asked[1]) == ["DescribeRouteTables", "DescribeVpcEndpoints", "GetManagedPrefixListEntries"]
    for number in range(5):
        await machine.inspect("media-prod", "analytics", f"s3://{BUCKET}/minutes/{number}")
    assert (machine.metadata.asked, machine.ec2.asked) == asked


async def test_the_metadata_service_is_not_asked_where_it_is_switched_off(machine: Machine) -> None:
    machine.set(AWS_EC2_METADATA_DISABLED="true")
    await machine.inspect("media-prod", "analytics")
    assert machine.metadata.asked == []
    assert machine.ec2.asked == []


async def test_nobody_is_asked_about_a_server_that_is_not_aws_s(machine: Machine) -> None:
    machine.rooms.host, machine.rooms.address = "s3.example.org", "10.0.1.9"
    path = (await machine.report()).path
    assert path.kind is PathKind.PRIVATE
    assert (machine.metadata.asked, machine.ec2.asked) == ([], [])


async def test_an_ec2_that_does_not_answer_is_not_waited_for_long(machine: Machine) -> None:
    """As from a subnet that has a gateway endpoint for S3 and no path to EC2; what it says later is used."""
    endpoint = await machine.gateway(machine.vpc.table)
    machine.ec2.held = asyncio.Event()
    machine.rooms.paths.longest = 0.05
    path = (await machine.report()).path
    assert (path.kind, path.vpc) == (PathKind.UNKNOWN, machine.vpc.id)
    assert path.why.endswith(f"; in {machine.vpc.id}: EC2 gives no answer within 0.05 s")
    machine.ec2.held.set()
    machine.rooms.paths.longest = PATIENT
    assert (await machine.report()).path.endpoint == endpoint
    assert machine.ec2.asked.count("DescribeVpcEndpoints") == 1
