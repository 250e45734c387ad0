"""Policies, read for one identity and one request; and which lifecycle rule applies, and when it does what."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from tests.policies.people import (
    A_ACCOUNT,
    A_ROOT,
    ANALYTICS,
    B_ACCOUNT,
    B_OWNER,
    B_ROOT,
    BUCKET_ARN,
    FROM_B,
    MEDIA,
    OBJECT,
    OBJECTS_ARN,
    PATHLESS,
    ROLE,
    ROLE_ARN,
    STRANGER,
    document,
    policy,
    statement,
)
from tui.core.facts import (
    Applies,
    Effect,
    LifecycleAction,
    LifecycleRule,
    LifecycleRules,
    LifecycleStep,
    RuleReading,
    StatementReading,
)
from tui.core.identity import AuthMethod, EndpointSource, Identity, IdentitySpec, RoleSpec
from tui.core.location import Location
from tui.core.network import AddressScope, EffectiveEndpoint
from tui.features.inspect.lifecycle import SMALL, Subject, read_lifecycle
from tui.policies.bucket_policy import (
    LIST_BUCKET,
    PUT_OBJECT,
    PolicyRequest,
    allowed_accounts,
    read_policy,
    resource_arn,
)
from tui.policies.conditions import judge_conditions
from tui.policies.evidence import Evidence
from tui.policies.principals import judge_principals, named_account
from tui.policies.request_context import (
    Caller,
    KnownRequest,
    RequestContext,
    Unresolved,
    caller_of,
    expand,
    fits,
    fits_arn,
    plain,
    request_context_of,
    wild,
)
from tui.policies.statements import Judgement, PrincipalElement, parse_document


@given(st.text("ab*?", max_size=12), st.text("ab\n", max_size=12))
def test_fits_like_the_regular_expression(pattern: str, text: str) -> None:
    expression = "".join({"*": ".*", "?": "."}.get(letter) or re.escape(letter) for letter in pattern)
    assert fits(wild(pattern), text) == (re.fullmatch(expression, text, re.DOTALL) is not None)


def test_a_wildcard_stays_in_its_field_of_an_arn() -> None:
    one = "arn:aws:iam::123:role/x"
    fitting = {"arn:aws:iam::*:role/x": True, "arn:aws:iam::123:role/*": True, "arn:aws:*:role/x": False, "*": False}
    assert {pattern: fits_arn(wild(pattern), one) for pattern in fitting} == fitting
    assert fits_arn(wild("arn:aws:iam::1:role/*"), "arn:aws:iam::1:role/x:y/z")
    assert not fits(wild("*a" * 200), "a" * 199 + "b" * 800), "in no exponential time"


def test_variables_take_the_values_of_the_request() -> None:
    here = RequestContext({"aws:username": ("bob*",)})
    pattern = expand("home/${aws:UserName}/*", here, wildcards=True)
    assert not isinstance(pattern, Unresolved)
    assert fits(pattern, "home/bob*/x")
    assert not fits(pattern, "home/bobby/x")
    resolved = {"${*}${?}${$}": "*?$", "a${aws:username, 'nobody'}b": "anobodyb", "no variable": "no variable"}
    nobody = RequestContext({"aws:username": ()})
    assert [expand(text, nobody, wildcards=True) for text in resolved] == [plain(meant) for meant in resolved.values()]
    for request, absent in ((nobody, True), (RequestContext(), False)):
        assert expand("${aws:username}", request, wildcards=False) == Unresolved("aws:username", absent=absent)


# Whom a statement names.
BOB, DEPLOY, SESSION, UNNAMED = caller_of(ANALYTICS), caller_of(MEDIA), caller_of(ROLE), caller_of(PATHLESS)
ANONYMOUS, NOBODY_KNOWN = Caller(anonymous=True), Caller()
YES, NO, MAYBE = Applies.YES, Applies.NO, Applies.MAYBE

ACCOUNT_ROLES = "arn:aws:iam::111111111111:role/"


def with_role(arn: str) -> Identity:
    return structs.replace(PATHLESS, spec=IdentitySpec("bob", roles=(RoleSpec(arn),)))


ANOTHER = "another principal of the account"
ONE_PRINCIPAL = [
    ("AWS", "*", BOB, YES, "everyone"),
    ("AWS", "*", ANONYMOUS, YES, "everyone"),
    ("AWS", B_ACCOUNT, BOB, YES, "the account 222222222222"),
    ("AWS", B_ROOT, BOB, YES, "the account 222222222222"),
    ("AWS", A_ROOT, BOB, NO, "the account 111111111111"),
    ("AWS", B_ROOT, ANONYMOUS, NO, "anonymous"),
    ("AWS", B_ROOT, NOBODY_KNOWN, MAYBE, "not known"),
    ("AWS", "arn:aws-cn:iam::222222222222:user/bob", BOB, NO, "another principal"),
    ("AWS", ANALYTICS.arn, BOB, YES, "this identity"),
    ("AWS", "arn:aws:iam::222222222222:user/team/bob", BOB, NO, ANOTHER),
    ("AWS", "arn:aws:iam::222222222222:user/b*", BOB, NO, ANOTHER),
    ("AWS", "arn:aws:iam::111111111111:user/bob", BOB, NO, "another account's principal"),
    ("AWS", ANALYTICS.arn, NOBODY_KNOWN, MAYBE, "ARN is not known"),
    ("AWS", ANALYTICS.arn, Caller(account="111111111111"), NO, "another account's"),
    ("AWS", ROLE_ARN, SESSION, YES, "the role of this session"),
    ("AWS", f"{ACCOUNT_ROLES}some/path/partner-read", UNNAMED, YES, "the role of this session"),
    ("AWS", f"{ACCOUNT_ROLES}some/path/partner-read", SESSION, NO, ANOTHER),
    ("AWS", f"{ACCOUNT_ROLES}partner", SESSION, NO, ANOTHER),
    ("AWS", "arn:aws-cn:iam::111111111111:role/partner-read", SESSION, NO, "another principal"),
    ("AWS", "arn:aws:sts::111111111111:assumed-role/partner-read/session", SESSION, YES, "this identity"),
    ("AWS", "arn:aws:sts::111111111111:assumed-role/partner-read/other", SESSION, NO, "another principal"),
    ("AWS", ROLE_ARN, DEPLOY, NO, ANOTHER),
    ("AWS", "AROAEXAMPLEEXAMPLE123", SESSION, NO, "deleted"),
    ("CanonicalUser", B_OWNER.id, BOB, YES, "canonical id"),
    ("CanonicalUser", STRANGER.id, BOB, NO, "another account"),
    ("CanonicalUser", B_OWNER.id, Caller(account=B_ACCOUNT), MAYBE, "not known"),
    ("CanonicalUser", B_OWNER.id, ANONYMOUS, NO, "anonymous"),
    ("Service", "cloudfront.amazonaws.com", BOB, NO, "the service cloudfront.amazonaws.com"),
    ("Federated", "accounts.example", BOB, NO, "the identity provider accounts.example"),
    ("Moon", "x", BOB, NO, "unknown type Moon"),
]


def test_one_principal() -> None:
    judged = [
        judge_principals(PrincipalElement([(kind, name)]), one, Effect.ALLOW) for kind, name, one, *_ in ONE_PRINCIPAL
    ]
    rows = list(zip(judged, ONE_PRINCIPAL, strict=True))
    assert [row for found, row in rows if found.applies is not row[3] or row[4] not in found.why] == []
    named = PrincipalElement([("Service", "logging.s3.amazonaws.com"), ("AWS", A_ROOT), ("AWS", B_ROOT)])
    assert judge_principals(named, BOB, Effect.ALLOW).applies is YES


def test_not_principal() -> None:
    """Everyone who has a permissions boundary is denied; of an unknown identity it cannot be told."""
    alice = "arn:aws:iam::222222222222:user/alice"
    for names, effect, applies in (
        ([A_ROOT], Effect.DENY, YES),
        ([B_ROOT], Effect.DENY, NO),
        (["*"], Effect.DENY, NO),
        ([ANALYTICS.arn], Effect.DENY, MAYBE),
        ([ANALYTICS.arn, B_ROOT], Effect.DENY, NO),
        ([ANALYTICS.arn], Effect.ALLOW, NO),
        ([alice, B_ROOT], Effect.DENY, MAYBE),
        ([alice, B_ROOT], Effect.ALLOW, NO),
    ):
        named = PrincipalElement([("AWS", name) for name in names], inverted=True)
        assert judge_principals(named, BOB, effect).applies is applies, names
    spared = PrincipalElement([("AWS", BOB.arn), ("AWS", B_ROOT)], inverted=True)
    assert judge_principals(spared, replace(BOB, bounded=True), Effect.DENY).applies is YES
    assert (
        judge_principals(PrincipalElement([("AWS", "*")], True), replace(BOB, bounded=True), Effect.DENY).applies is NO
    )
    assert (
        judge_principals(PrincipalElement([("AWS", B_ROOT)], inverted=True), NOBODY_KNOWN, Effect.DENY).applies is MAYBE
    )
    accounts = {B_ACCOUNT: B_ACCOUNT, B_ROOT: B_ACCOUNT, ANALYTICS.arn: B_ACCOUNT, "AIDAEXAMPLEEXAMPLE123": "", "*": ""}
    assert {name: named_account(name) for name in accounts} == accounts


def test_a_session_is_its_role_in_conditions_but_a_single_sign_on_role_has_an_unknown_path() -> None:
    sso = Caller(arn="arn:aws:sts::111111111111:assumed-role/AWSReservedSSO_Admin_0a1b/ann@example.com")
    assert SESSION.principal_arn == ROLE_ARN
    assert (BOB.principal_arn, BOB.user_name, BOB.principal_type) == (ANALYTICS.arn, "bob", "User")
    assert sso.principal_arn == ""
    assert sso.principal_type == "AssumedRole"
    assert sso.is_role("arn:aws:iam::111111111111:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_0a1b")


def test_the_path_of_a_role_is_known_by_the_arn_it_was_assumed_by() -> None:
    for identity, arn in (
        (ROLE, ROLE_ARN),
        (structs.replace(PATHLESS, method=AuthMethod.ROLE, detail=f"{ROLE_ARN} from bob"), ROLE_ARN),
        (structs.replace(PATHLESS, method=AuthMethod.WEB_IDENTITY, detail=ROLE_ARN), ROLE_ARN),
        (with_role(f"{ACCOUNT_ROLES}team/partner-read"), f"{ACCOUNT_ROLES}team/partner-read"),
        (with_role("arn:aws:iam::111111111111:role/another"), ""),
        (PATHLESS, ""),
        (structs.replace(PATHLESS, method=AuthMethod.PROCESS, detail=ROLE_ARN), ""),
    ):
        assert caller_of(identity).principal_arn == arn
        assert bool(caller_of(identity).principal_shapes) is not bool(arn)


def test_a_role_whose_path_is_not_known_is_judged_by_what_is_so_for_every_path() -> None:
    for operator, wanted, applies in (
        ("ArnEquals", "partner-read", MAYBE),
        ("ArnNotEquals", "partner-read", MAYBE),
        ("StringEquals", "team/partner-read", MAYBE),
        ("StringLike", "team/*", MAYBE),
        ("ArnLike", "*", YES),
        ("ArnLike", "*partner-read", YES),
        ("ArnLike", "*/partner-read", MAYBE),
        ("ArnNotLike", "*", NO),
        ("ArnEquals", "another", NO),
        ("StringNotEquals", "another", YES),
        ("ArnLike", "team/another", NO),
        ("ArnLike", "p?rtner-re*", MAYBE),
        ("StringNotLike", "*another", YES),
    ):
        conditions = {operator: {"aws:PrincipalArn": ACCOUNT_ROLES + wanted}}
        judged = judge(conditions, KnownRequest(), UNNAMED)
        assert judged.applies is applies, (operator, wanted)
        assert applies is not MAYBE or "the role's path is not known" in judged.why
        assert judge(conditions, KnownRequest(), SESSION).applies is not MAYBE


# Conditions, judged by what is known of a request.
NOVEMBER = 1_795_500_000.0
VPCE = "https://bucket.vpce-0a1b2c3d-4e5f6a7b.s3.eu-west-1.vpce.amazonaws.com"


def way(url: str, reach: AddressScope, region: str = "eu-west-1") -> EffectiveEndpoint:
    return EffectiveEndpoint(url, region, EndpointSource.RULES, "", reach)


PUBLIC = KnownRequest(
    endpoint=way("https://assets.s3.eu-west-1.amazonaws.com", AddressScope.PUBLIC),
    tags=[("project", "launch")],
    resource_account="111111111111",
    now=NOVEMBER,
)
INTERFACE = KnownRequest(endpoint=way(VPCE, AddressScope.PRIVATE))
PRIVATE = KnownRequest(endpoint=way("https://assets.s3.eu-west-1.amazonaws.com", AddressScope.PRIVATE))
LOOPBACK = KnownRequest(endpoint=way("http://127.0.0.1:5000", AddressScope.LOOPBACK))


def judge(
    conditions: dict[str, Any], known: KnownRequest = PUBLIC, caller: Caller = BOB, version: str = "2012-10-17"
) -> Judgement:
    (parsed,) = parse_document(document(statement(Condition=conditions), version=version)).statements
    return judge_conditions(parsed, request_context_of(caller, known))


OPERATORS = [
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
]


def test_each_operator() -> None:
    assert [row for row in OPERATORS if judge({row[0]: {row[1]: row[2]}}).applies is not row[3]] == []


OFFICE = {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
NOT_OFFICE = {"NotIpAddress": {"aws:SourceIp": ["203.0.113.0/24", "198.51.100.7"]}}


def test_the_way_decides_about_addresses() -> None:
    by_endpoint = {"StringEquals": {"aws:SourceVpce": "vpce-1"}}
    rows: list[tuple[KnownRequest, dict[str, Any], Applies, str]] = [
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
        (PUBLIC, by_endpoint, MAYBE, "a gateway endpoint cannot be detected from here"),
        (LOOPBACK, by_endpoint, NO, "have none"),
        (LOOPBACK, {"Bool": {"aws:SecureTransport": "true"}}, NO, "here it is false"),
    ]
    judged = [judge(conditions, known) for known, conditions, _, _ in rows]
    assert [found for found, row in zip(judged, rows, strict=True) if found.applies is not row[2]] == []
    assert [found for found, row in zip(judged, rows, strict=True) if row[3] not in found.why] == []


def test_all_conditions_must_hold_and_the_failing_one_is_named() -> None:
    judgement = judge({**OFFICE, "StringEquals": {"aws:PrincipalAccount": "3", "aws:RequestedRegion": "eu-west-1"}})
    assert judgement == Judgement(NO, "needs aws:PrincipalAccount 3; here it is 222222222222")
    judgement = judge({"StringEquals": {"aws:PrincipalOrgID": "o-abc", "aws:PrincipalTag/team": "x"}})
    assert judgement == Judgement(MAYBE, "needs aws:PrincipalOrgID o-abc; needs aws:PrincipalTag/team x")


def test_variables_in_conditions() -> None:
    """One that is not known leaves a negated condition open."""
    name = "${aws:PrincipalTag/name}"
    applies = {"${aws:username}": YES, name: MAYBE, "${aws:referer}": NO}
    assert {each: judge({"StringEquals": {"aws:username": each}}).applies for each in applies} == applies
    assert judge({"StringEquals": {"aws:username": "${aws:username}"}}, version="2008-10-17").applies is NO
    assert judge({"StringNotEquals": {"aws:username": [name]}}).applies is MAYBE
    assert judge({"StringNotEquals": {"aws:username": ["bob", name]}}).applies is NO


def test_what_is_known_of_the_request_and_its_caller_decides() -> None:
    """A session matches by its role; listings carry their prefix, and a write may carry what a read never does."""
    by_role = {"ArnEquals": {"aws:PrincipalArn": ROLE_ARN}}
    listing, write = KnownRequest(listed_prefix="incoming/2026/"), KnownRequest(writes=True)
    rows: list[tuple[dict[str, Any], KnownRequest, Caller, Applies]] = [
        (by_role, PUBLIC, SESSION, YES),
        (by_role, PUBLIC, BOB, NO),
        ({"StringEquals": {"aws:PrincipalAccount": "222222222222"}}, PUBLIC, ANONYMOUS, NO),
        ({"StringEquals": {"aws:PrincipalType": "Anonymous"}}, PUBLIC, ANONYMOUS, YES),
        ({"StringEquals": {"s3:authType": "REST-HEADER"}}, PUBLIC, ANONYMOUS, NO),
        ({"StringLike": {"s3:prefix": "incoming/*"}}, listing, BOB, YES),
        ({"StringEquals": {"s3:prefix": ["", "home/"]}}, listing, BOB, NO),
        ({"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}}, write, BOB, MAYBE),
        (OFFICE, KnownRequest(), BOB, MAYBE),
        ({"Bool": {"aws:SecureTransport": "true"}}, KnownRequest(), BOB, MAYBE),
    ]
    assert [row for row in rows if judge(*row[:3]).applies is not row[3]] == []


def test_conditions_are_kept_as_written() -> None:
    text = json.dumps({"Statement": statement(Condition={"Bool": {"k": [True, "x", 3]}})})
    (parsed,) = parse_document(text).statements
    assert [(one.operator, one.key, one.wanted) for one in parsed.conditions] == [("Bool", "k", ["true", "x", "3"])]
    assert read_policy(json.dumps({"Statement": statement()}), request()).statements[0].applies is YES


def test_quantifiers() -> None:
    rows: list[tuple[str, str, tuple[str, ...], Applies]] = [
        ("ForAllValues:StringEquals", "ab", ("a", "b"), YES),
        ("ForAllValues:StringEquals", "a", ("a", "b"), NO),
        ("ForAnyValue:StringEquals", "a", ("a", "b"), YES),
        ("ForAnyValue:StringEquals", "c", ("a", "b"), NO),
        ("ForAnyValue:StringNotEquals", "a", ("a", "b"), YES),
        ("ForAllValues:StringNotEquals", "a", ("a", "b"), NO),
        ("ForAllValues:StringEquals", "a", (), YES),
        ("ForAnyValue:StringEquals", "a", (), NO),
        ("ForAnyValue:StringNotEquals", "a", (), NO),
    ]
    for operator, wanted, values, applies in rows:
        (parsed,) = parse_document(document(statement(Condition={operator: {"k": [*wanted]}}))).statements
        assert judge_conditions(parsed, RequestContext({"k": values})).applies is applies, (operator, wanted, values)


def test_a_request_for_a_version_may_be_for_the_one_that_is_meant() -> None:
    """Service authorization reference, "Actions, resources, and condition keys for Amazon S3": s3:VersionId."""
    for action, applies in (("s3:GetObject", NO), ("s3:GetObjectVersion", MAYBE)):
        only = statement(Action=action, Condition={"StringEquals": {"s3:VersionId": "v1"}})
        reading = Evidence(OBJECT, [policy(only)], FROM_B).reading(FROM_B.mine, action)
        assert reading is not None
        assert reading.statements[0].applies is applies


def test_unsigned_requests_have_an_account_of_their_own() -> None:
    """IAM user guide, "AWS global condition context keys": aws:PrincipalAccount is always included."""
    for operator, applies in (("StringEqualsIfExists", NO), ("StringEquals", NO), ("StringNotEquals", YES)):
        assert judge({operator: {"aws:PrincipalAccount": "111111111111"}}, caller=ANONYMOUS).applies is applies


# A whole policy, read for one identity and one request.
KEY = "incoming/report.csv"


def request(action: str = "s3:GetObject", resource: str = f"{BUCKET_ARN}/{KEY}") -> PolicyRequest:
    return PolicyRequest(BOB, action, resource, request_context_of(BOB, KnownRequest()))


def read_one(action: str = "s3:GetObject", resource: str = f"{BUCKET_ARN}/{KEY}", **elements: Any) -> StatementReading:
    (reading,) = read_policy(document(statement(**elements)), request(action, resource)).statements
    return reading


def test_each_element() -> None:
    rows: list[tuple[dict[str, Any], Applies]] = [
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
    ]
    assert [(elements, one) for elements, one in rows if read_one(**elements).applies is not one] == []


def test_the_reading_names_what_decides() -> None:
    assert read_one().why == "names the account 222222222222"
    assert read_one(Principal={"AWS": A_ROOT}).why == "names the account 111111111111"
    assert read_one(Action="s3:PutObject").why == "is not about s3:GetObject"
    assert read_one(Resource=f"{BUCKET_ARN}/other/*").why == "is about other resources"
    assert read_one(Resource=BUCKET_ARN).why == "names the bucket, not the objects in it"
    assert read_one(LIST_BUCKET, BUCKET_ARN, Action=LIST_BUCKET).why == "names objects, not the bucket itself"
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


def test_what_cannot_be_read_is_said() -> None:
    says = {
        "": "cannot be read as JSON",
        "{": "cannot be read as JSON",
        "[" * 50_000: "cannot be read as JSON",
        "[]": "not a JSON object",
        "3": "not a JSON object",
        '{"Statement": "x"}': "no list of statements",
        '{"Statement": [3]}': "statement #1 is not a JSON object",
        document(statement(Effect="Maybe")): "an Effect that is neither Allow nor Deny",
        document(statement(Principal=None)): "has no Principal",
        document(statement(Principal=["x"])): "neither * nor a JSON object",
        document(statement(Action=None)): "has no Action",
        document(statement(Resource=None)): "has no Resource",
        document(statement(Resource={"x": 1})): "not a string, number or boolean",
        document(statement(Condition=[])): "a Condition that is not a JSON object",
        document(statement(Condition={"Bool": "x"})): "operator Bool without keys",
    }
    readings = {text: read_policy(text, request()) for text in says}
    assert [(text[:99], one.problem) for text, one in readings.items() if says[text] not in one.problem] == []
    assert not any(one.statements for one in readings.values())
    in_part = read_policy(document(statement(Effect="Perhaps"), statement()), request())
    assert in_part.problem == "statement #1 has an Effect that is neither Allow nor Deny"
    assert [one.applies for one in in_part.statements] == [YES]


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


@given(st.dictionaries(ELEMENTS, JSON, max_size=7), st.text(max_size=60))
def test_no_document_makes_it_raise(odd: dict[str, Any], no_policy: str) -> None:
    assert read_policy(no_policy, request()).statements == []
    for text in (json.dumps({"Statement": [statement() | odd]}), json.dumps({"Statement": [odd]}), json.dumps(odd)):
        read_policy(text, request())


def test_who_may_write_below() -> None:
    assert resource_arn(Location("assets")) == "arn:aws:s3:::assets"
    assert resource_arn(Location("assets", "a b"), "aws-us-gov") == "arn:aws-us-gov:s3:::assets/a b"
    reached = {
        (f"{BUCKET_ARN}/incoming/*", f"{BUCKET_ARN}/"): True,
        (f"{BUCKET_ARN}/incoming/*", f"{BUCKET_ARN}/incoming/2026/"): True,
        (f"{BUCKET_ARN}/incoming/*", f"{BUCKET_ARN}/video/"): False,
        (f"{BUCKET_ARN}/${{aws:username}}/*", f"{BUCKET_ARN}/incoming/"): True,
        (BUCKET_ARN, f"{BUCKET_ARN}/"): False,
    }
    for (resource, below), any_one in reached.items():
        text = document(statement(Action=PUT_OBJECT, Resource=resource))
        assert allowed_accounts(text, PUT_OBJECT, below) == ([B_ACCOUNT] if any_one else []), below
    text = document(
        statement(Action="s3:Put*", Principal={"AWS": [B_ROOT, f"arn:aws:iam::{B_ACCOUNT}:user/bob"]}),
        statement(Action="s3:PutObject", Principal="*"),
        statement(Action="s3:PutObject", Effect="Deny", Principal={"AWS": A_ACCOUNT}),
        statement(Action="s3:GetObject", Principal={"AWS": A_ACCOUNT}),
        statement(Action="s3:PutObject", Principal={"Service": "logging.s3.amazonaws.com"}),
    )
    assert allowed_accounts(text, PUT_OBJECT, f"{BUCKET_ARN}/") == [B_ACCOUNT, "*"]


# Which lifecycle rule applies, and when it does what: the rules of the Amazon S3 user guide.


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


WRITTEN = at("2026-01-15 10:30")
SUBJECT = Subject(
    "logs/a.gz",
    size=1 << 20,
    modified=WRITTEN,
    tags=[("team", "media"), ("keep", "no")],
    storage_class="STANDARD",
    keeps_versions=False,
    now=at("2026-02-01 00:00"),
)
EXPIRES = LifecycleStep(LifecycleAction.EXPIRE, 30)


def rule(*steps: LifecycleStep, **elements: object) -> LifecycleRule:
    return structs.replace(LifecycleRule("r", enabled=True, steps=list(steps) or [EXPIRES]), **elements)


def read(one: LifecycleRule, subject: Subject = SUBJECT, smallest: str = "") -> RuleReading:
    (reading,) = read_lifecycle(LifecycleRules([one], smallest), subject).readings
    return reading


def test_to_which_objects_a_rule_applies() -> None:
    """What is not known of an object leaves it open; a prefix is covered as a whole or in part."""
    mib = 1 << 20
    for one, applies, why in (
        (rule(), Applies.YES, ""),
        (rule(enabled=False), Applies.NO, "turned off"),
        (rule(prefix="logs/"), Applies.YES, ""),
        (rule(prefix="other/"), Applies.NO, "only keys that begin with other/"),
        (rule(tags=[("keep", "no")]), Applies.YES, ""),
        (rule(tags=[("keep", "no"), ("team", "x")]), Applies.NO, "only objects tagged keep=no, team=x"),
        (rule(larger_than=mib - 1), Applies.YES, ""),
        (rule(larger_than=mib), Applies.NO, "only objects larger than 1,048,576 bytes"),
        (rule(smaller_than=mib + 1), Applies.YES, ""),
        (rule(smaller_than=mib), Applies.NO, "only objects smaller than 1,048,576 bytes"),
    ):
        found = read(one)
        assert (found.applies, found.why) == (applies, why)
        assert bool(found.steps) is (applies is not Applies.NO)
    blank = Subject("logs/a.gz")
    assert read(rule(tags=[("keep", "no")]), blank).applies is Applies.MAYBE
    assert read(rule(larger_than=1), blank) == RuleReading(
        rule(larger_than=1), Applies.MAYBE, "objects larger than 1 byte", ["expires 30 days after it was written"]
    )
    prefix = Subject("logs/", is_prefix=True)
    assert read(rule(prefix="logs/"), prefix).applies is Applies.YES
    assert read(rule(prefix="logs/2026/"), prefix).applies is Applies.MAYBE
    assert read(rule(prefix="x/"), prefix).applies is Applies.NO


def test_what_a_rule_does_and_when() -> None:
    to_glacier = LifecycleStep(LifecycleAction.TRANSITION, 90, storage_class="GLACIER")
    old_ones = LifecycleStep(LifecycleAction.TRANSITION_OLD, 1, storage_class="GLACIER", spared=3)
    newer = "after a newer one replaced them"
    says = [
        (EXPIRES, "expires on 2026-02-15 (30 days after it was written)"),
        (LifecycleStep(LifecycleAction.EXPIRE, 1), "expires on 2026-01-17 (1 day after it was written, due)"),
        (LifecycleStep(LifecycleAction.EXPIRE, date=at("2026-03-01")), "expires on 2026-03-01"),
        (LifecycleStep(LifecycleAction.EXPIRE, date=at("2026-01-31")), "expires on 2026-01-31 (due)"),
        (to_glacier, "moves to GLACIER on 2026-04-16 (90 days after it was written)"),
        (
            LifecycleStep(LifecycleAction.TRANSITION, 1, storage_class="STANDARD"),
            "moves to STANDARD: it is there already",
        ),
        (LifecycleStep(LifecycleAction.EXPIRE_OLD, 7), f"older versions are deleted 7 days {newer}"),
        (old_ones, f"older versions move to GLACIER 1 day {newer}, except the newest 3"),
        (
            LifecycleStep(LifecycleAction.ABORT_UPLOADS, 2),
            "incomplete uploads are aborted 2 days after they were begun",
        ),
        (LifecycleStep(LifecycleAction.REMOVE_MARKERS), "delete markers without versions are removed"),
    ]
    assert [read(rule(step)).steps for step, _ in says] == [[words] for _, words in says]
    (words,) = read(rule(), object_with(keeps_versions=True)).steps
    assert words == "gets a delete marker, its versions stay, on 2026-02-15 (30 days after it was written)"


def test_small_objects_stay_in_their_class_unless_the_rule_names_sizes() -> None:
    def words(move: LifecycleRule, smallest: str, size: int = SMALL - 1) -> str:
        (said,) = read(move, object_with(size=size), smallest).steps
        return said

    stays = "not this object, which is smaller than 128 KiB"
    for smallest, storage_class, small_stays in (
        ("all_storage_classes_128K", "GLACIER", True),
        ("all_storage_classes_128K", "STANDARD_IA", True),
        ("varies_by_storage_class", "GLACIER", False),
        ("varies_by_storage_class", "STANDARD_IA", True),
        ("", "STANDARD_IA", False),
    ):
        move = LifecycleStep(LifecycleAction.TRANSITION, 1, storage_class=storage_class)
        assert (stays in words(rule(move), smallest)) is small_stays
        assert "not this object" not in words(rule(move, larger_than=0), smallest)
        assert "not this object" not in words(rule(move), smallest, SMALL)


def object_with(**elements: object) -> Subject:
    return replace(SUBJECT, **elements)  # type: ignore[arg-type]  # each by its own type


@given(st.integers(0, 4_000_000_000), st.integers(1, 4_000_000_000))
def test_a_due_date_is_a_midnight_no_earlier_than_the_days_and_less_than_a_day_later(modified: int, days: int) -> None:
    (words,) = read(rule(LifecycleStep(LifecycleAction.EXPIRE, days)), object_with(modified=modified)).steps
    due = at(words.split(" on ")[1][:10])
    assert 0 <= due - (modified + days * 86400) < 86400 or due == at("9999-12-31")
