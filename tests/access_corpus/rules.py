"""Where a server answers otherwise than AWS documents: which rule it breaks, by what is laid out."""

from __future__ import annotations

import json
from collections.abc import Callable

from tests.access_corpus.case import Case

EVALUATION = 'IAM user guide, "Policy evaluation logic"'
BLOCK = 'Amazon S3 user guide, "Blocking public access to your Amazon S3 storage"'
ACLS = 'Amazon S3 user guide, "Access control list (ACL) overview"'
NOT_PRINCIPAL = 'IAM user guide, "AWS JSON policy elements: NotPrincipal"'
PRINCIPAL = 'IAM user guide, "AWS JSON policy elements: Principal"'


def _policy(case: Case) -> str:
    return json.dumps(case.world.policy)


def _is_cross_account(case: Case) -> bool:
    return case.caller.account == "b"


def _names_closely(case: Case) -> bool:
    """Whether the bucket policy is about more of the caller than its account."""
    words = ("{caller}", "{role}", "{session}", "canonical", "PrincipalArn", "PrincipalType", ":user/", ":role/")
    return _is_cross_account(case) and any(one in _policy(case) for one in words)


NAMED = "also where a trust policy of the own account names the caller, the caller's own policies have to allow it"


def _is_named_by_role(case: Case) -> bool:
    return case.world.trust is not None and case.caller.account == "a" and "{caller}" in json.dumps(case.world.trust)


RULES: dict[str, list[tuple[Callable[[Case], bool], str]]] = {
    "ministack": [
        (_is_named_by_role, f"{EVALUATION}: on MiniStack {NAMED}"),
        (
            lambda case: "NotPrincipal" in _policy(case),
            f"{NOT_PRINCIPAL}: MiniStack ignores statements with NotPrincipal",
        ),
        (
            _names_closely,
            f"{PRINCIPAL}: MiniStack evaluates the bucket policy of another account for the caller's root user",
        ),
        (
            lambda case: bool(case.world.grants) and "Deny" in _policy(case),
            f"{EVALUATION}: on MiniStack a grant goes before an explicit Deny",
        ),
        (
            lambda case: bool(case.world.bucket_grants),
            f"{ACLS}: MiniStack knows grants of a bucket to groups only",
        ),
    ],
    "demo": [
        (_is_named_by_role, f"{EVALUATION}: on the demo {NAMED}"),
        (lambda case: bool(case.world.block), f"{BLOCK}: the demo keeps these settings, and does not apply them"),
        (
            lambda case: case.caller.session is not None and "{session}" in _policy(case),
            f"{EVALUATION}: on the demo a session policy limits also what a bucket policy allows to the session itself",
        ),
        (
            lambda case: case.asked.action == "s3:GetObjectTagging" and bool(case.world.acl),
            f"{ACLS}: on the demo full control lets read the tags, too",
        ),
    ],
}


def rule_for(server: str, case: Case) -> str:
    """The rule that explains a deviation; empty: none is known."""
    return next((rule for is_so, rule in RULES[server] if is_so(case)), "")
