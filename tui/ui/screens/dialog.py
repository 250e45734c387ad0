"""What all dialogs share: a frame with a title in the middle of the screen, left with Esc."""

from __future__ import annotations

from typing import ClassVar, Generic, TypeVar

from textual.binding import Binding, BindingType
from textual.containers import VerticalGroup
from textual.content import Content
from textual.events import Event, Key
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Input

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

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel"),
        Binding("tab", "leave_line(1)", show=False, priority=True),
        Binding("shift+tab", "leave_line(-1)", show=False, priority=True),
        Binding("tab", "app.focus_next", show=False),  # those of the screen, which the ones above hide
        Binding("shift+tab", "app.focus_previous", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._early: list[Key] | None = []
        """Keys that came before anything could take them, in their order; None from then on."""

    def _forward_event(self, event: Event) -> None:
        if self._early is not None and isinstance(event, Key):  # though there is a focus: earlier keys go first
            self._early.append(event)
        else:
            super()._forward_event(event)

    def watch_focused(self, focused: Widget | None) -> None:
        """Keys typed while the dialog was being built go to the line they were meant for, before any later one."""
        if focused:
            focused.call_later(self._hand_over, focused)  # behind the news of the focus, which selects all in a line

    def on_mount(self) -> None:
        """Nothing took the focus: the keys are for the dialog itself."""
        if not self.focused:
            self._hand_over(self)

    def _hand_over(self, target: Widget) -> None:
        early, self._early = self._early or [], None
        for key in early:
            target._forward_event(key)

    def leave(self, answer: Result | None = None) -> None:
        """Answer, and first end what is still being asked: its news would find a dialog that is half gone."""
        self.app.workers.cancel_node(self)
        self.dismiss(answer)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002  # Textual's words
        """Lines alone are left at once; elsewhere Tab comes behind the keys before it, which may move the focus."""
        return action != "leave_line" or isinstance(self.focused, Input)

    def action_leave_line(self, direction: int) -> None:
        """Before the line sees the key: what is typed right behind it is meant for the next line."""
        if direction > 0:
            self.focus_next()
        else:
            self.focus_previous()

    def action_cancel(self) -> None:
        """Leave without an answer."""
        self.leave()
