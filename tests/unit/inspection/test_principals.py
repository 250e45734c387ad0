"""Whom a statement names."""

from __future__ import annotations

from dataclasses import replace

import pytest
from msgspec import structs

from tests.unit.inspection.people import (
    A_ROOT,
    ANALYTICS,
    B_ACCOUNT,
    B_OWNER,
    B_ROOT,
    MEDIA,
    PATHLESS,
    ROLE,
    ROLE_ARN,
    STRANGER,
    document,
    statement,
)
from tui.inspection.callers import Caller, caller_of
from tui.inspection.conditions import judge_conditions
from tui.inspection.principals import judge_principals, named_account
from tui.inspection.request_context import KnownRequest, request_context_of
from tui.inspection.statements import Principals, parse_document
from tui.model.facts import Applies, Effect
from tui.model.identity import AuthMethod, Identity, IdentitySpec, RoleSpec

BOB, DEPLOY, SESSION, UNNAMED = caller_of(ANALYTICS), caller_of(MEDIA), caller_of(ROLE), caller_of(PATHLESS)
ANONYMOUS, NOBODY_KNOWN = Caller(anonymous=True), Caller()
YES, NO, MAYBE = Applies.YES, Applies.NO, Applies.MAYBE


ACCOUNT_ROLES = "arn:aws:iam::111111111111:role/"


def with_role(arn: str) -> Identity:
    return structs.replace(PATHLESS, spec=IdentitySpec("bob", roles=(RoleSpec(arn),)))


@pytest.mark.parametrize(
    ("kind", "name", "caller", "applies", "why"),
    [
        ("AWS", "*", BOB, YES, "everyone"),
        ("AWS", "*", ANONYMOUS, YES, "everyone"),
        ("AWS", B_ACCOUNT, BOB, YES, "the account 222222222222"),
        ("AWS", B_ROOT, BOB, YES, "the account 222222222222"),
        ("AWS", A_ROOT, BOB, NO, "the account 111111111111"),
        ("AWS", B_ROOT, ANONYMOUS, NO, "anonymous"),
        ("AWS", B_ROOT, NOBODY_KNOWN, MAYBE, "not known"),
        ("AWS", "arn:aws-cn:iam::222222222222:user/bob", BOB, NO, "another principal"),
        ("AWS", "arn:aws:iam::222222222222:user/bob", BOB, YES, "this identity"),
        ("AWS", "arn:aws:iam::222222222222:user/team/bob", BOB, NO, "another principal of the account"),
        ("AWS", "arn:aws:iam::222222222222:user/b*", BOB, NO, "another principal of the account"),
        ("AWS", "arn:aws:iam::111111111111:user/bob", BOB, NO, "another account's principal"),
        ("AWS", "arn:aws:iam::222222222222:user/bob", NOBODY_KNOWN, MAYBE, "ARN is not known"),
        ("AWS", "arn:aws:iam::222222222222:user/bob", Caller(account="111111111111"), NO, "another account's"),
        ("AWS", ROLE_ARN, SESSION, YES, "the role of this session"),
        ("AWS", f"{ACCOUNT_ROLES}some/path/partner-read", UNNAMED, YES, "the role of this session"),
        (
            "AWS",
            "arn:aws:iam::111111111111:role/some/path/partner-read",
            SESSION,
            NO,
            "another principal of the account",
        ),
        ("AWS", "arn:aws:iam::111111111111:role/partner", SESSION, NO, "another principal of the account"),
        ("AWS", "arn:aws-cn:iam::111111111111:role/partner-read", SESSION, NO, "another principal"),
        ("AWS", "arn:aws:sts::111111111111:assumed-role/partner-read/session", SESSION, YES, "this identity"),
        ("AWS", "arn:aws:sts::111111111111:assumed-role/partner-read/other", SESSION, NO, "another principal"),
        ("AWS", ROLE_ARN, DEPLOY, NO, "another principal of the account"),
        ("AWS", "AROAEXAMPLEEXAMPLE123", SESSION, NO, "deleted"),
        ("CanonicalUser", B_OWNER.id, BOB, YES, "canonical id"),
        ("CanonicalUser", STRANGER.id, BOB, NO, "another account"),
        ("CanonicalUser", B_OWNER.id, Caller(account=B_ACCOUNT), MAYBE, "not known"),
        ("CanonicalUser", B_OWNER.id, ANONYMOUS, NO, "anonymous"),
        ("Service", "cloudfront.amazonaws.com", BOB, NO, "the service cloudfront.amazonaws.com"),
        ("Federated", "accounts.example", BOB, NO, "the identity provider accounts.example"),
        ("Moon", "x", BOB, NO, "unknown type Moon"),
    ],
)
def test_one_principal(kind: str, name: str, caller: Caller, applies: Applies, why: str) -> None:
    judgement = judge_principals(Principals([(kind, name)]), caller, Effect.ALLOW)
    assert judgement.applies is applies
    assert why in judgement.why


