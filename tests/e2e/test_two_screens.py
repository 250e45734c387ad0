"""Two ``xs3-tui`` at once are two views of one queue."""

from __future__ import annotations

import os

from tests.e2e.terminal import COMMAND, Terminal
from tests.e2e.test_outlives import SLOW, Copying, copying
from tests.waiting import until_true

__all__ = ["COMMAND", "copying"]  # the fixture


def test_what_one_pauses_the_other_sees(copying: Copying) -> None:
    with (
        Terminal(copying.panes, dict(os.environ), 120, 40) as one,
        Terminal(copying.panes, dict(os.environ), 120, 40) as other,
    ):
        for terminal in (one, other):
            terminal.until_shown("large.bin")
        copying.limit(SLOW)
        one.send("c")
        one.until_shown("relay")
        one.until_shown("✓")
        one.send("\r")
        other.until_shown("1 running")
        other.send("t")
        other.until_shown("enter details")
        other.send("p")
        one.until_shown("1 paused")
        other.until_shown("1 paused")
        assert copying.transfers()[0]["state"] == "paused"
        one.send("t")
        one.until_shown("enter details")
        one.send("p")
        other.until_shown("1 running")
        one.send("x")
        one.until_shown("Cancel")
        one.send("y")
        other.until_shown("1 cancelled")
        until_true(lambda: not copying.uploads(), "no upload is left")


def test_another_setting_of_aws_hides_no_transfer(copying: Copying) -> None:
    """The second screen has an engine of its own, and shows and controls what the first one's does."""
    elsewhere = {**os.environ, "AWS_REGION": "eu-west-3"}
    with (
        Terminal(copying.panes, dict(os.environ), 120, 40) as one,
        Terminal(copying.panes, elsewhere, 120, 40) as other,
    ):
        for terminal in (one, other):
            terminal.until_shown("large.bin")
        copying.limit(SLOW)
        one.send("c")
        one.until_shown("relay")
        one.until_shown("✓")
        one.send("\r")
        other.until_shown("1 running")
        other.send("t")
        other.until_shown("enter details")
        other.until_shown("belongs to an engine with other AWS settings")
        other.send("p")
        other.until_shown("1 paused")
        one.until_shown("1 paused")
        other.send("x")
        other.until_shown("Cancel")
        other.send("y")
        one.until_shown("1 cancelled")
        until_true(lambda: not copying.uploads(), "no upload is left")
