"""Chooses who a pane acts as: a profile of the AWS config files, the default chain, or nobody."""

from __future__ import annotations

from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Grid, HorizontalGroup
from textual.content import Content
from textual.events import Click
from textual.widgets import Button, Input, Label, OptionList, Static
from textual.widgets.option_list import Option

from tui.model.identity import IdentitySpec
from tui.model.problem import ProblemError
from tui.protocol.messages import ListProfiles, Profiles
from tui.protocol.session import EngineAccess
from tui.ui.screens.choices import Choice, choices, matching, row
from tui.ui.screens.dialog import Dialog, Frame
from tui.ui.tones import BAD, MUTED, hint, outside

NO_ACCOUNT = """No profile was found. To get a first one, leave and run one of
  aws configure                    access key and secret of an IAM user
  aws configure sso                sign in through the browser
  export AWS_ACCESS_KEY_ID=… AWS_SECRET_ACCESS_KEY=…
  xs3-tui --demo                   two accounts to play with, no AWS needed"""


class ChoiceList(OptionList):
    """The list of identities: a click moves to one, a second click takes it."""

    async def _on_click(self, event: Click) -> None:
        event.prevent_default()
        index = event.style.meta.get("option")
        if index is None:
            return
        self.highlighted = index
        if event.chain >= 2:
            self.action_select()


class ChooserScreen(Dialog[IdentitySpec]):
    """Answers with the identity that was chosen and the overrides that were typed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "move(1)", show=False),
        Binding("up", "move(-1)", show=False),
        Binding("pagedown", "move(8)", show=False),
        Binding("pageup", "move(-8)", show=False),
        Binding("enter", "choose", "Connect"),
    ]

    def __init__(self, engine: EngineAccess, title: str, current: IdentitySpec | None = None) -> None:
        """`title` names the pane; `current` is where the cursor stands first and whose overrides are filled in."""
        super().__init__()
        self._engine, self._title = engine, title
        self._current = current
        self._choices: list[Choice] = []
        self._shown: list[Choice] = []

    def compose(self) -> ComposeResult:
        """Filter, list, overrides."""
        with Frame(outside(self._title), id="chooser"):
            yield Input(placeholder="type to find a profile", compact=True, id="filter")
            yield ChoiceList(id="choices", compact=True, markup=False)
            yield Static(id="detail", classes="muted")
            with Grid(id="overrides"):
                yield Label("endpoint")
                yield Input(
                    self._current.endpoint if self._current else None,
                    placeholder="as configured",
                    compact=True,
                    id="endpoint",
                )
                yield Label("region")
                yield Input(
                    self._current.region if self._current else None,
                    placeholder="as configured",
                    compact=True,
                    id="region",
                )
            yield Static(id="files", classes="muted")
            with HorizontalGroup(classes="buttons"):
                yield Button("Connect", variant="primary", id="connect", compact=True)
                yield Button("Cancel", id="cancel", compact=True)
                yield Static(hint(("enter", "connect"), ("tab", "overrides"), ("esc", "cancel")), classes="hints")

    def on_mount(self) -> None:
        """Read the profiles; the screen is there at once."""
        self.query_one("#files", Static).update("reading the AWS config files…")
        self._read_profiles()

    @work
    async def _read_profiles(self) -> None:
        files = self.query_one("#files", Static)
        try:
            profiles = await self._engine.ask(ListProfiles())
        except ProblemError as error:
            profiles = Profiles([], [])
            files.update(outside(f"✗ {error.problem.sentence()}", BAD))
        else:
            files.update(outside("read: " + (", ".join(profiles.files) or "no config file"), MUTED))
        self._choices = choices(profiles.profiles)
        if not profiles.profiles:
            self.query_one("#detail", Static).update(NO_ACCOUNT)
        self._show()
        if self._current:
            self._point_at(self._current)

    def _show(self) -> None:
        typed = self.query_one("#filter", Input).value
        self._shown = matching(self._choices, typed)
        widest = max((len(choice.title) for choice in self._choices), default=0)
        listed = self.query_one(ChoiceList)
        listed.set_options(Option(row(choice, min(widest, 28))) for choice in self._shown)
        listed.highlighted = 0 if self._shown else None
        if self._choices and not self._shown:
            self.query_one("#detail", Static).update(outside(f"no profile matches {typed!r}"))

    def _point_at(self, spec: IdentitySpec) -> None:
        for index, choice in enumerate(self._shown):
            if (choice.profile, choice.anonymous, choice.local) == (spec.profile, spec.anonymous, spec.local):
                self.query_one(ChoiceList).highlighted = index

    @on(Input.Changed, "#filter")
    def _filter(self) -> None:
        self._show()

    @on(OptionList.OptionHighlighted)
    def _explain(self, event: OptionList.OptionHighlighted) -> None:
        if event.option_index < len(self._shown) and any(choice.from_file for choice in self._choices):
            choice = self._shown[event.option_index]
            detail = " · ".join(part for part in (choice.detail, choice.endpoint) if part)
            self.query_one("#detail", Static).update(outside(detail) if detail else Content(""))

    @on(OptionList.OptionSelected)
    @on(Input.Submitted)
    @on(Button.Pressed, "#connect")
    def action_choose(self) -> None:
        """Answer with the row under the cursor."""
        index = self.query_one(ChoiceList).highlighted
        if index is None:
            return
        choice = self._shown[index]
        self.dismiss(
            choice.spec(
                self.query_one("#endpoint", Input).value.strip() or None,
                self.query_one("#region", Input).value.strip() or None,
            )
        )

    @on(Button.Pressed, "#cancel")
    def _cancel(self) -> None:
        self.dismiss(None)

    def action_move(self, rows: int) -> None:
        """Move the cursor of the list, wherever the focus is."""
        listed = self.query_one(ChoiceList)
        if listed.highlighted is not None:
            listed.highlighted = max(0, min(len(self._shown) - 1, listed.highlighted + rows))
