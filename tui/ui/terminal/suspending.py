"""Suspending: the terminal goes back to the shell as it was, until the shell continues the program (``fg``)."""

from __future__ import annotations

import os
import signal
import time

from textual.app import App

CONTINUED_AT_ONCE = 0.05
"""Seconds: a program that is awake again after less than this was not stopped."""


def suspend(app: App[None]) -> bool:
    """Stop until the shell continues the program; whether it was stopped.

    Nothing stops where no shell waits for the program (``ssh -t host xs3-tui``): the kernel drops the signal for such
    process groups, and nobody could continue it.
    """
    with app.suspend():
        begun = time.monotonic()
        _stop()
        return time.monotonic() - begun > CONTINUED_AT_ONCE


def _stop() -> None:
    """Stop all processes that the shell started together with this one, then this one.

    The signal that a thread sends to itself stops the program before that thread goes on; what comes after a signal to
    the whole group might write to the terminal first.
    """
    ours = signal.signal(signal.SIGTSTP, signal.SIG_IGN)
    os.kill(0, signal.SIGTSTP)
    signal.signal(signal.SIGTSTP, signal.SIG_DFL)
    try:
        signal.raise_signal(signal.SIGTSTP)
    finally:
        signal.signal(signal.SIGTSTP, ours)
