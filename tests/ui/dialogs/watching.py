"""Panel, strip and footer on an engine that does what it is told, with what a test wants to know of them."""

from __future__ import annotations

from typing import Any

from textual import on

from tests.ui.dialogs.host import Host, screen_text
from tests.ui.dialogs.scripted import HOLD, ScriptedEngine
from tests.ui.dialogs.transfers.world import (
    ALL,
)
from tui.model.transfer import TransferList
from tui.protocol.messages.base import Done
from tui.protocol.messages.transfers import (
    CancelTransfers,
    Exported,
    ExportReceipt,
    ForgetTransfers,
    MoveTransfer,
    PauseTransfers,
    ResumeTransfers,
    RetryTransfer,
    SetLimits,
    WatchResults,
)
from tui.protocol.session import EngineAccess
from tui.ui.kit.key_footer import KeyFooter
from tui.ui.transfers.panel import TransfersPanel
from tui.ui.transfers.strip import TransfersStrip

SMALL, WIDE = (80, 24), (200, 50)

COMMANDS = (
    CancelTransfers,
    ForgetTransfers,
    MoveTransfer,
    PauseTransfers,
    ResumeTransfers,
    RetryTransfer,
    SetLimits,
)


def obedient() -> ScriptedEngine:
    """An engine that does everything it is asked to."""
    answers: dict[type[Any], Any] = {command: Done() for command in COMMANDS}
    return ScriptedEngine({**answers, ExportReceipt: Exported("/tmp/r.jsonl", 2)}, {WatchResults: [HOLD]})


class Watching(Host):
    """Notes what the two widgets say."""

    def __init__(self, engine: EngineAccess, transfers: TransferList = ALL) -> None:
        self.panel, self.strip, self.footer = TransfersPanel(engine), TransfersStrip(), KeyFooter()
        self.panel.transfers = self.strip.transfers = transfers
        self.said: list[Any] = []
        super().__init__(widgets=[self.panel, self.strip, self.footer])

    def on_mount(self) -> None:
        self.panel.focus()

    @on(TransfersPanel.DecisionRequested)
    @on(TransfersStrip.Opened)
    def note(self, event: Any) -> None:
        self.said.append(event)

    @property
    def told(self) -> list[str]:
        """The toasts."""
        return [notice.message for notice in self._notifications]


def cell_of(app: Watching, words: str) -> tuple[int, int]:
    """Where some words stand on the screen."""
    for row, line in enumerate(screen_text(app).split("\n")):
        if words in line:
            return line.index(words), row
    raise AssertionError(f"{words!r} is not on the screen")
