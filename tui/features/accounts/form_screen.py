"""What the forms share that make an identity: lines that explain themselves, keeping it, connecting as it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Grid, HorizontalGroup, VerticalScroll
from textual.content import Content
from textual.events import DescendantBlur, DescendantFocus
from textual.widget import Widget
from textual.widgets import Button, Input, Label, Select, Static

from tui.core.identity import Address, IdentitySpec, ProfileSummary
from tui.core.problem import ProblemError
from tui.features.accounts.choices_screen import AccountOption
from tui.kit.dialog import DecisionDialog, Dialog, Foot, Frame
from tui.kit.inputs import Field, FormField, LineInput, SecretInput
from tui.kit.lines import BAD, GOOD, MUTED, WARNING, hint, outside
from tui.kit.sign_in_screens import rows
from tui.link.session import EngineAccess
from tui.messages.identity_requests import NameAccount
from tui.saved.kept_identities import IdentityKeeper, no_profile, profile_text
from tui.settings.checks import account_number, label
from tui.text import typed_account
from tui.text.format import visible
from tui.text.listing_lines import in_words
from tui.text.typed import TypedError


@dataclass(frozen=True, slots=True)
class FormContext:
    """The data that a form needs."""

    engine: EngineAccess
    keeper: IdentityKeeper
    rows: list[AccountOption]
    profiles: Mapping[str, ProfileSummary]
    current: IdentitySpec | None
    """The pane's identity, without what the settings add."""

    @property
    def identities(self) -> list[tuple[str, IdentitySpec]]:
        return [(row.title, row.takes) for row in self.rows if isinstance(row.takes, IdentitySpec)]


