"""Which statements let anyone in.

Rules: Amazon S3 user guide, "Blocking public access to your Amazon S3 storage", "The meaning of 'public'".
"""

from __future__ import annotations

import re
from ipaddress import ip_network

from tui.inspection.statements import EVERYBODY, Condition, PolicyForm, Statement, parse_document
from tui.model.facts import Effect

_FIXED = frozenset(
    {
        *(
            "aws:principalaccount",
            "aws:principalarn",
            "aws:principalorgid",
            "aws:principalorgpaths",
            "aws:sourceaccount",
        ),
        *("aws:sourcearn", "aws:sourcevpc", "aws:sourcevpce", "aws:userid", "aws:sourceowner"),
        *("s3:dataaccesspointaccount", "s3:dataaccesspointarn", "sts:externalid"),
    }
)
"""Keys that close a statement to strangers, where their values are fixed."""
_POSITIVE = re.compile(
    r"(forany\w*:|forall\w*:)?(string(equals|like|equalsignorecase)|arn(equals|like))", re.IGNORECASE
)
_BROADEST = {4: 8, 6: 32}
"""The shortest prefix of a network that still counts as fixed, by IP version."""


def public_sids(document: str | None, form: PolicyForm = PolicyForm.RESOURCE) -> list[str]:
    """The Sids (``#2`` without one) of the statements that allow something to everyone."""
    if document is None:
        return []
    return [each.sid for each in parse_document(document, form).statements if _is_public(each)]


def _is_public(statement: Statement) -> bool:
    if statement.effect is not Effect.ALLOW:
        return False
    principals = statement.principals
    if principals is None:
        return False
    everybody = principals.inverted or any(name == EVERYBODY for _, name in principals.named)
    return everybody and not any(_closes(each) for each in statement.conditions)


def _closes(condition: Condition) -> bool:
    """Whether a condition lets only named callers or networks in."""
    key = condition.key.lower()
    if key == "aws:sourceip":
        return condition.operator.lower() == "ipaddress" and all(_is_narrow(each) for each in condition.wanted)
    if key not in _FIXED or not _POSITIVE.fullmatch(condition.operator):
        return False
    return bool(condition.wanted) and not any(_is_open(each) for each in condition.wanted)


def _is_open(value: str) -> bool:
    """Whether a value is no fixed one; the paths of one organisation are."""
    fixed = value.partition("/")[0] if value.startswith("o-") else value
    return any(mark in fixed for mark in ("*", "?", "${"))


def _is_narrow(network: str) -> bool:
    try:
        found = ip_network(network, strict=False)
    except ValueError:
        return False
    return found.prefixlen >= _BROADEST[found.version]
