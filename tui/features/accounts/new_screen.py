"""New identities: a role to assume, typed keys, an endpoint."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import ClassVar

from msgspec import structs
from textual import on
from textual.widget import Widget
from textual.widgets import Select

from tui.core.identity import IdentitySpec, RoleSpec
from tui.features.accounts.form_screen import AccountForm, IdentitySelect
from tui.kit.choice import Choice
from tui.kit.inputs import Field, FormField
from tui.messages.identity_requests import GiveKeys, Secret
from tui.text import typed_account
from tui.text.format import duration, visible

ACCESS_KEY = Field(
    "access_key",
    "access key ID",
    "The access key ID: AKIA…, for temporary keys ASIA…",
    "AKIA…",
    check=typed_account.access_key,
    warning=typed_account.access_key_remark,
)
SECRET = Field(
    "secret",
    "secret",
    "Never shown or saved: kept in the engine's memory until it stops.",
    hidden=True,
    check=typed_account.secret,
)
TOKEN = Field(
    "token", "session token", "For temporary keys only; hidden like the secret.", hidden=True, check=typed_account.token
)
KEY_FIELDS = (ACCESS_KEY, SECRET, TOKEN)

ENDPOINT = Field(
    "endpoint",
    "endpoint",
    "URL of an S3-compatible server; empty: AWS, or as configured.",
    "as configured",
    check=typed_account.endpoint,
    warning=typed_account.endpoint_remark,
)
REGION = Field(
    "region",
    "region",
    "Region of the requests and signatures; empty: as configured.",
    "as configured",
    check=typed_account.region,
)


class NewKeysScreen(AccountForm):
    """Answers once the engine has the keys; the first request shows whether they are right."""

    NAME = "Access keys"

    def lines(self) -> Iterable[Widget]:
        return (self.form_field(field) for field in (*KEY_FIELDS, ENDPOINT, REGION))

    def spec(self) -> IdentitySpec:
        return IdentitySpec(
            access_key=self.typed("access_key"),
            endpoint=self.typed("endpoint") or None,
            region=self.typed("region") or None,
        )

    async def prepare(self) -> None:
        await self._known.engine.ask(typed_keys(self))


def typed_keys(form: AccountForm) -> GiveKeys:
    """The keys typed into a form that has `KEY_FIELDS` and an endpoint."""
    return GiveKeys(
        form.typed("access_key"), Secret(form.typed("secret")), Secret(form.typed("token")), form.typed("endpoint")
    )


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
        "identity": "The identity that assumes the role: any identity of the list, also a role."
    }

    def lines(self) -> Iterable[Widget]:
        known = [(name, spec) for name, spec in self._known.identities if spec.kind.has_accounts and not spec.anonymous]
        yield self.form_row("from", IdentitySelect(known, self._known.current, id="identity"))
        yield from (self.form_field(field) for field in FIELDS)

    def spec(self) -> IdentitySpec:
        """The role on top of its source identity, at the same endpoint."""
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


URL = replace(
    ENDPOINT,
    label="URL",
    note="The server's host name or address, and its port if not the default.",
    example="https://s3.example.com",
    check=typed_account.needed_endpoint,
)

VIRTUAL_HOST, PATH_STYLE = "automatic", "https://host/bucket"


class NewAnonymousScreen(AccountForm):
    """Answers with an identity whose requests are not signed."""

    NAME = "Anonymous at an endpoint"
    NOTES: ClassVar[dict[str, str]] = {
        "addressing": "Path-style or virtual-hosted URLs; many servers support only host/bucket.",
        "identity": "Credentials: an identity from the list, the keys below, or none.",
    }

    def lines(self) -> Iterable[Widget]:
        return [self.form_field(ENDPOINT), self.form_field(REGION), self.addressing()]

    def addressing(self) -> Widget:
        return self.form_row("buckets", Choice((VIRTUAL_HOST, PATH_STYLE), VIRTUAL_HOST, id="addressing"))

    def spec(self) -> IdentitySpec:
        return self._there(IdentitySpec(anonymous=True))

    def _there(self, spec: IdentitySpec) -> IdentitySpec:
        return structs.replace(
            spec,
            endpoint=self.typed("endpoint") or None,
            region=self.typed("region") or spec.region,
            path_style=self.query_one(Choice).value == PATH_STYLE,
            name="",
        )


class NewEndpointScreen(NewAnonymousScreen):
    """Answers with an identity of the list, or typed keys, at the server."""

    NAME = "S3-compatible endpoint"

    def lines(self) -> Iterable[Widget]:
        known = [(name, spec) for name, spec in self._known.identities if spec.kind.has_accounts and not spec.endpoint]
        who = IdentitySelect([("keys entered here", None), *known], None, id="identity")
        yield from (self.form_field(URL), self.form_field(REGION), self.addressing(), self.form_row("identity", who))
        yield from (self.form_field(field) for field in KEY_FIELDS)

    @on(Select.Changed)
    def _other_identity(self) -> None:
        for field in self.query(FormField):
            if field.field in KEY_FIELDS:
                field.display = self._chosen is None

    @property
    def _chosen(self) -> IdentitySpec | None:
        return self.query_one(IdentitySelect).chosen

    def spec(self) -> IdentitySpec:
        return self._there(self._chosen or IdentitySpec(access_key=self.typed("access_key")))

    async def prepare(self) -> None:
        if self._chosen is None:
            await self._known.engine.ask(typed_keys(self))
