"""What follows from the facts. Pure: facts in, findings out; a new piece of knowledge is one more rule."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from tui.inspection.context import Context
from tui.inspection.evidence import Evidence
from tui.inspection.rules import content, denied, endpoint_policy, ownership, policy, public, roles, source_ip, way
from tui.model.facts import Fact, Finding, Severity
from tui.model.location import Location

Rule = Callable[[Evidence], Iterable[Finding]]
"""Gives nothing where it has nothing to say: a fact that is not there yet, denied or unknown proves nothing."""

RULES: tuple[Rule, ...] = (
    content.missing,
    ownership.foreign_owned,
    policy.denies,
    endpoint_policy.endpoint_denies,
    denied.read_denied,
    policy.wrong_resource,
    source_ip.source_ip,
    policy.unreadable,
    public.public_policy,
    public.public_acl,
    content.archived,
    content.encryption,
    policy.let_in,
    policy.no_way_in,
    ownership.foreign_writers,
    denied.unasked,
    way.through_endpoint,
    way.private,
    way.global_host,
    way.configured,
    way.gateway_unknown,
    way.gateway_unused,
    roles.no_external_id,
    ownership.acls_off,
    ownership.one_owner,
)
"""All rules; within one severity their findings stand in this order."""

_ORDER = list(Severity)


def diagnose(facts: Sequence[Fact], location: Location, context: Context) -> list[Finding]:
    """All findings on a location, worst first. `facts` may still be few; each is judged by what is there."""
    evidence = Evidence(location, facts, context)
    return by_severity(finding for rule in RULES for finding in rule(evidence))


def by_severity(findings: Iterable[Finding]) -> list[Finding]:
    """Worst first, otherwise in the order given."""
    return sorted(findings, key=lambda finding: _ORDER.index(finding.severity))
