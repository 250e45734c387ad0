"""Planned changes for somebody else to make: as commands of the AWS CLI, a boto3 script, or Terraform."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Input, Static

from tui.core.changes import PlannedChange
from tui.core.problem import ProblemError
from tui.kit.choice import Choice
from tui.kit.dialog import Dialog, Foot, Frame
from tui.kit.inputs import LineInput
from tui.kit.lines import BAD, MUTED, hint, outside
from tui.saved.editor import save_documents
from tui.text.document_lines import as_boto3, as_cli, as_terraform
from tui.text.format import visible

FORMS: dict[str, tuple[Callable[[Sequence[PlannedChange]], str], str]] = {
    "AWS CLI": (as_cli, "bash"),
    "boto3": (as_boto3, "python"),
    "Terraform": (as_terraform, "terraform"),
}
"""How to create each form, and its language for highlighting."""


class ScriptScreen(Dialog[None]):
    """Shows the text; it can be scrolled and copied."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "yank", "Copy"),
        Binding("up", "scroll(-1)", show=False),
        Binding("down", "scroll(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
    ]

    def __init__(self, changes: Sequence[PlannedChange]) -> None:
        super().__init__()
        self._changes = changes
        self._form = next(iter(FORMS))

    def compose(self) -> ComposeResult:
        with Frame(outside("For somebody else to run"), id="document"):
            yield Choice(tuple(FORMS), self._form, id="form")
            with VerticalScroll(can_focus=False):
                yield Static(id="script")
            with Foot():
                keys = (("← →", "next form"), ("y", "copy"), ("↑ ↓", "scroll"), ("esc", "close"))
                yield Static(hint(*keys), classes="hints")

    def on_mount(self) -> None:
        self.query_one(Choice).focus()
        self._show()

    @property
    def script(self) -> str:
        return FORMS[self._form][0](self._changes)

    def _show(self) -> None:
        from textual.highlight import highlight  # imports Pygments, which is not needed before the first document

        text = "\n".join(visible(line) for line in self.script.splitlines())
        self.query_one("#script", Static).update(highlight(text, language=FORMS[self._form][1]))
        self.query_one(VerticalScroll).scroll_home(animate=False)

    @on(Choice.Changed)
    def _chosen(self, event: Choice.Changed) -> None:
        self._form = event.value
        self._show()

    def action_form(self) -> None:
        self.query_one(Choice).action_step(1)

    def action_yank(self) -> None:
        self.app.copy_to_clipboard(self.script)
        self.notify(f"{self._form}: all of it", title="Sent to the terminal's clipboard", markup=False)


class SaveScreen(Dialog[str]):
    """Returns the directory once all files are saved."""

    def __init__(self, files: Mapping[str, str], directory: Path) -> None:
        """`files` are texts by name; `directory` is proposed."""
        super().__init__()
        self._files, self._directory = files, directory

    def compose(self) -> ComposeResult:
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
