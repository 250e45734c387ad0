"""Lets a background process yield the processor to the screen."""

from __future__ import annotations

import os
from contextlib import suppress

NICE = 10
"""On a small machine, the screen must win against imports and a full-rate relay."""


def put_behind(pid: int) -> None:
    """Lower the priority of a new process, started in its own session, below this one's.

    The parent does this: the child would first have to import its interpreter.

    The niceness of the session (``/proc/PID/autogroup``) stays unchanged. If Linux schedules by sessions (sched(7),
    "The autogroup feature"), the screen and a process in another session have equal shares, and the screen needs
    little; then niceness counts only within a session. A nice session would yield to everything on the machine, not
    only to the screen.
    """
    with suppress(OSError):  # the child has already ended
        os.setpriority(os.PRIO_PROCESS, pid, os.getpriority(os.PRIO_PROCESS, 0) + NICE)
