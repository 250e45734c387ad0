"""EC2's view of the paths from a VPC to S3: endpoints, the subnet's route table, prefix lists."""

from __future__ import annotations

import asyncio
import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from string import ascii_lowercase
from typing import Any

from botocore.exceptions import BotoCoreError
from botocore.session import Session
from botocore.utils import METADATA_BASE_URL, resolve_imds_endpoint_mode

from tui.aws.control_plane import ControlPlane, ControlPlaneService
from tui.aws.overrides import MetadataReader, NoAnswerError
from tui.core.facts import UnknownFact
from tui.core.network import Instance, PathKind, VpcEndpoint
from tui.core.problem import ProblemError, ProblemKind

_TARGETS = (
    *("GatewayId", "NatGatewayId", "TransitGatewayId", "NetworkInterfaceId", "InstanceId", "VpcPeeringConnectionId"),
    *("LocalGatewayId", "CarrierGatewayId", "EgressOnlyInternetGatewayId", "CoreNetworkArn"),
)
"""The possible targets of a route, as EC2 names them."""

MOST_PREFIX_LISTS = 8
"""Prefix lists of a route table that are read, each with a request."""

_NO_SUCH = ("InvalidVpcEndpointId.NotFound", "InvalidVpcEndpoint.NotFound", "InvalidVpcEndpointId.Malformed")


@dataclass(frozen=True, slots=True)
class VpcRoute:
    """An active route to the addresses of `cidr` or `prefix_list`, through `target` (``igw-…``)."""

    target: str
    cidr: str = ""
    prefix_list: str = ""


@dataclass(frozen=True, slots=True)
class RouteTable:
    """The route table of a subnet. `main`: the VPC's own, which applies to subnets without one."""

    id: str
    routes: Sequence[VpcRoute]
    main: bool = False


@dataclass(frozen=True, slots=True)
class VpcAnswers:
    """EC2's responses, each with a reason if unknown.

    `prefix_lists`: the CIDRs of the readable lists, by ID; `prefix_names`: the names of the others.
    """

    endpoints: Sequence[VpcEndpoint] | UnknownFact
    table: RouteTable | UnknownFact
    prefix_lists: Mapping[str, Sequence[str]] = field(default_factory=dict)
    prefix_names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Vpcs:
    """EC2 for one identity. Its methods never raise: a refusal is an `UnknownFact` with its reason."""

    control_plane: ControlPlane
    connection: str
    label: str

    async def around(self, instance: Instance, bucket_region: str, *, private: bool) -> VpcAnswers:
        """The S3 endpoints of an instance's VPC, and the routes of its subnet.

        `private`: also the addresses of interface endpoints, for callers that connected to a private address.
        """
        regions = dict.fromkeys(each for each in (instance.region, bucket_region) if each)
        names = [f"com.amazonaws.{region}.s3" for region in regions]
        filters = {"vpc-id": [instance.vpc], "service-name": names}
        asking = self._endpoints(instance.region, addresses=private, Filters=_filters(filters))
        endpoints, table = await asyncio.gather(asking, self._table(instance))
        if not endpoints and isinstance(table, UnknownFact):  # EC2's response to other accounts than the VPC's
            endpoints = UnknownFact(f"EC2 does not show {instance.vpc} to {self.label}")
        if isinstance(table, UnknownFact):
            return VpcAnswers(endpoints, table)
        lists = dict[str, list[str]]()
        for name in (named := _prefix_lists_of(table)):
            answer = await self._ask(instance.region, "GetManagedPrefixListEntries", PrefixListId=name)
            if not isinstance(answer, UnknownFact):
                lists[name] = [str(one.get("Cidr", "")) for one in answer.get("Entries", [])]
        others = [name for name in named if name not in lists]
        return VpcAnswers(endpoints, table, lists, await self._names(others, instance.region) if others else {})

    async def endpoint(self, endpoint: str, region: str) -> VpcEndpoint | UnknownFact:
        found = await self._endpoints(region, absent=_NO_SUCH, VpcEndpointIds=[endpoint])
        if isinstance(found, UnknownFact):
            return found
        return found[0] if found else UnknownFact(f"EC2 does not show {endpoint} in {region} to {self.label}")

    async def _ask(
        self, region: str, operation: str, absent: Sequence[str] = (), **parameters: Any
    ) -> dict[str, Any] | UnknownFact:
        try:
            answer = await self.control_plane.read(
                self.connection, ControlPlaneService.EC2, operation, region=region, absent=absent, **parameters
            )
        except ProblemError as error:
            problem = error.problem
            if problem.kind is ProblemKind.DENIED:
                return UnknownFact(f"{self.label} is not allowed {problem.permission or f'ec2:{operation}'}")
            return UnknownFact(problem.sentence())
        return answer or {}

    async def _endpoints(
        self, region: str, *, addresses: bool = False, **parameters: Any
    ) -> list[VpcEndpoint] | UnknownFact:
        answer = await self._ask(region, "DescribeVpcEndpoints", **parameters)
        if isinstance(answer, UnknownFact):
            return answer
        found = []
        for one in answer.get("VpcEndpoints", []):
            interfaces = one.get("NetworkInterfaceIds", []) if addresses else []
            found.append(_endpoint(one, region, await self._addresses(interfaces, region) if interfaces else None))
        return found

    async def _addresses(self, interfaces: Sequence[str], region: str) -> list[str] | None:
        """The private addresses of network interfaces; None if they may not be read."""
        answer = await self._ask(region, "DescribeNetworkInterfaces", NetworkInterfaceIds=list(interfaces))
        if isinstance(answer, UnknownFact):
            return None
        return [
            str(address.get("PrivateIpAddress", ""))
            for interface in answer.get("NetworkInterfaces", [])
            for address in interface.get("PrivateIpAddresses", [])
        ]

    async def _table(self, instance: Instance) -> RouteTable | UnknownFact:
        for filters in (
            {"association.subnet-id": [instance.subnet]},
            {"vpc-id": [instance.vpc], "association.main": ["true"]},
        ):
            answer = await self._ask(instance.region, "DescribeRouteTables", Filters=_filters(filters))
            if isinstance(answer, UnknownFact):
                return answer
            if tables := answer.get("RouteTables", []):
                return _table(tables[0], main="association.main" in filters)
        return UnknownFact(f"EC2 shows no route table of {instance.subnet} to {self.label}")

    async def _names(self, prefix_lists: Sequence[str], region: str) -> dict[str, str]:
        """The names of prefix lists; AWS names its own after the service."""
        answer = await self._ask(region, "DescribeManagedPrefixLists", PrefixListIds=list(prefix_lists))
        shown = [] if isinstance(answer, UnknownFact) else answer.get("PrefixLists", [])
        return {str(one.get("PrefixListId", "")): str(one.get("PrefixListName", "")) for one in shown}


