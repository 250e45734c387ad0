"""How a background process leaves the processor to the screen."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

NICE = 10
"""The screen must win against imports and a full-rate relay on a small machine."""


def put_behind(pid: int) -> None:
    """Make a process that was just started in a session of its own give way to this one.

    Linux weighs sessions against each other before niceness counts within one (sched(7), "The autogroup feature"),
    so the session gets the niceness, too. Said by the starter: the child would first have to import its interpreter.
    """
    nice = os.getpriority(os.PRIO_PROCESS, 0) + NICE
    with suppress(OSError):  # the child has ended already, or the feature is off and niceness counts as it is
        os.setpriority(os.PRIO_PROCESS, pid, nice)
        Path(f"/proc/{pid}/autogroup").write_text(str(nice), encoding="ascii")
