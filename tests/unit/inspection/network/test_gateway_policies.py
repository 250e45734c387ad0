"""The policy of a gateway endpoint, which takes ``*`` alone as Principal."""

from __future__ import annotations

import json

import pytest
from msgspec import structs

from tests.unit.inspection.network.paths import (
    GATEWAY,
    INTERFACE,
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
    ANALYTICS,
    B_ROOT,
    FROM_B,
    OBJECT,
    ONLY_B,
    absent,
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
from tui.model.access.evaluation import Evaluation, LayerKind, LayerVerdict
from tui.model.access.policy_edit import PolicyKind
from tui.model.facts import Fact, FactName, Verdict
from tui.model.network.endpoint import Reach
from tui.model.network.path import NetworkPath

PRIVATE = used(address="10.0.1.20:443", reach=Reach.PRIVATE)
OF_B = document({"Effect": "Allow", "Principal": {"AWS": B_ROOT}, "Action": "*", "Resource": "*"})
OF_BOB = document({"Effect": "Allow", "Principal": {"AWS": ANALYTICS.arn}, "Action": "*", "Resource": "*"})


def gateway(text: str) -> NetworkPath:
    endpoint = structs.replace(GATEWAY, policy=text, account="111111111111")
    return path_of(vpc=answers([endpoint], table(TO_INTERNET, TO_GATEWAY), S3_PREFIXES))


def interface(text: str) -> NetworkPath:
    return path_of(PRIVATE, vpc=answers([structs.replace(INTERFACE, policy=text)]))


def facts(path: NetworkPath) -> list[Fact]:
    way = [known(FactName.ENDPOINT, used(), "analytics"), known(FactName.NETWORK_PATH, path, "analytics")]
    return [*owners(of_object=A_OWNER), policy(statement(Action="s3:*")), *way, absent(FactName.PUBLIC_ACCESS)]


def explained(path: NetworkPath) -> tuple[Evaluation, LayerVerdict]:
    """How a refused upload is evaluated, and what the endpoint policy says."""
    known = facts(path)
    documents = Documents(endpoint=endpoint_document(Evidence(OBJECT, known, FROM_B)))
    evaluation = evaluated("s3:PutObject", known, documents=documents)
    (verdict,) = [each.verdict for each in evaluation.layers if each.kind is LayerKind.ENDPOINT]
    return evaluation, verdict


@pytest.mark.parametrize(("text", "verdict"), [(OF_B, LayerVerdict.DOES_NOT_ALLOW), (OF_BOB, LayerVerdict.NOT_KNOWN)])
def test_the_policy_of_a_gateway_endpoint_names_no_principals(text: str, verdict: LayerVerdict) -> None:
    """An account there is its root user alone, and no other principal but ``*`` is provided for."""
    evaluation, seen = explained(gateway(text))
    assert seen is verdict
    edits = [one.edit for one in evaluation.remedies if one.edit and one.edit.kind is PolicyKind.ENDPOINT_POLICY]
    assert [json.loads(edit.statement_json)["Principal"] for edit in edits] == [{"AWS": "*"}]
    assert explained(interface(text))[1] is LayerVerdict.ALLOWS


def test_a_gateway_whose_policy_names_the_account_keeps_its_users_out() -> None:
    finding = found(facts(gateway(OF_B)), ONLY_B)["endpoint-policy-denies"]
    assert finding.verdict is Verdict.DENIED
