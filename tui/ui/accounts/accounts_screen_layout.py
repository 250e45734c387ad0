"""The accounts screen as it looks: everybody who can act in a pane, found by a few letters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Grid, HorizontalGroup
from textual.content import Content
from textual.widgets import Button, Input, Label, OptionList, Static

from tui.core.identity import IdentitySpec, ProfileSummary
from tui.core.problem import ProblemError
from tui.kit.dialog import Dialog, Foot, Frame
from tui.kit.inputs import LineInput
from tui.kit.lines import BAD, KEY, MUTED, STRONG, hint, outside
from tui.link.session import EngineAccess
from tui.messages.identity_requests import ListProfiles, Profiles
from tui.panes.news import Side
from tui.saved.kept_identities import IdentityKeeper
from tui.saved.last_session import Pair
from tui.settings.schema import without_settings
from tui.text.format import below_home
from tui.ui.accounts.account_choice_text import detail_lines, matching, title_width
from tui.ui.accounts.account_choices import AccountChoice, New, Section, account_choices, row_of
from tui.ui.accounts.account_option_list import AccountOptionList

FIRST_WAYS = (
    ("access keys…", "here: press Enter now"),
    ("aws configure", "in a shell: IAM user keys, saved in ~/.aws"),
    ("aws configure sso", "in a shell: IAM Identity Center"),
    ("export AWS_ACCESS_KEY_ID=…", "and AWS_SECRET_ACCESS_KEY=… in a shell"),
    ("xs3-tui --demo", "the demo: two accounts, no AWS"),
)


@dataclass(frozen=True, slots=True)
class Chosen:
    """The identity of the pane and, for a chosen pair, of the other one. Both without what the settings add."""

    spec: IdentitySpec
    other: IdentitySpec | None = None


class AccountsScreenLayout(Dialog[Chosen]):
    """Shows the rows and the details of the selected one; `AccountsScreen` decides what happens with it."""

    def __init__(
        self,
        engine: EngineAccess,
        side: Side,
        keeper: IdentityKeeper,
        *,
        current: IdentitySpec | None = None,
        other: IdentitySpec | None = None,
        pairs: Sequence[Pair] = (),
    ) -> None:
        """`side` is that of the pane; `current` acts there now: the cursor begins on it, with its overrides.

        `other` acts in the other pane.
        """
        super().__init__()
        self.engine, self.side, self.keeper, self._pairs = engine, side, keeper, pairs
        self.current = without_settings(current) if current else None
        self._acting = [without_settings(spec) for spec in (current, other) if spec]
        self._profiles = Profiles([], [])
        self.rows: list[AccountChoice] = []
        self.drafts: dict[New, dict[str, str]] = {new: {} for new in New}
        """What was typed into the forms, for when they are opened again."""

    def compose(self) -> ComposeResult:
        """What is typed, the list, what the row means, the overrides."""
        with Frame(f"Choose an identity for the {self.side} pane", id="accounts-frame"):
            yield LineInput(placeholder="type to search", compact=True, id="filter")
            yield AccountOptionList()
            with Foot():
                yield Static(_first_words(), id="first")
                yield Static(id="detail")
                with Grid(id="overrides"):
                    for name in ("endpoint", "region"):
                        yield Label(name)
                        yield LineInput(self._override(name), placeholder="as configured", compact=True, id=name)
                yield Static(id="message")
                yield Static(id="files")
                with HorizontalGroup(classes="buttons"):
                    yield Button("Connect  enter", variant="primary", id="connect", compact=True)
                    yield Button("Cancel", id="cancel", compact=True)
                    yield Static(id="keys", classes="hints")

    def _override(self, name: str) -> str | None:
        """What overrides the profile that acts now; the others have an endpoint and a region of their own."""
        now = self.current
        if now is None or now.name or now.access_key or now.roles:
            return None
        return now.endpoint if name == "endpoint" else now.region

    def on_mount(self) -> None:
        """Read the profiles; the screen is there at once."""
        self.query_one("#first").display = False
        self.say("")
        self.query_one("#files", Static).update(outside("reading the AWS config files…", MUTED))
        self.read(self.current)

    @work(exclusive=True, group="reading")
    async def read(self, at: IdentitySpec | Pair | New | None) -> None:
        """Read the files again, and put the cursor on the row that takes `at`."""
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
        self.rows = account_choices(self._profiles, self.keeper.settings, self._pairs, self._acting, self.side)
        self._show()
        begin = None if self._somebody else New.KEYS
        if row := row_of(self.rows, at) or row_of(self.rows, begin):
            self.query_one(AccountOptionList).point_at(row)

    @property
    def _somebody(self) -> bool:
        """Whether there is anybody to act as."""
        found = self._profiles.profiles or self._profiles.ambient
        return bool(found or self._pairs or self._acting or self.keeper.settings.identities)

    @property
    def profiles(self) -> Mapping[str, ProfileSummary]:
        """The AWS profiles, by name."""
        return {entry.name: entry for entry in self._profiles.profiles}

    @property
    def row(self) -> AccountChoice | None:
        """The row under the cursor."""
        return self.query_one(AccountOptionList).row

    def _show(self) -> None:
        typed = self.query_one("#filter", Input).value
        shown = matching(self.rows, typed)
        self.query_one(AccountOptionList).show(shown, title_width(self.rows), headings=not typed.strip())
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
            self.query_one("#detail", Static).update(detail_lines(row))
            self.query_one("#keys", Static).update(hint(*_keys(row), ("esc", "cancel")))
            self.refresh_bindings()

    def say(self, words: str, tone: str = MUTED) -> None:
        """Show what was done, or could not be done."""
        message = self.query_one("#message", Static)
        message.update(outside(words, tone))
        message.display = bool(words)


def _keys(row: AccountChoice) -> list[tuple[str, str]]:
    if isinstance(row.takes, New):
        return []
    if isinstance(row.takes, Pair):
        return [("enter", "connects both panes")]
    if row.section is Section.KEPT:
        return [("tab", "overrides"), ("del", "forget")]
    return [("tab", "overrides"), ("ctrl+s", "save…")]


def _first_words() -> Content:
    """How a first account comes in."""
    ways = (Content.assemble("  ", (f"{way:<27}", KEY), (words, MUTED)) for way, words in FIRST_WAYS)
    return Content("\n").join([Content.styled("No accounts yet. To add one:", STRONG), *ways])
