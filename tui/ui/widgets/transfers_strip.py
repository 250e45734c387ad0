"""All transfers in one line at the bottom of the screen; not there while there is none."""

from __future__ import annotations

from dataclasses import dataclass

from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from tui.model.transfer import TransferList
from tui.ui.tones import KEY, MUTED
from tui.ui.widgets.lines import right_aligned
from tui.ui.widgets.transfer_lines import summary


class TransfersStrip(Widget):
    """A click opens the panel."""

    transfers: reactive[TransferList] = reactive(TransferList())

    @dataclass
    class Opened(Message):
        """The user wants to see the panel."""

    def on_mount(self) -> None:
        """Nothing to show yet."""
        self.watch_transfers(self.transfers)

    def watch_transfers(self, transfers: TransferList) -> None:
        """Come and go with the transfers."""
        self.display = bool(transfers.transfers)

    def render(self) -> Content:
        """Summary at the left, the key at the right."""
        text = Content.assemble(("transfers  ", MUTED), summary(self.transfers))
        key = Content.assemble(("t", KEY), (" opens", MUTED))
        return right_aligned(text, key, self.content_size.width) or text

    def on_click(self) -> None:
        """Open the panel."""
        self.post_message(self.Opened())
