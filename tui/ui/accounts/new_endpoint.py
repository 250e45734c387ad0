"""Another server than AWS, or AWS without signatures: its endpoint, and the identity."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import ClassVar

from msgspec import structs
from textual import on
from textual.widget import Widget
from textual.widgets import Select

from tui.core.identity import IdentitySpec
from tui.kit.choice import Choice
from tui.kit.inputs import FormField
from tui.text import typed_account
from tui.ui.accounts.account_form import AccountForm
from tui.ui.accounts.identity_select import IdentitySelect
from tui.ui.accounts.new_keys import ENDPOINT, KEY_FIELDS, REGION, typed_keys

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
        """Where to."""
        return [self.form_field(ENDPOINT), self.form_field(REGION), self.addressing()]

    def addressing(self) -> Widget:
        """How buckets are addressed."""
        return self.form_row("buckets", Choice((VIRTUAL_HOST, PATH_STYLE), VIRTUAL_HOST, id="addressing"))

    def spec(self) -> IdentitySpec:
        """An anonymous identity at the server."""
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
        """The server, the identity, and the lines for keys while they are needed."""
        known = [(name, spec) for name, spec in self._known.identities if not (spec.endpoint or spec.local)]
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
        """The chosen identity, at the server."""
        return self._there(self._chosen or IdentitySpec(access_key=self.typed("access_key")))

    async def prepare(self) -> None:
        """Give the engine the keys that were typed."""
        if self._chosen is None:
            await self._known.engine.ask(typed_keys(self))