def test_one_of_several_is_enough() -> None:
    named = Principals([("Service", "logging.s3.amazonaws.com"), ("AWS", A_ROOT), ("AWS", B_ROOT)])
    assert judge_principals(named, BOB, Effect.ALLOW).applies is YES


@pytest.mark.parametrize(
    ("names", "effect", "applies"),
    [
        ([A_ROOT], Effect.DENY, YES),
        ([B_ROOT], Effect.DENY, NO),
        (["*"], Effect.DENY, NO),
        (["arn:aws:iam::222222222222:user/bob"], Effect.DENY, MAYBE),
        (["arn:aws:iam::222222222222:user/bob", B_ROOT], Effect.DENY, NO),
        (["arn:aws:iam::222222222222:user/bob"], Effect.ALLOW, NO),
        (["arn:aws:iam::222222222222:user/alice", B_ROOT], Effect.DENY, MAYBE),
        (["arn:aws:iam::222222222222:user/alice", B_ROOT], Effect.ALLOW, NO),
    ],
)
def test_not_principal(names: list[str], effect: Effect, applies: Applies) -> None:
    named = Principals([("AWS", name) for name in names], inverted=True)
    assert judge_principals(named, BOB, effect).applies is applies


def test_not_principal_denies_everyone_who_has_a_permissions_boundary() -> None:
    spared = Principals([("AWS", BOB.arn), ("AWS", B_ROOT)], inverted=True)
    assert judge_principals(spared, replace(BOB, bounded=True), Effect.DENY).applies is YES
    assert judge_principals(Principals([("AWS", "*")], True), replace(BOB, bounded=True), Effect.DENY).applies is NO


def test_not_principal_of_an_unknown_identity_cannot_be_told() -> None:
    assert judge_principals(Principals([("AWS", B_ROOT)], inverted=True), NOBODY_KNOWN, Effect.DENY).applies is MAYBE


@pytest.mark.parametrize(
    ("name", "account"),
    [
        (B_ACCOUNT, B_ACCOUNT),
        (B_ROOT, B_ACCOUNT),
        ("arn:aws:iam::222222222222:user/bob", B_ACCOUNT),
        ("AIDAEXAMPLEEXAMPLE123", ""),
        ("*", ""),
    ],
)
def test_the_account_in_a_principal(name: str, account: str) -> None:
    assert named_account(name) == account


def test_a_session_is_its_role_in_conditions_but_a_single_sign_on_role_has_an_unknown_path() -> None:
    sso = Caller(arn="arn:aws:sts::111111111111:assumed-role/AWSReservedSSO_Admin_0a1b/ann@example.com")
    assert SESSION.principal_arn == ROLE_ARN
    assert (BOB.principal_arn, BOB.user_name, BOB.principal_type) == (ANALYTICS.arn, "bob", "User")
    assert sso.principal_arn == ""
    assert sso.principal_type == "AssumedRole"
    assert sso.is_role("arn:aws:iam::111111111111:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_0a1b")


@pytest.mark.parametrize(
    ("identity", "arn"),
    [
        (ROLE, ROLE_ARN),
        (structs.replace(PATHLESS, method=AuthMethod.ROLE, detail=f"{ROLE_ARN} from bob"), ROLE_ARN),
        (structs.replace(PATHLESS, method=AuthMethod.WEB_IDENTITY, detail=ROLE_ARN), ROLE_ARN),
        (with_role(f"{ACCOUNT_ROLES}team/partner-read"), f"{ACCOUNT_ROLES}team/partner-read"),
        (with_role("arn:aws:iam::111111111111:role/another"), ""),
        (PATHLESS, ""),
        (structs.replace(PATHLESS, method=AuthMethod.PROCESS, detail=ROLE_ARN), ""),
    ],
)
def test_the_path_of_a_role_is_known_by_the_arn_it_was_assumed_by(identity: Identity, arn: str) -> None:
    assert caller_of(identity).principal_arn == arn
    assert bool(caller_of(identity).principal_shapes) is not bool(arn)


@pytest.mark.parametrize(
    ("operator", "wanted", "applies"),
    [
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
    ],
)
def test_a_role_whose_path_is_not_known_is_judged_by_what_is_so_for_every_path(
    operator: str, wanted: str, applies: Applies
) -> None:
    (parsed,) = parse_document(
        document(statement(Condition={operator: {"aws:PrincipalArn": ACCOUNT_ROLES + wanted}}))
    ).statements
    judged = judge_conditions(parsed, request_context_of(UNNAMED, KnownRequest()))
    assert judged.applies is applies
    assert applies is not MAYBE or "the role's path is not known" in judged.why
    assert judge_conditions(parsed, request_context_of(SESSION, KnownRequest())).applies is not MAYBE
