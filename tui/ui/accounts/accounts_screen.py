"""Chooses the identity of a pane: a known one, a recent pair for both panes, or a new one."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Button, Input, OptionList

from tui.core.identity import IdentitySpec
from tui.core.problem import ProblemError
from tui.kit.dialog import ConfirmScreen
from tui.kit.lines import BAD, GOOD, STRONG, outside
from tui.panes.news import Side
from tui.saved.last_session import Pair
from tui.text import typed_account
from tui.text.typed import TypedError
from tui.ui.accounts.account_choices import New, Section, overridden
from tui.ui.accounts.account_form import AccountForm, Known
from tui.ui.accounts.account_option_list import AccountOptionList
from tui.ui.accounts.accounts_screen_layout import AccountsScreenLayout, Chosen
from tui.ui.accounts.keep_identity import KeepScreen

__all__ = ["AccountsScreen", "Chosen"]


class AccountsScreen(AccountsScreenLayout):
    """Answers with the chosen identity. A new one is entered in a form above the list; Esc goes back to the list."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "move(1)", show=False),
        Binding("up", "move(-1)", show=False),
        Binding("pagedown", "move(8)", show=False),
        Binding("pageup", "move(-8)", show=False),
        Binding("enter", "choose", "Connect"),
        Binding("ctrl+s", "keep", "Keep"),
        Binding("delete,f8", "forget", "Forget", priority=True),
    ]

    @on(OptionList.OptionSelected)
    @on(Input.Submitted)
    @on(Button.Pressed, "#connect")
    def action_choose(self) -> None:
        """Answer with the row under the cursor, or open the form that it stands for."""
        takes = self.row.takes if self.row else None
        if isinstance(takes, New):
            self._describe(takes)
        elif isinstance(takes, Pair):
            sides = takes.left, takes.right
            self.leave(Chosen(*sides) if self.side is Side.LEFT else Chosen(*reversed(sides)))
        elif takes and (spec := self._with_overrides(takes)):
            self.leave(Chosen(spec))

    def _with_overrides(self, spec: IdentitySpec) -> IdentitySpec | None:
        """An identity as it is asked for; None, and the reason on screen, when an override cannot be used."""
        try:
            endpoint = typed_account.endpoint(self.query_one("#endpoint", Input).value)
            region = typed_account.region(self.query_one("#region", Input).value)
        except TypedError as error:
            self.say(f"✗ {error}", BAD)
            return None
        return overridden(spec, endpoint, region)

    def _describe(self, new: New) -> None:
        """The form for a new identity."""
        known = Known(self.engine, self.keeper, self.rows, self.profiles, self.current)

        def answered(spec: IdentitySpec | None) -> None:
            if spec:
                self.leave(Chosen(spec))
            else:
                self.read(new)  # an identity may have been saved

        self.app.push_screen(_form(new, known, self.drafts[new]), answered)

    def action_keep(self) -> None:
        """Keep the identity under the cursor, with its overrides, under a name."""
        takes = self.row.takes if self.row else None
        if not isinstance(takes, IdentitySpec) or takes.local:
            self.say("this row has no identity to save")
        elif spec := self._with_overrides(takes):
            self.app.push_screen(KeepScreen(self.keeper, spec, self.profiles), self._was_kept)

    def _was_kept(self, kept: IdentitySpec | None) -> None:
        if kept:
            self.say(f"✓ saved as {kept.name or kept.profile}", GOOD)
            self.read(kept)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Del removes an identity from the settings, unless there is a letter behind the cursor of the line."""
        if action != "forget":
            return super().check_action(action, parameters)
        line = self.query_one("#filter", Input)
        at_end = self.focused is not line or line.cursor_position == len(line.value)
        here = self.focused is line or isinstance(self.focused, AccountOptionList)
        return bool(here and at_end and self.row and self.row.section is Section.KEPT)

    def action_forget(self) -> None:
        """Take an identity out of the settings, once that was confirmed."""
        name = self.row.takes.name if self.row and isinstance(self.row.takes, IdentitySpec) else ""

        def answered(yes: bool | None) -> None:
            if yes:
                self._forget(name)

        question = Content.assemble("Take ", outside(name, STRONG), " out of ", outside(str(self.keeper.file)), "?")
        self.app.push_screen(ConfirmScreen("Remove an identity", question, "Remove"), answered)

    def _forget(self, name: str) -> None:
        try:
            self.keeper.forget(name)
        except ProblemError as error:
            self.say(f"✗ {error.problem.sentence()}", BAD)
        else:
            self.say(f"✓ {name} was removed", GOOD)
            self.read(None)

    @on(Button.Pressed, "#cancel")
    def _cancel(self) -> None:
        self.leave()

    def action_move(self, rows: int) -> None:
        """Move the cursor of the list, wherever the focus is."""
        self.query_one(AccountOptionList).move(rows)


def _form(new: New, known: Known, draft: dict[str, str]) -> AccountForm:
    match new:
        case New.KEYS:
            from tui.ui.accounts.new_keys import NewKeysScreen

            return NewKeysScreen(known, draft)
        case New.ROLE:
            from tui.ui.accounts.new_role import NewRoleScreen

            return NewRoleScreen(known, draft)
        case New.ENDPOINT:
            from tui.ui.accounts.new_endpoint import NewEndpointScreen

            return NewEndpointScreen(known, draft)
        case New.ANONYMOUS:
            from tui.ui.accounts.new_endpoint import NewAnonymousScreen

            return NewAnonymousScreen(known, draft)
