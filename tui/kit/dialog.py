"""What all dialogs share: a frame with a title in the middle of the screen, left with Esc."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import ClassVar, Generic, TypeVar

from textual import on
from textual.app import App, ComposeResult
from textual.await_complete import AwaitComplete
from textual.binding import Binding, BindingType
from textual.containers import HorizontalGroup, VerticalGroup, VerticalScroll
from textual.content import Content
from textual.events import Key
from textual.geometry import Region
from textual.screen import ModalScreen
from textual.strip import Strip
from textual.widgets import Button, OptionList, Static

from tui.kit.lines import ACCENT, outside

DialogResult = TypeVar("DialogResult")

BY_LINES = [(0, "-low"), (14, "-high")]
"""A dialog's class from so many lines on. With `-low` there is no room for margins."""
BY_COLUMNS = [(0, "-narrow"), (60, "-wide")]
"""A dialog's class from so many columns on. With `-narrow` there is no room for buttons side by side."""


class Frame(VerticalGroup):
    """The box of a dialog."""

    def __init__(self, title: Content | str, *, id: str | None = None) -> None:  # noqa: A002  # Textual's own name
        super().__init__(id=id, classes="frame")
        self.border_title = outside(title) if isinstance(title, str) else title

    def on_mount(self) -> None:
        """On a short terminal, keep the focused widget in sight when content above it grows."""
        if isinstance(self.screen, Dialog) and self.screen.note:
            self.border_subtitle = outside(self.screen.note, ACCENT)
        self.watch(self, "virtual_size", self._grown, init=False)

    def _grown(self) -> None:
        if isinstance(self.screen, Dialog):
            self.screen.keep_focus_in_sight()

    def render_lines(self, crop: Region) -> list[Strip]:
        """Note the first paint: keys that answer what the user sees come later."""
        if isinstance(self.screen, Dialog):
            self.screen.painted = min(self.screen.painted, time.monotonic())
        return super().render_lines(crop)


class Foot(VerticalGroup):
    """The lower end of a dialog, always in sight: choices and buttons."""


class Dialog(ModalScreen[DialogResult | None], Generic[DialogResult]):
    """A question to the user; None if it was cancelled.

    On a terminal of few lines its frame scrolls to what has the focus; of few columns its buttons stand in a column.
    """

    VERTICAL_BREAKPOINTS = BY_LINES
    HORIZONTAL_BREAKPOINTS = BY_COLUMNS
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,f10", "cancel", "Close"),
        Binding("ctrl+c", "break_off", show=False),
        Binding("full_stop", "app.more", "Menu of what can be done here"),
        Binding("f1,question_mark", "app.help", "Help", id="app.help"),
        Binding("ctrl+z", "app.suspend", "Suspend", id="app.suspend"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.note = ""
        """What must not be overlooked, in the frame; set it before the dialog is shown."""
        self.painted = math.inf
        """When its frame was first painted, by the clock of events."""
        self._covered: list[DialogResult | None] = []
        """The answer that was given while another screen still covered this one."""

    def dismiss(self, result: DialogResult | None = None) -> AwaitComplete:
        """Answer once. Textual closes the top screen, so a covered dialog closes when it is uncovered."""
        if self.app.screen is self:
            return super().dismiss(result)
        if self in self.app.screen_stack and not self._covered:
            self._covered = [result]
        return AwaitComplete()

    def on_screen_resume(self) -> None:
        """Close now if it was answered while it was covered."""
        if self._covered:
            super().dismiss(self._covered[0])

    def on_resize(self) -> None:
        """Where the frame scrolls, the focused widget stays in sight."""
        self.keep_focus_in_sight()

    def keep_focus_in_sight(self) -> None:
        """On a short terminal, scroll to the focused widget."""
        if self.has_class("-low"):
            self.call_after_refresh(self._show_focused)

    def _show_focused(self) -> None:
        if self.focused:
            self.focused.scroll_visible(animate=False)

    def say(self, words: str, tone: str = "") -> None:
        """Show words in the dialog's line for messages."""
        self.query_one("#message", Static).update(outside(words, tone))

    def leave(self, answer: DialogResult | None = None) -> None:
        """Cancel running requests, then answer: messages could arrive after the dialog has closed."""
        self.app.workers.cancel_node(self)
        self.dismiss(answer)

    def action_cancel(self) -> None:
        self.leave()

    def action_scroll(self, rows: int) -> None:
        """Scroll what does not fit."""
        self.query_one(VerticalScroll).scroll_relative(y=rows, animate=False)

    def action_page(self, pages: int) -> None:
        self.action_scroll(pages * max(1, self.query_one(VerticalScroll).size.height - 1))

    def action_break_off(self) -> None:
        """Copy selected text, if there is any."""
        if self.get_selected_text() is None:
            self.break_off()
        else:
            self.action_copy_text()

    def break_off(self) -> None:
        """Stop what is counted in front, else do what Esc does."""
        self.app.simulate_key("escape")


SCROLLING: tuple[BindingType, ...] = (
    Binding("up", "scroll(-1)", show=False),
    Binding("down", "scroll(1)", show=False),
    Binding("pageup", "scroll(-10)", show=False),
    Binding("pagedown", "scroll(10)", show=False),
)


class DecisionDialog(Dialog[DialogResult]):
    """A dialog whose answer has effects: only keys typed after it was on screen answer it. Esc always does."""

    def before_painted(self, event: Key) -> bool:
        """Whether a key was read before the dialog was painted; keys of the same read are."""
        return event.time < self.painted and event.key != "escape"


class ConfirmScreen(DecisionDialog[bool]):
    """Asks once; True only for a yes. The focus is on No where something would be `lost`."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "Yes"),
        Binding("n", "answer(False)", "No"),
        Binding("left,right", "app.focus_next", show=False),
    ]

    def __init__(self, title: str, question: Content, yes: str, *, lost: bool = False) -> None:
        """`yes` is the verb on the button: ``Cancel the transfer``. `question` is shown literally."""
        super().__init__()
        self._title, self._question, self._yes, self._lost = title, question, yes, lost

    def compose(self) -> ComposeResult:
        with Frame(outside(self._title)):
            yield Static(self._question, classes="words")
            with HorizontalGroup(classes="buttons"):
                yield Button(f"{self._yes}  y", variant="warning", id="yes", compact=True)
                yield Button("No  n", id="no", compact=True)

    def on_mount(self) -> None:
        self.query_one("#no" if self._lost else "#yes").focus()

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id == "yes")

    def action_answer(self, answer: bool) -> None:
        self.dismiss(answer)


def given(then: Callable[[DialogResult], object]) -> Callable[[DialogResult | None], None]:
    """What a dialog calls when it closes: `then` with its answer, unless that is no, or none."""

    def closed(answer: DialogResult | None) -> None:
        if answer:
            then(answer)

    return closed


def move_highlight(listed: OptionList, rows: int) -> None:
    """Move the highlight by so many rows, to the first or last one at most."""
    if listed.highlighted is not None:
        listed.highlighted = max(0, min(listed.option_count - 1, listed.highlighted + rows))


def while_suspended(app: App[object], work: Callable[[], DialogResult]) -> DialogResult:
    """What `work` returns or raises: Textual does not take the terminal back if the block of ``suspend`` raises."""
    done: list[DialogResult] = []
    failure: Exception | None = None
    with app.suspend():
        try:
            done.append(work())
        except Exception as error:  # noqa: BLE001  # reason: raised again below
            failure = error
    if failure is not None:
        raise failure
    return done[0]
