"""The exit codes of the commands."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """What an exit code means; `MEANINGS` has the words."""

    DONE = 0
    SOME_FAILED = 1
    USAGE = 2
    DENIED = 3
    NOT_FOUND = 4
    INTERRUPTED = 130
    TERMINATED = 143


MEANINGS = {
    Exit.DONE: "success (skipped objects are not failures)",
    Exit.SOME_FAILED: "some objects failed, were cancelled or are undecided",
    Exit.USAGE: "usage error",
    Exit.DENIED: "access denied, or no valid credentials",
    Exit.NOT_FOUND: "not found",
    Exit.INTERRUPTED: "interrupted (SIGINT)",
    Exit.TERMINATED: "terminated (SIGTERM)",
}
"""Those of signals are what a shell reports: 128 and the signal's number (POSIX, "Exit Status for Commands")."""
