"""The styles of words inside a text, by meaning; theme variables only."""

from __future__ import annotations

from textual.content import Content

from tui.model.facts import Severity
from tui.ui.format import visible

MUTED = "$foreground-muted"
STRONG = "bold"
GOOD = "$text-success"
WARNING = "$text-warning"
BAD = "$text-error"
ACCENT = "$text-accent"
KEY = "bold $text-accent"

SEVERITY_ICONS = {Severity.ERROR: "✗", Severity.WARNING: "⚠", Severity.NOTE: "·", Severity.GOOD: "✓"}
SEVERITY_TONES = {Severity.ERROR: BAD, Severity.WARNING: WARNING, Severity.NOTE: ACCENT, Severity.GOOD: GOOD}


def outside(text: str, tone: str = "") -> Content:
    """Text that came from outside: no markup in it is read, and its control characters are made visible."""
    return Content.styled(visible(text), tone) if tone else Content(visible(text))


def hint(*keys: tuple[str, str]) -> Content:
    """A line of keys and what they do: ``enter copy   esc cancel``."""
    return Content("   ").join(Content.assemble((key, KEY), " ", (words, MUTED)) for key, words in keys)
