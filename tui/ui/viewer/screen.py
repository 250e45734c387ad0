"""The viewer's screen: a title, the content, a line for what is typed or said, the keys."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import ClassVar

from textual import on
from textual.app import ComposeResult, SuspendNotSupported
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.events import Key
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from tui.core.problem import Problem, ProblemError
from tui.kit.dialog import while_suspended
from tui.kit.inputs import LineInput
from tui.text.format import visible
from tui.ui.viewer.canvas import Canvas
from tui.ui.viewer.graphics import print_image
from tui.ui.viewer.image_view import ImageView
from tui.ui.viewer.readers import Place
from tui.ui.viewer.steps import Step
from tui.ui.viewer.viewing import Viewing
from tui.ui.viewer.words import help_rows, keys

STEPS = {
    step.__name__: step
    for step in (
        Viewing.to_start,
        Viewing.to_end,
        Viewing.toggle_hex,
        Viewing.toggle_table,
        Viewing.toggle_indented,
        Viewing.next_encoding,
        Viewing.toggle_wrap,
        Viewing.toggle_inside,
        Viewing.toggle_follow,
        Viewing.open,
    )
}
"""By the names that keys call them by."""


class ViewerScreen(ModalScreen[None]):
    """Wires keys and widgets to a `Viewing`."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Close"),
        Binding("q,f3,f10,v", "close", "Close"),
        Binding("down,j", "scroll(1)", "Down"),
        Binding("up,k", "scroll(-1)", "Up"),
        Binding("pagedown,space", "page(1)", "Screen down"),
        Binding("pageup,b", "page(-1)", "Screen up"),
        Binding("right", "shift(8)", "Right"),
        Binding("left", "shift(-8)", "Left"),
        Binding("home,g", "step('to_start')", "First screen"),
        Binding("end,G", "step('to_end')", "Last screen"),
        Binding("slash", "search", "Search"),
        Binding("n", "again(False)", "Next match"),
        Binding("N", "again(True)", "Previous match"),
        Binding("colon,ctrl+g", "jump", "Jump"),
        Binding("h", "step('toggle_hex')", "Hexadecimal"),
        Binding("e", "encoding_or_why", "Encoding"),
        Binding("enter", "why", "Explain"),
        Binding("w", "step('toggle_wrap')", "Wrap"),
        Binding("t", "step('toggle_table')", "Table"),
        Binding("p", "step('toggle_indented')", "JSON in lines"),
        Binding("i", "pixels", "Image in pixels"),
        Binding("z", "step('toggle_inside')", "Compressed bytes"),
        Binding("F", "step('toggle_follow')", "Follow"),
        Binding("R", "step('open')", "Read again"),
        Binding("f1,question_mark", "keys", "Help"),
    ]

    def __init__(self, place: Place, explain: Callable[[Problem], None]) -> None:
        """`explain` shows in full why the object cannot be read."""
        super().__init__()
        self._explain = explain
        self._canvas = Canvas()
        self._title, self._said = Static(id="viewer-title"), Static(id="viewer-said")
        self._keys = Static(id="viewer-keys")
        self._input = LineInput(id="viewer-input")
        self._input.display = False
        self._typed: Callable[[str], None] = lambda _: None
        self._helping = False
        self.viewing = Viewing(place, self._canvas.paint, self._title.update, self._said.update)

    def compose(self) -> ComposeResult:
        """From top to bottom."""
        yield self._title
        yield self._canvas
        yield self._said
        yield self._input
        yield self._keys

    def on_mount(self) -> None:
        """Ask for the content as soon as it is known how much of it there is room for."""
        self._canvas.focus()
        self.set_interval(1.0, self._tick)

    @on(Canvas.Resized)
    def _resized(self) -> None:
        size = self._canvas.size
        self._keys.update(keys(size.width))
        self.viewing.resize(size.width, size.height)
        self._go(self.viewing.open_or_show)

    @on(Canvas.Scrolled)
    def _wheel(self, event: Canvas.Scrolled) -> None:
        event.stop()
        self.action_scroll(event.rows)

    def _go(self, step: Step) -> None:
        """Do a step behind those that are under way."""
        if self.viewing.steps.enter(step):
            self.run_worker(self.viewing.steps.work(), group="view")

    def on_key(self, event: Key) -> None:
        """Any key ends the help."""
        if self._helping and event.key != "escape":
            event.stop()
            event.prevent_default()
            self._end_help()

    def _end_help(self) -> None:
        self._helping = False
        self._go(self.viewing.show)

    def _tick(self) -> None:
        if self.viewing.following and not self.viewing.steps.busy:  # what takes long must not fill the line of steps
            self._go(self.viewing.look)

    def action_leave(self) -> None:
        """Stop what is going on, else close; as long as there is nothing to see, close at once."""
        if self._helping:
            self._end_help()
        elif self._input.display:
            self._end_typing()
        elif self.viewing.view and self.viewing.steps.busy and not self.viewing.problem:
            self.workers.cancel_group(self, "view")
            self.viewing.stopped()
            self._go(self.viewing.show)
        else:
            self.action_close()

    def action_close(self) -> None:
        """Back to the panes."""
        self.app.workers.cancel_node(self)
        self.viewing.close()
        self.dismiss()

    def action_scroll(self, rows: int) -> None:
        """So many rows."""
        self._go(lambda: self.viewing.scroll(rows))

    def action_page(self, direction: int) -> None:
        """A screen."""
        self.action_scroll(direction * max(1, self._canvas.size.height - 1))

    def action_shift(self, columns: int) -> None:
        """So many columns."""
        self._go(lambda: self.viewing.shift(columns))

    def action_search(self) -> None:
        """Ask for a text."""
        self._type("search", lambda text: self._go(lambda: self.viewing.seeking.search(text)))

    def action_again(self, back: bool) -> None:
        """The next match."""
        self._go(lambda: self.viewing.seeking.again(back=back))

    def action_jump(self) -> None:
        """Ask where to."""
        self._type("line, 50%, 0x1f00 or @byte", lambda text: self._go(lambda: self.viewing.seeking.jump(text)))

    def action_step(self, name: str) -> None:
        """A step of the viewing that needs nothing else."""
        self._go(partial(STEPS[name], self.viewing))

    def action_why(self) -> None:
        """Explain what failed."""
        if self.viewing.problem:
            self._explain(self.viewing.problem)

    def action_encoding_or_why(self) -> None:
        """Read the text in the next encoding; where there is none, explain what failed."""
        if self.viewing.view is None:
            self.action_why()
        else:
            self.action_step("next_encoding")

    def action_pixels(self) -> None:
        """The image in pixels; the app waits for a key."""
        view = self.viewing.view
        if not isinstance(view, ImageView):
            self.viewing.say("no image")
            return
        try:
            while_suspended(self.app, partial(print_image, view.image))
        except SuspendNotSupported:
            self.viewing.say("no other program can have this terminal")
        except ProblemError as error:
            self.viewing.say(visible(error.problem.sentence()))

    def action_keys(self) -> None:
        """All keys."""
        self._helping = True
        self._canvas.paint([Content(" ") + row for row in help_rows(self._canvas.size.width - 2)])

    def _type(self, what: str, typed: Callable[[str], None]) -> None:
        self._typed = typed
        self._input.placeholder, self._input.value = what, ""
        self._input.display, self._said.display = True, False
        self._input.focus()

    def _end_typing(self) -> None:
        self._input.display, self._said.display = False, True
        self._canvas.focus()

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._end_typing()
        if event.value:
            self._typed(event.value)
