"""Where the engine runs in a VPC or not: what it says of the path of its requests, and which condition fits.

Its rooms ask EC2 of moto and an instance metadata service on loopback, and the demo for S3.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass

import pytest
import pytest_asyncio
from msgspec import structs

from tests.features.inspect.conftest import Inspection
from tests.servers.server import S3Server
from tests.servers.sign_in.imds import MetadataService, metadata_service
from tests.servers.surroundings import use
from tests.servers.vpc.ec2 import Ec2, Vpc, running_ec2
from tui.answering.rooms import Rooms
from tui.aws.vpc import InstanceMetadata
from tui.core.facts import AccessVerdict, FactName, FindingSeverity
from tui.core.identity import EndpointSource, IdentitySpec
from tui.core.location import parse_location
from tui.core.network import Certainty, EffectiveEndpoint, NetworkPath, PathKind
from tui.demo.demo_profiles import MEDIA_PROD
from tui.features.endpoint.engine import find_network_path
from tui.features.inspect.engine import inspect
from tui.messages.inspect_requests import FindNetworkPath, Inspect, NetworkReport
from tui.stores.s3.bucket_facts import reach_of
from tui.stores.s3.buckets import S3Settings

REGION = MEDIA_PROD.region
BUCKET = "media-prod-office"
MINUTES = f"s3://{BUCKET}/minutes/2026-01.txt"
PATIENT = 30.0
"""Seconds for which a busy machine is waited for."""
S3_ADDRESS = "52.216.1.2"
"""In the prefix list that moto has for S3."""


@dataclass
class Machine:
    """A machine in a VPC, with the engine on it; S3 has this host, if not AWS's own, and this address."""

    rooms: Rooms
    ec2: Ec2
    metadata: MetadataService
    vpc: Vpc
    host: str = ""
    address: str = S3_ADDRESS

    def at_aws(self, seen: EffectiveEndpoint, bucket: str) -> EffectiveEndpoint:
        return structs.replace(
            seen,
            url=f"https://{self.host or f'{bucket}.s3.{REGION}.amazonaws.com'}",
            bucket_region=REGION,
            address=f"{self.address}:443",
            reach=reach_of(self.address),
            source=EndpointSource.RULES,
        )

    async def report(self, profile: str = "media-prod", other: str | None = None) -> NetworkReport:
        connection, second = await self._connection(profile), await self._connection(other) if other else None
        return await find_network_path(self.rooms, FindNetworkPath(connection, BUCKET, second))

    async def inspect(self, profile: str, other: str, uri: str = MINUTES, *, fresh: bool = False) -> Inspection:
        connections = await self._connection(profile), await self._connection(other)
        feed = Inspect(connections[0], parse_location(uri), connections[1], fresh=fresh)
        done = Inspection()
        async with aclosing(inspect(self.rooms, feed)) as updates:
            async for update in updates:
                done.arrived += update.facts
                done.findings = done.findings if update.findings is None else update.findings
        return done

    async def gateway(self, table: str, policy: str = "") -> str:
        return await asyncio.to_thread(self.vpc.gateway_endpoint, table, policy)

    async def interface(self) -> tuple[str, str]:
        return await asyncio.to_thread(self.vpc.interface_endpoint)

    async def another_subnet(self) -> str:
        subnet = await asyncio.to_thread(self.vpc.another_subnet)
        self.metadata.described.update(
            {path: subnet for path in self.metadata.described if path.endswith("/subnet-id")}
        )
        return subnet

    async def _connection(self, profile: str) -> str:
        async for identity in self.rooms.connections.identify(IdentitySpec(profile)):
            connection = identity.connection
        return connection


@pytest_asyncio.fixture
async def machine(
    demo_server: S3Server, surroundings: object, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Machine]:
    """A machine in a subnet with a route table of its own, owned by media-prod's account; no endpoints yet."""
    async with running_ec2() as ec2, metadata_service() as metadata:
        use(monkeypatch, {**demo_server.environment, **ec2.environment, **metadata.environment})
        vpc = await asyncio.to_thread(Vpc.made, ec2, REGION)
        metadata.described = vpc.described(MEDIA_PROD.number)
        ec2.asked.clear()
        rooms = Rooms()
        rooms.paths.metadata, rooms.paths.longest = InstanceMetadata(PATIENT), PATIENT
        made = Machine(rooms, ec2, metadata, vpc)
        asked = S3Settings.effective_endpoint

        async def at_aws(settings: S3Settings, bucket: str) -> EffectiveEndpoint:
            return made.at_aws(await asked(settings, bucket), bucket)

        monkeypatch.setattr(S3Settings, "effective_endpoint", at_aws)
        yield made
        await rooms.connections.close()
        vpc.client.close()


CERTAIN, INFERRED, UNKNOWN = Certainty.CERTAIN, Certainty.INFERRED, Certainty.UNKNOWN


@dataclass(frozen=True, slots=True)
class Expected:
    kind: PathKind
    condition: dict[str, dict[str, str]]
    endpoint: str = ""
    trap: str = ""
    """What the finding on the statement with aws:SourceIp says."""
    remedy: str = ""


def through(endpoint: str, kind: PathKind, remedy: str = "") -> Expected:
    trap = f"requests from here go through {endpoint}, where S3 sees no source IP"
    return Expected(kind, {"StringEquals": {"aws:SourceVpce": endpoint}}, endpoint, trap, remedy)


async def no_endpoint(machine: Machine) -> Expected:
    """There is one on another route table, which does not count."""
    await machine.gateway(machine.vpc.main)
    trap = "S3 sees requests from here as coming from 198.51.100.9: "
    remedy = "add 198.51.100.9 to aws:SourceIp in PartnerFromTheOffice."
    return Expected(PathKind.PUBLIC, {"IpAddress": {"aws:SourceIp": "198.51.100.9/32"}}, trap=trap, remedy=remedy)