def _prefix_lists_of(table: RouteTable) -> list[str]:
    named = dict.fromkeys(route.prefix_list for route in table.routes if route.prefix_list)
    return list(named)[:MOST_PREFIX_LISTS]


def _filters(wanted: Mapping[str, Sequence[str]]) -> list[dict[str, Any]]:
    return [{"Name": name, "Values": list(values)} for name, values in wanted.items()]


def _endpoint(answer: Mapping[str, Any], region: str, addresses: list[str] | None) -> VpcEndpoint:
    """An endpoint in EC2's description. `ServiceRegion` is new; older responses have the region only in the name."""
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


def _route(answer: Mapping[str, Any]) -> VpcRoute:
    return VpcRoute(
        target=next((str(answer[name]) for name in _TARGETS if answer.get(name)), ""),
        cidr=str(answer.get("DestinationCidrBlock") or answer.get("DestinationIpv6CidrBlock") or ""),
        prefix_list=str(answer.get("DestinationPrefixListId") or ""),
    )


# The EC2 instance of this engine, from its metadata service (IMDSv2). As in botocore, these settings apply, also from
# the AWS config file: ``AWS_EC2_METADATA_DISABLED``, ``AWS_EC2_METADATA_SERVICE_ENDPOINT``,
# ``AWS_METADATA_SERVICE_TIMEOUT``.

LONGEST_WAIT = 1.0
"""Seconds after which a machine counts as one without metadata service, whatever the settings."""
_LONGEST_READ = 5.0
"""Seconds for all values together, once the service has responded."""

SWITCHED_OFF = "instance metadata is off (AWS_EC2_METADATA_DISABLED)"

_MAC = re.compile(r"[0-9a-f]{2}(?::[0-9a-f]{2}){5,7}")
_ID = re.compile(r"(?:vpc|subnet)-[0-9a-f]+")
_REGION = re.compile(r"[a-z]{2}(?:-[a-z]+)+-\d+")
_ACCOUNT = re.compile(r"\d{12}")


