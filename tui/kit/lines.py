"""A widget whose lines are laid out for the width it has; and the laying out of labelled, wrapped text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from rich.cells import cell_len, split_graphemes
from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget
from textual.widgets import Static

from tui.core.facts import FindingSeverity
from tui.core.key_names import arrows_named
from tui.text.format import StyledLine, Tone, bounded

Build = Callable[[int], list[Content]]
"""Makes the lines for a width in cells; none is wider."""


def fill(line: Static, words: Content) -> None:
    """Show words in a line; without any, the line goes."""
    line.update(words)
    line.display = bool(words.plain)


class Lines(Widget):
    """Shows the lines that a `Build` function makes for its width, and is as tall as they are."""

    def __init__(self, build: Build = lambda _: [], *, id: str | None = None) -> None:  # noqa: A002  # Textual's own name
        super().__init__(id=id)
        self._build = build
        self._made: tuple[int, list[Content]] | None = None

    def show(self, build: Build) -> None:
        """Show other lines; only another number of lines changes the layout."""
        before, self._build, self._made = self._made, build, None
        self.refresh(layout=before is None or len(self._lines(before[0])) != len(before[1]))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002  # Textual calls it
        return len(self._lines(width))

    def render(self) -> Content:
        return Content("\n").join(self._lines(self.content_size.width))

    def _lines(self, width: int) -> list[Content]:
        if width < 1:
            return []
        if self._made is None or self._made[0] != width:
            self._made = width, self._build(width)
        return self._made[1]


JOINTS = "/:.-_,=&?@"
"""A word longer than a line breaks after one of these: URLs, ARNs and keys contain them."""


def wrapped(text: Content, width: int) -> list[Content]:
    """`text` in lines of at most `width` cells; only a word longer than a line is broken, at a joint."""
    return [
        part.rstrip()
        for line in text.split("\n", allow_blank=True)
        for part in line.divide(list(_breaks(line.plain, width)))
    ]


MOST_PER_CELL = 16
"""Most characters in one cell. A line with more is too long without being measured."""


def _breaks(text: str, width: int) -> Iterator[int]:
    """The offsets at which new lines begin. It looks one line ahead at most, so a long text takes no longer."""
    begun = 0
    for word in re.finditer(r"\S+", text):
        if word.start() > begun and _too_long(text, begun, word.end(), width):
            begun = word.start()
            yield begun
        while _too_long(text, begun, word.end(), width):
            begun += _joint(_enough(text, begun, word.end(), width), width)
            yield begun


def _too_long(text: str, begun: int, end: int, width: int) -> bool:
    return end - begun > MOST_PER_CELL * width or cell_len(text[begun:end]) > width


def _enough(text: str, begun: int, end: int, width: int) -> str:
    """The start of a word that is longer than a line: just more than the line holds."""
    short = text[begun : min(end, begun + 2 * width)]
    return short if cell_len(short) > width else text[begun : min(end, begun + MOST_PER_CELL * width)]


def _joint(word: str, width: int) -> int:
    """How much of a word fits on a line: up to the last joint in the second half of what fits, else all of that."""
    spans, _ = split_graphemes(word)
    used, fitting = 0, 0
    for _, end, cells in spans:
        if used + cells > width:
            break
        used, fitting = used + cells, end
    fitting = fitting or spans[0][1]
    joint = max(word.rfind(joint, 0, fitting) for joint in JOINTS) + 1
    return joint if joint > fitting // 2 else fitting


def hanging(label: Content, texts: Iterable[Content], indent: int, width: int) -> list[Content]:
    """`label` in the first `indent` cells, each text beside it, wrapped to `width` and indented."""
    room = max(8, width - indent)
    rows = [line for text in texts for line in wrapped(text, room)] or [Content("")]
    starts = [label.truncate(indent, pad=True), *[Content(" " * indent)] * (len(rows) - 1)]
    return [start + line for start, line in zip(starts, rows, strict=True)]


def beside(left: list[Content], right: list[Content], width: int, gap: str) -> list[Content]:
    """Two columns; `width` is that of the left one."""
    height = max(len(left), len(right))
    blank = Content("")
    columns = zip(left + [blank] * (height - len(left)), right + [blank] * (height - len(right)), strict=True)
    return [Content.assemble(one.truncate(width, pad=True), gap, other) for one, other in columns]


def right_aligned(text: Content, tail: Content, width: int) -> Content | None:
    """`text` and, at the right edge, `tail`; None when they do not fit with two cells between them."""
    room = width - text.cell_length - tail.cell_length
    return Content.assemble(text, " " * room, tail) if room >= 2 else None


MUTED = "$foreground-muted"
STRONG = "bold"
GOOD = "$text-success"
WARNING = "$text-warning"
BAD = "$text-error"
ACCENT = "$text-accent"
KEY = "bold $text-accent"

SEVERITY_ICONS = {
    FindingSeverity.ERROR: "✗",
    FindingSeverity.WARNING: "⚠",
    FindingSeverity.NOTE: "·",
    FindingSeverity.GOOD: "✓",
}
SEVERITY_TONES = {
    FindingSeverity.ERROR: BAD,
    FindingSeverity.WARNING: WARNING,
    FindingSeverity.NOTE: ACCENT,
    FindingSeverity.GOOD: GOOD,
}


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


def painted(line: StyledLine) -> Content:
    return Content.assemble(*((text, STYLES[tone]) for text, tone in line))


def outside(text: str, tone: str = "") -> Content:
    """Text from outside: markup is not read, control characters are visible, a very long text is cut."""
    return Content.styled(bounded(text), tone) if tone else Content(bounded(text))


def hint(*keys: tuple[str, str]) -> Content:
    """A line of keys and what they do: ``enter copy   esc cancel``."""
    return Content("   ").join(Content.assemble((arrows_named(key), KEY), " ", (words, MUTED)) for key, words in keys)