async def gateway_on_this_table(machine: Machine) -> Expected:
    endpoint = await machine.gateway(machine.vpc.table)
    condition = f'StringEquals {{"aws:SourceVpce": "{endpoint}"}}'
    return through(endpoint, PathKind.GATEWAY, f"add a copy of PartnerFromTheOffice with {condition} instead of")


async def interface_by_private_dns(machine: Machine) -> Expected:
    endpoint, machine.address = await machine.interface()
    return through(endpoint, PathKind.INTERFACE)


Situation = Callable[[Machine], Awaitable[Expected]]
SITUATIONS: list[Situation] = [no_endpoint, gateway_on_this_table, interface_by_private_dns]


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda each: each.__name__)
async def test_the_path_its_words_and_the_condition_that_fits(machine: Machine, situation: Situation) -> None:
    expected = await situation(machine)
    report = await machine.report()
    path = report.path
    assert (path.kind, path.certainty, path.endpoint) == (expected.kind, CERTAIN, expected.endpoint)
    assert (report.condition.condition, report.condition.certainty) == (expected.condition, CERTAIN)
    assert path.why in report.condition.words
    # The finding on a condition that asks for the source address; the other pane's account owns the VPC.
    seen = await machine.inspect("analytics", "media-prod")
    path_of_fact = seen.value(FactName.NETWORK_PATH)
    assert isinstance(path_of_fact, NetworkPath)
    assert (path_of_fact.kind, path_of_fact.endpoint) == (expected.kind, expected.endpoint)
    finding = seen.finding("source-ip")
    assert expected.trap in finding.sentence
    assert expected.remedy in finding.remedy


async def test_an_address_that_the_condition_allows_is_no_finding(machine: Machine) -> None:
    machine.metadata.described["public-ipv4"] = "203.0.113.9"
    seen = await machine.inspect("analytics", "media-prod")
    assert seen.value(FactName.NETWORK_PATH)
    assert "source-ip" not in {finding.rule for finding in seen.findings}


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
    seen = await machine.inspect("analytics", "media-prod", "s3://media-prod-archive/reels/2015/reel-2.mov")
    findings = [one for one in seen.findings if one.verdict is AccessVerdict.DENIED]
    assert [one.identity for one in findings] == ["analytics"], "media-prod was allowed HeadObject just now"
    assert (findings[0].severity, findings[0].verdict) == (FindingSeverity.ERROR, AccessVerdict.DENIED)
    assert (findings[0].rule, FactName.ENDPOINT in findings[0].evidence) == ("denied", True)
    assert endpoint in findings[0].remedy


async def test_ec2_is_asked_as_an_identity_of_the_account_that_the_vpc_is_in(machine: Machine) -> None:
    alone = (await machine.report("analytics")).path
    assert (alone.kind, alone.certainty) == (PathKind.UNKNOWN, UNKNOWN)
    assert alone.why.endswith("EC2 was not asked: the VPC belongs to account 111111111111, analytics to others")
    assert machine.ec2.asked == []
    assert (await machine.report("analytics", "media-prod")).path.certainty is CERTAIN


async def test_an_endpoint_of_another_account_has_its_id_and_no_more(machine: Machine) -> None:
    machine.host = f"bucket.vpce-0123456789abcdef0-1b2c3d.s3.{REGION}.vpce.amazonaws.com"
    path = (await machine.report()).path
    assert (path.kind, path.certainty, path.endpoint) == (PathKind.INTERFACE, CERTAIN, "vpce-0123456789abcdef0")
    assert path.passed is None
    assert f"EC2 does not show vpce-0123456789abcdef0 in {REGION} to media-prod" in path.missing


async def test_the_name_of_the_prefix_list_is_enough(machine: Machine) -> None:
    endpoint = await machine.gateway(machine.vpc.table)
    machine.ec2.refused |= {"GetManagedPrefixListEntries", "DescribeVpcEndpoints"}
    path = (await machine.report()).path
    assert (path.kind, path.certainty, path.endpoint) == (PathKind.GATEWAY, CERTAIN, endpoint)
    assert "DescribeManagedPrefixLists" in machine.ec2.asked


async def test_rows_ask_nobody_again(machine: Machine) -> None:
    await machine.gateway(machine.vpc.table)
    machine.ec2.asked.clear()
    await machine.inspect("media-prod", "analytics")
    asked = list(machine.metadata.asked), list(machine.ec2.asked)
    assert asked[0].count("PUT /latest/api/token") == 1
    assert sorted(asked[1]) == ["DescribeRouteTables", "DescribeVpcEndpoints", "GetManagedPrefixListEntries"]
    for number in range(5):
        await machine.inspect("media-prod", "analytics", f"s3://{BUCKET}/minutes/{number}")
    assert (machine.metadata.asked, machine.ec2.asked) == asked


async def test_a_refresh_asks_again_what_was_not_told(machine: Machine) -> None:
    endpoint = await machine.gateway(machine.vpc.table)
    machine.metadata.too_far = True
    assert (await machine.report()).path.kind is PathKind.UNKNOWN
    machine.metadata.too_far = False
    assert (await machine.report()).path.kind is PathKind.UNKNOWN, "remembered"
    await machine.inspect("media-prod", "analytics", fresh=True)
    assert (await machine.report()).path.endpoint == endpoint


async def test_nobody_is_asked_about_a_server_that_is_not_aws_s(machine: Machine) -> None:
    machine.host, machine.address = "s3.example.org", "10.0.1.9"
    assert (await machine.report()).path.kind is PathKind.PRIVATE
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
