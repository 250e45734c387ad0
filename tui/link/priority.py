"""How a background process leaves the processor to the screen."""

from __future__ import annotations

import os
from contextlib import suppress

NICE = 10
"""Where niceness counts, the screen must win against imports and a full-rate relay on a small machine."""


def put_behind(pid: int) -> None:
    """Make a process that was just started in a session of its own give way to this one.

    Said by the starter: the child would first have to import its interpreter.

    The niceness of the session itself (``/proc/PID/autogroup``) stays as it is. Where Linux shares the processor
    between sessions (sched(7), "The autogroup feature"), the screen and a process in another session have equal
    shares already, and the screen needs little of its own; niceness then counts within a session only. With a niceness
    of its own the session would give way to everything that runs on the machine, not only to the screen.
    """
    with suppress(OSError):  # the child has ended already
        os.setpriority(os.PRIO_PROCESS, pid, os.getpriority(os.PRIO_PROCESS, 0) + NICE)
