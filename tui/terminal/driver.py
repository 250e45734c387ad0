"""Textual's driver for terminals, with frames cut down to what has changed."""

from __future__ import annotations

import os
import re
import select
import signal
import time
from codecs import getincrementaldecoder
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from typing import IO

from textual._xterm_parser import XTermParser
from textual.app import App
from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver
from textual.events import Paste, Resize
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive

from tui.kit.commands import key_of
from tui.kit.footer import FooterNotes
from tui.kit.timers import AlwaysOnce
from tui.terminal.painted_cells import Cells
from tui.text.ascii import to_ascii

FRAME_BEGINS, FRAME_ENDS = "\x1b[?2026h", "\x1b[?2026l"
"""Around a frame if the terminal knows synchronized output (DEC mode 2026)."""

FRAME = re.compile(r"\x1b\[\d+;\d+H")
"""Every frame begins by moving the cursor to its first cell."""

HARMLESS = re.compile(r"(\x1b\[\?(?!1049)[\d;]+(\$p|[hl])|\x1b\[[<>=][\d;]*u|\x1b\][^\x1b\a]*(\a|\x1b\\)|\a)*")
"""Modes but the alternate screen, keyboard protocols, titles, the clipboard, the bell: none of them changes a cell."""


CHUNK = 4096

LOOKS = 0.1
"""Seconds between two looks at whether ESC was a key, and whether the terminal is still there."""


class ChangesDriver(LinuxDriver):
    """Writes the changes of each frame alone, and nothing for a frame without changes.

    A terminal that is gone ends the app, whether or not the kernel tells this process: it tells the leader of the
    session alone, and that may be `make` or `sudo`.
    """

    def __init__(
        self, app: App[object], *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
    ) -> None:
        """As Textual calls it; an `app` of another class gets cells of its own."""
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
        """Give input to the app until it ends or the terminal is gone."""
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
        """Whether the parent process is dead, and another program, such as a shell, has the terminal."""
        return os.getppid() != self._parent and os.tcgetpgrp(self.fileno) != os.getpgrp()

    def _end(self) -> None:
        with suppress(RuntimeError):  # it has ended already
            self._loop.call_soon_threadsafe(self._app.exit)

    def report_mouse(self, *, on: bool) -> None:
        """Turn mouse reports on or off; without them, the terminal selects text."""
        if on:
            self._mouse = True
            self._enable_mouse_support()
        else:
            self._disable_mouse_support()
            self._mouse = False

    def write(self, data: str) -> None:
        """Write only the changes of a frame, and other data as it is; ASCII only if the terminal needs that."""
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
    """The part of an app that knows the content of its terminal."""

    ascii_only = False

    mouse_reported: reactive[bool] = reactive(True, init=False)

    def __init__(self, *arguments: object, **named: object) -> None:
        self.cells = Cells()
        super().__init__(*arguments, **named)  # type: ignore[arg-type]  # whatever the app takes

    def get_driver_class(self) -> type[Driver]:
        return ChangesDriver

    def action_mouse(self) -> None:
        """Turn mouse reports off, so that the terminal selects text, or on again."""
        self.mouse_reported = not self.mouse_reported
        if isinstance(self._driver, ChangesDriver):
            self._driver.report_mouse(on=self.mouse_reported)

    def watch_mouse_reported(self, reported: bool) -> None:
        """Say in the footer that the mouse is off: a click that does nothing would puzzle."""
        self.footer_note = "" if reported else f"mouse off ({key_of('mouse')})"

    def action_suspend(self) -> None:
        """Stop, and give the terminal to the shell until it continues the program."""
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
        """A resize may move what the terminal shows."""
        self.cells.forget()


class TerminalFile:
    """Writes to a terminal until it is gone, then drops all output.

    Textual's writing thread ends at the first error, and the app then waits for ever for room in that thread's queue:
    no signal reaches it any more.
    """

    def __init__(self, file: IO[str], ended: Callable[[], None]) -> None:
        """`ended` is called once, when the terminal is gone."""
        self._file, self._ended = file, ended
        self._gone = False

    def write(self, text: str) -> int:
        if not self._gone:
            try:
                return self._file.write(text)
            except OSError:
                self._end()
        return len(text)

    def flush(self) -> None:
        if not self._gone:
            try:
                self._file.flush()
            except OSError:
                self._end()

    def _end(self) -> None:
        self._gone = True
        self._ended()

    def fileno(self) -> int:
        return self._file.fileno()


