"""The path of requests to S3, from their endpoint and address, instance metadata and EC2. Pure.

Rules: Amazon S3 user guide, "AWS PrivateLink for Amazon S3": interface endpoints have private addresses, by private DNS
or by names of their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, ip_address, ip_network
from urllib.parse import urlsplit

from tui.aws.connection import is_aws
from tui.aws.vpc import RouteTable, VpcAnswers, VpcRoute
from tui.core.facts import UnknownFact
from tui.core.network import (
    AddressScope,
    Certainty,
    EffectiveEndpoint,
    Instance,
    NetworkPath,
    PathKind,
    SeenKey,
    VpcEndpoint,
)
from tui.policies.endpoint_policy import from_outside, not_known, through_endpoint
from tui.policies.request_context import vpc_endpoint_id

CERTAIN, INFERRED = Certainty.CERTAIN, Certainty.INFERRED


def needs_instance(endpoint: EffectiveEndpoint) -> bool:
    """Whether the path depends on the instance's VPC: not to servers other than AWS, nor through a proxy."""
    elsewhere = (
        endpoint.proxy or endpoint.reach in (AddressScope.LOOPBACK, AddressScope.UNKNOWN) or not is_aws(endpoint.url)
    )
    return bool(vpc_endpoint_id(endpoint)) or not elsewhere


def classify(observed: Observed) -> NetworkPath:
    endpoint = observed.endpoint
    if named := vpc_endpoint_id(endpoint):
        return _named(observed, named)
    if endpoint.proxy:
        why = f"requests go through the proxy {endpoint.proxy}, and S3 sees the path from there"
        return observed.path(PathKind.PROXY, CERTAIN, why, not_known(why))
    if endpoint.reach is AddressScope.LOOPBACK:
        return _loopback(observed)
    if endpoint.reach is AddressScope.UNKNOWN:
        return observed.unknown("the address that requests go to is not known")
    if not is_aws(endpoint.url):
        return _other_server(observed)
    return _private(observed) if endpoint.reach is AddressScope.PRIVATE else public_path(observed)


def _named(observed: Observed, endpoint: str) -> NetworkPath:
    """The URL is one of the endpoint's own names."""
    found = observed.find(endpoint)
    vpc = found.vpc if found else ""
    address = "" if observed.endpoint.proxy else observed.local_ip(vpc)
    keys = through_endpoint(endpoint, CERTAIN, vpc=vpc, address=address)
    return observed.path(PathKind.INTERFACE, CERTAIN, f"the URL names {endpoint}", keys, endpoint)


def _loopback(observed: Observed) -> NetworkPath:
    address = observed.address
    if is_aws(observed.endpoint.url):
        why = f"{observed.host} has the address {address}: what listens there decides about the rest of the path"
        return observed.path(PathKind.LOOPBACK, CERTAIN, why, not_known(why))
    why = "the server runs on this machine"
    return observed.path(PathKind.LOOPBACK, CERTAIN, why, from_outside(address, why))


def _other_server(observed: Observed) -> NetworkPath:
    """A server that is not AWS's: only a name of somebody's own may still lead to an endpoint."""
    why = f"{observed.host} is not one of AWS's names"
    if observed.endpoint.reach is AddressScope.PUBLIC:
        return observed.path(
            PathKind.PUBLIC, CERTAIN, why, from_outside("", f"{why}; the address that it sees is unknown")
        )
    return observed.path(PathKind.PRIVATE, INFERRED, f"{why}, and {observed.address} is private", not_known(why))


def _private(observed: Observed) -> NetworkPath:
    """AWS's name has a private address, and no proxy is set."""
    address, instance, shown = observed.address, observed.instance, observed.endpoints
    private = f"{observed.host} has the private address {address}"
    if isinstance(instance, UnknownFact) or isinstance(shown, UnknownFact):
        reason = instance.why if isinstance(instance, UnknownFact) else observed.missing[0]
        return _inferred(observed, f"{private}; its endpoint is not known: {reason}")
    interfaces = observed.shown(PathKind.INTERFACE)
    if owner := next((one for one in interfaces if address in (one.addresses or [])), None):
        keys = through_endpoint(owner.id, CERTAIN, vpc=owner.vpc, address=observed.local_ip(owner.vpc))
        why = f"{private}, which is one of {owner.id}"
        return observed.path(PathKind.INTERFACE, CERTAIN, why, keys, owner.id)
    possible = [one for one in interfaces if one.addresses is None and one.private_dns]
    likely = [one for one in possible if one.region == observed.region]
    if len(likely) == 1:
        why = f"{private}, and only {likely[0].id} of {instance.vpc} answers to that name; its addresses are not known"
        return _inferred(observed, why, likely[0], instance)
    if likely:
        names = " or ".join(one.id for one in likely)
        return _inferred(observed, f"{private}, which may belong to {names}: their addresses are not known")
    return _inferred(observed, f"{private}, which belongs to no endpoint that EC2 shows in {instance.vpc}")


