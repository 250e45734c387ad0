"""Which route of a route table an address takes. Pure.

Rules: Amazon VPC user guide, "Route priority": the most specific route that matches; of a route with a CIDR and one
with a prefix list that are as specific, the one with the CIDR.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

from tui.aws.vpc import Route, RouteTable, VpcAnswers

GATEWAY_ENDPOINT = "vpce-"


@dataclass(frozen=True, slots=True)
class Chosen:
    """The route of an address; None: there is none. `specific`: it is more than a default route."""

    route: Route | None
    doubtful: tuple[Route, ...] = ()
    """Those to prefix lists whose addresses are not known."""
    specific: bool = False

    @property
    def is_unsure(self) -> bool:
        """Whether a route that is not for a gateway endpoint may be the one."""
        return not all(to_gateway_endpoint(each) for each in self.doubtful)


def route_to(address: str, table: RouteTable, answers: VpcAnswers) -> Chosen:
    """The route of a table that an address takes, as far as it can be said."""
    known = [
        (length, not route.prefix_list, route) for route in table.routes for length in _lengths(address, route, answers)
    ]
    doubtful = tuple(each for each in table.routes if each.prefix_list and each.prefix_list not in answers.prefix_lists)
    if not known:
        return Chosen(None, doubtful)
    length, _, route = max(known, key=lambda one: one[:2])
    return Chosen(route, doubtful, specific=length > 0)


def to_gateway_endpoint(route: Route) -> bool:
    """Whether a route leads to a gateway endpoint: a route with a CIDR to an endpoint leads to one for a firewall."""
    return bool(route.prefix_list) and route.target.startswith(GATEWAY_ENDPOINT)


def _lengths(address: str, route: Route, answers: VpcAnswers) -> Iterator[int]:
    """How specific the destinations of a route are that contain an address."""
    for text in answers.prefix_lists.get(route.prefix_list, ()) if route.prefix_list else (route.cidr,):
        try:
            network = ip_network(text, strict=False)
            if ip_address(address) in network:
                yield network.prefixlen
        except ValueError:
            continue
