"""The policy condition that requests on this path meet, as the access assistant offers it. Pure.

Rules: Amazon S3 user guide, "Controlling access from VPC endpoints with bucket policies".
"""

from __future__ import annotations

from tui.core.network import Certainty, NetworkPath, OfferedCondition, PathKind, SeenKey
from tui.policies.endpoint_policy import IP, VPCE


def offered_condition(path: NetworkPath | None) -> OfferedCondition:
    """``aws:SourceVpce`` behind an endpoint whose id is known, ``aws:SourceIp`` where S3 sees a known address, or none.

    `certainty` is that of the path: offer only what is certain without a question.
    """
    if path is None:
        return _none("The path of requests is not known.")
    if path.endpoint:
        words = f"Requests from here go through the {path.kind.value} {path.endpoint}: {path.why}."
        return OfferedCondition({"StringEquals": {VPCE: path.endpoint}}, path.certainty, words)
    seen = next((one for one in path.keys if one.key == IP), None)
    if seen and seen.values and seen.certainty is Certainty.CERTAIN:
        address, server = seen.values[0], "The server" if path.kind is PathKind.LOOPBACK else "S3"
        network = f"{address}/{128 if ':' in address else 32}"
        words = f"{server} sees requests from here as coming from {address}: {path.why}."
        return OfferedCondition({"IpAddress": {IP: network}}, Certainty.CERTAIN, words)
    return _none(_reason(path, seen))


def _none(words: str) -> OfferedCondition:
    return OfferedCondition(None, Certainty.UNKNOWN, words)


def _reason(path: NetworkPath, seen: SeenKey | None) -> str:
    match path.kind:
        case PathKind.INTERFACE:
            return f"Requests from here go through an interface endpoint whose ID is not known: {path.why}."
        case PathKind.UNKNOWN:
            return f"It is not known whether requests from here go through a VPC endpoint: {path.why}."
        case _:
            return f"The source address of requests from here is not known: {(seen.why if seen else '') or path.why}."
