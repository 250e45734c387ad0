"""What a policy sees of the path of a request."""

from __future__ import annotations

import pytest
from msgspec import structs

from tests.unit.inspection.network.paths import (
    INTERFACE,
    OFF,
    ON_TABLE,
    answers,
    path_of,
    used,
)
from tests.unit.inspection.people import ANALYTICS
from tui.inspection.callers import caller_of
from tui.inspection.request_context import KnownRequest, request_context_of
from tui.model.facts import Unknown
from tui.model.network.endpoint import Reach
from tui.model.network.path import NetworkPath

PRIVATE = used(address="10.0.1.20:443", reach=Reach.PRIVATE)
LIKELY = structs.replace(INTERFACE, addresses=None)
UNKNOWN_PATH = path_of(instance=OFF, vpc=Unknown("EC2 was not asked: the VPC or its region is not known"))


@pytest.mark.parametrize(
    ("path", "values"),
    [
        (
            path_of(),
            {"aws:SourceVpce": (), "aws:SourceIp": ("203.0.113.9",), "aws:VpceAccount": (), "aws:SourceVpcArn": ()},
        ),
        (
            path_of(vpc=ON_TABLE),
            {
                "aws:SourceVpce": ("vpce-0bbb",),
                "aws:SourceVpc": ("vpc-1",),
                "aws:VpcSourceIp": ("10.0.1.7",),
                "aws:SourceIp": (),
                "aws:VpceAccount": None,
            },
        ),
        (path_of(PRIVATE, vpc=answers([LIKELY])), dict.fromkeys(["aws:SourceVpce", "aws:SourceIp", "aws:VpceAccount"])),
        (UNKNOWN_PATH, dict.fromkeys(["aws:SourceVpce", "aws:SourceIp", "aws:SourceVpcArn"])),
    ],
    ids=["no endpoint", "gateway", "likely", "unknown"],
)
def test_only_what_is_certain_has_a_value(path: NetworkPath, values: dict[str, tuple[str, ...] | None]) -> None:
    request_context = request_context_of(caller_of(ANALYTICS), KnownRequest(endpoint=used(), path=path))
    assert {key: request_context.value(key) for key in values} == values
    unknown = [key for key, value in values.items() if value is None and key != "aws:VpceAccount"]
    assert all(request_context.note(key) for key in unknown if key != "aws:SourceVpcArn"), "each has its reason"
