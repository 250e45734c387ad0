"""Conditions, judged by what is known of a request."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.unit.inspection.people import ANALYTICS, FROM_B, OBJECT, ROLE, document, policy, statement
from tui.inspection.callers import Caller, caller_of
from tui.inspection.conditions import judge_conditions
from tui.inspection.evidence import Evidence
from tui.inspection.judgement import Judgement
from tui.inspection.request_context import KnownRequest, RequestContext, request_context_of
from tui.inspection.statements import parse_document
from tui.model.facts import Applies
from tui.model.identity import EndpointSource
from tui.model.network.endpoint import EffectiveEndpoint, Reach

YES, NO, MAYBE = Applies.YES, Applies.NO, Applies.MAYBE
NOVEMBER = 1_795_500_000.0
VPCE = "https://bucket.vpce-0a1b2c3d-4e5f6a7b.s3.eu-west-1.vpce.amazonaws.com"


def way(url: str, reach: Reach, region: str = "eu-west-1") -> EffectiveEndpoint:
    return EffectiveEndpoint(url, region, EndpointSource.RULES, "", reach)


PUBLIC = KnownRequest(
    endpoint=way("https://assets.s3.eu-west-1.amazonaws.com", Reach.PUBLIC),
    tags=[("project", "launch")],
    resource_account="111111111111",
    now=NOVEMBER,
)
INTERFACE = KnownRequest(endpoint=way(VPCE, Reach.PRIVATE))
PRIVATE = KnownRequest(endpoint=way("https://assets.s3.eu-west-1.amazonaws.com", Reach.PRIVATE))
LOOPBACK = KnownRequest(endpoint=way("http://127.0.0.1:5000", Reach.LOOPBACK))


def judge(
    conditions: dict[str, Any],
    known: KnownRequest = PUBLIC,
    caller: Caller | None = None,
    version: str = "2012-10-17",
) -> Judgement:
    (parsed,) = parse_document(document(statement(Condition=conditions), version=version)).statements
    caller = caller or caller_of(ANALYTICS)
    return judge_conditions(parsed, request_context_of(caller, known))


@pytest.mark.parametrize(
    ("operator", "key", "wanted", "applies"),
    [
        ("StringEquals", "aws:PrincipalAccount", "222222222222", YES),
        ("StringEquals", "aws:principalaccount", ["1", "222222222222"], YES),
        ("StringEquals", "aws:PrincipalAccount", "111111111111", NO),
        ("StringNotEquals", "aws:PrincipalAccount", "222222222222", NO),
        ("StringNotEquals", "aws:PrincipalAccount", ["1", "2"], YES),
        ("StringEquals", "aws:PrincipalOrgID", "o-abc", MAYBE),
        ("StringEqualsIfExists", "aws:PrincipalOrgID", "o-abc", MAYBE),
        ("StringEqualsIgnoreCase", "aws:RequestedRegion", "EU-WEST-1", YES),
        ("StringLike", "aws:RequestedRegion", "eu-*", YES),
        ("StringNotLike", "aws:RequestedRegion", "eu-*", NO),
        ("ArnLike", "aws:PrincipalArn", "arn:aws:iam::222222222222:user/*", YES),
        ("ArnNotEquals", "aws:PrincipalArn", "arn:aws:iam::222222222222:user/*", NO),
        ("StringEquals", "aws:username", "bob", YES),
        ("Bool", "aws:SecureTransport", True, YES),
        ("Bool", "aws:SecureTransport", "false", NO),
        ("BoolIfExists", "aws:MultiFactorAuthPresent", "true", MAYBE),
        ("StringEquals", "s3:x-amz-acl", "bucket-owner-full-control", NO),
        ("StringNotEquals", "s3:x-amz-acl", "bucket-owner-full-control", YES),
        ("StringEqualsIfExists", "s3:x-amz-acl", "bucket-owner-full-control", YES),
        ("Null", "s3:x-amz-acl", "true", YES),
        ("Null", "s3:x-amz-acl", "false", NO),
        ("Null", "aws:SourceVpce", "false", MAYBE),
        ("StringEquals", "aws:ResourceAccount", "111111111111", YES),
        ("StringEquals", "s3:ExistingObjectTag/project", "launch", YES),
        ("StringEquals", "s3:ExistingObjectTag/other", "launch", NO),
        ("ForAllValues:StringEquals", "s3:x-amz-grant-read", "x", YES),
        ("ForAnyValue:StringEquals", "aws:PrincipalAccount", ["1", "222222222222"], YES),
        ("DateLessThan", "aws:CurrentTime", "2025-01-01T00:00:00Z", NO),
        ("DateGreaterThan", "aws:CurrentTime", "2025-01-01T00:00:00Z", YES),
        ("DateLessThan", "aws:CurrentTime", "next week", NO),
        ("NumericLessThanEquals", "aws:EpochTime", 1, NO),
        ("NumericGreaterThan", "aws:EpochTime", 1, YES),
        ("NumericNotEquals", "aws:EpochTime", 1, YES),
        ("IpAddress", "aws:SourceIp", "203.0.113.0/24", MAYBE),
        ("FancyNewOperator", "aws:SourceIp", "x", MAYBE),
    ],
)
def test_each_operator(operator: str, key: str, wanted: object, applies: Applies) -> None:
    assert judge({operator: {key: wanted}}).applies is applies


OFFICE = {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
NOT_OFFICE = {"NotIpAddress": {"aws:SourceIp": ["203.0.113.0/24", "198.51.100.7"]}}


@pytest.mark.parametrize(
    ("known", "conditions", "applies", "why"),
    [
        (PUBLIC, OFFICE, MAYBE, "needs aws:SourceIp 203.0.113.0/24 (this machine's public IP"),
        (INTERFACE, OFFICE, NO, "requests from here have none"),
        (INTERFACE, NOT_OFFICE, YES, ""),
        (PRIVATE, OFFICE, MAYBE, "through a VPC endpoint S3 sees no source IP"),
        (LOOPBACK, OFFICE, NO, "here it is 127.0.0.1"),
        (LOOPBACK, {"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}, YES, ""),
        (LOOPBACK, NOT_OFFICE, YES, ""),
        (LOOPBACK, {"IpAddress": {"aws:SourceIp": "not a network"}}, NO, "needs aws:SourceIp not a network"),
        (PUBLIC, NOT_OFFICE, MAYBE, "needs aws:SourceIp other than 203.0.113.0/24 or 198.51.100.7"),
        (INTERFACE, {"StringEquals": {"aws:SourceVpce": "vpce-0a1b2c3d"}}, YES, ""),
        (INTERFACE, {"StringEquals": {"aws:SourceVpce": "vpce-other"}}, NO, "here it is vpce-0a1b2c3d"),
        (
            PUBLIC,
            {"StringEquals": {"aws:SourceVpce": "vpce-1"}},
            MAYBE,
            "a gateway endpoint cannot be detected from here",
        ),
        (LOOPBACK, {"StringEquals": {"aws:SourceVpce": "vpce-1"}}, NO, "have none"),
        (LOOPBACK, {"Bool": {"aws:SecureTransport": "true"}}, NO, "here it is false"),
    ],
)
def test_the_way_decides_about_addresses(
    known: KnownRequest, conditions: dict[str, Any], applies: Applies, why: str
) -> None:
    judgement = judge(conditions, known)
    assert judgement.applies is applies
    assert why in judgement.why


def test_before_the_endpoint_is_known_nothing_is_decided_about_it() -> None:
    for conditions in (OFFICE, {"Bool": {"aws:SecureTransport": "true"}}):
        assert judge(conditions, KnownRequest()).applies is MAYBE


def test_all_conditions_must_hold_and_the_failing_one_is_named() -> None:
    judgement = judge({**OFFICE, "StringEquals": {"aws:PrincipalAccount": "3", "aws:RequestedRegion": "eu-west-1"}})
    assert judgement == Judgement(NO, "needs aws:PrincipalAccount 3; here it is 222222222222")


def test_doubts_are_all_named() -> None:
    judgement = judge({"StringEquals": {"aws:PrincipalOrgID": "o-abc", "aws:PrincipalTag/team": "x"}})
    assert judgement == Judgement(MAYBE, "needs aws:PrincipalOrgID o-abc; needs aws:PrincipalTag/team x")


@pytest.mark.parametrize(
    ("wanted", "version", "applies"),
    [
        ("${aws:username}", "2012-10-17", YES),
        ("${aws:username}", "2008-10-17", NO),
        ("${aws:PrincipalTag/name}", "2012-10-17", MAYBE),
        ("${aws:referer}", "2012-10-17", NO),
    ],
)
def test_variables_in_conditions(wanted: str, version: str, applies: Applies) -> None:
    assert judge({"StringEquals": {"aws:username": wanted}}, version=version).applies is applies


def test_an_unknown_variable_leaves_a_negated_condition_open() -> None:
    assert judge({"StringNotEquals": {"aws:username": ["${aws:PrincipalTag/name}"]}}).applies is MAYBE
    assert judge({"StringNotEquals": {"aws:username": ["bob", "${aws:PrincipalTag/name}"]}}).applies is NO


def test_a_role_session_matches_by_its_role() -> None:
    wanted = {"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::111111111111:role/partner-read"}}
    assert judge(wanted, caller=caller_of(ROLE)).applies is YES
    assert judge(wanted).applies is NO


def test_an_anonymous_caller_has_no_account() -> None:
    anonymous = Caller(anonymous=True)
    assert judge({"StringEquals": {"aws:PrincipalAccount": "222222222222"}}, caller=anonymous).applies is NO
    assert judge({"StringEquals": {"aws:PrincipalType": "Anonymous"}}, caller=anonymous).applies is YES
    assert judge({"StringEquals": {"s3:authType": "REST-HEADER"}}, caller=anonymous).applies is NO


def test_listings_carry_their_prefix() -> None:
    known = KnownRequest(listed_prefix="incoming/2026/")
    assert judge({"StringLike": {"s3:prefix": "incoming/*"}}, known).applies is YES
    assert judge({"StringEquals": {"s3:prefix": ["", "home/"]}}, known).applies is NO


def test_a_write_may_carry_what_a_read_never_does() -> None:
    wanted = {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}}
    assert judge(wanted, KnownRequest(writes=True)).applies is MAYBE


def test_conditions_are_kept_as_written() -> None:
    (parsed,) = parse_document(
        json.dumps({"Statement": statement(Condition={"Bool": {"k": [True, "x", 3]}})})
    ).statements
    assert [(one.operator, one.key, one.wanted) for one in parsed.conditions] == [("Bool", "k", ["true", "x", "3"])]


@pytest.mark.parametrize(
    ("operator", "wanted", "values", "applies"),
    [
        ("ForAllValues:StringEquals", ["a", "b"], ("a", "b"), YES),
        ("ForAllValues:StringEquals", ["a"], ("a", "b"), NO),
        ("ForAnyValue:StringEquals", ["a"], ("a", "b"), YES),
        ("ForAnyValue:StringEquals", ["c"], ("a", "b"), NO),
        ("ForAnyValue:StringNotEquals", ["a"], ("a", "b"), YES),
        ("ForAllValues:StringNotEquals", ["a"], ("a", "b"), NO),
        ("ForAllValues:StringEquals", ["a"], (), YES),
        ("ForAnyValue:StringEquals", ["a"], (), NO),
        ("ForAnyValue:StringNotEquals", ["a"], (), NO),
    ],
)
def test_quantifiers(operator: str, wanted: list[str], values: tuple[str, ...], applies: Applies) -> None:
    (parsed,) = parse_document(document(statement(Condition={operator: {"k": wanted}}))).statements
    assert judge_conditions(parsed, RequestContext({"k": values})).applies is applies


@pytest.mark.parametrize(("action", "applies"), [("s3:GetObject", NO), ("s3:GetObjectVersion", MAYBE)])
def test_a_request_for_a_version_may_be_for_the_one_that_is_meant(action: str, applies: Applies) -> None:
    """Service authorization reference, "Actions, resources, and condition keys for Amazon S3": s3:VersionId."""
    only = statement(Action=action, Condition={"StringEquals": {"s3:VersionId": "v1"}})
    reading = Evidence(OBJECT, [policy(only)], FROM_B).reading(FROM_B.mine, action)
    assert reading is not None
    assert reading.statements[0].applies is applies


@pytest.mark.parametrize(
    ("operator", "applies"), [("StringEqualsIfExists", NO), ("StringEquals", NO), ("StringNotEquals", YES)]
)
def test_unsigned_requests_have_an_account_of_their_own(operator: str, applies: Applies) -> None:
    """IAM user guide, "AWS global condition context keys": aws:PrincipalAccount is always included."""
    condition = {operator: {"aws:PrincipalAccount": "111111111111"}}
    assert judge(condition, caller=Caller(anonymous=True)).applies is applies
