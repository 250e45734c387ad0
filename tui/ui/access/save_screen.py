"""Asks for the directory that documents are saved to, and saves them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Input, Static

from tui.core.problem import ProblemError
from tui.kit.dialog import Dialog, Frame
from tui.kit.inputs import LineInput
from tui.kit.lines import BAD, MUTED, hint, outside
from tui.saved.editor import save_documents


class SaveScreen(Dialog[str]):
    """Answers with the directory once all is saved."""

    def __init__(self, files: Mapping[str, str], directory: Path) -> None:
        """`files` are texts by name; `directory` is proposed."""
        super().__init__()
        self._files, self._directory = files, directory

    def compose(self) -> ComposeResult:
        """The line, what went wrong, what is written."""
        with Frame("Save the documents", id="save-documents"):
            yield LineInput(str(self._directory), compact=True, id="directory", select_on_focus=False)
            yield Static(id="message")
            yield Static(Content("\n").join(outside(name, MUTED) for name in self._files))
            yield Static("Files of these names are replaced. Only you can read them.", classes="muted")
            yield Static(hint(("enter", "save"), ("esc", "cancel")), classes="hints")

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        message = self.query_one("#message", Static)
        if not event.value.strip():
            message.update(outside("✗ enter a directory", BAD))
            return
        try:
            directory = Path(event.value.strip()).expanduser().absolute()
            save_documents(directory, self._files)
        except ProblemError as error:
            message.update(outside(f"✗ {error.problem.sentence()}", BAD))
        except RuntimeError as error:  # an unknown home directory
            message.update(outside(f"✗ {error}", BAD))
        else:
            self.dismiss(str(directory))
