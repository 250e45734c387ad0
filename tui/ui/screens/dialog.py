"""What all dialogs share: a frame with a title in the middle of the screen, left with Esc."""

from __future__ import annotations

from typing import ClassVar, Generic, TypeVar

from textual.binding import Binding, BindingType
from textual.containers import VerticalGroup
from textual.content import Content
from textual.screen import ModalScreen

Result = TypeVar("Result")


class Frame(VerticalGroup):
    """The box of a dialog."""

    def __init__(self, title: Content | str, *, id: str | None = None) -> None:  # noqa: A002  # Textual's own name
        """`title` is shown literally if it is a `Content`."""
        super().__init__(id=id, classes="frame")
        self.border_title = title


class Foot(VerticalGroup):
    """The lower end of a dialog: choices and buttons, in sight however tall the rest is."""


class Dialog(ModalScreen[Result | None], Generic[Result]):
    """A question to the user; None is the answer of one who leaves it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", "Cancel")]

    def action_cancel(self) -> None:
        """Leave without an answer."""
        self.dismiss(None)
