"""The recorded situations: what is found in each, and that it never contradicts itself or what the server answered."""

from tests.features.inspect.consistency import against, disagreements
from tests.features.inspect.situations import SITUATIONS, Recording, read, read_expected
from tui.core.facts import AccessVerdict
from tui.features.inspect.inspection import diagnose
from tui.policies.access import access
from tui.policies.evidence import Evidence

SERVERS = ("ceph", "ministack")
LEFT_OUT = ("endpoint-configured", "permission-missing", "one-owner")

UNLIKE_AWS = {
    ("ceph", "denied all but listing"),
    ("ceph", "denied without TLS"),
    ("ceph", "denied unless from an endpoint"),
    ("ministack", "denied but for B by NotPrincipal"),
}
"""Where a server lets an identity in that AWS would deny; it shows as soon as that identity has asked."""


ALL = [(server, recording) for server in SERVERS for recording in read(server)]


EXPECTED = {server: read_expected(server) for server in SERVERS}


def live(recording: Recording, facts: int) -> dict[str, bool]:
    evidence = Evidence(recording.location, recording.facts[:facts], recording.context)
    known = {one.label: access(evidence, one) for one in recording.context.identities}
    return {label: one.verdict is AccessVerdict.ALLOWED for label, one in known.items() if one.live}


def found(recording: Recording) -> str:
    said = [
        " ".join(filter(None, (one.rule, one.identity, one.verdict and one.verdict.value)))
        for one in diagnose(recording.facts, recording.location, recording.context)
        if one.rule not in LEFT_OUT
    ]
    return ", ".join(sorted(said)) or "nothing"


def test_what_is_found() -> None:
    assert {server: {one.situation: found(one) for one in read(server)} for server in SERVERS} == EXPECTED


def test_no_two_findings_disagree_and_none_contradicts_an_answer_whenever_it_is_looked_at() -> None:
    wrong: list[tuple[str, str, int, list[str]]] = []
    for server, recording in ALL:
        action = Evidence(recording.location, [], recording.context).action
        for facts in range(len(recording.facts) + 1):
            findings = diagnose(recording.facts[:facts], recording.location, recording.context)
            said = disagreements(findings) + against(live(recording, facts), findings, action)
            wrong += [(server, recording.situation, facts, said)] if said else []
    assert wrong == []


def test_what_counts_as_an_answer_is_what_the_server_answers() -> None:
    assert [
        (server, recording.situation, label)
        for server, recording in ALL
        for label, allowed in live(recording, len(recording.facts)).items()
        if recording.answers[label] is not allowed
    ] == []


def test_nobody_is_said_to_get_in_who_does_not() -> None:
    wrong = [
        (server, recording.situation, one.rule)
        for server, recording in ALL
        for one in diagnose(recording.facts, recording.location, recording.context)
        if one.verdict is not None
        and one.identity in recording.answers
        and one.verdict is (AccessVerdict.DENIED if recording.answers[one.identity] else AccessVerdict.ALLOWED)
    ]
    assert sorted(wrong) == sorted((*unlike, "policy-denies") for unlike in UNLIKE_AWS)


def test_every_situation_is_recorded_on_both_servers_and_no_other() -> None:
    names = {one.name for one in SITUATIONS}
    for server, situations in EXPECTED.items():
        recorded = [recording.situation for name, recording in ALL if name == server]
        assert len(recorded) == len(set(recorded))
        assert set(recorded) == set(situations) >= names
    assert len(ALL) >= 60
