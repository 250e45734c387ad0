"""The condition that a bucket policy can tell requests of this path by: what the access assistant offers. Pure.

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
        return _of_address(seen.values[0], path)
    return _none(_reason(path, seen))


def _of_address(address: str, path: NetworkPath) -> OfferedCondition:
    length = 128 if ":" in address else 32
    words = f"{'The server' if path.kind is PathKind.LOOPBACK else 'S3'} sees requests from here come from {address}: "
    return OfferedCondition({"IpAddress": {IP: f"{address}/{length}"}}, Certainty.CERTAIN, f"{words}{path.why}.")


def _none(words: str) -> OfferedCondition:
    return OfferedCondition(None, Certainty.UNKNOWN, words)


def _reason(path: NetworkPath, seen: SeenKey | None) -> str:
    """Why there is none: one sentence."""
    match path.kind:
        case PathKind.INTERFACE:
            return f"Requests from here go through an interface endpoint whose ID is not known: {path.why}."
        case PathKind.UNKNOWN:
            return f"Whether requests from here go through a VPC endpoint is not known: {path.why}."
        case _:
            why = (seen.why if seen else "") or path.why
            return f"The address that requests from here come from is not known: {why}."
