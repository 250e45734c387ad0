"""What follows from the path of requests: trap 2, conditions, and endpoint policies."""

from __future__ import annotations

import pytest
from msgspec import structs

from tests.unit.inspection.network.paths import (
    DENIED_ENDPOINTS,
    DENIED_ROUTES,
    ELSEWHERE,
    GATEWAY,
    INTERFACE,
    OFF,
    S3_PREFIXES,
    TO_GATEWAY,
    TO_INTERNET,
    answers,
    path_of,
    table,
    used,
)
from tests.unit.inspection.people import (
    A_OWNER,
    FROM_B,
    OBJECT,
    OBJECTS_ARN,
    ONLY_B,
    absent,
    denied,
    document,
    evaluated,
    found,
    known,
    owners,
    policy,
    statement,
)
from tui.inspection.evaluation.documents import Documents
from tui.inspection.evaluation.gather_documents import endpoint_document
from tui.inspection.evidence import Evidence
from tui.model.access.evaluation import Evaluation, Layer, LayerKind, LayerVerdict
from tui.model.facts import (
    Fact,
    FactName,
    Severity,
    Size,
    Unknown,
    Verdict,
)
from tui.model.network.endpoint import EffectiveEndpoint, Reach
from tui.model.network.path import NetworkPath

OWN = owners(of_object=A_OWNER)
OFFICE = statement(Sid="Office", Condition={"IpAddress": {"aws:SourceIp": "198.51.100.0/24"}})
BY_ENDPOINT = statement(Sid="Vpc", Condition={"StringEquals": {"aws:SourceVpce": "vpce-0bbb"}})
REFUSED = denied(FactName.SIZE, "s3:GetObject", "HeadObject", "analytics")
PRIVATE = used(address="10.0.1.20:443", reach=Reach.PRIVATE)
LIKELY = structs.replace(INTERFACE, addresses=None)


def gateway(document_text: str = "") -> NetworkPath:
    """The path through a gateway endpoint, with this policy."""
    endpoint = structs.replace(GATEWAY, policy=document_text, account="111111111111")
    return path_of(vpc=answers([endpoint], table(TO_INTERNET, TO_GATEWAY), S3_PREFIXES))


def way(path: NetworkPath, endpoint: EffectiveEndpoint | None = None) -> list[Fact]:
    return [
        known(FactName.ENDPOINT, endpoint or used(), "analytics"),
        known(FactName.NETWORK_PATH, path, "analytics"),
    ]


UNKNOWN_PATH = path_of(instance=OFF, vpc=Unknown("EC2 was not asked: the VPC or its region is not known"))


@pytest.mark.parametrize(
    ("facts", "sentence", "remedy"),
    [
        (
            way(gateway()),
            "requests from here go through vpce-0bbb, where S3 sees no source IP, so the statement allows nothing.",
            'add a copy of Office with StringEquals {"aws:SourceVpce": "vpce-0bbb"} instead of aws:SourceIp.',
        ),
        (
            way(path_of(vpc=answers([ELSEWHERE]))),
            "S3 sees requests from here come from 203.0.113.9: rtb-1, the route table of subnet-1, has no route to a",
            "add 203.0.113.9 to aws:SourceIp in Office.",
        ),
        (
            way(UNKNOWN_PATH),
            "if requests from here pass a VPC endpoint, S3 sees no source IP and the statement allows nothing; whether "
            "they do is not known: 52.216.1.2 is public",
            "add this machine's public IP to aws:SourceIp in Office; behind a VPC endpoint, add a copy of Office",
        ),
        (
            way(path_of(PRIVATE, vpc=answers([LIKELY])), PRIVATE),
            "requests from here probably go through the interface endpoint vpce-0ccc (assets.s3.us-east-1",
            'add a copy of Office with StringEquals {"aws:SourceVpce": "vpce-0ccc"} instead of aws:SourceIp (if '
            "requests go through it); else add this machine's public IP",
        ),
        (
            way(path_of(used(proxy="http://proxy:1")), used(proxy="http://proxy:1")),
            "S3 sees a source IP of requests from here, which is not known: requests go through the proxy",
            "add this machine's public IP to aws:SourceIp in Office; behind a VPC endpoint",
        ),
    ],
    ids=["gateway", "elsewhere", "unknown", "likely", "proxy"],
)
def test_a_condition_on_the_source_address_by_the_path(facts: list[Fact], sentence: str, remedy: str) -> None:
    finding = found([*OWN, policy(OFFICE), *facts], FROM_B)["source-ip"]
    assert sentence in finding.sentence
    assert remedy in finding.remedy
    assert "{effect}" not in finding.sentence


