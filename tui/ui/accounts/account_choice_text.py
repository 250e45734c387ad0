"""The rows of the accounts screen as lines, and finding them by what was typed. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from textual.content import Content

from tui.kit.lines import ACCENT, MUTED, STRONG
from tui.panes.news import Side
from tui.saved.last_session import Pair
from tui.text import typed as fuzzy
from tui.text.format import cut_end, visible
from tui.text.listing_lines import in_words
from tui.ui.accounts.account_choices import AccountChoice, Section

WIDEST_TITLE = 28
METHOD_WIDTH = 16
REGION_WIDTH = 14
GAP = "  "


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A row as it was found; `letters` are those that fit what was typed, for each of its texts."""

    row: AccountChoice
    letters: tuple[frozenset[int], ...] = (frozenset(),) * 4


def matching(rows: Sequence[AccountChoice], typed: str) -> list[ShownRow]:
    """The rows that match, best first; all of them in their order when nothing was typed."""
    if not typed.strip():
        return [ShownRow(row) for row in rows]
    found = [(row, hit) for row in rows if (hit := fuzzy.find(typed, row.texts))]
    return [ShownRow(row, hit.letters) for row, hit in sorted(found, key=lambda each: -each[1].score)]


def title_width(rows: Sequence[AccountChoice]) -> int:
    """Cells of the first column; pairs take what they need, over the next ones."""
    widths = [cell_len(row.title) for row in rows if row.section is not Section.RECENT]
    return min(max(widths, default=0), WIDEST_TITLE)


def row_line(shown: ShownRow, name_width: int) -> Content:
    """A row in one line: name, method, region, and what the method hangs on; letters that fit stand out."""
    row = shown.row
    title, method, region, detail = shown.letters
    last = _lit(row.detail, detail).stylize_before(MUTED)
    if row.section is Section.RECENT:
        name = _column(row.title, title, name_width + METHOD_WIDTH + REGION_WIDTH + 2 * len(GAP))
        return Content(GAP).join([Content(" ") + name, last])
    if row.section in (Section.PLAIN, Section.NEW):  # no region, and a method that the title names already
        return Content(GAP).join([Content(" ") + _column(row.title, title, name_width), last])
    return Content(GAP).join(
        [
            Content(" ") + _column(row.title, title, name_width).stylize_before(_title_tone(row)),
            _column(row.method, method, METHOD_WIDTH),
            _column(visible(row.region), region, REGION_WIDTH).stylize_before(MUTED),
            last,
        ]
    )


def _title_tone(row: AccountChoice) -> str:
    return STRONG if row.section in (Section.ACTING, Section.KEPT, Section.AWS) else ""


def _column(text: str, letters: frozenset[int], width: int) -> Content:
    shown = cut_end(text, width)
    return _lit(shown + " " * (width - cell_len(shown)), letters)


def _lit(text: str, letters: frozenset[int]) -> Content:
    content = Content(text)
    for at in letters:
        if at < len(text):
            content = content.stylize(f"bold underline {ACCENT}", at, at + 1)
    return content


def detail_lines(row: AccountChoice) -> Content:
    """All that is known about a row."""
    if isinstance(row.takes, Pair):
        sides = ((Side.LEFT, row.takes.left), (Side.RIGHT, row.takes.right))
        return Content("\n").join(Content(visible(f"{side}: {in_words(spec)}")) for side, spec in sides)
    return Content(" · ".join(part for part in (row.detail, row.region, row.endpoint) if part))
