"""Access keys that are typed: the secret goes to the engine's memory and nowhere else."""

from __future__ import annotations

from collections.abc import Iterable

from textual.widget import Widget

from tui.core.identity import IdentitySpec
from tui.kit.inputs import Field
from tui.messages.identity_requests import GiveKeys, Secret
from tui.text import typed_account
from tui.ui.accounts.account_form import AccountForm

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
    "token",
    "session token",
    "For temporary keys only; hidden like the secret.",
    hidden=True,
    check=typed_account.token,
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
    """Answers once the engine has the keys; whether they are right turns out with the first request."""

    NAME = "Access keys"

    def lines(self) -> Iterable[Widget]:
        """The keys, and where they are good for."""
        return (self.form_field(field) for field in (*KEY_FIELDS, ENDPOINT, REGION))

    def spec(self) -> IdentitySpec:
        """The keys by their id."""
        return IdentitySpec(
            access_key=self.typed("access_key"),
            endpoint=self.typed("endpoint") or None,
            region=self.typed("region") or None,
        )

    async def prepare(self) -> None:
        """Give the engine what it needs to sign."""
        await self._known.engine.ask(typed_keys(self))


def typed_keys(form: AccountForm) -> GiveKeys:
    """What stands in the lines of a form that has `KEY_FIELDS` and the line of an endpoint."""
    return GiveKeys(
        form.typed("access_key"), Secret(form.typed("secret")), Secret(form.typed("token")), form.typed("endpoint")
    )
