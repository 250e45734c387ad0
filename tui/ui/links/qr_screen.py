"""A QR code, as large as it is."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import ScrollableContainer
from textual.content import Content
from textual.widgets import Static

from tui.kit.dialog import Dialog
from tui.text.links.qr import ascii_cells, half_blocks


class QrScreen(Dialog[None]):
    """Nothing to decide; where the terminal is too small for it, it says how large it must be."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("q,enter", "cancel", "Close")]

    def __init__(self, modules: Sequence[Sequence[bool]]) -> None:
        """`modules` as `qr_modules` returns them."""
        super().__init__()
        encoding = (sys.__stdout__.encoding if sys.__stdout__ else "") or ""
        self._rows = half_blocks(modules) if encoding.lower().startswith("utf") else ascii_cells(modules)

    def compose(self) -> ComposeResult:
        """The code, or the beginning of it and a word."""
        width, height = len(self._rows[0]), len(self._rows)
        room = self.app.size
        with ScrollableContainer(id="qr-room"):
            if width > room.width or height > room.height:
                words = f"The code needs {width} × {height} cells, this terminal has {room.width} × {room.height}:"
                yield Static(f"{words} make it larger, or its font smaller. esc closes.", id="qr-small")
            yield Static(Content("\n".join(self._rows)), id="qr")
