"""Inspector and `explain` agree on each bucket of the demo and an object in it, for each identity beside the other."""

from __future__ import annotations

import json
import re

import pytest

from tests.inspection.panes import Panes
from tests.servers.server import S3Server
from tui.accounts.control_plane import ControlPlane
from tui.demo.profiles import ANALYTICS, MEDIA_PROD, ROLE_PROFILE
from tui.inspection.inspect import Means
from tui.model.access.evaluation import Evaluation, LayerKind, LayerVerdict
from tui.model.facts import Applies, Effect, FactName, Finding, PolicyReading, Severity, Verdict

A, B = MEDIA_PROD.label, ANALYTICS.label
OFFICE = "media-prod-office"
OBJECTS = {
    "media-prod-archive": "reels/2015/reel-1.mov",
    "media-prod-assets": "video.mp4",
    OFFICE: "minutes/2026-01.txt",
    "media-prod-preferred": "",
    "media-prod-private": "unreleased/cover.png",
    "analytics-dropbox": "",
    "analytics-landing": "",
    "analytics-reports": "2026/11/summary.csv",
}
PLACES = [
    *(f"s3://{bucket}" for bucket in OBJECTS),
    *(f"s3://{bucket}/{key}" for bucket, key in OBJECTS.items() if key),
    "s3://media-prod-assets/incoming/",
    "s3://media-prod-assets/incoming/heatmap.png",
]
ADD = re.compile(r"add (\S+) to (aws:SourceIp)")
_DECIDED = (LayerVerdict.ALLOWS, LayerVerdict.DOES_NOT_ALLOW, LayerVerdict.DENIES)


def verdicts(found: list[Finding], explained: Evaluation, label: str) -> list[str]:
    """Findings on the explained request that say the opposite."""
    opposite = {Verdict.ALLOWED: Verdict.DENIED, Verdict.DENIED: Verdict.ALLOWED}.get(explained.verdict)
    about = [one for one in found if (one.identity, one.action) == (label, explained.action)]
    return [one.sentence for one in about if one.verdict is not None and one.verdict is opposite]


def steps(found: list[Finding], explained: Evaluation, label: str) -> list[str]:
    """Steps that ask for what `explain` says is there: what own policies allow, or what is allowed as it is."""
    own = {layer.verdict for layer in explained.layers if layer.kind is LayerKind.IDENTITY}
    wrong = []
    for one in found:
        for step in one.remedy.split("\n") if one.remedy else ():
            if f"In {label}'s account: allow {explained.action}" in step and own & {LayerVerdict.ALLOWS}:
                wrong.append(step)
            if explained.verdict is Verdict.ALLOWED and (one.identity, one.action) == (label, explained.action):
                wrong.append(step)
    return wrong


def met(found: list[Finding], policy: PolicyReading | None) -> list[str]:
    """Steps that add to a condition what it has."""
    have = {
        value
        for statement in (policy.statements if policy else [])
        for condition in statement.conditions
        if statement.effect is Effect.ALLOW and condition.applies is Applies.YES
        for value in condition.wanted
    }
    return [one.remedy for one in found for value, _ in ADD.findall(one.remedy) if value in have]


def unnamed(found: list[Finding], explained: Evaluation) -> list[str]:
    """The statement of the bucket policy that `explain` names as the cause, if no error names it."""
    cause = explained.cause
    if cause is None or not cause.sid or cause.layers != [LayerKind.BUCKET_POLICY]:
        return []
    named = any(cause.sid in one.sentence for one in found if one.severity is Severity.ERROR)
    return [] if named else [cause.sentence]


@pytest.mark.parametrize(("mine", "other"), [(A, B), (B, A), (ROLE_PROFILE, A)])
async def test_no_step_asks_for_what_is_there(demo_panes: Panes, mine: str, other: str) -> None:
    means, wrong, decided = Means(ControlPlane(demo_panes.connections)), {}, 0
    for uri in PLACES:
        seen = await demo_panes.inspect(uri, mine, other, means=means)
        explained = await demo_panes.explain(uri, mine, other)
        decided += any(layer.verdict in _DECIDED for layer in explained.layers)
        found = seen.findings
        wrong[uri] = verdicts(found, explained, mine) + steps(found, explained, mine) + unnamed(found, explained)
    assert decided == len(PLACES)
    assert {uri: each for uri, each in wrong.items() if each} == {}


@pytest.mark.parametrize(("mine", "other"), [(A, B), (B, A)])
async def test_once_the_address_is_added_nothing_asks_for_it(
    demo_panes: Panes, demo_server: S3Server, mine: str, other: str
) -> None:
    client = demo_server.client(demo_server.a)
    before = client.get_bucket_policy(Bucket=OFFICE)["Policy"]
    try:
        (remedy,) = (await demo_panes.explain(f"s3://{OFFICE}", B, A)).remedies
        assert remedy.edit is not None
        repaired = json.loads(before) | {"Statement": [json.loads(remedy.edit.statement_json)]}
        client.put_bucket_policy(Bucket=OFFICE, Policy=json.dumps(repaired))
        means = Means(ControlPlane(demo_panes.connections))
        seen = await demo_panes.inspect(f"s3://{OFFICE}", mine, other, means=means)
        policy = seen.value(FactName.POLICY)
        assert isinstance(policy, PolicyReading)
        assert met(seen.findings, policy) == []
        assert [one.remedy for one in seen.findings if one.remedy] == []
        assert "let-in" in seen.rules
    finally:
        client.put_bucket_policy(Bucket=OFFICE, Policy=before)
