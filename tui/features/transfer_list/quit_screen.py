"""The way out with work under way: leave it to the engine, pause it, cancel it, or stay."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import HorizontalGroup
from textual.content import Content
from textual.widgets import Button, Static

from tui.core.transfer import Transfer, TransferList, TransferState
from tui.features.transfer_list.transfer_lines_view import summary
from tui.kit.dialog import DecisionDialog, Frame
from tui.kit.lines import KEY, WARNING
from tui.link.request import Done, Request
from tui.messages.order_requests import CancelTransfers, PauseTransfers
from tui.text.format import counted, number


class Leave(StrEnum):
    """How the user leaves."""

    RUNNING = "running"
    """The transfers continue without the screen."""
    PAUSED = "paused"
    CANCELLED = "cancelled"


DEMO = "The demo's server and engine stop with it: nothing can continue in the background."


def under_way(transfers: TransferList, *, outlives: bool) -> list[Transfer]:
    """What to ask about: active transfers; if the engine ends with the screen, paused ones, too."""
    left = [transfer for transfer in transfers.transfers if not transfer.state.ended]
    return [transfer for transfer in left if transfer.state is not TransferState.PAUSED] if outlives else left


def request_of(how: Leave, transfers: Sequence[Transfer]) -> Request[Done] | None:
    """What the engine must do with those that were asked about before the screen may go."""
    ids = [transfer.id for transfer in transfers]
    return {Leave.RUNNING: None, Leave.PAUSED: PauseTransfers(ids), Leave.CANCELLED: CancelTransfers(ids)}[how]


class QuitScreen(DecisionDialog[Leave]):
    """Esc stays; Enter keeps running in the background, where the engine outlives the screen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("P", "leave('paused')", "Pause"),
        Binding("left", "app.focus_previous", show=False),
        Binding("right", "app.focus_next", show=False),
    ]

    def __init__(self, transfers: Sequence[Transfer], *, outlives: bool = True) -> None:
        """`outlives` says whether the engine keeps running without the screen; the demo's does not."""
        super().__init__()
        self._transfers, self._outlives = transfers, outlives

    def compose(self) -> ComposeResult:
        verb = "is" if len(self._transfers) == 1 else "are"
        with Frame(f"{counted(len(self._transfers), 'transfer')} {verb} under way", id="quit"):
            yield Static(summary(TransferList(list(self._transfers))))
            yield Static(self._background() if self._outlives else DEMO, classes="words")
            with HorizontalGroup(classes="buttons"):
                if self._outlives:
                    yield Button("Keep running  enter", variant="primary", id="running", compact=True)
                    yield Button("Pause  P", id="paused", compact=True)
                cancel = "Cancel" if self._outlives else "Cancel and quit"
                yield Button(cancel, variant="warning", id="cancelled", compact=True)
                yield Button("Stay  esc", variant="default" if self._outlives else "primary", id="stay", compact=True)

    def on_mount(self) -> None:
        """Enter takes what does no harm."""
        self.query_one("#running" if self._outlives else "#stay", Button).focus()

    def _background(self) -> Content:
        asking = sum(transfer.state is TransferState.ASKING for transfer in self._transfers)
        words = "They continue in the background, even if the connection drops or the terminal closes.\nTo see them: "
        again = Content.assemble(words, ("xs3-tui", KEY), " or ", ("xs3-tui transfers --watch", KEY))
        if not asking:
            return again
        waits = "1 waits" if asking == 1 else f"{number(asking)} wait"
        return Content.assemble(again, (f"\n{waits} for your answer until you return.", WARNING))

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        self.dismiss(None if event.button.id == "stay" else Leave(event.button.id or ""))

    def action_leave(self, how: str) -> None:
        """Answer by letter; a demo's transfers can only be cancelled."""
        if self._outlives or how == Leave.CANCELLED:
            self.dismiss(Leave(how))
