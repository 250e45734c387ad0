"""The difference that a change makes to a document, in lines. Pure."""

from __future__ import annotations

from textual.content import Content

from tui.model.change import Change
from tui.text.document_diff import diff
from tui.ui.kit.lines import hanging
from tui.ui.kit.tones import BAD, GOOD, MUTED, WARNING, outside

MARK_CELLS = 2
TONES = {"+": GOOD, "-": BAD, " ": "", "…": MUTED}
"""By the mark of a line."""


def change_diff_lines(change: Change, width: int) -> list[Content]:
    """What stays, goes and comes, then what speaks against the change; no line is wider than `width` cells."""
    if not change.is_needed:
        return [Content.styled("  stays as it is", MUTED)]
    lines: list[Content] = []
    if change.unread:
        wanted = "add this to what is there" if change.after else "remove the statements of this grant there"
        words = f"cannot be read from here, so {wanted}: {change.unread.sentence()}"
        lines += _marked("!", words, WARNING, width)
    if change.after is None:
        lines += _marked("-", "the whole document", BAD, width)
    for mark, text in diff(change.before, change.after) if change.after is not None else []:
        lines += _marked(mark, text, TONES[mark], width)
    for stop in change.stops:
        lines += _marked("✗", stop, BAD, width)
    for note in change.notes:
        lines += _marked("!", note, WARNING, width)
    return lines


def _marked(mark: str, text: str, tone: str, width: int) -> list[Content]:
    """One line behind its mark, wrapped to the same depth as it begins."""
    depth = min(len(text) - len(text.lstrip()), width // 2)
    label = Content.styled(mark, tone) + Content(" " * depth)
    return hanging(label, [outside(text.lstrip(), tone)], MARK_CELLS + depth, width)
