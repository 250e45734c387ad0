"""The terminal as the thread that writes to it sees it: one that has gone takes everything, and shows nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO


class TerminalFile:
    """Writes to a terminal until it is gone, and then drops what is written.

    Textual's writing thread ends at the first error, and the app then waits for ever for room in that thread's queue:
    no signal reaches it any more.
    """

    def __init__(self, file: IO[str], ended: Callable[[], None]) -> None:
        """`ended` is called once, when the terminal is gone."""
        self._file, self._ended = file, ended
        self._gone = False

    def write(self, text: str) -> int:
        """Write a text; returns its length."""
        if not self._gone:
            try:
                return self._file.write(text)
            except OSError:
                self._end()
        return len(text)

    def flush(self) -> None:
        """Write what is buffered."""
        if not self._gone:
            try:
                self._file.flush()
            except OSError:
                self._end()

    def _end(self) -> None:
        self._gone = True
        self._ended()

    def fileno(self) -> int:
        """The terminal's descriptor."""
        return self._file.fileno()
