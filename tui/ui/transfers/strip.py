"""All transfers in one line at the bottom of the screen; not there while there is none."""

from __future__ import annotations

from dataclasses import dataclass

from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from tui.core.transfer import TransferList
from tui.kit.lines import KEY, MUTED, right_aligned
from tui.ui.transfers.totals import summary


class TransfersStrip(Widget):
    """A click opens the panel."""

    transfers: reactive[TransferList] = reactive(TransferList())
    covered: reactive[bool] = reactive(False)
    """Whether the list of transfers is open, which has its own total."""

    @dataclass
    class Opened(Message):
        """The user wants to see the panel."""

    def on_mount(self) -> None:
        """Nothing to show yet."""
        self._come_and_go()

    def watch_transfers(self) -> None:
        """Come and go with the transfers."""
        self._come_and_go()

    def watch_covered(self) -> None:
        """Come and go with the list."""
        self._come_and_go()

    def _come_and_go(self) -> None:
        self.display = bool(self.transfers.transfers) and not self.covered

    def render(self) -> Content:
        """Summary at the left, the key at the right."""
        return strip_line(self.transfers, self.content_size.width)

    def on_click(self) -> None:
        """Open the panel."""
        self.post_message(self.Opened())


def strip_line(transfers: TransferList, width: int) -> Content:
    """What fits: where there is little room, what is settled goes first, then the key."""
    key = Content.assemble(("t", KEY), (" opens", MUTED))
    full, brief = (Content.assemble(("transfers  ", MUTED), summary(transfers, brief=brief)) for brief in (False, True))
    fitting = (line for text in (full, brief) if (line := right_aligned(text, key, width)))
    return next(fitting, brief.truncate(width, ellipsis=True))
