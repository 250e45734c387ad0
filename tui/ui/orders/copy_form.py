"""The rarer choices of a copy: which objects, which attributes, a receipt."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from textual import on
from textual.app import ComposeResult
from textual.containers import Grid, HorizontalGroup, VerticalGroup
from textual.message import Message
from textual.widgets import Input, Label, Static

from tui.core.orders import AclChoice, RestoreTier
from tui.kit.choice import Choice, Stepper
from tui.kit.inputs import LineInput
from tui.kit.lines import BAD, outside
from tui.text.typed import TypedError, receipt_path
from tui.ui.orders.card_choices import KMS, STORAGE_CLASSES, CardChoices

AS_SOURCE, AS_BUCKET = "as the source", "as the bucket"
NOT_RESTORED = "left out"

TEXTS = (
    ("include", "include", "*.mp4, raw/*"),
    ("exclude", "exclude", "*.tmp"),
    ("newer", "newer", "7d, 2026-11-01"),
    ("older", "older", "4w, 2026-11-01"),
    ("smallest", "min", "10M"),
    ("largest", "max", "5G"),
)
"""Field of `CardChoices`, label, example."""


class CopyForm(VerticalGroup):
    """Every change is posted at once; what is wrong with it is shown below."""

    @dataclass
    class Changed(Message):
        """Other choices; `wrong` says why they cannot be meant, empty if they can."""

        choices: CardChoices
        wrong: str

    @dataclass
    class Submitted(Message):
        """Enter in one of the lines: the user is done with them."""

    def __init__(self, choices: CardChoices, clock: Callable[[], float] = time.time) -> None:
        """`choices` are filled in at first. `clock` returns the current time in seconds since the epoch."""
        super().__init__(id="copy-form")
        self.choices, self._clock = choices, clock

    def compose(self) -> ComposeResult:
        """Pairs of short lines, the attributes, the receipt."""
        chosen = self.choices
        with Grid():
            for column, (field, label, example) in enumerate(TEXTS):
                yield _label(label, column)
                yield LineInput(
                    getattr(chosen, field), placeholder=example, select_on_focus=False, compact=True, id=field
                )
            yield Label("acl")
            yield Stepper(tuple(AclChoice), chosen.acl, id="acl")
            yield _label("class", 1)
            yield Stepper((AS_SOURCE, *STORAGE_CLASSES), chosen.storage_class or AS_SOURCE, id="class")
            yield Label("encrypt")
            yield Stepper((AS_BUCKET, "AES256", KMS), chosen.encryption or AS_BUCKET, id="encryption")
            yield Label("key", classes="second", id="kms-label")
            yield LineInput(chosen.kms_key, placeholder="the account's default", compact=True, id="kms_key")
        with HorizontalGroup():
            yield Label("archived")
            yield Choice((NOT_RESTORED, *RestoreTier), chosen.restore or NOT_RESTORED, id="restore")
        with HorizontalGroup():
            yield Label("receipt")
            yield LineInput(chosen.receipt, placeholder="file: one JSON line per object", compact=True, id="receipt")
        yield Static(id="wrong")

    def on_mount(self) -> None:
        """Nothing is wrong yet."""
        self._show("")

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        field = event.input.id or ""
        if event.value != getattr(self.choices, field):
            self._take(replace(self.choices, **{field: event.value}))  # type: ignore[arg-type]  # the field is a text

    @on(Input.Submitted)
    def _done(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Submitted())

    @on(Choice.Changed)
    def _chosen(self, event: Choice.Changed) -> None:
        event.stop()
        match event.choice.id:
            case "acl":
                self._take(replace(self.choices, acl=AclChoice(event.value)))
            case "restore":
                self._take(replace(self.choices, restore="" if event.value == NOT_RESTORED else event.value))
            case "class":
                self._take(replace(self.choices, storage_class="" if event.value == AS_SOURCE else event.value))
            case _:
                self._take(replace(self.choices, encryption="" if event.value == AS_BUCKET else event.value))

    def _take(self, choices: CardChoices) -> None:
        self.choices = choices
        wrong = self._wrong(choices)
        self._show(wrong)
        self.post_message(self.Changed(choices, wrong))

    def _wrong(self, choices: CardChoices) -> str:
        try:
            choices.filters(self._clock())
            receipt_path(choices.receipt)
        except TypedError as error:
            return str(error)
        return ""

    def _show(self, wrong: str) -> None:
        said = self.query_one("#wrong", Static)
        said.update(outside(f"✗ {wrong}" if wrong else "", BAD))
        said.display = bool(wrong)
        for part in ("#kms-label", "#kms_key"):
            self.query_one(part).display = self.choices.encryption == KMS


def _label(text: str, column: int) -> Label:
    return Label(text, classes="second" if column % 2 else "")
