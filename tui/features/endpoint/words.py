"""The path of requests as rows: each with its certainty and source. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from tui.core.network import (
    AddressScope,
    Certainty,
    EffectiveEndpoint,
    NetworkPath,
    OfferedCondition,
    PathKind,
    SeenKey,
    VpcEndpoint,
)

HEAD, DNS, IMDS, EC2, PATH = "HeadBucket", "DNS", "instance metadata", "EC2", "from the above"


@dataclass(frozen=True, slots=True)
class EndpointRow:
    """One line: label, value, certainty and its source; `why`, if it needs one, is a clause."""

    label: str
    value: str
    certainty: Certainty
    source: str
    why: str = ""


def network_rows(endpoint: EffectiveEndpoint, path: NetworkPath, condition: OfferedCondition) -> list[EndpointRow]:
    """Everything that is known of the path of requests, in the order they take it."""
    offered = json.dumps(condition.condition) if condition.condition else "none to offer"
    return [
        *_sent(endpoint),
        *_connected(endpoint, path),
        EndpointRow("path", f"{path.kind.value} {path.endpoint}".strip(), path.certainty, PATH, path.why),
        *_instance(path),
        *(row for one in path.endpoints for row in _vpc_endpoint(one, path)),
        *(_key(seen, path) for seen in path.keys),
        EndpointRow("condition", offered, condition.certainty, PATH, condition.words.rstrip(".")),
        *(EndpointRow("not known", why, Certainty.UNKNOWN, IMDS if IMDS in why else EC2) for why in path.missing),
    ]


def _sent(endpoint: EffectiveEndpoint) -> Iterator[EndpointRow]:
    yield EndpointRow("endpoint", endpoint.url, Certainty.CERTAIN, endpoint.source.value)
    signed = f"{endpoint.signing_name} in {endpoint.signing_region}" if endpoint.signing_name else "unsigned"
    yield EndpointRow("signed for", signed, Certainty.CERTAIN, HEAD)
    if endpoint.addressing:
        yield EndpointRow("addressing", endpoint.addressing.value, Certainty.CERTAIN, HEAD)
    yield EndpointRow("options", ", ".join(endpoint.options) or "none", Certainty.CERTAIN, HEAD)
    if endpoint.bucket_region:
        yield EndpointRow("bucket region", endpoint.bucket_region, Certainty.CERTAIN, HEAD)
    else:
        yield EndpointRow("bucket region", endpoint.signing_region, Certainty.INFERRED, HEAD, "the server names none")


def _connected(endpoint: EffectiveEndpoint, path: NetworkPath) -> Iterator[EndpointRow]:
    yield EndpointRow("proxy", endpoint.proxy or "none", Certainty.CERTAIN, HEAD)
    if not endpoint.proxy:
        known = Certainty.CERTAIN if path.resolved else Certainty.UNKNOWN
        yield EndpointRow("addresses", ", ".join(path.resolved) or "none", known, DNS)
    known = Certainty.UNKNOWN if endpoint.reach is AddressScope.UNKNOWN else Certainty.CERTAIN
    yield EndpointRow("connected to", endpoint.address or "not known", known, HEAD, endpoint.reach.value)
    tls = f"{endpoint.tls}, certificate {endpoint.certificate or 'not verified'}" if endpoint.tls else "none"
    yield EndpointRow("TLS", tls, Certainty.CERTAIN, HEAD)


def _instance(path: NetworkPath) -> Iterator[EndpointRow]:
    instance = path.instance
    if instance is None:
        return
    yield EndpointRow("VPC", f"{instance.vpc}, {instance.subnet}", Certainty.CERTAIN, IMDS)
    place = f"{instance.zone or instance.region}, account {instance.account or 'not known'}"
    yield EndpointRow("instance", place, Certainty.CERTAIN, IMDS)
    addresses = f"{instance.local_ip or 'not known'}, public {instance.public_ip or 'none'}"
    yield EndpointRow("own addresses", addresses, Certainty.CERTAIN, IMDS)


def _vpc_endpoint(endpoint: VpcEndpoint, path: NetworkPath) -> Iterator[EndpointRow]:
    where = f"for S3 in {endpoint.region}"
    if endpoint.kind is PathKind.GATEWAY:
        where += f", on {' and '.join(endpoint.route_tables) or 'no route table'}"
    else:
        where += f", private DNS {'on' if endpoint.private_dns else 'off'}"
    passed = endpoint.id == path.endpoint
    if passed and path.covers_region is not None:
        where += f", {'covers' if path.covers_region else 'does not cover'} the bucket's region"
    label = "VPC endpoint" if passed else "other endpoint"
    words = f"{endpoint.id}, {endpoint.kind.value} of {endpoint.vpc} {where}, {endpoint.state.lower()}"
    yield EndpointRow(label, words, Certainty.CERTAIN, EC2)
    if passed and endpoint.policy:
        yield EndpointRow("its policy", _one_line(endpoint.policy), Certainty.CERTAIN, EC2)


def _key(seen: SeenKey, path: NetworkPath) -> EndpointRow:
    value = "not known" if seen.values is None else ", ".join(seen.values) or "none"
    return EndpointRow(seen.key, value, seen.certainty, PATH, "" if seen.why == path.why else seen.why)


def _one_line(document: str) -> str:
    try:
        return json.dumps(json.loads(document))
    except ValueError:
        return document
