"""Shows a JSON document, such as a bucket policy, to be read."""

from __future__ import annotations

import json
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from tui.model.bounded_json import read_json
from tui.text.format import visible
from tui.ui.kit.dialog import Dialog, Foot, Frame
from tui.ui.kit.tones import hint, outside

LONGEST_SHOWN = 100_000
"""Characters of a document that are shown at most: wrapping more would stop the screen."""


class DocumentScreen(Dialog[None]):
    """Nothing to decide; scrolls."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("q,p", "cancel", "Close")]

    def __init__(self, title: str, document: str) -> None:
        """`document` as the server sent it."""
        super().__init__()
        self._title, self._document = title, document

    def compose(self) -> ComposeResult:
        """The document, indented and highlighted."""
        with Frame(outside(self._title), id="document"):
            with VerticalScroll():
                yield Static(pretty(self._document))
            with Foot():
                yield Static(hint(("↑ ↓", "scroll"), ("esc", "close")), classes="hints")


def pretty(document: str) -> Content:
    """JSON with indentation; anything else unchanged, and why. Control characters are visible in both.

    Of a long document the beginning is shown, and that it is no more.
    """
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
    """What to say of a document that is not shown whole."""
    if len(document) <= LONGEST_SHOWN:
        return ""
    return f" The first {LONGEST_SHOWN:,} of {len(document):,} characters:"
