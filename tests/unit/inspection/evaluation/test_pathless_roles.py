"""Remedies for a session of a role whose path nobody here knows: no ARN names it, a condition does."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.unit.inspection.people import (
    A_OWNER,
    B_ACCOUNT,
    B_OWNER,
    B_ROOT,
    BOOK,
    MEDIA,
    absent,
    evaluated,
    identity,
    owners,
    ownership,
    policy,
    statement,
)
from tui.inspection.context import Context
from tui.inspection.evaluation.documents import Documents, Policies
from tui.inspection.policies import PolicyRequest, read_policy
from tui.inspection.request_context import KnownRequest, request_context_of
from tui.model.access.policy_edit import PolicyEdit, PolicyKind
from tui.model.facts import Applies, Fact, FactName

NAME = "AWSReservedSSO_Readers_0a1b2c"
SSO = identity("analytics", B_ACCOUNT, f"assumed-role/{NAME}/ann@example.com", B_OWNER, "sts")
CONTEXT = Context(SSO, MEDIA, BOOK)
FACTS = [*owners(A_OWNER), ownership("BucketOwnerEnforced"), absent(FactName.PUBLIC_ACCESS)]
RESERVED = f"arn:aws:iam::{B_ACCOUNT}:role/aws-reserved/sso.amazonaws.com"


def of_bucket(facts: list[Fact]) -> PolicyEdit:
    documents = Documents(Policies(), None, None, None, None, account_block=None)
    edits = [one.edit for one in evaluated("s3:GetObject", facts, CONTEXT, documents).remedies]
    (found,) = [one for one in edits if one and one.kind is PolicyKind.BUCKET_POLICY]
    return found


def allows(edit: PolicyEdit, arn: str) -> bool:
    """Whether the statement of a remedy lets a role with that ARN in, once it is known."""
    caller = CONTEXT.caller(SSO)
    context = request_context_of(caller, KnownRequest())
    context.values["aws:principalarn"] = (arn,)  # type: ignore[index]  # a dict, as it was made
    text = json.dumps({"Version": "2012-10-17", "Statement": json.loads(edit.statement_json)})
    request = PolicyRequest(caller, "s3:GetObject", "arn:aws:s3:::assets/incoming/report.csv", context)
    return read_policy(text, request).statements[0].applies is Applies.YES


@pytest.mark.parametrize(
    "facts",
    [
        [*FACTS, absent(FactName.POLICY)],
        [*FACTS, policy(statement(Principal={"AWS": "333333333333"}))],
    ],
    ids=["a new statement", "a statement that names others"],
)
def test_a_permission_set_is_named_by_a_condition(facts: list[Fact]) -> None:
    edit = of_bucket(facts)
    made: dict[str, Any] = json.loads(edit.statement_json)
    assert made["Principal"] == {"AWS": B_ROOT}
    assert (edit.replaces_sid, list(made["Condition"])) == ("", ["ArnLike"])
    assert allows(edit, f"{RESERVED}/{NAME}")
    assert allows(edit, f"{RESERVED}/eu-west-1/{NAME}")
    assert not allows(edit, f"{RESERVED}/eu-west-1/AWSReservedSSO_Admins_0a1b2c")
    assert not allows(edit, f"arn:aws:iam::{B_ACCOUNT}:role/other")
