"""A real terminal for the installed command: a pty on one side, an emulator that holds the screen on the other."""

import contextlib
import fcntl
import os
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import pyte

from tests.servers.forks import LOCALE, Forked, Forks
from tests.waiting import PATIENCE

COMMAND = Path(sys.executable).with_name("xs3-tui")
"""The command as pip installed it."""

LOGIN = "import os, sys; os.login_tty(0); os.execv(sys.argv[1], sys.argv[1:])"
"""Gives the command a session whose controlling terminal is the pty, as a login does."""

CHUNK = 65536

FRAMES_ASKED, FRAMES_KNOWN = b"\x1b[?2026$p", b"\x1b[?2026;2$y"
"""The question whether the terminal knows synchronized output (DEC mode 2026), and the answer that it does."""

FRAME_BEGINS, FRAME_ENDS = b"\x1b[?2026h", b"\x1b[?2026l"


class Terminal:
    """One program in a terminal of `columns` x `rows`; keys and mouse go in as bytes, the screen is read as text."""

    def __init__(
        self,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        columns: int = 80,
        rows: int = 24,
        *,
        program: Path = COMMAND,
        by_exec: bool = False,
    ) -> None:
        """`by_exec` starts the command as a shell does; else it is forked from a process that has its imports."""
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self.output = bytearray()
        """Every byte the program has written."""
        self._emulated = 0
        self._lines = [""] * rows
        self._master, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("4H", rows, columns, 0, 0))
        whole = {**environment, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
        forks = Forks.current if program == COMMAND and not by_exec else None
        self.process: subprocess.Popen[bytes] | Forked = (
            forks and forks.screen(arguments, whole, slave)
        ) or subprocess.Popen(
            [sys.executable, "-c", LOGIN, str(program), *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={**whole, **LOCALE},
        )
        os.close(slave)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self._read_to_the_end(10)
        self.vanish()

    def vanish(self) -> None:
        """The terminal is gone, as when its window is closed: the kernel hangs up on the session."""
        if self._master >= 0:
            os.close(self._master)
            self._master = -1

    def resize(self, columns: int, rows: int) -> None:
        self._screen.resize(rows, columns)
        self._screen.dirty.clear()  # also of lines that are no more
        self._lines = [""] * rows
        self.spoil()
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("4H", rows, columns, 0, 0))

    def spoil(self) -> None:
        self._emulated = len(self.output)
        self._screen.erase_in_display(2)

    @property
    def lines(self) -> list[str]:
        """The screen, top to bottom. Emulated only when somebody looks: a measurement reads the bytes alone.

        A frame is shown whole or not at all, as a terminal with synchronized output does: a test that sees half
        of a frame would answer a screen that is not there yet."""
        whole = self._whole_frames()
        self._stream.feed(bytes(self.output[self._emulated : whole]))
        self._emulated = whole
        for row in self._screen.dirty:
            self._lines[row] = self._row(row)
        self._screen.dirty.clear()
        return list(self._lines)

    def _row(self, row: int) -> str:
        cells = self._screen.buffer[row]
        return "".join(cells[column].data for column in range(self._screen.columns))

    def _whole_frames(self) -> int:
        """Up to which byte the output may be shown: the end, or where the frame that has not ended begins."""
        if self.process.poll() is not None:
            return len(self.output)
        begun = self.output.rfind(FRAME_BEGINS, max(0, self._emulated - len(FRAME_BEGINS) + 1))
        if begun >= 0 and self.output.find(FRAME_ENDS, begun) < 0:
            return max(begun, self._emulated)
        return len(self.output)

    @property
    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self.lines)

    def send(self, keys: bytes | str, *, then: str = "", gone: str = "") -> None:
        os.write(self._master, keys.encode() if isinstance(keys, str) else keys)
        if then:
            self.until_shown(then)
        if gone:
            self.until_gone(gone)

    def until(self, condition: Callable[[], object], what: str, timeout: float = 30.0) -> None:
        """Read the program's output until `condition` holds; fail with the screen when it never does.

        `timeout` seconds, times `PATIENCE`, are waited."""
        deadline = time.monotonic() + timeout * PATIENCE
        while not condition():
            left = deadline - time.monotonic()
            assert left > 0, f"never seen: {what}\n{self.text}"
            self.read(left)

    def until_shown(self, *texts: str, timeout: float = 30.0) -> None:
        for text in texts:
            self.until(lambda text=text: text in self.text, repr(text), timeout)  # type: ignore[misc]  # mypy cannot infer a lambda with a default

    def until_gone(self, text: str, timeout: float = 30.0) -> None:
        self.until(lambda: text not in self.text, f"no {text!r}", timeout)

    def quit(self) -> None:
        self.send("\x1b[21~")  # F10: q closes an open inspector first
        assert self.until_ended() == 0

    def until_ended(self, timeout: float = 30.0) -> int:
        """Wait for the program's end, reading what it still writes; its exit code."""
        self.until(lambda: self.process.poll() is not None, "the program's end", timeout)
        assert self.process.returncode is not None
        self._drain()
        return self.process.returncode

    def find(self, text: str, *, left: int = 0) -> tuple[int, int]:
        for row, line in enumerate(self.lines):
            column = line.find(text, left)
            if column >= 0:
                return column, row
        raise AssertionError(f"{text!r} is not on the screen\n{self.text}")

    def press(self, at: tuple[int, int]) -> None:
        self.send(mouse(0, at))

    def drag_to(self, at: tuple[int, int]) -> None:
        self.send(mouse(32, at))

    def release(self, at: tuple[int, int]) -> None:
        self.send(mouse(0, at, released=True))

    def click(self, at: tuple[int, int] | str) -> None:
        if isinstance(at, str):
            self.until_shown(at)
            at = self.find(at)
        self.press(at)
        self.release(at)

    def read(self, seconds: float) -> None:
        ready, _, _ = select.select([self._master], [], [], min(seconds, 0.5))
        if not ready:
            return
        try:
            chunk = os.read(self._master, CHUNK)
        except OSError:  # the program has closed its terminal; its exit code is what is waited for now
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(seconds)
            return
        begins = max(0, len(self.output) - len(FRAMES_ASKED) + 1)
        self.output += chunk
        if FRAMES_ASKED in self.output[begins:]:
            self.send(FRAMES_KNOWN)

    def _read_to_the_end(self, seconds: float) -> None:
        """Wait for the program's end for at most `seconds`, then kill it.

        Its output is read all the while: a program whose last frame nobody reads cannot end."""
        deadline = time.monotonic() + seconds
        while self.process.poll() is None and time.monotonic() < deadline:
            self.read(deadline - time.monotonic())
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def _drain(self) -> None:
        while select.select([self._master], [], [], 0)[0]:
            try:
                chunk = os.read(self._master, CHUNK)
            except OSError:  # nothing is left
                return
            if not chunk:
                return
            self.output += chunk


def mouse(button: int, at: tuple[int, int], *, released: bool = False) -> bytes:
    """An SGR mouse report (xterm's mode 1006); columns and rows count from 1 on the wire."""
    column, row = at
    return f"\x1b[<{button};{column + 1};{row + 1}{'m' if released else 'M'}".encode()
