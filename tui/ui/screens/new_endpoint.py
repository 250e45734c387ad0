"""Another server than AWS, or AWS itself without signing: where it is, and who acts there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import ClassVar

from msgspec import structs
from textual import on
from textual.widget import Widget
from textual.widgets import Select

from tui.model.identity import IdentitySpec
from tui.ui import typed_account
from tui.ui.screens.account_form import AccountForm
from tui.ui.screens.new_keys import ENDPOINT, KEY_FIELDS, REGION, typed_keys
from tui.ui.widgets.choice import Choice
from tui.ui.widgets.form_field import FormField
from tui.ui.widgets.identity_select import IdentitySelect

URL = replace(
    ENDPOINT,
    label="URL",
    note="Where the server listens: name or address, and the port if it is not usual.",
    example="https://s3.example.com",
    check=typed_account.needed_endpoint,
)

VIRTUAL_HOST, PATH_STYLE = "as the SDK decides", "https://host/bucket"


class NewAnonymousScreen(AccountForm):
    """Answers with an identity whose requests nobody signs."""

    NAME = "Anonymous at an endpoint"
    NOTES: ClassVar[dict[str, str]] = {
        "addressing": "Where the bucket stands in a URL; many servers know host/bucket only.",
        "identity": "Whose keys sign: an identity's of the list, those typed below, or nobody's.",
    }

    def lines(self) -> Iterable[Widget]:
        """Where to."""
        return [self.form_field(ENDPOINT), self.form_field(REGION), self.addressing()]

    def addressing(self) -> Widget:
        """How buckets are addressed."""
        return self.form_row("buckets", Choice((VIRTUAL_HOST, PATH_STYLE), VIRTUAL_HOST, id="addressing"))

    def spec(self) -> IdentitySpec:
        """Nobody, at the server."""
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
        """The server, who acts there, and the lines of keys, in sight while they are typed."""
        known = [(name, spec) for name, spec in self._known.identities if not (spec.endpoint or spec.local)]
        who = IdentitySelect([("keys typed here", None), *known], None, id="identity")
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
        """Who was chosen, at the server."""
        return self._there(self._chosen or IdentitySpec(access_key=self.typed("access_key")))

    async def prepare(self) -> None:
        """Give the engine the keys that were typed."""
        if self._chosen is None:
            await self._known.engine.ask(typed_keys(self))
