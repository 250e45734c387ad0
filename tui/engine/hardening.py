"""What protects a process that has credentials in its memory, and ends one that cannot end by itself."""

from __future__ import annotations

import ctypes
import os
import resource
import sys
import threading
from contextlib import suppress

from tui.answering.log import log

_SET_DUMPABLE = 4
"""PR_SET_DUMPABLE (Linux, include/uapi/linux/prctl.h)."""

END_SECONDS = 15.0
"""So long transfers may take to stop, and the disk to answer, when the engine ends."""


def keep_memory_private() -> None:
    """Let no core file be written of this process, and (on Linux) no process of the same user read its memory.

    A program that it starts can be looked at as before: execve(2) makes it dumpable again.
    """
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(_SET_DUMPABLE, 0, 0, 0, 0)


def end_within(seconds: float = END_SECONDS) -> None:
    """End this process after so many seconds, though a thread still waits for a disk that does not answer.

    What was written to the journal stays: it is as after a kill. The log may lie on that disk: it is not waited for.
    """
    words = f"the engine is stopped by force: something did not end within {seconds:g} s"
    for after, call in ((seconds, lambda: log.error(words)), (seconds + 1, lambda: os._exit(1))):
        timer = threading.Timer(after, call)
        timer.daemon = True
        timer.start()
