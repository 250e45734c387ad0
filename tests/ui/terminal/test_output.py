"""What is written to a terminal that has gone."""

from __future__ import annotations

import io
import os
import threading
from typing import IO, cast

from textual.app import App
from textual.drivers._writer_thread import MAX_QUEUED_WRITES, WriterThread

from tests.waiting import PATIENCE
from tui.ui.terminal.driver import ChangesDriver
from tui.ui.terminal.output import TerminalFile


def test_an_app_whose_terminal_has_gone_never_waits_for_room_to_write() -> None:
    """Its writing thread takes what comes, however much: it may not end at the first error."""
    master, slave = os.openpty()
    with io.TextIOWrapper(io.FileIO(slave, "w"), write_through=True) as terminal:
        writer = WriterThread(cast("IO[str]", TerminalFile(terminal)))
        writer.start()
        writer.write("seen")
        assert os.read(master, 4) == b"seen"
        os.close(master)

        def write_much_and_stop() -> None:
            for _ in range(3 * MAX_QUEUED_WRITES):
                writer.write("never seen")
            writer.stop()

        writing = threading.Thread(target=write_much_and_stop, daemon=True)
        writing.start()
        writing.join(10 * PATIENCE)
        assert not writing.is_alive()


async def test_the_driver_writes_by_it() -> None:
    assert isinstance(ChangesDriver(App())._file, TerminalFile)