def _inferred(
    observed: Observed, why: str, likely: VpcEndpoint | None = None, instance: Instance | None = None
) -> NetworkPath:
    endpoint, vpc = (likely.id, likely.vpc) if likely else ("", "")
    local_ip = instance.local_ip if instance else ""
    keys = through_endpoint(endpoint, INFERRED, vpc=vpc, address=local_ip, why=why)
    return observed.path(PathKind.INTERFACE, INFERRED, why, keys, endpoint)


# Whether requests to a public address of S3 pass a gateway endpoint, by the route table of the subnet. Pure.
#
# Rules: Amazon VPC user guide, "Gateway endpoints for Amazon S3": only routes show it, to a prefix list with the
# addresses of S3 in one region; requests to other regions do not pass it.

GLOBAL_HOST = "s3.amazonaws.com"
_S3_LIST = re.compile(r"com\.amazonaws\.([a-z0-9-]+)\.s3")
_INTERNET, _NAT = ("igw-", "eigw-"), "nat-"


def public_path(observed: Observed) -> NetworkPath:
    instance, answers = observed.instance, observed.vpc
    seen = f"{observed.address} is public, and a gateway endpoint does not show in addresses"
    if isinstance(instance, UnknownFact):
        return observed.unknown(f"{seen}: {instance.why}")
    if isinstance(answers, UnknownFact):
        return observed.unknown(f"{seen}; in {instance.vpc}: {answers.why}")
    if isinstance(answers.table, UnknownFact):
        return _without_table(observed, instance, answers.table.why, seen)
    return _by_table(observed, instance, answers, answers.table)


def _without_table(observed: Observed, instance: Instance, reason: str, seen: str) -> NetworkPath:
    """Only which gateway endpoints there are is known, or not even that."""
    if isinstance(observed.endpoints, UnknownFact):
        return observed.unknown(f"{seen}; in {instance.vpc}: {observed.endpoints.why}")
    serving = [one for one in observed.shown(PathKind.GATEWAY) if one.region == observed.region]
    if serving:
        names = " and ".join(one.id for one in serving)
        return observed.unknown(f"{instance.vpc} has {names}, but not every subnet uses it: {reason}")
    why = f"{instance.vpc} has no gateway endpoint for S3 in {observed.region}; its routes are not known: {reason}"
    return observed.path(PathKind.PUBLIC, INFERRED, why, from_outside("", why, INFERRED))


def _by_table(observed: Observed, instance: Instance, answers: VpcAnswers, table: RouteTable) -> NetworkPath:
    chosen = route_to(observed.address, table, answers)
    whose = f"{table.id}, the {'main ' if table.main else ''}route table of {instance.subnet},"
    if chosen.route and to_gateway_endpoint(chosen.route):
        why = f"{whose} sends {observed.address} through {chosen.route.target}"
        return _through(observed, instance, chosen.route.target, INFERRED if chosen.doubtful else CERTAIN, why)
    gateways = [
        one for one in chosen.doubtful if to_gateway_endpoint(one) and not _is_of_others(observed, answers, one)
    ]
    if gateways:
        regions = [(_region_of(observed, answers, one), one) for one in gateways]
        region, route = next((each for each in regions if each[0]), regions[0])
        return _by_region(observed, instance, chosen, route, region, whose)
    return _by_route(observed, instance, chosen, _no_gateway(observed, table, instance), whose)


def _is_of_others(observed: Observed, answers: VpcAnswers, route: VpcRoute) -> bool:
    """Whether a route is known to be for another service: only the endpoints for S3 were asked for."""
    if not isinstance(observed.endpoints, UnknownFact):
        return observed.find(route.target) is None
    name = answers.prefix_names.get(route.prefix_list, "")
    return bool(name) and not _S3_LIST.fullmatch(name)


def _region_of(observed: Observed, answers: VpcAnswers, route: VpcRoute) -> str:
    if endpoint := observed.find(route.target):
        return endpoint.region
    named = _S3_LIST.fullmatch(answers.prefix_names.get(route.prefix_list, ""))
    return named[1] if named else ""


