"""A line in which something is typed, pasted, or proposed."""

from __future__ import annotations

from rich.text import Text
from textual.widgets import Input

from tui.text.format import visible


class LineInput(Input):
    """Its value is exact; what it shows has one harmless character for each that a terminal would act on."""

    @property
    def _value(self) -> Text:
        if self.password:
            return super()._value
        return Text("".join(map(shown, self.value)), no_wrap=True, overflow="ignore", end="")


def shown(character: str) -> str:
    """One character as one: the picture of a control character, ``�`` for what has no picture."""
    picture = visible(character)
    return picture if len(picture) == 1 else "�"
