"""Lines of text with the meaning of each stretch: the screen colours them, commands print them plain. Pure."""

from __future__ import annotations

from enum import Enum, auto

from tui.text.format import counted, visible


class Tone(Enum):
    """What a stretch of text means."""

    PLAIN = auto()
    MUTED = auto()
    STRONG = auto()
    GOOD = auto()
    WARNING = auto()
    BAD = auto()
    ACCENT = auto()
    KEY = auto()


Span = tuple[str, Tone]
Line = list[Span]

LONGEST = 8_000
"""Characters that are shown of a text from outside: laying out more would block the screen."""


def bounded(text: str) -> str:
    """Text from outside, its control characters made visible; of a long one the start, and how much more there is."""
    more = len(text) - LONGEST
    return visible(text[:LONGEST]) + (f"… and {counted(more, 'more character')}" if more > 0 else "")


def outside(text: str, tone: Tone = Tone.PLAIN) -> Span:
    """A stretch that came from outside."""
    return bounded(text), tone


def plain(line: Line) -> str:
    """The text alone."""
    return "".join(text for text, _ in line)