def _by_region(
    observed: Observed, instance: Instance, chosen: MatchedRoute, route: VpcRoute, region: str, whose: str
) -> NetworkPath:
    """The table leads to a gateway endpoint, but not which addresses that one takes is known: its region decides."""
    if not region:
        why = f"{whose} has a route through {route.target}; whether that is for S3 is not known"
        return observed.unknown("; ".join([why, *observed.missing]))
    if "accelerate" in observed.endpoint.options:
        return _by_route(observed, instance, chosen, f"accelerated requests do not pass {route.target}", whose)
    if region != observed.region:
        return _by_route(observed, instance, chosen, _elsewhere(route.target, region, observed.region), whose)
    is_global = observed.host == GLOBAL_HOST or observed.host.endswith(f".{GLOBAL_HOST}")
    sure = _is_ipv4(observed) and not is_global and not chosen.specific  # a gateway endpoint takes IPv4 alone
    why = f"{whose} sends S3 in {region} through {route.target}"
    return _through(observed, instance, route.target, CERTAIN if sure else INFERRED, why)


def _is_ipv4(observed: Observed) -> bool:
    return isinstance(ip_address(observed.address), IPv4Address)


def _through(observed: Observed, instance: Instance, endpoint: str, certainty: Certainty, why: str) -> NetworkPath:
    keys = through_endpoint(
        endpoint,
        certainty,
        vpc=instance.vpc,
        address=instance.local_ip if _is_ipv4(observed) else "",
        why="" if certainty is CERTAIN else why,
    )
    return observed.path(PathKind.GATEWAY, certainty, why, keys, endpoint)


def _elsewhere(endpoint: str, region: str, bucket_region: str) -> str:
    return f"{endpoint} is for S3 in {region} only, and the bucket is in {bucket_region}"


def _no_gateway(observed: Observed, table: RouteTable, instance: Instance) -> str:
    """Why the table sends requests through no gateway endpoint: one clause."""
    gateways = observed.shown(PathKind.GATEWAY)
    on_table = {route.target for route in table.routes if to_gateway_endpoint(route)}
    passed_by = next((one for one in gateways if one.id in on_table), None)
    if passed_by and passed_by.region != observed.region:
        return _elsewhere(passed_by.id, passed_by.region, observed.region)
    if passed_by:
        return f"{observed.address} is not among the addresses that {table.id} sends through {passed_by.id}"
    if gateways:
        others = "; ".join(f"{one.id} is on {' and '.join(one.route_tables) or 'no table'} only" for one in gateways)
        return f"{table.id}, the route table of {instance.subnet}, has no route to a gateway endpoint: {others}"
    if isinstance(observed.endpoints, UnknownFact):
        return f"{table.id}, the route table of {instance.subnet}, has no route to a gateway endpoint for S3"
    return f"{instance.vpc} has no gateway endpoint for S3"


def _by_route(observed: Observed, instance: Instance, chosen: MatchedRoute, why: str, whose: str) -> NetworkPath:
    """No gateway endpoint of this table: where the route leads decides what S3 sees."""
    target = chosen.route.target if chosen.route else ""
    if target.startswith(_INTERNET):
        public_ip = instance.public_ip if _is_ipv4(observed) else ""
        seen = why if public_ip else f"{why}; this machine's public address is not known"
        certainty = INFERRED if chosen.is_unsure else CERTAIN
        return observed.path(PathKind.PUBLIC, certainty, why, from_outside(public_ip, seen, certainty))
    if target.startswith(_NAT):
        # The NAT gateway is in another subnet, whose own route table may lead to a gateway endpoint.
        may_pass = (
            chosen.is_unsure or isinstance(observed.endpoints, UnknownFact) or bool(observed.shown(PathKind.GATEWAY))
        )
        words = f"{why}; S3 sees the address of {target}, which is not known here"
        certainty = INFERRED if may_pass else CERTAIN
        return observed.path(PathKind.PUBLIC, certainty, words, from_outside("", words, certainty))
    if not target:
        return observed.unknown(f"{whose} shows no route to {observed.address}")
    return observed.unknown(f"{whose} sends {observed.address} to {target}, and how it goes on from there is not known")


NOT_ASKED = UnknownFact("it was not asked")


