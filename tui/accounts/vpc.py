"""What EC2 says of the paths from a VPC to S3: endpoints, the route table of a subnet, prefix lists."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tui.accounts.control_plane import ControlPlane, Service
from tui.core.facts import Unknown
from tui.core.network import Instance, PathKind, VpcEndpoint
from tui.core.problem import ProblemError, ProblemKind

_TARGETS = (
    "GatewayId",
    "NatGatewayId",
    "TransitGatewayId",
    "NetworkInterfaceId",
    "InstanceId",
    "VpcPeeringConnectionId",
    "LocalGatewayId",
    "CarrierGatewayId",
    "EgressOnlyInternetGatewayId",
    "CoreNetworkArn",
)
"""Where a route may lead to, as EC2 names it."""

MOST_PREFIX_LISTS = 8
"""Prefix lists of one route table that are read; each is a request."""

_NO_SUCH = ("InvalidVpcEndpointId.NotFound", "InvalidVpcEndpoint.NotFound", "InvalidVpcEndpointId.Malformed")


@dataclass(frozen=True, slots=True)
class Route:
    """A route that is active: to the addresses of `cidr` or of `prefix_list`, by way of `target` (``igw-…``)."""

    target: str
    cidr: str = ""
    prefix_list: str = ""


@dataclass(frozen=True, slots=True)
class RouteTable:
    """The route table of a subnet; `main`: the VPC's own, which counts where a subnet has none."""

    id: str
    routes: Sequence[Route]
    main: bool = False


@dataclass(frozen=True, slots=True)
class VpcAnswers:
    """What EC2 showed, each part or why it is not known.

    `prefix_lists`: the CIDRs of those that may be read, by id; `prefix_names`: the names of others.
    """

    endpoints: Sequence[VpcEndpoint] | Unknown
    table: RouteTable | Unknown
    prefix_lists: Mapping[str, Sequence[str]] = field(default_factory=dict)
    prefix_names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Vpcs:
    """EC2 as one identity asks it. Its methods raise nothing: what is refused is `Unknown`, with the reason."""

    control_plane: ControlPlane
    connection: str
    label: str

    async def around(self, instance: Instance, bucket_region: str, *, private: bool) -> VpcAnswers:
        """The endpoints of an instance's VPC for S3, and the routes of its subnet.

        `private`: also the addresses of interface endpoints, for who has connected to a private one.
        """
        regions = dict.fromkeys(each for each in (instance.region, bucket_region) if each)
        names = [f"com.amazonaws.{region}.s3" for region in regions]
        filters = {"vpc-id": [instance.vpc], "service-name": names}
        asking = self._endpoints(instance.region, addresses=private, Filters=_filters(filters))
        endpoints, table = await asyncio.gather(asking, self._table(instance))
        if not endpoints and isinstance(table, Unknown):  # as EC2 answers to other accounts than the VPC's
            endpoints = Unknown(f"EC2 shows {self.label} nothing of {instance.vpc}")
        if isinstance(table, Unknown):
            return VpcAnswers(endpoints, table)
        lists = await self._prefix_lists(table, instance.region)
        others = [name for name in _prefix_lists_of(table) if name not in lists]
        return VpcAnswers(endpoints, table, lists, await self._names(others, instance.region) if others else {})

    async def endpoint(self, endpoint: str, region: str) -> VpcEndpoint | Unknown:
        """An endpoint by its id, in the region where it is."""
        found = await self._endpoints(region, absent=_NO_SUCH, VpcEndpointIds=[endpoint])
        if isinstance(found, Unknown):
            return found
        return found[0] if found else Unknown(f"EC2 shows {self.label} no {endpoint} in {region}")

    async def _ask(
        self, region: str, operation: str, absent: Sequence[str] = (), **parameters: Any
    ) -> dict[str, Any] | Unknown:
        try:
            answer = await self.control_plane.read(
                self.connection, Service.EC2, operation, region=region, absent=absent, **parameters
            )
        except ProblemError as error:
            problem = error.problem
            if problem.kind is ProblemKind.DENIED:
                return Unknown(f"{self.label} is not allowed {problem.permission or f'ec2:{operation}'}")
            return Unknown(problem.sentence())
        return answer or {}

    async def _endpoints(
        self, region: str, *, addresses: bool = False, **parameters: Any
    ) -> list[VpcEndpoint] | Unknown:
        answer = await self._ask(region, "DescribeVpcEndpoints", **parameters)
        if isinstance(answer, Unknown):
            return answer
        found = []
        for one in answer.get("VpcEndpoints", []):
            interfaces = one.get("NetworkInterfaceIds", []) if addresses else []
            found.append(_endpoint(one, region, await self._addresses(interfaces, region) if interfaces else None))
        return found

    async def _addresses(self, interfaces: Sequence[str], region: str) -> list[str] | None:
        """The private addresses of network interfaces; None if they may not be read."""
        answer = await self._ask(region, "DescribeNetworkInterfaces", NetworkInterfaceIds=list(interfaces))
        if isinstance(answer, Unknown):
            return None
        return [
            str(address.get("PrivateIpAddress", ""))
            for interface in answer.get("NetworkInterfaces", [])
            for address in interface.get("PrivateIpAddresses", [])
        ]

    async def _table(self, instance: Instance) -> RouteTable | Unknown:
        for filters in (
            {"association.subnet-id": [instance.subnet]},
            {"vpc-id": [instance.vpc], "association.main": ["true"]},
        ):
            answer = await self._ask(instance.region, "DescribeRouteTables", Filters=_filters(filters))
            if isinstance(answer, Unknown):
                return answer
            if tables := answer.get("RouteTables", []):
                return _table(tables[0], main="association.main" in filters)
        return Unknown(f"EC2 shows {self.label} no route table of {instance.subnet}")

    async def _prefix_lists(self, table: RouteTable, region: str) -> dict[str, list[str]]:
        """The addresses of the prefix lists that routes lead to; those that may not be read are left out."""
        found: dict[str, list[str]] = {}
        for name in _prefix_lists_of(table):
            answer = await self._ask(region, "GetManagedPrefixListEntries", PrefixListId=name)
            if not isinstance(answer, Unknown):
                found[name] = [str(one.get("Cidr", "")) for one in answer.get("Entries", [])]
        return found

    async def _names(self, prefix_lists: Sequence[str], region: str) -> dict[str, str]:
        """The names of prefix lists: those of AWS are named as the service is. None if they may not be read."""
        answer = await self._ask(region, "DescribeManagedPrefixLists", PrefixListIds=list(prefix_lists))
        shown = [] if isinstance(answer, Unknown) else answer.get("PrefixLists", [])
        return {str(one.get("PrefixListId", "")): str(one.get("PrefixListName", "")) for one in shown}