class AccountForm(Dialog[IdentitySpec]):
    """Answers with the described identity. `draft` keeps the text of all lines but secrets for the next time.

    A subclass has a `NAME`, its `lines` and `spec`, and may have to `prepare` something before it answers.
    """

    AUTO_FOCUS = "Input"
    NAME: ClassVar[str] = ""
    NOTES: ClassVar[dict[str, str]] = {}
    """Notes on widgets that are no lines, by id."""
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+s", "keep", "Keep")]

    def __init__(self, known: FormContext, draft: dict[str, str]) -> None:
        super().__init__()
        self._known, self._draft = known, draft
        self._described: IdentitySpec | None = None
        self._kept: IdentitySpec | None = None
        """`_described` under its saved name."""

    def compose(self) -> ComposeResult:
        with Frame(outside(self.NAME), id="account-form"):
            with VerticalScroll(can_focus=False):
                yield from self.lines()
            with Foot():
                yield Static(id="note", markup=False)
                yield Static(id="message")
                with HorizontalGroup(classes="buttons"):
                    yield Button("Connect  enter", variant="primary", id="connect", compact=True)
                    yield Button("Save…  ctrl+s", id="keep", action="screen.keep", compact=True)
                    yield Button("Back", id="back", action="screen.cancel", compact=True)
                    yield Static(hint(("tab", "next"), ("esc", "back")), classes="hints")

    def on_mount(self) -> None:
        self.say("")

    def lines(self) -> Iterable[Widget]:
        raise NotImplementedError

    def spec(self) -> IdentitySpec:
        """The described identity; called only if every visible line is valid."""
        raise NotImplementedError

    async def prepare(self) -> None:
        """Do what must come before the connection; raise `ProblemError`."""

    def form_field(self, field: Field) -> FormField:
        """A line that begins with its draft."""
        return FormField(field, self._draft.get(field.id, ""))

    def form_row(self, label: str, widget: Widget) -> Widget:
        return HorizontalGroup(Label(label), widget, classes="form-row")

    def typed(self, name: str) -> str:
        return self.query_one(f"#{name}", Input).value.strip()

    def leave(self, answer: IdentitySpec | None = None) -> None:
        """Save the draft, and clear secrets."""
        for line in self.query(Input):
            if isinstance(line, SecretInput):
                line.clear()
            else:
                self._draft[line.id or ""] = line.value
        super().leave(answer)

    @on(DescendantFocus)
    def _explain(self, event: DescendantFocus) -> None:
        field = self._field_of(event.widget)
        note = field.field.note if field else self.NOTES.get(event.widget.id or "", "")
        self.query_one("#note", Static).update(note)

    @on(DescendantBlur)
    def _left(self, event: DescendantBlur) -> None:
        field = self._field_of(event.widget)
        if field and field.line.value:
            field.judge(left=True)

    def _field_of(self, widget: Widget) -> FormField | None:
        return next((one for one in widget.ancestors if isinstance(one, FormField)), None)

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        if field := self._field_of(event.input):
            field.judge(left=False)
        self.say("")

    def _described_now(self) -> IdentitySpec | None:
        """The described identity; None, with the reason on screen and the focus, if a visible line is not valid."""
        fields = [field for field in self.query(FormField) if field.display]
        if wrong := [field for field in fields if not field.judge(left=True)]:
            wrong[0].line.focus()
            return None
        try:
            return self.spec()
        except TypedError as error:  # a file that a line names has just changed
            self.say(f"✗ {error}", BAD)
            return None

    @on(Input.Submitted)
    @on(Button.Pressed, "#connect")
    def _confirm(self) -> None:
        if spec := self._described_now():
            self.run_worker(self._answer(spec), exclusive=True)

    async def _answer(self, spec: IdentitySpec) -> None:
        try:
            await self.prepare()
        except ProblemError as error:
            self.say(f"✗ {error.problem.sentence()}", BAD)
        else:
            self.leave(self._kept if self._described == spec else spec)

    def action_keep(self) -> None:
        spec = self._described_now()
        if spec is None:
            return

        def answered(kept: IdentitySpec | None) -> None:
            if kept:
                self._described, self._kept = spec, kept
                self.say(f"✓ saved as {kept.name or kept.profile}", GOOD)

        self.app.push_screen(KeepScreen(self._known.keeper, spec, self._known.profiles), answered)

    def say(self, words: str, tone: str = MUTED) -> None:
        super().say(words, tone)
        self.query_one("#message").display = bool(words)


