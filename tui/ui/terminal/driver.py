"""Textual's driver for terminals, with frames cut down to what has changed."""

from __future__ import annotations

import os
import re
import select
import signal
from codecs import getincrementaldecoder
from contextlib import suppress

from textual.app import App
from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver
from textual.events import Resize
from textual.geometry import Size
from textual.reactive import reactive

from tui.kit.commands import key_of
from tui.kit.footer import FooterNotes
from tui.kit.timers import AlwaysOnce
from tui.text.ascii import to_ascii
from tui.ui.terminal.cells import Cells
from tui.ui.terminal.output import TerminalFile
from tui.ui.terminal.suspending import suspend
from tui.ui.terminal.terminal_input import InputEvents

FRAME_BEGINS, FRAME_ENDS = "\x1b[?2026h", "\x1b[?2026l"
"""Around a frame where the terminal knows synchronized output (DEC mode 2026)."""

FRAME = re.compile(r"\x1b\[\d+;\d+H")
"""What every frame begins with: the cursor goes to its first cell."""

HARMLESS = re.compile(r"(\x1b\[\?(?!1049)[\d;]+(\$p|[hl])|\x1b\[[<>=][\d;]*u|\x1b\][^\x1b\a]*(\a|\x1b\\)|\a)*")
"""Modes but the alternate screen, keyboard protocols, titles, the clipboard, the bell: none of them changes a cell."""


CHUNK = 4096
"""Bytes that are read at once."""

LOOKS = 0.1
"""Seconds between two looks at whether ESC was a key, and whether the terminal is still there."""


class ChangesDriver(LinuxDriver):
    """Writes of each frame what is not on the terminal yet, and of a frame without changes nothing at all.

    A terminal that is gone ends the app, whether or not the kernel tells this process: it tells the leader of the
    session alone, and that may be `make` or `sudo`.
    """

    def __init__(
        self, app: App[object], *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
    ) -> None:
        """As Textual calls it; an `app` of another class writes to cells of the driver's own."""
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        if self._file:
            file = TerminalFile(self._file, self._end)
            self._file = file  # type: ignore[assignment]  # what the writing thread uses of a file
        self._parent = os.getppid()
        self._cells = app.cells if isinstance(app, ChangesApp) else Cells()
        self._begun = False
        self._ascii = isinstance(app, ChangesApp) and app.ascii_only

    def start_application_mode(self) -> None:
        """Take the terminal, and tell its size whenever it changes.

        Textual reads the size in its signal handler: one that comes within another is told first, and the former size
        is the last. The event loop calls one handler after the other.
        """
        super().start_application_mode()  # type: ignore[no-untyped-call]  # Textual has no types there
        self._loop.add_signal_handler(signal.SIGWINCH, self._tell_size)

    def _tell_size(self) -> None:
        if not self._in_band_window_resize:
            size = Size(*self._get_terminal_size())
            self.send_message(Resize(size, size))

    def run_input_thread(self) -> None:
        """Give the app what is read, until it ends or the terminal is gone."""
        events = InputEvents()
        decode = getincrementaldecoder("utf-8")("replace").decode
        try:
            while not self.exit_event.is_set():
                if select.select([self.fileno], [], [], LOOKS)[0]:
                    if not (read := os.read(self.fileno, CHUNK)):
                        raise EOFError
                    for event in events.feed(decode(read)):
                        self.process_message(event)
                elif self._taken_over():
                    raise EOFError
                for event in events.waited():
                    self.process_message(event)
        except (EOFError, OSError):
            self._end()

    def _taken_over(self) -> bool:
        """Whether who started this process is dead, and another program has the terminal by now, as a shell may."""
        return os.getppid() != self._parent and os.tcgetpgrp(self.fileno) != os.getpgrp()

    def _end(self) -> None:
        """Nobody sees the app any more."""
        with suppress(RuntimeError):  # it has ended already
            self._loop.call_soon_threadsafe(self._app.exit)

    def report_mouse(self, *, on: bool) -> None:
        """Ask the terminal to report the mouse, or to keep it to itself: it selects text then."""
        if on:
            self._mouse = True
            self._enable_mouse_support()
        else:
            self._disable_mouse_support()
            self._mouse = False

    def write(self, data: str) -> None:
        """Write a frame's changes, and anything else as it is; all of it in ASCII where the terminal has no more."""
        if self._ascii:
            data = to_ascii(data)
        if data == FRAME_BEGINS:
            self._begun = True
        elif data == FRAME_ENDS and self._begun:
            self._begun = False  # nothing of the frame was written
        elif FRAME.match(data):
            self._write_frame(data)
        else:
            if not HARMLESS.fullmatch(data):
                self._cells.forget()
            super().write(FRAME_BEGINS + data if self._begun else data)
            self._begun = False

    def _write_frame(self, frame: str) -> None:
        try:
            columns, rows = os.get_terminal_size(self.fileno)
        except OSError:  # the terminal has vanished
            columns = rows = 0
        if not (changes := self._cells.changes(frame, columns, rows)):
            return
        super().write(FRAME_BEGINS + changes if self._begun else changes)
        self._begun = False


class ChangesApp(AlwaysOnce, FooterNotes):
    """The part of an app that knows what is on its terminal."""

    ascii_only = False
    """Whether the terminal is given ASCII only; set before the app runs."""

    mouse_reported: reactive[bool] = reactive(True, init=False)
    """Whether the terminal reports the mouse to the app."""

    def __init__(self, *arguments: object, **named: object) -> None:
        self.cells = Cells()
        """What stands on the terminal."""
        super().__init__(*arguments, **named)  # type: ignore[arg-type]  # whatever the app takes

    def get_driver_class(self) -> type[Driver]:
        """The driver for a terminal."""
        return ChangesDriver

    def action_mouse(self) -> None:
        """Turn mouse reporting off, so that the terminal selects text, or on again."""
        self.mouse_reported = not self.mouse_reported
        if isinstance(self._driver, ChangesDriver):
            self._driver.report_mouse(on=self.mouse_reported)

    def watch_mouse_reported(self, reported: bool) -> None:
        """The footer says that it is off: a click that does nothing would be a riddle."""
        self.footer_note = "" if reported else f"mouse off ({key_of('mouse')})"

    def action_suspend(self) -> None:
        """Give the terminal back to the shell until it continues the program."""
        if self.is_headless or self._driver is None or not self._driver.can_suspend:
            return
        if not suspend(self):
            words = "no shell waits for xs3-tui: start it from a shell to suspend it"
            self.notify(words, title="Not suspended", markup=False)

    def action_redraw(self) -> None:
        """Paint the whole screen again: another program may have written on it."""
        self.cells.forget()
        self.screen.refresh()

    def on_resize(self) -> None:
        """The terminal may have moved what stood on it."""
        self.cells.forget()
