"""What follows from the facts. Pure: facts in, findings out; a new piece of knowledge is one more rule.

Of a denial the inspector says what ``explain``, the viewer and ``cat`` say: what evaluating the request gives replaces
what rules make of the facts alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from tui.core.facts import Fact, FactName, Finding, Severity, Verdict
from tui.core.identity import Identity
from tui.core.location import Location
from tui.core.policy import Cause, Evaluation, LayerKind
from tui.inspection.rules import content, denied, endpoint_policy, ownership, policy, public, roles, source_ip, way
from tui.policies.access import access
from tui.policies.evidence import Context, Evidence

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

_OWNED = "foreign-owned"
_OF_DENIALS = (_OWNED, "policy-resource")
"""Rules that say why somebody may be denied, without a verdict."""

_EVIDENCE = {
    LayerKind.BUCKET_POLICY: [FactName.POLICY, FactName.BUCKET_OWNER],
    LayerKind.OWNER: [FactName.OBJECT_OWNER, FactName.BUCKET_OWNER, FactName.OWNERSHIP],
    LayerKind.ACL: [FactName.GRANTS],
    LayerKind.KEY: [FactName.ENCRYPTION],
    LayerKind.ENDPOINT: [FactName.ENDPOINT],
}


def diagnose(facts: Sequence[Fact], location: Location, context: Context) -> list[Finding]:
    """All findings on a location, worst first. `facts` may still be few; each is judged by what is there."""
    evidence = Evidence(location, facts, context)
    return by_severity(finding for rule in RULES for finding in rule(evidence))


def by_severity(findings: Iterable[Finding]) -> list[Finding]:
    """Worst first, otherwise in the order given."""
    return sorted(findings, key=lambda finding: _ORDER.index(finding.severity))


def to_explain(evidence: Evidence) -> list[Identity]:
    """Who may not read the location: the inspected pane's identity unless it surely may, another one if it was refused.

    Whether a listing is denied depends on its prefix, which no fact tells.
    """
    known = {one.label: access(evidence, one) for one in evidence.context.identities}
    mine = evidence.context.mine
    return [
        one
        for one in evidence.context.identities
        if (known[one.label].verdict is Verdict.DENIED and known[one.label].live)
        or (one is mine and known[one.label].verdict is not Verdict.ALLOWED)
    ]


def explained(findings: Iterable[Finding], evaluations: Sequence[Evaluation]) -> list[Finding]:
    """The findings with those on each denied request replaced by its one cause and remedy."""
    known = [(one, one.cause) for one in evaluations if one.cause and (one.missing or one.verdict is Verdict.DENIED)]
    others = [each for each in findings if not any(_on(each, *denial) for denial in known)]
    told: list[Finding] = []
    for denial in known:
        if (finding := _finding(*denial)) not in told:  # that something does not exist is said once
            told.append(finding)
    return by_severity([*told, *others])


def _finding(one: Evaluation, cause: Cause) -> Finding:
    if one.missing:
        return Finding(f"no-{one.missing.value}", Severity.ERROR, cause.words, [FactName.SIZE])
    rule = _OWNED if LayerKind.OWNER in cause.layers else "denied"
    facts = [fact for layer in cause.layers for fact in _EVIDENCE.get(layer, [])]
    return Finding(
        rule, Severity.ERROR, cause.words, list(dict.fromkeys(facts)), one.remedy, one.identity, one.action, one.verdict
    )


def _on(finding: Finding, one: Evaluation, cause: Cause) -> bool:
    """Whether a finding is about the same denial."""
    if one.missing and finding.rule == f"no-{one.missing.value}":
        return True
    if finding.identity == one.identity and finding.action == one.action:
        return finding.verdict is not Verdict.ALLOWED
    if finding.rule == _OWNED:
        return LayerKind.OWNER in cause.layers
    return finding.rule in _OF_DENIALS
