"""How many names have which state."""

from __future__ import annotations

from textual.content import Content
from textual.events import Click
from textual.message import Message
from textual.style import Style
from textual.widgets import Static

from tui.kit.lines import BAD, GOOD, MUTED, WARNING
from tui.model.comparing.comparison import ComparisonState, Counts, StateCount
from tui.text import format as fmt
from tui.text.comparing.rows import SYMBOLS, WORDS, amount

WIDE = 110
"""From so many columns on bytes are shown, too."""

TONES = {
    ComparisonState.LEFT: GOOD,
    ComparisonState.RIGHT: BAD,
    ComparisonState.DIFFERS: WARNING,
    ComparisonState.UNKNOWN: WARNING,
    ComparisonState.SAME: MUTED,
}
CHOSEN = "state"
"""The name in a style's meta for the state of a count."""


class StateCounts(Static):
    """How many names have which state; a click leaves only these in the list."""

    class Chosen(Message):
        """Only this state; empty: all."""

        def __init__(self, state: str) -> None:
            super().__init__()
            self.state = state

    def show(self, counts: Counts, only: ComparisonState | None) -> None:
        """Other numbers; the state that alone is shown is marked."""
        parts = []
        for state in ComparisonState:
            count = counts.get(state, StateCount())
            bytes_ = f" ({amount(count)})" if count.objects and self.app.size.width >= WIDE else ""
            text = f"{SYMBOLS[state]} {fmt.number(count.objects)} {WORDS[state]}{bytes_}"
            tone = f"{TONES[state]} reverse" if state is only else TONES[state]
            parts.append(Content.styled(text, tone).stylize(Style.from_meta({CHOSEN: state.value})))
        self.update(Content("  ").join(parts))

    def on_click(self, event: Click) -> None:
        """Take the count under the pointer."""
        state = event.style.meta.get(CHOSEN)
        if state is not None:
            self.post_message(self.Chosen(state))
