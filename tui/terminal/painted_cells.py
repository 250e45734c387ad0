"""What stands on the terminal, cell by cell, and what of a new frame is not there yet.

Textual writes every line of a widget that was refreshed, with all its colours; most of that stands on the screen
already. Over a thin line it is worth knowing what does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby

from rich.cells import cell_len

from tui.terminal.sgr import PLAIN, change, look_of, on_blank

TEXT = r"[^\x00-\x1f\x7f-\x9f]"
TOKEN = re.compile(rf"\x1b\[(\d+);(\d+)H|\x1b\[([\d;]+)m({TEXT}*)\x1b\[0m|({TEXT}+)|\n")
"""All that a Textual frame consists of: cursor positions, text with and without a style, ends of lines."""

NARROW = re.compile(r"[ -~¡-¬®-˿Ͱ-ϿЀ-ԯ‐-‧←-⇿∀-⋿─-◼✓✗]+")
"""Characters that take one cell in every terminal, alone and side by side: emoji and the like do not."""

UNKNOWN, CONTINUED = "", "\0"
"""An unknown cell, and a cell that belongs to the text in a cell before it, which also begins with this."""

GAP = 4
"""So many unchanged cells are rewritten, not skipped: moving the cursor takes as many bytes."""


@dataclass(slots=True)
class PaintedSpan:
    """What a frame writes in one line from column `x` on: a character and its look for each cell.

    Text with characters that may be wider or narrower than thought stands in its first cell as a whole; `certain`
    cells come before the first such text.
    """

    y: int
    x: int
    texts: list[str] = field(default_factory=list)
    looks: list[str] = field(default_factory=list)
    certain: int = -1

    def add(self, text: str, look: str) -> None:
        if text.isascii() or NARROW.fullmatch(text):
            self.texts += text
            blank = on_blank(look)
            self.looks += [blank if each == " " else look for each in text] if " " in text else [look] * len(text)
            return
        if self.certain < 0:
            self.certain = len(self.texts)
        if cells := cell_len(text):
            self.texts += [CONTINUED + text, *[CONTINUED] * (cells - 1)]
            self.looks += [look] * cells


def spans_of(frame: str, rows: int) -> list[PaintedSpan] | None:
    """What a frame writes, in its order; None if it contains anything that Textual's frames do not.

    An end of line in the last of `rows` lines would move all others up.
    """
    spans: list[PaintedSpan] = []
    end, inside = 0, False
    for token in TOKEN.finditer(frame):
        if token.start() != end:
            return None
        end = token.end()
        row, column, parameters, styled, plain = token.groups()
        if row:
            spans.append(PaintedSpan(int(row) - 1, int(column) - 1))
            inside = True
        elif styled is None and plain is None:
            if spans and spans[-1].y >= rows - 1:
                return None
            inside = False  # where the next line begins depends on the terminal's settings
        elif not inside or look_of(parameters or PLAIN) is None:
            return None
        else:
            spans[-1].add(styled or plain or "", parameters or PLAIN)
    return spans if end == len(frame) else None


class _TerminalLine:
    """One line of the terminal."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.looks: list[str] = []

    def put(self, span: PaintedSpan) -> list[tuple[int, int]]:
        """Store a span; return the runs of its cells that changed, from and up to which."""
        begin, end = span.x, span.x + len(span.texts)
        if missing := max(0, end - len(self.texts)):
            self.texts += [UNKNOWN] * missing
            self.looks += [PLAIN] * missing
        before, looked = self.texts[begin:end], self.looks[begin:end]
        if before == span.texts and looked == span.looks:
            return []
        self.texts[begin:end], self.looks[begin:end] = span.texts, span.looks
        changed = [
            number
            for number, (old, new, was, look) in enumerate(zip(before, span.texts, looked, span.looks, strict=True))
            if old != new or was != look
        ]
        certain = min(_certain(span.texts) if span.certain >= 0 else len(span.texts), _certain(before))
        if changed[-1] < certain:
            return _runs(changed, span.looks)
        return [*_runs([number for number in changed if number < certain], span.looks), (certain, len(span.texts))]


def _certain(texts: list[str]) -> int:
    """The cells before the first text of uncertain width."""
    if CONTINUED not in texts and max(map(len, texts), default=0) <= 1:  # nearly always, and fast
        return len(texts)
    return next(number for number, text in enumerate(texts) if len(text) > 1 or text == CONTINUED)


def _runs(changed: list[int], looks: list[str]) -> list[tuple[int, int]]:
    """The cells `changed` as runs; a short gap that looks like the cell before it is rewritten."""
    if changed and changed[-1] - changed[0] == len(changed) - 1:
        return [(changed[0], changed[-1] + 1)]
    runs: list[tuple[int, int]] = []
    for number in changed:
        if runs and number - runs[-1][1] <= GAP:
            begin, end = runs[-1]
            if number == end or all(look == looks[end - 1] for look in looks[end:number]):
                runs[-1] = begin, number + 1
                continue
        runs.append((number, number + 1))
    return runs


class _Writing:
    """The bytes of one frame: where they have brought the cursor, and to which look."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self._at: tuple[int, int] | None = None
        self._look = PLAIN

    def put(self, span: PaintedSpan, begin: int, end: int) -> None:
        """Write the cells of a span from `begin` up to `end`."""
        self.move(span.y, span.x + begin)
        texts = span.texts[begin:end]
        for look, blank, text in _pieces(texts, span.looks[begin:end]):
            sequence, self._look = change(self._look, look, blank=blank)
            self.parts += (sequence, text)
        self._at = (span.y, span.x + end) if _certain(texts) == len(texts) else None

    def move(self, y: int, x: int) -> None:
        if self._at == (y, x):
            return
        if self._at and self._at[0] == y and x > self._at[1]:
            self.parts.append(f"\x1b[{x - self._at[1]}C")
        else:
            self.parts.append(f"\x1b[{y + 1};{x + 1}H")
        self._at = y, x

    def end(self) -> str:
        return "".join((*self.parts, "\x1b[m" if self._look else ""))


def _pieces(texts: list[str], looks: list[str]) -> Iterator[tuple[str, bool, str]]:
    """Neighbours of one look as one text, and whether it is blank."""
    begin = 0
    for look, group in groupby(looks):
        end = begin + len(list(group))
        text = "".join(texts[begin:end]).replace(CONTINUED, "")
        yield look, text.isspace(), text
        begin = end


class Cells:
    """The cells of the terminal, as far as their content is known."""

    def __init__(self) -> None:
        self._lines: dict[int, _TerminalLine] = {}
        self._cursor: tuple[int, int] | None = None

    def forget(self) -> None:
        """Forget what the terminal shows."""
        self._lines.clear()
        self._cursor = None

    def changes(self, frame: str, columns: int, rows: int) -> str:
        """What is to be written to a terminal of `columns` x `rows` cells so that it shows `frame`.

        A frame that is not understood, or was made for another size, is written as it is.
        """
        spans = spans_of(frame, rows)
        if spans is None or any(span.y >= rows or span.x + len(span.texts) > columns for span in spans):
            self.forget()
            return frame
        writing = _Writing()
        for span in spans:
            line = self._lines.setdefault(span.y, _TerminalLine())
            for begin, end in line.put(span) if span.texts else ():
                writing.put(span, begin, end)
        if spans and not spans[-1].texts:
            cursor = spans[-1].y, spans[-1].x
            if writing.parts or cursor != self._cursor:
                writing.move(*cursor)
            self._cursor = cursor
        return writing.end()
