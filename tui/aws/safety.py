"""Evaluates the user's write restrictions from known facts, without a request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import msgspec

from tui.core.identity import AddressBook, Identity, Safety
from tui.core.problem import ProblemKind

_LIFT_FLAG = "to allow writes: unlock the pane, drop --read-only, or change read_only of the identity in the settings"
_DIGITS = 12


@dataclass(frozen=True, slots=True)
class WriteRefusal:
    """Why writing is refused, and how to allow it; one clause each."""

    why: str
    remedy: str


def refusal(
    safety: Safety, identity: Identity, book: AddressBook, bucket: str = "", owner: str = ""
) -> WriteRefusal | None:
    """Why `identity`, with all its facts known, may not write to `bucket`; None: it may.

    `owner` is the canonical ID of the bucket's owner; if it is empty, only the bucket's name counts. An identity with
    an unknown account may not write if a rule depends on the account.
    """
    found = refusal_so_far(safety, identity, book)
    if found or not identity.spec.kind.has_accounts:
        return found
    return _stranger(safety, identity) or _bucket(safety, book, bucket, owner)


def refusal_so_far(safety: Safety, identity: Identity, book: AddressBook) -> WriteRefusal | None:
    """Why `identity` may write nowhere, by the facts known so far; None if nothing forbids it yet."""
    if safety.read_only:
        return WriteRefusal("it is read-only", _LIFT_FLAG)
    if not identity.spec.kind.has_accounts:
        return None
    return _matching(safety, _names_of(identity, book)) or _not_listed(safety, identity.account, "its account")


def marked(identity: Identity, book: AddressBook, *, final: bool = True) -> Identity:
    """The identity with the reason why it may write nowhere; `final`: all its facts are known."""
    judge = refusal if final else refusal_so_far
    found = judge(identity.spec.safety, identity, book)
    return msgspec.structs.replace(identity, read_only=found.why if found else "")


def _names_of(identity: Identity, book: AddressBook) -> Iterator[tuple[str, str]]:
    """The names that a pattern can match, each with its description."""
    spec = identity.spec
    for name in (identity.label, spec.name, spec.profile or ""):
        yield "its name", name
    if spec.roles:
        arn = spec.roles[-1].arn
        yield "its role", arn.rsplit("/", 1)[-1]
        yield "its role", arn
    if identity.principal.startswith("role/"):
        yield "its role", identity.principal.removeprefix("role/")
    yield "its ARN", identity.arn
    yield from _names_of_account("its account", identity.account, book)
    yield "its account", _label_of(identity.canonical_id, book)


def _names_of_account(what: str, number: str, book: AddressBook) -> Iterator[tuple[str, str]]:
    yield what, number
    yield what, book.account_label(number)


def _label_of(canonical_id: str, book: AddressBook) -> str:
    entry = book.entries.get(canonical_id)
    return entry.label if entry else ""


def _bucket(safety: Safety, book: AddressBook, bucket: str, owner: str) -> WriteRefusal | None:
    entry = book.entries.get(owner)
    account = entry.account if entry else ""
    fields = bucket.split(":")  # an access point's ARN may stand for a bucket
    named_account = fields[4] if fields[0] == "arn" and len(fields) > 5 else ""
    names = [("the bucket's name", bucket), ("the bucket's owner", _label_of(owner, book))]
    accounts = [("the bucket's owner", account), ("the access point's account", named_account)]
    for what, number in accounts:
        names += _names_of_account(what, number, book)
    refusals = [_not_listed(safety, number, what) for what, number in accounts]
    return _matching(safety, names) or next(filter(None, refusals), None)


def _matching(safety: Safety, names: Iterable[tuple[str, str]]) -> WriteRefusal | None:
    for what, name in names:
        if pattern := safety.pattern_for(name):
            by = "the settings" if _is_number(pattern) else f"the pattern {pattern}"
            return WriteRefusal(f"{what} {name} is read-only: {by}", _lift(pattern))
    return None


def _not_listed(safety: Safety, account: str, whose: str) -> WriteRefusal | None:
    if not safety.accounts or not account or account in safety.accounts:
        return None
    return WriteRefusal(
        f"{whose} {account} is not in write_accounts ({', '.join(safety.accounts)})",
        f"add {account} to write_accounts of [safety] in the settings",
    )


def _stranger(safety: Safety, identity: Identity) -> WriteRefusal | None:
    """An identity whose account could not be found out, if a rule depends on it."""
    if identity.account:
        return None
    remedy = "connect again when GetCallerIdentity works, or change [safety] in the settings"
    if safety.accounts:
        return WriteRefusal(
            f"its account is not known, and write_accounts allows only {', '.join(safety.accounts)}", remedy
        )
    asking = [pattern for pattern in safety.patterns if _needs_account(pattern, identity)]
    if not asking:
        return None
    return WriteRefusal(f"its account is not known, and the read-only pattern {asking[0]} may match it", remedy)


def _needs_account(pattern: str, identity: Identity) -> bool:
    """Whether a pattern cannot be evaluated without account and ARN.

    Anonymous identities have neither, and on a server without GetCallerIdentity nobody has. Otherwise a pattern of
    words is evaluated by the known names, if the identity was answered at all.
    """
    problem = identity.problem
    without = problem and (problem.kind, problem.operation) == (ProblemKind.UNSUPPORTED, "GetCallerIdentity")
    if identity.spec.anonymous or without:
        return False
    about_numbers = pattern.casefold().startswith("arn:") or not any(letter.isalpha() for letter in pattern)
    return about_numbers or (problem is not None and problem.kind.meaning.unusable)


def _is_number(pattern: str) -> bool:
    """Whether it is an account number: the settings turn closed accounts and labels into numbers."""
    return pattern.isdigit() and len(pattern) == _DIGITS


def _lift(pattern: str) -> str:
    if _is_number(pattern):
        return (
            f'remove read_only from [accounts."{pattern}"], or the entry for its number or label '
            "from read_only of [safety]"
        )
    return f"remove {pattern} from read_only of [safety] in the settings"
