"""An object encrypted with aws/s3, which S3 names by its id as any other key: KMS tells that AWS manages it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.inspection.people import (
    A_ACCOUNT,
    A_OWNER,
    FROM_B,
    OBJECT,
    absent,
    document,
    evaluated,
    owners,
    ownership,
    policy,
    statement,
    text,
)
from tui.accounts.control_plane import ControlPlane
from tui.inspection.evaluation.documents import Documents, Policies, PolicyText
from tui.inspection.evaluation.evaluate import evaluate
from tui.inspection.evaluation.gather_documents import gather_documents
from tui.inspection.evidence import Evidence
from tui.model.access.evaluation import LayerKind
from tui.model.access.policy_edit import PolicyKind
from tui.model.facts import FactName, Verdict
from tui.model.problem import Problem, ProblemError, ProblemKind

KEY = f"arn:aws:kms:us-east-1:{A_ACCOUNT}:key/one"
FACTS = [
    *owners(A_OWNER),
    ownership("BucketOwnerEnforced"),
    absent(FactName.PUBLIC_ACCESS),
    policy(statement()),
    text(FactName.ENCRYPTION, f"aws:kms {KEY}"),
]
BY_ACCOUNT = {
    "Sid": "Allow access through S3",
    "Effect": "Allow",
    "Principal": {"AWS": "*"},
    "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
    "Resource": "*",
    "Condition": {"StringEquals": {"kms:CallerAccount": A_ACCOUNT}},
}
OF_AWS = PolicyText(PolicyKind.KEY_POLICY, A_ACCOUNT, KEY, document(BY_ACCOUNT), "", "GetKeyPolicy", "media-prod")
MINE = statement(Sid="Mine", Principal=None, Action=["s3:GetObject", "kms:Decrypt"], Resource="*")
OWN = Policies((PolicyText(PolicyKind.USER_POLICY, "222222222222", "bob", document(MINE), "mine"),))


def test_nobody_can_change_the_policy_of_a_key_that_aws_manages() -> None:
    documents = Documents(OWN, None, None, None, OF_AWS, managed_key=True, account_block=None)
    seen = evaluated("s3:GetObject", FACTS, documents=documents)
    assert seen.cause is not None
    assert (seen.verdict, seen.cause.layers) == (Verdict.DENIED, [LayerKind.KEY])
    (remedy,) = seen.remedies
    assert remedy.edit is None
    assert remedy.sentence.endswith("encrypt the object with a customer managed KMS key.")


class Kms(ControlPlane):
    """Knows one key, and refuses everything else."""

    def __init__(self, manager: str) -> None:
        self._manager = manager

    async def read(self, *arguments: Any, **_parameters: Any) -> Any:
        match arguments[2]:
            case "GetKeyPolicy":
                return {"Policy": OF_AWS.text}
            case "DescribeKey":
                return {"KeyMetadata": {"Arn": KEY, "KeyManager": self._manager}}
        raise ProblemError(Problem(ProblemKind.DENIED, "denied"))


@pytest.mark.parametrize("manager", ["AWS", "CUSTOMER"])
async def test_kms_tells_who_manages_a_key(manager: str) -> None:
    found = await gather_documents(Kms(manager), Evidence(OBJECT, FACTS, FROM_B), FROM_B.mine, "s3:GetObject")
    assert isinstance(found.key, PolicyText)
    assert found.managed_key is (manager == "AWS")


@pytest.mark.parametrize(("managed", "verdict"), [(False, Verdict.UNKNOWN), (True, Verdict.DENIED)])
def test_a_grant_may_allow_what_a_key_policy_does_not(managed: bool, verdict: Verdict) -> None:
    documents = Documents(OWN, None, None, None, OF_AWS, managed_key=managed, account_block=None)
    seen = evaluate(Evidence(OBJECT, FACTS, FROM_B), FROM_B.mine, "s3:GetObject", documents)
    assert seen.cause is not None
    assert (seen.verdict, seen.cause.certain) == (verdict, managed)
    assert [one for one in seen.notes if "Grants on the key are not read" in one] == seen.notes
    assert bool(seen.notes) is not managed
