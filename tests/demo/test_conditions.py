import pytest

from tui.demo.cloud.iam.conditions import hold, matches
from tui.demo.cloud.iam.policies import Policy, PolicyError, Principals, Verdict

CONTEXT = {
    "aws:sourceip": "127.0.0.1",
    "aws:securetransport": "false",
    "s3:x-amz-acl": "bucket-owner-full-control",
    "aws:principalarn": "arn:aws:iam::222222222222:user/bob",
}


@pytest.mark.parametrize(
    ("operator", "key", "value", "expected"),
    [
        ("StringEquals", "s3:x-amz-acl", "bucket-owner-full-control", True),
        ("StringEquals", "s3:x-amz-acl", ["private", "bucket-owner-full-control"], True),
        ("StringEquals", "s3:x-amz-acl", "private", False),
        ("StringEquals", "aws:SourceVpce", "vpce-1", False),
        ("StringEqualsIfExists", "aws:SourceVpce", "vpce-1", True),
        ("StringNotEquals", "aws:SourceVpce", "vpce-1", True),
        ("StringNotEquals", "s3:x-amz-acl", ["private", "bucket-owner-full-control"], False),
        ("StringEqualsIgnoreCase", "s3:x-amz-acl", "Bucket-Owner-Full-Control", True),
        ("StringLike", "aws:PrincipalArn", "arn:aws:iam::*:user/b?b", True),
        ("StringNotLike", "aws:PrincipalArn", "*:user/*", False),
        ("ArnLike", "aws:PrincipalArn", "arn:aws:iam::222222222222:*", True),
        ("ArnNotEquals", "aws:PrincipalArn", "arn:aws:iam::1:user/x", True),
        ("IpAddress", "aws:SourceIp", ["203.0.113.0/24", "127.0.0.0/8"], True),
        ("IpAddress", "aws:SourceIp", "203.0.113.0/24", False),
        ("NotIpAddress", "aws:SourceIp", "203.0.113.0/24", True),
        ("Bool", "aws:SecureTransport", False, True),
        ("Bool", "aws:SecureTransport", "true", False),
        ("Null", "aws:SourceVpce", True, True),
        ("Null", "aws:SourceIp", "true", False),
    ],
)
def test_operators(operator: str, key: str, value: object, expected: bool) -> None:
    assert hold({operator: {key: value}}, CONTEXT) is expected


def test_every_operator_and_key_must_hold() -> None:
    both = {"IpAddress": {"aws:SourceIp": "127.0.0.1"}, "Null": {"aws:SourceVpce": "false"}}
    assert not hold(both, CONTEXT)


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [("a[b]*", "a[b]c", True), ("a?c", "abc", True), ("a*", "a\nb", True), ("[ab]", "a", False), ("a", "ab", False)],
)
def test_only_stars_and_question_marks_are_special(pattern: str, text: str, expected: bool) -> None:
    assert matches(pattern, text) is expected


BOB = Principals(
    frozenset({"222222222222", "arn:aws:iam::222222222222:root", "arn:aws:iam::222222222222:user/bob"}), "c" * 64
)


@pytest.mark.parametrize(
    ("principal", "expected"),
    [
        ('"*"', Verdict.ALLOW),
        ('{"AWS": "*"}', Verdict.ALLOW),
        ('{"AWS": "arn:aws:iam::222222222222:root"}', Verdict.ALLOW),
        ('{"AWS": "222222222222"}', Verdict.ALLOW),
        ('{"AWS": ["arn:aws:iam::1:root", "arn:aws:iam::222222222222:user/bob"]}', Verdict.ALLOW),
        ('{"AWS": "arn:aws:iam::222222222222:user/eve"}', Verdict.SILENT),
        (f'{{"CanonicalUser": "{"c" * 64}"}}', Verdict.ALLOW),
        ('{"Service": "logging.s3.amazonaws.com"}', Verdict.SILENT),
    ],
)
def test_principals(principal: str, expected: Verdict) -> None:
    policy = Policy.parse(
        f'{{"Statement": {{"Effect": "Allow", "Principal": {principal}, "Action": "s3:*", "Resource": "*"}}}}'
    )
    assert policy.verdict(BOB, "s3:GetObject", "arn:aws:s3:::b/k", CONTEXT) is expected


def test_deny_wins_and_not_forms_are_the_rest() -> None:
    policy = Policy.parse(
        """{"Statement": [
            {"Effect": "Allow", "Principal": "*", "NotAction": "s3:DeleteObject", "Resource": "*"},
            {"Effect": "Deny", "NotPrincipal": {"AWS": "222222222222"}, "Action": "*", "Resource": "*"},
            {"Effect": "Deny", "Principal": "*", "Action": "s3:Put*", "NotResource": "arn:aws:s3:::b/in/*"}
        ]}"""
    )
    verdicts = {
        (action, key): policy.verdict(BOB, action, f"arn:aws:s3:::b/{key}", CONTEXT)
        for action in ("s3:GetObject", "s3:PutObject", "s3:DeleteObject")
        for key in ("in/x", "out/x")
    }
    assert verdicts["s3:GetObject", "out/x"] is Verdict.ALLOW
    assert verdicts["s3:PutObject", "in/x"] is Verdict.ALLOW
    assert verdicts["s3:PutObject", "out/x"] is Verdict.DENY
    assert verdicts["s3:DeleteObject", "in/x"] is Verdict.SILENT
    assert policy.verdict(Principals(), "s3:GetObject", "arn:aws:s3:::b/k", CONTEXT) is Verdict.DENY


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        "{}",
        '{"Statement": [{"Action": "s3:*"}]}',
        '{"Statement": [{"Effect": "Allow"}]}',
        '{"Statement": [{"Effect": "Allow", "Action": "*", "Condition": {"DateLessThan": {"a": "b"}}}]}',
        '{"Statement": [{"Effect": "Allow", "Action": "*", "Principal": 3}]}',
    ],
)
def test_what_is_no_policy_is_refused(text: str) -> None:
    with pytest.raises(PolicyError):
        Policy.parse(text)
