"""Lines in which something is typed: plain, hidden, and with a label in a form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import HorizontalGroup, VerticalGroup
from textual.widgets import Input, Label, Static

from tui.kit.lines import BAD, MUTED, WARNING, fill, outside
from tui.text.format import visible
from tui.text.typed import TypedError


def _silent(_typed: str) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Field:
    """A line of a form. `note` explains it in one line; `hidden` lines are secrets.

    `check` raises `TypedError`. For a valid text `warning` says what is unusual, else `remark` how it is understood.
    """

    id: str
    label: str
    note: str
    example: str = ""
    hidden: bool = False
    check: Callable[[str], object] = str.strip
    warning: Callable[[str], str] = _silent
    remark: Callable[[str], str] = _silent


class FormField(VerticalGroup):
    """Shows a mistake once the line has lost the focus; from then on, while it is typed, too."""

    def __init__(self, field: Field, initial: str = "") -> None:
        super().__init__(classes="form-field")
        self.field, self._initial = field, initial
        self._said_wrong = False

    def compose(self) -> ComposeResult:
        with HorizontalGroup():
            yield Label(self.field.label)
            if self.field.hidden:
                yield SecretInput(placeholder=self.field.example, id=self.field.id)
            else:
                yield LineInput(
                    self._initial, placeholder=self.field.example, select_on_focus=False, compact=True, id=self.field.id
                )
        yield Static(classes="said")

    def on_mount(self) -> None:
        self._say("", "")

    @property
    def line(self) -> Input:
        return self.query_one(Input)

    def judge(self, *, left: bool) -> bool:
        """Validate the text and show what is wrong; return whether it is valid. `left`: the line has lost the focus."""
        typed = self.line.value
        try:
            self.field.check(typed)
        except TypedError as error:
            self._said_wrong = self._said_wrong or left
            self._say(f"✗ {error}" if self._said_wrong else "", BAD)
            return False
        typed = typed.strip()
        if typed and (warning := self.field.warning(typed)):
            self._say(f"⚠ {warning}", WARNING)
        else:
            self._say(self.field.remark(typed) if typed else "", MUTED)
        return True

    def _say(self, words: str, tone: str) -> None:
        fill(self.query_one(".said", Static), outside(words, tone))


class LineInput(Input):
    """Its value is exact; it shows a harmless character for each one that a terminal would act on."""

    @property
    def _value(self) -> Text:
        if self.password:
            return super()._value
        return Text("".join(map(shown, self.value)), no_wrap=True, overflow="ignore", end="")


def shown(character: str) -> str:
    """A character as one character: the picture of a control character, ``�`` if it has none."""
    picture = visible(character)
    return picture if len(picture) == 1 else "�"


class SecretInput(Input):
    """Its value is never shown or copied: the clipboard of a terminal is that of the whole desktop."""

    def __init__(
        self,
        *,
        placeholder: str = "",
        id: str,  # noqa: A002  # Textual's own name
    ) -> None:
        super().__init__(placeholder=placeholder, password=True, select_on_focus=False, compact=True, id=id)

    def action_copy(self) -> None:
        """Copy nothing."""

    def action_cut(self) -> None:
        """Delete the selection, but do not copy it."""
        self.delete_selection()
