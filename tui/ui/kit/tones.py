"""The styles of words inside a text, by meaning; theme variables only."""

from __future__ import annotations

from textual.content import Content

from tui.core.facts import Severity
from tui.core.key_names import arrows_named
from tui.text.format import Line, Tone, bounded

MUTED = "$foreground-muted"
STRONG = "bold"
GOOD = "$text-success"
WARNING = "$text-warning"
BAD = "$text-error"
ACCENT = "$text-accent"
KEY = "bold $text-accent"

SEVERITY_ICONS = {Severity.ERROR: "✗", Severity.WARNING: "⚠", Severity.NOTE: "·", Severity.GOOD: "✓"}
SEVERITY_TONES = {Severity.ERROR: BAD, Severity.WARNING: WARNING, Severity.NOTE: ACCENT, Severity.GOOD: GOOD}


STYLES = {
    Tone.PLAIN: "",
    Tone.MUTED: MUTED,
    Tone.STRONG: STRONG,
    Tone.GOOD: GOOD,
    Tone.WARNING: WARNING,
    Tone.BAD: BAD,
    Tone.ACCENT: ACCENT,
    Tone.KEY: KEY,
}


def painted(line: Line) -> Content:
    """A line in the colours of its meaning."""
    return Content.assemble(*((text, STYLES[tone]) for text, tone in line))


def outside(text: str, tone: str = "") -> Content:
    """Text that came from outside: no markup in it is read, control characters are visible, a very long one is cut."""
    return Content.styled(bounded(text), tone) if tone else Content(bounded(text))


def hint(*keys: tuple[str, str]) -> Content:
    """A line of keys and what they do: ``enter copy   esc cancel``."""
    return Content("   ").join(Content.assemble((arrows_named(key), KEY), " ", (words, MUTED)) for key, words in keys)
