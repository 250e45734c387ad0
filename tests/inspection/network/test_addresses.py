"""Statements that depend on the source address, where S3 sees one."""

from __future__ import annotations

from tests.inspection.network.conftest import Machine
from tui.model.facts import FactName


async def test_an_address_that_the_condition_allows_is_no_finding(machine: Machine) -> None:
    machine.metadata.described["public-ipv4"] = "203.0.113.9"
    seen = await machine.inspect("analytics", "media-prod")
    assert seen.value(FactName.NETWORK_PATH)
    assert "source-ip" not in {finding.rule for finding in seen.findings}
