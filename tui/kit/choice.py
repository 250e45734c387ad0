"""One of a few, in one line: ``(•) ask  ( ) overwrite  ( ) skip``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import takewhile
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import HorizontalGroup
from textual.content import Content
from textual.events import Click
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import Label

from tui.kit.lines import MUTED, WARNING, fill, outside

MARKS = {True: "(•) ", False: "( ) "}
GAP = "  "
BACK, ON = "◂ ", " ▸"


class Choice(Widget, can_focus=True):
    """Left, Right or a click choose an option; closed options are passed over, and the reason is shown."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right", "step(1)", show=False),
        Binding("left", "step(-1)", show=False),
    ]

    value: reactive[str] = reactive("")
    closed: reactive[frozenset[str]] = reactive(frozenset[str]())
    """Options that cannot be chosen now."""

    @dataclass
    class Changed(Message):
        """The user chose another option."""

        choice: Choice
        value: str

        @property
        def control(self) -> Choice:
            return self.choice

    @dataclass
    class Passed(Message):
        """The user passed over closed options, or over none."""

        choice: Choice
        options: tuple[str, ...]

    def __init__(
        self,
        options: tuple[str, ...],
        value: str,
        *,
        gap: str = GAP,
        id: str,  # noqa: A002  # Textual's own name
    ) -> None:
        """`options` are a word or two each, in the order they stand; `gap` keeps them apart."""
        super().__init__(id=id)
        self.options, self.gap = options, gap
        self.set_reactive(Choice.value, value)

    def render(self) -> Content:
        return Content(self.gap).join(self._option(option) for option in self.options)

    def _option(self, option: str) -> Content:
        tone = MUTED + " strike" if option in self.closed else "bold" if option == self.value else ""
        return Content.styled(MARKS[option == self.value] + option, tone)

    def action_step(self, by: int) -> None:
        at, count = self.options.index(self.value), len(self.options)
        others = [self.options[(at + by * step) % count] for step in range(1, count)]
        passed = tuple(takewhile(self.closed.__contains__, others))
        self.post_message(self.Passed(self, passed))
        if len(passed) < len(others):
            self._take(others[len(passed)])

    def on_click(self, event: Click) -> None:
        left = 0
        for option in self.options:
            right = left + len(MARKS[True] + option)
            if left <= event.get_content_offset_capture(self).x < right:
                self.post_message(self.Passed(self, (option,) if option in self.closed else ()))
                if option not in self.closed:
                    self._take(option)
            left = right + len(self.gap)

    def _take(self, option: str) -> None:
        if option != self.value:
            self.value = option
            self.post_message(self.Changed(self, option))


class Stepper(Choice):
    """Shows only the chosen one of many options: ``◂ private ▸``. A click on its left half goes back."""

    def render(self) -> Content:
        return Content.assemble((BACK, MUTED), (self.value, "bold"), (ON, MUTED))

    def on_click(self, event: Click) -> None:
        event.prevent_default()
        back = event.get_content_offset_capture(self).x < len(BACK)
        self.action_step(-1 if back else 1)


class ChoiceLine(HorizontalGroup):
    """A label and a choice; `close` closes options."""

    def __init__(self, label: str, choice: Choice) -> None:
        super().__init__(classes="choice")
        self._label, self._choice = label, choice
        self._reasons: Mapping[str, str] = {}

    def compose(self) -> ComposeResult:
        yield Label(self._label)
        yield self._choice
        yield Label(classes="passed", markup=False)

    def close(self, closed: Mapping[str, str]) -> None:
        """Close options; `closed` maps each to the reason, in one clause."""
        self._reasons, self._choice.closed = closed, frozenset(closed)

    @on(Choice.Passed)
    def _say_passed(self, event: Choice.Passed) -> None:
        """Show the reason here too: the lines above may be scrolled away."""
        why = [f"{option} ✗ {self._reasons[option]}" for option in event.options]
        fill(self.query_one(".passed", Label), outside("; ".join(why), WARNING))


class CollapsibleTitle(Widget, can_focus=True):
    """Enter, Space or a click ask for the other state; the parent sets `expanded`."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter,space", "ask", show=False)]

    expanded: reactive[bool] = reactive(False)
    words: reactive[tuple[str, ...]] = reactive(())
    """The choices that differ from the defaults; empty: none."""

    class Toggled(Message):
        """The user wants the other state."""

    def render(self) -> Content:
        said = outside(" · ".join(self.words), WARNING) if self.words else Content.styled(self._usual, MUTED)
        return Content.assemble(("▾ " if self.expanded else "▸ ", MUTED), said)

    def __init__(self, usual: str, *, id: str) -> None:  # noqa: A002  # Textual's own name
        super().__init__(id=id)
        self._usual = usual

    def action_ask(self) -> None:
        self.post_message(self.Toggled())

    def on_click(self) -> None:
        self.action_ask()
