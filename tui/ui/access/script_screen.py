"""Planned changes for somebody else to make: as commands of the AWS CLI, a boto3 script, or Terraform."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Static

from tui.core.changes import Change
from tui.kit.choice import Choice
from tui.kit.dialog import Dialog, Foot, Frame
from tui.kit.lines import hint, outside
from tui.text.document_lines import as_boto3, as_cli, as_terraform
from tui.text.format import visible

FORMS: dict[str, tuple[Callable[[Sequence[Change]], str], str]] = {
    "AWS CLI": (as_cli, "bash"),
    "boto3": (as_boto3, "python"),
    "Terraform": (as_terraform, "terraform"),
}
"""How each form is written, and the language its text is highlighted as."""


class ScriptScreen(Dialog[None]):
    """Nothing to decide; scrolls, and copies."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("x", "form", "Next form"),
        Binding("y", "yank", "Copy"),
        Binding("q", "cancel", "Close"),
        Binding("up", "scroll(-1)", show=False),
        Binding("down", "scroll(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
    ]

    def __init__(self, changes: Sequence[Change]) -> None:
        super().__init__()
        self._changes = changes
        self._form = next(iter(FORMS))

    def compose(self) -> ComposeResult:
        """The forms, the text, the keys."""
        with Frame(outside("For somebody else to run"), id="document"):
            yield Choice(tuple(FORMS), self._form, id="form")
            with VerticalScroll(can_focus=False):
                yield Static(id="script")
            with Foot():
                keys = (("x", "next form"), ("y", "copy"), ("↑ ↓", "scroll"), ("esc", "close"))
                yield Static(hint(*keys), classes="hints")

    def on_mount(self) -> None:
        """The first form."""
        self.query_one(Choice).focus()
        self._show()

    @property
    def script(self) -> str:
        """The text in the form that is chosen."""
        return FORMS[self._form][0](self._changes)

    def _show(self) -> None:
        from textual.highlight import highlight  # brings Pygments, which nothing needs before the first document

        text = "\n".join(visible(line) for line in self.script.splitlines())
        self.query_one("#script", Static).update(highlight(text, language=FORMS[self._form][1]))
        self.query_one(VerticalScroll).scroll_home(animate=False)

    @on(Choice.Changed)
    def _chosen(self, event: Choice.Changed) -> None:
        self._form = event.value
        self._show()

    def action_form(self) -> None:
        """The next form."""
        self.query_one(Choice).action_step(1)

    def action_yank(self) -> None:
        """The text onto the clipboard."""
        self.app.copy_to_clipboard(self.script)
        self.notify(f"{self._form}: all of it", title="Sent to the terminal's clipboard", markup=False)

    def action_scroll(self, rows: int) -> None:
        """Scroll by lines."""
        self.query_one(VerticalScroll).scroll_relative(y=rows, animate=False)

    def action_page(self, pages: int) -> None:
        """Scroll by pages."""
        scroll = self.query_one(VerticalScroll)
        scroll.scroll_relative(y=pages * max(1, scroll.size.height - 1), animate=False)
