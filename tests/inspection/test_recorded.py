"""The recorded situations: what is found in each, and that it never contradicts itself or what the server answered."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.inspection import expected
from tests.inspection.consistency import against, disagreements
from tests.inspection.recordings import Recording, read
from tests.inspection.situations import SITUATIONS
from tui.inspection.access import access
from tui.inspection.diagnosis import diagnose
from tui.inspection.evidence import Evidence
from tui.model.facts import Verdict

SERVERS = {"ceph": expected.CEPH, "ministack": expected.MINISTACK}
LEFT_OUT = ("endpoint-configured", "permission-missing", "one-owner")

UNLIKE_AWS = {
    ("ceph", "denied all but listing"),
    ("ceph", "denied without TLS"),
    ("ceph", "denied unless from an endpoint"),
    ("ministack", "denied but for B by NotPrincipal"),
}
"""Where a server lets an identity in that AWS would deny; it shows as soon as that identity has asked."""


def _all() -> Iterator[tuple[str, Recording]]:
    for server in SERVERS:
        for recording in read(server):
            yield server, recording


ALL = list(_all())
IDS = [f"{server}-{recording.situation}" for server, recording in ALL]
EACH = pytest.mark.parametrize(("server", "recording"), ALL, ids=IDS)


def expected_of(server: str) -> dict[str, str]:
    lines = [line.rpartition(": ") for line in SERVERS[server].strip().splitlines()]
    return {situation: found for situation, _, found in lines}


EXPECTED = {server: expected_of(server) for server in SERVERS}


def live(recording: Recording, facts: int) -> dict[str, bool]:
    """Who had been answered by then, and how."""
    evidence = Evidence(recording.location, recording.facts[:facts], recording.context)
    known = {one.label: access(evidence, one) for one in recording.context.identities}
    return {label: one.verdict is Verdict.ALLOWED for label, one in known.items() if one.live}


@EACH
def test_what_is_found(server: str, recording: Recording) -> None:
    findings = diagnose(recording.facts, recording.location, recording.context)
    said = [
        " ".join(filter(None, (one.rule, one.identity, one.verdict and one.verdict.value)))
        for one in findings
        if one.rule not in LEFT_OUT
    ]
    assert (", ".join(sorted(said)) or "nothing") == EXPECTED[server][recording.situation]


@EACH
def test_no_two_findings_disagree_and_none_contradicts_an_answer_whenever_it_is_looked_at(
    server: str, recording: Recording
) -> None:
    del server
    action = Evidence(recording.location, [], recording.context).action
    for facts in range(len(recording.facts) + 1):
        findings = diagnose(recording.facts[:facts], recording.location, recording.context)
        assert disagreements(findings) == []
        assert against(live(recording, facts), findings, action) == []


@EACH
def test_what_counts_as_an_answer_is_what_the_server_answers(server: str, recording: Recording) -> None:
    del server
    for label, allowed in live(recording, len(recording.facts)).items():
        assert recording.answers[label] is allowed


@EACH
def test_nobody_is_said_to_get_in_who_does_not(server: str, recording: Recording) -> None:
    findings = diagnose(recording.facts, recording.location, recording.context)
    wrong = [
        one.rule
        for one in findings
        if one.verdict is not None
        and one.identity in recording.answers
        and one.verdict is (Verdict.DENIED if recording.answers[one.identity] else Verdict.ALLOWED)
    ]
    assert wrong == (["policy-denies"] if (server, recording.situation) in UNLIKE_AWS else [])


def test_every_situation_is_recorded_on_both_servers_and_no_other() -> None:
    names = {one.name for one in SITUATIONS}
    for server, situations in EXPECTED.items():
        recorded = [recording.situation for name, recording in ALL if name == server]
        assert len(recorded) == len(set(recorded))
        assert set(recorded) == set(situations) >= names
    assert len(ALL) >= 60