CONTINUED_SECONDS = 0.5
"""How long after it was stopped, or not, a program looks whether it was continued."""


def suspend(app: App[None]) -> bool:
    """Stop until the shell continues the program; whether it was stopped.

    Nothing stops where no shell waits for the program (``ssh -t host xs3-tui``): the kernel drops the signal for such
    process groups, and nobody could continue it.
    """
    with app.suspend():
        return _stopped()


def _stopped() -> bool:
    """Stop all processes that the shell started together with this one, then this one; whether it was stopped.

    The signal that a thread sends to itself stops the program before that thread goes on; what comes after a signal to
    the whole group might write to the terminal first. Only a program that was stopped is continued, however soon.
    """
    continued: list[int] = []
    at_continue = signal.signal(signal.SIGCONT, lambda number, _: continued.append(number))
    at_stop = signal.signal(signal.SIGTSTP, signal.SIG_IGN)
    os.kill(0, signal.SIGTSTP)
    signal.signal(signal.SIGTSTP, signal.SIG_DFL)
    try:
        signal.raise_signal(signal.SIGTSTP)
        latest = time.monotonic() + CONTINUED_SECONDS
        while not continued and time.monotonic() < latest:  # another thread may get the signal that continues it
            time.sleep(CONTINUED_SECONDS / 50)
    finally:
        signal.signal(signal.SIGTSTP, at_stop)
        signal.signal(signal.SIGCONT, at_continue)
    return bool(continued)


# What is read from the terminal, as events: a pasted text is one event, whatever it contains.
#
# Textual 8.2.8 ends a bracketed paste at the first ESC in it, and takes the rest for keys.

PASTE_BEGINS, PASTE_ENDS = "\x1b[200~", "\x1b[201~"
"""Around a pasted text (xterm's mode 2004)."""

SPLIT = len(PASTE_BEGINS) - 1
"""So many characters of a marker may arrive before the rest."""

LONGEST_PASTE = 1 << 20
"""Characters of a paste that are kept; the rest is dropped."""


class InputEvents:
    """Textual's own events for the input, but for pasted texts."""

    def __init__(self) -> None:
        self._parser = XTermParser()
        self._before = ""
        """The end of the last text: a paste may begin in it."""
        self._pasted: str | None = None
        """The paste so far, until it ends."""

    def feed(self, text: str) -> Iterator[Message]:
        """The events that this text completes."""
        while text:
            text = yield from (self._keys(text) if self._pasted is None else self._paste(text))

    def waited(self) -> Iterator[Message]:
        """The events that waited long enough for more: ESC alone is a key."""
        yield from self._parser.tick()

    def _keys(self, text: str) -> Generator[Message, None, str]:
        """The events before a paste; returns the text behind its begin."""
        known, text = len(self._before), self._before + text
        begins = text.find(PASTE_BEGINS)
        if keys := text[known : max(begins, known) if begins >= 0 else None]:
            yield from self._parser.feed(keys)
        if begins < 0:
            self._before = text[-SPLIT:]
            return ""
        behind = begins + len(PASTE_BEGINS)
        ended = list(self._parser.feed(text[max(begins, known) : behind] + PASTE_ENDS))  # a paste of nothing, for it
        if begins >= known:
            yield from (event for event in ended if not isinstance(event, Paste))
        self._before, self._pasted = "", ""
        return text[behind:]

    def _paste(self, text: str) -> Generator[Message, None, str]:
        """The paste, once it is complete; returns the text behind it."""
        assert self._pasted is not None
        searched, pasted = max(0, len(self._pasted) - SPLIT), self._pasted + text
        ends = pasted.find(PASTE_ENDS, searched)
        if ends < 0:
            self._pasted = pasted if len(pasted) <= LONGEST_PASTE else pasted[:LONGEST_PASTE] + pasted[-SPLIT:]
            return ""
        self._pasted = None
        yield Paste(pasted[: min(ends, LONGEST_PASTE)].replace("\0", ""))
        return pasted[ends + len(PASTE_ENDS) :]
