"""Asks for the name under which an identity is kept in our settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import HorizontalGroup
from textual.widgets import Button, Input, Static

from tui.core.identity import IdentitySpec, ProfileSummary
from tui.core.problem import ProblemError
from tui.kit.dialog import Dialog, Frame
from tui.kit.inputs import LineInput
from tui.kit.lines import BAD, WARNING, hint, outside
from tui.saved.kept_identities import IdentityKeeper, no_profile, profile_text
from tui.text import typed_account
from tui.text.listing_lines import in_words
from tui.text.typed import TypedError


class KeepScreen(Dialog[IdentitySpec]):
    """Answers with the identity by its new name once it is kept, in the settings or as an AWS profile."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+o", "profile", "AWS config")]

    def __init__(self, keeper: IdentityKeeper, spec: IdentitySpec, profiles: Mapping[str, ProfileSummary]) -> None:
        """`profiles` are the AWS profiles that there are, by name."""
        super().__init__()
        self._keeper, self._spec, self._profiles = keeper, spec, profiles

    def compose(self) -> ComposeResult:
        """What is kept, its name, where it goes."""
        with Frame("Save this identity", id="keep"):
            yield Static(outside(in_words(self._spec)))
            yield LineInput(self._spec.name, placeholder="a name", compact=True, id="name")
            yield Static(id="message")
            yield Static(outside(f"Saved in {self._keeper.file}. {self._secret_words()}"), classes="muted")
            with HorizontalGroup(classes="buttons"):
                yield Button("Keep", variant="primary", id="confirm", compact=True)
                if self._keeper.aws_config:
                    yield Button("To the AWS config file…", id="profile", compact=True)
                yield Button("Cancel", id="cancel", compact=True)
            keys = [("enter", "keep"), ("esc", "cancel")]
            if self._keeper.aws_config:
                keys.insert(1, ("ctrl+o", "AWS config file, with a preview"))
            yield Static(hint(*keys), classes="hints")

    def _secret_words(self) -> str:
        if self._spec.access_key:
            return "Without the secret: you enter it again after the engine stops."
        return "It contains no secret."

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        typed = event.value.strip()
        known = typed in self._keeper.settings.identities
        self._say("replaces the identity with this name" if known else "", WARNING)

    @on(Input.Submitted)
    @on(Button.Pressed, "#confirm")
    def _keep(self) -> None:
        name = self._typed_name()
        if not name:
            return
        try:
            kept = self._keeper.keep(name, self._spec)
        except ProblemError as error:
            self._say(f"✗ {error.problem.sentence()}", BAD)
        else:
            self.leave(kept)

    @on(Button.Pressed, "#profile")
    def action_profile(self) -> None:
        """Show what would be written to the AWS config file."""
        from tui.ui.accounts.write_profile import WriteProfileScreen

        if self._keeper.aws_config is None:
            return
        if reason := no_profile(self._spec):
            self._say(f"✗ not as an AWS profile: {reason}", BAD)
            return
        name = self._typed_name()
        if name in self._profiles:
            self._say("✗ an AWS profile already has this name", BAD)
        elif name:
            source = self._profiles.get(self._spec.profile or "")
            text = profile_text(name, self._spec, source.ways if source else None)
            self.app.push_screen(WriteProfileScreen(self._keeper, name, text), self._written)

    def _written(self, profile: IdentitySpec | None) -> None:
        if profile:
            self.leave(profile)

    @on(Button.Pressed, "#cancel")
    def _cancel(self) -> None:
        self.leave()

    def _typed_name(self) -> str:
        """The name, or nothing, and the reason on screen."""
        try:
            return typed_account.name(self.query_one("#name", Input).value)
        except TypedError as error:
            self._say(f"✗ {error}", BAD)
            return ""

    def _say(self, words: str, tone: str = "") -> None:
        self.query_one("#message", Static).update(outside(words, tone) if words else "")
