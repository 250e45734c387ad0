"""The rarer choices of the access assistant: conditions, keys, names."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Grid, HorizontalGroup, VerticalGroup
from textual.message import Message
from textual.widgets import Button, Input, Label, Static

from tui.core.network import OfferedCondition
from tui.core.problem import ProblemError
from tui.kit.choice import Choice, Stepper
from tui.kit.inputs import LineInput
from tui.kit.lines import BAD, MUTED, outside
from tui.model.access.grants import GrantConditions, GrantOrder, Way
from tui.text.typed import TypedError
from tui.ui.access.access_choices import ACCOUNT, ANY, ANY_ACL, FULL_CONTROL, IDENTITY, MFA, NO_MFA, TLS, AccessChoices

FindPath = Callable[[], Awaitable[OfferedCondition]]

TEXTS = (
    ("vpce", "endpoint", "vpce-0123456789abcdef0"),
    ("source_ip", "from IP", "192.0.2.0/24"),
    ("vpc", "VPC", "vpc-0123456789abcdef0"),
    ("org", "org", "o-a1b2c3d4e5"),
)
"""Field of `AccessChoices`, label, example."""

WIDE = (
    ("kms_keys", "KMS keys", "ARNs of the keys that encrypt the objects"),
    ("principal", "ARN", "of the identity, where STS does not return it"),
)

OF_ROLE = (
    ("role", "role", "a name made of the bucket's"),
    ("external_id", "ext. id", "none"),
)

SWITCHES = {
    "whole_account": (IDENTITY, ACCOUNT),
    "https": (ANY, TLS),
    "owner_full_control": (ANY_ACL, FULL_CONTROL),
    "mfa": (NO_MFA, MFA),
}
"""Field of `AccessChoices`: the words for no and for yes."""


class AccessForm(VerticalGroup):
    """Every change is posted at once; what is wrong with it is shown below."""

    @dataclass
    class Changed(Message):
        """Other choices; `wrong` says why they cannot be meant, empty if they can."""

        choices: AccessChoices
        wrong: str

    @dataclass
    class Submitted(Message):
        """Enter in one of the lines: the user is done with them."""

    def __init__(self, choices: AccessChoices, base: GrantOrder, find_path: FindPath) -> None:
        """`choices` are filled in at first, for an order that is `base` but for them.

        `find_path` finds out which condition requests from here meet.
        """
        super().__init__(id="access-form")
        self.choices, self._base, self._find_path = choices, base, find_path

    def compose(self) -> ComposeResult:
        """Pairs of short lines, then the long ones, then what is about roles alone."""
        with Grid():
            for column, (field, label, example) in enumerate(TEXTS):
                yield _label(label, column)
                yield self._line(field, example)
            yield Label("for")
            yield self._stepper("whole_account")
            yield _label("by", 1)
            yield self._stepper("https")
            yield Label("uploads")
            yield self._stepper("owner_full_control")
            yield Button("Only on the path from here", id="from-here", compact=True)
        for field, label, example in WIDE:
            with HorizontalGroup():
                yield Label(label)
                yield self._line(field, example)
        with Grid(id="of-role"):
            for column, (field, label, example) in enumerate(OF_ROLE):
                yield _label(label, column)
                yield self._line(field, example)
            yield Label("assumed")
            yield self._stepper("mfa")
        yield Static(id="path")
        yield Static(id="wrong")

    def _line(self, field: str, example: str) -> Input:
        return LineInput(
            getattr(self.choices, field), placeholder=example, select_on_focus=False, compact=True, id=field
        )

    def _stepper(self, field: str) -> Stepper:
        words = SWITCHES[field]
        return Stepper(words, words[getattr(self.choices, field)], id=field)

    def on_mount(self) -> None:
        """Nothing is wrong yet, and nothing known of the path."""
        self._show("")
        self._show_path("")

    @on(Button.Pressed, "#from-here")
    def _ask_path(self, event: Button.Pressed) -> None:
        event.stop()
        self._show_path("finding out the path…")
        self._fill_in_path()

    @work(exclusive=True)
    async def _fill_in_path(self) -> None:
        """Fill in the VPC endpoint or the address that requests from here have, if one can be told."""
        try:
            offered = await self._find_path()
        except ProblemError as error:
            self._show_path(error.problem.sentence())
            return
        self._show_path(f"{offered.certainty.value}: {offered.words}")
        path = GrantConditions().on_path(offered)
        for field, values in (("vpce", path.source_vpce), ("source_ip", path.source_ip)):
            if values:
                self.query_one(f"#{field}", Input).value = ", ".join(values)

    def _show_path(self, words: str) -> None:
        said = self.query_one("#path", Static)
        said.update(outside(words, MUTED))
        said.display = bool(words)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        field = event.input.id or ""
        if event.value != getattr(self.choices, field):
            self.take(replace(self.choices, **{field: event.value}))  # type: ignore[arg-type]  # the field is a text

    @on(Input.Submitted)
    def _done(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Submitted())

    @on(Choice.Changed)
    def _chosen(self, event: Choice.Changed) -> None:
        event.stop()
        field = event.choice.id or ""
        yes = event.value == SWITCHES[field][1]
        self.take(replace(self.choices, **{field: yes}))  # type: ignore[arg-type]  # the field is a switch

    def take(self, choices: AccessChoices) -> None:
        """Go on with other choices, and say so."""
        self.choices = choices
        self._show(self.wrong)
        self.post_message(self.Changed(choices, self.wrong))

    @property
    def wrong(self) -> str:
        """Why the choices cannot be meant; empty if they can."""
        try:
            self.choices.order(self._base)
        except TypedError as error:
            return str(error)
        return ""

    def _show(self, wrong: str) -> None:
        said = self.query_one("#wrong", Static)
        said.update(outside(f"✗ {wrong}" if wrong else "", BAD))
        said.display = bool(wrong)
        self.query_one("#of-role").display = self.choices.way is Way.ROLE


def _label(text: str, column: int) -> Label:
    return Label(text, classes="second" if column % 2 else "")
