"""Asks for the file that a receipt is written to."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from textual import on
from textual.app import ComposeResult
from textual.widgets import Input, Static

from tui.core.transfer import Transfer
from tui.kit.dialog import Dialog, Frame
from tui.kit.inputs import LineInput
from tui.kit.lines import BAD, WARNING, hint, outside
from tui.text.typed import TypedError, receipt_path
from tui.ui.transfers.words import ends


class ReceiptScreen(Dialog[str]):
    """Answers with an absolute path in an existing directory; warns if a file would be replaced."""

    def __init__(self, transfer: Transfer, directory: Path, *, failed: bool = False) -> None:
        """`directory` is proposed; `failed` says that only failed objects are written."""
        super().__init__()
        self._transfer, self._directory, self._failed = transfer, directory, failed

    def compose(self) -> ComposeResult:
        """The line, what is wrong with it, what is written."""
        with Frame("Export failed objects" if self._failed else "Write a receipt", id="receipt"):
            yield Static(outside(ends(self._transfer)))
            yield LineInput(str(self._directory / self._file_name()), compact=True, id="path", select_on_focus=False)
            yield Static(id="message")
            words = "One JSON object per line: source, target, size, outcome, checksum compared, owner, times."
            yield Static(words, classes="muted")
            yield Static(hint(("enter", "write"), ("esc", "cancel")), classes="hints")

    def _file_name(self) -> str:
        return f"xs3-{'failed' if self._failed else 'receipt'}-{self._transfer.id}.jsonl"

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        message = self.query_one("#message", Static)
        try:
            path = read_path(event.value)
        except TypedError as error:
            message.update(outside(f"✗ {error}", BAD))
        else:
            message.update(outside("this file exists and will be replaced" if path.exists() else "", WARNING))

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        with suppress(TypedError):  # it stands under the line already
            self.dismiss(str(read_path(event.value)))


def read_path(typed: str) -> Path:
    """The path that was typed, absolute; raise `TypedError` for one that no file can have."""
    if not typed.strip():
        raise TypedError("enter a file name")
    return Path(receipt_path(typed))
