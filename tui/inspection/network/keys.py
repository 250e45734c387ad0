"""What policies see of the path of a request: condition keys. Pure.

Rules: IAM user guide, "AWS global condition context keys": requests through a VPC endpoint have aws:SourceVpc,
aws:SourceVpce and aws:VpcSourceIp, all others aws:SourceIp.
"""

from __future__ import annotations

from tui.core.network import Certainty, SeenKey

VPCE, VPC, VPC_IP, IP = "aws:SourceVpce", "aws:SourceVpc", "aws:VpcSourceIp", "aws:SourceIp"


def through_endpoint(
    endpoint: str, certainty: Certainty, *, vpc: str = "", address: str = "", why: str = ""
) -> list[SeenKey]:
    """The keys of a request through a VPC endpoint; `vpc` and `address` (inside it) are empty if not known."""
    return [
        _known(VPCE, endpoint, certainty, why or "which endpoint it is is not known"),
        _known(VPC, vpc, certainty, why if vpc else "which VPC the endpoint is in is not known"),
        _known(VPC_IP, address, certainty, why if address else "this machine's address in that VPC is not known"),
        SeenKey(IP, [], certainty, why),
    ]


def from_outside(address: str, why: str, certainty: Certainty = Certainty.CERTAIN) -> list[SeenKey]:
    """The keys of a request that passes no VPC endpoint; `address` as the server sees it, empty if not known."""
    doubt = "" if certainty is Certainty.CERTAIN else why
    return [*(SeenKey(key, [], certainty, doubt) for key in (VPCE, VPC, VPC_IP)), _known(IP, address, certainty, why)]


def not_known(why: str) -> list[SeenKey]:
    """The keys of a request whose path is not known."""
    return [SeenKey(key, None, Certainty.UNKNOWN, why) for key in (VPCE, VPC, VPC_IP, IP)]


def _known(key: str, value: str, certainty: Certainty, why: str) -> SeenKey:
    if not value:
        return SeenKey(key, None, Certainty.UNKNOWN, why)
    return SeenKey(key, [value], certainty, "" if certainty is Certainty.CERTAIN else why)
