"""A whole policy, read for one identity and one request."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.inspection.people import (
    A_ACCOUNT,
    A_ROOT,
    ANALYTICS,
    B_ACCOUNT,
    B_ROOT,
    BUCKET_ARN,
    OBJECTS_ARN,
    document,
    statement,
)
from tui.inspection.callers import caller_of
from tui.inspection.policies import LIST_BUCKET, PUT_OBJECT, PolicyRequest, allowed_accounts, read_policy, resource_arn
from tui.inspection.request_context import KnownRequest, request_context_of
from tui.model.facts import Applies, Effect, StatementReading
from tui.model.location import Location

BOB = caller_of(ANALYTICS)
YES, NO, MAYBE = Applies.YES, Applies.NO, Applies.MAYBE
KEY = "incoming/report.csv"


def request(action: str = "s3:GetObject", resource: str = f"{BUCKET_ARN}/{KEY}") -> PolicyRequest:
    return PolicyRequest(BOB, action, resource, request_context_of(BOB, KnownRequest()))


def read_one(action: str = "s3:GetObject", resource: str = f"{BUCKET_ARN}/{KEY}", **elements: Any) -> StatementReading:
    (reading,) = read_policy(document(statement(**elements)), request(action, resource)).statements
    return reading


@pytest.mark.parametrize(
    ("elements", "applies"),
    [
        ({"Action": "s3:GetObject"}, YES),
        ({"Action": "S3:getobject"}, YES),
        ({"Action": ["s3:PutObject", "s3:Get*"]}, YES),
        ({"Action": "s3:Get?bject"}, YES),
        ({"Action": "s3:*"}, YES),
        ({"Action": "*"}, YES),
        ({"Action": "s3:GetObjectVersion"}, NO),
        ({"Action": None, "NotAction": "s3:Put*"}, YES),
        ({"Action": None, "NotAction": ["s3:GetObject"]}, NO),
        ({"Resource": f"{BUCKET_ARN}/{KEY}"}, YES),
        ({"Resource": "*"}, YES),
        ({"Resource": "arn:aws:s3:::*/*.csv"}, YES),
        ({"Resource": "arn:aws:s3:::asset?/*"}, YES),
        ({"Resource": "arn:aws-cn:s3:::assets/*"}, NO),
        ({"Resource": f"{BUCKET_ARN}/INCOMING/*"}, NO),
        ({"Resource": [BUCKET_ARN, OBJECTS_ARN]}, YES),
        ({"Resource": f"{BUCKET_ARN}/${{aws:username}}/*"}, NO),
        ({"Resource": f"{BUCKET_ARN}/${{aws:PrincipalTag/team}}/*"}, MAYBE),
        ({"Resource": None, "NotResource": f"{BUCKET_ARN}/incoming/*"}, NO),
        ({"Resource": None, "NotResource": f"{BUCKET_ARN}/secret/*"}, YES),
        ({"Principal": "*"}, YES),
        ({"Principal": None, "NotPrincipal": {"AWS": A_ROOT}}, YES),
    ],
)
def test_each_element(elements: dict[str, Any], applies: Applies) -> None:
    assert read_one(**elements).applies is applies


def test_the_reading_names_what_decides() -> None:
    assert read_one().why == "names the account 222222222222"
    assert read_one(Principal={"AWS": A_ROOT}).why == "names the account 111111111111"
    assert read_one(Action="s3:PutObject").why == "is not about s3:GetObject"
    assert read_one(Resource=f"{BUCKET_ARN}/other/*").why == "is about other resources"
    assert read_one(Resource=BUCKET_ARN).why == "names the bucket, not the objects in it"
    assert read_one(LIST_BUCKET, BUCKET_ARN, Action=LIST_BUCKET).why == "names objects, not the bucket itself"


def test_a_reading_keeps_sid_effect_and_condition_keys() -> None:
    conditions = {"StringEquals": {"aws:PrincipalOrgID": "o-1"}, "StringLike": {"aws:PrincipalOrgID": "o-*", "k": "v"}}
    reading = read_one(Sid=None, Effect="Deny", Condition=conditions)
    assert (reading.sid, reading.effect) == ("#1", Effect.DENY)
    assert [(one.operator, one.key) for one in reading.conditions] == [
        ("StringEquals", "aws:PrincipalOrgID"),
        ("StringLike", "aws:PrincipalOrgID"),
        ("StringLike", "k"),
    ]


def test_an_allow_does_not_reach_a_foreign_object_but_a_deny_does() -> None:
    text = document(statement(), statement(Sid="No", Effect="Deny"), statement(Sid="Other", Principal={"AWS": A_ROOT}))
    reading = read_policy(text, request(), covers_object=False)
    assert [one.applies for one in reading.statements] == [NO, YES, NO]
    assert "another account than the bucket" in reading.statements[0].why
    assert not reading.covers_object


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "cannot be read as JSON"),
        ("{", "cannot be read as JSON"),
        pytest.param("[" * 50_000, "cannot be read as JSON", id="deep"),
        ("[]", "not a JSON object"),
        ("3", "not a JSON object"),
        ('{"Statement": "x"}', "no list of statements"),
        ('{"Statement": [3]}', "statement #1 is not a JSON object"),
        (document(statement(Effect="Maybe")), "an Effect that is neither Allow nor Deny"),
        (document(statement(Principal=None)), "has no Principal"),
        (document(statement(Principal=["x"])), "neither * nor a JSON object"),
        (document(statement(Action=None)), "has no Action"),
        (document(statement(Resource=None)), "has no Resource"),
        (document(statement(Resource={"x": 1})), "not a string, number or boolean"),
        (document(statement(Condition=[])), "a Condition that is not a JSON object"),
        (document(statement(Condition={"Bool": "x"})), "operator Bool without keys"),
    ],
)
def test_what_cannot_be_read_is_said(text: str, says: str) -> None:
    reading = read_policy(text, request())
    assert says in reading.problem
    assert reading.statements == []


def test_the_other_statements_of_a_broken_policy_are_read() -> None:
    reading = read_policy(document(statement(Effect="Perhaps"), statement()), request())
    assert reading.problem == "statement #1 has an Effect that is neither Allow nor Deny"
    assert [one.applies for one in reading.statements] == [YES]


def test_a_single_statement_needs_no_list() -> None:
    assert read_policy(json.dumps({"Statement": statement()}), request()).statements[0].applies is YES


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.sampled_from(["*", "Allow", "${", "${aws:username}"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["AWS", "Bool", "Null", "IpAddress", "aws:SourceIp", "DateLessThan", "aws:CurrentTime"])
            | st.text(max_size=4),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)
ELEMENTS = st.sampled_from(
    ["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"]
)


@given(st.dictionaries(ELEMENTS, JSON, max_size=7))
def test_no_document_makes_it_raise(odd: dict[str, Any]) -> None:
    for text in (json.dumps({"Statement": [statement() | odd]}), json.dumps({"Statement": [odd]}), json.dumps(odd)):
        read_policy(text, request())


@given(st.text(max_size=60))
def test_no_text_makes_it_raise(text: str) -> None:
    assert read_policy(text, request()).statements == []


def test_arns_follow_the_partition() -> None:
    assert resource_arn(Location("assets")) == "arn:aws:s3:::assets"
    assert resource_arn(Location("assets", "a b"), "aws-us-gov") == "arn:aws-us-gov:s3:::assets/a b"


@pytest.mark.parametrize(
    ("resource", "below", "reached"),
    [
        (f"{BUCKET_ARN}/incoming/*", f"{BUCKET_ARN}/", True),
        (f"{BUCKET_ARN}/incoming/*", f"{BUCKET_ARN}/incoming/2026/", True),
        (f"{BUCKET_ARN}/incoming/*", f"{BUCKET_ARN}/video/", False),
        (f"{BUCKET_ARN}/${{aws:username}}/*", f"{BUCKET_ARN}/incoming/", True),
        (BUCKET_ARN, f"{BUCKET_ARN}/", False),
    ],
)
def test_who_may_write_below(resource: str, below: str, reached: bool) -> None:
    text = document(statement(Action=PUT_OBJECT, Resource=resource))
    assert allowed_accounts(text, PUT_OBJECT, below) == ([B_ACCOUNT] if reached else [])


def test_accounts_are_named_once_and_only_by_allows_of_the_action() -> None:
    text = document(
        statement(Action="s3:Put*", Principal={"AWS": [B_ROOT, f"arn:aws:iam::{B_ACCOUNT}:user/bob"]}),
        statement(Action="s3:PutObject", Principal="*"),
        statement(Action="s3:PutObject", Effect="Deny", Principal={"AWS": A_ACCOUNT}),
        statement(Action="s3:GetObject", Principal={"AWS": A_ACCOUNT}),
        statement(Action="s3:PutObject", Principal={"Service": "logging.s3.amazonaws.com"}),
    )
    assert allowed_accounts(text, PUT_OBJECT, f"{BUCKET_ARN}/") == [B_ACCOUNT, "*"]
