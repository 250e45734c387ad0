"""moto's EC2 on loopback, and VPCs made by its own operations."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import boto3
from aiohttp import web
from moto.core.request import Request
from moto.ec2.responses import EC2Response

from tests.servers.loopback import loopback

_REFUSAL = (
    "<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>You are not authorized to perform this "
    "operation. User: arn:aws:iam::111111111111:user/deploy is not authorized to perform: ec2:{action} because no "
    "identity-based policy allows the ec2:{action} action</Message></Error></Errors><RequestID>r-1</RequestID>"
    "</Response>"
)
"""moto refuses nothing."""


@dataclass
class Ec2:
    endpoint: str = ""
    asked: list[str] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    held: asyncio.Event | None = None

    @property
    def environment(self) -> Mapping[str, str]:
        return {"AWS_ENDPOINT_URL_EC2": self.endpoint}

    async def answer(self, request: web.Request) -> web.Response:
        body = await request.read()
        action = parse_qs(body.decode())["Action"][0]
        self.asked.append(action)
        if self.held:
            await self.held.wait()
        if action in self.refused:
            return web.Response(status=403, text=_REFUSAL.format(action=action), content_type="text/xml")
        region = request.headers["Authorization"].split("/")[2]
        read = Request.from_primitives("POST", f"https://ec2.{region}.amazonaws.com/", request.headers, body)
        status, headers, text = await asyncio.to_thread(EC2Response.dispatch, read)
        kept = {name: str(value) for name, value in headers.items() if name.lower() == "x-amzn-requestid"}
        return web.Response(status=status, headers=kept, text=text, content_type="text/xml")


@asynccontextmanager
async def running_ec2() -> AsyncIterator[Ec2]:
    service = Ec2()
    async with loopback([web.post("/", service.answer)]) as service.endpoint:
        yield service


@dataclass
class Vpc:
    """A VPC of one subnet, with a route table of its own and the VPC's main one, both to an internet gateway."""

    client: Any
    """A boto3 client: it blocks."""
    region: str
    id: str
    subnet: str
    table: str
    """The subnet's route table."""
    main: str

    @classmethod
    def made(cls, ec2: Ec2, region: str = "us-east-1") -> "Vpc":
        client: Any = boto3.client(  # its stubs are not installed
            "ec2", region_name=region, endpoint_url=ec2.endpoint, aws_access_key_id="x", aws_secret_access_key="x"
        )
        vpc = client.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        subnet = client.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
        gateway = client.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        client.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
        table = client.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
        client.associate_route_table(RouteTableId=table, SubnetId=subnet)
        found = client.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["RouteTables"]
        main = next(each["RouteTableId"] for each in found if each["RouteTableId"] != table)
        for each in (table, main):
            client.create_route(RouteTableId=each, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
        return cls(client, region, vpc, subnet, table, main)

    def gateway_endpoint(self, table: str, policy: str = "") -> str:
        more = {"RouteTableIds": [table]} | ({"PolicyDocument": policy} if policy else {})
        return str(self._endpoint("Gateway", more)["VpcEndpointId"])

    def interface_endpoint(self) -> tuple[str, str]:
        made = self._endpoint("Interface", {"SubnetIds": [self.subnet], "PrivateDnsEnabled": True})
        interfaces = self.client.describe_network_interfaces(NetworkInterfaceIds=made["NetworkInterfaceIds"])
        return str(made["VpcEndpointId"]), str(interfaces["NetworkInterfaces"][0]["PrivateIpAddress"])

    def _endpoint(self, kind: str, more: dict[str, Any]) -> Any:
        service = f"com.amazonaws.{self.region}.s3"
        made = self.client.create_vpc_endpoint(VpcId=self.id, ServiceName=service, VpcEndpointType=kind, **more)
        return made["VpcEndpoint"]

    def another_subnet(self) -> str:
        return str(self.client.create_subnet(VpcId=self.id, CidrBlock="10.0.2.0/24")["Subnet"]["SubnetId"])

    def described(self, account: str) -> dict[str, str]:
        """What the metadata service says of an instance in the subnet, by path."""
        mac = "0e:49:61:0f:c3:11"
        interface = f"network/interfaces/macs/{mac}"
        return {
            "mac": mac,
            f"{interface}/vpc-id": self.id,
            f"{interface}/subnet-id": self.subnet,
            f"{interface}/owner-id": account,
            "placement/region": self.region,
            "placement/availability-zone": f"{self.region}a",
            "local-ipv4": "10.0.1.7",
            "public-ipv4": "198.51.100.9",
        }