@dataclass(frozen=True, slots=True)
class _Settings:
    """The settings of botocore's metadata readers."""

    endpoint: str | None
    mode: str | None
    seconds: float
    attempts: int

    def reader(self, seconds: float, attempts: int) -> MetadataReader:
        """Creating a reader takes some milliseconds."""
        config = {"ec2_metadata_service_endpoint": self.endpoint, "ec2_metadata_service_endpoint_mode": self.mode}
        return MetadataReader(
            timeout=seconds,  # type: ignore[arg-type]  # its stub knows whole seconds only
            num_attempts=attempts,
            base_url=METADATA_BASE_URL,
            config=config,
        )


class InstanceMetadata:
    """Values of the metadata service, each requested once per engine. Used from one event loop."""

    def __init__(self, longest: float = LONGEST_WAIT) -> None:
        """`longest`: seconds until the service counts as missing."""
        self._longest = longest
        self._asked: dict[_Settings, asyncio.Task[Instance | UnknownFact]] = {}

    def forget_failures(self) -> None:
        """Ask again after failures; a known instance stays in its subnet."""

        def failed(task: asyncio.Task[Instance | UnknownFact]) -> bool:
            return task.cancelled() or task.exception() is not None or not isinstance(task.result(), Instance)

        self._asked = {key: task for key, task in self._asked.items() if not (task.done() and failed(task))}

    async def instance(self, session: Session) -> Instance | UnknownFact:
        """The instance by a session's settings, or why it is unknown."""
        try:
            settings = _Settings(
                endpoint=session.get_config_variable("ec2_metadata_service_endpoint"),
                mode=resolve_imds_endpoint_mode(session),
                seconds=float(session.get_config_variable("metadata_service_timeout")),
                attempts=int(session.get_config_variable("metadata_service_num_attempts")),
            )
        except (BotoCoreError, ValueError) as error:
            return _unreadable(error)
        if settings not in self._asked:
            self._asked[settings] = asyncio.create_task(_asked(settings, self._longest))
        return await asyncio.shield(self._asked[settings])  # a cancelled caller does not end it for the others


async def _asked(settings: _Settings, longest: float) -> Instance | UnknownFact:
    try:
        token = await asyncio.wait_for(asyncio.to_thread(_token, settings, longest), longest)
        if isinstance(token, UnknownFact):
            return token
        return await asyncio.wait_for(asyncio.to_thread(_read_all, settings, token), _LONGEST_READ)
    except TimeoutError:
        return UnknownFact(f"no instance metadata: no answer within {longest:g} s")
    except (BotoCoreError, NoAnswerError) as error:
        return _unreadable(error)


def _unreadable(error: Exception) -> UnknownFact:
    return UnknownFact(f"instance metadata cannot be read: {str(error) or 'no answer'}")


def _token(settings: _Settings, longest: float) -> str | UnknownFact:
    """An IMDSv2 token, or why there is none; runs in a worker thread."""
    reader = settings.reader(min(settings.seconds, longest), attempts=1)
    if reader.disabled:
        return UnknownFact(SWITCHED_OFF)
    return reader.token() or UnknownFact(f"no instance metadata: {reader.get_base_url()} gives no token")


def _read_all(settings: _Settings, token: str) -> Instance | UnknownFact:
    """Runs in a worker thread."""
    return _read(partial(settings.reader(settings.seconds, settings.attempts).value, token=token))


def _read(value: Callable[[str], str]) -> Instance | UnknownFact:
    """The instance, by its first network interface."""
    mac = _fitting(_MAC, value("mac"))
    interface = f"network/interfaces/macs/{mac}"
    vpc, subnet = (_fitting(_ID, value(f"{interface}/{name}")) if mac else "" for name in ("vpc-id", "subnet-id"))
    if not vpc or not subnet:
        return UnknownFact("instance metadata names no VPC and subnet")
    zone = value("placement/availability-zone")
    region = _fitting(_REGION, value("placement/region")) or _fitting(_REGION, zone.rstrip(ascii_lowercase))
    return Instance(
        vpc=vpc,
        subnet=subnet,
        region=region,
        zone=zone if region and zone.startswith(region) else "",
        account=_fitting(_ACCOUNT, value(f"{interface}/owner-id")),
        local_ip=_address(value("local-ipv4")),
        public_ip=_address(value("public-ipv4")),
    )


def _fitting(pattern: re.Pattern[str], text: str) -> str:
    return text if pattern.fullmatch(text) else ""


def _address(text: str) -> str:
    try:
        return str(ipaddress.IPv4Address(text))
    except ValueError:
        return ""
