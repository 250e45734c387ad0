"""Whether a statement's Principal names a caller.

Rules: IAM user guide, "AWS JSON policy elements: Principal" and "NotPrincipal"; Amazon S3 user guide, "Principals for
bucket policies"; AWS PrivateLink guide, "Control access to VPC endpoints using endpoint policies", principals for
gateway endpoints.
"""

from __future__ import annotations

import re
from dataclasses import replace
from enum import Enum

from tui.core.facts import Applies, Effect
from tui.policies.request_context import Caller
from tui.policies.statements import EVERYBODY, Judgement, PrincipalElement, maybe, no, yes

_ACCOUNT = re.compile(r"\d{12}")
_ROOT = re.compile(r"arn:[^:]+:iam::([^:]+):root")
_DELETED = re.compile(r"A(?:ID|RO|GP|NP)A[A-Z0-9]{12,}")
_CLASSES = {"Service": "the service", "Federated": "the identity provider"}


def account_of(name: str) -> str:
    """The account of a principal that is a whole account (number or root ARN), else empty."""
    root = _ROOT.fullmatch(name)
    return root[1] if root else name if _ACCOUNT.fullmatch(name) else ""


def named_account(name: str) -> str:
    fields = name.split(":")
    return account_of(name) or (fields[4] if len(fields) > 5 else "")


class Naming(Enum):
    """How a statement names a caller. This decides which other policies limit its Allow.

    IAM user guide, "Policy evaluation logic", on resource-based policies within one account.
    """

    EVERYBODY = "everybody"
    ACCOUNT = "the account"
    """Delegates to the account's own policies."""
    ROLE = "the role of the session"
    ITSELF = "the user or the session"


def namings(principals: PrincipalElement, caller: Caller) -> set[Naming]:
    if principals.inverted:
        return {Naming.EVERYBODY}
    found = {_naming(kind, name, caller) for kind, name in principals.named}
    return {one for one in found if one}


def _naming(kind: str, name: str, caller: Caller) -> Naming | None:
    if kind == "CanonicalUser":
        return Naming.ACCOUNT if name == caller.canonical_id else None
    if kind != "AWS":
        return None
    if name == EVERYBODY:
        return Naming.EVERYBODY
    if account := account_of(name):
        return Naming.ACCOUNT if account == caller.account else None
    if name == caller.arn:
        return Naming.ITSELF
    return Naming.ROLE if caller.is_role(name) else None


def judge_principals(principals: PrincipalElement, caller: Caller, effect: Effect) -> Judgement:
    caller = caller if effect is Effect.ALLOW else replace(caller, by_gateway=False)
    judgements = [_judge(kind, name, caller) for kind, name in principals.named]
    best = next((one for one in judgements if one.applies is Applies.YES), None)
    doubtful = next((one for one in judgements if one.applies is Applies.MAYBE), None)
    if principals.inverted:
        return _inverted(principals, best, doubtful, caller, effect)
    return best or doubtful or _nobody(judgements)


def _nobody(judgements: list[Judgement]) -> Judgement:
    reasons = list(dict.fromkeys(one.why for one in judgements)) or ["names no principal"]
    return no(reasons[0] if len(reasons) == 1 else "names other principals")


def _inverted(
    principals: PrincipalElement, best: Judgement | None, doubtful: Judgement | None, caller: Caller, effect: Effect
) -> Judgement:
    everybody = any(name == EVERYBODY for _, name in principals.named)
    if effect is Effect.DENY and caller.bounded and not everybody:
        # Such a Deny applies to every principal with a permissions boundary, whatever it names (IAM user guide, "AWS
        # JSON policy elements: NotPrincipal", key points).
        return yes("denies everyone who has a permissions boundary (NotPrincipal)")
    if doubtful and not best:
        return maybe(f"excludes some principals (NotPrincipal): {doubtful.why}")
    if not best:
        return yes("does not exclude this identity (NotPrincipal)")
    accounts = {account_of(name) for _, name in principals.named}
    if effect is Effect.DENY and not everybody and caller.account not in accounts:
        # A request comes from the account as well as from the user: NotPrincipal must name both.
        return maybe("excludes this identity but not its account (NotPrincipal)")
    if effect is Effect.DENY and not everybody and _names_others_only(principals, caller):
        # Naming the account besides a user does not exclude the account's other users (the same page).
        return maybe("excludes another principal of its account (NotPrincipal)")
    return no("excludes this identity (NotPrincipal)")


def _names_others_only(principals: PrincipalElement, caller: Caller) -> bool:
    own = [name for _, name in principals.named if not account_of(name) and named_account(name) == caller.account]
    return bool(own) and not any(name == caller.arn or caller.is_role(name) for name in own)


def _judge(kind: str, name: str, caller: Caller) -> Judgement:
    if kind == "Service" and name == caller.service:
        return yes("names the service")
    if kind in _CLASSES:
        return no(f"is for {_CLASSES[kind]} {name}")
    if kind == "CanonicalUser":
        return _canonical(name, caller)
    if kind != "AWS":
        return no(f"names a principal of unknown type {kind}")
    if name == EVERYBODY:
        return yes("names everyone (*)")
    if caller.service:
        return no(f"does not name the service {caller.service}")
    if caller.anonymous:
        return no("does not name anonymous callers")
    return _aws(name, caller)


def _canonical(name: str, caller: Caller) -> Judgement:
    if caller.anonymous or caller.service:
        return no("does not name anonymous callers")
    if not caller.canonical_id:
        return maybe("names a canonical id, and this identity's is not known")
    return yes("names the account by its canonical id") if name == caller.canonical_id else no("names another account")


def _aws(name: str, caller: Caller) -> Judgement:
    if _DELETED.fullmatch(name):
        return no(f"names {name}, a deleted user or role")
    account = account_of(name)
    if account:
        return _whole_account(account, caller)
    if not caller.arn:
        if caller.account and named_account(name) != caller.account:
            return no("names another account's principal")
        return maybe(f"names {name}, and this identity's ARN is not known")
    if caller.by_gateway and (name == caller.arn or caller.is_role(name)):
        return maybe(f"names {name}, but the policy of a gateway endpoint accepts only *")
    if name == caller.arn:
        return yes("names this identity")
    if caller.is_role(name):
        return yes("names the role of this session")
    own = named_account(name) == caller.account
    return no("names another principal of the account" if own else "names another account's principal")


def _whole_account(account: str, caller: Caller) -> Judgement:
    if caller.by_gateway and caller.arn and not caller.arn.endswith(":root"):
        return no(f"names the account {account}, which means only its root user in the policy of a gateway endpoint")
    if not caller.account:
        return maybe(f"names the account {account}, and this identity's is not known")
    return yes(f"names the account {account}") if account == caller.account else no(f"names the account {account}")
