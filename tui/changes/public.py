"""Which statements let anyone in (`tui.policies.bucket_policy.is_public`)."""

from __future__ import annotations

from tui.policies.bucket_policy import is_public
from tui.policies.statements import PolicyForm, parse_document


def public_sids(document: str | None, form: PolicyForm = PolicyForm.RESOURCE) -> list[str]:
    """The Sids (``#2`` without one) of the statements that allow something to everyone."""
    if document is None:
        return []
    return [each.sid for each in parse_document(document, form).statements if is_public(each)]
