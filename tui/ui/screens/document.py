"""Shows a JSON document, such as a bucket policy, to be read."""

from __future__ import annotations

import json
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from tui.ui.format import visible
from tui.ui.screens.dialog import Dialog, Foot, Frame
from tui.ui.tones import hint, outside


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
    """JSON with indentation; anything else as it stands. Control characters are visible in both."""
    from textual.highlight import highlight  # brings Pygments, which nothing needs before the first document

    try:
        indented = json.dumps(json.loads(document), indent=2, ensure_ascii=False)
    except ValueError:
        return outside(document)
    return highlight("\n".join(visible(line) for line in indented.splitlines()), language="json")