def test_without_the_path_the_effect_of_a_gateway_endpoint_is_said() -> None:
    finding = found([*OWN, policy(OFFICE), known(FactName.ENDPOINT, used(), "analytics")], FROM_B)["source-ip"]
    assert finding.sentence.endswith("S3 sees no source IP and the statement allows nothing.")


@pytest.mark.parametrize(
    ("path", "endpoint", "rule", "words"),
    [
        (gateway("{}"), used(), "gateway-endpoint", "gateway endpoint vpce-0bbb: S3 sees aws:SourceVpce but no source"),
        (path_of(PRIVATE, vpc=answers([INTERFACE])), PRIVATE, "interface-endpoint", "interface endpoint vpce-0ccc:"),
        (
            path_of(PRIVATE, vpc=answers([LIKELY])),
            PRIVATE,
            "private-address",
            "probably the interface endpoint",
        ),
        (path_of(PRIVATE, OFF), PRIVATE, "private-address", "10.0.1.20:443: an interface endpoint or a proxy"),
        (
            path_of(vpc=answers([ELSEWHERE])),
            used(),
            "gateway-unused",
            "do not go through the gateway endpoint of vpc",
        ),
        (UNKNOWN_PATH, used(), "gateway-unknown", "may still pass a VPC gateway endpoint: 52.216.1.2 is public, and"),
    ],
)
def test_the_note_on_the_path(path: NetworkPath, endpoint: EffectiveEndpoint, rule: str, words: str) -> None:
    by_rule = found(way(path, endpoint))
    assert set(by_rule) == {rule}
    assert words in by_rule[rule].sentence
    assert by_rule[rule].severity is Severity.NOTE


def test_no_endpoint_is_no_note() -> None:
    assert found(way(path_of())) == {}


def test_what_ec2_refused_is_the_remedy() -> None:
    path = path_of(vpc=answers(DENIED_ENDPOINTS, DENIED_ROUTES))
    assert found(way(path))["gateway-unknown"].remedy == (
        "To find out: allow ec2:DescribeRouteTables and ec2:DescribeVpcEndpoints to the identity (analytics is not "
        "allowed ec2:DescribeVpcEndpoints; analytics is not allowed ec2:DescribeRouteTables)."
    )
    assert found(way(UNKNOWN_PATH))["gateway-unknown"].remedy == ""


def test_a_statement_for_the_endpoint_applies_where_the_path_is_certain() -> None:
    allowed = found([*OWN, policy(BY_ENDPOINT), *way(gateway()), absent(FactName.PUBLIC_ACCESS)], FROM_B)["let-in"]
    assert allowed.verdict is Verdict.ALLOWED
    outside = [*OWN, policy(BY_ENDPOINT), *way(path_of()), REFUSED]
    assert "requests from here have none" in found(outside, FROM_B)["not-allowed"].sentence
    likely = structs.replace(LIKELY, id="vpce-0bbb")
    unsure = [*OWN, policy(BY_ENDPOINT), *way(path_of(PRIVATE, vpc=answers([likely])), PRIVATE)]
    assert found(unsure, FROM_B)["may-be-let-in"].verdict is Verdict.UNKNOWN


