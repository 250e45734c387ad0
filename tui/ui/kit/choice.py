"""One of a few, in one line: ``(•) ask  ( ) overwrite  ( ) skip``."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import takewhile
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.events import Click
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from tui.ui.kit.tones import MUTED

MARKS = {True: "(•) ", False: "( ) "}
GAP = "  "
BACK, ON = "◂ ", " ▸"


class Choice(Widget, can_focus=True):
    """The arrow keys and Space move the choice, a click takes one; what cannot be taken is passed over, and told."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,space", "step(1)", show=False),
        Binding("left", "step(-1)", show=False),
    ]

    value: reactive[str] = reactive("")
    closed: reactive[frozenset[str]] = reactive(frozenset[str]())
    """The options that cannot be taken now."""

    @dataclass
    class Changed(Message):
        """Another option was taken by the user."""

        choice: Choice
        value: str

        @property
        def control(self) -> Choice:
            """The widget that was used."""
            return self.choice

    @dataclass
    class Passed(Message):
        """The user went over options that cannot be taken now; or over none."""

        choice: Choice
        options: tuple[str, ...]

        @property
        def control(self) -> Choice:
            """The widget that was used."""
            return self.choice

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
        """All options in a line."""
        return Content(self.gap).join(self._option(option) for option in self.options)

    def _option(self, option: str) -> Content:
        tone = MUTED + " strike" if option in self.closed else "bold" if option == self.value else ""
        return Content.styled(MARKS[option == self.value] + option, tone)

    def action_step(self, by: int) -> None:
        """Take the next option that is open."""
        at, count = self.options.index(self.value), len(self.options)
        others = [self.options[(at + by * step) % count] for step in range(1, count)]
        passed = tuple(takewhile(self.closed.__contains__, others))
        self.post_message(self.Passed(self, passed))
        if len(passed) < len(others):
            self._take(others[len(passed)])

    def on_click(self, event: Click) -> None:
        """Take the option under the mouse."""
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
    """One of many, of which only the chosen is shown: ``◂ private ▸``. A click on its left half goes back."""

    def render(self) -> Content:
        """The option that is taken, between the arrows that lead to the others."""
        return Content.assemble((BACK, MUTED), (self.value, "bold"), (ON, MUTED))

    def on_click(self, event: Click) -> None:
        """One on, or one back."""
        event.prevent_default()
        back = event.get_content_offset_capture(self).x < len(BACK)
        self.action_step(-1 if back else 1)