def _prefix_lists_of(table: RouteTable) -> list[str]:
    named = dict.fromkeys(route.prefix_list for route in table.routes if route.prefix_list)
    return list(named)[:MOST_PREFIX_LISTS]


def _filters(wanted: Mapping[str, Sequence[str]]) -> list[dict[str, Any]]:
    return [{"Name": name, "Values": list(values)} for name, values in wanted.items()]


def _endpoint(answer: Mapping[str, Any], region: str, addresses: list[str] | None) -> VpcEndpoint:
    """An endpoint as EC2 of a region describes it; `ServiceRegion` is new, older answers say it in the name alone."""
    name = str(answer.get("ServiceName", "")).split(".")
    kind = PathKind.INTERFACE if answer.get("VpcEndpointType") == "Interface" else PathKind.GATEWAY
    return VpcEndpoint(
        id=str(answer.get("VpcEndpointId", "")),
        kind=kind,
        vpc=str(answer.get("VpcId", "")),
        region=str(answer.get("ServiceRegion") or (name[-2] if len(name) > 1 else region)),
        account=str(answer.get("OwnerId", "")),
        state=str(answer.get("State", "")),
        private_dns=bool(answer.get("PrivateDnsEnabled")),
        policy=str(answer.get("PolicyDocument") or ""),
        route_tables=[str(one) for one in answer.get("RouteTableIds", [])],
        addresses=addresses,
    )


def _table(answer: Mapping[str, Any], *, main: bool) -> RouteTable:
    read = [_route(one) for one in answer.get("Routes", []) if one.get("State") != "blackhole"]
    return RouteTable(str(answer.get("RouteTableId", "")), [one for one in read if one.target], main)


def _route(answer: Mapping[str, Any]) -> Route:
    return Route(
        target=next((str(answer[name]) for name in _TARGETS if answer.get(name)), ""),
        cidr=str(answer.get("DestinationCidrBlock") or answer.get("DestinationIpv6CidrBlock") or ""),
        prefix_list=str(answer.get("DestinationPrefixListId") or ""),
    )
