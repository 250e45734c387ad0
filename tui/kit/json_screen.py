"""Shows a JSON document, such as a bucket policy, to be read."""

from __future__ import annotations

import json
import re
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Input, Static

from tui.core.json_text import read_json
from tui.kit.dialog import Dialog, Foot, Frame
from tui.kit.inputs import LineInput
from tui.kit.lines import hint, outside
from tui.text.format import counted, visible

LONGEST_SHOWN = 100_000
"""Longest text shown, in characters: wrapping more would block the screen."""


class DocumentScreen(Dialog[None]):
    """Nothing to decide; scrolls, searches and copies."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "yank", "Copy"),
        Binding("slash", "search", "Search"),
        Binding("n,right_square_bracket", "next(1)", "Next"),
        Binding("left_square_bracket", "next(-1)", "Previous"),
    ]

    def __init__(self, title: str, document: str) -> None:
        super().__init__()
        self._title, self._document = title, document
        self._shown = pretty(document)
        self._at = -1
        """The line of the present match."""

    def compose(self) -> ComposeResult:
        with Frame(outside(self._title), id="document"):
            with VerticalScroll():
                yield Static(self._shown, id="text")
            with Foot():
                yield LineInput(placeholder="search, then n and [", compact=True, id="search")
                yield Static(hint(("↑ ↓", "scroll"), ("/", "search"), ("y", "copy"), ("esc", "close")), classes="hints")

    def on_mount(self) -> None:
        self.query_one(Input).display = False
        self.query_one(VerticalScroll).focus()

    def action_yank(self) -> None:
        """Copy the document as it is shown: control characters stay visible."""
        self.app.copy_to_clipboard(self._shown.plain)
        self.notify("the document", title="Sent to the terminal's clipboard", markup=False)

    def action_search(self) -> None:
        line = self.query_one(Input)
        line.display = True
        line.focus()

    @on(Input.Changed)
    def _mark(self, event: Input.Changed) -> None:
        self._at = -1
        pattern = re.compile(re.escape(event.value), re.IGNORECASE)
        marked = self._shown.highlight_regex(pattern, style="reverse") if event.value else self._shown
        self.query_one("#text", Static).update(marked)
        self.action_next(1)

    @on(Input.Submitted)
    def _searched(self) -> None:
        self.query_one(VerticalScroll).focus()

    def action_next(self, by: int) -> None:
        """Go to the next or previous matching line; after the last comes the first."""
        wanted = self.query_one(Input).value.lower()
        lines = self._shown.plain.lower().split("\n")
        found = [number for number, line in enumerate(lines) if wanted and wanted in line]
        if not found:
            return
        beyond = [number for number in found if (number > self._at if by > 0 else number < self._at)]
        self._at = (beyond or found)[0 if by > 0 else -1]
        scroll = self.query_one(VerticalScroll)
        width = max(1, scroll.scrollable_content_region.width)
        above = sum(len(line.wrap(width)) for line in self._shown.split("\n", allow_blank=True)[: self._at])
        scroll.scroll_to(y=above, animate=False)


def pretty(document: str) -> Content:
    """Indented JSON; other text unchanged, and why. Control characters are visible, a long document is cut."""
    from textual.highlight import highlight  # brings Pygments, which nothing needs before the first document

    try:
        indented = json.dumps(read_json(document), indent=2, ensure_ascii=False)
    except ValueError as error:
        why = f"This cannot be shown as JSON: {error}.{_cut(document)}"
        return Content("\n").join([Content(why), _start(document)])
    if len(indented) > LONGEST_SHOWN:
        return Content("\n").join([Content(_cut(indented).strip()), _start(indented)])
    return highlight("\n".join(visible(line) for line in indented.splitlines()), language="json")


def _start(document: str) -> Content:
    return Content(visible(document[:LONGEST_SHOWN]))


def _cut(document: str) -> str:
    if len(document) <= LONGEST_SHOWN:
        return ""
    return f" The first {LONGEST_SHOWN:,} of {counted(len(document), 'character')}:"
