"""Whether requests to a public address of S3 pass a gateway endpoint, by the route table of the subnet. Pure.

Rules: Amazon VPC user guide, "Gateway endpoints for Amazon S3": only routes show it, to a prefix list with the
addresses of S3 in one region; requests to other regions do not pass it.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Address, ip_address

from tui.aws.vpc import Route, RouteTable, VpcAnswers
from tui.core.facts import Unknown
from tui.core.network import Certainty, Instance, NetworkPath, PathKind
from tui.inspection.network.observed import Observed
from tui.inspection.network.routes import Chosen, route_to, to_gateway_endpoint
from tui.policies.endpoint_policy import from_outside, through_endpoint

CERTAIN, INFERRED = Certainty.CERTAIN, Certainty.INFERRED

GLOBAL_HOST = "s3.amazonaws.com"
_S3_LIST = re.compile(r"com\.amazonaws\.([a-z0-9-]+)\.s3")
_INTERNET, _NAT = ("igw-", "eigw-"), "nat-"


def public_path(observed: Observed) -> NetworkPath:
    """The path to a public address of AWS's S3."""
    instance, answers = observed.instance, observed.vpc
    seen = f"{observed.address} is public, and a gateway endpoint does not show in addresses"
    if isinstance(instance, Unknown):
        return observed.unknown(f"{seen}: {instance.why}")
    if isinstance(answers, Unknown):
        return observed.unknown(f"{seen}; in {instance.vpc}: {answers.why}")
    if isinstance(answers.table, Unknown):
        return _without_table(observed, instance, answers.table.why, seen)
    return _by_table(observed, instance, answers, answers.table)


def _without_table(observed: Observed, instance: Instance, reason: str, seen: str) -> NetworkPath:
    """Only which gateway endpoints there are is known, or not even that."""
    if isinstance(observed.endpoints, Unknown):
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


def _is_of_others(observed: Observed, answers: VpcAnswers, route: Route) -> bool:
    """Whether a route is known to be for another service: only the endpoints for S3 were asked for."""
    if not isinstance(observed.endpoints, Unknown):
        return observed.find(route.target) is None
    name = answers.prefix_names.get(route.prefix_list, "")
    return bool(name) and not _S3_LIST.fullmatch(name)


def _region_of(observed: Observed, answers: VpcAnswers, route: Route) -> str:
    """The region whose S3 a route is for, by its endpoint or its prefix list; empty: not known."""
    if endpoint := observed.find(route.target):
        return endpoint.region
    named = _S3_LIST.fullmatch(answers.prefix_names.get(route.prefix_list, ""))
    return named[1] if named else ""


def _by_region(
    observed: Observed, instance: Instance, chosen: Chosen, route: Route, region: str, whose: str
) -> NetworkPath:
    """The table leads to a gateway endpoint, but not which addresses that one takes is known: its region decides."""
    if not region:
        why = f"{whose} has a route through {route.target}; whether that is for S3 is not known"
        return observed.unknown("; ".join([why, *observed.missing]))
    if "accelerate" in observed.endpoint.options:
        return _by_route(observed, instance, chosen, f"accelerated requests do not pass {route.target}", whose)
    if region != observed.region:
        return _by_route(observed, instance, chosen, _elsewhere(route.target, region, observed.region), whose)
    sure = _is_regional(observed) and not chosen.specific
    why = f"{whose} sends S3 in {region} through {route.target}"
    return _through(observed, instance, route.target, CERTAIN if sure else INFERRED, why)


def _is_regional(observed: Observed) -> bool:
    """Whether a connection surely has an address that a gateway endpoint takes: IPv4, and not by the global host."""
    is_global = observed.host == GLOBAL_HOST or observed.host.endswith(f".{GLOBAL_HOST}")
    return _is_ipv4(observed) and not is_global


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
    if isinstance(observed.endpoints, Unknown):
        return f"{table.id}, the route table of {instance.subnet}, has no route to a gateway endpoint for S3"
    return f"{instance.vpc} has no gateway endpoint for S3"


def _by_route(observed: Observed, instance: Instance, chosen: Chosen, why: str, whose: str) -> NetworkPath:
    """No gateway endpoint of this table: where the route leads decides what S3 sees."""
    target = chosen.route.target if chosen.route else ""
    if target.startswith(_INTERNET):
        public_ip = instance.public_ip if _is_ipv4(observed) else ""
        seen = why if public_ip else f"{why}; this machine's public address is not known"
        certainty = INFERRED if chosen.is_unsure else CERTAIN
        return observed.path(PathKind.PUBLIC, certainty, why, from_outside(public_ip, seen, certainty))
    if target.startswith(_NAT):
        # The NAT gateway is in another subnet, whose own route table may lead to a gateway endpoint.
        may_pass = chosen.is_unsure or isinstance(observed.endpoints, Unknown) or bool(observed.shown(PathKind.GATEWAY))
        words = f"{why}; S3 sees the address of {target}, which is not known here"
        certainty = INFERRED if may_pass else CERTAIN
        return observed.path(PathKind.PUBLIC, certainty, words, from_outside("", words, certainty))
    if not target:
        return observed.unknown(f"{whose} shows no route to {observed.address}")
    return observed.unknown(f"{whose} sends {observed.address} to {target}, and how it goes on from there is not known")
