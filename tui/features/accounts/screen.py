"""Chooses the identity of a pane: a known one, a recent pair for both panes, or a new one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Grid, HorizontalGroup
from textual.content import Content
from textual.events import Click
from textual.widgets import Button, Input, Label, OptionList, Static
from textual.widgets.option_list import Option

from tui.core.identity import IdentitySpec, ProfileSummary
from tui.core.problem import ProblemError
from tui.features.accounts import choices_screen
from tui.features.accounts.form_screen import AccountForm, FormContext, KeepScreen
from tui.kit.dialog import ConfirmScreen, Dialog, Foot, Frame, given
from tui.kit.inputs import LineInput
from tui.kit.lines import ACCENT, BAD, GOOD, KEY, MUTED, STRONG, hint, outside
from tui.link.session import EngineAccess
from tui.messages.identity_requests import ListProfiles, Profiles
from tui.panes.news import PaneSide
from tui.saved.kept_identities import IdentityKeeper
from tui.saved.last_session import IdentityPair
from tui.settings.schema import without_settings
from tui.text import typed_account
from tui.text.format import below_home
from tui.text.typed import TypedError


class AccountOptionList(OptionList):
    """The cursor passes over headings; a search result has none, and its best row comes first."""

    def __init__(self) -> None:
        super().__init__(id="accounts", compact=True, markup=False)
        self._rows: list[choices_screen.AccountOption | None] = []

    def show(self, shown: Sequence[choices_screen.ShownRow], width: int, *, headings: bool) -> None:
        """Show other rows, with the cursor on the first. `width` is that of the names, in cells."""
        options: list[Option] = []
        self._rows = []
        section = None
        for each in shown:
            if headings and each.row.section is not section:
                section = each.row.section
                options.append(Option(Content.styled(section.value, MUTED), disabled=True))
                self._rows.append(None)
            options.append(Option(choices_screen.row_line(each, width)))
            self._rows.append(each.row)
        self.set_options(options)
        self.highlighted = next((at for at, row in enumerate(self._rows) if row), None)

    @property
    def row(self) -> choices_screen.AccountOption | None:
        return None if self.highlighted is None else self._rows[self.highlighted]

    def point_at(self, row: choices_screen.AccountOption) -> None:
        if row in self._rows:
            self.highlighted = self._rows.index(row)

    def move(self, rows: int) -> None:
        """Move the cursor by so many rows, without headings, and stop at the ends."""
        places = [at for at, row in enumerate(self._rows) if row]
        if self.highlighted in places:
            target = places.index(self.highlighted) + rows
            self.highlighted = places[max(0, min(len(places) - 1, target))]
            if self.highlighted == places[0]:
                self.scroll_home(animate=False)  # with its heading

    async def _on_click(self, event: Click) -> None:
        event.prevent_default()
        index = event.style.meta.get("option")
        if index is None or self._rows[index] is None:
            return
        self.highlighted = index
        if event.chain >= 2:
            self.action_select()


FIRST_WAYS = (
    ("access keys…", "here: press Enter now"),
    ("aws configure", "in a shell: IAM user keys, saved in ~/.aws"),
    ("aws configure sso", "in a shell: IAM Identity Center"),
    ("export AWS_ACCESS_KEY_ID=…", "and AWS_SECRET_ACCESS_KEY=… in a shell"),
    ("xs3-tui --demo", "the demo: two accounts, no AWS"),
)


@dataclass(frozen=True, slots=True)
class ChosenIdentities:
    """The identity of the pane and, for a chosen pair, of the other one. Both without what the settings add."""

    spec: IdentitySpec
    other: IdentitySpec | None = None


class AccountsScreen(Dialog[ChosenIdentities]):
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

    def __init__(
        self,
        engine: EngineAccess,
        side: PaneSide,
        keeper: IdentityKeeper,
        *,
        current: IdentitySpec | None = None,
        other: IdentitySpec | None = None,
        pairs: Sequence[IdentityPair] = (),
        steps: Sequence[str] = (),
    ) -> None:
        """`current` is the pane's identity, where the cursor begins, and `other` the other pane's.

        `steps` are said above the list, a line each.
        """
        super().__init__()
        self.engine, self.side, self.keeper, self._pairs, self._steps = engine, side, keeper, pairs, steps
        self.current = without_settings(current) if current else None
        self._acting = [without_settings(spec) for spec in (current, other) if spec]
        self._profiles = Profiles([], [])
        self.rows: list[choices_screen.AccountOption] = []
        self.drafts: dict[choices_screen.New, dict[str, str]] = {new: {} for new in choices_screen.New}

    def compose(self) -> ComposeResult:
        ways = (Content.assemble("  ", (f"{way:<27}", KEY), (words, MUTED)) for way, words in FIRST_WAYS)
        first = Content("\n").join([Content.styled("No accounts yet. To add one:", STRONG), *ways])
        with Frame(f"Choose an identity for the {self.side} pane", id="accounts-frame"):
            if self._steps:
                yield Static(Content("\n").join(outside(step, ACCENT) for step in self._steps), id="steps")
            yield LineInput(placeholder="type to search", compact=True, id="filter")
            yield AccountOptionList()
            with Foot():
                yield Static(first, id="first")
                yield Static(id="detail")
                with Grid(id="overrides"):
                    for name in ("endpoint", "region"):
                        yield Label(name)
                        yield LineInput(self._override(name), placeholder="as configured", compact=True, id=name)
                yield Static(id="message")
                yield Static(id="files")
                with HorizontalGroup(classes="buttons"):
                    yield Button(
                        "Connect  enter", variant="primary", id="connect", action="screen.choose", compact=True
                    )
                    yield Button("Cancel", id="cancel", action="screen.cancel", compact=True)
                    yield Static(id="keys", classes="hints")

    def _override(self, name: str) -> str | None:
        """The override of the present profile; other identities have an endpoint and a region of their own."""
        now = self.current
        if now is None or now.name or now.access_key or now.roles:
            return None
        return now.endpoint if name == "endpoint" else now.region

    def on_mount(self) -> None:
        self.query_one("#first").display = False
        self.say("")
        self.query_one("#files", Static).update(outside("reading the AWS config files…", MUTED))
        self.read(self.current)

    @work(exclusive=True, group="reading")
    async def read(self, at: IdentitySpec | IdentityPair | choices_screen.New | None) -> None:
        """Read the files again; the cursor goes to the row that takes `at`."""
        files = self.query_one("#files", Static)
        try:
            self._profiles = await self.engine.ask(ListProfiles())
        except ProblemError as error:
            self._profiles = Profiles([], [])
            files.update(outside(f"✗ {error.problem.sentence()}", BAD))
        else:
            home = str(Path.home())
            read = ", ".join(below_home(file, home) for file in self._profiles.files) or "no config file"
            files.update(outside(f"read: {read}", MUTED))
            self.query_one("#first").display = not self._somebody
        self.rows = choices_screen.account_choices(
            self._profiles, self.keeper.settings, self._pairs, self._acting, self.side
        )
        self._show()
        begin = None if self._somebody else choices_screen.New.KEYS
        if row := choices_screen.row_of(self.rows, at) or choices_screen.row_of(self.rows, begin):
            self.query_one(AccountOptionList).point_at(row)

    @property
    def _somebody(self) -> bool:
        found = self._profiles.profiles or self._profiles.ambient
        return bool(found or self._pairs or self._acting or self.keeper.settings.identities)

    @property
    def profiles(self) -> Mapping[str, ProfileSummary]:
        return {entry.name: entry for entry in self._profiles.profiles}

    @property
    def row(self) -> choices_screen.AccountOption | None:
        return self.query_one(AccountOptionList).row

    def _show(self) -> None:
        typed = self.query_one("#filter", Input).value
        shown = choices_screen.matching(self.rows, typed)
        self.query_one(AccountOptionList).show(shown, choices_screen.title_width(self.rows), headings=not typed.strip())
        if self.rows and not shown:
            self.query_one("#detail", Static).update(outside(f"no match for {typed!r}"))

    @on(Input.Changed, "#filter")
    def _filter(self, event: Input.Changed) -> None:
        row = self.row
        self._show()
        if row and not event.value.strip():  # what was found is kept in sight among all the others
            self.query_one(AccountOptionList).point_at(row)

    @on(Input.Changed, "#endpoint, #region")
    def _overridden(self) -> None:
        self.say("")

    @on(OptionList.OptionHighlighted)
    def _explain(self) -> None:
        if row := self.row:
            self.query_one("#detail", Static).update(choices_screen.detail_lines(row))
            self.query_one("#keys", Static).update(hint(*_keys(row), ("esc", "cancel")))
            self.refresh_bindings()

    def say(self, words: str, tone: str = MUTED) -> None:
        super().say(words, tone)
        self.query_one("#message").display = bool(words)

    @on(OptionList.OptionSelected)
    @on(Input.Submitted)
    def action_choose(self) -> None:
        takes = self.row.takes if self.row else None
        if isinstance(takes, choices_screen.New):
            self._describe(takes)
        elif isinstance(takes, IdentityPair):
            sides = takes.left, takes.right
            self.leave(ChosenIdentities(*sides) if self.side is PaneSide.LEFT else ChosenIdentities(*reversed(sides)))
        elif takes and (spec := self._with_overrides(takes)):
            self.leave(ChosenIdentities(spec))

    def _with_overrides(self, spec: IdentitySpec) -> IdentitySpec | None:
        """An identity with the overrides; None, with the reason on screen, if one is not valid."""
        try:
            endpoint = typed_account.endpoint(self.query_one("#endpoint", Input).value)
            region = typed_account.region(self.query_one("#region", Input).value)
        except TypedError as error:
            self.say(f"✗ {error}", BAD)
            return None
        return choices_screen.overridden(spec, endpoint, region)

    def _describe(self, new: choices_screen.New) -> None:
        known = FormContext(self.engine, self.keeper, self.rows, self.profiles, self.current)

        def answered(spec: IdentitySpec | None) -> None:
            if spec:
                self.leave(ChosenIdentities(spec))
            else:
                self.read(new)  # an identity may have been saved

        self.app.push_screen(_form(new, known, self.drafts[new]), answered)

    def action_keep(self) -> None:
        takes = self.row.takes if self.row else None
        if not isinstance(takes, IdentitySpec) or not takes.kind.has_accounts:
            self.say("this row has no identity to save")
        elif spec := self._with_overrides(takes):
            self.app.push_screen(KeepScreen(self.keeper, spec, self.profiles), self._was_kept)

    def _was_kept(self, kept: IdentitySpec | None) -> None:
        if kept:
            self.say(f"✓ saved as {kept.name or kept.profile}", GOOD)
            self.read(kept)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Del removes a saved identity, unless there is a letter behind the cursor of the line."""
        if action != "forget":
            return super().check_action(action, parameters)
        line = self.query_one("#filter", Input)
        at_end = self.focused is not line or line.cursor_position == len(line.value)
        here = self.focused is line or isinstance(self.focused, AccountOptionList)
        return bool(here and at_end and self.row and self.row.section is choices_screen.AccountSection.KEPT)

    def action_forget(self) -> None:
        name = self.row.takes.name if self.row and isinstance(self.row.takes, IdentitySpec) else ""

        question = Content.assemble("Take ", outside(name, STRONG), " out of ", outside(str(self.keeper.file)), "?")
        dialog = ConfirmScreen("Remove an identity", question, "Remove", lost=True)
        self.app.push_screen(dialog, given(lambda _: self._forget(name)))

    def _forget(self, name: str) -> None:
        try:
            self.keeper.forget(name)
        except ProblemError as error:
            self.say(f"✗ {error.problem.sentence()}", BAD)
        else:
            self.say(f"✓ {name} was removed", GOOD)
            self.read(None)

    def action_move(self, rows: int) -> None:
        self.query_one(AccountOptionList).move(rows)


def _keys(row: choices_screen.AccountOption) -> list[tuple[str, str]]:
    if isinstance(row.takes, choices_screen.New):
        return []
    if isinstance(row.takes, IdentityPair):
        return [("enter", "connects both panes")]
    if row.section is choices_screen.AccountSection.KEPT:
        return [("tab", "overrides"), ("del", "forget")]
    return [("tab", "overrides"), ("ctrl+s", "save…")]


def _form(new: choices_screen.New, known: FormContext, draft: dict[str, str]) -> AccountForm:
    from tui.features.accounts import new_screen

    forms: dict[choices_screen.New, type[AccountForm]] = {
        choices_screen.New.KEYS: new_screen.NewKeysScreen,
        choices_screen.New.ROLE: new_screen.NewRoleScreen,
        choices_screen.New.ENDPOINT: new_screen.NewEndpointScreen,
        choices_screen.New.ANONYMOUS: new_screen.NewAnonymousScreen,
    }
    return forms[new](known, draft)