OPEN = document({"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"})
NARROW = document(
    {"Sid": "Ours", "Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::own/*"}
)
CLOSED = document(
    {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"},
    {"Sid": "NoPartner", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": OBJECTS_ARN},
)
OF_AN_ORGANISATION = document(
    {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "*",
        "Resource": "*",
        "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}},
    }
)


@pytest.mark.parametrize(
    ("text", "clause", "remedy"),
    [
        (
            NARROW,
            "no statement allows it. No bucket policy shows that.",
            "In media-prod: allow s3:GetObject on arn:aws:s3:::assets/incoming/report.csv in the policy of vpce-0bbb.",
        ),
        (
            CLOSED,
            "statement NoPartner denies it. No bucket policy shows that.",
            "In media-prod: exclude arn:aws:s3:::assets/incoming/report.csv from statement NoPartner of the policy of "
            "vpce-0bbb.",
        ),
    ],
)
def test_an_endpoint_policy_that_denies(text: str, clause: str, remedy: str) -> None:
    facts = [*OWN, policy(statement()), *way(gateway(text)), absent(FactName.PUBLIC_ACCESS)]
    for given in (facts, [*facts, REFUSED]):
        findings = found(given, ONLY_B)
        finding = findings["endpoint-policy-denies"]
        assert finding.sentence == (
            "The policy of the VPC endpoint vpce-0bbb does not let analytics read this object (s3:GetObject): " + clause
        )
        assert finding.remedy == remedy
        assert (finding.severity, finding.verdict) == (Severity.ERROR, Verdict.DENIED)
        assert {"let-in", "denied-though-allowed"}.isdisjoint(findings)


def test_what_was_allowed_just_now_passes_the_endpoint() -> None:
    read = Fact(FactName.SIZE, known(FactName.SIZE, Size(1)).state, "HeadObject", "analytics")
    findings = found([*OWN, policy(statement()), *way(gateway(NARROW)), read], ONLY_B)
    assert "endpoint-policy-denies" not in findings
    assert findings["let-in"].verdict is Verdict.ALLOWED


@pytest.mark.parametrize("text", [OPEN, ""])
def test_an_open_policy_is_no_finding(text: str) -> None:
    findings = found([*OWN, policy(statement()), *way(gateway(text)), absent(FactName.PUBLIC_ACCESS)], ONLY_B)
    assert not [rule for rule in findings if rule.startswith("endpoint-policy")]
    assert findings["let-in"].verdict is Verdict.ALLOWED


def test_a_policy_that_cannot_be_judged_may_deny_what_was_denied() -> None:
    facts = [*OWN, policy(statement()), *way(gateway(OF_AN_ORGANISATION)), absent(FactName.PUBLIC_ACCESS)]
    assert found(facts, ONLY_B)["may-be-let-in"].verdict is Verdict.UNKNOWN
    finding = found([*facts, REFUSED], ONLY_B)["endpoint-policy-may-deny"]
    assert (finding.severity, finding.verdict) == (Severity.WARNING, Verdict.DENIED)
    assert "may deny analytics to read this object (s3:GetObject): whether a statement" in finding.sentence


def test_the_policy_of_an_endpoint_that_is_only_likely() -> None:
    likely = structs.replace(LIKELY, policy=NARROW)
    facts = [*OWN, policy(statement()), *way(path_of(PRIVATE, vpc=answers([likely])), PRIVATE)]
    finding = found(facts, ONLY_B)["endpoint-policy-may-deny"]
    assert "if requests go through it (inferred): no statement allows it." in finding.sentence
    assert finding.verdict is Verdict.UNKNOWN


def explained(path: NetworkPath, *facts: Fact) -> tuple[Evaluation, Layer]:
    """How a refused upload is evaluated, and what its layer of the endpoint policy says."""
    known = [*OWN, *facts, *way(path)]
    documents = Documents(endpoint=endpoint_document(Evidence(OBJECT, known, FROM_B)))
    evaluation = evaluated("s3:PutObject", known, documents=documents)
    (layer,) = [each for each in evaluation.layers if each.kind is LayerKind.ENDPOINT]
    return evaluation, layer


def test_a_denial_is_explained_by_the_endpoint_policy() -> None:
    evaluation, layer = explained(gateway(NARROW), policy(statement(Action="s3:PutObject")))
    assert layer.verdict is LayerVerdict.DOES_NOT_ALLOW
    assert evaluation.verdict is Verdict.DENIED
    assert evaluation.cause
    assert LayerKind.ENDPOINT in evaluation.cause.layers


@pytest.mark.parametrize(
    ("path", "verdict"),
    [
        (gateway(OPEN), LayerVerdict.ALLOWS),
        (path_of(), LayerVerdict.NOT_APPLICABLE),
        (gateway(), LayerVerdict.NOT_SEEN),
        (UNKNOWN_PATH, LayerVerdict.NOT_SEEN),
        (
            path_of(PRIVATE, vpc=answers([structs.replace(LIKELY, policy=NARROW)])),
            LayerVerdict.NOT_SEEN,
        ),
    ],
    ids=["open", "no endpoint", "not read", "not known", "only likely"],
)
def test_the_layer_of_the_endpoint_policy(path: NetworkPath, verdict: LayerVerdict) -> None:
    _, layer = explained(path, policy(statement(Action="s3:PutObject")))
    assert layer.verdict is verdict


def test_a_policy_of_garbage_decides_nothing() -> None:
    findings = found([*OWN, policy(statement()), *way(gateway("no policy")), REFUSED], ONLY_B)
    assert findings["endpoint-policy-may-deny"].verdict is Verdict.DENIED
