"""The tabs of a pane as texts in a line: short names, and how many there is no room for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from tui.text import format as fmt

LENGTHS = range(24, 8, -2)
"""Cells that a name may take, tried in turn until all tabs fit."""

MORE_WIDTH = 4
"""Cells for the number of tabs that are left out at one end."""


@dataclass(frozen=True, slots=True)
class TabLabel:
    """A piece of the line: the tab that a click on it shows, its text, and the cells it takes."""

    tab: int
    text: str
    span: range
    is_tab: bool = True
    """False: it says how many tabs are left out."""


def tab_labels(names: Sequence[str], front: int, width: int) -> list[TabLabel]:
    """The tabs `names` in `width` cells; where they do not fit, those around the tab `front`."""
    texts: list[str] = []
    for longest in LENGTHS:
        texts = [f" {number} {fmt.cut_middle(name, longest)} " for number, name in enumerate(names, 1)]
        if sum(map(cell_len, texts)) <= width:
            return _placed([(tab, text, True) for tab, text in enumerate(texts)])
    shown = _around(texts, front, width - 2 * MORE_WIDTH)
    pieces = [(tab, texts[tab], True) for tab in shown]
    if shown.start:
        pieces.insert(0, (shown.start - 1, f"‹{shown.start}".ljust(MORE_WIDTH), False))
    if left_out := len(texts) - shown.stop:
        pieces.append((shown.stop, f"{left_out}›".rjust(MORE_WIDTH), False))
    return _placed(pieces)


def _around(texts: Sequence[str], front: int, room: int) -> range:
    """The tabs on both sides of `front` that fit into `room` cells with it."""
    first, end, left = front, front + 1, room - cell_len(texts[front])
    grown = True
    while grown:
        grown = False
        if end < len(texts) and cell_len(texts[end]) <= left:
            left -= cell_len(texts[end])
            end, grown = end + 1, True
        if first and cell_len(texts[first - 1]) <= left:
            left -= cell_len(texts[first - 1])
            first, grown = first - 1, True
    return range(first, end)


def _placed(pieces: Sequence[tuple[int, str, bool]]) -> list[TabLabel]:
    placed, left = [], 0
    for tab, text, is_tab in pieces:
        placed.append(TabLabel(tab, text, range(left, left + cell_len(text)), is_tab))
        left += cell_len(text)
    return placed
