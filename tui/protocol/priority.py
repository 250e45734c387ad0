"""How a background process leaves the processor to the screen."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

AUTOGROUP = Path("/proc/self/autogroup")
"""Linux weighs sessions against each other before niceness counts within one (sched(7), "The autogroup feature")."""


def step_back(nice: int) -> None:
    """Run at `nice`, also against the processes of other sessions."""
    os.nice(nice)
    with suppress(OSError):  # no such file: another system, or the feature is off, and niceness counts as it is
        AUTOGROUP.write_text(str(nice), encoding="ascii")
