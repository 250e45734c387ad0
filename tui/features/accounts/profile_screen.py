"""The preview of a profile for the AWS config file: the exact lines, written only when the user says so."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import HorizontalGroup, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Static

from tui.core.identity import IdentitySpec
from tui.core.problem import ProblemError
from tui.kit.dialog import DecisionDialog, Foot, Frame
from tui.kit.lines import BAD, hint, outside
from tui.saved.kept_identities import IdentityKeeper


class WriteProfileScreen(DecisionDialog[IdentitySpec]):
    """Answers with the identity as a profile once it stands in the file."""

    AUTO_FOCUS = "#write"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("left,right", "app.focus_next", show=False)]

    def __init__(self, keeper: IdentityKeeper, name: str, text: str) -> None:
        """`text` is the profile's section (`tui.saved.kept_identities.profile_text`)."""
        super().__init__()
        self._keeper, self._profile, self._text = keeper, name, text

    def compose(self) -> ComposeResult:
        with Frame("Write an AWS profile", id="write-profile"):
            yield Static(outside(f"These lines are appended to {self._keeper.aws_config}; nothing else changes:"))
            with VerticalScroll(can_focus=False):
                lines = self._text.rstrip("\n").split("\n")
                yield Static(Content("\n").join(outside(line) for line in lines), id="lines")
            with Foot():
                yield Static(id="message")
                with HorizontalGroup(classes="buttons"):
                    yield Button("Write", variant="primary", id="write", action="screen.write", compact=True)
                    yield Button("Cancel", id="cancel", action="screen.cancel", compact=True)
                    yield Static(hint(("enter", "append these lines"), ("esc", "back")), classes="hints")

    def action_write(self) -> None:
        try:
            profile = self._keeper.write_profile(self._profile, self._text)
        except ProblemError as error:
            self.query_one("#message", Static).update(outside(f"✗ {error.problem.sentence()}", BAD))
        else:
            self.leave(profile)
