"""A remedy's change of one statement, as a change of the document that the statement is in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tui.changes.changing import Edit
from tui.changes.merging import edited_statements
from tui.core.changes import DocumentKind, DocumentRef
from tui.core.identity import Identity
from tui.core.location import Location
from tui.core.policy import PolicyEdit, PolicyKind
from tui.core.problem import Problem, ProblemError, ProblemKind

POLICY_NAME = "xs3-tui"
"""The name of an inline policy that is made for a remedy."""

_KINDS: Mapping[PolicyKind, DocumentKind] = {
    PolicyKind.BUCKET_POLICY: DocumentKind.BUCKET_POLICY,
    PolicyKind.USER_POLICY: DocumentKind.USER_POLICY,
    PolicyKind.ROLE_POLICY: DocumentKind.ROLE_POLICY,
    PolicyKind.TRUST_POLICY: DocumentKind.ROLE_TRUST,
    PolicyKind.KEY_POLICY: DocumentKind.KEY_POLICY,
}
_INLINE = (PolicyKind.USER_POLICY, PolicyKind.ROLE_POLICY)


def document_of(edit: PolicyEdit, identity: Identity | None) -> DocumentRef:
    """The document of an edit, read and written by `identity`, which is of its account (None: no identity here is).

    Raises `ProblemError` for a document that is not changed from here.
    """
    kind = _KINDS.get(edit.kind)
    if kind is None:
        raise ProblemError(_elsewhere(edit))
    of_bucket = kind is DocumentKind.BUCKET_POLICY
    return DocumentRef(
        kind,
        location=Location(edit.resource) if of_bucket else Location(""),
        resource="" if of_bucket else edit.resource,
        name=(edit.policy_name or POLICY_NAME) if edit.kind in _INLINE else "",
        account=edit.account,
        connection=identity.connection if identity else "",
    )


def as_edit(edit: PolicyEdit) -> Edit:
    """What an edit does to the text of its document. It raises `ProblemError` where the statement is no more."""

    def change(before: str | None) -> str | None:
        statement = json.loads(edit.statement_json) if edit.statement_json else None
        if before is None:  # also of a document that cannot be read from here
            return edited_statements(None, lambda _: [statement] if statement else [])
        return edited_statements(before, lambda statements: _changed(statements, edit, statement))

    return change


def _changed(statements: list[Any], edit: PolicyEdit, statement: Any) -> list[Any]:
    if not edit.replaces_sid:
        return statements if statement is None or statement in statements else [*statements, statement]
    place = _place(statements, edit.replaces_sid)
    if place is None:
        raise ProblemError(_gone(edit))
    return [*statements[:place], *([statement] if statement is not None else []), *statements[place + 1 :]]


def _place(statements: list[Any], sid: str) -> int | None:
    """Where a statement stands: by its Sid, or by its number (``#2``) if it has none."""
    for place, each in enumerate(statements):
        if isinstance(each, dict) and (each.get("Sid") or f"#{place + 1}") == sid:
            return place
    return None


def _elsewhere(edit: PolicyEdit) -> Problem:
    return Problem(
        kind=ProblemKind.UNSUPPORTED,
        title=f"the {edit.kind.value} of {edit.resource} cannot be changed from here",
        cause="it is attached to more than one user or role, or belongs to another service",
        remedy="change it where it is managed; the statement can be copied",
    )


def _gone(edit: PolicyEdit) -> Problem:
    return Problem(
        kind=ProblemKind.CHANGED,
        title=f"statement {edit.replaces_sid} is not in the {edit.kind.value} of {edit.resource} any more",
        cause="somebody else has changed it since it was read",
        remedy="explain the denial again",
    )