@dataclass(frozen=True, slots=True)
class Observed:
    """The endpoint as it was used, what DNS gives for its host, and what IMDS and EC2 say, or why they do not."""

    endpoint: EffectiveEndpoint
    resolved: Sequence[str] = ()
    instance: Instance | UnknownFact = NOT_ASKED
    vpc: VpcAnswers | UnknownFact = NOT_ASKED

    @property
    def address(self) -> str:
        return self.endpoint.address.rpartition(":")[0].strip("[]")

    @property
    def host(self) -> str:
        return urlsplit(self.endpoint.url).hostname or ""

    @property
    def region(self) -> str:
        """The bucket's region: as the server named it, else as requests are signed for it."""
        return self.endpoint.bucket_region or self.endpoint.signing_region

    @property
    def endpoints(self) -> Sequence[VpcEndpoint] | UnknownFact:
        return self.vpc if isinstance(self.vpc, UnknownFact) else self.vpc.endpoints

    def shown(self, kind: PathKind) -> list[VpcEndpoint]:
        """Those of a kind that work; none if they are not known."""
        found = self.endpoints
        return [] if isinstance(found, UnknownFact) else [one for one in found if one.kind is kind and one.works]

    def find(self, endpoint: str) -> VpcEndpoint | None:
        found = self.endpoints
        return None if isinstance(found, UnknownFact) else next((one for one in found if one.id == endpoint), None)

    def local_ip(self, vpc: str) -> str:
        """This machine's address in a VPC, empty if it is not known to be in that one."""
        return self.instance.local_ip if isinstance(self.instance, Instance) and self.instance.vpc == vpc else ""

    @property
    def missing(self) -> list[str]:
        """Why something is not known, one clause each."""
        found: list[object] = [self.instance, self.vpc, self.endpoints]
        if isinstance(self.vpc, VpcAnswers):
            found.append(self.vpc.table)
        return list(dict.fromkeys(one.why for one in found if isinstance(one, UnknownFact) and one != NOT_ASKED))

    def path(
        self, kind: PathKind, certainty: Certainty, why: str, keys: list[SeenKey], endpoint: str = ""
    ) -> NetworkPath:
        """The path that this is, `endpoint` its VPC endpoint."""
        passed = self.find(endpoint)
        instance = self.instance if isinstance(self.instance, Instance) else None
        others = [] if isinstance(self.endpoints, UnknownFact) else [one for one in self.endpoints if one != passed]
        return NetworkPath(
            kind=kind,
            certainty=certainty,
            why=why,
            endpoint=endpoint,
            vpc=passed.vpc if passed else instance.vpc if instance else "",
            instance=instance,
            endpoints=[*([passed] if passed else []), *others],
            resolved=list(self.resolved),
            keys=keys,
            missing=self.missing,
            covers_region=passed.region == self.region if passed and self.region else None,
        )

    def unknown(self, why: str) -> NetworkPath:
        return self.path(PathKind.UNKNOWN, Certainty.UNKNOWN, why, not_known(why))


# Which route of a route table an address takes. Pure.
#
# Rules: Amazon VPC user guide, "Route priority": the most specific route that matches; of a route with a CIDR and one
# with a prefix list that are as specific, the one with the CIDR.

GATEWAY_ENDPOINT = "vpce-"


@dataclass(frozen=True, slots=True)
class MatchedRoute:
    """The route of an address; None: there is none. `specific`: it is more than a default route."""

    route: VpcRoute | None
    doubtful: tuple[VpcRoute, ...] = ()
    """Those to prefix lists whose addresses are not known."""
    specific: bool = False

    @property
    def is_unsure(self) -> bool:
        """Whether a route that is not for a gateway endpoint may be the one."""
        return not all(to_gateway_endpoint(each) for each in self.doubtful)


def route_to(address: str, table: RouteTable, answers: VpcAnswers) -> MatchedRoute:
    """The route of a table that an address takes, as far as it can be said."""
    known = [
        (length, not route.prefix_list, route) for route in table.routes for length in _lengths(address, route, answers)
    ]
    doubtful = tuple(each for each in table.routes if each.prefix_list and each.prefix_list not in answers.prefix_lists)
    if not known:
        return MatchedRoute(None, doubtful)
    length, _, route = max(known, key=lambda one: one[:2])
    return MatchedRoute(route, doubtful, specific=length > 0)


def to_gateway_endpoint(route: VpcRoute) -> bool:
    """Whether a route leads to a gateway endpoint: a route with a CIDR to an endpoint leads to one for a firewall."""
    return bool(route.prefix_list) and route.target.startswith(GATEWAY_ENDPOINT)


def _lengths(address: str, route: VpcRoute, answers: VpcAnswers) -> Iterator[int]:
    """How specific the destinations of a route are that contain an address."""
    for text in answers.prefix_lists.get(route.prefix_list, ()) if route.prefix_list else (route.cidr,):
        try:
            network = ip_network(text, strict=False)
            if ip_address(address) in network:
                yield network.prefixlen
        except ValueError:
            continue
