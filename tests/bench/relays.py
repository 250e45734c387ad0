"""Starting a relay between the two panes, as measurements of the screen want it."""

from __future__ import annotations

from tests.e2e.terminal import Terminal


def start_relay(terminal: Terminal) -> None:
    """Copy everything below ``s3://big/`` (right) into a bucket of the left endpoint that drops it.

    The left pane, which has the keys, shows ``s3://wide/events/`` from its first row on, before and after.
    """
    terminal.send("g")
    terminal.send("o")
    terminal.until_shown("Open")
    terminal.send("s3://null/\r")
    terminal.until_shown("s3://null/")
    terminal.send("\t")
    terminal.send("*")
    terminal.send("c")
    terminal.until_shown("relay")
    terminal.send("\r")
    terminal.until_shown("running")
    terminal.send("\t")
    terminal.send("o")
    terminal.until_shown("Open")
    terminal.send("s3://wide/events/\r")
    terminal.until_shown("event-00000010")