class KeepScreen(Dialog[IdentitySpec]):
    """Answers with the identity under its new name once it is saved, in the settings or as an AWS profile."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+o", "profile", "AWS config")]

    def __init__(self, keeper: IdentityKeeper, spec: IdentitySpec, profiles: Mapping[str, ProfileSummary]) -> None:
        super().__init__()
        self._keeper, self._spec, self._profiles = keeper, spec, profiles

    def compose(self) -> ComposeResult:
        note = "It contains no secret."
        if self._spec.access_key:
            note = "Without the secret: you enter it again after the engine stops."
        with Frame("Save this identity", id="keep"):
            yield Static(outside(in_words(self._spec)))
            yield LineInput(self._spec.name, placeholder="a name", compact=True, id="name")
            yield Static(id="message")
            yield Static(outside(f"Saved in {self._keeper.file}. {note}"), classes="muted")
            with HorizontalGroup(classes="buttons"):
                yield Button("Keep", variant="primary", id="confirm", compact=True)
                if self._keeper.aws_config:
                    yield Button("To the AWS config file…", id="profile", action="screen.profile", compact=True)
                yield Button("Cancel", id="cancel", action="screen.cancel", compact=True)
            keys = [("enter", "keep"), ("esc", "cancel")]
            if self._keeper.aws_config:
                keys.insert(1, ("ctrl+o", "AWS config file, with a preview"))
            yield Static(hint(*keys), classes="hints")

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        typed = event.value.strip()
        known = typed in self._keeper.settings.identities
        self.say("replaces the identity with this name" if known else "", WARNING)

    @on(Input.Submitted)
    @on(Button.Pressed, "#confirm")
    def _keep(self) -> None:
        name = self._typed_name()
        if not name:
            return
        try:
            kept = self._keeper.keep(name, self._spec)
        except ProblemError as error:
            self.say(f"✗ {error.problem.sentence()}", BAD)
        else:
            self.leave(kept)

    def action_profile(self) -> None:
        if self._keeper.aws_config is None:
            return
        if reason := no_profile(self._spec):
            self.say(f"✗ not as an AWS profile: {reason}", BAD)
            return
        name = self._typed_name()
        if name in self._profiles:
            self.say("✗ an AWS profile already has this name", BAD)
        elif name:
            source = self._profiles.get(self._spec.profile or "")
            text = profile_text(name, self._spec, source.ways if source else None)
            self.app.push_screen(WriteProfileScreen(self._keeper, name, text), self._written)

    def _written(self, profile: IdentitySpec | None) -> None:
        if profile:
            self.leave(profile)

    def _typed_name(self) -> str:
        """The typed name; empty, with the reason on screen, if it is not valid."""
        try:
            return typed_account.name(self.query_one("#name", Input).value)
        except TypedError as error:
            self.say(f"✗ {error}", BAD)
            return ""


class IdentitySelect(Select[IdentitySpec | None]):
    """Enter or a click unfolds it, typing searches; None may stand for an identity still to be made."""

    def __init__(
        self,
        options: Sequence[tuple[str, IdentitySpec | None]],
        value: IdentitySpec | None,
        *,
        id: str,  # noqa: A002  # Textual's own name
    ) -> None:
        """Without `value` among them, the first option is taken."""
        known = [spec for _, spec in options]
        super().__init__(
            [(Text(visible(name)), spec) for name, spec in options],  # it finds what is typed in such texts only
            allow_blank=False,
            value=value if value in known else known[0],
            compact=True,
            id=id,
        )

    @property
    def chosen(self) -> IdentitySpec | None:
        return self.selection


LONGEST = 40
"""Characters: a label stands in columns and strips."""


class NameAccountScreen(Dialog[str]):
    """Answers with the name once it is in the address book; an empty name removes it."""

    def __init__(self, engine: EngineAccess, known: Address) -> None:
        super().__init__()
        self._engine, self._known = engine, known

    def compose(self) -> ComposeResult:
        known = self._known
        with Frame("Name of the account"):
            yield Static(rows(("account", known.account), ("owner id", known.canonical_id)))
            with Grid(id="names"):
                yield Label("name")
                yield LineInput(known.label, placeholder="none", max_length=LONGEST, compact=True, id="name")
                if not known.account:
                    yield Label("number")
                    yield LineInput(placeholder="optional", max_length=12, compact=True, id="number")
            yield Static(id="message")
            yield Static(hint(("enter", "keep"), ("esc", "cancel")), classes="hints")

    @on(Input.Changed)
    def _changed(self) -> None:
        self.say("")

    @on(Input.Submitted)
    def _submitted(self) -> None:
        name = self.query_one("#name", Input).value.strip()
        typed = "".join(line.value.strip() for line in self.query("#number").results(Input))
        try:
            number = account_number(typed) if typed else self._known.account
            self._enter(label(name), number)
        except ValueError as error:
            self.say(f"✗ {error}", BAD)

    @work(exclusive=True, group="naming")
    async def _enter(self, name: str, number: str) -> None:
        """Name the account by canonical ID and by number: both identify it as an owner."""
        try:
            if known := self._known.canonical_id:
                await self._engine.ask(NameAccount(Address(known, number, name)))
            if number:
                await self._engine.ask(NameAccount(Address("", number, name)))
        except ProblemError as error:
            self.say(f"✗ {error.problem.sentence()}", BAD)
        else:
            self.leave(name)


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
            self.say(f"✗ {error.problem.sentence()}", BAD)
        else:
            self.leave(profile)
