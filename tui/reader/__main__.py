"""A reader: ``python -m tui.reader``, whose standard input is the socket to its parent."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

from tui.reader.asked_content import ParentChannel
from tui.reader.confinement import MOST_MEMORY, close_files, leave_everything
from tui.reader.reader_messages import Decompress, ReaderDone, ReadReport, ReadRows, ToReader, Unread

TOO_MUCH_MEMORY = f"it takes more than {MOST_MEMORY >> 20} MiB of memory"

RunJob = Callable[[ParentChannel, Any], None]


def main() -> None:
    """Leave everything else behind, and do one job after another until the parent goes, or a content is no good."""
    leave_everything()
    parent = ParentChannel(socket.socket(fileno=0))
    job = parent.heard()
    if job is None:
        return
    work = work_for(job)
    close_files()
    while job is not None and is_done(parent, job, work):
        job = parent.heard()


def is_done(parent: ParentChannel, job: ToReader, work: RunJob) -> bool:
    """Do a job; whatever a parser raises says that the content is no good."""
    try:
        work(parent, job)
        parent.say(ReaderDone())
    except MemoryError:
        parent.say(Unread(TOO_MUCH_MEMORY))
    except Exception as error:  # noqa: BLE001  # see above
        parent.say(Unread(str(error) or type(error).__name__))
    else:
        return True
    return False


def work_for(job: ToReader) -> RunJob:
    """What does a job of this kind, with all that it needs imported."""
    if isinstance(job, Decompress):
        from tui.reader.compression import decompression

        return decompression(job.kind)
    if isinstance(job, ReadRows):
        from tui.reader.table import Table

        return Table().rows
    if isinstance(job, ReadReport):
        if job.file_format == "CSV":
            from tui.reader.compression import read_csv

            return read_csv
        from tui.reader.columnar_files import columnar_reading

        return columnar_reading(job.file_format)
    from tui.reader.image import decode

    return decode


if __name__ == "__main__":
    main()
