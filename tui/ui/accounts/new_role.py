"""A role to assume, on the way from an identity of the list."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from msgspec import structs
from textual.widget import Widget

from tui.core.identity import IdentitySpec, RoleSpec
from tui.kit.inputs import Field
from tui.text import typed_account
from tui.text.format import duration, visible
from tui.ui.accounts.account_form import AccountForm
from tui.ui.accounts.identity_select import IdentitySelect
from tui.ui.accounts.new_keys import REGION


def _account(arn: str) -> str:
    account = typed_account.role_account(arn)
    return f"in account {visible(account)}" if account else "no account number"


def _lasts(text: str) -> str:
    seconds = typed_account.duration(text)
    return f"= {duration(seconds)}" if seconds else ""


def _compact(text: str) -> str:
    return f"= {visible(typed_account.policy(text))}"


FIELDS = (
    Field(
        "arn",
        "role ARN",
        "The role to assume; its trust policy must allow the source identity.",
        "arn:aws:iam::123456789012:role/name",
        check=typed_account.role_arn,
        remark=_account,
    ),
    Field(
        "external_id",
        "external id",
        "The sts:ExternalId the trust policy requires, if any; not a secret.",
        check=typed_account.external_id,
    ),
    Field(
        "session_name",
        "session name",
        "Shown in CloudTrail and in the session's ARN; empty: generated.",
        check=typed_account.session_name,
    ),
    Field(
        "duration",
        "duration",
        "Session duration, 15m to 12h, renewed before it expires; empty: 1h.",
        "1h",
        check=typed_account.duration,
        remark=_lasts,
    ),
    Field(
        "mfa_serial",
        "MFA device",
        "ARN or serial number, if the role requires MFA; you are asked for the code.",
        "arn:aws:iam::123456789012:mfa/name",
        check=typed_account.mfa_serial,
    ),
    Field(
        "policy",
        "session policy",
        "JSON that limits what the session can do, or @/path/to/file.",
        "@/path or {…}",
        check=typed_account.policy,
        remark=_compact,
    ),
    REGION,
)


class NewRoleScreen(AccountForm):
    """Answers with the identity it starts from, one role further."""

    NAME = "Assume a role"
    NOTES: ClassVar[dict[str, str]] = {
        "identity": "The identity that assumes the role: any identity of the list, also a role.",
    }

    def lines(self) -> Iterable[Widget]:
        """Whose role, which one, and what AssumeRole is given."""
        known = [(name, spec) for name, spec in self._known.identities if not (spec.anonymous or spec.local)]
        yield self.form_row("from", IdentitySelect(known, self._known.current, id="identity"))
        yield from (self.form_field(field) for field in FIELDS)

    def spec(self) -> IdentitySpec:
        """The role on top of its base, at the same endpoint."""
        base = self.query_one(IdentitySelect).chosen or IdentitySpec()
        role = RoleSpec(
            arn=self.typed("arn"),
            external_id=self.typed("external_id"),
            session_name=self.typed("session_name"),
            duration=typed_account.duration(self.typed("duration")),
            mfa_serial=self.typed("mfa_serial"),
            policy=typed_account.policy(self.typed("policy")),
        )
        return structs.replace(base, roles=(*base.roles, role), region=self.typed("region") or base.region, name="")
