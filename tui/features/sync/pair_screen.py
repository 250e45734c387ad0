"""The two objects of one name side by side: their facts, and the different lines of small texts."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from tui.core.location import Location
from tui.core.problem import ProblemError
from tui.features.sync.values import ComparedPlace, ComparedRow, ComparedSide, Comparison
from tui.features.sync.words import SYMBOLS, WORDS, why
from tui.kit.dialog import Dialog, Frame
from tui.kit.lines import BAD, GOOD, MUTED, STRONG, hint, outside
from tui.link.session import EngineAccess
from tui.messages.content_requests import BeginContent
from tui.text import format as fmt
from tui.text.diff import diff

MOST_BYTES = 64 * 1024
"""Bytes of each object; larger ones are not read."""
MOST_LINES = 2000


class PairScreen(Dialog[None]):
    """Shows one row in full."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,f3,v", "cancel", show=False),
        Binding("down,j", "scroll(1)", show=False),
        Binding("up,k", "scroll(-1)", show=False),
        Binding("pagedown,space", "scroll(10)", show=False),
        Binding("pageup", "scroll(-10)", show=False),
    ]

    def __init__(self, comparison: Comparison, row: ComparedRow, engine: EngineAccess) -> None:
        super().__init__()
        self._comparison, self._row, self._engine = comparison, row, engine

    def compose(self) -> ComposeResult:
        title = fmt.cut_middle(fmt.visible(self._row.name), max(10, self.app.size.width - 16))
        with Frame(outside(title), id="pair"):
            yield Static(self._facts(), id="pair-facts")
            with VerticalScroll(can_focus=False):
                yield Static(id="pair-lines")
            yield Static(hint(("↑ ↓", "scroll"), ("esc", "back")), classes="hints")

    def on_mount(self) -> None:
        self.run_worker(self._read(), group="reading")

    def action_scroll(self, by: int) -> None:
        self.query_one(VerticalScroll).scroll_relative(y=by, animate=False)

    def _facts(self) -> Content:
        row = self._row
        clause = why(row)
        lines = [Content.styled(f"{SYMBOLS[row.state]} {WORDS[row.state]}{f' {clause}' if clause else ''}", STRONG)]
        for mark, place, side in (("<", self._comparison.left, row.left), (">", self._comparison.right, row.right)):
            where = fmt.cut_middle(fmt.visible(self._location(place).uri), max(10, self.app.size.width - 10))
            lines += [Content.assemble(f"{mark} ", (where, MUTED)), outside(f"  {_words(side)}")]
        return Content("\n").join(lines)

    def _location(self, place: ComparedPlace) -> Location:
        return Location(place.location.bucket, place.location.key + self._row.name)

    async def _read(self) -> None:
        row = self._row
        if row.left is None or row.right is None:
            return
        if max(row.left.size, row.right.size) > MOST_BYTES:
            self._say(Content.styled(f"content is compared up to {fmt.size(MOST_BYTES)}", MUTED))
            return
        try:
            texts = [await self._text(place) for place in (self._comparison.left, self._comparison.right)]
        except ProblemError as error:
            self._say(outside(f"✗ {error.problem.sentence()}", BAD))
            return
        if texts[0] is None or texts[1] is None:
            self._say(Content.styled("at least one of them is not text", MUTED))
            return
        changed = diff(texts[0], texts[1])
        if not any(line.mark in "+-" for line in changed):
            self._say(Content.styled("the same lines", MUTED))
            return
        tones = {"-": BAD, "+": GOOD}
        self._say(
            Content("\n").join(
                Content.styled(f"{line.mark} {fmt.visible(line.text)}", tones.get(line.mark, MUTED))
                for line in changed[:MOST_LINES]
            )
        )

    async def _text(self, place: ComparedPlace) -> str | None:
        """The content as text; None if it is binary."""
        begun = await self._engine.ask(BeginContent(place.connection, self._location(place), MOST_BYTES))
        try:
            text = begun.content.decode()
        except UnicodeDecodeError:
            return None
        return None if "\0" in text else text

    def _say(self, words: Content) -> None:
        self.query_one("#pair-lines", Static).update(words)


def _words(side: ComparedSide | None) -> str:
    if side is None:
        return "nothing there"
    parts = [fmt.size_exact(side.size), fmt.time_exact(side.modified), side.storage_class, side.etag.strip('"')]
    return " · ".join(part for part in parts if part)
