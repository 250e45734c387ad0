"""How a role was assumed.

Rules: IAM user guide, "Access to AWS accounts owned by third parties" and "The confused deputy problem".
"""

from __future__ import annotations

from collections.abc import Iterator

from tui.core.facts import FactName, Finding, Severity
from tui.core.identity import Identity, RoleSpec
from tui.policies.evidence import Context, Evidence
from tui.policies.principals import named_account


def no_external_id(evidence: Evidence) -> Iterator[Finding]:
    """A role of another account, or of one that may be another, was assumed without an ExternalId."""
    for identity in evidence.context.identities:
        for number, role in enumerate(identity.spec.roles):
            if not role.external_id and _is_of_another(evidence.context, identity, number):
                yield _without(identity, role)


def _is_of_another(context: Context, identity: Identity, number: int) -> bool:
    """Whether a role of a chain is not known to be of the account that assumes it."""
    roles, account = identity.spec.roles, named_account(identity.spec.roles[number].arn)
    if number:
        return named_account(roles[number - 1].arn) != account
    base = [one for one in context.identities if not one.spec.roles and one.spec.profile == identity.spec.profile]
    return not any(one.account == account for one in base)


def _without(identity: Identity, role: RoleSpec) -> Finding:
    return Finding(
        "no-external-id",
        Severity.NOTE,
        f"{identity.label} assumes {role.arn} without an ExternalId. That is common within one organization, but a "
        "role for a third party should require one.",
        [FactName.ENDPOINT],
        f"If account {named_account(role.arn)} gives a third party access with this role, require sts:ExternalId in "
        "its trust policy and enter that ExternalId with the role.",
    )
