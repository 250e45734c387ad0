"""Suspending: the terminal goes back to the shell as it was, until the shell continues the program (``fg``)."""

from __future__ import annotations

import os
import signal

from textual.app import App


def suspend(app: App[None]) -> bool:
    """Stop until the shell continues the program; whether it was stopped.

    Nothing stops where no shell waits for the program (``ssh -t host xs3-tui``): the kernel drops the signal for such
    process groups, and nobody could continue it.
    """
    with app.suspend():
        return _stopped()


def _stopped() -> bool:
    """Stop all processes that the shell started together with this one, then this one; whether it was stopped.

    The signal that a thread sends to itself stops the program before that thread goes on; what comes after a signal to
    the whole group might write to the terminal first. Only a program that was stopped is continued, however soon.
    """
    continued: list[int] = []
    at_continue = signal.signal(signal.SIGCONT, lambda number, _: continued.append(number))
    at_stop = signal.signal(signal.SIGTSTP, signal.SIG_IGN)
    os.kill(0, signal.SIGTSTP)
    signal.signal(signal.SIGTSTP, signal.SIG_DFL)
    try:
        signal.raise_signal(signal.SIGTSTP)
    finally:
        signal.signal(signal.SIGTSTP, at_stop)
        signal.signal(signal.SIGCONT, at_continue)
    return bool(continued)
