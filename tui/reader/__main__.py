"""A reader process: ``python -m tui.reader``; its standard input is the socket to its parent."""

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
    """Give up all privileges, then run one job after another until the parent goes or a content is unreadable."""
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
    """Run a job; any error of a parser means that the content is unreadable."""
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
    """The function for this kind of job, with its imports."""
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
